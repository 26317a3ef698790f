/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Totals of faults, added up in the kernel: no record per fault. BPF counts in cells, one for each key and kind; user space
 * reads them and puts them into the stream as items, each the whole sum so far, so that a later one replaces an earlier one.
 */
#ifndef MMTRACE_WIRE_TOTAL_H
#define MMTRACE_WIRE_TOTAL_H

#include "event.h"

/* What makes a key. Bits, of fault_key.by and of knobs. */
enum mmt_by {
	MMT_BY_KIND = 1,    /* cells are told apart by kind anyway; without it readers add them up */
	MMT_BY_MAPPING = 2, /* address space and VMA */
	MMT_BY_FILE = 4,    /* device and inode; what has no file is told apart by its class */
	MMT_BY_DRIVER = 8,  /* the function behind vm_ops */
	MMT_BY_COMM = 16,
	MMT_BY_CPU = 32, /* readers make clusters of CPUs */
	MMT_BY_STACK = 64,
};

/*
 * Latency buckets are those of struct hist (mmtrace/base.h): below 64 ns exact, above 32 of them per power of two, so that a
 * bucket is at most 3.2 % wide. What takes longer than the last but one is in the last.
 */
#define MMT_TOTAL_BUCKETS 1088 /* up to 2^38 ns: 275 s */

/* Numbers of keys. */
#define MMT_ROW_OTHER 0	  /* keys that found no room */
#define MMT_ROW_CPU   1	  /* without keys: MMT_ROW_CPU + CPU */
#define MMT_ROW_KEYS  512 /* the first that a fault_key tells of */

/* Parts of a fault's time that are told apart, as fault_split has them. What is left is the rest. */
enum mmt_share {
	MMT_SHARE_LOCK = 0,
	MMT_SHARE_DRIVER = 1,
	MMT_SHARE_OFFCPU = 2,
	MMT_SHARE_ALLOC = 3,
	MMT_SHARES = 4,
};

/* ---- what BPF and the reader of its maps share; not part of the stream ---- */

#define MMT_CELL_KINDS \
	32 /* cells of a row: enum mmt_fkind, and from MMT_CELL_CLASS on enum mmt_fclass of kind unknown */
#define MMT_CELL_CLASS 24

#define MMT_SLOWEST_MAX 64 /* of a CPU; a power of two */

enum mmt_totals { MMT_TOTALS_NONE = 0, MMT_TOTALS_TIME = 1, MMT_TOTALS_COUNT = 2 };

struct mmt_row {
	__u32 cell[MMT_CELL_KINDS]; /* number of the cell, 0: none yet */
};

struct mmt_cell {
	__u64 bucket[MMT_TOTAL_BUCKETS];
	__u64 sum_ns;
	__u64 max_ns;
	__u64 untimed;	      /* faults that have no time; the others are in a bucket each */
	__u32 shares_unknown; /* bit n: of some fault share n was not known */
	__u32 zero0;
	__u64 share_ns[MMT_SHARES];
};

/* ---- items ---- */

struct mmt_bucket {
	__u32 index;
	__u32 zero0;
	__u64 count;
};

/* size covers the buckets that are there: those that are not 0. */
struct mmt_total {
	__u16 type;
	__u16 size;
	__u32 row;
	__u8 kind;  /* enum mmt_fkind */
	__u8 class; /* enum mmt_fclass, of kind unknown; else 0 */
	__u16 nbuckets;
	__u32 shares; /* bit n: share_ns[n] is known */
	__u64 count;  /* buckets may add up to less where faults were counted and not timed */
	__u64 sum_ns;
	__u64 max_ns;
	__u64 share_ns[MMT_SHARES];
	struct mmt_bucket bucket[];
};

/* `stat` times no fault: a timer looks where the program is. */
struct mmt_samples {
	__u16 type;
	__u16 size;
	__u32 zero0;
	__u64 all;	/* samples of the target */
	__u64 in_fault; /* those within the fault path */
};

#endif
