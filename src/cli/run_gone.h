/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* gone: have the processes and threads that are watched all ended? */
#ifndef MMTRACE_CLI_TRACE_GONE_H
#define MMTRACE_CLI_TRACE_GONE_H

#include <stdbool.h>
#include "mmtrace/base.h"

struct gone {
	struct gone_one *one;
	size_t n, left;
};

/* Begins to watch them; what has ended already counts. 0 or -ENOMEM. */
int gone_watch(struct gone *g, const struct num_pids *pids, const struct num_pids *tids);
/* Never waits. False when there are none to watch. */
bool gone_all(struct gone *g);
void gone_free(struct gone *g);

#endif
