/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* run_serve: whether a recording has what a view of it is asked for; what views take of its head. */
#ifndef MMTRACE_CLI_RUN_SERVE_H
#define MMTRACE_CLI_RUN_SERVE_H

#include "cli/run_opts.h"
#include "probe/tiers.h"
#include "record/head.h"

/* Was this event asked of the kernel in the recorded run? */
bool run_serve_has(const struct rec_head *h, unsigned event);
/* By which tier each hook was attached in that run. */
void run_serve_choices(const struct rec_head *h, struct hook_choice choice[MMT_HOOK_MAX]);
/* Faults are events of the recording, which nobody added up. */
bool run_serve_records(const struct run_opts *o);
/* Is -f that of the recorded run, or is there none in both? */
bool run_serve_same_filter(const struct run_opts *o);
/* A run_kind's serve: one of the events that the view shows was seen, and the stacks that are asked for. */
int run_serve_events(const struct run_opts *o);
/* Was what -f counts recorded? 0, or the exit code after a line on the log. */
int run_serve_filter(const struct run_opts *o);
/* The same of a view of totals: where it has them they are as asked (by: enum mmt_by bits), else it has the faults. */
int run_serve_totals(const struct run_opts *o, uint32_t by);

#endif
