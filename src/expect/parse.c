// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The file line by line: what a statement begins with, and how flaws are told. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "event/schema.h"
#include "expect/statement.h"

#define FLAWS_MAX 20 /* told; one slip may be made in every line */

static const char *const cmps[CMP_MAX] = {
	[CMP_EQ] = "==", [CMP_NE] = "!=", [CMP_LT] = "<", [CMP_LE] = "<=", [CMP_GT] = ">", [CMP_GE] = ">=",
};

const char *cmp_text(enum cmp cmp)
{
	return cmps[cmp];
}

bool cmp_holds(enum cmp cmp, uint64_t left, uint64_t right)
{
	switch (cmp) {
	case CMP_EQ:
		return left == right;
	case CMP_NE:
		return left != right;
	case CMP_LT:
		return left < right;
	case CMP_LE:
		return left <= right;
	case CMP_GT:
		return left > right;
	default:
		return left >= right;
	}
}

const char *about_name(unsigned about)
{
	const struct mmt_schema_event *ev = about < MMT_EV_MAX ? schema_event(about) : NULL;

	return about == ABOUT_MAPPING ? "mapping" : about == ABOUT_PROCESS ? "process" : ev ? ev->name : "?";
}

/* ---- flaws ---- */

/* A line must not be able to paint the terminal; a tab stays one, so that the caret stands below what it means. */
static void put_line(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_putc(b, s[i] != '\t' && ((unsigned char)s[i] < 0x20 || s[i] == 0x7f) ? '?' : s[i]);
}

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80; /* not the first byte of a UTF-8 character */
}

static void put_caret(struct buf *b, const char *s, size_t at, size_t len)
{
	for (size_t i = 0; i < at; i++)
		if (!continues(s[i]))
			buf_putc(b, s[i] == '\t' ? '\t' : ' ');
	buf_putc(b, '^');
	for (size_t i = at + 1; i < at + len; i++)
		if (!continues(s[i]))
			buf_putc(b, '~');
}

static int flaw(struct reader *r, size_t at, size_t len, const char *near, const char *fmt, va_list ap)
{
	if (r->flaws++ >= FLAWS_MAX)
		return -EINVAL;
	buf_printf(r->said, "%s:%u:%zu: ", r->file, r->no, at + 1);
	buf_vprintf(r->said, fmt, ap);
	if (near && *near)
		buf_printf(r->said, ", did you mean '%s'?", near);
	buf_puts(r->said, "\n    ");
	put_line(r->said, r->line, r->full - (r->full && r->line[r->full - 1] == '\r'));
	buf_puts(r->said, "\n    ");
	put_caret(r->said, r->line, at, len);
	buf_putc(r->said, '\n');
	return -EINVAL;
}

