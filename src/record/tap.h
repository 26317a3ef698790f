/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* tap: the sink that records a run. It is the last of a run's sinks, so that what others learnt on their way is in the file first. */
#ifndef MMTRACE_RECORD_TAP_H
#define MMTRACE_RECORD_TAP_H

#include "mmtrace/sink.h"
#include "record/head.h"
#include "record/writer.h"

/* head: what the tap is not told in begin; used there, the caller's. NULL: no memory, or nothing can be written (errno). */
struct mmt_sink *rec_tap_open(int fd, const struct rec_head *head, enum rec_pack pack);

/* What went wrong with the file: -errno, 0: nothing. */
int rec_tap_failed(const struct mmt_sink *tap);

struct rec_tap_stats {
	uint64_t records, bytes; /* bytes that are in the file */
};
void rec_tap_stats(const struct mmt_sink *tap, struct rec_tap_stats *st);

#endif
