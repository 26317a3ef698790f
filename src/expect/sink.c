// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The sink: events to the statements that speak of them, and at the end the verdicts and the reports. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "event/schema.h"
#include "event/value.h"
#include "expect/judge.h"
#include "expect/write.h"

#define EXIT_UNWRITTEN 125 /* mmtrace's own failure: README.md */

/* One step that speaks of an event. */
struct speaks {
	uint16_t st, step;
};

struct judge {
	struct mmt_sink s;
	struct expect *expect;
	struct expect_opts opts;
	struct state *states;
	struct speaks *of[MMT_EV_MAX];
	unsigned nof[MMT_EV_MAX];
	struct order order;
	uint64_t slot;
	uint64_t start_ns, start_real_ns;
	char release[72], machine[72];
	uint64_t lost[MMT_LOSS_MAX][MMT_EV_MAX]; /* as told last */
	struct buf text, unseen;
};

static struct judge *judge_of(struct mmt_sink *s)
{
	return (struct judge *)s;
}

/* ---- begin ---- */

static void note_unseen(struct judge *j, const struct mmt_run_info *info, unsigned event)
{
	struct buf text = { 0 };

	if (j->opts.lacks)
		j->opts.lacks(j->opts.ctx, info, event, &text);
	if (text.len)
		buf_printf(&j->unseen, "%s%s: %s", j->unseen.len ? "\n" : "", about_name(event), buf_str(&text));
	buf_free(&text);
}

static int judge_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct judge *j = judge_of(s);

	j->start_ns = info->start_mono_ns;
	j->start_real_ns = info->start_real_ns;
	snprintf(j->release, sizeof(j->release), "%s", info->release ? info->release : "");
	snprintf(j->machine, sizeof(j->machine), "%s", info->machine ? info->machine : "");
	for (unsigned ev = 0; ev < MMT_EV_MAX; ev++)
		if (j->nof[ev])
			note_unseen(j, info, ev);
	for (unsigned i = 0; i < j->expect->n && j->opts.blind; i++) {
		const struct statement *st = &j->expect->st[i];

		for (unsigned ev = 0; ev < MMT_EV_MAX && !j->states[i].blind; ev++)
			if (st->needs[ev] & EXPR_COUNTS && j->opts.blind(j->opts.ctx, info, ev))
				j->states[i].blind = about_name(ev);
	}
	return j->unseen.err;
}

/* ---- events ---- */

/* A line for people, and the functions that led to it. */
static struct witness *witness_of(struct judge *j, const struct mmt_view *v)
{
	struct witness *w;
	size_t line;

	buf_reset(&j->text);
	if (j->opts.line)
		j->opts.line(&j->text, v, j->start_ns);
	else
		buf_printf(&j->text, "%s", v->ev->name);
	buf_putc(&j->text, '\0');
	line = j->text.len;
	for (unsigned i = 0; i < v->nkstack; i++)
		buf_printf(&j->text, "%s%s", i ? "\n" : "", v->kstack[i]);
	for (unsigned i = 0; i < v->nustack; i++)
		buf_printf(&j->text, "%s%s", i || v->nkstack ? "\n" : "", v->ustack[i]);
	buf_putc(&j->text, '\0');
	w = j->text.err ? NULL : malloc(sizeof(*w) + j->text.len);
	if (!w)
		return NULL;
	w->refs = 1;
	memcpy(w->line, j->text.data, j->text.len);
	w->stack = w->line + line;
	return w;
}

/* May the event have to be shown? */
static bool shown(const struct state *st)
{
	const struct statement *s = st->s;

	if (st->noff == OFFENDERS_MAX || (statement_ordered(s) && steps_many(st)))
		return false;
	if (statement_ordered(s) && s->form != FORM_COUNT)
		return true;
	if (s->form == FORM_COUNT)
		return s->cmp == CMP_EQ || s->cmp == CMP_LE || s->cmp == CMP_LT;
	return true;
}

