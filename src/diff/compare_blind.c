// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>
#include "diff/compare.h"
#include "event/schema.h"

bool compare_blind(const struct comparison *k)
{
	return !compare_seen(k, 0, MMT_EV_VMA_MAP) || !compare_seen(k, 1, MMT_EV_VMA_MAP);
}

static void add_counts(struct canon *c, struct canon_counts *to, const struct canon_counts *from)
{
	for (uint32_t i = 0; i < from->n; i++)
		canon_count(c, to, &from->v[i]);
}

static const char *value_of(const struct canon_entry *e, unsigned what)
{
	const struct canon_attr *a = canon_attr_of(&e->attrs, what);

	return a && a->value ? a->value : "?";
}

/* Calls by their results; what drivers put in, too, by pages and memory type. */
static void add_entries(struct comparison *k, struct canon *c, struct canon_counts *to, const struct canon_list *from)
{
	for (uint32_t i = 0; i < from->n; i++) {
		const struct canon_entry *e = &from->v[i];
		bool call = schema_event(e->event)->family == MMT_FAM_CALL,
		     put = canon_is_install(e->event) && !e->inner;
		struct canon_count one = { .n = e->times, .event = e->event };
		char text[160];

		if (!call && (!put || !compare_can_see(k, 0, e) || !compare_can_see(k, 1, e)))
			continue;
		if (call)
			snprintf(text, sizeof(text), "%s = %s", e->said, value_of(e, CANON_RESULT));
		else
			snprintf(text, sizeof(text), "%s of %s pages%s%s = %s", e->said, value_of(e, CANON_PAGES),
				 e->memtype ? " as " : "", e->memtype ? e->memtype : "", value_of(e, CANON_RESULT));
		one.key = texts_get(c->texts, text);
		canon_count(c, to, &one);
	}
}

/* mmap is no entry of its mapping, which it makes. */
static void add_mmap(struct canon *c, struct canon_counts *to, const struct canon_map *m)
{
	const struct canon_attr *ret = canon_attr_of(&m->attrs, CANON_RESULT);
	struct canon_count one = { .n = 1, .event = MMT_EV_MMAP };
	char text[64];

	if (!ret || !ret->value)
		return;
	snprintf(text, sizeof(text), "mmap = %s", ret->value);
	one.key = texts_get(c->texts, text);
	canon_count(c, to, &one);
}

/* Everything of a process, of whatever mapping. */
static void add_all(struct comparison *k, struct canon *c, struct canon_counts *to, const struct canon_proc *p)
{
	add_counts(c, to, &p->counts);
	add_entries(k, c, to, &p->entries);
	for (uint32_t i = 0; i < p->nmaps; i++) {
		add_counts(c, to, &p->maps[i]->counts);
		add_entries(k, c, to, &p->maps[i]->entries);
		add_mmap(c, to, p->maps[i]);
	}
}

void compare_sums(struct comparison *k, const struct pair *p)
{
	struct canon c = { .texts = k->texts };
	struct canon_counts a = { 0 }, b = { 0 };

	add_all(k, &c, &a, p->pa);
	add_all(k, &c, &b, p->pb);
	incomparable_add(k, "mappings",
			 (compare_seen(k, 0, MMT_EV_VMA_MAP) ? 0 : 1) | (compare_seen(k, 1, MMT_EV_VMA_MAP) ? 0 : 2));
	compare_counts(k, p, &a, &b);
	free(a.v);
	free(b.v);
}
