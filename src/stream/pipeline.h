/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * pipeline: the road from a source's items to the sinks: tap, decode, names and ledger, filter, sinks; and the counting.
 * Takes items one by one, so that it does not care who calls it.
 */
#ifndef MMTRACE_STREAM_PIPELINE_H
#define MMTRACE_STREAM_PIPELINE_H

#include "enrich/procs.h"
#include "filter/filter.h"
#include "mmtrace/sink.h"
#include "stream/target.h"

/* Names a kernel address; NULL when unknown. The text is valid until the next call. */
typedef const char *(*pipeline_ksym_fn)(void *ctx, uint64_t addr);
/*
 * Hands name and vma_import records of what is mapped in a process now, as address space mm, to fn. A failure to look is
 * -errno and no more than that; what fn returns ends it.
 */
typedef int (*pipeline_maps_fn)(void *ctx, uint32_t pid, uint32_t mm, mmt_item_fn fn, void *fn_ctx);

/* Names a place in a file that a process has mapped (enrich/usyms.h); NULL when unknown. The text is valid until the next call. */
struct usym_place;
typedef const char *(*pipeline_usym_fn)(void *ctx, const struct usym_place *at);

#define PIPELINE_SINKS 8

struct pipeline_opts {
	const struct filter *filter; /* NULL: everything */
	struct target *target;	     /* others' events are as if they were not there; NULL: all are. The caller's */
	struct mmt_sink *sinks[PIPELINE_SINKS];
	unsigned nsinks;
	uint32_t page_size; /* of the traced kernel */
	uint32_t child;	    /* a process whose life before its exec is mmtrace's own and not shown; 0: none */
	bool verify;	    /* also says where the ledger differs from the kernel since something was lost */
	/* A test's: the cut_nth event of this kind, from 1, is not in the stream. 0: all are. */
	uint32_t cut_event, cut_nth;
	/* Live runs only, else NULL: what a recording has in its stream. Answers enter the stream as items do. */
	procs_ask_fn ask_comm;
	pipeline_ksym_fn ask_ksym;
	pipeline_usym_fn ask_usym; /* NULL too when user stacks are not asked for */
	/* Where no change events come: asked when an address space is first seen. NULL too where they do come. */
	pipeline_maps_fn ask_maps;
	/* What of a process is in memory now, as resident records to fn; nth 0 comes first. NULL: nobody asks, or nobody can be asked. */
	pipeline_maps_fn ask_resident;
	uint64_t (*clock)(void); /* of st->now_ns; NULL: that of pipeline_now() */
	void *ctx;		 /* of all */
	bool blind;		 /* no change events come, calls are all there is */
	bool tell;		 /* what is asked goes into the stream also where only a recording will need it */
};

struct pipeline;

struct pipeline *pipeline_new(const struct pipeline_opts *opts); /* NULL: no memory */
void pipeline_free(struct pipeline *p);				 /* not the sinks */

/* All: 0, or -errno of the first sink that failed. */
int pipeline_begin(struct pipeline *p, const struct mmt_run_info *info);
int pipeline_item(void *pipeline, const struct mmt_item *item); /* an mmt_item_fn */
int pipeline_tick(struct pipeline *p, uint64_t now_ns);		/* behind all totals of an interval */
int pipeline_flush(struct pipeline *p);
/* What a recording says: the time; records its run left out; addresses of an event (0: of stacks) that had no name. */
void pipeline_now(struct pipeline *p, uint64_t now_ns);
void pipeline_bad(struct pipeline *p, uint64_t n);
/* Something of the run is not there, and why (NULL: all is); for the summary, so before the end. */
void pipeline_partial(struct pipeline *p, const char *why);
void pipeline_nameless(struct pipeline *p, uint32_t event, uint64_t n);
/* Asks what of a process is in memory, for a recording; nothing where nobody can be asked. 0 or -errno of the first sink that failed. */
int pipeline_residents(struct pipeline *p, uint32_t pid);
/* Every sink is ended, also after one has failed. The summary stays valid until pipeline_free(). */
int pipeline_end(struct pipeline *p, uint64_t ran_ns, int child_status);
const struct mmt_summary *pipeline_summary(const struct pipeline *p);
/* The first failure of a sink, 0 when none did. */
int pipeline_failed(const struct pipeline *p);
/* Maps over ranges that were live: what a test of the stream's order asks for. */
uint64_t pipeline_conflicts(const struct pipeline *p);
/* Events that were lost and that the ledger needed: changes, and calls where those are all there is. */
uint64_t pipeline_ledger_lost(const struct pipeline *p);
/* Names of the processes that are known. */
void pipeline_each_comm(const struct pipeline *p, procs_each_fn fn, void *ctx);
/* What is mapped where, for views over all of it (ledger/ranges.h). */
struct ranges;
const struct ranges *pipeline_ledger(const struct pipeline *p);

#endif
