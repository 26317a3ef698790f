/* SPDX-License-Identifier: GPL-2.0 */
/* Segments: the physically contiguous pieces of a range, gathered. */
#ifndef MMTRACE_SEGS_BPF_H
#define MMTRACE_SEGS_BPF_H

#include "run.bpf.h"

/* One more piece, or the last one longer. */
static __always_inline void segs_add(struct segs *s, __u64 pfn, __u32 pages)
{
	__u64 last = pfn + pages - 1;

	if (!s->n) {
		s->pfn = s->lo = pfn;
		s->hi = last;
	}
	if (!s->n || pfn != s->next) {
		if (s->n < 8) {
			s->seg_pfn[s->n & 7] = pfn;
			s->seg_pages[s->n & 7] = 0;
		}
		s->n++;
	}
	if (s->n <= 8)
		s->seg_pages[(s->n - 1) & 7] += pages;
	s->lo = pfn < s->lo ? pfn : s->lo;
	s->hi = last > s->hi ? last : s->hi;
	s->next = pfn + pages;
}

/*
 * What an inner range is made of, behind what is there: from and to are SEGS_. Behind a part there can be nothing: where that ends is
 * not where the next begins. A global function, which takes numbers only: the
 * verifier looks at it once per program, not at every call.
 */
__noinline int segs_join(__u32 tid, __u32 to_index, __u32 from_index)
{
	struct mmt_inst *i = bpf_map_lookup_elem(&insts, &tid);
	struct segs *to, *from;
	__u32 k;

	if (!i)
		return 0;
	to = &i->segs[to_index & (2 * INST_DEPTH - 1)];
	from = &i->segs[from_index & (2 * INST_DEPTH - 1)];
	if (to->partial)
		return 0;
	for (k = 0; k < 8; k++) {
		if (k >= from->n)
			break;
		segs_add(to, from->seg_pfn[k], from->seg_pages[k]);
	}
	to->partial |= from->partial;
	if (from->n <= 8)
		return 0;
	to->n += from->n - 8;
	to->next = from->next;
	if (from->lo < to->lo)
		to->lo = from->lo;
	if (from->hi > to->hi)
		to->hi = from->hi;
	return 0;
}

/* PFN of a struct page; knobs.page_struct must not be 0. */
static __always_inline __u64 pfn_of_page(__u64 page)
{
	return (page - knobs.page_base) / knobs.page_struct;
}

#endif
