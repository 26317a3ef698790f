// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <string.h>
#include "filter/expr_impl.h"

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char byte_at(const struct reading *r, size_t at)
{
	return at < r->len ? r->text[at] : '\0';
}

static const struct {
	const char *text;
	enum token_kind kind;
	enum expr_cmp cmp;
	const char *bad;
} signs[] = {
	/* the longer ones first */
	{ "==", TOK_OP, CMP_EQ, NULL },
	{ "!=", TOK_OP, CMP_NE, NULL },
	{ "<=", TOK_OP, CMP_LE, NULL },
	{ ">=", TOK_OP, CMP_GE, NULL },
	{ "!~", TOK_OP, CMP_MISSES, NULL },
	{ "&&", TOK_BAD, 0, "write 'and'" },
	{ "||", TOK_BAD, 0, "write 'or'" },
	{ "=~", TOK_BAD, 0, "write '~'" },
	{ "<", TOK_OP, CMP_LT, NULL },
	{ ">", TOK_OP, CMP_GT, NULL },
	{ "~", TOK_OP, CMP_FINDS, NULL },
	{ "(", TOK_OPEN, 0, NULL },
	{ ")", TOK_CLOSE, 0, NULL },
	{ ",", TOK_COMMA, 0, NULL },
	{ "=", TOK_BAD, 0, "write '=='" },
	{ "!", TOK_BAD, 0, "write 'not'" },
	{ "&", TOK_BAD, 0, "write 'and', or 'has' for flags" },
	{ "|", TOK_BAD, 0, "write 'or'" },
};

static void read_sign(struct reading *r, struct token *t)
{
	for (size_t i = 0; i < MMT_COUNT(signs); i++) {
		size_t len = strlen(signs[i].text);

		if (r->len - r->at < len || memcmp(r->text + r->at, signs[i].text, len))
			continue;
		t->kind = signs[i].kind;
		t->cmp = signs[i].cmp;
		t->bad = signs[i].bad;
		t->len = (unsigned)len;
		r->at += len;
		return;
	}
	t->kind = TOK_BAD;
	t->bad = "not a character of the language";
	t->len = 1;
	r->at++;
}

static void read_string(struct reading *r, struct token *t)
{
	char quote = r->text[r->at++];

	t->kind = TOK_STRING;
	t->at = (unsigned)r->at;
	while (r->at < r->len && r->text[r->at] != quote && r->text[r->at])
		r->at += r->text[r->at] == '\\' && r->at + 1 < r->len && r->text[r->at + 1] ? 2 : 1;
	t->len = (unsigned)r->at - t->at;
	if (r->at < r->len && r->text[r->at] == quote) {
		r->at++;
		return;
	}
	t->kind = TOK_BAD;
	t->at = t->begin;
	t->len = 1;
	t->bad = "this string has no end";
}

static bool in_word(char c)
{
	return letter(c) || digit(c) || c == '.' || c == '-' || c == '+';
}

static bool in_number(char c)
{
	return letter(c) || digit(c) || c == '.' || c == ':';
}

static void read_run(struct reading *r, struct token *t, enum token_kind kind, bool (*in)(char c))
{
	t->kind = kind;
	while (in(byte_at(r, r->at)))
		r->at++;
	t->len = (unsigned)r->at - t->at;
}

void expr_next(struct reading *r)
{
	struct token *t = &r->now;
	char c;

	while (r->at < r->len && blank(r->text[r->at]))
		r->at++;
	*t = (struct token){ .kind = TOK_END, .at = (unsigned)r->at, .begin = (unsigned)r->at };
	c = byte_at(r, r->at);
	if (r->at >= r->len) {
		t->end = t->begin;
		return;
	}
	if (letter(c)) {
		read_run(r, t, TOK_WORD, in_word);
	} else if (digit(c) || (c == '-' && (digit(byte_at(r, r->at + 1)) || letter(byte_at(r, r->at + 1))))) {
		r->at++;
		read_run(r, t, TOK_NUMBER, in_number);
	} else if (c == '"' || c == '\'') {
		read_string(r, t);
	} else {
		read_sign(r, t);
	}
	t->end = (unsigned)r->at;
}

bool expr_is_word(const struct reading *r, const char *word)
{
	const struct token *t = &r->now;

	return t->kind == TOK_WORD && strlen(word) == t->len && !memcmp(r->text + t->at, word, t->len);
}

bool expr_word(const struct reading *r, const struct token *t, char *to)
{
	size_t len = t->len < WORD_LEN ? t->len : WORD_LEN - 1;

	memcpy(to, r->text + t->at, len);
	to[len] = '\0';
	return len == t->len;
}

const char *expr_string(struct reading *r, const struct token *t, size_t *len)
{
	char *s = expr_give(r, t->len + 1), *to = s;
	const char *from = r->text + t->at, *end = from + t->len;

	while (s && from < end) {
		/* others are left as they are: patterns have their own */
		if (*from == '\\' && from + 1 < end && (from[1] == '\\' || from[1] == '"' || from[1] == '\''))
			from++;
		*to++ = *from++;
	}
	*len = s ? (size_t)(to - s) : 0;
	return s;
}
