/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * maps: the mappings of processes as a table: what the ledger knows of each when its process ends, when the run does, or again
 * and again (live). The parts of that view; commands use maps_open() of sinks.h.
 *
 *   maps.c       when a process's mappings are told    maps_text.c  lines    maps_json.c  objects
 */
#ifndef MMTRACE_SINK_MAPS_H
#define MMTRACE_SINK_MAPS_H

#include "ledger/ranges.h"
#include "mmtrace/base.h"
#include "sink/sinks.h"

#define MAPS_UNKNOWN UINT64_MAX

/* One range of a process, or with r NULL a mapping that is no more. */
struct maps_row {
	const struct mmt_view *v; /* the mapping, as the views of events have it */
	const struct mapping *m;
	const struct range *r;
	uint64_t resident; /* bytes, MAPS_UNKNOWN */
	const char *perms; /* "rw-s" */
	uint64_t now_ns;
	bool faults; /* how many is known: all of them were seen, or some */
	bool again;  /* the mapping had a row before this one */
};

struct maps_process {
	const char *comm;
	uint32_t pid, mm;
	const char *state; /* "now", "at exit", "at exec" */
	bool gap;	   /* something was missed */
	size_t ranges;
	uint64_t bytes;
};

#define MAPS_PERMS 5
/* "rw-s" of vm_flags. */
void maps_perms(char perms[MAPS_PERMS], uint64_t vm_flags);

/* Had a driver a hand in it? Plain memory has nothing to say of that. */
bool maps_by_driver(const struct maps_row *row);

void maps_text_process(struct buf *b, bool color, const struct maps_process *p);
void maps_text_row(struct buf *b, bool color, const struct maps_row *row);
void maps_text_history(struct buf *b, bool color, const struct mapping *m);
void maps_json_row(struct json *j, const struct maps_process *p, const struct maps_row *row, bool history);

#endif
