// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The verdicts as one JSON object a line: one for each statement, and one for all. */
#include <string.h>
#include "expect/judge.h"

/* An element of an array of lines. */
static void put_frame(void *j, const char *line, size_t len)
{
	json_strn(j, NULL, line, len);
}

static void put_events(struct json *j, const struct state *st)
{
	json_arr(j, "events");
	for (unsigned i = 0; i < st->noff; i++) {
		json_obj(j, NULL);
		json_str(j, "line", st->off[i].w ? st->off[i].w->line : NULL);
		json_str(j, "note", st->off[i].note);
		json_end(j);
	}
	json_end(j);
	json_arr(j, "stack");
	if (st->noff && st->off[0].w)
		report_each_line(st->off[0].w->stack, put_frame, j);
	json_end(j);
}

static int put_statement(struct json *j, const struct report *r, const struct state *st)
{
	struct buf text = { 0 };

	report_statement(&text, st->s->text);
	json_obj(j, NULL);
	json_str(j, "type", "statement");
	json_str(j, "file", r->expect->file);
	if (st->s->line)
		json_u64(j, "line", st->s->line);
	else
		json_null(j, "line"); /* implied */
	json_str(j, "statement", buf_str(&text));
	json_str(j, "verdict", verdict_name(st->verdict));
	json_str(j, "said", st->said);
	json_u64(j, "seen", st->seen);
	json_u64(j, "unknown", st->maybe + st->unsure);
	json_u64(j, "lost", st->lost);
	json_u64(j, "offending", st->verdict == EXPECT_PASS ? 0 : st->offended);
	if (st->verdict != EXPECT_PASS)
		put_events(j, st);
	json_end(j);
	buf_free(&text);
	return json_line(j);
}

int report_json(struct buf *b, const struct report *r)
{
	struct json j;
	int err = 0;

	json_init(&j, b);
	for (unsigned i = 0; i < r->expect->n && !err; i++)
		err = put_statement(&j, r, &r->states[i]);
	json_obj(&j, NULL);
	json_str(&j, "type", "verdict");
	json_str(&j, "file", r->expect->file);
	json_str(&j, "of", r->opts->of);
	json_str(&j, "kernel", r->release);
	json_str(&j, "machine", r->machine);
	json_u64(&j, "exit", (uint64_t)verdict_code(r->states, r->expect->n));
	for (unsigned v = 0; v <= EXPECT_SKIP; v++)
		json_u64(&j, verdict_name(v), r->count[v]);
	json_arr(&j, "not_seen");
	report_each_line(r->unseen, put_frame, &j);
	json_end(&j);
	json_u64(&j, "events", r->sum->events);
	json_u64(&j, "ran_ns", r->sum->ran_ns);
	json_end(&j);
	return err ? err : json_line(&j);
}
