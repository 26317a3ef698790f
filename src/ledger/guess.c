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

/*
 * The kernel was asked what is mapped while the call ran or later: the answer may have what it did. To do it once more is
 * right wherever the result does not depend on what was there before.
 */
static bool known_already(const struct space *s, const struct mmt_hdr *h)
{
	return s->asked_ns && h->ts_ns <= s->asked_ns;
}

/* The ledger has what it should not have, or not what it should; no wonder before the last answer. */
static void misfit(struct space *s, const struct mmt_hdr *h)
{
	if (!known_already(s, h))
		space_gap(s);
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

/* A call that makes room first and fails then has made room: up to 6.11 mmap, all kernels mremap. */
static void half_done(struct space *s, const struct mmt_hdr *h, bool fixed, int64_t ret)
{
	/* what is refused before anything is done */
	if (fixed && ret != -EINVAL && ret != -EBADF && ret != -EACCES && ret != -EPERM && ret != -EEXIST)
		misfit(s, h);
}

void guess_mmap(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_mmap *e = (const void *)h;
	struct space *s = guessed(l, h);
	struct range r = { .guessed = true, .fd = -1 };

	if (!s || !HAS(h, MMAP, ret))
		return;
	if (!GOT(e->ret)) {
		half_done(s, h, e->flags & FLAGS_MAP_FIXED, e->ret);
		return;
	}
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
	made(l, s, &r, MMT_ORIGIN_MMAP, !(e->flags & FLAGS_MAP_FIXED) && !known_already(s, h));
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
			misfit(s, h);
		return;
	}
	/* a hole: what is before it has been changed */
	if (e->ret)
		end = until_hole(s, e->addr, end);
	space_prot(l, s, e->addr, end, e->prot & 7, false);
}

/* include/uapi/linux/mman.h, 6.12 */
#define MREMAP_FIXED_	  2
#define MREMAP_DONTUNMAP_ 4

/* Its pages have gone to [to, to + len); every range of [from, from + len) stays, empty: one copy of each mapping. */
static void stays(struct ranges *l, struct space *s, uint64_t from, uint64_t to, uint64_t len)
{
	struct mapping *of = NULL, *copy = NULL;
	struct range *r = tree_from(&s->tree, to);

	while (r && r->start < to + len) {
		uint64_t next = r->end;
		struct range old = *r;

		old.off += old.start < to ? to - old.start : 0;
		old.start = (old.start > to ? old.start : to) - to + from;
		old.end = (old.end < to + len ? old.end : to + len) - to + from;
		if (r->map != of) {
			if (copy)
				mapping_put(l, copy);
			of = r->map;
			copy = mapping_copy(l, s, of, &old, MMT_ORIGIN_MREMAP);
			if (!copy)
				return;
			mapping_did(l, copy, MAPPING_ACT_MADE, old.start, old.end, MMT_ORIGIN_MREMAP);
		}
		old.map = copy;
		space_fill(l, s, &old);
		r = tree_from(&s->tree, next);
	}
	if (copy)
		mapping_put(l, copy);
}

/* What was at the old place, without holes, and is at the new one. */
static void moved(struct ranges *l, struct space *s, const struct mmt_ev_mremap *e, uint64_t from, uint64_t old_len,
		  uint64_t to, uint64_t len)
{
	struct mmt_ev_vma_move move = {
		.h = e->h, .addr = to, .len = len, .old_addr = from, .old_len = old_len, .origin = MMT_ORIGIN_MREMAP
	};

	move.h.have = MMT_HAVE(VMA_MOVE, addr) | MMT_HAVE(VMA_MOVE, len) | MMT_HAVE(VMA_MOVE, old_addr) |
		      MMT_HAVE(VMA_MOVE, old_len) | MMT_HAVE(VMA_MOVE, origin);
	if (e->flags & MREMAP_FIXED_)
		space_unmap(l, s, to, to + len, MAPPING_MREMAP);
	change_moved(l, s, &move);
	if (e->flags & MREMAP_DONTUNMAP_)
		stays(l, s, from, to, old_len);
}

/* Since 6.17 a range with holes may move: what is at the new place stays there where the holes go (mm/mremap.c, 6.17). */
static void moved_all(struct ranges *l, struct space *s, const struct mmt_ev_mremap *e, uint64_t to, uint64_t len)
{
	uint64_t at = e->addr, end = e->addr + len;

	while (at < end) {
		const struct range *r = tree_from(&s->tree, at);
		uint64_t from = r && r->start > at ? r->start : at;

		if (!r || from >= end)
			return;
		at = until_hole(s, from, end);
		moved(l, s, e, from, at - from, to + (from - e->addr), at - from);
	}
}

/* By what is there: nothing at the old place, or all at the new one, which the kernel finds free unless it is told. */
static bool was_done(struct space *s, const struct mmt_ev_mremap *e, uint64_t to, uint64_t len)
{
	bool full = space_full(s, to, to + len);

	if (!tree_at(&s->tree, e->addr))
		return true;
	if (full && e->flags & MREMAP_FIXED_)
		space_gap(s); /* this, or what was there before */
	return full;
}

