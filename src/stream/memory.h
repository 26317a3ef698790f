/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* memory (stream): what the stream has said of memory types and physical ranges, put into the views of what is mapped. */
#ifndef MMTRACE_STREAM_MEMORY_H
#define MMTRACE_STREAM_MEMORY_H

#include "enrich/iomem.h"
#include "event/decode.h"
#include "mmtrace/view.h"

/* Where an event has them; NULL: it has not. */
struct memory_fields {
	const struct mmt_field *pgprot, *lo, *hi, *segs, *seg_pfn, *seg_pages;
};

struct memory {
	struct mmt_memtype types;
	struct iomem *iomem;
	struct memory_fields at[MMT_EV_MAX];
};

int memory_init(struct memory *m); /* 0 or -ENOMEM */
void memory_free(struct memory *m);
/* A memtype or iomem record; others are ignored. */
void memory_item(struct memory *m, const struct decoded *d);
/* Fills v's memory type and physical range from v->h, v->ev, v->page_size, which are set. */
void memory_view(const struct memory *m, struct mmt_view *v);
/* The same of a mapping: what was put in, else what faults put in. */
void memory_mapping(const struct memory *m, struct mmt_view *v, const struct mapping *map);

#endif
