// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "ledger/pfns.h"

#include <stdlib.h>
#include <string.h>
#include "ledger/space.h"

#define SEGS_FIRST 8

/* Pages from addr on; their PFNs count up from pfn, or lie somewhere between pfn and hi. */
struct pfn_seg {
	uint64_t addr, pages;
	uint64_t pfn, hi;
	uint64_t pgprot;
	uint32_t helper;
	bool maybe, refcounted, has_pgprot;
};

static uint64_t end_of(const struct ranges *l, const struct pfn_seg *g)
{
	return g->addr + g->pages * l->page_size;
}

static bool continues(const struct ranges *l, const struct pfn_seg *g, const struct pfn_seg *next)
{
	return !g->maybe && !next->maybe && end_of(l, g) == next->addr && g->pfn + g->pages == next->pfn &&
	       g->helper == next->helper && g->refcounted == next->refcounted && g->has_pgprot == next->has_pgprot &&
	       g->pgprot == next->pgprot;
}

static void add(struct ranges *l, struct mapping *m, const struct pfn_seg *g)
{
	struct pfn_seg *last = m->npfns ? &m->pfns[m->npfns - 1] : NULL;

	if (!g->pages)
		return;
	if (m->pfns_end < end_of(l, g))
		m->pfns_end = end_of(l, g);
	if (last && continues(l, last, g)) {
		last->pages += g->pages;
		return;
	}
	if (m->npfns == m->pfns_room) {
		uint32_t room = m->pfns_room ? m->pfns_room * 2 : SEGS_FIRST;
		struct pfn_seg *more =
			room <= PFNS_MAPPING_MAX && l->npfns < PFNS_MAX ? realloc(m->pfns, room * sizeof(*more)) : NULL;

		if (!more) {
			l->pfns_dropped++;
			return;
		}
		m->pfns = more;
		m->pfns_room = room;
	}
	m->pfns[m->npfns++] = *g;
	l->npfns++;
}

/* What is left of g in [start, end) of addresses. */
static struct pfn_seg clip(const struct ranges *l, const struct pfn_seg *g, uint64_t start, uint64_t end)
{
	uint64_t from = start > g->addr ? start : g->addr, to = end < end_of(l, g) ? end : end_of(l, g);
	struct pfn_seg part = *g;

	part.pages = from < to ? (to - from) / l->page_size : 0;
	part.pfn += g->maybe ? 0 : (from - g->addr) / l->page_size;
	part.addr = from;
	return part;
}

void pfns_add(struct ranges *l, struct mapping *m, const struct mmt_ev_pfn_map *e)
{
	struct pfn_seg g = { .addr = e->addr, .helper = e->helper, .refcounted = e->h.type == MMT_EV_PAGE_MAP };
	bool all = e->h.have & MMT_HAVE(PFN_MAP, segs); /* else the rest of a long list was not looked at */
	uint64_t named = 0;

	if (!(e->h.have & MMT_HAVE(PFN_MAP, seg_pfn)) || !(e->h.have & MMT_HAVE(PFN_MAP, pages)))
		return;
	/* a page put in anew takes the place of what was there */
	pfns_drop(l, m, e->addr, e->addr + e->len);
	g.has_pgprot = e->h.have & MMT_HAVE(PFN_MAP, pgprot);
	g.pgprot = g.has_pgprot ? e->pgprot : 0;
	for (unsigned i = 0; i < 8 && (all ? i < e->segs : e->seg_pages[i]); i++) {
		g.addr = e->addr + named * l->page_size;
		g.pfn = e->seg_pfn[i];
		g.pages = e->seg_pages[i];
		named += g.pages;
		add(l, m, &g);
	}
	if (!all || e->segs <= 8 || named >= e->pages)
		return;
	g.addr = e->addr + named * l->page_size;
	g.pages = e->pages - named;
	g.pfn = e->pfn_lo;
	g.hi = e->pfn_hi;
	g.maybe = true;
	add(l, m, &g);
}

void pfns_drop(struct ranges *l, struct mapping *m, uint64_t start, uint64_t end)
{
	uint32_t n = m->npfns, kept = 0;

	if (start >= m->pfns_end)
		return;
	for (uint32_t i = 0; i < n; i++) {
		struct pfn_seg g = m->pfns[i], low = clip(l, &g, 0, start), high = clip(l, &g, end, UINT64_MAX);

		l->npfns--;
		m->npfns--;
		if (low.pages) {
			m->pfns[kept++] = low;
			l->npfns++;
			m->npfns++;
		}
		if (!high.pages)
			continue;
		if (!low.pages) {
			m->pfns[kept++] = high;
			l->npfns++;
			m->npfns++;
		} else {
			/* cut in two, by one hole: at most one of all is, and it goes to the end */
			struct pfn_seg rest = high;

			memmove(m->pfns + kept, m->pfns + i + 1, (n - i - 1) * sizeof(g));
			add(l, m, &rest);
			return;
		}
	}
}

void pfns_move(struct ranges *l, struct mapping *m, uint64_t start, uint64_t end, uint64_t to)
{
	struct mapping moved = { 0 };

	if (!m->npfns)
		return;
	for (uint32_t i = 0; i < m->npfns; i++) {
		struct pfn_seg g = clip(l, &m->pfns[i], start, end);

		g.addr += to - start;
		add(l, &moved, &g);
	}
	pfns_drop(l, m, start, end);
	for (uint32_t i = 0; i < moved.npfns; i++)
		add(l, m, &moved.pfns[i]);
	pfns_free(l, &moved);
}

void pfns_copy(struct ranges *l, struct mapping *to, const struct mapping *from, uint64_t start, uint64_t end)
{
	for (uint32_t i = 0; i < from->npfns; i++) {
		struct pfn_seg g = clip(l, &from->pfns[i], start, end);

		add(l, to, &g);
	}
}

void pfns_free(struct ranges *l, struct mapping *m)
{
	l->npfns -= m->npfns;
	free(m->pfns);
	m->pfns = NULL;
	m->npfns = m->pfns_room = 0;
}

struct asking {
	const struct ranges *l;
	uint64_t pfn, answers;
	pfns_fn fn;
	void *ctx;
};

static void ask(void *ctx, const struct mapping *m)
{
	struct asking *a = ctx;

	for (uint32_t i = 0; i < m->npfns; i++) {
		const struct pfn_seg *g = &m->pfns[i];
		bool here = a->pfn >= g->pfn && (g->maybe ? a->pfn <= g->hi : a->pfn < g->pfn + g->pages);
		struct pfn_user u = { .map = m,
				      .addr = g->addr,
				      .pages = g->maybe ? g->pages : 1,
				      .maybe = g->maybe,
				      .refcounted = g->refcounted,
				      .has_pgprot = g->has_pgprot,
				      .pgprot = g->pgprot,
				      .helper = g->helper };

		if (!here)
			continue;
		if (!g->maybe)
			u.addr += (a->pfn - g->pfn) * a->l->page_size;
		a->answers++;
		if (a->fn)
			a->fn(a->ctx, &u);
	}
}

uint64_t pfns_at(const struct ranges *l, uint64_t pfn, pfns_fn fn, void *ctx)
{
	struct asking a = { .l = l, .pfn = pfn, .fn = fn, .ctx = ctx };

	ranges_each_mapping(l, ask, &a);
	return a.answers;
}

uint64_t pfns_dropped(const struct ranges *l)
{
	return l->pfns_dropped;
}
