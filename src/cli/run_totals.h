/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* run_totals: when the totals of faults are read. */
#ifndef MMTRACE_CLI_RUN_TOTALS_H
#define MMTRACE_CLI_RUN_TOTALS_H

#include "mmtrace/session.h"
#include "stream/pipeline.h"

struct totals {
	bool asked;
	struct session *session;
	struct pipeline *pipeline;
	uint64_t interval_ns; /* 0: at the end only */
	uint64_t next_ns;
};

/* How long may be waited from now, of at most ms. */
uint64_t run_totals_wait(const struct totals *t, uint64_t now, uint64_t ms);
/* Reads and ticks when it is time to. 0, or -errno of source or sink. */
int run_totals_tick(struct totals *t, uint64_t now);
int run_totals_read(const struct totals *t);

#endif
