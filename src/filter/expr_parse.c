// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * or     := and { "or" and }
 * and    := not { "and" not }
 * not    := "not" not | "(" or ")" | FIELD [ OP value | "in" values | "has" value | "has" values | PATTERN-OP "text" ]
 * values := "(" value { "," value } ")"
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "filter/expr_impl.h"

/* ---- memory ---- */

#define CHUNK 8192

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(16) char data[];
};

void *expr_give(struct reading *r, size_t size)
{
	struct chunk *c = r->e->chunks;
	void *at;

	size = (size + 15) / 16 * 16;
	if (!c || c->size - c->used < size) {
		size_t room = size > CHUNK ? size : CHUNK;

		c = calloc(1, sizeof(*c) + room);
		if (!c) {
			r->no_memory = true;
			expr_wrong(r, 0, 0, "no memory");
			return NULL;
		}
		c->size = room;
		c->next = r->e->chunks;
		r->e->chunks = c;
	}
	at = c->data + c->used;
	c->used += size;
	return at;
}

void expr_free(struct expr *e)
{
	if (!e)
		return;
	for (unsigned i = 0; i < e->n; i++)
		pattern_free(e->nodes[i]->pattern);
	for (struct chunk *c = e->chunks, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(e);
}

bool expr_wrong(struct reading *r, unsigned at, unsigned len, const char *fmt, ...)
{
	va_list ap;

	if (r->failed)
		return false;
	r->failed = true;
	r->err->at = at;
	r->err->len = len;
	va_start(ap, fmt);
	vsnprintf(r->err->text, sizeof(r->err->text), fmt, ap);
	va_end(ap);
	return false;
}

static struct node *make(struct reading *r, enum node_kind kind, struct node *a, struct node *b)
{
	struct node *n = NULL;

	if (r->e->n == NODES_MAX)
		expr_wrong(r, r->now.begin, 0, "too long: at most %d comparisons, and, or and not", NODES_MAX);
	else
		n = expr_give(r, sizeof(*n));
	if (!n)
		return NULL;
	n->kind = kind;
	n->a = a;
	n->b = b;
	r->e->nodes[r->e->n++] = n;
	return n;
}

/* ---- comparisons ---- */

struct values {
	unsigned n;
	struct token t[VALUES_MAX];
};

static bool read_value(struct reading *r, struct values *v)
{
	const struct token *t = &r->now;

	if (t->kind == TOK_BAD)
		return expr_wrong(r, t->at, t->len, "%s", t->bad);
	if (t->kind != TOK_WORD && t->kind != TOK_NUMBER && t->kind != TOK_STRING)
		return expr_wrong(r, t->begin, t->end - t->begin, "a value is missing");
	if (v->n == VALUES_MAX)
		return expr_wrong(r, t->begin, t->end - t->begin, "at most %d values", VALUES_MAX);
	v->t[v->n++] = *t;
	expr_next(r);
	return true;
}

static bool read_values(struct reading *r, struct values *v)
{
	if (r->now.kind != TOK_OPEN)
		return expr_wrong(r, r->now.begin, r->now.end - r->now.begin, "a list is missing: (A, B)");
	do {
		expr_next(r);
		if (!read_value(r, v))
			return false;
	} while (r->now.kind == TOK_COMMA);
	if (r->now.kind != TOK_CLOSE)
		return expr_wrong(r, r->now.begin, r->now.end - r->now.begin, "',' or ')' is missing");
	expr_next(r);
	return true;
}

static bool same_meaning(const struct literals *l, const struct mmt_field *f, unsigned event)
{
	return l->look == f->look && l->event == event;
}

/* What the values mean for a field; told once for all that are of its kind. False: they mean nothing. */
static bool mean(struct reading *r, struct node *n, const struct mmt_field *f, unsigned event, const struct token *op,
		 const struct values *v, uint8_t *index)
{
	/* only there do the words depend on the event, and only numbers on the sign */
	unsigned by = f->look == MMT_LOOK_SHMFLAGS ? event : f->wire == MMT_W_S32 || f->wire == MMT_W_S64 ? 255 : 0;
	struct literals *l;

	for (*index = 0; *index < n->nlits; (*index)++)
		if (same_meaning(n->lits[*index], f, by))
			return n->lits[*index]->fits;
	if (n->nlits == LITS_MAX)
		return expr_wrong(r, op->begin, 0, "%s is of too many kinds", n->path->text);
	l = expr_give(r, sizeof(*l));
	if (l && v->n)
		l->v = expr_give(r, v->n * sizeof(*l->v));
	if (!l || (v->n && !l->v))
		return false;
	l->look = f->look;
	l->event = (uint8_t)by;
	n->lits[n->nlits++] = l;
	if (f->count > 1)
		return expr_wrong(r, op->begin, op->end - op->begin, "%s is a list", n->path->text);
	if (!expr_goes(r, n->path->text, f->look, n->cmp, op))
		return false;
	for (unsigned i = 0; i < v->n; i++, l->n++)
		if (!expr_literal(r, n->path->text, f, event, n->cmp, &v->t[i], &l->v[i]))
			return false;
	l->fits = true;
	return true;
}

/* Whatever event they mean something for, for that they are asked. */
static bool bind(struct reading *r, struct node *n, const struct token *op, const struct values *v)
{
	struct expr_path *p = n->path;
	bool any = false;

	if (p->fixed)
		return mean(r, n, p->fixed, 0, op, v, &n->lits_of[0]);
	for (unsigned i = 0; i < MMT_EV_MAX; i++) {
		if (!p->own[i])
			continue;
		if (!mean(r, n, p->own[i], i, op, v, &n->lits_of[i])) {
			p->own[i] = p->instead[i];
			if (p->own[i] && !mean(r, n, p->own[i], i, op, v, &n->lits_of[i]))
				p->own[i] = NULL;
		}
		any |= p->own[i] != NULL;
	}
	if (any && !r->no_memory) {
		r->failed = false;
		r->err->near[0] = '\0';
	}
	return any && !r->no_memory;
}

static bool read_pattern(struct reading *r, struct node *n, const struct token *t)
{
	struct pattern_error err;
	const char *s;
	size_t len;

	if (t->kind != TOK_STRING)
		return expr_wrong(r, t->begin, t->end - t->begin, "a pattern is written in quotes, \"...\"");
	s = expr_string(r, t, &len);
	if (!s)
		return false;
	n->pattern = n->cmp == CMP_LIKE ? pattern_glob(s, len, &err) : pattern_regex(s, len, &err);
	return n->pattern ||
	       expr_wrong(r, t->begin, t->end - t->begin, "byte %zu of the pattern: %s", err.at + 1, err.why);
}

/* The word or sign behind a field; CMP_IS when it stands alone. */
static enum expr_cmp read_op(struct reading *r)
{
	enum expr_cmp cmp = CMP_IS;

	if (r->now.kind == TOK_OP)
		cmp = r->now.cmp;
	else if (expr_is_word(r, "in"))
		cmp = CMP_IN;
	else if (expr_is_word(r, "has"))
		cmp = CMP_HAS;
	else if (expr_is_word(r, "like"))
		cmp = CMP_LIKE;
	if (cmp != CMP_IS)
		expr_next(r);
	return cmp;
}

static bool is_keyword(const struct reading *r)
{
	static const char *const words[] = { "and", "or", "not", "in", "has", "like" };

	for (size_t i = 0; i < MMT_COUNT(words); i++)
		if (expr_is_word(r, words[i]))
			return true;
	return false;
}

static bool expect_field(struct reading *r)
{
	const struct token *t = &r->now;

	if (t->kind == TOK_BAD)
		return expr_wrong(r, t->at, t->len, "%s", t->bad);
	if (t->kind != TOK_WORD || is_keyword(r))
		return expr_wrong(r, t->begin, t->end - t->begin, "a field is missing");
	return true;
}

static struct node *read_comparison(struct reading *r)
{
	struct values v = { 0 };
	struct token name = r->now, op;
	struct node *n = expect_field(r) ? make(r, NODE_CMP, NULL, NULL) : NULL;
	bool fine;

	n = n && (n->path = expr_give(r, sizeof(*n->path))) && expr_resolve(r, &name, n->path) ? n : NULL;
	if (!n)
		return NULL;
	expr_next(r);
	op = r->now;
	if (op.kind == TOK_BAD)
		return expr_wrong(r, op.at, op.len, "%s", op.bad), NULL;
	n->cmp = read_op(r);
	if (n->cmp == CMP_IS)
		fine = true;
	else if (n->cmp == CMP_IN || (n->cmp == CMP_HAS && r->now.kind == TOK_OPEN))
		fine = read_values(r, &v);
	else
		fine = read_value(r, &v);
	if (n->cmp == CMP_IS) /* what is missing is missing behind it */
		op.begin = name.begin, op.end = name.end;
	fine = fine && bind(r, n, &op, &v);
	if (fine && (n->cmp == CMP_FINDS || n->cmp == CMP_MISSES || n->cmp == CMP_LIKE))
		fine = read_pattern(r, n, &v.t[0]);
	return fine ? n : NULL;
}

/* ---- the tree ---- */

static struct node *read_or(struct reading *r);

static struct node *read_group(struct reading *r)
{
	unsigned open = r->now.begin;
	struct node *n;

	expr_next(r);
	n = read_or(r);
	if (!n)
		return NULL;
	if (r->now.kind != TOK_CLOSE) {
		if (r->now.kind == TOK_BAD)
			expr_wrong(r, r->now.at, r->now.len, "%s", r->now.bad);
		expr_wrong(r, open, 1, "no ) for this (");
		return NULL;
	}
	expr_next(r);
	return n;
}

static struct node *read_not(struct reading *r)
{
	struct node *n;

	if (r->depth == DEPTH_MAX) {
		expr_wrong(r, r->now.begin, 0, "too deep: at most %d ( and not", DEPTH_MAX);
		return NULL;
	}
	r->depth++;
	if (expr_is_word(r, "not")) {
		expr_next(r);
		n = read_not(r);
		n = n ? make(r, NODE_NOT, n, NULL) : NULL;
	} else if (r->now.kind == TOK_OPEN) {
		n = read_group(r);
	} else {
		n = read_comparison(r);
	}
	r->depth--;
	return n;
}

static struct node *read_and(struct reading *r)
{
	struct node *n = read_not(r), *b;

	while (n && expr_is_word(r, "and")) {
		expr_next(r);
		b = read_not(r);
		n = b ? make(r, NODE_AND, n, b) : NULL;
	}
	return n;
}

static struct node *read_or(struct reading *r)
{
	struct node *n = read_and(r), *b;

	while (n && expr_is_word(r, "or")) {
		expr_next(r);
		b = read_and(r);
		n = b ? make(r, NODE_OR, n, b) : NULL;
	}
	return n;
}

/* ---- what is called ---- */

static bool begin(struct reading *r, const char *text, size_t len, const struct expr_scope *scope,
		  struct expr_error *err)
{
	*r = (struct reading){ .text = text, .len = len, .scope = scope, .err = err };
	memset(err, 0, sizeof(*err));
	r->e = calloc(1, sizeof(*r->e));
	if (!r->e)
		return expr_wrong(r, 0, 0, "no memory");
	if (len > EXPR_TEXT_MAX)
		return expr_wrong(r, EXPR_TEXT_MAX, 0, "too long: at most %d bytes", EXPR_TEXT_MAX);
	expr_next(r);
	return true;
}

/* Behind what was read nothing may follow. */
static bool at_end(struct reading *r)
{
	const struct token *t = &r->now;

	if (t->kind == TOK_END)
		return true;
	if (t->kind == TOK_BAD)
		return expr_wrong(r, t->at, t->len, "%s", t->bad);
	if (t->kind == TOK_CLOSE)
		return expr_wrong(r, t->begin, 1, "no ( for this )");
	return expr_wrong(r, t->begin, t->end - t->begin, "'and' or 'or' is missing before it");
}

static struct expr *parse(const char *text, size_t len, const struct expr_scope *scope, size_t *used,
			  struct expr_error *err)
{
	struct reading r;

	if (begin(&r, text, len, scope, err)) {
		r.e->root = read_or(&r);
		if (used)
			*used = r.now.begin;
		if (r.e->root && !r.failed && (used || at_end(&r)))
			return r.e;
	}
	expr_free(r.e);
	return NULL;
}

struct expr *expr_parse(const char *text, size_t len, const struct expr_scope *scope, struct expr_error *err)
{
	return parse(text, len, scope, NULL, err);
}

struct expr *expr_parse_some(const char *text, size_t len, const struct expr_scope *scope, size_t *used,
			     struct expr_error *err)
{
	return parse(text, len, scope, used, err);
}

/* ---- paths on their own ---- */

struct expr_path *expr_path_parse(const char *text, size_t len, const struct expr_scope *scope, size_t *used,
				  struct expr_error *err)
{
	struct expr_path *p = NULL;
	struct token name;
	struct reading r;
	bool fine = begin(&r, text, len, scope, err) && expect_field(&r);

	name = fine ? r.now : (struct token){ 0 };
	if (fine)
		p = expr_give(&r, sizeof(*p));
	fine = fine && p && expr_resolve(&r, &name, p);
	if (fine) {
		expr_next(&r);
		if (used)
			*used = r.now.begin;
		fine = used || r.now.kind == TOK_END ||
		       expr_wrong(&r, r.now.begin, r.now.end - r.now.begin, "nothing belongs behind the field");
	}
	if (fine) {
		p->owner = r.e;
		return p;
	}
	expr_free(r.e);
	return NULL;
}

void expr_path_free(struct expr_path *p)
{
	if (p)
		expr_free(p->owner);
}

int expr_path_literal(const struct expr_path *p, const char *text, size_t len, struct expr_value *out,
		      struct expr_error *err)
{
	static const struct expr_scope scope = { EXPR_EVENT, NULL };
	const struct mmt_field *f = p->fixed;
	struct literal l = { 0 };
	unsigned event = 0;
	struct reading r;
	bool fine = begin(&r, text, len, &scope, err);

	while (!f && ++event < MMT_EV_MAX)
		f = p->own[event];
	fine = fine && r.now.kind != TOK_END && r.now.kind != TOK_BAD && f &&
	       expr_literal(&r, p->text, f, event, CMP_EQ, &r.now, &l);
	if (fine) {
		expr_next(&r);
		fine = r.now.kind == TOK_END;
	}
	if (fine && l.v.is_text && p->owner) {
		/* it lives as long as the path */
		struct chunk *c = r.e->chunks;

		while (c && c->next)
			c = c->next;
		if (c) {
			c->next = p->owner->chunks;
			p->owner->chunks = r.e->chunks;
			r.e->chunks = NULL;
		}
	}
	if (!fine)
		expr_wrong(&r, r.now.begin, r.now.end - r.now.begin, "a value of %s belongs here", p->text);
	expr_free(r.e);
	*out = l.v;
	return fine ? 0 : -EINVAL;
}
