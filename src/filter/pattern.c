// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A pattern becomes a little program; all the places where the text so far could have led to are followed at once, so that no
 * text is looked at twice. Jumps are relative: a piece of program can be moved.
 */
#include "filter/pattern.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CODE_MAX  512
#define SETS_MAX  64
#define DEPTH_MAX 40

enum op { OP_BYTE, OP_ANY, OP_SET, OP_SPLIT, OP_JUMP, OP_BEGIN, OP_END, OP_MATCH };

struct insn {
	uint8_t op, byte; /* byte; or number of a set */
	int16_t to, alt;  /* relative */
};

struct set {
	uint8_t bits[32];
};

struct pattern {
	struct insn code[CODE_MAX];
	unsigned n, nsets;
	bool whole; /* not found anywhere: from the beginning on */
	struct set sets[SETS_MAX];
};

struct reader {
	struct pattern *p;
	const char *s;
	size_t len, at;
	unsigned depth;
	struct pattern_error *err;
};

static bool wrong(struct reader *r, const char *why, size_t at)
{
	if (!r->err->why)
		*r->err = (struct pattern_error){ why, at };
	return false;
}

static bool emit(struct reader *r, unsigned op, unsigned byte, int to, int alt)
{
	struct pattern *p = r->p;

	if (p->n == CODE_MAX)
		return wrong(r, "too long a pattern", r->at);
	p->code[p->n++] = (struct insn){ (uint8_t)op, (uint8_t)byte, (int16_t)to, (int16_t)alt };
	return true;
}

static bool insert(struct reader *r, unsigned where, unsigned op, int to, int alt)
{
	struct pattern *p = r->p;

	if (!emit(r, op, 0, 0, 0))
		return false;
	memmove(&p->code[where + 1], &p->code[where], (p->n - 1 - where) * sizeof(p->code[0]));
	p->code[where] = (struct insn){ (uint8_t)op, 0, (int16_t)to, (int16_t)alt };
	return true;
}

/* ---- sets: behind the bracket ---- */

static bool set_range(struct reader *r, struct set *set, unsigned from, unsigned to, size_t at)
{
	if (from > to)
		return wrong(r, "the range goes backwards", at);
	for (unsigned c = from; c <= to; c++)
		set->bits[c / 8] |= (uint8_t)(1 << c % 8);
	return true;
}

static bool set_byte(struct reader *r, unsigned *byte)
{
	if (r->at < r->len && r->s[r->at] == '\\')
		r->at++;
	if (r->at >= r->len)
		return wrong(r, "no ] for this [", r->len);
	*byte = (uint8_t)r->s[r->at++];
	return true;
}

static bool set_members(struct reader *r, struct set *set, size_t open)
{
	bool first = true;

	for (; r->at < r->len && (first || r->s[r->at] != ']'); first = false) {
		size_t at = r->at;
		unsigned from, to;

		if (!set_byte(r, &from))
			return false;
		to = from;
		if (r->at + 1 < r->len && r->s[r->at] == '-' && r->s[r->at + 1] != ']') {
			r->at++;
			if (!set_byte(r, &to))
				return false;
		}
		if (!set_range(r, set, from, to, at))
			return false;
	}
	if (r->at++ >= r->len)
		return wrong(r, "no ] for this [", open);
	return true;
}

static bool read_set(struct reader *r, char negator)
{
	size_t open = r->at - 1;
	struct pattern *p = r->p;
	struct set *set = &p->sets[p->nsets];
	bool negate = r->at < r->len && r->s[r->at] == negator;

	if (p->nsets == SETS_MAX)
		return wrong(r, "too many [ ]", open);
	r->at += negate;
	if (!set_members(r, set, open))
		return false;
	for (unsigned i = 0; negate && i < sizeof(set->bits); i++)
		set->bits[i] = (uint8_t)~set->bits[i];
	return emit(r, OP_SET, p->nsets++, 0, 0);
}

/* ---- regular expressions ---- */

static bool read_alternatives(struct reader *r);

static bool read_group(struct reader *r)
{
	size_t open = r->at - 1;

	if (++r->depth > DEPTH_MAX)
		return wrong(r, "too deep a pattern", open);
	if (!read_alternatives(r))
		return false;
	r->depth--;
	if (r->at >= r->len)
		return wrong(r, "no ) for this (", open);
	r->at++;
	return true;
}

static bool read_atom(struct reader *r)
{
	char c = r->s[r->at++];

	switch (c) {
	case '(':
		return read_group(r);
	case '[':
		return read_set(r, '^');
	case '.':
		return emit(r, OP_ANY, 0, 0, 0);
	case '^':
		return emit(r, OP_BEGIN, 0, 0, 0);
	case '$':
		return emit(r, OP_END, 0, 0, 0);
	case '*':
	case '+':
	case '?':
		return wrong(r, "nothing to repeat", r->at - 1);
	case '{':
	case '}':
		return wrong(r, "{ } is not known here: \\{ is the character", r->at - 1);
	case '\\':
		if (r->at == r->len)
			return wrong(r, "nothing behind the \\", r->at - 1);
		c = r->s[r->at++];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
			return wrong(r, "\\ before a letter or digit means nothing here", r->at - 2);
		return emit(r, OP_BYTE, (uint8_t)c, 0, 0);
	default:
		return emit(r, OP_BYTE, (uint8_t)c, 0, 0);
	}
}

static bool repeat(struct reader *r, unsigned from)
{
	int len = (int)(r->p->n - from);

	switch (r->s[r->at++]) {
	case '*':
		return insert(r, from, OP_SPLIT, 1, len + 2) && emit(r, OP_JUMP, 0, -len - 1, 0);
	case '+':
		return emit(r, OP_SPLIT, 0, -len, 1);
	default:
		return insert(r, from, OP_SPLIT, 1, len + 1);
	}
}

