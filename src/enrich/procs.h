/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * procs: the command name of each process, from exec and fork events, and asked for once when a process that was
 * there before is first seen.
 */
#ifndef MMTRACE_ENRICH_PROCS_H
#define MMTRACE_ENRICH_PROCS_H

#include <stddef.h>
#include <stdint.h>
#include "event/value.h"

#define PROCS_COMM 16	 /* TASK_COMM_LEN, include/linux/sched.h, 6.12 */
#define PROCS_MAX  65536 /* processes remembered; past it all are forgotten and asked for again */

/* Writes the name of a running process. 0, or -errno when it has gone. NULL as function: nobody to ask. */
typedef int (*procs_ask_fn)(void *ctx, uint32_t pid, char comm[PROCS_COMM]);

struct procs;

struct procs *procs_new(procs_ask_fn ask, void *ctx); /* NULL: no memory */
void procs_free(struct procs *p);
/* Learns from exec and fork events; others are ignored. */
void procs_event(struct procs *p, const struct mmt_hdr *h, const struct value_names *names);
/*
 * The process that has to be asked for before this event is taken, since what it or the stream says is not enough; 0: none. Then
 * procs_told() has what it said, also that it has gone ("?").
 */
uint32_t procs_lacks(const struct procs *p, const struct mmt_hdr *h, const struct value_names *names);
void procs_told(struct procs *p, uint32_t pid, const char comm[PROCS_COMM]);
typedef void (*procs_each_fn)(void *ctx, uint32_t pid, const char *comm);
void procs_each(const struct procs *p, procs_each_fn fn, void *ctx); /* those that are known, in no order */
/* "?" when unknown. Valid until the next call. */
const char *procs_comm(struct procs *p, uint32_t pid);

#endif
