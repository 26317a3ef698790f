// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "event/value.h"
#include "sink/flow.h"

#define BLOCKS_MAX 4096 /* mappings kept until the end; past it the oldest are told before */

void flow_book_init(struct flow_book *k, const struct flow_opts *opts, const struct sink_opts *to)
{
	out_init(&k->out, to->fd);
	json_init(&k->j, &k->out.b);
	k->json = opts->json;
	k->live = opts->live && !opts->json;
	k->style = (struct flow_style){ .ascii = opts->ascii, .color = to->color };
	k->last = &k->first;
}

/* 17 of m17.1 */
static uint64_t root_of(const char *id)
{
	return id && *id == 'm' ? strtoull(id + 1, NULL, 10) : 0;
}

struct flow_block *flow_book_find(const struct flow_book *k, const char *id)
{
	uint64_t root = root_of(id);

	return root ? map_get(&k->blocks, root) : NULL;
}

static void tell_step(struct flow_book *k, const struct flow_node *nodes, size_t n, bool life)
{
	struct flow_step step = { nodes, n, life };

	flow_text_step(&k->out.b, &k->style, &step);
}

static void tell_faults(struct flow_book *k, const struct flow_block *b)
{
	char low[NUM_FMT_LEN], high[NUM_FMT_LEN];
	uint64_t more = b->faults > FLOW_FAULTS_TOLD ? b->faults - FLOW_FAULTS_TOLD : 0;

	if (more > 1)
		buf_printf(&k->out.b, "      %s and %" PRIu64 " more faults, %s to %s\n", k->style.ascii ? "..." : "…",
			   more, num_fmt_duration(low, b->fastest), num_fmt_duration(high, b->slowest));
	else if (more)
		buf_printf(&k->out.b, "      %s and 1 more fault, %s\n", k->style.ascii ? "..." : "…",
			   num_fmt_duration(low, b->fastest));
	else if (!b->faults && b->installed)
		buf_puts(&k->out.b, "      no faults: mapped at once\n");
}

static void tell_head(struct flow_book *k, const struct flow_block *b)
{
	if (b->pid != k->told_pid)
		flow_text_head(&k->out.b, &k->style, b->comm, b->pid);
	k->told_pid = b->pid;
}

/* Nodes of the step that begins at i. */
static size_t step_len(const struct flow_nodes *l, size_t i)
{
	size_t n = 1;

	while (i + n < l->n && l->v[i + n].level)
		n++;
	return n;
}

static void tell_text(struct flow_book *k, const struct flow_block *b)
{
	bool said = !b->root;

	tell_head(k, b);
	for (size_t i = 0, n; i < b->steps.n; i += n) {
		n = step_len(&b->steps, i);
		/* behind the last fault that was told, or behind the call when there was none */
		if (i && !said && strcmp(b->steps.v[i].event, "fault")) {
			tell_faults(k, b);
			said = true;
		}
		tell_step(k, &b->steps.v[i], n, i > 0);
	}
	if (!said)
		tell_faults(k, b);
	if (b->steps.dropped)
		buf_printf(&k->out.b, "      %zu more lines left out\n", b->steps.dropped);
	buf_putc(&k->out.b, '\n');
}

static int tell_block(struct flow_book *k, const struct flow_block *b)
{
	int err = 0;

	k->unasked += !b->hit;
	if (!b->hit)
		return 0;
	if (k->json) {
		flow_json_block(&k->j, b);
		err = json_line(&k->j);
	} else if (!k->live) {
		tell_text(k, b);
	}
	return err ? err : out_spill(&k->out);
}

static int drop_first(struct flow_book *k)
{
	struct flow_block *b = k->first;
	int err = tell_block(k, b);

	k->first = b->next;
	if (!k->first)
		k->last = &k->first;
	k->n--;
	if (map_get(&k->blocks, b->root) == b)
		map_del(&k->blocks, b->root);
	flow_free_nodes(&b->steps);
	free(b);
	return err;
}

/* One thing that happened inside: on the line of its cause. */
static void inline_single(struct flow_nodes *step)
{
	struct flow_node *root = &step->v[0], *only = &step->v[1];
	char *both;

	if (step->n != 2 || asprintf(&both, "%s  %s", root->text, only->text) < 0)
		return;
	free(root->text);
	root->text = both;
	if (root->dur == FLOW_UNTIMED)
		root->dur = only->dur;
	root->failed |= only->failed;
	free(only->text);
	step->n = 1;
}

/* The ids of parts say something only where they differ; those of a mapping's life only where it is a child's. */
static void hide_ids(struct flow_nodes *step, const char *own)
{
	for (size_t i = step->n; i-- > 0;)
		if (!strcmp(step->v[i].id, i ? step->v[0].id : own))
			step->v[i].id[0] = '\0';
}

/* What came before anything of it was asked for. */
static void tell_kept(struct flow_book *k, struct flow_block *b)
{
	for (size_t i = 0, n; i < b->steps.n; i += n) {
		n = step_len(&b->steps, i);
		tell_step(k, &b->steps.v[i], n, i > 0);
	}
	flow_clear(&b->steps);
}

int flow_book_add(struct flow_book *k, struct flow_block *to, struct flow_nodes *step, bool life)
{
	if (!k->json) { /* there, every event is a node of its own */
		flow_join(step);
		if (life)
			inline_single(step);
		hide_ids(step, life && !k->live ? to->id : "");
	}
	if (!k->live || !to->hit) { /* live: told when something of it was asked for */
		flow_move(&to->steps, step);
		return 0;
	}
	tell_head(k, to);
	tell_kept(k, to);
	if (step->n)
		tell_step(k, step->v, step->n, life);
	flow_clear(step);
	return out_spill(&k->out);
}

struct flow_block *flow_book_new(struct flow_book *k, const struct mmt_view *v)
{
	struct flow_block *b = calloc(1, sizeof(*b));
	uint64_t ret;

	if (!b || (k->n >= BLOCKS_MAX && drop_first(k))) {
		free(b);
		return NULL;
	}
	b->pid = v->h->pid;
	snprintf(b->comm, sizeof(b->comm), "%s", v->comm);
	b->fastest = UINT64_MAX;
	b->vmas = 1;
	if (value_get(v->h, v->ev, "ret", &ret) && !value_errno(MMT_LOOK_RETADDR, (int64_t)ret)) {
		b->start = ret;
		b->root = root_of(v->map_id);
		snprintf(b->id, sizeof(b->id), "%s", v->map_id ? v->map_id : "");
	}
	*k->last = b;
	k->last = &b->next;
	k->n++;
	if (b->root)
		map_put(&k->blocks, b->root, b);
	return b;
}

int flow_book_end(struct flow_book *k)
{
	int err = 0;

	while (k->first && !err)
		err = drop_first(k);
	return err;
}

void flow_book_free(struct flow_book *k)
{
	while (k->first) {
		struct flow_block *b = k->first;

		k->first = b->next;
		flow_free_nodes(&b->steps);
		free(b);
	}
	map_free(&k->blocks);
	out_free(&k->out);
}
