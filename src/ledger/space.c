// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "ledger/space.h"

#include <stdlib.h>

/* ---- spaces --------------------------------------------------------------------------------------------------- */

static void free_range(struct ranges *l, struct range *r)
{
	free(r);
	l->count--;
}

void space_drop_range(struct ranges *l, struct range *r, unsigned reason)
{
	mapping_leave(l, r->map, r->start, r->end, reason);
	free_range(l, r);
}

struct ending {
	struct ranges *l;
	unsigned reason;
	uint64_t n;
};

static void drop_one(void *ctx, struct range *r)
{
	struct ending *e = ctx;

	space_drop_range(e->l, r, e->reason);
}

static void close_one(void *ctx, struct range *r)
{
	struct ending *e = ctx;

	mapping_close(e->l, r->map, 0, 0, e->reason);
	e->n++;
}

static void forget_gone(struct ranges *l, struct space *s)
{
	for (unsigned i = 0; s->gone && i < GONE; i++)
		if (s->gone[i].r.map)
			mapping_put(l, s->gone[i].r.map);
	free(s->gone);
	s->gone = NULL;
}

/* It is in l->spaces no more. */
void space_free(struct ranges *l, struct space *s)
{
	struct ending e = { l, MAPPING_EXIT, 0 };
	uint64_t before = l->count;

	if (s->dead) {
		tree_each(s->tree.root, drop_one, &e);
		l->dead_count -= before - l->count;
		l->count = before;
	} else {
		tree_each(s->tree.root, drop_one, &e);
	}
	forget_gone(l, s);
	free(s->walk);
	if (s->moved)
		mapping_put(l, s->moved);
	free(s);
}

static void bury(struct ranges *l, uint64_t key)
{
	struct space *s = map_get(&l->spaces, key);

	if (s && s->dead)
		space_free(l, map_del(&l->spaces, key));
}

void space_end(struct ranges *l, struct space *s, unsigned reason, bool keep)
{
	struct ending e = { l, reason, 0 };

	walk_end_of(l, s);
	coming_end(l, s->key);
	tree_each(s->tree.root, close_one, &e);
	s->dead = true;
	l->count -= e.n;
	l->dead_count += e.n;
	if (!keep) {
		bury(l, s->key);
		return;
	}
	bury(l, l->dead[l->next_dead % DEAD]);
	l->dead[l->next_dead++ % DEAD] = s->key;
}

uint64_t space_key(uint32_t mm, uint32_t pid)
{
	return mm ? mm : PID_SPACE | pid;
}

struct space *space_find(const struct ranges *l, uint64_t key)
{
	struct space *s = map_get(&l->spaces, key);

	return s && !s->dead ? s : NULL;
}

struct space *space_get(struct ranges *l, uint32_t mm, uint32_t pid)
{
	uint64_t key = space_key(mm, pid);
	struct space *s = map_get(&l->spaces, key);

	if (s && s->dead) {
		l->dropped++; /* numbers are not used twice: this came behind its own end */
		return NULL;
	}
	if (s)
		return s;
	if (l->spaces.n < RANGES_SPACE_MAX)
		s = calloc(1, sizeof(*s));
	if (s && map_put(&l->spaces, key, s)) {
		free(s);
		s = NULL;
	}
	if (!s) {
		l->dropped++;
		return NULL;
	}
	s->key = key;
	s->mm = mm;
	s->pid = pid;
	return s;
}

void space_gap(struct space *s)
{
	s->gaps += !s->gap;
	s->gap = true;
}

/* ---- ranges --------------------------------------------------------------------------------------------------- */

static struct range *new_range(struct ranges *l, struct space *s, const struct range *like)
{
	struct range *r;

	for (unsigned i = 0; i < DEAD && l->dead_count && l->count + l->dead_count >= RANGES_MAX; i++)
		bury(l, l->dead[(l->next_dead + i) % DEAD]);
	r = l->count + l->dead_count < RANGES_MAX ? malloc(sizeof(*r)) : NULL;
	if (!r) {
		l->dropped++;
		space_gap(s);
		return NULL;
	}
	*r = *like;
	l->seed ^= l->seed << 13;
	l->seed ^= l->seed >> 7;
	l->seed ^= l->seed << 17;
	r->prio = (uint32_t)(l->seed >> 32);
	l->count++;
	mapping_hold(r->map, r->end - r->start);
	return r;
}

void space_cut(struct ranges *l, struct space *s, uint64_t addr)
{
	struct range *low = tree_at(&s->tree, addr), *high, upper;

	if (!low || low->start == addr)
		return;
	upper = *low;
	upper.off += addr - low->start;
	upper.start = addr;
	low->map->bytes -= low->end - addr;
	low->end = addr;
	high = new_range(l, s, &upper);
	if (high)
		tree_add(&s->tree, high);
}

