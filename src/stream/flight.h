/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * flight: the sink that keeps the last moments of a run in memory, to be written as a recording when something has happened. What
 * is dropped at the old end goes through a ledger, so that its names and what was mapped by it are not lost.
 */
#ifndef MMTRACE_STREAM_FLIGHT_H
#define MMTRACE_STREAM_FLIGHT_H

#include "record/writer.h"
#include "stream/pipeline.h"

struct rec_head;

struct flight_opts {
	uint64_t bytes;		     /* of the stream that are kept */
	const struct rec_head *head; /* as of a recording; the caller's */
	bool blind;		     /* pipeline_opts.blind */
	bool watches;		     /* events that the pipeline's filter lets through are what is waited for */
};

struct mmt_sink *flight_open(const struct flight_opts *o); /* NULL: no memory */
/* Did such an event come since this was asked last? */
bool flight_hit(struct mmt_sink *flight);
bool flight_waits(const struct mmt_sink *flight); /* likewise, and it stays so */
/* Everything that is kept, as a whole recording that ends now. 0 or -errno. */
int flight_write(struct mmt_sink *flight, int fd, enum rec_pack pack, uint64_t now_ns);

struct flight_stats {
	uint64_t records, bytes; /* so far; bytes that are kept */
	uint64_t since_ns;	 /* the oldest event that is kept, 0: none */
};
void flight_stats(const struct mmt_sink *flight, struct flight_stats *st);

#endif
