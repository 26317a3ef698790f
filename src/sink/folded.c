// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Stacks for a flame graph: "program;outer;inner;event weight", one line per stack. Time counts once: that of a driver's ->mmap is
 * not the call's as well. What is part of an event is told before it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "event/schema.h"
#include "mmtrace/map.h"
#include "sink/fold.h"
#include "sink/out.h"
#include "sink/sinks.h"

#define STACKS_MAX (1u << 20) /* that are told apart; the weight of others goes to one */

struct stack {
	struct stack *next; /* of the same hash */
	uint64_t weight;
	char text[];
};

#define PARTS 32 /* of a thread's event that is still to come, as they follow each other */

struct thread {
	unsigned n;
	struct {
		uint64_t start, dur;
	} part[PARTS];
};

struct folded_sink {
	struct mmt_sink s;
	struct out out;
	struct buf text;
	struct map stacks; /* hash -> chain */
	struct map threads;
	size_t n;
	bool count, any;
};

static uint64_t hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325ull; /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3ull;
	return h ? h : 1;
}

static struct stack *stack_of(struct folded_sink *k, const char *text)
{
	uint64_t h = hash(text);
	struct stack *first = map_get(&k->stacks, h), *new;
	size_t len = strlen(text) + 1;

	for (struct stack *x = first; x; x = x->next)
		if (!strcmp(x->text, text))
			return x;
	if (k->n >= STACKS_MAX && strcmp(text, "(others)"))
		return stack_of(k, "(others)");
	new = malloc(sizeof(*new) + len);
	if (!new || map_put(&k->stacks, h, new)) {
		free(new);
		return NULL;
	}
	memcpy(new->text, text, len);
	new->next = first;
	new->weight = 0;
	k->n++;
	return new;
}

/* Its time without that of its parts; it may be a part itself. */
static uint64_t own_time(struct folded_sink *k, const struct mmt_hdr *h)
{
	struct thread *t = map_get(&k->threads, h->tid);
	uint64_t parts = 0;

	if (!t && h->tid) {
		t = calloc(1, sizeof(*t));
		if (t && map_put(&k->threads, h->tid, t)) {
			free(t);
			t = NULL;
		}
	}
	if (!t)
		return h->dur_ns;
	while (t->n && t->part[t->n - 1].start >= h->ts_ns)
		parts += t->part[--t->n].dur;
	if (t->n == PARTS)
		memmove(t->part, t->part + 1, --t->n * sizeof(*t->part));
	t->part[t->n].start = h->ts_ns;
	t->part[t->n++].dur = h->dur_ns;
	return h->dur_ns > parts ? h->dur_ns - parts : 0;
}

static bool counts(const struct mmt_view *v)
{
	unsigned f = v->ev->family;

	return f == MMT_FAM_CALL || f == MMT_FAM_FAULT || f == MMT_FAM_DRIVER || f == MMT_FAM_INSTALL ||
	       f == MMT_FAM_REMOTE;
}

static int folded_event(struct mmt_sink *s, const struct mmt_view *v)
{
	struct folded_sink *k = (struct folded_sink *)s;
	bool timed = v->h->have & MMT_HAVE_DUR;
	uint64_t weight = 1;
	struct stack *x;

	if (!counts(v) || (!k->count && !timed))
		return 0;
	if (!k->count)
		weight = own_time(k, v->h);
	buf_reset(&k->text);
	fold_name(&k->text, v->comm);
	if (v->ustack)
		fold_put(&k->text, v->ustack, v->nustack);
	if (v->kstack)
		fold_put(&k->text, v->kstack, v->nkstack);
	fold_name(&k->text, v->ev->name);
	k->any |= v->ustack || v->kstack;
	x = k->text.err ? NULL : stack_of(k, buf_str(&k->text));
	if (!x)
		return -ENOMEM;
	x->weight += weight;
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp((*(const struct stack *const *)a)->text, (*(const struct stack *const *)b)->text);
}

static int folded_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	struct folded_sink *k = (struct folded_sink *)s;
	const struct stack **all = malloc((k->n + 1) * sizeof(*all));
	size_t n = 0;

	(void)sum;
	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < k->stacks.cap; i++)
		for (const struct stack *x = k->stacks.slots[i].key ? k->stacks.slots[i].val : NULL; x; x = x->next)
			all[n++] = x;
	qsort(all, n, sizeof(*all), by_text);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&k->out.b, "%s %" PRIu64 "\n", all[i]->text, all[i]->weight);
		out_spill(&k->out);
	}
	free(all);
	if (n && !k->any)
		mmt_warn("no stacks are in it: record them with -K (the kernel's) or -U (the program's)");
	return out_flush(&k->out);
}

static void folded_free(struct mmt_sink *s)
{
	struct folded_sink *k = (struct folded_sink *)s;

	for (size_t i = 0; i < k->stacks.cap; i++) {
		struct stack *x = k->stacks.slots[i].key ? k->stacks.slots[i].val : NULL;

		while (x) {
			struct stack *next = x->next;

			free(x);
			x = next;
		}
	}
	for (size_t i = 0; i < k->threads.cap; i++)
		if (k->threads.slots[i].key)
			free(k->threads.slots[i].val);
	map_free(&k->threads);
	map_free(&k->stacks);
	buf_free(&k->text);
	out_free(&k->out);
	free(k);
}

static struct mmt_sink *make(const struct sink_opts *to, bool count)
{
	struct folded_sink *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	out_init(&k->out, to->fd);
	k->count = count;
	k->s = (struct mmt_sink){ .event = folded_event, .end = folded_end, .free = folded_free };
	return &k->s;
}

struct mmt_sink *folded_open(const struct sink_opts *to)
{
	return make(to, false);
}

struct mmt_sink *folded_count_open(const struct sink_opts *to)
{
	return make(to, true);
}