int reader_flaw(struct reader *r, size_t at, size_t len, const char *near, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	flaw(r, at, len, near, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int reader_bad(struct reader *r, const char *fmt, ...)
{
	size_t len = reader_word(r);
	va_list ap;

	va_start(ap, fmt);
	flaw(r, r->at, len ? len : 1, NULL, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* ---- words ---- */

static bool in_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
	       c == '-';
}

void reader_blanks(struct reader *r)
{
	while (r->at < r->len && (r->line[r->at] == ' ' || r->line[r->at] == '\t'))
		r->at++;
}

size_t reader_word(struct reader *r)
{
	size_t n = 0;

	reader_blanks(r);
	while (r->at + n < r->len && in_word(r->line[r->at + n]))
		n++;
	return n;
}

bool reader_sees(struct reader *r, const char *word)
{
	size_t len = reader_word(r);

	return len == strlen(word) && !memcmp(r->line + r->at, word, len);
}

bool reader_takes(struct reader *r, const char *word)
{
	if (!reader_sees(r, word))
		return false;
	r->at += strlen(word);
	return true;
}

bool reader_cmp(struct reader *r, uint8_t *cmp)
{
	/* the longer ones first */
	static const uint8_t order[] = { CMP_EQ, CMP_NE, CMP_LE, CMP_GE, CMP_LT, CMP_GT };

	reader_blanks(r);
	for (unsigned i = 0; i < CMP_MAX; i++) {
		size_t len = strlen(cmps[order[i]]);

		if (r->len - r->at < len || memcmp(r->line + r->at, cmps[order[i]], len))
			continue;
		*cmp = order[i];
		r->at += len;
		return true;
	}
	return false;
}

int reader_number(struct reader *r, uint64_t *out)
{
	size_t len = reader_word(r);
	const char *why = "a number is needed";
	char text[32];

	if (len && len < sizeof(text)) {
		memcpy(text, r->line + r->at, len);
		text[len] = '\0';
		if (!num_parse_u64(text, out, &why)) {
			r->at += len;
			return 0;
		}
	}
	return reader_bad(r, "%s", why);
}

/* ---- what a statement is about ---- */

static bool hidden(const struct mmt_schema_event *ev)
{
	return ev->family == MMT_FAM_TOTAL; /* come with options of other commands */
}

/* Not a word that a statement could be about: which would be? */
static int no_such(struct reader *r, size_t len, bool objects)
{
	const struct mmt_schema_event *ev;
	struct near near = { 0 };
	char word[64];
	size_t n;

	if (!len)
		return reader_bad(r, "an event is needed here; 'mmtrace list events' names them");
	snprintf(word, sizeof(word), "%.*s", (int)len, r->line + r->at);
	near.word = word;
	ev = schema_events(&n);
	for (size_t i = 0; i < n; i++)
		if (!hidden(&ev[i]))
			near_try(&near, ev[i].name);
	if (objects) {
		near_try(&near, "mapping");
		near_try(&near, "process");
		near_try(&near, "sequence");
	}
	if (!near.best)
		return reader_flaw(r, r->at, len, NULL, "no event%s '%s'; 'mmtrace list events' names them",
				   objects ? " or object" : "", word);
	return reader_flaw(r, r->at, len, near.best, "no event%s '%s'", objects ? " or object" : "", word);
}

static int about(struct reader *r, struct step *s, bool objects)
{
	size_t len = reader_word(r), n;
	const struct mmt_schema_event *ev = schema_events(&n);

	if (objects && reader_takes(r, "mapping"))
		s->about = ABOUT_MAPPING;
	else if (objects && reader_takes(r, "process"))
		s->about = ABOUT_PROCESS;
	for (size_t i = 0; i < n && !s->about; i++)
		if (!hidden(&ev[i]) && reader_takes(r, ev[i].name))
			s->about = ev[i].num;
	return s->about ? 0 : no_such(r, len, objects);
}

int reader_expr(struct reader *r, const struct step *s, struct expr **out)
{
	bool events[MMT_EV_MAX] = { 0 };
	struct expr_scope scope = { .events = events };
	struct expr_error err = { 0 };
	size_t used = 0;

	if (s->about < MMT_EV_MAX)
		events[s->about] = true;
	else
		scope.about = s->about == ABOUT_MAPPING ? EXPR_MAPPING : EXPR_PROCESS;
	reader_blanks(r);
	*out = expr_parse_some(r->line + r->at, r->len - r->at, &scope, &used, &err);
	if (!*out)
		return reader_flaw(r, r->at + err.at, err.len, err.near, "%s", err.text);
	r->at += used;
	return 0;
}

int reader_step(struct reader *r, struct step *s, bool objects)
{
	int err = about(r, s, objects);

	if (err || !reader_takes(r, "where"))
		return err;
	return reader_expr(r, s, &s->where);
}

/* ---- statements ---- */

/* "expect exit == 0"; an event is called exit as well, with which no comparison goes. */
static bool is_exit(struct reader *r)
{
	size_t at = r->at;
	uint8_t cmp;
	bool yes = reader_takes(r, "exit") && reader_cmp(r, &cmp);

	r->at = at;
	return yes;
}

#define STATUS_MAX 255 /* what a process can end with; 128 + a signal's number */

static int read_exit(struct reader *r, struct statement *s)
{
	size_t at;

	s->form = FORM_EXIT;
	if (s->never)
		return reader_bad(r, "'never' goes with events; say 'expect exit != ...'");
	reader_takes(r, "exit");
	reader_cmp(r, &s->cmp);
	reader_blanks(r);
	at = r->at;
	if (reader_number(r, &s->bound))
		return -EINVAL;
	if (s->bound > STATUS_MAX)
		return reader_flaw(r, at, r->at - at, NULL, "an exit status is 0 to %d, 128 and more for a signal",
				   STATUS_MAX);
	return 0;
}

static int no_beginning(struct reader *r)
{
	size_t len = reader_word(r);
	struct near near = { 0 };
	char word[64];

	snprintf(word, sizeof(word), "%.*s", (int)len, r->line + r->at);
	near.word = word;
	near_try(&near, "expect");
	near_try(&near, "never");
	return reader_flaw(r, r->at, len ? len : 1, near.best, "a statement begins with 'expect' or 'never'");
}

static int read_statement(struct reader *r, struct statement *s)
{
	int err;

	s->never = reader_takes(r, "never");
	if (!s->never && !reader_takes(r, "expect"))
		return no_beginning(r);
	reader_blanks(r);
	if (is_exit(r)) {
		err = read_exit(r, s);
	} else if (reader_takes(r, "sequence")) {
		err = reader_sequence(r, s);
	} else {
		s->nsteps = 1;
		err = reader_step(r, &s->step[0], true);
		if (!err)
			err = reader_clauses(r, s);
	}
	if (err)
		return err;
	reader_blanks(r);
	if (r->at < r->len)
		return reader_bad(r, "this does not belong here");
	statement_needs(s);
	return 0;
}

static void free_statement(struct statement *s)
{
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		expr_free(s->step[i].where);
		expr_path_free(s->step[i].path);
	}
	expr_free(s->that);
	expr_path_free(s->field);
	free((char *)s->text);
}

/* The next free place; NULL: no memory. */
static struct statement *add(struct expect *e)
{
	if (e->n == e->room) {
		unsigned room = e->room ? 2 * e->room : 16;
		struct statement *more = realloc(e->st, room * sizeof(*more));

		if (!more)
			return NULL;
		e->st = more;
		e->room = room;
	}
	memset(&e->st[e->n], 0, sizeof(*e->st));
	return &e->st[e->n++];
}

/* Where the comment begins, or the blanks before it; an open quote is a flaw. */
static int cut_comment(struct reader *r)
{
	size_t from = 0;
	char quote = 0;

	for (r->len = 0; r->len < r->full && (quote || r->line[r->len] != '#'); r->len++) {
		char c = r->line[r->len];

		if (quote && c == '\\' && r->len + 1 < r->full) {
			r->len++;
		} else if (quote && c == quote) {
			quote = 0;
		} else if (!quote && (c == '"' || c == '\'')) {
			quote = c;
			from = r->len;
		}
	}
	if (quote)
		return reader_flaw(r, from, 1, NULL, "this quote has no end");
	while (r->len && strchr(" \t\r", r->line[r->len - 1]))
		r->len--;
	return 0;
}

static int read_line(struct reader *r, struct expect *e)
{
	struct statement *s;

	r->at = 0;
	if (r->full > TEXT_MAX) {
		r->full = 60; /* of it is shown */
		return reader_flaw(r, 0, 1, NULL, "a line longer than %d bytes", TEXT_MAX);
	}
	if (memchr(r->line, '\0', r->full)) {
		r->full = strlen(r->line);
		return reader_flaw(r, r->full, 1, NULL, "a zero byte: this is no text");
	}
	if (cut_comment(r))
		return -EINVAL;
	reader_blanks(r);
	if (r->at >= r->len)
		return 0;
	if (e->n == STATEMENTS_MAX)
		return reader_bad(r, "more than %d statements", STATEMENTS_MAX);
	s = add(e);
	if (!s)
		return -ENOMEM;
	s->line = r->no;
	s->text = strndup(r->line + r->at, r->len - r->at);
	return s->text ? read_statement(r, s) : -ENOMEM;
}

/* Unless the file says otherwise the command must have succeeded. */
static int imply_exit(struct expect *e)
{
	struct statement *s;

	for (unsigned i = 0; i < e->n; i++)
		if (e->st[i].form == FORM_EXIT)
			return 0;
	s = add(e);
	if (!s)
		return -ENOMEM;
	s->form = FORM_EXIT;
	s->cmp = CMP_EQ;
	s->text = strdup("expect exit == 0");
	return s->text ? 0 : -ENOMEM;
}

struct expect *expect_parse(const char *file, const char *text, size_t len, struct buf *said)
{
	struct reader r = { .file = file, .said = said };
	struct expect *e = calloc(1, sizeof(*e));
	int err = 0;

	if (!e)
		return NULL;
	e->file = strdup(file);
	if (!e->file)
		err = -ENOMEM;
	for (size_t at = 0; at < len && err != -ENOMEM && r.flaws < FLAWS_MAX; at += r.full + 1) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t full = end ? (size_t)(end - text) - at : len - at;

		r.line = text + at;
		r.full = full;
		r.no++;
		err = read_line(&r, e);
		r.full = full;
	}
	if (err != -ENOMEM && !r.flaws && !e->n) {
		buf_printf(said, "%s: no statement in it; one is 'expect fault count >= 1'\n", file);
		r.flaws++;
	}
	if (err != -ENOMEM && !r.flaws)
		err = imply_exit(e);
	if (!r.flaws && err != -ENOMEM)
		return e;
	if (err == -ENOMEM)
		buf_reset(said);
	expect_free(e);
	return NULL;
}

void expect_free(struct expect *e)
{
	if (!e)
		return;
	for (unsigned i = 0; i < e->n; i++)
		free_statement(&e->st[i]);
	free(e->st);
	free(e->file);
	free(e);
}

unsigned expect_count(const struct expect *e)
{
	return e->n;
}
