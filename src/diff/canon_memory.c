// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Where memory lies is another place in each run; which of a driver's pages two mappings share is not. A mapping that shows PFNs
 * which an earlier one of the same name shows, and which lives, is told by its page there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "diff/canon.h"

#define LOOKS_MAX 100000 /* at other mappings, for one */

static void remember(struct canon *c, struct canon_map *m, const struct canon_seg *s)
{
	struct canon_seg *last = m->nsegs ? &m->segs[m->nsegs - 1] : NULL;

	if (last && last->pfn + last->pages == s->pfn && last->page + last->pages == s->page) {
		last->pages += s->pages;
		return;
	}
	if (!m->segs)
		m->segs = malloc(CANON_SEGS * sizeof(*m->segs));
	if (!m->segs)
		c->dropped++;
	else if (m->nsegs < CANON_SEGS)
		m->segs[m->nsegs++] = *s;
}

static const struct canon_seg *shows(const struct canon_map *m, uint64_t pfn)
{
	for (unsigned i = 0; i < m->nsegs; i++)
		if (pfn >= m->segs[i].pfn && pfn - m->segs[i].pfn < m->segs[i].pages)
			return &m->segs[i];
	return NULL;
}

void canon_memory(struct canon *c, struct canon_proc *p, struct canon_map *m, const struct canon_seg *seg)
{
	const struct canon_attr *was = canon_attr_of(&m->attrs, CANON_MEMORY);
	const char *told = NULL;
	unsigned nth = 0;
	char text[96];

	for (uint32_t i = 0; i < p->nmaps && p->maps[i] != m && m->looks < LOOKS_MAX && !told; i++, m->looks++) {
		const struct canon_map *o = p->maps[i];
		const struct canon_seg *s;

		if (o->name != m->name)
			continue;
		nth++;
		s = o->ended ? NULL : shows(o, seg->pfn);
		if (!s)
			continue;
		snprintf(text, sizeof(text), "what mapping %u of it has from page %" PRId64 " on", nth,
			 (int64_t)(s->page + (seg->pfn - s->pfn)) - (int64_t)seg->page);
		told = texts_get(c->texts, text);
	}
	remember(c, m, seg);
	if (!told)
		return;
	if (was && was->value != told)
		told = texts_get(c->texts, "pages of others in more than one order");
	canon_attr(&m->attrs, CANON_MEMORY, told);
}
