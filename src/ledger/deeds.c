// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What a mapping goes through without changing: faults, installs, its driver's callbacks. Some of it is told before the
 * mapping is there, since a driver's ->mmap runs before the kernel has put the VMA in place: such a mapping is coming. It has
 * its id already, and becomes what vma_map says; when the call fails it never was.
 */
#include <stddef.h>
#include "event/schema.h"
#include "ledger/take.h"

/* What every event with a VMA begins with: MMT_FIELDS_VMA. */
typedef struct mmt_ev_vma_new vma_part;
#define HAS(h, ev, field) ((h)->have & MMT_HAVE(ev, field))

/* The three install events are alike as far as this file reads them. */
typedef struct mmt_ev_pfn_map run_part;
_Static_assert(offsetof(struct mmt_ev_page_map, nested) == offsetof(run_part, nested) &&
		       offsetof(struct mmt_ev_dma_map, nested) == offsetof(run_part, nested) &&
		       (int)MMT_F_PAGE_MAP_nested == (int)MMT_F_PFN_MAP_nested &&
		       (int)MMT_F_DMA_MAP_nested == (int)MMT_F_PFN_MAP_nested,
	       "install events differ");

static struct space *space_of(const struct ranges *l, const struct mmt_hdr *h)
{
	return space_find(l, space_key(h->mm, h->pid));
}

/* ---- mappings that are coming -------------------------------------------------------------------------------- */

static void coming_free(struct ranges *l, struct coming *c)
{
	mapping_put(l, c->map);
	*c = (struct coming){ 0 };
}

static void coming_failed(struct ranges *l, struct coming *c)
{
	if (c->map->ranges == 0)
		mapping_close(l, c->map, c->start, c->end, MAPPING_FAILED);
	coming_free(l, c);
}

struct mapping *coming_take(struct ranges *l, const struct space *s, uint64_t start, uint64_t end)
{
	for (unsigned i = 0; i < COMING; i++) {
		struct coming *c = &l->coming[i];
		struct mapping *m = c->map;

		if (!m || c->key != s->key || c->tid != l->tid || c->start >= end || start >= c->end)
			continue;
		mapping_get(m);
		coming_free(l, c);
		return m;
	}
	return NULL;
}

void coming_end(struct ranges *l, uint64_t key)
{
	for (unsigned i = 0; i < COMING; i++)
		if (l->coming[i].map && (!key || l->coming[i].key == key))
			coming_failed(l, &l->coming[i]);
}

const struct mapping *coming_at(const struct ranges *l, const struct mmt_hdr *h, uint64_t addr)
{
	uint64_t key = space_key(h->mm, h->pid);

	for (unsigned i = 0; i < COMING; i++) {
		const struct coming *c = &l->coming[i];

		if (c->map && c->key == key && c->tid == h->tid && c->start <= addr && addr < c->end)
			return c->map;
	}
	return NULL;
}

/* Takes over the caller's hold. */
static void coming_add(struct ranges *l, const struct space *s, const struct mmt_hdr *h, struct mapping *m,
		       uint64_t start, uint64_t end)
{
	struct coming *c = &l->coming[l->next_coming++ % COMING];

	for (unsigned i = 0; i < COMING; i++) /* a thread makes one at a time */
		if (l->coming[i].map && l->coming[i].tid == h->tid && l->coming[i].key == s->key &&
		    l->coming[i].call != h->call)
			coming_failed(l, &l->coming[i]);
	if (c->map)
		coming_failed(l, c);
	*c = (struct coming){ .map = m, .key = s->key, .start = start, .end = end, .tid = h->tid, .call = h->call };
}

/* The one that h tells of at [start, end), which nothing is known of yet. */
static struct mapping *coming_new(struct ranges *l, const struct mmt_hdr *h, uint64_t start, uint64_t end)
{
	struct space *s = space_get(l, h->mm, h->pid);
	struct range like = { .start = start, .end = end, .fd = -1 };
	struct mapping *m = s && start < end ? mapping_new(l, s, &like, MMT_ORIGIN_UNKNOWN) : NULL;

	if (m)
		coming_add(l, s, h, m, start, end);
	return m;
}

/* ---- what is told -------------------------------------------------------------------------------------------- */

void deeds_driver_mmap(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_driver_mmap *e = (const void *)h;
	struct mapping *m = (struct mapping *)coming_at(l, h, e->addr);

	if (HAS(h, DRIVER_MMAP, ret) && e->ret < 0)
		return;
	if (!m)
		m = coming_new(l, h, e->addr, e->addr + e->len);
	if (m && HAS(h, DRIVER_MMAP, func))
		m->func = e->func; /* of several the outermost, which comes last */
}

