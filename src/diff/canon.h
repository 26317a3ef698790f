/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * canon: a run without addresses, times, process and inode numbers: what is left is the same when the same is done again.
 *
 *   run      processes, in the order in which they were first heard of
 *   process  an address space: name of the program, its mappings in the order of their making, and what belongs to none
 *   mapping  what it is (attributes), what was done to it (entries, in order), what was counted (faults, installs in faults)
 *
 * A sink makes it: canon_open(). Texts are those of struct texts: two runs that share one compare pointers.
 */
#ifndef MMTRACE_DIFF_CANON_H
#define MMTRACE_DIFF_CANON_H

#include <stdbool.h>
#include "diff/texts.h"
#include "mmtrace/sink.h"

#define CANON_MAPS_MAX	  65536	     /* mappings of a run; what is past it is counted in dropped */
#define CANON_ENTRIES_MAX 4096	     /* of a mapping, or of a process */
#define CANON_ENTRIES_ALL (1u << 20) /* of a run */
#define CANON_ATTRS	  14
#define CANON_SEGS	  64 /* of a mapping's memory that are remembered */

/*
 * What can be told of a mapping or of an entry. X(ID, name, "as a difference of a mapping", "as one of an entry"): %a and %b
 * are what the first and the second run have.
 */
// clang-format off
#define CANON_WHATS(X) \
	X(RESULT,  result,   "now returns %b (was %a)", "now returns %b (was %a)")	\
	X(PAGES,   pages,    "has %b pages (was %a)", "is now about %b pages (was %a)")	\
	X(PERMS,   perms,    "is %b (was %a)", "is now %b (was %a)")	\
	X(FLAGS,   flags,    "has flags %b (was %a)", "has flags %b (was %a)")	\
	X(MEMTYPE, memtype,  "became %b (was %a)", "became %b (was %a)")	\
	X(OFFSET,  offset,   "begins at page %b of its file (was %a)", "is now at page %b (was %a)")	\
	X(CLASS,   class,    "is of class %b (was %a)", "is of class %b (was %a)")	\
	X(ORIGIN,  origin,   "is made by %b (was %a)", "is made by %b (was %a)")	\
	X(MEMORY,  memory,   "shows %b (was %a)", "shows %b (was %a)")	\
	X(END,     end,      "ends by %b (was %a)", "ends by %b (was %a)")	\
	X(AT,      at,       "is at page %b (was %a)", "is now at page %b (was %a)")	\
	X(FUNC,    function, "is mapped by %b (was %a)", "is now %b (was %a)")	\
	X(SHAPE,   shape,    "is %b (was %a)", "now puts in %b (was %a)")	\
	X(CALLS,   calls,    "takes %b calls (was %a)", "is now called %b times for it (was %a)")	\
	X(ARG,     argument, "is now with %b (was %a)", "is now with %b (was %a)")	\
	X(TIMES,   times,    "happens %b times (was %a)", "now happens %b times (was %a)")	\
	X(COUNT,   count,    "count %b (was %a)", "count %b (was %a)")	\
	X(THERE,   there,    "is missing", "is missing")	\
	X(ORDER,   order,    "is made in another order", "comes in another order")
// clang-format on

#define X(id, name, map, entry) CANON_##id,
enum canon_what { CANON_WHATS(X) CANON_WHAT_MAX };
#undef X

struct canon_attr {
	uint8_t what;	   /* enum canon_what */
	const char *value; /* NULL: this tier cannot know it */
};

struct canon_attrs {
	unsigned n;
	struct canon_attr v[CANON_ATTRS];
};

struct canon_entry {
	const char *key;     /* what makes two entries the same thing: "munmap", "vm_close", "remap_pfn_range" */
	const char *said;    /* the same for people, of this run: "dma_mmap_coherent" */
	uint32_t times;	     /* one after the other, alike in all */
	uint8_t event;	     /* enum mmt_event */
	bool inner;	     /* a helper that another helper calls: the kernel's own business */
	const char *memtype; /* of an install; NULL: unknown. The mapping's is compared, not this one */
	struct canon_attrs attrs;
};

#define CANON_KERNEL " (by the kernel itself)" /* behind the kind of such faults */

