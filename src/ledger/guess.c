// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Where a tier shows system calls only, this pieces the address space together from their results. What the kernel
 * mapped by itself (exec, stacks) is missing, so everything here is marked as guessed.
 */
#include <errno.h>
#include <stddef.h>
#include "event/flags.h"
#include "event/value.h"
#include "ledger/take.h"

static uint64_t page_up(const struct ranges *l, uint64_t v)
{
	return (v + l->page_size - 1) & ~(l->page_size - 1);
}

/* NULL when the space has change events, or no room. */
static struct space *guessed(struct ranges *l, const struct mmt_hdr *h)
{
	struct space *s = space_get(l, h->mm, h->pid);

	if (!s || s->truth)
		return NULL;
	walk_before(l, s, h);
	s->threads |= s->tid && s->tid != h->tid;
	s->tid = h->tid;
	return s;
}

#define HAS(h, ev, field) ((h)->have & MMT_HAVE(ev, field))
#define GOT(ret)	  (!value_errno(MMT_LOOK_RETADDR, ret))

/*
 * A mapping of its own, made by a call. free: the kernel has chosen a free place, so what is there by our account has gone, and
 * the call that took it away is told of later: calls of several threads end in another order than they happened.
 */
static void made(struct ranges *l, struct space *s, struct range *r, unsigned origin, bool free)
{
	r->map = mapping_new(l, s, r, origin);
	if (!r->map)
		return;
	mapping_did(l, r->map, MAPPING_ACT_MADE, r->start, r->end, origin);
	space_map(l, s, r, free);
	mapping_put(l, r->map);
}

void guess_mmap(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_mmap *e = (const void *)h;
	struct space *s = guessed(l, h);
	struct range r = { .guessed = true, .fd = -1 };

	if (!s || !HAS(h, MMAP, ret) || !GOT(e->ret))
		return;
	r.start = (uint64_t)e->ret;
	r.end = r.start + page_up(l, e->len);
	r.vm_flags = e->prot & 7;
	if ((e->flags & FLAGS_MAP_TYPE) != 2) /* MAP_PRIVATE, include/uapi/linux/mman.h, 6.12 */
		r.vm_flags |= FLAGS_VM_SHARED | FLAGS_VM_MAYSHARE;
	if (!(e->flags & FLAGS_MAP_ANONYMOUS)) {
		r.off = e->off;
		r.fd = e->fd;
		r.file = HAS(h, MMAP, file) ? e->file : 0;
	} else {
		r.off = r.start;
	}
	made(l, s, &r, MMT_ORIGIN_MMAP, !(e->flags & FLAGS_MAP_FIXED));
}

void guess_munmap(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_munmap *e = (const void *)h;
	struct space *s = guessed(l, h);

	if (s && HAS(h, MUNMAP, ret) && e->ret == 0)
		space_unmap(l, s, e->addr, e->addr + page_up(l, e->len), MAPPING_MUNMAP);
}

static uint64_t until_hole(const struct space *s, uint64_t at, uint64_t end)
{
	const struct range *r = tree_at(&s->tree, at);

	while (r && r->end < end) {
		at = r->end;
		r = tree_at(&s->tree, at);
	}
	return r ? end : at;
}

void guess_mprotect(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_mprotect *e = (const void *)h;
	struct space *s = guessed(l, h);
	struct range *r;

	uint64_t end = e->addr + page_up(l, e->len);

	if (!s || !HAS(h, MPROTECT, ret) || end < e->addr)
		return;
	r = tree_at(&s->tree, e->addr);
	if (!r || (e->ret && e->ret != -ENOMEM)) {
		/* refused for what one of several is; those before it have been changed */
		if (r && e->ret == -EACCES && r->end < end)
			space_gap(s);
		return;
	}
	/* a hole: what is before it has been changed */
	if (e->ret)
		end = until_hole(s, e->addr, end);
	space_prot(l, s, e->addr, end, (r->vm_flags & ~7ULL) | (e->prot & 7), false);
}

