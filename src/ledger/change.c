// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Change events: what the kernel says has happened to an address space, and what that means for the mappings in it. A map
 * makes one; everything else goes on with what is there.
 */
#include <stddef.h>
#include "event/flags.h"
#include "event/schema.h"
#include "ledger/take.h"

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
		       offsetof(struct mmt_ev_vma_walk, addr) == AFTER_VMA &&
		       offsetof(struct mmt_ev_vma_new, cause) == AFTER_VMA,
	       "events with a VMA begin alike");

struct sorting {
	struct ranges *l;
	struct space *s;
};

static void keep_if_true(void *ctx, struct range *r)
{
	struct sorting *to = ctx;

	if (r->guessed)
		space_drop_range(to->l, r, MAPPING_GAP);
	else
		tree_add(&to->s->tree, r);
}

/* The process that changes an address space runs in it, whatever it ran in before. */
static void runs_in(struct ranges *l, uint32_t pid, const struct space *s)
{
	if (l->by_pid.n >= BY_PID)
		map_free(&l->by_pid); /* the worst that comes of it: a copy is not named before it is there */
	map_put(&l->by_pid, pid, (void *)(uintptr_t)s->key);
}

/* A space that change events are about: what was guessed before is worth nothing now; what was imported stays. */
static struct space *true_space(struct ranges *l, const struct mmt_hdr *h)
{
	struct space *s = space_get(l, h->mm, h->pid);
	struct sorting to = { l, s };
	struct range *all;

	if (s)
		walk_before(l, s, h);
	if (s && !s->truth) {
		s->truth = true;
		all = s->tree.root;
		s->tree.root = NULL;
		tree_each(all, keep_if_true, &to);
	}
	return s;
}

/* The same, where the process of the event is one that runs in it. */
static struct space *own_space(struct ranges *l, const struct mmt_hdr *h)
{
	struct space *s = true_space(l, h);

