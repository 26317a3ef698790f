// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/run_filter.h"

#include <string.h>
#include "cli/cmd.h"
#include "event/schema.h"

#define SHOWN  100 /* bytes of an expression that are shown */
#define BEFORE 40  /* of them before what is wrong */

static bool begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* Blanks and marks below a piece of text: one for each character of it. */
static void put_below(struct buf *b, const char *from, size_t len, char mark)
{
	for (size_t i = 0; i < len; i++)
		if (begins_character(from[i]))
			buf_putc(b, mark);
}

void run_filter_complain(const char *what, const char *text, const struct expr_error *err)
{
	size_t len = strlen(text), at = err->at < len ? err->at : len, from = at > BEFORE ? at - BEFORE : 0, n;
	size_t marked = err->len < len - at ? err->len : len - at;
	struct buf line = { 0 }, below = { 0 };

	while (from && !begins_character(text[from]))
		from--;
	n = len - from < SHOWN ? len - from : SHOWN;
	buf_puts(&line, from ? "..." : "");
	buf_puts(&below, from ? "   " : "");
	for (size_t i = from; i < from + n; i++)
		buf_putc(&line, text[i] == '\t' || text[i] == '\n' ? ' ' : text[i]);
	put_below(&below, text + from, at - from, ' ');
	put_below(&below, text + at, marked < from + n - at ? marked : from + n - at, '^');
	if (!marked)
		buf_putc(&below, '^');
	mmt_err("%s, column %zu: %s%s%s%s", what, at + 1, err->text, *err->near ? "; did you mean '" : "", err->near,
		*err->near ? "'?" : "");
	mmt_err("  %s", buf_str(&line));
	mmt_err("  %s", buf_str(&below));
	buf_free(&line);
	buf_free(&below);
}

/* An expression that no event can answer would be silent for ever. */
static int nothing_left(const struct run_opts *o)
{
	for (unsigned i = 0; i < MMT_EV_MAX; i++)
		if (o->filter.want[i] && expr_may_match(o->expr, i))
			return 0;
	mmt_err("-f '%s': true of none of the events that are traced; -e adds others", o->v.filter);
	return EXIT_USAGE;
}

int run_filter_read(struct run_opts *o)
{
	struct expr_scope scope = { .about = o->kind->about, .events = o->filter.want };
	struct expr_error err;

	if (!o->v.filter || o->kind->totals) /* those ask before, and otherwise */
		return 0;
	o->expr = expr_parse(o->v.filter, strlen(o->v.filter), &scope, &err);
	if (!o->expr) {
		run_filter_complain("-f", o->v.filter, &err);
		if (!strncmp(err.text, "no event here", 13))
			mmt_err("-e adds events to those that are traced");
		return EXIT_USAGE;
	}
	if (o->kind->about != EXPR_EVENT)
		return 0;
	if (!o->kind->open) /* what has a view of its own asks there */
		o->filter.expr = o->expr;
	return nothing_left(o);
}

bool run_filter_match(void *ctx, const struct mmt_view *v, uint64_t start_ns)
{
	struct expr_subject s = { .view = v, .start_ns = start_ns };

	return expr_eval(ctx, &s) == EXPR_TRUE;
}

/*
 * Events that it can never be true of need not come. Changes and calls come all the same: the ledger lives on them; and where it
 * is asked of mappings, so do all that tell something of those.
 */
static void push_events(const struct run_opts *o, struct session_opts *s)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	if (expr_asks_mappings(o->expr))
		return;
	for (size_t i = 0; i < n; i++)
		if (ev[i].family != MMT_FAM_CHANGE && ev[i].family != MMT_FAM_CALL && ev[i].family != MMT_FAM_TOTAL &&
		    !expr_may_match(o->expr, ev[i].num))
			s->want[ev[i].num] = false;
}

/*
 * Processes: where nothing else says which. Not threads, since the mappings of their process are made by others too; and not
 * names: here it is that of the process, there that of the thread.
 */
static void push_processes(struct run_opts *o, struct session_opts *s)
{
	if (!o->push.has_pids || s->npids || s->ntids || s->comm || s->cgroup || s->child)
		return;
	s->pids = o->push.pid;
	s->npids = o->push.npids;
}

/* What the ledger's answers to it are made of has to come, too; that it is not shown is the filter's. */
static void want_behind(const struct run_opts *o, struct session_opts *s)
{
	uint8_t needs[MMT_EV_MAX] = { 0 };

	if (!o->expr || o->once || o->kind->totals || o->replay)
		return;
	expr_needs(o->expr, needs);
	for (unsigned i = 0; i < MMT_EV_MAX; i++)
		s->want[i] |= needs[i] != 0;
}

void run_filter_push(struct run_opts *o, struct session_opts *s)
{
	want_behind(o, s);
	/* a recording is there for other questions, too; and what a view of its own makes of events needs them all */
	if (!o->filter.expr || o->v.record || o->kind->record)
		return;
	expr_push(o->expr, &o->push);
	push_events(o, s);
	push_processes(o, s);
}
