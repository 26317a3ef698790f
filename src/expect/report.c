// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The verdicts for people. */
#include <inttypes.h>
#include <string.h>
#include "expect/judge.h"

#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define NORMAL "\033[0m"

#define LEFT	  12 /* where a statement begins */
#define WIDTH_MIN 60

static const struct {
	const char *word, *color;
} marks[] = {
	[EXPECT_PASS] = { "ok", GREEN },       [EXPECT_FAIL] = { "FAIL", RED }, [EXPECT_OPEN] = { "open", YELLOW },
	[EXPECT_BLIND] = { "unseen", YELLOW }, [EXPECT_SKIP] = { "-", DIM },
};

static void paint(struct buf *b, const struct report *r, const char *color)
{
	if (r->opts->color)
		buf_puts(b, color);
}

void report_statement(struct buf *b, const char *text)
{
	bool blank = false;
	char quote = 0;

	for (; *text; text++) {
		if (!quote && (*text == ' ' || *text == '\t')) {
			blank = true;
			continue;
		}
		if (blank)
			buf_putc(b, ' ');
		blank = false;
		if (quote && *text == '\\' && text[1])
			buf_putc(b, *text++);
		else if (quote ? *text == quote : *text == '"' || *text == '\'')
			quote = quote ? 0 : *text;
		buf_putc(b, *text);
	}
}

void report_each_line(const char *text, report_line_fn fn, void *ctx)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		fn(ctx, text, len);
		text += len + (text[len] == '\n');
	}
}

/* Control characters of names cannot paint the terminal or forge a line. */
static void visible(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			buf_printf(b, "\\x%02x", (unsigned char)s[i]);
		else
			buf_putc(b, s[i]);
	}
}

/* Words, broken at blanks where they would go past the width; *at is the column. */
static void wrap(struct buf *b, const char *s, size_t left, size_t width, size_t *at)
{
	while (*s) {
		size_t len = strcspn(s, " ");

		if (*at > left && *at + 1 + len > width) {
			buf_putc(b, '\n');
			buf_pad(b, b->len + left);
			*at = left;
		} else if (*at > left) {
			buf_putc(b, ' ');
			(*at)++;
		}
		visible(b, s, len);
		*at += len;
		s += len;
		while (*s == ' ')
			s++;
	}
}

static size_t width_of(const struct report *r)
{
	unsigned w = r->opts->width;

	return !w ? 100 : w < WIDTH_MIN ? WIDTH_MIN : w > 120 ? 120 : w;
}

static void put_stack_line(void *out, const char *line, size_t len)
{
	struct buf *b = out;

	buf_pad(b, b->len + LEFT + 4);
	visible(b, line, len);
	buf_putc(b, '\n');
}

static void put_offenders(struct buf *b, const struct report *r, const struct state *st)
{
	for (unsigned i = 0; i < st->noff; i++) {
		const struct offender *o = &st->off[i];

		buf_pad(b, b->len + LEFT);
		if (o->w)
			visible(b, o->w->line, strlen(o->w->line));
		buf_putc(b, '\n');
		if (!i && o->w && *o->w->stack) {
			paint(b, r, DIM);
			report_each_line(o->w->stack, put_stack_line, b);
			paint(b, r, NORMAL);
		}
		if (o->note) {
			buf_pad(b, b->len + LEFT + 4);
			visible(b, o->note, strlen(o->note));
			buf_putc(b, '\n');
		}
	}
	if (st->offended > st->noff)
		buf_printf(b, "%*s... and %" PRIu64 " more\n", LEFT, "", st->offended - st->noff);
}

static void put_statement(struct buf *b, const struct report *r, const struct state *st)
{
	size_t width = width_of(r), at = LEFT;
	struct buf text = { 0 };
	char line[16] = "";

	if (st->s->line)
		snprintf(line, sizeof(line), "%u", st->s->line);
	paint(b, r, marks[st->verdict].color);
	buf_printf(b, "%6s", marks[st->verdict].word);
	paint(b, r, NORMAL);
	buf_printf(b, " %3s  ", line);
	report_statement(&text, st->s->text);
	wrap(b, buf_str(&text), LEFT, width, &at);
	buf_free(&text);
	/* what it came to stands behind it where there is room */
	if (st->verdict != EXPECT_FAIL && at + 3 + strlen(st->said) <= width) {
		buf_puts(b, "   ");
	} else {
		buf_putc(b, '\n');
		buf_pad(b, b->len + LEFT);
	}
	paint(b, r, st->verdict == EXPECT_PASS || st->verdict == EXPECT_SKIP ? DIM : BOLD);
	at = LEFT;
	wrap(b, st->said, LEFT, width, &at);
	paint(b, r, NORMAL);
	buf_putc(b, '\n');
	if (st->verdict != EXPECT_PASS)
		put_offenders(b, r, st);
}

/* What may have come and was not seen, so that nobody takes its absence for a result. */
static void put_unseen(void *out, const char *line, size_t len)
{
	struct buf *b = out;

	buf_puts(b, "   not seen here  ");
	visible(b, line, len);
	buf_putc(b, '\n');
}

static void put_part(struct buf *b, const struct report *r, enum expect_verdict v, const char *word)
{
	if (!r->count[v] && v != EXPECT_PASS)
		return;
	buf_printf(b, "%s%u %s", v == EXPECT_PASS ? "" : ", ", r->count[v], word);
}

int report_text(struct buf *b, const struct report *r)
{
	static const char *const whole[] = {
		[0] = "passed", [1] = "FAILED", [3] = "CANNOT OBSERVE", [4] = "INCONCLUSIVE"
	};
	int code = verdict_code(r->states, r->expect->n);
	char ran[NUM_FMT_LEN];

	paint(b, r, BOLD);
	visible(b, r->expect->file, strlen(r->expect->file));
	paint(b, r, NORMAL);
	if (r->opts->of && *r->opts->of) {
		buf_puts(b, " against ");
		visible(b, r->opts->of, strlen(r->opts->of));
	}
	buf_putc(b, '\n');
	for (unsigned i = 0; i < r->expect->n; i++)
		put_statement(b, r, &r->states[i]);
	report_each_line(r->unseen, put_unseen, b);
	paint(b, r, code ? (code == 1 ? RED : YELLOW) : GREEN);
	buf_puts(b, whole[code]);
	paint(b, r, NORMAL);
	buf_puts(b, ": ");
	put_part(b, r, EXPECT_PASS, "passed");
	put_part(b, r, EXPECT_FAIL, "failed");
	put_part(b, r, EXPECT_OPEN, "inconclusive");
	put_part(b, r, EXPECT_BLIND, "not to be seen here");
	buf_printf(b, "; %" PRIu64 " events in %s\n", r->sum->events, num_fmt_duration(ran, r->sum->ran_ns));
	return b->err;
}