static int fill_hit(struct judge *j, struct state *st, const struct expr_subject *subject, struct hit *h)
{
	const struct statement *s = st->s;
	struct expr_value value;

	*h = (struct hit){ .that = EXPR_TRUE };
	if (s->that) {
		h->that = expr_eval(s->that, subject);
		if (h->that == EXPR_UNKNOWN && subject->view)
			state_missing(st, expr_uses(s->that, subject->view->ev->num), subject->view);
	}
	if (s->field) {
		h->has_value = expr_path_get(s->field, subject, &value) && !value.is_text && !value.negative;
		h->value = h->has_value ? value.num : 0;
		if (!h->has_value)
			state_missing(st, expr_path_uses(s->field, subject->view->ev->num), subject->view);
	}
	if (!shown(st))
		return 0;
	h->w = witness_of(j, subject->view);
	return h->w ? 0 : -ENOMEM;
}

static uint64_t hash_text(const char *s)
{
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return h;
}

/* What the event is one of. False: nobody knows. */
static bool key_of(const struct statement *s, unsigned step, const struct expr_subject *subject, uint64_t *key)
{
	struct expr_value v;

	*key = subject->view->h->pid;
	if (s->whole_run)
		*key = 1;
	if (s->whole_run || !s->step[step].path)
		return true;
	if (!expr_path_get(s->step[step].path, subject, &v))
		return false;
	*key = v.is_text ? hash_text(v.text) : v.num;
	return true;
}

/* It may be one that must be followed by something, and is not. */
static void count_loose(struct state *st, unsigned step)
{
	st->maybe++;
	st->unbounded |= st->s->place != ANYWHERE && step == 1; /* any number may lie behind it, or before it */
	st->loose += st->s->form == FORM_FOLLOWS ? step == 1 : st->s->each && step == 0;
}

static int put_in_order(struct judge *j, unsigned n, unsigned step, const struct expr_subject *subject)
{
	struct state *st = &j->states[n];
	const struct mmt_hdr *h = subject->view->h;
	struct order_entry e = { .slot = j->slot,
				 .ts_ns = h->ts_ns,
				 .tid = h->tid,
				 .call = h->call,
				 .st = (uint16_t)n,
				 .step = (uint16_t)step };
	unsigned err;
	int failed;

	if (!key_of(st->s, step, subject, &e.key)) {
		/* what failed has made nothing that a key could name */
		if (!value_failed(h, subject->view->ev, &err)) {
			count_loose(st, step);
			if (!*st->missing)
				snprintf(st->missing, sizeof(st->missing), "%s.%s", subject->view->ev->name,
					 expr_path_text(st->s->step[step].path));
		}
		return 0;
	}
	failed = fill_hit(j, st, subject, &e.hit);
	return failed ? failed : order_add(&j->order, &e);
}

/* within, with nothing before it: since the run began. */
static bool too_late(const struct judge *j, const struct statement *s, const struct mmt_hdr *h)
{
	return s->within_ns && h->ts_ns > j->start_ns && h->ts_ns - j->start_ns > s->within_ns;
}

/*
 * An event that may be meant or not: what is said of all is only in doubt when it does not hold for this one, what is said of
 * any when it does.
 */
static void may_be_meant(struct state *st, const struct expr_subject *subject)
{
	const struct statement *s = st->s;
	enum expr_truth that = s->that ? expr_eval(s->that, subject) : EXPR_UNKNOWN;

	if (that == (s->form == FORM_ALL ? EXPR_TRUE : EXPR_FALSE))
		st->harmless++;
	else
		st->maybe++;
}

