// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "ledger/space.h"

#include <stdlib.h>

void space_drop_range(struct ranges *l, struct range *r)
{
	free(r);
	l->count--;
}

static void drop_range(void *ctx, struct range *r)
{
	space_drop_range(ctx, r);
}

void space_empty(struct ranges *l, struct space *s)
{
	tree_each(s->tree.root, drop_range, l);
	s->tree.root = NULL;
}

void space_drop(struct ranges *l, uint64_t key)
{
	struct space *s = map_del(&l->spaces, key);

	if (!s)
		return;
	space_empty(l, s);
	free(s);
}

uint64_t space_key(uint32_t mm, uint32_t pid)
{
	return mm ? mm : PID_SPACE | pid;
}

struct space *space_get(struct ranges *l, uint64_t key)
{
	struct space *s = map_get(&l->spaces, key);

	if (s)
		return s;
	if (l->spaces.n < RANGES_SPACE_MAX)
		s = calloc(1, sizeof(*s));
	if (s && map_put(&l->spaces, key, s)) {
		free(s);
		s = NULL;
	}
	l->dropped += !s;
	return s;
}

static struct range *new_range(struct ranges *l, const struct range *like)
{
	struct range *r = l->count < RANGES_MAX ? malloc(sizeof(*r)) : NULL;

	if (!r) {
		l->dropped++;
		return NULL;
	}
	*r = *like;
	l->seed ^= l->seed << 13;
	l->seed ^= l->seed >> 7;
	l->seed ^= l->seed << 17;
	r->prio = (uint32_t)(l->seed >> 32);
	l->count++;
	return r;
}

/* No range reaches over addr afterwards. */
void space_cut(struct ranges *l, struct space *s, uint64_t addr)
{
	struct range *low = tree_at(&s->tree, addr), *high;

	if (!low || low->start == addr)
		return;
	high = new_range(l, low);
	if (high) {
		high->off += addr - low->start;
		high->start = addr;
	}
	low->end = addr;
	if (high)
		tree_add(&s->tree, high);
}

static void seam(struct ranges *l, struct space *s, uint64_t addr)
{
	struct range *high = tree_at(&s->tree, addr), *low = addr ? tree_at(&s->tree, addr - 1) : NULL;

	if (!high || !low || high == low || high->start != addr)
		return;
	if (low->file != high->file || low->vm_flags != high->vm_flags || low->kind != high->kind ||
	    low->guessed != high->guessed || low->dev != high->dev || low->ino != high->ino || low->ops != high->ops ||
	    low->fd != high->fd || low->off + (low->end - low->start) != high->off)
		return;
	tree_take(&s->tree, high->start, high->end);
	low->end = high->end;
	drop_range(l, high);
}

static void forget_range(struct space *s, const struct range *r)
{
	s->gone[s->next_gone++ % GONE] = *r;
}

struct removing {
	struct ranges *l;
	struct space *s;
};

static void remove_one(void *ctx, struct range *r)
{
	struct removing *rm = ctx;

	forget_range(rm->s, r);
	drop_range(rm->l, r);
}

void space_unmap(struct ranges *l, struct space *s, uint64_t start, uint64_t end)
{
	struct removing rm = { l, s };

	space_cut(l, s, start);
	space_cut(l, s, end);
	tree_each(tree_take(&s->tree, start, end), remove_one, &rm);
}

/* strict: nothing may be mapped there. */
void space_map(struct ranges *l, struct space *s, const struct range *new, bool strict)
{
	struct range *over = tree_from(&s->tree, new->start), *r;

	if (new->start >= new->end) {
		l->dropped++;
		return;
	}
	if (over && over->start < new->end) {
		l->conflicts += strict;
		space_unmap(l, s, new->start, new->end);
	}
	r = new_range(l, new);
	if (!r)
		return;
	tree_add(&s->tree, r);
	seam(l, s, new->end);
	seam(l, s, new->start);
}

struct new_flags {
	uint64_t vm_flags;
	bool whole;
};

static void set_flags(void *ctx, struct range *r)
{
	const struct new_flags *new = ctx;

	r->vm_flags = new->vm_flags;
	r->has_flags |= new->whole;
}

void space_prot(struct ranges *l, struct space *s, uint64_t start, uint64_t end, uint64_t vm_flags, bool whole)
{
	struct new_flags new = { vm_flags, whole };
	struct range *taken, *r;

	space_cut(l, s, start);
	space_cut(l, s, end);
	taken = tree_take(&s->tree, start, end);
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