void guess_mremap(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_mremap *e = (const void *)h;
	uint64_t old_len = page_up(l, e->old_len), len = page_up(l, e->len), to = (uint64_t)e->ret;
	struct space *s = guessed(l, h);

	if (!s || !HAS(h, MREMAP, ret))
		return;
	if (!GOT(e->ret)) {
		if (e->flags & MREMAP_FIXED_)
			misfit(s, h);
		return;
	}
	if (old_len > len) {
		space_unmap(l, s, e->addr + len, e->addr + old_len, MAPPING_MREMAP);
		old_len = len;
	}
	if (known_already(s, h) && was_done(s, e, to, len))
		return;
	if (!tree_at(&s->tree, e->addr)) {
		space_gap(s); /* nobody told how it came there */
		if (e->flags & MREMAP_FIXED_)
			space_unmap(l, s, to, to + len, MAPPING_MREMAP);
	} else if (e->flags & MREMAP_FIXED_ && old_len == len) {
		moved_all(l, s, e, to, len);
	} else if (to != e->addr || old_len != len) {
		moved(l, s, e, e->addr, old_len, to, len);
	}
}

#define VM_DONTCOPY 0x20000 /* include/linux/mm.h, 5.10 to 7.1 */

struct advising {
	uint64_t set, clear;
};

static void advise(void *ctx, struct range *r)
{
	const struct advising *a = ctx;

	r->vm_flags = (r->vm_flags & ~a->clear) | a->set;
}

/* MADV_DONTFORK: what it is said of is not copied. A hole is skipped, and the call says so when it is done. */
void guess_madvise(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_madvise *e = (const void *)h;
	bool dont = e->advice == 10, again = e->advice == 11; /* MADV_, include/uapi/asm-generic/mman-common.h, 6.12 */
	struct advising a = { dont ? VM_DONTCOPY : 0, again ? VM_DONTCOPY : 0 };
	struct space *s = dont || again ? guessed(l, h) : NULL;
	uint64_t end = e->addr + page_up(l, e->len);
	struct range *taken;

	/* process_madvise takes no such advice */
	if (!s || HAS(h, MADVISE, pidfd) || !HAS(h, MADVISE, ret) || (e->ret && e->ret != -ENOMEM) || end <= e->addr)
		return;
	taken = space_take(l, s, e->addr, end);
	tree_each(taken, advise, &a);
	tree_put_back(&s->tree, taken);
}

/* ---- shared memory of System V -------------------------------------------------------------------------------- */

void guess_shmget(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_shmget *e = (const void *)h;
	struct shm_known *k = &l->shm[l->next_shm++ % SHM_KNOWN];

	/* one that is there already may be longer than what is asked for */
	if (HAS(h, SHMGET, ret) && e->ret >= 0 && e->key == 0)
		*k = (struct shm_known){ .id = e->ret, .len = page_up(l, e->len) };
}

static uint64_t shm_len(const struct ranges *l, int32_t id)
{
	for (unsigned i = 1; i <= SHM_KNOWN; i++) {
		const struct shm_known *k = &l->shm[(l->next_shm - i) % SHM_KNOWN];

		if (k->len && k->id == id)
			return k->len;
	}
	return 0;
}

/* include/uapi/linux/shm.h, 6.12 */
#define SHM_RDONLY_ 010000
#define SHM_REMAP_  040000
#define SHM_EXEC_   0100000

void guess_shmat(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_shmat *e = (const void *)h;
	struct range r = { .guessed = true, .fd = -1, .kind = RANGE_SHM };
	struct space *s = guessed(l, h);
	uint64_t len = shm_len(l, e->id);

	if (!s || !HAS(h, SHMAT, ret) || !GOT(e->ret))
		return;
	if (!len) {
		misfit(s, h);
		return;
	}
	r.start = (uint64_t)e->ret;
	r.end = r.start + len;
	r.vm_flags = FLAGS_VM_SHARED | FLAGS_VM_MAYSHARE | FLAGS_VM_READ |
		     (e->flags & SHM_RDONLY_ ? 0 : FLAGS_VM_WRITE) | (e->flags & SHM_EXEC_ ? FLAGS_VM_EXEC : 0);
	made(l, s, &r, MMT_ORIGIN_SHMAT, !(e->flags & SHM_REMAP_) && !known_already(s, h));
}

void guess_shmdt(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_shmdt *e = (const void *)h;
	struct space *s = guessed(l, h);
	struct range *r;

	if (!s || !HAS(h, SHMDT, ret) || e->ret)
		return;
	/* what of the segment is still where it was attached */
	r = tree_from(&s->tree, e->addr);
	if (!r || r->kind != RANGE_SHM)
		misfit(s, h); /* attached before anybody watched, or in pieces */
	while (r && r->kind == RANGE_SHM && r->start - r->off == e->addr) {
		uint64_t end = r->end;

		space_unmap(l, s, r->start, end, MAPPING_SHMDT);
		r = tree_from(&s->tree, end);
	}
}

/* Which pages of the file are where is another matter now. */
void guess_remap_file(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_remap_file_pages *e = (const void *)h;
	struct space *s = guessed(l, h);

	if (s && HAS(h, REMAP_FILE, ret) && !e->ret)
		space_gap(s);
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
			made(l, s, &r, MMT_ORIGIN_BRK, !known_already(s, h));
		} else {
			mapping_get(r.map = below->map);
			mapping_did(l, r.map, MAPPING_ACT_GROWN, r.start, r.end, MMT_ORIGIN_BRK);
			space_map(l, s, &r, !known_already(s, h));
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

	if (r->vm_flags & VM_DONTCOPY)
		return;
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
	c.to->threads = from->threads;
	if (from->gap || known_already(from, h)) /* it was copied before the kernel was asked about its parent */
		space_gap(c.to);
	tree_each(from->tree.root, copy, &c);
}
