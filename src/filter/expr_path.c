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

/* Of every event in the scope that has one. */
static bool own(struct expr_path *p, const struct expr_scope *scope, const char *name)
{
	const char *other = also(name);
	bool any = false;

	for (const struct expr_ref *r = expr_refs(name); r; r = r->next) {
		if (!in_scope(scope, r->event))
			continue;
		p->own[r->event] = r->f;
		any = true;
	}
	for (const struct expr_ref *r = other ? expr_refs(other) : NULL; r; r = r->next) {
		if (!in_scope(scope, r->event))
			continue;
		*(p->own[r->event] ? &p->instead[r->event] : &p->own[r->event]) = r->f;
		any = true;
	}
	return any;
}

static bool own_of(struct expr_path *p, unsigned event, const char *name)
{
	bool only[MMT_EV_MAX] = { false };
	const struct expr_scope scope = { EXPR_EVENT, only };

	only[event] = true;
	return own(p, &scope, name);
}

bool expr_resolve_in(struct expr_path *p, const struct mmt_schema_event *ev)
{
	const char *dot = strchr(p->text, '.');

	return own_of(p, ev->num, dot ? dot + 1 : p->text);
}

/* ---- what may have been meant ---- */

static void try_near(struct near *n, struct expr_error *err, const char *before, const char *name)
{
	char text[sizeof(err->near)];

	if (!*before) { /* mostly it is not the one */
		const char *best = n->best;

		near_try(n, name);
		if (n->best == best)
			return;
	}
	snprintf(text, sizeof(text), "%s%s", before, name);
	if (*before)
		near_try(n, text);
	if (!*before || n->best == text) {
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
	unsigned count;
	const struct expr_name *all = expr_names(&count);

	if (r->scope->about == EXPR_PROCESS) {
		try_object(&n, r->err, MMT_OBJ_PROCESS, "");
		return;
	}
	if (r->scope->about == EXPR_MAPPING) {
		try_object(&n, r->err, MMT_OBJ_MAPPING, "");
		return;
	}
	try_object(&n, r->err, MMT_OBJ_EVENT, "");
	for (unsigned i = 0; i < count; i++) {
		const struct expr_ref *ref = all[i].first;

		while (ref && !in_scope(r->scope, ref->event))
			ref = ref->next;
		if (ref)
			try_near(&n, r->err, "", all[i].name);
	}
	try_object(&n, r->err, MMT_OBJ_MAPPING, "mapping.");
}

/* ---- resolving ---- */

static bool fixed(struct expr_path *p, unsigned object, const char *name)
{
	p->object = (uint8_t)object;
	p->fixed = object_field(object, name);
	return p->fixed;
}

static bool unknown(struct reading *r, const struct token *t, const char *name)
{
	const struct expr_ref *ref = r->scope->about == EXPR_EVENT ? expr_refs(name) : NULL;

	if (ref)
		return expr_wrong(r, t->at, t->len, "no event here has a field '%s', as %s has", name,
				  schema_event(ref->event)->name);
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
	if (own_of(p, ev->num, dot + 1))
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
	return (r->scope->about == EXPR_EVENT && own(p, r->scope, name)) || unknown(r, t, name);
}
