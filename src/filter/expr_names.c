// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The names of events' fields, each once, with the events that have it: many share theirs. Made when it is first asked for. */
#include <stdlib.h>
#include <string.h>
#include "filter/expr_impl.h"

#define REFS_MAX 2048
#define SLOTS	 1024

static struct {
	struct expr_name names[SLOTS]; /* hashed; name NULL: free */
	struct expr_ref refs[REFS_MAX];
	unsigned nnames, nrefs;
} all;

static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261u; /* FNV-1a, 32 bits */

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h ^ h >> 16;
}

static struct expr_name *slot_of(const char *name)
{
	uint32_t at = hash_of(name) % SLOTS;

	while (all.names[at].name && strcmp(all.names[at].name, name))
		at = (at + 1) % SLOTS;
	return &all.names[at];
}

static void add(const struct mmt_schema_event *ev, const struct mmt_field *f)
{
	struct expr_name *n = slot_of(f->name);

	/* tables that outgrow this are noticed: every field is asked for in a test */
	if (all.nrefs == REFS_MAX || (!n->name && all.nnames == SLOTS / 2))
		return;
	all.nnames += !n->name;
	n->name = f->name;
	all.refs[all.nrefs] = (struct expr_ref){ n->first, ev->num, f };
	n->first = &all.refs[all.nrefs++];
}

static void make(void)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	while (n--) /* the first event stands first */
		for (unsigned k = 0; k < ev[n].nfields; k++)
			if (!schema_field_hidden(&ev[n].fields[k]))
				add(&ev[n], &ev[n].fields[k]);
}

const struct expr_ref *expr_refs(const char *name)
{
	if (!all.nrefs)
		make();
	return slot_of(name)->first;
}

const struct expr_name *expr_names(unsigned *n)
{
	if (!all.nrefs)
		make();
	*n = SLOTS;
	return all.names;
}
