// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "ledger/ranges.h"

#include <stdlib.h>
#include <string.h>
#include "event/flags.h"
#include "event/schema.h"
#include "ledger/space.h"

/* VM_GROWSDOWN, include/linux/mm.h, 5.10 to 7.1 on arm64 and x86 */
#define VM_GROWSDOWN 0x100

/* What every event with a VMA begins with: MMT_FIELDS_VMA. */
typedef struct mmt_ev_vma_new vma_part;
#define HAS(h, field) ((h)->have & MMT_HAVE(VMA_NEW, field))
/* ... and where it ends. */
#define AFTER_VMA offsetof(struct mmt_ev_vma_map, addr)
_Static_assert(offsetof(struct mmt_ev_vma_prot, addr) == AFTER_VMA &&
		       offsetof(struct mmt_ev_vma_dup, addr) == AFTER_VMA &&
		       offsetof(struct mmt_ev_vma_grow, addr) == AFTER_VMA &&
		       offsetof(struct mmt_ev_vma_move, addr) == AFTER_VMA &&
		       offsetof(struct mmt_ev_vma_import, addr) == AFTER_VMA &&
		       offsetof(struct mmt_ev_vma_new, cause) == AFTER_VMA,
	       "events with a VMA begin alike");

struct ranges *ranges_new(uint32_t page_size)
{
	struct ranges *l = calloc(1, sizeof(*l));

	if (l) {
		l->page_size = page_size;
		l->seed = 0x2545f4914f6cdd1dULL;
	}
	return l;
}

void ranges_free(struct ranges *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->spaces.cap; i++) {
		struct space *s = l->spaces.slots[i].val;

		if (s)
			space_empty(l, s);
		free(s);
	}
	map_free(&l->spaces);
	free(l);
}

struct sorting {
	struct ranges *l;
	struct space *s;
};

static void keep_if_true(void *ctx, struct range *r)
{
	struct sorting *to = ctx;

	if (r->guessed)
		space_drop_range(to->l, r);
	else
		tree_add(&to->s->tree, r);
}

/* A space that change events are about: what was guessed before is worth nothing now; what was imported stays. */
static struct space *true_space(struct ranges *l, uint32_t mm, uint32_t pid)
{
	struct space *s = space_get(l, space_key(mm, pid));
	struct sorting to = { l, s };
	struct range *all;

	if (s && !s->truth) {
		s->truth = true;
		all = s->tree.root;
		s->tree.root = NULL;
		tree_each(all, keep_if_true, &to);
	}
	return s;
}

static uint8_t kind_of(uint64_t vm_flags, unsigned origin)
{
	if (vm_flags & VM_GROWSDOWN || origin == MMT_ORIGIN_STACK)
		return RANGE_STACK;
	if (origin == MMT_ORIGIN_BRK)
		return RANGE_HEAP;
	return origin == MMT_ORIGIN_SPECIAL ? RANGE_SPECIAL : RANGE_PLAIN;
}

/* The range an event's VMA and [addr, addr + len) describe. */
static struct range describe(const struct ranges *l, const struct mmt_hdr *h, uint64_t addr, uint64_t len,
			     unsigned origin)
{
	const vma_part *v = (const vma_part *)h;
	struct range r = { .start = addr, .end = addr + len, .fd = -1 };

	r.has_flags = HAS(h, vm_flags);
	r.vm_flags = HAS(h, vm_flags) ? v->vm_flags : 0;
	r.file = HAS(h, file) ? v->file : 0;
	r.ops = HAS(h, ops) ? v->ops : 0;
	r.ino = HAS(h, ino) ? v->ino : 0;
	r.dev = HAS(h, dev) ? v->dev : 0;
	r.rdev = HAS(h, rdev) ? v->rdev : 0;
	if (HAS(h, pgoff) && HAS(h, vma_start))
		r.off = v->pgoff * l->page_size + (addr - v->vma_start);
	r.kind = r.file ? RANGE_PLAIN : kind_of(r.vm_flags, origin);
	return r;
}

static void on_map(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_map *e = (const void *)h;
	struct space *s = true_space(l, h->mm, h->pid);
	struct range r = describe(l, h, e->addr, e->len, e->origin);

	if (s)
		space_map(l, s, &r, true);
}

static void on_import(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_import *e = (const void *)h;
	/* Not a change: where no changes are seen, calls go on from here. */
	struct space *s = space_get(l, space_key(h->mm, h->pid));
	struct range r = describe(l, h, e->addr, e->len, MMT_ORIGIN_IMPORT);

	/* Changes since the hooks went live may have told it already. */
	if (s)
		space_map(l, s, &r, false);
}

