// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Names to fields: of the header, of the mapping, of each event that has one. */
#include <stdio.h>
#include <string.h>
#include "filter/expr_impl.h"

static bool in_scope(const struct expr_scope *scope, unsigned event)
{
	return !scope->events || scope->events[event];
}

/* What a name means where there is no field of that name, or where its words do not fit. */
static const char *also(const char *name)
{
	static const char *const names[][2] = {
		{ "flags", "vm_flags" },
		{ "result", "ret" },
		{ "signal", "signo" },
	};

	for (size_t i = 0; i < MMT_COUNT(names); i++)
		if (!strcmp(names[i][0], name))
			return names[i][1];
	return NULL;
}

static const struct mmt_field *visible(const struct mmt_schema_event *ev, const char *name)
{
	const struct mmt_field *f = name ? schema_field(ev, name) : NULL;

	return f && !schema_field_hidden(f) ? f : NULL;
}

static bool own_of(struct expr_path *p, const struct mmt_schema_event *ev, const char *name)
{
	const struct mmt_field *f = visible(ev, name), *other = visible(ev, also(name));

	p->own[ev->num] = f ? f : other;
	p->instead[ev->num] = f ? other : NULL;
	return f || other;
}

bool expr_resolve_in(struct expr_path *p, const struct mmt_schema_event *ev)
{
	const char *dot = strchr(p->text, '.');

	return own_of(p, ev, dot ? dot + 1 : p->text);
}

/* ---- what may have been meant ---- */

static void try_near(struct near *n, struct expr_error *err, const char *before, const char *name)
{
	char text[sizeof(err->near)];
	const char *best = n->best;

	snprintf(text, sizeof(text), "%s%s", before, name);
	near_try(n, text);
	if (n->best != best && n->best == text) {
		memcpy(err->near, text, sizeof(text));
		n->best = err->near;
	}
}

static void try_object(struct near *n, struct expr_error *err, unsigned object, const char *before)
{
	size_t count;
	const struct mmt_field *f = object_fields(object, &count);

	for (size_t i = 0; i < count; i++)
		try_near(n, err, before, f[i].name);
}

static void try_event(struct near *n, struct expr_error *err, const struct mmt_schema_event *ev, const char *before)
{
	for (unsigned i = 0; i < ev->nfields; i++)
		if (!schema_field_hidden(&ev->fields[i]))
			try_near(n, err, before, ev->fields[i].name);
}

static void near_name(struct reading *r, const char *name)
{
	struct near n = { .word = name };
	size_t count;
	const struct mmt_schema_event *ev = schema_events(&count);

	if (r->scope->about == EXPR_PROCESS) {
		try_object(&n, r->err, MMT_OBJ_PROCESS, "");
		return;
	}
	if (r->scope->about == EXPR_MAPPING) {
		try_object(&n, r->err, MMT_OBJ_MAPPING, "");
		return;
	}
	try_object(&n, r->err, MMT_OBJ_EVENT, "");
	for (size_t i = 0; i < count; i++)
		if (in_scope(r->scope, ev[i].num))
			try_event(&n, r->err, &ev[i], "");
	try_object(&n, r->err, MMT_OBJ_MAPPING, "mapping.");
}

/* ---- resolving ---- */

static bool fixed(struct expr_path *p, unsigned object, const char *name)
{
	p->object = (uint8_t)object;
	p->fixed = object_field(object, name);
	return p->fixed;
}

/* The first event that has the field, of those that are not asked about. */
static const struct mmt_schema_event *elsewhere(const char *name)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	for (size_t i = 0; i < n; i++)
		if (visible(&ev[i], name))
			return &ev[i];
	return NULL;
}

static bool unknown(struct reading *r, const struct token *t, const char *name)
{
	const struct mmt_schema_event *ev = r->scope->about == EXPR_EVENT ? elsewhere(name) : NULL;

	if (ev)
		return expr_wrong(r, t->at, t->len, "no event here has a field '%s', as %s has", name, ev->name);
	if (!r->failed)
		near_name(r, name);
	return expr_wrong(r, t->at, t->len, "no field '%s'", name);
}

/* "mapping.id", "fault.kind" */
static bool qualified(struct reading *r, const struct token *t, char *name, char *dot, struct expr_path *p)
{
	const struct mmt_schema_event *ev;
	struct near n = { .word = dot + 1 };
	unsigned at = t->at + (unsigned)(dot + 1 - name), object = 0;
	const struct mmt_named *o;

	*dot = '\0';
	for (; (o = object_named(object)) && strcmp(o->name, name); object++)
		;
	if (r->scope->about == EXPR_EVENT && o && object == MMT_OBJ_PROCESS)
		o = NULL; /* of an event pid and comm say it */
	if (r->scope->about == EXPR_MAPPING && object != MMT_OBJ_MAPPING)
		o = NULL;
	if (r->scope->about == EXPR_PROCESS && object != MMT_OBJ_PROCESS)
		o = NULL;
	if (o) {
		if (fixed(p, object, dot + 1))
			return true;
		if (!r->failed)
			try_object(&n, r->err, object, "");
		return expr_wrong(r, at, t->len - (at - t->at), "%s has no field '%s'", name, dot + 1);
	}
	ev = r->scope->about == EXPR_EVENT ? schema_event_by_name(name) : NULL;
	if (!ev) {
		*dot = '.';
		return unknown(r, t, name);
	}
	if (!in_scope(r->scope, ev->num))
		return expr_wrong(r, t->at, (unsigned)strlen(name), "no event here is %s", name);
	if (own_of(p, ev, dot + 1))
		return true;
	if (!r->failed)
		try_event(&n, r->err, ev, "");
	return expr_wrong(r, at, t->len - (at - t->at), "%s has no field '%s'", name, dot + 1);
}

bool expr_resolve(struct reading *r, const struct token *t, struct expr_path *p)
{
	static const uint8_t objects[] = {
		[EXPR_EVENT] = MMT_OBJ_EVENT, [EXPR_MAPPING] = MMT_OBJ_MAPPING, [EXPR_PROCESS] = MMT_OBJ_PROCESS
	};
	char name[WORD_LEN], *text, *dot;
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);
	bool any = false;

	if (!expr_word(r, t, name))
		return expr_wrong(r, t->at, t->len, "no field has so long a name");
	text = expr_give(r, strlen(name) + 1);
	if (!text)
		return false;
	p->text = strcpy(text, name);
	dot = strchr(name, '.');
	if (dot)
		return qualified(r, t, name, dot, p);
	if (fixed(p, objects[r->scope->about], name))
		return true;
	for (size_t i = 0; r->scope->about == EXPR_EVENT && i < n; i++)
		if (in_scope(r->scope, ev[i].num))
			any |= own_of(p, &ev[i], name);
	return any || unknown(r, t, name);
}
