/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A view is one event as sinks, filters and checks see it: the record, its row of the schema, and what the ledger and the
 * names say about it. Read-only, valid during the call.
 */
#ifndef MMTRACE_VIEW_H
#define MMTRACE_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include "source.h"
#include "wire/event.h"

struct mmt_field; /* event/schema.h */
struct mmt_schema_event;
struct mapping;	    /* ledger/mapping.h: its id, where it comes from, what has become of it */
struct value_names; /* event/value.h: text of NAME and KSYM keys */

struct mmt_view {
	const struct mmt_hdr *h;
	const struct mmt_schema_event *ev;
	const struct value_names *names;
	const char *comm;   /* of the process, "?" when unknown */
	uint32_t page_size; /* of the traced kernel: what PFNs and offsets in pages count */
	/*
	 * The mapping the event lies in: from the event's own VMA where it has one, else from the ledger.
	 * Path of the file, or "[anon]", "[heap]", "[stack]", "[special]"; "fd 3" when no more is known; NULL: unknown.
	 */
	const char *mapping;
	uint64_t map_start; /* first address of that mapping, 0 when unknown */
	uint64_t map_off;   /* offset of map_start in the file, bytes; 0 without a file */
	uint64_t map_flags; /* its vm_flags; only the bits of prot and sharing when guessed */
	uint8_t map_class;  /* enum mmt_fclass */
	bool map_guessed;   /* pieced together from system calls */
	/* Kernel stack, innermost first, "module:function+0x1c"; NULL: none was asked for, there is none, or it was lost. */
	const char *const *kstack;
	unsigned nkstack;
	/* The program's own, "binary:function+0x1c", "binary+0x1c" (an offset in the file) where that has no symbols; likewise. */
	const char *const *ustack;
	unsigned nustack;
	/*
	 * What the range is mapped to, of events that have a pgprot and PFNs. A type that is not checked is what the kernel's release
	 * promises; none is given when the check found that wrong.
	 */
	const char *memtype;	 /* "Device-nGnRnE", "UC-"; NULL: not known */
	const char *memtype_key; /* the same as filters and JSON have it: "device-ngnrne", "uc-" */
	bool memtype_checked;
	bool phys_known;
	uint64_t phys_start, phys_end; /* lowest address, and first behind the highest */
	const char *phys_name; /* innermost of /proc/iomem: "0000:00:02.0", "System RAM"; NULL: not one, or not known */
	/*
	 * The mapping by its name for life: what the event is about, also when that is not there yet (its driver's ->mmap runs) or
	 * no more (munmap, ->close); of vma_dup the copy. NULL: unknown.
	 */
	const struct mapping *map;
	const char *map_id; /* "m17", NULL when map is */
};

struct ranges; /* ledger/ranges.h */
struct range;
struct mapping;

/* One range of a process, what of it is resident, in bytes (UINT64_MAX: unknown), and its permissions as /proc/PID/maps has them: "rw-s". */
typedef int (*mmt_resident_fn)(void *ctx, uint64_t start, uint64_t end, uint64_t bytes, const char *perms);

/* What is known at a moment, for sinks that show a state and not events. Valid as long as the pipeline. */
struct mmt_state {
	const struct ranges *ledger;
	const struct value_names *names;
	uint32_t page_size;
	/*
	 * Fills the mapping's part of a view: of range r, or with r NULL of a mapping that is no more. h and ev are NULL. Valid until the next
	 * call.
	 */
	void (*range)(const struct mmt_state *st, const struct mapping *m, const struct range *r, struct mmt_view *v);
	const char *(*comm)(const struct mmt_state *st, uint32_t pid); /* "?" when unknown */
	/* What of a process that lives is in memory, as it is asked now, or was in the recorded run. 0, or -errno: nobody knows, or take's own. */
	int (*resident)(const struct mmt_state *st, uint32_t pid, mmt_resident_fn take, void *ctx);
	uint64_t now_ns; /* CLOCK_MONOTONIC when the call of flush, tick or end began that a sink is in */
	bool ending;	 /* nothing follows: losses told now are those that were counted here */
};

#define MMT_RUN_HOOKS 128 /* hooks kept for headers */

/* What the run looked like, for headers of outputs. Strings are the caller's. */
struct mmt_run_info {
	const char *version;
	const char *release; /* uname -r */
	const char *machine;
	const char *command; /* "-- CMD …" or "" */
	uint32_t page_size;
	uint32_t cpus;
	uint64_t start_mono_ns;		   /* CLOCK_MONOTONIC when the hooks were live */
	uint64_t start_real_ns;		   /* CLOCK_REALTIME at the same moment */
	uint64_t clock_res_ns;		   /* granularity of the clock */
	bool kstack;			   /* kernel stacks were asked for */
	bool ustack;			   /* user stacks */
	const struct mmt_hook_item *hooks; /* as they were attached */
	uint32_t nhooks;
};

struct mmt_summary {
	uint64_t events;		 /* handed to sinks */
	uint64_t per_event[MMT_EV_MAX];	 /* seen, before the filter */
	uint64_t lost[MMT_LOSS_MAX];	 /* by enum mmt_loss */
	uint64_t lost_event[MMT_EV_MAX]; /* the same by event, 0: of none */
	uint64_t unknown;		 /* events that -f kept out, not knowing what it asks for */
	uint64_t bad;			 /* records that are not what the schema says */
	uint64_t ran_ns;
	int child_status;    /* exit status of -- CMD as a shell has it, -1 without */
	const char *silent;  /* enabled hooks that never fired, separated by ", "; "" when none */
	const char *absent;  /* hooks that this machine refused, the same */
	const char *partial; /* why this is not all of the run: "the recording is cut"; NULL: it is */
};

#endif
