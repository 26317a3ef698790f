// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/memory.h"

#include <errno.h>
#include <string.h>
#include "enrich/memtype.h"
#include "event/value.h"
#include "ledger/mapping.h"

int memory_init(struct memory *m)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	for (size_t i = 0; i < n; i++) {
		struct memory_fields *f = &m->at[ev[i].num];

		f->pgprot = schema_field(&ev[i], "pgprot");
		f->lo = schema_field(&ev[i], "pfn_lo");
		f->hi = schema_field(&ev[i], "pfn_hi");
		f->segs = schema_field(&ev[i], "segs");
		f->seg_pfn = schema_field(&ev[i], "seg_pfn");
		f->seg_pages = schema_field(&ev[i], "seg_pages");
	}
	m->iomem = iomem_new();
	return m->iomem ? 0 : -ENOMEM;
}

void memory_free(struct memory *m)
{
	iomem_free(m->iomem);
}

void memory_item(struct memory *m, const struct decoded *d)
{
	if (d->memtype)
		m->types = *d->memtype;
	else if (d->iomem)
		iomem_add(m->iomem, d->iomem); /* what finds no room has no name */
}

static bool has(const struct mmt_view *v, const struct mmt_field *f)
{
	return f && value_has(v->h, f);
}

static void put_type(const struct memory *m, struct mmt_view *v, bool known, uint64_t pgprot)
{
	enum memtype t;

	if (!known || m->types.checks & MMT_MEMTYPE_WRONG)
		return;
	t = memtype_decode(m->types.table, pgprot);
	v->memtype = memtype_name(t);
	v->memtype_key = memtype_key(t);
	v->memtype_checked = memtype_checked(m->types.checks);
}

/* The one name of every piece; NULL when they have several, or when not every piece is told. */
static const char *name_of_pieces(const struct memory *m, const struct mmt_view *v, const struct memory_fields *f)
{
	uint64_t segs = has(v, f->segs) ? value_u64(v->h, f->segs, 0) : 0;
	const char *all = NULL;

	if (!has(v, f->seg_pfn) || !has(v, f->seg_pages) || segs > f->seg_pfn->count)
		return NULL;
	for (unsigned i = 0; i < segs; i++) {
		const char *one = iomem_name(m->iomem, value_u64(v->h, f->seg_pfn, i) * v->page_size,
					     value_u64(v->h, f->seg_pages, i) * v->page_size);

		if (!one || (all && strcmp(all, one)))
			return NULL;
		all = one;
	}
	return all;
}

static void put_range(const struct memory *m, struct mmt_view *v, uint64_t lo, uint64_t hi)
{
	if (hi < lo || hi >= UINT64_MAX / v->page_size)
		return;
	v->phys_known = true;
	v->phys_start = lo * v->page_size;
	v->phys_end = (hi + 1) * v->page_size;
	v->phys_name = iomem_name(m->iomem, v->phys_start, v->phys_end - v->phys_start);
}

static void put_nothing(struct mmt_view *v)
{
	v->memtype = v->memtype_key = v->phys_name = NULL;
	v->memtype_checked = v->phys_known = false;
	v->phys_start = v->phys_end = 0;
}

void memory_view(const struct memory *m, struct mmt_view *v)
{
	const struct memory_fields *f = &m->at[v->ev->num];

	put_nothing(v);
	put_type(m, v, has(v, f->pgprot), f->pgprot ? value_u64(v->h, f->pgprot, 0) : 0);
	if (!has(v, f->lo) || !has(v, f->hi))
		return;
	put_range(m, v, value_u64(v->h, f->lo, 0), value_u64(v->h, f->hi, 0));
	if (v->phys_known && !v->phys_name)
		v->phys_name = name_of_pieces(m, v, f);
}

void memory_mapping(const struct memory *m, struct mmt_view *v, const struct mapping *map)
{
	const struct mapping_installs *in = &map->installs;

	put_nothing(v);
	if (in->events && in->has_pgprot)
		put_type(m, v, true, in->pgprot);
	else
		put_type(m, v, map->has_pgprot, map->pgprot);
	if (in->events && in->has_pfn)
		put_range(m, v, in->pfn_lo, in->pfn_hi);
}
