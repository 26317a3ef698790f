/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * smaps: what /proc says of a process's memory now: ranges with what of them is resident, and which of its pages are a given
 * physical one. Page tables that a driver filled with bare PFNs are in neither (Documentation/admin-guide/mm/pagemap.rst, 6.12).
 */
#ifndef MMTRACE_PROBE_SMAPS_H
#define MMTRACE_PROBE_SMAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct smaps_range {
	uint64_t start, end;
	uint64_t resident; /* bytes; Rss */
	char perms[5];	   /* "rw-s" */
	bool pfns;	   /* VM_PFNMAP: what of it is mapped is not counted in resident */
	const char *path;  /* "" without */
};

/* Not 0 ends the walk and is returned. */
typedef int (*smaps_fn)(void *ctx, const struct smaps_range *r);

/* Every range of pid in order of address. 0, -errno (the process has gone, no right to look), or fn's own. */
int smaps_each(uint32_t pid, smaps_fn fn, void *ctx);
int smaps_read(FILE *f, smaps_fn fn, void *ctx); /* the same, of an open file */

/* Address addr of pid is page pfn. */
typedef int (*smaps_page_fn)(void *ctx, uint32_t pid, uint64_t addr, uint64_t pfn, const char *path);
/* A range of pid that was filled with PFNs, of which nobody can say which. */
typedef int (*smaps_unseen_fn)(void *ctx, uint32_t pid, const struct smaps_range *r);

/*
 * Which pages of pid lie in [pfn, pfn_end). -EPERM: the kernel shows no PFNs (CAP_SYS_ADMIN). Else as smaps_each().
 */
int smaps_pages(uint32_t pid, uint64_t pfn, uint64_t pfn_end, smaps_page_fn fn, smaps_unseen_fn unseen, void *ctx);

#endif