static int speak(struct judge *j, const struct speaks *to, const struct expr_subject *subject)
{
	struct state *st = &j->states[to->st];
	const struct statement *s = st->s;
	const struct step *step = &s->step[to->step];
	enum expr_truth truth = step->where ? expr_eval(step->where, subject) : EXPR_TRUE;
	struct hit hit;
	int err;

	if (truth == EXPR_FALSE)
		return 0;
	if (truth == EXPR_UNKNOWN) {
		state_missing(st, expr_uses(step->where, subject->view->ev->num), subject->view);
		if (statement_ordered(s))
			count_loose(st, to->step);
		else
			may_be_meant(st, subject);
		return 0;
	}
	if (statement_ordered(s))
		return put_in_order(j, to->st, to->step, subject);
	if (too_late(j, s, subject->view->h))
		return 0;
	err = fill_hit(j, st, subject, &hit);
	if (!err)
		err = state_hit(st, &hit);
	witness_drop(hit.w);
	return err;
}

static int judge_event(struct mmt_sink *s, const struct mmt_view *v)
{
	struct judge *j = judge_of(s);
	struct expr_subject subject = { .view = v, .start_ns = j->start_ns };
	int err = 0;

	j->slot++;
	for (unsigned i = 0; i < j->nof[v->ev->num] && !err; i++)
		err = speak(j, &j->of[v->ev->num][i], &subject);
	return err;
}

static int judge_item(struct mmt_sink *s, const struct mmt_item *item)
{
	struct judge *j = judge_of(s);

	if (item->kind == MMT_I_LOSS && item->loss.kind < MMT_LOSS_MAX && item->loss.event < MMT_EV_MAX)
		j->lost[item->loss.kind][item->loss.event] = item->loss.count;
	return 0;
}

static int judge_leaving(struct mmt_sink *s, const struct mmt_hdr *exit)
{
	struct judge *j = judge_of(s);
	int err = 0;

	for (unsigned i = 0; i < j->expect->n && !err; i++)
		if (statement_of_objects(&j->expect->st[i]))
			err = objects_leave(&j->states[i], s->state, j->start_ns, exit);
	return err;
}

/* ---- the end ---- */

static bool loss_matters(const struct statement *s, unsigned kind, unsigned event)
{
	const struct mmt_schema_event *ev = event ? schema_event(event) : NULL;

	switch (kind) {
	case MMT_LOSS_STACK:
	case MMT_LOSS_SYMBOL:
	case MMT_LOSS_NAME: /* what has no name is unknown, and counted there */
	case MMT_LOSS_TOTAL:
		return false;
	case MMT_LOSS_GAP:
	case MMT_LOSS_DIFFER:
	case MMT_LOSS_MM:
		return s->ledger;
	default:
		break;
	}
	if (!ev)
		return true;
	return s->needs[event] || (ev->family == MMT_FAM_CHANGE && s->ledger);
}

/* Is each that was lost one that may have been meant, and no more than that? */
static bool loss_counts(const struct statement *s, unsigned kind, unsigned event)
{
	return event && s->nsteps == 1 && s->step[0].about == event &&
	       (kind == MMT_LOSS_RING || kind == MMT_LOSS_SLOT || kind == MMT_LOSS_RETURN);
}

static void count_lost(const struct judge *j, struct state *st)
{
	if (st->s->form == FORM_EXIT)
		return;
	for (unsigned kind = 0; schema_loss(kind); kind++) {
		for (unsigned ev = 0; ev < MMT_EV_MAX; ev++) {
			if (!j->lost[kind][ev] || !loss_matters(st->s, kind, ev))
				continue;
			if (!st->lost)
				snprintf(st->lost_what, sizeof(st->lost_what), "%s: %s%s",
					 ev ? about_name(ev) : "events", schema_loss(kind)->text,
					 kind == MMT_LOSS_RING ? "; a larger --buffer may help" : "");
			st->lost += j->lost[kind][ev];
			st->unbounded |= !loss_counts(st->s, kind, ev);
		}
	}
}

