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

struct rec_head; /* record/head.h */
struct target;
struct replay;

struct replay_opts {
	const char *path;	     /* of replay_file() */
	const struct filter *filter; /* NULL: everything */
	struct target *target;	     /* stream/target.h; NULL: everybody */
	struct mmt_sink *sinks[REPLAY_SINKS];
	unsigned nsinks;
	uint64_t interval_ns; /* ticks that the recording has not; 0: those that it has */
};

struct replay_end {
	bool whole;		/* the file has its end: the run is all there */
	int verdict;		/* the first one of the sinks, 0: none */
	uint64_t lost;		/* of all kinds, and records that were bad */
	struct mmt_summary sum; /* silent and absent are valid until replay_close(), NULL of replay_file() */
};

/* For sinks that want to know the head first. path: "-" is standard input. 0, or the exit code (2, 125) after one line on the log. */
int replay_open(struct replay **r, const char *path);
const struct rec_head *replay_head(const struct replay *r);
/* May the output be path (NULL: stdout)? It is emptied before the recording is read. 0, or 2 after one line on the log. */
int replay_output(const struct replay *r, const char *path);
/* Was it told event by event, or were faults only added up? 0, or 2 after one line on the log. */
int replay_events(const struct replay *r);
/*
 * The sinks had their begin and end, and are the caller's to free. 0, or the exit code after one line on the log: 4 of a recording that
 * is cut or damaged (its sinks saw what is whole of it), 125 when a sink could not write, or no memory. A reader of the output that
 * went away (EPIPE) is 0.
 */
int replay_run(struct replay *r, const struct replay_opts *o, struct replay_end *end);
void replay_close(struct replay *r);

/* All three. 0, or the exit code after one line on the log. */
int replay_file(const struct replay_opts *o, struct replay_end *end);

#endif
