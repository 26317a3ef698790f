/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* target (stream): whose events of a recording are to be looked at, as a live run has it done in the kernel. */
#ifndef MMTRACE_STREAM_TARGET_H
#define MMTRACE_STREAM_TARGET_H

#include "event/value.h"
#include "mmtrace/base.h"
#include "mmtrace/map.h"

struct target {
	const struct num_pids *pids,
		*tids;	  /* processes with their children, threads: of one or the other; NULL or n 0: any */
	const char *comm; /* and of this name; NULL: any */
	/* target.c's own */
	struct map kin; /* processes of pids, and their children */
	bool begun;
};

/* comm: name of the event's process behind the event. Forks are to be shown in the order of the stream. */
bool target_takes(struct target *t, const struct mmt_hdr *h, const char *comm);
void target_free(struct target *t);

#endif
