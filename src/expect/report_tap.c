// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The verdicts as KTAP version 1: Documentation/dev-tools/ktap.rst of Linux 6.12. */
#include <inttypes.h>
#include <string.h>
#include "expect/judge.h"

/* A description has no '#', which begins a directive, and is one line. */
static void put_plain(struct buf *b, const char *s)
{
	for (; *s; s++) {
		if (*s == '#')
			buf_puts(b, "\\#");
		else
			buf_putc(b, (unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s);
	}
}

static void put_clean(struct buf *b, const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_putc(b, (unsigned char)line[i] < 0x20 || line[i] == 0x7f ? '?' : line[i]);
	buf_putc(b, '\n');
}

static void put_comment(struct buf *b, const char *line, size_t len)
{
	buf_puts(b, "# ");
	put_clean(b, line, len);
}

static void put_stack(void *out, const char *line, size_t len)
{
	struct buf *b = out;

	buf_puts(b, "#     ");
	put_clean(b, line, len);
}

static void put_details(struct buf *b, const struct state *st)
{
	put_comment(b, st->said, strlen(st->said));
	for (unsigned i = 0; i < st->noff; i++) {
		const struct offender *o = &st->off[i];

		if (o->w)
			put_comment(b, o->w->line, strlen(o->w->line));
		if (!i && o->w)
			report_each_line(o->w->stack, put_stack, b);
		if (o->note)
			put_comment(b, o->note, strlen(o->note));
	}
	if (st->offended > st->noff)
		buf_printf(b, "# ... and %" PRIu64 " more\n", st->offended - st->noff);
}

static void put_unseen(void *out, const char *line, size_t len)
{
	buf_puts(out, "# not seen here: ");
	buf_put(out, line, len);
	buf_putc(out, '\n');
}

int report_tap(struct buf *b, const struct report *r)
{
	/* what is not known has not passed: ERROR is KTAP's word for a test that could not be made */
	static const char *const directive[] = { [EXPECT_PASS] = "",
						 [EXPECT_FAIL] = "",
						 [EXPECT_OPEN] = " # ERROR inconclusive",
						 [EXPECT_BLIND] = " # ERROR cannot observe",
						 [EXPECT_SKIP] = " # SKIP not asked" };

	buf_printf(b, "KTAP version 1\n1..%u\n", r->expect->n);
	report_each_line(r->unseen, put_unseen, b);
	for (unsigned i = 0; i < r->expect->n; i++) {
		const struct state *st = &r->states[i];
		bool ok = st->verdict == EXPECT_PASS || st->verdict == EXPECT_SKIP;
		struct buf text = { 0 };

		if (!ok)
			put_details(b, st);
		report_statement(&text, st->s->text);
		buf_printf(b, "%s %u ", ok ? "ok" : "not ok", i + 1);
		put_plain(b, r->expect->file);
		if (st->s->line)
			buf_printf(b, ":%u", st->s->line);
		buf_puts(b, ": ");
		put_plain(b, buf_str(&text));
		buf_printf(b, "%s\n", directive[st->verdict]);
		buf_free(&text);
	}
	return b->err;
}
