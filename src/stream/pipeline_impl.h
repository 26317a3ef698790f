/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the files of the pipeline share: pipeline.c takes items, pipeline_calls.c all else that it is told. */
#ifndef MMTRACE_STREAM_PIPELINE_IMPL_H
#define MMTRACE_STREAM_PIPELINE_IMPL_H

#include "enrich/names.h"
#include "enrich/stacks.h"
#include "mmtrace/map.h"
#include "stream/asked.h"
#include "stream/differ.h"
#include "stream/hooks.h"
#include "stream/memory.h"
#include "stream/outlets.h"
#include "stream/passing.h"
#include "stream/pipeline.h"
#include "stream/residents.h"
#include "stream/state.h"
#include "stream/symbols.h"
#include "stream/ustacks.h"
#include "stream/view.h"

struct pipeline {
	struct pipeline_opts opts;
	struct outlets out;
	bool views; /* a sink wants views, or the ledger is asked for user stacks; else nothing is decoded */
	struct names *names;
	struct value_names lookup;
	struct differ differ;
	struct procs *procs;
	struct asked asked;
	struct residents residents;
	struct ranges *ledger;
	struct symbols symbols;
	struct passing passing;
	struct ustacks ustacks;
	struct stacks *stacks;
	struct memory memory;
	struct state state;
	struct map met; /* address spaces whose mappings were asked for, or told */
	bool asking;
	struct map shown; /* thread -> call + 1 of its last fault that was shown, while its fault_split is to come */
	struct view_scratch scratch;
	uint32_t cuttable;			 /* events of opts.cut_event so far */
	uint64_t lost[MMT_LOSS_MAX][MMT_EV_MAX]; /* totals as the source told them */
	uint64_t ledger_lost;			 /* of them, what the ledger lives on */
	struct hooks hooks;
	uint32_t child_mm; /* address space of opts.child before its exec */
	bool child_ran;	   /* it had its exec */
	uint64_t start_ns; /* of the run */
	struct mmt_summary sum;
	int failed; /* -errno of the first sink that did */
};

int pipeline_note(struct pipeline *p, int err); /* remembers the first failure; err */

#endif