/* Fork calls ->open of the copy before it copies the pages, which is what tells of it. */
void deeds_driver_open(struct ranges *l, const struct mmt_hdr *h)
{
	const vma_part *v = (const vma_part *)h;
	uint64_t from_key = (uint64_t)(uintptr_t)map_get(&l->by_pid, h->pid);
	struct space *from = space_find(l, from_key), *s = space_of(l, h);
	struct range *r = from ? tree_at(&from->tree, v->vma_start) : NULL, like;
	struct mapping *m;

	if (!HAS(h, VMA_NEW, vma_start) || !h->mm || (s && tree_at(&s->tree, v->vma_start)))
		return;
	if (!r || from_key == h->mm)
		return;
	s = space_get(l, h->mm, h->pid);
	like = *r;
	like.start = v->vma_start;
	like.end = v->vma_end;
	m = s ? mapping_copy(l, s, r->map, &like, MMT_ORIGIN_FORK) : NULL;
	if (m)
		coming_add(l, s, h, m, like.start, like.end);
}

/* Is what the ledger has at addr what the event's VMA is, or something older that is about to be replaced? */
static bool same_file(const struct range *r, const vma_part *v)
{
	return !HAS(&v->h, VMA_NEW, ino) || r->guessed || (r->ino == v->ino && r->dev == v->dev);
}

static struct mapping *install_of(struct ranges *l, const struct mmt_hdr *h)
{
	const run_part *e = (const void *)h;
	const vma_part *v = (const vma_part *)h;
	struct mapping *m = (struct mapping *)coming_at(l, h, e->addr);
	struct space *s = space_of(l, h);
	struct range *r = s ? tree_at(&s->tree, e->addr) : NULL;

	if (m)
		return m;
	if (r && same_file(r, v))
		return r->map;
	if (!HAS(h, VMA_NEW, vma_start) || !HAS(h, VMA_NEW, vma_end))
		return NULL;
	return coming_new(l, h, v->vma_start, v->vma_end);
}

void deeds_install(struct ranges *l, const struct mmt_hdr *h)
{
	const run_part *e = (const void *)h;
	struct mapping *m;
	struct mapping_installs *in;

	if ((HAS(h, PFN_MAP, nested) && e->nested) || !HAS(h, PFN_MAP, addr))
		return;
	if (HAS(h, PFN_MAP, ret) && e->ret < 0)
		return;
	m = install_of(l, h);
	if (!m)
		return;
	in = &m->installs;
	pfns_add(l, m, e);
	in->events++;
	in->pages += HAS(h, PFN_MAP, pages) ? e->pages : 0;
	in->helper = HAS(h, PFN_MAP, helper) ? e->helper : MMT_HELPER_UNKNOWN;
	in->refcounted = h->type == MMT_EV_PAGE_MAP;
	in->has_pgprot = HAS(h, PFN_MAP, pgprot);
	in->pgprot = e->pgprot;
	if (!HAS(h, PFN_MAP, pfn_lo) || !HAS(h, PFN_MAP, pfn_hi))
		return;
	if (!in->has_pfn || e->pfn_lo < in->pfn_lo)
		in->pfn_lo = e->pfn_lo;
	if (!in->has_pfn || e->pfn_hi > in->pfn_hi)
		in->pfn_hi = e->pfn_hi;
	in->has_pfn = true;
}

void deeds_fault(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_fault *e = (const void *)h;
	struct space *s = space_of(l, h);
	struct range *r = s && HAS(h, FAULT, addr) ? tree_at(&s->tree, e->addr) : NULL;

	if (!r)
		return;
	r->map->faults++;
	if (h->have & MMT_HAVE_DUR)
		r->map->fault_ns += h->dur_ns;
	if (HAS(h, FAULT, kind) && e->kind < MAPPING_KINDS)
		r->map->fault_kinds[e->kind]++;
}

void deeds_vma_new(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_new *e = (const void *)h;
	struct space *s = space_of(l, h);
	struct range *r = s && HAS(h, VMA_NEW, vma_start) ? tree_at(&s->tree, e->vma_start) : NULL;

	if (r && HAS(h, VMA_NEW, cause) && e->cause == MMT_CAUSE_SPLIT)
		mapping_did(l, r->map, MAPPING_ACT_SPLIT, e->vma_start, e->vma_end, 0);
}

/* The call is over: what was coming and has not come never will. */
void deeds_mmap(struct ranges *l, const struct mmt_hdr *h)
{
	for (unsigned i = 0; i < COMING; i++) {
		struct coming *c = &l->coming[i];

		if (c->map && c->tid == h->tid && c->call == h->call && c->key == space_key(h->mm, h->pid))
			coming_failed(l, c);
	}
}
