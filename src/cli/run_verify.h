/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * run_verify: the ledger compared with the kernel while a run goes on: processes of the command as they end, all others at
 * the end of the run; and made whole again when changes were lost.
 */
#ifndef MMTRACE_CLI_RUN_VERIFY_H
#define MMTRACE_CLI_RUN_VERIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "mmtrace/session.h"

struct hold;
struct pipeline;

struct verify {
	bool asked; /* --verify: differences are a verdict */
	struct session *session;
	struct pipeline *pipeline;
	struct hold *hold; /* of the command, if it is held */
	uint64_t failed;   /* processes that could not be compared */
	uint64_t healed_ns;
};

/* The process of thread tid stands still: it is compared. 0 or -errno of the pipeline. */
int run_verify_one(struct verify *v, pid_t tid);
/* Every process that the ledger knows and that lives. */
int run_verify_rest(struct verify *v);
/* Looks for lost changes; address spaces that miss some are read anew. Cheap, and does nothing when called too often. */
int run_verify_heal(struct verify *v, uint64_t now_ns);
/* Says what came of it; false: not everything was compared, or something differed. */
bool run_verify_said(const struct verify *v, uint64_t missed);

#endif