static void on_dup(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_dup *e = (const void *)h;
	struct space *s = true_space(l, h->mm, h->pid);
	struct range r = describe(l, h, e->addr, e->len, MMT_ORIGIN_FORK);

	if (s)
		space_map(l, s, &r, true);
}

static void on_grow(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_grow *e = (const void *)h;
	struct space *s = true_space(l, h->mm, h->pid);
	struct range r = describe(l, h, e->addr, e->len, e->origin);

	if (s)
		space_map(l, s, &r, false);
}

static void on_unmap(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_unmap *e = (const void *)h;
	struct space *s = true_space(l, h->mm, h->pid);

	if (s)
		space_unmap(l, s, e->addr, e->addr + e->len);
}

static void on_move(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_move *e = (const void *)h;
	struct space *s = true_space(l, h->mm, h->pid);
	struct range r = describe(l, h, e->addr, e->len, e->origin);

	if (!s)
		return;
	space_unmap(l, s, e->old_addr, e->old_addr + e->old_len);
	space_map(l, s, &r, true);
}

static void on_prot(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_prot *e = (const void *)h;
	struct space *s = true_space(l, h->mm, h->pid);

	if (s && HAS(h, vm_flags))
		space_prot(l, s, e->addr, e->addr + e->len, e->vm_flags, true);
}

static void on_exec(struct ranges *l, const struct mmt_hdr *h)
{
	/* With an mm of its own the new program has a new space; what is known by process only begins anew. */
	if (!h->mm)
		space_drop(l, space_key(0, h->pid));
}

static void on_teardown(struct ranges *l, const struct mmt_hdr *h)
{
	space_drop(l, space_key(h->mm, h->pid));
}

static void (*const handlers[MMT_EV_MAX])(struct ranges *l, const struct mmt_hdr *h) = {
	[MMT_EV_VMA_MAP] = on_map,	    [MMT_EV_VMA_UNMAP] = on_unmap,  [MMT_EV_VMA_PROT] = on_prot,
	[MMT_EV_VMA_MOVE] = on_move,	    [MMT_EV_VMA_DUP] = on_dup,	    [MMT_EV_VMA_GROW] = on_grow,
	[MMT_EV_VMA_IMPORT] = on_import,    [MMT_EV_EXEC] = on_exec,	    [MMT_EV_EXIT] = on_teardown,
	[MMT_EV_FORK] = guess_fork,	    [MMT_EV_MMAP] = guess_mmap,	    [MMT_EV_MUNMAP] = guess_munmap,
	[MMT_EV_MPROTECT] = guess_mprotect, [MMT_EV_MREMAP] = guess_mremap, [MMT_EV_BRK] = guess_brk,
};

void ranges_event(struct ranges *l, const struct mmt_hdr *h)
{
	if (h->type < MMT_EV_MAX && handlers[h->type])
		handlers[h->type](l, h);
}

static const struct range *live(const struct space *s, uint64_t addr)
{
	return s ? tree_at(&s->tree, addr) : NULL;
}

static const struct range *gone(const struct space *s, uint64_t addr)
{
	for (unsigned i = 1; s && i <= GONE; i++) {
		const struct range *g = &s->gone[(s->next_gone - i) % GONE];

		if (g->start <= addr && addr < g->end)
			return g;
	}
	return NULL;
}

typedef const struct range *(*look_fn)(const struct space *s, uint64_t addr);

static const struct range *look(const struct ranges *l, const struct mmt_hdr *h, uint64_t addr, look_fn fn)
{
	const struct range *r = fn(map_get(&l->spaces, space_key(h->mm, h->pid)), addr);

	if (!r && h->mm)
		r = fn(map_get(&l->spaces, space_key(0, h->pid)), addr);
	return r;
}

const struct range *ranges_at(const struct ranges *l, const struct mmt_hdr *h, uint64_t addr)
{
	return look(l, h, addr, live);
}

const struct range *ranges_was_at(const struct ranges *l, const struct mmt_hdr *h, uint64_t addr)
{
	const struct range *r = ranges_at(l, h, addr);

	return r ? r : look(l, h, addr, gone);
}

uint64_t ranges_conflicts(const struct ranges *l)
{
	return l->conflicts;
}

uint64_t ranges_dropped(const struct ranges *l)
{
	return l->dropped;
}

uint64_t ranges_count(const struct ranges *l)
{
	return l->count;
}
