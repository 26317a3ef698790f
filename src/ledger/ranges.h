/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * ranges: what is mapped where, per address space, told by the change events of the stream in the order of truth.
 *
 * An address space without change events (a tier that sees system calls only) is pieced together from the calls'
 * results instead: such ranges are marked guessed, and the first change event of the space throws them away.
 */
#ifndef MMTRACE_LEDGER_RANGES_H
#define MMTRACE_LEDGER_RANGES_H

#include <stdbool.h>
#include <stdint.h>
#include "ledger/mapping.h"
#include "mmtrace/wire/event.h"
#include "mmtrace/wire/names.h"

#define RANGES_MAX	 (1u << 20) /* ranges in all spaces together; past it they are counted as dropped */
#define RANGES_SPACE_MAX 65536	    /* address spaces */

enum range_kind { RANGE_PLAIN, RANGE_HEAP, RANGE_STACK, RANGE_SPECIAL, RANGE_SHM /* guessed: of shmat */ };

/*
 * A mapped range, and the mapping it belongs to. Protections, holes and moves cut a mapping into ranges; those of one mapping
 * that continue each other become one again, those of two stay two, whatever the kernel makes of their VMAs.
 */
struct range {
	struct mapping *map;	    /* never NULL */
	struct range *left, *right; /* the ledger's own */
	uint32_t prio;		    /* the ledger's own */
	uint8_t kind;		    /* enum range_kind */
	bool guessed;
	bool has_flags; /* vm_flags is the kernel's own, not the bits of prot and sharing alone */
	bool has_perms; /* those bits are known: by has_flags, or /proc says them */
	uint64_t start, end;
	uint64_t off; /* of start in the file, bytes */
	uint64_t vm_flags;
	uint64_t file; /* name key, 0: no file, or unknown when guessed */
	uint64_t ops;
	uint64_t ino;
	uint32_t dev, rdev;
	int32_t fd; /* guessed: descriptor that was mapped, -1 none */
};

struct ranges;

struct ranges *ranges_new(uint32_t page_size); /* NULL: no memory */
void ranges_free(struct ranges *l);
/* Who knows the names of processes: NULL when that is unknown. Asked when a mapping is made. */
typedef const char *(*ranges_comm_fn)(void *ctx, uint32_t pid);
void ranges_ask_comm(struct ranges *l, ranges_comm_fn fn, void *ctx);
/* Any event; those that change nothing are ignored. */
void ranges_event(struct ranges *l, const struct mmt_hdr *h);
/*
 * The range at addr in the event's address space (its mm; its process when the tier knows none). NULL: none, or unknown.
 * Valid until the next event.
 */
const struct range *ranges_at(const struct ranges *l, const struct mmt_hdr *h, uint64_t addr);
/* The same; when nothing is there now, what was unmapped there last: for what is told of a mapping behind its end. */
const struct range *ranges_was_at(const struct ranges *l, const struct mmt_hdr *h, uint64_t addr);

/*
 * The mapping that an event which speaks of addr concerns: one that its thread is about to make, what is there, with back: what
 * was there (as ranges_was_at). NULL: none, or unknown. Valid until the next event.
 */
const struct mapping *ranges_mapping(const struct ranges *l, const struct mmt_hdr *h, uint64_t addr, bool back);

/* ---- the kernel's word ---- */

/* Marks of the stream: where a walk over an address space begins and ends; its vma_walk events go to ranges_event(). */
void ranges_sync(struct ranges *l, const struct mmt_sync *m);
/* Changes were lost, nobody knows whose. */
void ranges_lost(struct ranges *l);
/*
 * [start, end) is not in the kernel as it is in the ledger. gap: something of the space is known to be missing, so that is why;
 * else the ledger is wrong. Both sides are as they were, the ledger's is about to become the kernel's; NULL: nothing mapped.
 * The kernel's has no mapping; a range of either may reach over the ends.
 */
struct ranges_diff {
	uint32_t mm, pid;
	uint64_t start, end;
	const struct range *ledger, *kernel;
	bool gap;
};
typedef void (*ranges_diff_fn)(void *ctx, const struct ranges_diff *d);
void ranges_on_diff(struct ranges *l, ranges_diff_fn fn, void *ctx);
/* Nothing follows: what is still waiting to be explained is told. */
void ranges_settle(struct ranges *l);
struct ranges_walks {
	uint64_t walks, vmas; /* compared */
	uint64_t diffs;	      /* the ledger was wrong */
	uint64_t gaps;	      /* it differed where something was missed */
	uint64_t cut;	      /* walks that did not come to their end */
};
const struct ranges_walks *ranges_walks(const struct ranges *l);

/* What views walk over. Nothing may be taken meanwhile. */
struct ranges_space {
	uint32_t mm, pid; /* mm 0: known by its process only */
	bool truth;	  /* told by change events; else imported, or guessed from calls */
	bool gap;	  /* something was missed: not all that is there may be known, nor all that is known be there */
	uint32_t gaps;	  /* times that happened */
};
typedef void (*ranges_space_fn)(void *ctx, const struct ranges_space *s);
typedef void (*ranges_range_fn)(void *ctx, const struct range *r);
typedef void (*ranges_mapping_fn)(void *ctx, const struct mapping *m);
/* Address spaces that live, by process. */
void ranges_each_space(const struct ranges *l, ranges_space_fn fn, void *ctx);
/* What is mapped in one, by address. */
void ranges_each(const struct ranges *l, uint32_t mm, uint32_t pid, ranges_range_fn fn, void *ctx);
/* Mappings in the order of their making, closed ones too as far as they are kept. */
void ranges_each_mapping(const struct ranges *l, ranges_mapping_fn fn, void *ctx);
/* The closed ones of one address space. */
void ranges_each_closed(const struct ranges *l, uint32_t mm, uint32_t pid, ranges_mapping_fn fn, void *ctx);

/* Maps over a range that was still live: the order of the stream was wrong or an event is missing. */
uint64_t ranges_conflicts(const struct ranges *l);
/* Changes that were not kept for want of room or of fields. */
uint64_t ranges_dropped(const struct ranges *l);
uint64_t ranges_count(const struct ranges *l);
/* Closed mappings that were dropped for want of room: MAPPING_CLOSED_MAX are kept. */
uint64_t ranges_forgotten(const struct ranges *l);

#endif
