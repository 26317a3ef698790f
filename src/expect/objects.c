// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Statements about mappings and processes: asked of the ledger when the run is over. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "expect/judge.h"
#include "ledger/ranges.h"

struct asking {
	struct state *st;
	const struct mmt_state *of;
	uint64_t start_ns;
	int err;
};

static struct witness *witness_of(struct buf *b)
{
	struct witness *w = NULL;

	buf_putc(b, '\0');
	buf_putc(b, '\0');
	if (!b->err)
		w = malloc(sizeof(*w) + b->len);
	if (w) {
		w->refs = 1;
		memcpy(w->line, b->data, b->len);
		w->stack = w->line + b->len - 1;
	}
	buf_free(b);
	return w;
}

static void put_seconds(struct buf *b, uint64_t ns, uint64_t start_ns)
{
	int64_t us = (int64_t)(ns - start_ns) / 1000;
	uint64_t abs_us = (uint64_t)(us < 0 ? -us : us);

	buf_printf(b, "%s%" PRIu64 ".%06" PRIu64, us < 0 ? "-" : "", abs_us / 1000000, abs_us % 1000000);
}

/* "  0.001234 app 1234 mapping m17 16K /dev/mmdemo/shared made by mmap, never ended" */
static struct witness *mapping_line(const struct asking *a, const struct mmt_view *v, const struct mapping *m)
{
	struct buf b = { 0 };
	char size[NUM_FMT_LEN];

	put_seconds(&b, m->born_ns, a->start_ns);
	buf_printf(&b, " %s %u mapping %s 0x%" PRIx64 " %s %s, %s", v->comm, m->pid, m->id, m->start,
		   num_fmt_size(size, m->peak), v->mapping ? v->mapping : "-",
		   m->imported ? "was there before" : "made");
	if (m->reason == MAPPING_LIVE) {
		buf_puts(&b, ", not ended");
	} else {
		buf_puts(&b, ", ended at ");
		put_seconds(&b, m->closed_ns, a->start_ns);
		buf_printf(&b, " by %s", mapping_reason(m->reason));
	}
	return witness_of(&b);
}

static struct witness *process_line(const struct expr_process *p)
{
	struct buf b = { 0 };
	char size[NUM_FMT_LEN];

	buf_printf(&b, "process %s %u, %" PRIu64 " mappings, %s", p->comm ? p->comm : "?", p->pid, p->mappings,
		   num_fmt_size(size, p->bytes));
	return witness_of(&b);
}

/* Made in the run, it must have come to its end in it. */
static void balance(struct state *st, const struct mapping *m, struct witness *w)
{
	if (m->imported)
		return;
	st->seen++;
	if (m->reason == MAPPING_GAP || (m->unsure && m->reason == MAPPING_LIVE)) {
		st->unsure++;
	} else if (m->reason != MAPPING_LIVE) {
		st->met++;
	} else {
		st->unmet++;
		state_offend(st, w, NULL);
	}
}

static int hit(struct asking *a, const struct expr_subject *subject, struct witness *w)
{
	const struct statement *s = a->st->s;
	struct hit h = { .that = EXPR_TRUE, .w = w };
	struct expr_value v;

	if (s->that)
		h.that = expr_eval(s->that, subject);
	if (s->field) {
		h.has_value = expr_path_get(s->field, subject, &v) && !v.is_text && !v.negative;
		h.value = h.has_value ? v.num : 0;
	}
	return state_hit(a->st, &h);
}

static void ask(struct asking *a, const struct expr_subject *subject, const struct mapping *m)
{
	const struct step *step = &a->st->s->step[0];
	enum expr_truth truth = step->where ? expr_eval(step->where, subject) : EXPR_TRUE;
	struct witness *w;

	if (truth == EXPR_FALSE || a->err)
		return;
	if (truth == EXPR_UNKNOWN) {
		a->st->maybe++;
		return;
	}
	w = m ? mapping_line(a, subject->view, m) : process_line(subject->process);
	if (!w)
		a->err = -ENOMEM;
	else if (a->st->s->form == FORM_BALANCED)
		balance(a->st, m, w);
	else
		a->err = hit(a, subject, w);
	witness_drop(w);
}

