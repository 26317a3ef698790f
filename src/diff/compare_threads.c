// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Of a process with threads the order of mappings is chance: what is the same in both runs is paired first, wherever it stands. Else a
 * stack of the one would be held against a buffer of the other that stands in its place.
 */
#include <errno.h>
#include <stdlib.h>
#include "diff/align.h"
#include "diff/compare.h"

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 29;
}

/* Texts are the same pointers. Attributes come in the order in which they were heard of. */
static uint64_t of_attrs(const struct canon_attrs *a)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < a->n; i++)
		sum += mix(a->v[i].what, (uintptr_t)a->v[i].value);
	return sum;
}

/* What was done to it, too; 0: it has no name. How often it faulted is another number each time. */
static uint64_t hash(const struct canon_map *m)
{
	uint64_t h = mix((uintptr_t)m->name, m->copied | m->failed << 1);

	h = mix(h, of_attrs(&m->attrs));
	for (uint32_t i = 0; i < m->entries.n; i++) {
		const struct canon_entry *e = &m->entries.v[i];

		h = mix(h, (uintptr_t)e->key);
		h = mix(h, of_attrs(&e->attrs) + e->times);
	}
	return h ? h : 1;
}

/* Of the second run's mappings with one hash the first that is free, and those behind it. */
struct same {
	struct map first; /* hash -> index + 1 */
	uint32_t *next;	  /* index + 1 of the next one; 0: none */
};

static int list(struct same *s, const struct canon_proc *p)
{
	s->next = calloc(p->nmaps + 1, sizeof(*s->next));
	if (!s->next)
		return -ENOMEM;
	for (uint32_t j = p->nmaps; j--;) {
		uint64_t h = hash(p->maps[j]);

		s->next[j] = (uint32_t)(uintptr_t)map_get(&s->first, h);
		if (map_put(&s->first, h, (void *)(uintptr_t)(j + 1)))
			return -ENOMEM;
	}
	return 0;
}

int compare_same_maps(const struct pair *p, uint32_t *pair)
{
	struct same s = { 0 };
	int err = list(&s, p->pb);

	for (uint32_t i = 0; i < p->pa->nmaps && !err; i++) {
		uint64_t h = hash(p->pa->maps[i]);
		uint32_t j = (uint32_t)(uintptr_t)map_get(&s.first, h);

		pair[i] = j ? j - 1 : ALIGN_NONE;
		if (j && s.next[j - 1])
			err = map_put(&s.first, h, (void *)(uintptr_t)s.next[j - 1]);
		else if (j)
			map_del(&s.first, h);
	}
	map_free(&s.first);
	free(s.next);
	return err;
}