static int report_to(struct judge *j, const struct report *r, const char *path,
		     int (*make)(struct buf *, const struct report *))
{
	struct buf b = { 0 };
	int err = make(&b, r);

	if (!err)
		err = b.err;
	if (!err)
		err = path ? write_file(path, b.data, b.len) : write_all(j->opts.fd, b.data, b.len);
	if (err)
		mmt_err("cannot write %s%s: %s", path ? "" : "the verdict", path ? path : "", strerror(-err));
	buf_free(&b);
	return err;
}

static int report_all(struct judge *j, const struct mmt_summary *sum)
{
	static int (*const forms[])(struct buf *, const struct report *) = {
		[EXPECT_TEXT] = report_text, [EXPECT_TAP] = report_tap, [EXPECT_JSON] = report_json
	};
	struct report r = { .expect = j->expect,
			    .states = j->states,
			    .opts = &j->opts,
			    .sum = sum,
			    .release = j->release,
			    .machine = j->machine,
			    .unseen = buf_str(&j->unseen),
			    .start_real_ns = j->start_real_ns };
	int err, other = 0;

	for (unsigned i = 0; i < j->expect->n; i++)
		r.count[j->states[i].verdict]++;
	if (j->opts.junit)
		other = report_to(j, &r, j->opts.junit, report_junit);
	err = report_to(j, &r, NULL, forms[j->opts.form]);
	return err ? err : other;
}

static int judge_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	struct judge *j = judge_of(s);
	struct run_facts facts = { .child_status = sum->child_status,
				   .bad = sum->bad,
				   .partial = sum->partial,
				   .recorded = j->opts.recorded };
	int err = order_end(&j->order);

	for (unsigned i = 0; i < j->expect->n && !err; i++) {
		struct state *st = &j->states[i];

		if (statement_ordered(st->s))
			err = steps_end(st);
		else if (statement_of_objects(st->s) && s->state)
			err = objects_judge(st, s->state, j->start_ns);
		count_lost(j, st);
		state_judge(st, &facts);
	}
	if (err)
		return err;
	s->verdict = verdict_code(j->states, j->expect->n);
	/* a verdict that nobody can read is none, be it that a reader went away */
	if (report_all(j, sum))
		s->verdict = EXIT_UNWRITTEN;
	return 0;
}

static void judge_free(struct mmt_sink *s)
{
	struct judge *j = judge_of(s);

	order_free(&j->order);
	for (unsigned i = 0; i < j->expect->n; i++)
		state_free(&j->states[i]);
	for (unsigned i = 0; i < MMT_EV_MAX; i++)
		free(j->of[i]);
	free(j->states);
	buf_free(&j->text);
	buf_free(&j->unseen);
	free(j);
}

/* Which steps speak of which event. */
static int index_steps(struct judge *j)
{
	for (unsigned i = 0; i < j->expect->n; i++) {
		const struct statement *s = &j->expect->st[i];

		for (unsigned k = 0; k < s->nsteps; k++) {
			unsigned ev = s->step[k].about;
			struct speaks *more;

			if (ev >= MMT_EV_MAX)
				continue;
			more = realloc(j->of[ev], (j->nof[ev] + 1) * sizeof(*more));
			if (!more)
				return -ENOMEM;
			j->of[ev] = more;
			more[j->nof[ev]++] = (struct speaks){ (uint16_t)i, (uint16_t)k };
		}
	}
	return 0;
}

struct mmt_sink *expect_open(struct expect *e, const struct expect_opts *o)
{
	struct judge *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->s = (struct mmt_sink){
		.begin = judge_begin,
		.event = judge_event,
		.item = judge_item,
		.leaving = judge_leaving,
		.end = judge_end,
		.free = judge_free,
	};
	j->expect = e;
	j->opts = *o;
	j->states = calloc(e->n, sizeof(*j->states));
	if (!j->states || index_steps(j)) {
		judge_free(&j->s);
		return NULL;
	}
	for (unsigned i = 0; i < e->n; i++)
		j->states[i].s = &e->st[i];
	j->order.states = j->states;
	return &j->s;
}
