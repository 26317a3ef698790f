/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * mapping: one act of mapping, with a name for life. It is not a VMA and not a range: the kernel cuts, joins and moves
 * those, and its id stays.
 *
 *   "m17"    made by mmap, brk, exec, …, or found there; numbered from 1 in the order of the stream
 *   "m17.1"  a copy of m17: by fork, or by an mremap that leaves the old range (MREMAP_DONTUNMAP: the pages move and keep
 *            the id, what stays is a new, empty mapping of the same object) or doubles it (old length 0). Counted per parent.
 *
 * A copy whose name would be too long gets a number of its own; its parent says where it comes from.
 */
#ifndef MMTRACE_LEDGER_MAPPING_H
#define MMTRACE_LEDGER_MAPPING_H

#include <stdbool.h>
#include <stdint.h>
#include "mmtrace/wire/event.h"

#define MAPPING_ID	   24 /* bytes of an id, NUL included */
#define MAPPING_COMM	   16 /* TASK_COMM_LEN, include/linux/sched.h, 6.12 */
#define MAPPING_KINDS	   24 /* room for enum mmt_fkind */
#define MAPPING_ACTS	   24 /* of a history; what is between the first and the last of them is dropped, and counted */
#define MAPPING_CLOSED_MAX 16384 /* closed mappings kept; the oldest are dropped, and counted */

/* What ended it. X(ID, "name") */
// clang-format off
#define MAPPING_REASONS(X) \
	X(LIVE, "live") X(MUNMAP, "munmap") X(EXIT, "exit") X(EXEC, "exec") X(OVERMAP, "over-map")	\
	X(MREMAP, "mremap") /* something was moved over it */	\
	X(SHMDT, "shmdt") X(BRK, "brk") X(OTHER, "other")	\
	X(FAILED, "failed") /* it never was: the call that would have made it failed */	\
	X(GAP, "gap")	    /* it was not there any more when the kernel was asked; how it ended was not seen */

/* What happened to it. */
#define MAPPING_ACT_KINDS(X) \
	X(MADE, "made") X(GROWN, "grown") X(SPLIT, "split") X(PROT, "protected") X(MOVED, "moved")	\
	X(COPIED, "copied") X(UNMAPPED, "partly unmapped") X(CLOSED, "closed")
// clang-format on

#define X(id, name) MAPPING_##id,
enum mapping_reason { MAPPING_REASONS(X) MAPPING_REASON_MAX };
#undef X
#define X(id, name) MAPPING_ACT_##id,
enum mapping_act_kind { MAPPING_ACT_KINDS(X) MAPPING_ACT_MAX };
#undef X

/*
 * An entry of a mapping's history: what happened to [start, end), and what came of it: PROT the new vm_flags, MOVED the new
 * start, COPIED the number of the copy, CLOSED enum mapping_reason, SPLIT nothing; else enum mmt_origin.
 */
struct mapping_act {
	uint64_t ts_ns;
	uint64_t start, end;
	uint64_t result;
	uint32_t what; /* enum mapping_act_kind */
	uint32_t tid;  /* who did it */
};

struct mapping_installs {
	uint64_t events;	 /* 0: none seen, the rest means nothing */
	uint64_t pages;		 /* all of them together */
	uint64_t pfn_lo, pfn_hi; /* when has_pfn */
	uint64_t pgprot;	 /* of the last, when has_pgprot */
	uint32_t helper;	 /* of the last, enum mmt_helper */
	bool has_pfn, has_pgprot;
	bool refcounted; /* of the last: page_map; else pfn_map, dma_map */
};

struct mapping {
	uint64_t serial; /* from 1 in the order of making, unique */
	char id[MAPPING_ID];
	char parent[MAPPING_ID]; /* id of what it was copied from, "" when of nothing known */
	uint64_t parent_serial;	 /* 0: of nothing known */
	uint32_t mm,
		pid; /* where it is; a fork's copy has the pid of the child once that is known, else of the parent */
	char comm[MAPPING_COMM]; /* of the process that made it, "" when unknown */
	uint8_t origin;		 /* enum mmt_origin: who made it */
	uint8_t kind;		 /* enum range_kind */
	uint8_t reason;		 /* enum mapping_reason: MAPPING_LIVE, or what ended it */
	bool imported;		 /* was there before the trace; born_ns is when that was found out */
	bool guessed;		 /* pieced together from system calls */
	bool unsure;		 /* made while the ledger had missed something of its address space */
	bool has_pgprot;
	uint64_t born_ns, closed_ns;
	uint64_t file, ino, ops; /* keys, as events have them; 0: none or unknown */
	uint32_t dev, rdev;
	int32_t fd;	   /* guessed: the descriptor mapped, -1 none */
	uint64_t func;	   /* driver's ->mmap, a kernel address; 0: none or not seen */
	uint64_t pgprot;   /* vma->vm_page_prot when it was made, when has_pgprot */
	uint64_t vm_flags; /* the last known */
	uint64_t start;	   /* where it was made, or the lowest address it was moved to */
	uint64_t bytes, peak;
	uint32_t ranges; /* it is in now, after protections and holes; a closed one: 0 */
	uint32_t copies; /* made of it so far */
	uint64_t faults, fault_ns;
	uint32_t fault_kinds[MAPPING_KINDS]; /* by enum mmt_fkind */
	struct mapping_installs installs;
	uint32_t nacts, acts_dropped;
	struct mapping_act *acts; /* oldest first; the first of all is always there */

	/* the ledger's own */
	uint32_t refs, nacts_room;
	uint32_t npfns, pfns_room; /* pfns.c: what is put into its page tables */
	struct pfn_seg *pfns;
	uint64_t pfns_end;	/* none of them reaches behind it */
	uint64_t last_copy_key; /* of its space */
	uint64_t last_copy;	/* serial */
	struct mapping *next_closed;
};

const char *mapping_reason(unsigned reason); /* "munmap" */
const char *mapping_act(unsigned what);	     /* "made" */

#endif
