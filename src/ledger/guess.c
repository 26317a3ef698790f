// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Where a tier shows system calls only, this pieces the address space together from their results. What the kernel
 * mapped by itself (exec, stacks) is missing, so everything here is marked as guessed.
 */
#include <stddef.h>
#include "event/flags.h"
#include "event/value.h"
#include "ledger/space.h"

static uint64_t page_up(const struct ranges *l, uint64_t v)
{
	return (v + l->page_size - 1) & ~(l->page_size - 1);
}

/* NULL when the space has change events, or no room. */
static struct space *guessed(struct ranges *l, const struct mmt_hdr *h)
{
	struct space *s = space_get(l, space_key(h->mm, h->pid));

	return s && !s->truth ? s : NULL;
}

#define HAS(h, ev, field) ((h)->have & MMT_HAVE(ev, field))
#define GOT(ret)	  (!value_errno(MMT_LOOK_RETADDR, ret))

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
	space_map(l, s, &r, false);
}

void guess_munmap(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_munmap *e = (const void *)h;
	struct space *s = guessed(l, h);

	if (s && HAS(h, MUNMAP, ret) && e->ret == 0)
		space_unmap(l, s, e->addr, e->addr + page_up(l, e->len));
}

void guess_mprotect(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_mprotect *e = (const void *)h;
	struct space *s = guessed(l, h);
	struct range *r;

	if (!s || !HAS(h, MPROTECT, ret) || e->ret)
		return;
	r = tree_at(&s->tree, e->addr);
	if (r)
		space_prot(l, s, e->addr, e->addr + page_up(l, e->len), (r->vm_flags & ~7ULL) | (e->prot & 7), false);
}

void guess_mremap(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_mremap *e = (const void *)h;
	struct space *s = guessed(l, h);
	struct range *old, r = { .guessed = true, .fd = -1 };

	if (!s || !HAS(h, MREMAP, ret) || !GOT(e->ret))
		return;
	old = tree_at(&s->tree, e->addr);
	if (old) {
		r = *old;
		r.off += e->addr - old->start;
	}
	space_unmap(l, s, e->addr, e->addr + page_up(l, e->old_len));
	r.start = (uint64_t)e->ret;
	r.end = r.start + page_up(l, e->len);
	space_map(l, s, &r, false);
}

void guess_brk(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_brk *e = (const void *)h;
	struct space *s = guessed(l, h);
	struct range r = { .guessed = true, .fd = -1, .kind = RANGE_HEAP, .vm_flags = 3 };
	uint64_t now;

	if (!s || !HAS(h, BRK, ret))
		return;
	now = page_up(l, (uint64_t)e->ret);
	if (s->heap && now < s->heap) {
		space_unmap(l, s, now, s->heap);
	} else if (s->heap && now > s->heap) {
		r.start = s->heap;
		r.end = now;
		r.off = r.start;
		space_map(l, s, &r, false);
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

	space_map(c->l, c->to, r, false);
}

void guess_fork(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_fork *e = (const void *)h;
	uint64_t from_key = space_key(h->mm, h->pid), to_key;
	struct space *from = map_get(&l->spaces, from_key);
	struct copying c = { .l = l };

	if (!from || from->truth || !HAS(h, FORK, child))
		return;
	to_key = space_key(HAS(h, FORK, child_mm) ? e->child_mm : 0, e->child);
	if (to_key == from_key || map_get(&l->spaces, to_key))
		return;
	c.to = space_get(l, to_key);
	if (!c.to)
		return;
	c.to->heap = from->heap;
	tree_each(from->tree.root, copy, &c);
}