struct canon_count {
	const char *key;
	uint64_t n;
	uint8_t event;
	bool kernel;  /* faults that the kernel took on behalf of the process, which not every tier sees */
	bool unknown; /* faults of a kind that the tier cannot tell */
};

struct canon_list {
	struct canon_entry *v;
	uint32_t n, room, dropped;
};

struct canon_counts {
	struct canon_count *v;
	uint32_t n, room;
};

/* Physical memory that a mapping shows: pages from `page` of it on are PFNs from pfn on. */
struct canon_seg {
	uint64_t pfn, page, pages;
};

struct canon_map {
	uint64_t serial;  /* of the ledger, 0: it never came to be */
	const char *id;	  /* "m17", for people: it is not compared */
	const char *name; /* "/dev/x", "[heap]"; NULL: unknown */
	unsigned nth;	  /* of those with this name in this process, from 1; set at the end */
	uint32_t mm, pid;
	uint64_t start, len;
	bool copied; /* by fork */
	bool driver; /* a driver had a hand in it: its faults are counted exactly */
	bool ended, failed;
	struct canon_attrs attrs;
	struct canon_list entries;
	struct canon_counts counts;
	bool installed; /* its memory type is that of what was put in, not what the VMA would give */
	uint32_t looks; /* for others that show the same memory */
	unsigned nsegs;
	struct canon_seg *segs;
};

struct canon_proc {
	uint32_t mm, pid, tid;
	bool threads; /* more than one thread was heard of: order means less */
	const char *comm;
	struct canon_map **maps;
	uint32_t nmaps, room;
	struct canon_list entries; /* of no mapping */
	struct canon_counts counts;
};

struct canon_hook {
	const char *name, *tier;
};

struct canon {
	struct texts *texts;
	const char *release, *machine, *command;
	uint32_t page_size;
	struct canon_proc **procs;
	uint32_t nprocs, room;
	struct map spaces;    /* -> the latest struct canon_proc of an address space, or of a process without one */
	struct map by_serial; /* of the ledger -> struct canon_map */
	uint32_t nmaps, nentries;
	struct canon_hook hooks[MMT_RUN_HOOKS];
	unsigned nhooks;
	uint64_t events;
	uint64_t lost[MMT_LOSS_MAX];
	uint64_t bad, dropped;
	int child_status; /* -1: there was no command */
	bool cut;	  /* the recording has no end: set by whoever read it */
};

/* The sink and what it makes; the caller's, freed with the sink. */
struct mmt_sink *canon_open(struct texts *texts);
struct canon *canon_of(struct mmt_sink *s);

/* canon_model.c: growing it. NULL, or nothing done, when there is no memory or no room: counted in dropped. */
struct canon_proc *canon_proc(struct canon *c, uint32_t mm, uint32_t pid);
struct canon_proc *canon_proc_new(struct canon *c, uint32_t mm, uint32_t pid);
struct canon_map *canon_map_new(struct canon *c, struct canon_proc *p);
void canon_entry(struct canon *c, struct canon_list *l, const struct canon_entry *e);
void canon_count(struct canon *c, struct canon_counts *l, const struct canon_count *one);
void canon_attr(struct canon_attrs *a, unsigned what, const char *value); /* replaces */
const struct canon_attr *canon_attr_of(const struct canon_attrs *a, unsigned what);
void canon_free(struct canon *c);

/* canon_event.c: what an event says of mapping m, or with m NULL of the process. */
void canon_describe(struct canon *c, struct canon_map *m, const struct mmt_view *v);
/* The entry it makes; false: none. */
bool canon_entry_of(struct canon *c, const struct canon_map *m, const struct mmt_view *v, struct canon_entry *e);
/* What is counted, not listed: faults, and the driver's part in them; n 0 of what is not to be counted. False: it is none of these. */
bool canon_count_of(struct canon *c, const struct mmt_view *v, struct canon_count *one);
bool canon_is_install(unsigned event);

/* canon_memory.c: which memory a mapping shows, told by what other mappings of the same name show. */
void canon_memory(struct canon *c, struct canon_proc *p, struct canon_map *m, const struct canon_seg *seg);

#endif
