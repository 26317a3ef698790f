// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The verdicts as JUnit XML, in the elements and attributes that both GitLab and Jenkins read; tests/expect/junit.xsd has them.
 * What is not known is an error, not a pass.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include "expect/judge.h"

/* XML 1.0 has no other control characters, not even escaped ones; bytes that are no UTF-8 become '?'. */
static size_t utf8_len(const unsigned char *s)
{
	static const struct {
		unsigned char mask, lead;
	} leads[] = { { 0x80, 0 }, { 0xe0, 0xc0 }, { 0xf0, 0xe0 }, { 0xf8, 0xf0 } };

	for (size_t n = 0; n < MMT_COUNT(leads); n++) {
		if ((*s & leads[n].mask) != leads[n].lead)
			continue;
		for (size_t i = 1; i <= n; i++)
			if ((s[i] & 0xc0) != 0x80)
				return 0;
		/* overlong, surrogates, and U+FFFE and U+FFFF */
		if ((n == 1 && *s < 0xc2) || (n == 2 && *s == 0xe0 && s[1] < 0xa0) ||
		    (n == 2 && *s == 0xed && s[1] > 0x9f) || (n == 2 && *s == 0xef && s[1] == 0xbf && s[2] > 0xbd) ||
		    (n == 3 && *s == 0xf0 && s[1] < 0x90) || (n == 3 && (*s > 0xf4 || (*s == 0xf4 && s[1] > 0x8f))))
			return 0;
		return n + 1;
	}
	return 0;
}

static void put_xml(struct buf *b, const char *s)
{
	while (*s) {
		size_t len = utf8_len((const unsigned char *)s);

		switch (*s) {
		case '&':
			buf_puts(b, "&amp;");
			break;
		case '<':
			buf_puts(b, "&lt;");
			break;
		case '>':
			buf_puts(b, "&gt;");
			break;
		case '"':
			buf_puts(b, "&quot;");
			break;
		case '\n':
			buf_putc(b, '\n');
			break;
		default:
			if (!len || (unsigned char)*s < 0x20 || *s == 0x7f)
				buf_putc(b, '?');
			else
				buf_put(b, s, len);
		}
		s += len ? len : 1;
	}
}

static void put_attr(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, " %s=\"", name);
	put_xml(b, value);
	buf_putc(b, '"');
}

static void put_details(struct buf *b, const struct state *st)
{
	struct buf text = { 0 };

	for (unsigned i = 0; i < st->noff; i++) {
		const struct offender *o = &st->off[i];

		buf_printf(&text, "%s\n", o->w ? o->w->line : "");
		if (!i && o->w && *o->w->stack)
			buf_printf(&text, "%s\n", o->w->stack);
		if (o->note)
			buf_printf(&text, "%s\n", o->note);
	}
	if (st->offended > st->noff)
		buf_printf(&text, "... and %" PRIu64 " more\n", st->offended - st->noff);
	put_xml(b, buf_str(&text));
	buf_free(&text);
}

static void put_result(struct buf *b, const struct state *st)
{
	const char *element = st->verdict == EXPECT_FAIL ? "failure" : st->verdict == EXPECT_SKIP ? "skipped" : "error";

	buf_printf(b, ">\n      <%s", element);
	put_attr(b, "message", st->said);
	if (st->verdict != EXPECT_SKIP)
		put_attr(b, "type", verdict_name(st->verdict));
	buf_putc(b, '>');
	put_details(b, st);
	buf_printf(b, "</%s>\n    </testcase>\n", element);
}

static void put_case(struct buf *b, const struct report *r, const struct state *st)
{
	struct buf text = { 0 };
	char line[16];

	if (st->s->line)
		buf_printf(&text, "line %u: ", st->s->line);
	report_statement(&text, st->s->text);
	buf_puts(b, "    <testcase");
	put_attr(b, "name", buf_str(&text));
	put_attr(b, "classname", r->expect->file);
	put_attr(b, "file", r->expect->file);
	if (st->s->line) {
		snprintf(line, sizeof(line), "%u", st->s->line);
		put_attr(b, "line", line);
	}
	put_attr(b, "time", "0");
	buf_free(&text);
	if (st->verdict == EXPECT_PASS)
		buf_puts(b, "/>\n");
	else
		put_result(b, st);
}

static void put_counts(struct buf *b, const struct report *r)
{
	buf_printf(b, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%" PRIu64 ".%06" PRIu64 "\"",
		   r->expect->n, r->count[EXPECT_FAIL], r->count[EXPECT_OPEN] + r->count[EXPECT_BLIND],
		   r->count[EXPECT_SKIP], r->sum->ran_ns / 1000000000u, r->sum->ran_ns / 1000 % 1000000);
}

static void put_property(struct buf *b, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	buf_puts(b, "      <property");
	put_attr(b, "name", name);
	put_attr(b, "value", value);
	buf_puts(b, "/>\n");
}

int report_junit(struct buf *b, const struct report *r)
{
	time_t at = (time_t)(r->start_real_ns / 1000000000u);
	char when[32];
	struct tm tm;

	buf_puts(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mmtrace assert\"");
	put_counts(b, r);
	buf_puts(b, ">\n  <testsuite");
	put_attr(b, "name", r->expect->file);
	put_counts(b, r);
	if (gmtime_r(&at, &tm) && strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm))
		put_attr(b, "timestamp", when);
	buf_puts(b, ">\n    <properties>\n");
	put_property(b, "mmtrace", MMTRACE_VERSION);
	put_property(b, "kernel", r->release);
	put_property(b, "machine", r->machine);
	put_property(b, "of", r->opts->of);
	put_property(b, "not seen here", r->unseen);
	buf_puts(b, "    </properties>\n");
	for (unsigned i = 0; i < r->expect->n; i++)
		put_case(b, r, &r->states[i]);
	buf_puts(b, "  </testsuite>\n</testsuites>\n");
	return b->err;
}