#define MREMAP_FIXED_ 2 /* include/uapi/linux/mman.h, 6.12 */

struct leaving {
	struct ranges *l;
	struct space *s;
	const struct mapping *moves;
};

static void take_away(void *ctx, struct range *r)
{
	struct leaving *v = ctx;

	space_remember(v->l, v->s, r);
	space_drop_range(v->l, r, r->map == v->moves ? MAPPING_LIVE : MAPPING_MREMAP);
}

void guess_mremap(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_mremap *e = (const void *)h;
	struct space *s = guessed(l, h);
	struct range *old, r = { .guessed = true, .fd = -1 };

	if (!s || !HAS(h, MREMAP, ret) || !GOT(e->ret))
		return;
	old = e->old_len ? tree_at(&s->tree, e->addr) : NULL;
	if (old) {
		r = *old;
		r.off += e->addr - old->start;
		mapping_get(r.map);
	}
	/* what is there goes, and its mapping lives on in the new place */
	tree_each(space_take(l, s, e->addr, e->addr + page_up(l, e->old_len)), take_away,
		  &(struct leaving){ l, s, r.map });
	r.start = (uint64_t)e->ret;
	r.end = r.start + page_up(l, e->len);
	if (!old) {
		made(l, s, &r, MMT_ORIGIN_MREMAP, false);
		return;
	}
	mapping_did(l, r.map, MAPPING_ACT_MOVED, e->addr, e->addr + page_up(l, e->old_len), r.start);
	r.map->start = r.start;
	space_map(l, s, &r, !(e->flags & MREMAP_FIXED_));
	mapping_put(l, r.map);
}

void guess_brk(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_brk *e = (const void *)h;
	struct space *s = guessed(l, h);
	struct range r = { .guessed = true, .fd = -1, .kind = RANGE_HEAP, .vm_flags = 3 };
	struct range *below;
	uint64_t now;

	if (!s || !HAS(h, BRK, ret))
		return;
	now = page_up(l, (uint64_t)e->ret);
	if (s->heap && now < s->heap) {
		space_unmap(l, s, now, s->heap, MAPPING_BRK);
	} else if (s->heap && now > s->heap) {
		r.start = s->heap;
		r.end = now;
		r.off = r.start;
		below = tree_at(&s->tree, r.start - 1);
		if (!below || below->kind != RANGE_HEAP) {
			made(l, s, &r, MMT_ORIGIN_BRK, true);
		} else {
			mapping_get(r.map = below->map);
			mapping_did(l, r.map, MAPPING_ACT_GROWN, r.start, r.end, MMT_ORIGIN_BRK);
			space_map(l, s, &r, true);
			mapping_put(l, r.map);
		}
	}
	s->heap = now;
}

struct copying {
	struct ranges *l;
	struct space *to;
};

static void copy(void *ctx, struct range *r)
{
	struct copying *c = ctx;
	struct range new = *r;

	new.map = mapping_copy(c->l, c->to, r->map, r, MMT_ORIGIN_FORK);
	if (!new.map)
		return;
	if (!new.map->ranges) {
		new.map->pid = c->to->pid;
		mapping_did(c->l, new.map, MAPPING_ACT_MADE, r->start, r->end, MMT_ORIGIN_FORK);
	}
	space_map(c->l, c->to, &new, false);
	mapping_put(c->l, new.map);
}

void guess_fork(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_fork *e = (const void *)h;
	struct space *from = space_find(l, space_key(h->mm, h->pid));
	struct copying c = { .l = l };
	uint32_t mm;

	if (!from || from->truth || !HAS(h, FORK, child))
		return;
	mm = HAS(h, FORK, child_mm) ? e->child_mm : 0;
	if (space_key(mm, e->child) == from->key || map_get(&l->spaces, space_key(mm, e->child)))
		return;
	c.to = space_get(l, mm, e->child);
	if (!c.to)
		return;
	c.to->heap = from->heap;
	tree_each(from->tree.root, copy, &c);
}
