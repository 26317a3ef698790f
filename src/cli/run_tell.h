/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * run_tell: what a run says to people on stderr.
 */
#ifndef MMTRACE_CLI_RUN_TELL_H
#define MMTRACE_CLI_RUN_TELL_H

#include "cli/run_opts.h"
#include "mmtrace/base.h"
#include "mmtrace/session.h"
#include "mmtrace/view.h"

/*
 * Which of the wanted events have no hook here. When none of them has, that is an error; some of them are worth a word when they
 * were asked for by name (-e). Nor can -f ask for what nothing here counts. False: it cannot be seen.
 */
bool run_tell_unseen(const struct session *s, const struct run_opts *o);
/* stacks: they were asked for, and a word is due where there are none. */
void run_tell_ready(const struct mmt_run_info *info, bool stacks);
/* Why the run ended by itself. */
void run_tell_gone(const struct num_pids *pids, const struct num_pids *tids);
/* A line for each kind of loss. */
void run_tell_losses(const struct mmt_summary *sum);
/* totals: events are not what was asked for. recorded: of a run that was perhaps elsewhere. */
void run_tell_summary(const struct mmt_summary *sum, bool totals, bool recorded);

#endif