static void ask_mapping(struct asking *a, const struct mapping *m, const struct range *r)
{
	struct mmt_view v;
	struct expr_subject subject = { .view = &v, .start_ns = a->start_ns };

	a->of->range(a->of, m, r, &v);
	v.map = m;
	v.map_id = m->id;
	ask(a, &subject, m);
}

/* What lives has a range, the first of which shows it; what failed never was. */
static void closed_mapping(void *ctx, const struct mapping *m)
{
	if (m->reason != MAPPING_LIVE && m->reason != MAPPING_FAILED)
		ask_mapping(ctx, m, NULL);
}

struct finding {
	struct asking *a;
	struct map met; /* serial -> mapping */
};

static void live_range(void *ctx, const struct range *r)
{
	struct finding *f = ctx;

	if (map_get(&f->met, r->map->serial))
		return;
	if (map_put(&f->met, r->map->serial, r->map))
		f->a->err = -ENOMEM;
	else
		ask_mapping(f->a, r->map, r);
}

/* Something of this process was missed: it may have mappings of which nobody knows. */
static void missed(struct state *st, const struct ranges_space *s)
{
	if (!s->gap)
		return;
	st->unbounded = true;
	st->gap_pid = st->gap_pid ? st->gap_pid : s->pid;
}

static void live_space(void *ctx, const struct ranges_space *s)
{
	struct finding *f = ctx;

	missed(f->a->st, s);
	ranges_each(f->a->of->ledger, s->mm, s->pid, live_range, f);
}

/* ---- processes ---- */

struct adding {
	struct expr_process *p;
	struct map met; /* serial -> mapping: one is in several ranges */
	bool no_memory;
};

static void add_range(void *ctx, const struct range *r)
{
	struct adding *a = ctx;

	a->p->bytes += r->end - r->start;
	if (map_get(&a->met, r->map->serial))
		return;
	a->p->mappings++;
	a->no_memory |= map_put(&a->met, r->map->serial, r->map) != 0;
}

static void a_process(void *ctx, const struct ranges_space *s)
{
	struct asking *a = ctx;
	const char *comm = a->of->comm(a->of, s->pid);
	struct expr_process p = { .pid = s->pid, .mm = s->mm, .gap = s->gap };
	struct expr_subject subject = { .process = &p, .start_ns = a->start_ns };
	struct adding adding = { .p = &p };

	p.comm = strcmp(comm, "?") ? comm : NULL;
	ranges_each(a->of->ledger, s->mm, s->pid, add_range, &adding);
	map_free(&adding.met);
	if (adding.no_memory)
		a->err = -ENOMEM;
	ask(a, &subject, NULL);
}

struct leaving {
	struct asking a;
	const struct mmt_hdr *exit;
};

static void the_process(void *ctx, const struct ranges_space *s)
{
	struct leaving *l = ctx;

	if (l->exit->mm ? s->mm != l->exit->mm : s->pid != l->exit->pid)
		return;
	if (l->a.st->s->step[0].about == ABOUT_MAPPING)
		missed(l->a.st, s);
	else
		a_process(&l->a, s);
}

int objects_leave(struct state *st, const struct mmt_state *of, uint64_t start_ns, const struct mmt_hdr *exit)
{
	struct leaving l = { .a = { .st = st, .of = of, .start_ns = start_ns }, .exit = exit };

	ranges_each_space(of->ledger, the_process, &l);
	return l.a.err;
}

int objects_judge(struct state *st, const struct mmt_state *of, uint64_t start_ns)
{
	struct asking a = { .st = st, .of = of, .start_ns = start_ns };
	struct finding f = { .a = &a };

	if (st->s->step[0].about == ABOUT_PROCESS) {
		ranges_each_space(of->ledger, a_process, &a);
		return a.err;
	}
	ranges_each_mapping(of->ledger, closed_mapping, &a);
	ranges_each_space(of->ledger, live_space, &f);
	map_free(&f.met);
	if (ranges_forgotten(of->ledger))
		st->overflow = true;
	return a.err;
}
