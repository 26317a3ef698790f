// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * or     := and { "or" and }
 * and    := not { "and" not }
 * not    := "not" not | "(" or ")" | FIELD [ OP value | "in" values | "has" value | "has" values | PATTERN-OP "text" ]
 * values := "(" value { "," value } ")"
 */
#include <string.h>
#include "filter/expr_impl.h"

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

static void forget(struct reading *r)
{
	r->failed = false;
	r->err->near[0] = '\0';
}

/* What no event here can mean, another may: then that is what is wrong. */
static bool elsewhere(struct reading *r, struct node *n, const struct token *op, const struct values *v)
{
	struct expr_error said = *r->err;
	size_t count;
	const struct mmt_schema_event *ev = schema_events(&count);
	uint8_t index;

	for (size_t i = 0; r->scope->events && i < count; i++) {
		if (r->scope->events[ev[i].num] || !expr_resolve_in(n->path, &ev[i]))
			continue;
		r->failed = true; /* nothing more is to be said */
		if (!mean(r, n, n->path->own[ev[i].num], ev[i].num, op, v, &index))
			continue;
		forget(r);
		return expr_wrong(r, said.at, said.len, "no event here has such a %s, as %s has", n->path->text,
				  ev[i].name);
	}
	*r->err = said;
	return false;
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
	if (r->no_memory)
		return false;
	if (any)
		forget(r);
	return any || elsewhere(r, n, op, v);
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

bool expr_expect_field(struct reading *r)
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
	struct node *n = expr_expect_field(r) ? make(r, NODE_CMP, NULL, NULL) : NULL;
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

static struct node *read_group(struct reading *r)
{
	unsigned open = r->now.begin;
	struct node *n;

	expr_next(r);
	n = expr_read(r);
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

struct node *expr_read(struct reading *r)
{
	struct node *n = read_and(r), *b;

	while (n && expr_is_word(r, "or")) {
		expr_next(r);
		b = read_and(r);
		n = b ? make(r, NODE_OR, n, b) : NULL;
	}
	return n;
}