/* Two ranges of one mapping that continue each other are one. */
static void seam(struct ranges *l, struct space *s, uint64_t addr)
{
	struct range *high = tree_at(&s->tree, addr), *low = addr ? tree_at(&s->tree, addr - 1) : NULL;

	if (!high || !low || high == low || high->start != addr || low->map != high->map)
		return;
	if (low->file != high->file || low->vm_flags != high->vm_flags || low->kind != high->kind ||
	    low->guessed != high->guessed || low->dev != high->dev || low->ino != high->ino || low->ops != high->ops ||
	    low->fd != high->fd || low->off + (low->end - low->start) != high->off)
		return;
	tree_take(&s->tree, high->start, high->end);
	low->end = high->end;
	low->map->ranges--;
	mapping_put(l, low->map);
	free_range(l, high);
}

void space_remember(struct ranges *l, struct space *s, const struct range *r)
{
	struct gone *g;

	if (!s->gone)
		s->gone = calloc(GONE, sizeof(*s->gone));
	if (!s->gone)
		return;
	g = &s->gone[s->next_gone++ % GONE];
	mapping_get(r->map);
	if (g->r.map)
		mapping_put(l, g->r.map);
	*g = (struct gone){ .r = *r, .ts_ns = l->now_ns };
}

struct removing {
	struct ranges *l;
	struct space *s;
	unsigned reason;
};

static void remove_one(void *ctx, struct range *r)
{
	struct removing *rm = ctx;

	space_remember(rm->l, rm->s, r);
	space_drop_range(rm->l, r, rm->reason);
}

struct range *space_take(struct ranges *l, struct space *s, uint64_t start, uint64_t end)
{
	space_cut(l, s, start);
	space_cut(l, s, end);
	return tree_take(&s->tree, start, end);
}

void space_unmap(struct ranges *l, struct space *s, uint64_t start, uint64_t end, unsigned reason)
{
	struct removing rm = { l, s, reason };

	if (start < end)
		tree_each(space_take(l, s, start, end), remove_one, &rm);
}

void space_map(struct ranges *l, struct space *s, const struct range *new, bool strict)
{
	struct range *over = tree_from(&s->tree, new->start), *r;

	if (new->start >= new->end) {
		l->dropped++;
		return;
	}
	if (over && over->start < new->end) {
		l->conflicts += strict;
		if (strict)
			space_gap(s);
		space_unmap(l, s, new->start, new->end, MAPPING_OVERMAP);
	}
	r = new_range(l, s, new);
	if (!r)
		return;
	tree_add(&s->tree, r);
	seam(l, s, new->end);
	seam(l, s, new->start);
}

void space_fill(struct ranges *l, struct space *s, const struct range *new)
{
	uint64_t at = new->start;

	while (at < new->end) {
		const struct range *next = tree_from(&s->tree, at);
		struct range hole = *new;

		hole.start = at;
		hole.off += at - new->start;
		hole.end = next && next->start < new->end ? next->start : new->end;
		at = next ? next->end : new->end; /* the hole may join it */
		if (hole.start >= hole.end)
			continue;
		space_map(l, s, &hole, false);
	}
}

bool space_full(const struct space *s, uint64_t start, uint64_t end)
{
	while (start < end) {
		const struct range *r = tree_at(&s->tree, start);

		if (!r)
			return false;
		start = r->end;
	}
	return true;
}

struct new_flags {
	struct ranges *l;
	uint64_t vm_flags;
	bool whole;
};

static void set_flags(void *ctx, struct range *r)
{
	const struct new_flags *new = ctx;

	/* of several only the permissions become the same */
	r->vm_flags = new->whole ? new->vm_flags : (r->vm_flags & ~7ULL) | (new->vm_flags & 7);
	r->map->vm_flags = r->vm_flags;
	r->has_flags |= new->whole;
	mapping_did(new->l, r->map, MAPPING_ACT_PROT, r->start, r->end, r->vm_flags);
}

void space_prot(struct ranges *l, struct space *s, uint64_t start, uint64_t end, uint64_t vm_flags, bool whole)
{
	struct new_flags new = { l, vm_flags, whole };
	struct range *taken, *r;

	if (start >= end)
		return;
	taken = space_take(l, s, start, end);
	tree_each(taken, set_flags, &new);
	tree_put_back(&s->tree, taken);
	r = tree_from(&s->tree, start);
	while (r && r->end <= end) {
		uint64_t at = r->end;

		seam(l, s, at);
		r = tree_from(&s->tree, at); /* the same one when it grew */
	}
	seam(l, s, start);
}