static bool read_branch(struct reader *r)
{
	while (r->at < r->len && r->s[r->at] != '|' && r->s[r->at] != ')') {
		unsigned from = r->p->n;

		if (!read_atom(r))
			return false;
		if (r->at < r->len && strchr("*+?", r->s[r->at]) && r->s[r->at] && !repeat(r, from))
			return false;
	}
	return true;
}

static bool read_alternatives(struct reader *r)
{
	unsigned from = r->p->n, jump;

	if (!read_branch(r))
		return false;
	if (r->at >= r->len || r->s[r->at] != '|')
		return true;
	if (++r->depth > DEPTH_MAX)
		return wrong(r, "too many alternatives", r->at);
	r->at++;
	if (!insert(r, from, OP_SPLIT, 1, (int)(r->p->n - from) + 2))
		return false;
	jump = r->p->n;
	if (!emit(r, OP_JUMP, 0, 0, 0) || !read_alternatives(r))
		return false;
	r->p->code[jump].to = (int16_t)(r->p->n - jump);
	r->depth--;
	return true;
}

static struct pattern *done(struct reader *r, bool fine)
{
	if (fine)
		fine = emit(r, OP_MATCH, 0, 0, 0);
	if (fine)
		return r->p;
	pattern_free(r->p);
	return NULL;
}

static struct pattern *fresh(struct pattern_error *err)
{
	struct pattern *p = calloc(1, sizeof(*p));

	*err = (struct pattern_error){ p ? NULL : "no memory", 0 };
	return p;
}

struct pattern *pattern_regex(const char *s, size_t len, struct pattern_error *err)
{
	struct reader r = { fresh(err), s, len, 0, 0, err };
	bool fine = r.p && read_alternatives(&r);

	if (fine && r.at < len)
		fine = wrong(&r, "no ( for this )", r.at);
	return r.p ? done(&r, fine) : NULL;
}

/* ---- globs ---- */

static bool read_glob(struct reader *r)
{
	char c = r->s[r->at++];

	switch (c) {
	case '*':
		return emit(r, OP_SPLIT, 0, 1, 3) && emit(r, OP_ANY, 0, 0, 0) && emit(r, OP_JUMP, 0, -2, 0);
	case '?':
		return emit(r, OP_ANY, 0, 0, 0);
	case '[':
		return read_set(r, '!');
	case '\\':
		if (r->at == r->len)
			return wrong(r, "nothing behind the \\", r->at - 1);
		return emit(r, OP_BYTE, (uint8_t)r->s[r->at++], 0, 0);
	default:
		return emit(r, OP_BYTE, (uint8_t)c, 0, 0);
	}
}

struct pattern *pattern_glob(const char *s, size_t len, struct pattern_error *err)
{
	struct reader r = { fresh(err), s, len, 0, 0, err };
	bool fine = r.p;

	while (fine && r.at < len)
		fine = read_glob(&r);
	if (r.p)
		r.p->whole = true;
	return r.p ? done(&r, fine && emit(&r, OP_END, 0, 0, 0)) : NULL;
}

void pattern_free(struct pattern *p)
{
	free(p);
}

/* ---- matching ---- */

struct places {
	uint16_t n, at[CODE_MAX];
	uint8_t seen[CODE_MAX / 8];
};

/* Where one gets from pc without reading a byte. True: the end of the program is among them. */
static bool follow(const struct pattern *p, struct places *to, unsigned pc, bool begin, bool end)
{
	uint16_t stack[2 * CODE_MAX];
	unsigned n = 0;

	stack[n++] = (uint16_t)pc;
	while (n) {
		const struct insn *i = &p->code[pc = stack[--n]];

		if (to->seen[pc / 8] & 1 << pc % 8)
			continue;
		to->seen[pc / 8] |= (uint8_t)(1 << pc % 8);
		switch (i->op) {
		case OP_MATCH:
			return true;
		case OP_SPLIT:
			stack[n++] = (uint16_t)((int)pc + i->alt);
			stack[n++] = (uint16_t)((int)pc + i->to);
			break;
		case OP_JUMP:
			stack[n++] = (uint16_t)((int)pc + i->to);
			break;
		case OP_BEGIN:
		case OP_END:
			if (i->op == OP_BEGIN ? begin : end)
				stack[n++] = (uint16_t)(pc + 1);
			break;
		default:
			to->at[to->n++] = (uint16_t)pc;
		}
	}
	return false;
}

static bool takes(const struct pattern *p, const struct insn *i, uint8_t c)
{
	switch (i->op) {
	case OP_BYTE:
		return i->byte == c;
	case OP_SET:
		return p->sets[i->byte].bits[c / 8] >> c % 8 & 1;
	default:
		return true;
	}
}

bool pattern_match(const struct pattern *p, const char *text)
{
	struct places both[2], *now = &both[0], *next = &both[1], *was;

	now->n = 0;
	memset(now->seen, 0, sizeof(now->seen));
	for (const char *c = text;; c++) {
		if ((c == text || !p->whole) && follow(p, now, 0, c == text, !*c))
			return true;
		if (!*c || (!now->n && p->whole))
			return false;
		next->n = 0;
		memset(next->seen, 0, sizeof(next->seen));
		for (unsigned i = 0; i < now->n; i++)
			if (takes(p, &p->code[now->at[i]], (uint8_t)*c) &&
			    follow(p, next, now->at[i] + 1u, false, !c[1]))
				return true;
		was = now;
		now = next;
		next = was;
	}
}
