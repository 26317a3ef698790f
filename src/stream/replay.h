/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* replay (stream): a recording into a pipeline, call by call as the live run made them. */
#ifndef MMTRACE_STREAM_REPLAY_H
#define MMTRACE_STREAM_REPLAY_H

#include "record/reader.h"
#include "stream/pipeline.h"

/* What a pipeline for it has to know; the caller sets filter and sinks. */
void replay_opts_fill(const struct rec_head *h, struct pipeline_opts *o);

struct replay_ticks {
	uint64_t
		every_ns; /* a tick at each such time of the recording, which has none of its own; 0: those that it has */
};

/*
 * From begin to end, also of a file that is cut: then the end is where its last whole chunk ends. 0: the file was whole; -EBADMSG or
 * what else rec_reader_next() said; or -errno of a sink, which pipeline_failed() has, too.
 */
int replay_play(struct rec_reader *r, struct pipeline *p, const struct replay_ticks *ticks);

#endif
