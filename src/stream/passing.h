/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * passing: the short way of records that nobody in between has to look at: nobody wants views, no process has to be asked
 * for its mappings, and the event has neither an address nor a process whose name is to come before it. They are counted and
 * handed on in stretches.
 */
#ifndef MMTRACE_STREAM_PASSING_H
#define MMTRACE_STREAM_PASSING_H

#include "stream/asked.h"
#include "stream/outlets.h"
#include "stream/symbols.h"

/* All zero: nothing takes the short way. */
struct passing {
	const uint32_t *pid; /* the process whose events pass; NULL: all */
	struct {
		uint64_t stop; /* bits of mmt_hdr.have with which an event does not pass */
		uint32_t size; /* bytes that it has at least; 0: it never passes */
	} event[MMT_EV_MAX];
};

void passing_init(struct passing *p, const struct symbols *s, const struct asked *a);
/* What does not pass is given to other(), in its place. 0, or -errno of it or of a sink. */
int passing_take(const struct passing *p, const struct outlets *o, struct mmt_summary *sum, const struct mmt_record *r,
		 size_t n, int (*other)(void *ctx, const struct mmt_record *r), void *ctx);

#endif
