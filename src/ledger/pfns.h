/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * pfns: who maps this physical page. What drivers put into page tables, as install events told it, until it is unmapped; a
 * fork's copy has it too. What the kernel or a driver takes out without unmapping (zap_vma_ptes, MADV_DONTNEED, reclaim) is not
 * seen, and neither is what was there before the trace: absence of an answer means "not observed".
 */
#ifndef MMTRACE_LEDGER_PFNS_H
#define MMTRACE_LEDGER_PFNS_H

#include "ledger/ranges.h"

#define PFNS_MAPPING_MAX 8192	    /* segments of one mapping */
#define PFNS_MAX	 (1u << 19) /* segments in all; past either they are counted as dropped */

struct pfn_user {
	const struct mapping *map;
	uint64_t addr;	/* of the page; when maybe: where those begin that it may be among */
	uint64_t pages; /* 1; when maybe: as many */
	bool maybe;	/* it lies between the lowest and the highest PFN of more segments than an event can name */
	bool refcounted; /* the kernel counts this use of the page: vm_insert_page and its like; else only the driver does */
	bool has_pgprot;
	uint64_t pgprot; /* memory type, and the permissions it was put in with */
	uint32_t helper; /* enum mmt_helper */
};

typedef void (*pfns_fn)(void *ctx, const struct pfn_user *u);

/* Live mappings in the order of their making. Number of answers. */
uint64_t pfns_at(const struct ranges *l, uint64_t pfn, pfns_fn fn, void *ctx);
/* Segments that found no room. */
uint64_t pfns_dropped(const struct ranges *l);

#endif
