/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * run_replay: a recording through the pipeline into sinks, as the live run went. Nothing is asked of this machine: names, page size,
 * clock and what was read of /proc are in the file.
 */
#ifndef MMTRACE_CLI_RUN_REPLAY_H
#define MMTRACE_CLI_RUN_REPLAY_H

#include "filter/filter.h"
#include "mmtrace/sink.h"

#define REPLAY_SINKS 8

struct replay_opts {
	const char *path;
	const struct filter *filter; /* NULL: everything */
	struct mmt_sink *sinks[REPLAY_SINKS];
	unsigned nsinks;
};

struct replay_end {
	bool whole;		/* the file has its end: the run is all there */
	int verdict;		/* the first one of the sinks, 0: none */
	uint64_t lost;		/* of all kinds, and records that were bad */
	struct mmt_summary sum; /* silent and absent are NULL */
};

/*
 * Opens, plays, closes; the sinks had their begin and end, and are the caller's to free. 0, or the exit code after one line on
 * the log: 2 what is no recording that can be read, 4 one that is cut or damaged (its sinks saw what is whole of it, and their
 * end), 125 a sink could not write or no memory. A reader of the output that went away (EPIPE) is 0.
 */
int replay_file(const struct replay_opts *o, struct replay_end *end);

#endif
