/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * chrome: the parts of the export for Chrome's and Perfetto's viewers; commands use chrome_open() of sinks.h.
 *
 *   chrome.c         events of threads      chrome_tracks.c  tracks of mappings, names of processes and threads
 */
#ifndef MMTRACE_SINK_CHROME_H
#define MMTRACE_SINK_CHROME_H

#include "mmtrace/base.h"
#include "mmtrace/map.h"
#include "mmtrace/sink.h"
#include "sink/out.h"

/* Tracks of mappings are threads that no process has: numbers from here on, behind PID_MAX_LIMIT (include/linux/threads.h, 6.12). */
#define CHROME_TRACKS (NUM_PID_MAX * 2)
#define CHROME_LANES  16

/* A mapping's track: lane 0 has its life, and what fits into that. */
struct chrome_track {
	struct chrome_track *next; /* in order of making */
	uint32_t mm, pid;
	uint64_t first_ns; /* of its life */
	char id[24];
	struct chrome_track *before, *behind; /* of those that are not closed */
	char *name;
	bool closed;
	unsigned nlanes;
	uint32_t tid[CHROME_LANES];
	uint64_t end_ns[CHROME_LANES]; /* of the last that is on it */
};

struct chrome_thread {
	struct chrome_thread *next;
	uint32_t pid, tid;
	char comm[64];
};

struct chrome_sink {
	struct mmt_sink s;
	struct out out;
	struct json j;
	struct buf text, name;
	struct map tracks; /* serial of the mapping -> its track */
	struct chrome_track *first, **last;
	struct chrome_track *open, *open_last; /* in the order of their making */
	struct map threads;		       /* pid << 32 | tid */
	struct chrome_thread *first_thread, **last_thread;
	uint32_t next_tid;
	uint64_t start_ns, last_ns;
};

/* One event of the format; what chrome_put() opened is closed by chrome_done(), args may stand between. */
struct chrome_event {
	const char *phase; /* "X": takes time, "i": an instant, "M": names something */
	const char *name, *category;
	uint32_t pid, tid;
	uint64_t ts_ns, dur_ns;
};
void chrome_put(struct chrome_sink *k, const struct chrome_event *e);
int chrome_done(struct chrome_sink *k); /* 0 or -errno of the output */

/* NULL: no memory. */
struct chrome_track *chrome_track(struct chrome_sink *k, const struct mmt_view *v);
/* The number of a lane in which nothing overlaps [start, end). */
uint32_t chrome_lane(struct chrome_sink *k, struct chrome_track *t, uint64_t start, uint64_t end);
int chrome_close_track(struct chrome_sink *k, struct chrome_track *t, uint64_t end_ns, const char *why);
int chrome_close_space(struct chrome_sink *k, uint32_t mm, uint32_t pid, uint64_t end_ns, const char *why);
int chrome_know_thread(struct chrome_sink *k, uint32_t pid, uint32_t tid, const char *comm); /* 0 or -ENOMEM */
/* What is still mapped, and the names of everything. */
int chrome_finish(struct chrome_sink *k);
void chrome_free_tracks(struct chrome_sink *k);

#endif