	if (s)
		runs_in(l, h->pid, s);
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
struct range change_describe(const struct ranges *l, const struct mmt_hdr *h, uint64_t addr, uint64_t len,
			     unsigned origin)
{
	const vma_part *v = (const vma_part *)h;
	struct range r = { .start = addr, .end = addr + len, .fd = -1 };

	r.has_flags = HAS(h, vm_flags);
	/* /proc shows permissions and sharing, and no more */
	r.has_perms = r.has_flags || h->tier == MMT_TIER_PROC;
	r.vm_flags = r.has_flags ? v->vm_flags : r.has_perms ? v->vm_flags & 15 : 0;
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

static void keep_pgprot(struct mapping *m, bool has, uint64_t pgprot)
{
	if (!has)
		return;
	m->has_pgprot = true;
	m->pgprot = pgprot;
}

/* The heap that brk lets grow at addr: what the calls before have made, or what was there before the trace. */
static struct mapping *heap_below(struct space *s, uint64_t addr)
{
	struct range *r = addr ? tree_at(&s->tree, addr - 1) : NULL;

	if (!r || (r->kind != RANGE_HEAP && (!r->map->imported || r->file || r->ino || r->kind != RANGE_PLAIN)))
		return NULL;
	r->kind = r->map->kind = RANGE_HEAP;
	return r->map;
}

/* Which mapping the new range is, held. */
static struct mapping *whose(struct ranges *l, struct space *s, const struct range *r, unsigned origin)
{
	struct mapping *m = origin == MMT_ORIGIN_BRK ? heap_below(s, r->start) : NULL;

	if (m) {
		mapping_get(m);
		mapping_did(l, m, MAPPING_ACT_GROWN, r->start, r->end, origin);
		return m;
	}
	if (origin == MMT_ORIGIN_MREMAP && s->moved && s->moved_from == r->start && s->moved_len == r->end - r->start)
		m = mapping_copy(l, s, s->moved, r, origin);
	else
		m = coming_take(l, s, r->start, r->end);
	if (!m)
		m = mapping_new(l, s, r, origin);
	if (!m)
		return NULL;
	mapping_describe(m, r);
	m->origin = (uint8_t)origin;
	mapping_did(l, m, MAPPING_ACT_MADE, r->start, r->end, origin);
	return m;
}

void change_map(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_map *e = (const void *)h;
	struct space *s = own_space(l, h);
	struct range r = change_describe(l, h, e->addr, e->len, e->origin);

	if (!s)
		return;
	r.map = whose(l, s, &r, e->origin);
	if (!r.map)
		return;
	keep_pgprot(r.map, h->have & MMT_HAVE(VMA_MAP, pgprot), e->pgprot);
	space_map(l, s, &r, true);
	mapping_put(l, r.map);
}

void change_import(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_import *e = (const void *)h;
	/* Not a change: where no changes are seen, calls go on from here. */
	struct space *s = space_get(l, h->mm, h->pid);
	struct range r = change_describe(l, h, e->addr, e->len, MMT_ORIGIN_IMPORT);

	if (!s)
		return;
	runs_in(l, h->pid, s);
	if (h->ts_ns > s->asked_ns)
		s->asked_ns = h->ts_ns;
	/* Changes since the hooks went live may have told it already: no name is spent. */
	if (space_full(s, r.start, r.end))
		return;
	r.map = mapping_new(l, s, &r, MMT_ORIGIN_IMPORT);
	if (!r.map)
		return;
	r.map->imported = true;
	keep_pgprot(r.map, h->have & MMT_HAVE(VMA_IMPORT, pgprot), e->pgprot);
	mapping_did(l, r.map, MAPPING_ACT_MADE, r.start, r.end, MMT_ORIGIN_IMPORT);
	space_fill(l, s, &r);
	mapping_put(l, r.map);
}

/* The parts of the parent's mappings that lie in [at, end) are copied one by one: the kernel's VMA may hold several. */
void change_dup(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_dup *e = (const void *)h;
	struct space *s = true_space(l, h), *from;
	struct range whole = change_describe(l, h, e->addr, e->len, MMT_ORIGIN_FORK);
	uint64_t at = whole.start;
	struct mapping *early;

	if (!s)
		return;
	if (whole.start >= whole.end)
		l->dropped++;
	from = h->have & MMT_HAVE(VMA_DUP, from_mm) ? space_find(l, e->from_mm) : NULL;
	if (from && from->gap)
		space_gap(s);
	while (at < whole.end) {
		struct range *of = from ? tree_from(&from->tree, at) : NULL, r = whole;

		r.start = at;
		r.off += at - whole.start;
		if (of && of->start <= at) {
			r.end = of->end < whole.end ? of->end : whole.end;
			r.kind = of->kind;
			r.map = mapping_copy(l, s, of->map, &r, MMT_ORIGIN_FORK);
			/* page tables of such VMAs are copied whole: vma_needs_copy(), mm/memory.c, 6.12 */
			if (r.map && (!r.has_flags || r.vm_flags & (FLAGS_VM_PFNMAP | FLAGS_VM_MIXEDMAP)))
				pfns_copy(l, r.map, of->map, r.start, r.end);
		} else {
			r.end = of && of->start < whole.end ? of->start : whole.end;
			r.map = mapping_new(l, s, &r, MMT_ORIGIN_FORK);
		}
		at = r.end;
		if (!r.map)
			continue;
		if (!r.map->ranges) {
			mapping_describe(r.map, &r);
			mapping_did(l, r.map, MAPPING_ACT_MADE, r.start, r.end, MMT_ORIGIN_FORK);
		}
		space_map(l, s, &r, true);
		mapping_put(l, r.map);
	}
	early = coming_take(l, s, whole.start, whole.end);
	if (early)
		mapping_put(l, early);
}

/* A stack: what is new of the VMA belongs to what is there. */
void change_grow(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_grow *e = (const void *)h;
	struct space *s = own_space(l, h);
	struct range r = change_describe(l, h, e->addr, e->len, e->origin), *there;

	if (!s)
		return;
	there = tree_from(&s->tree, r.start);
	if (there && there->start < r.end) {
		mapping_get(r.map = there->map);
		there->kind = r.map->kind = r.kind;
		mapping_did(l, r.map, MAPPING_ACT_GROWN, r.start, there->start, e->origin);
	} else {
		r.map = whose(l, s, &r, e->origin);
	}
	if (!r.map)
		return;
	keep_pgprot(r.map, h->have & MMT_HAVE(VMA_GROW, pgprot), e->pgprot);
	space_fill(l, s, &r);
	mapping_put(l, r.map);
}

/* ---- move ----------------------------------------------------------------------------------------------------- */

static void note_move(struct ranges *l, struct space *s, struct mapping *m, const struct mmt_ev_vma_move *e)
{
	if (m)
		mapping_get(m);
	if (s->moved)
		mapping_put(l, s->moved);
	s->moved = m;
	s->moved_from = e->old_addr;
	s->moved_len = e->old_len;
}

/* In place: what is new belongs to what it continues. */
static void extend(struct ranges *l, struct space *s, const struct mmt_ev_vma_move *e)
{
	uint64_t old_end = e->old_addr + e->old_len, end = e->addr + e->len;
	const struct range *last = e->old_len ? tree_at(&s->tree, old_end - 1) : NULL;
	struct range r;

	if (!last) {
		space_gap(s); /* nothing is known of what grew */
		l->conflicts++;
		return;
	}
	if (end <= old_end)
		return;
	r = *last;
	r.start = old_end;
	r.end = end;
	r.off = last->off + (old_end - last->start);
	mapping_get(r.map);
	mapping_did(l, r.map, MAPPING_ACT_GROWN, r.start, r.end, e->origin);
	space_map(l, s, &r, true);
	mapping_put(l, r.map);
}

struct moving {
	struct ranges *l;
	struct space *s;
	const struct mmt_ev_vma_move *e;
	const struct range *whole; /* where it goes */
	uint64_t at;		   /* what is below has arrived */
	struct range last;	   /* the piece that arrived last; its map is held */
};

static void arrive(struct moving *mv, uint64_t end)
{
	struct range r = *mv->whole;

	r.kind = mv->last.kind == RANGE_HEAP ? RANGE_PLAIN : mv->last.kind; /* the heap is what brk has in its place */
	if (!HAS(&mv->e->h, vm_flags)) {
		uint8_t kind = r.kind;

		r = mv->last;
		r.kind = kind;
		r.off += mv->at - mv->whole->start - (mv->last.start - mv->e->old_addr);
	} else {
		r.off += mv->at - r.start;
	}
	r.start = mv->at;
	r.end = end;
	r.map = mv->last.map;
	mv->at = end;
	if (r.start < r.end)
		space_map(mv->l, mv->s, &r, true);
}

/* A piece of what moves, out of the tree. What lies before it and was not known goes with it. */
static void move_piece(void *ctx, struct range *r)
{
	struct moving *mv = ctx;
	uint64_t end = mv->whole->start + (r->end - mv->e->old_addr);
	struct mapping *m = r->map, *before = mv->last.map;

	mapping_get(m);
	if (before)
		mapping_put(mv->l, before);
	mv->last = *r;
	mapping_did(mv->l, m, MAPPING_ACT_MOVED, r->start, r->end, mv->whole->start + (r->start - mv->e->old_addr));
	space_remember(mv->l, mv->s, r);
	pfns_move(mv->l, m, r->start, r->end, mv->whole->start + (r->start - mv->e->old_addr));
	space_drop_range(mv->l, r, MAPPING_LIVE);
	if (m != before)
		m->start = mv->at;
	arrive(mv, end < mv->whole->end ? end : mv->whole->end);
}

static void relocate(struct ranges *l, struct space *s, const struct mmt_ev_vma_move *e, struct range *r)
{
	struct moving mv = { .l = l, .s = s, .e = e, .whole = r, .at = r->start };
	struct range *taken = space_take(l, s, e->old_addr, e->old_addr + e->old_len);

	note_move(l, s, taken ? taken->map : NULL, e);
	tree_each(taken, move_piece, &mv);
	if (!mv.last.map) {
		r->map = whose(l, s, r, e->origin);
		if (!r->map)
			return;
		space_map(l, s, r, true);
		mapping_put(l, r->map);
		return;
	}
	if (mv.at < r->end)
		mapping_did(l, mv.last.map, MAPPING_ACT_GROWN, mv.at, r->end, e->origin);
	arrive(&mv, r->end); /* it grew on the way */
	mapping_put(l, mv.last.map);
}

/* The same pages once more, and the old range stays. */
static void twice(struct ranges *l, struct space *s, const struct mmt_ev_vma_move *e, struct range *r)
{
	struct range *of = tree_at(&s->tree, e->old_addr);

	if (of && !HAS(&e->h, vm_flags)) {
		uint64_t start = r->start, end = r->end;

		*r = *of;
		r->off += e->old_addr - of->start;
		r->start = start;
		r->end = end;
	}
	r->map = of ? mapping_copy(l, s, of->map, r, e->origin) : whose(l, s, r, e->origin);
	if (!r->map)
		return;
	space_map(l, s, r, true);
	mapping_put(l, r->map);
}

void change_moved(struct ranges *l, struct space *s, const struct mmt_ev_vma_move *e)
{
	struct range r = change_describe(l, &e->h, e->addr, e->len, e->origin);

	if (r.start >= r.end || e->old_addr + e->old_len < e->old_addr)
		l->dropped++;
	else if (e->addr == e->old_addr)
		extend(l, s, e);
	else if (e->old_len)
		relocate(l, s, e, &r);
	else
		twice(l, s, e, &r);
}

void change_move(struct ranges *l, const struct mmt_hdr *h)
{
	struct space *s = own_space(l, h);

	if (s)
		change_moved(l, s, (const void *)h);
}

/* ---- the rest ------------------------------------------------------------------------------------------------- */

static unsigned reason_of(unsigned origin)
{
	static const uint8_t reasons[] = {
		[MMT_ORIGIN_MUNMAP] = MAPPING_MUNMAP, [MMT_ORIGIN_MMAP] = MAPPING_OVERMAP,
		[MMT_ORIGIN_SHMAT] = MAPPING_OVERMAP, [MMT_ORIGIN_REMAP_FILE] = MAPPING_OVERMAP,
		[MMT_ORIGIN_EXEC] = MAPPING_OVERMAP, /* the program's loader makes room */
		[MMT_ORIGIN_MREMAP] = MAPPING_MREMAP, [MMT_ORIGIN_BRK] = MAPPING_BRK,
		[MMT_ORIGIN_SHMDT] = MAPPING_SHMDT,   [MMT_ORIGIN_EXIT] = MAPPING_EXIT,
	};
	unsigned reason = origin < sizeof(reasons) ? reasons[origin] : 0;

	return reason ? reason : MAPPING_OTHER;
}

void change_unmap(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_unmap *e = (const void *)h;
	struct space *s = own_space(l, h);

	if (s)
		space_unmap(l, s, e->addr, e->addr + e->len, reason_of(e->origin));
}

void change_prot(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_prot *e = (const void *)h;
	struct space *s = own_space(l, h);

	if (s && HAS(h, vm_flags))
		space_prot(l, s, e->addr, e->addr + e->len, e->vm_flags, true);
}

void change_exec(struct ranges *l, const struct mmt_hdr *h)
{
	struct space *s = space_find(l, space_key(0, h->pid));

	/* With an mm of its own the new program has a new space; what is known by process only begins anew. */
	if (!h->mm && s)
		space_end(l, s, MAPPING_EXEC, false);
}

void change_exit(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_exit *e = (const void *)h;
	struct space *s = space_find(l, space_key(h->mm, h->pid));
	bool exec = h->have & MMT_HAVE(EXIT, origin) && e->origin == MMT_ORIGIN_EXEC;

	if (s)
		space_end(l, s, exec ? MAPPING_EXEC : MAPPING_EXIT, h->mm != 0);
}

struct naming {
	struct ranges *l;
	uint32_t pid;
};

static void name_child(void *ctx, struct range *r)
{
	const struct naming *n = ctx;

	r->map->pid = n->pid;
}

void change_fork(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_fork *e = (const void *)h;
	struct space *s = h->have & MMT_HAVE(FORK, child_mm) ? space_find(l, e->child_mm) : NULL;
	struct naming n = { l, e->child };

	if (s && h->have & MMT_HAVE(FORK, child) && e->child_mm != h->mm) {
		s->pid = e->child;
		runs_in(l, e->child, s);
		tree_each(s->tree.root, name_child, &n);
	}
}
