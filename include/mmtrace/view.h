/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A view is one event as sinks, filters and checks see it: the record, its row of the schema, and what the ledger and the
 * names say about it. Read-only, valid during the call.
 */
#ifndef MMTRACE_VIEW_H
#define MMTRACE_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include "wire/event.h"

struct mmt_field; /* schema.h */
struct mmt_schema_event;

struct mmt_view {
	const struct mmt_hdr *h;
	const struct mmt_schema_event *ev;
	const char *comm;    /* of the process, "?" when unknown */
	const char *mapping; /* path or name of the mapping the event lies in ("[anon]", "[stack]", "/lib/x.so"), NULL: unknown */
	uint64_t map_start;  /* of that mapping, 0 when unknown */
	uint64_t map_off;    /* offset of map_start in the file, in bytes */
	const void *names;   /* enrich: key -> text, for NAME and KSYM fields */
};

/* What the run looked like, for headers of outputs. Strings are the caller's. */
struct mmt_run_info {
	const char *version;
	const char *release; /* uname -r */
	const char *machine;
	const char *command; /* "-- CMD …" or "" */
	uint32_t page_size;
	uint32_t cpus;
	uint64_t start_mono_ns;	 /* CLOCK_MONOTONIC when the hooks were live */
	uint64_t start_real_ns;	 /* CLOCK_REALTIME at the same moment */
	uint64_t clock_res_ns;	 /* granularity of the clock */
};

struct mmt_summary {
	uint64_t events;	     /* handed to sinks */
	uint64_t per_event[MMT_EV_MAX]; /* seen, before the filter */
	uint64_t lost[MMT_LOSS_MAX]; /* by enum mmt_loss */
	uint64_t lost_event[MMT_EV_MAX];
	uint64_t ran_ns;
	int child_status; /* exit status of -- CMD as a shell has it, -1 without */
	const char *silent; /* enabled hooks that never fired, separated by ", "; "" when none */
	const char *absent; /* hooks that this machine refused, the same */
};

#endif
