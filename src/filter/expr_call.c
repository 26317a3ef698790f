// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What others call to read an expression or a path, and the memory of both. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "filter/expr_impl.h"

/* ---- memory ---- */

#define CHUNK 8192

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

/* ---- expressions ---- */

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
		r.e->root = expr_read(&r);
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
	bool fine = begin(&r, text, len, scope, err) && expr_expect_field(&r);

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
