// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include "diff/canon.h"

/* Room for one more of an array; false: no memory. */
static bool grow(void **v, uint32_t n, uint32_t *room, size_t size)
{
	uint32_t more = *room ? *room * 2 : 2;
	void *new;

	if (n < *room)
		return true;
	new = realloc(*v, more * size);
	if (!new)
		return false;
	*v = new;
	*room = more;
	return true;
}

#define PID_SPACE (1ULL << 32) /* a space known by its process only; mm is 32 bits wide */

static uint64_t space_of(uint32_t mm, uint32_t pid)
{
	return mm ? mm : PID_SPACE | pid;
}

struct canon_proc *canon_proc_new(struct canon *c, uint32_t mm, uint32_t pid)
{
	struct canon_proc *p;

	if (!grow((void **)&c->procs, c->nprocs, &c->room, sizeof(struct canon_proc *)) ||
	    !(p = calloc(1, sizeof(*p)))) {
		c->dropped++;
		return NULL;
	}
	map_put(&c->spaces, space_of(mm, pid), p);
	p->mm = mm;
	p->pid = pid;
	c->procs[c->nprocs++] = p;
	return p;
}

struct canon_proc *canon_proc(struct canon *c, uint32_t mm, uint32_t pid)
{
	struct canon_proc *p = map_get(&c->spaces, space_of(mm, pid));

	return p ? p : canon_proc_new(c, mm, pid);
}

struct canon_map *canon_map_new(struct canon *c, struct canon_proc *p)
{
	struct canon_map *m;

	if (c->nmaps >= CANON_MAPS_MAX || !grow((void **)&p->maps, p->nmaps, &p->room, sizeof(struct canon_map *)) ||
	    !(m = calloc(1, sizeof(*m)))) {
		c->dropped++;
		return NULL;
	}
	p->maps[p->nmaps++] = m;
	c->nmaps++;
	return m;
}

static bool same_attrs(const struct canon_attrs *a, const struct canon_attrs *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned i = 0; i < a->n; i++)
		if (a->v[i].what != b->v[i].what || a->v[i].value != b->v[i].value)
			return false;
	return true;
}

void canon_entry(struct canon *c, struct canon_list *l, const struct canon_entry *e)
{
	struct canon_entry *last = l->n ? &l->v[l->n - 1] : NULL;

	if (last && last->key == e->key && last->inner == e->inner && same_attrs(&last->attrs, &e->attrs)) {
		last->times++;
		return;
	}
	if (l->n >= CANON_ENTRIES_MAX || c->nentries >= CANON_ENTRIES_ALL ||
	    !grow((void **)&l->v, l->n, &l->room, sizeof(*l->v))) {
		l->dropped++;
		c->dropped++;
		return;
	}
	c->nentries++;
	l->v[l->n] = *e;
	l->v[l->n++].times = 1;
}

void canon_count(struct canon *c, struct canon_counts *l, const struct canon_count *one)
{
	for (uint32_t i = 0; i < l->n; i++) {
		if (l->v[i].key == one->key && l->v[i].kernel == one->kernel) {
			l->v[i].n += one->n;
			return;
		}
	}
	if (grow((void **)&l->v, l->n, &l->room, sizeof(*l->v)))
		l->v[l->n++] = *one;
	else
		c->dropped++;
}

const struct canon_attr *canon_attr_of(const struct canon_attrs *a, unsigned what)
{
	for (unsigned i = 0; i < a->n; i++)
		if (a->v[i].what == what)
			return &a->v[i];
	return NULL;
}

void canon_attr(struct canon_attrs *a, unsigned what, const char *value)
{
	struct canon_attr *at = (struct canon_attr *)canon_attr_of(a, what);

	if (!at && a->n < CANON_ATTRS)
		at = &a->v[a->n++];
	if (at)
		*at = (struct canon_attr){ .what = (uint8_t)what, .value = value };
}

static void free_map(struct canon_map *m)
{
	free(m->entries.v);
	free(m->counts.v);
	free(m->segs);
	free(m);
}

void canon_free(struct canon *c)
{
	for (uint32_t i = 0; i < c->nprocs; i++) {
		struct canon_proc *p = c->procs[i];

		for (uint32_t k = 0; k < p->nmaps; k++)
			free_map(p->maps[k]);
		free(p->maps);
		free(p->entries.v);
		free(p->counts.v);
		free(p);
	}
	free(c->procs);
	map_free(&c->spaces);
	map_free(&c->by_serial);
}
