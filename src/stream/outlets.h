/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* outlets: the sinks of a run as one. Each call goes to every sink that has it, until one fails: 0 or that one's -errno. */
#ifndef MMTRACE_STREAM_OUTLETS_H
#define MMTRACE_STREAM_OUTLETS_H

#include "event/decode.h"
#include "mmtrace/sink.h"

struct outlets {
	struct mmt_sink *const *sinks;
	unsigned n;
};

int outlets_begin(const struct outlets *o, const struct mmt_run_info *info);
int outlets_event(const struct outlets *o, const struct mmt_view *v);
int outlets_raw(const struct outlets *o, const void *record, size_t size);
int outlets_raws(const struct outlets *o, const struct mmt_record *r, size_t n);
int outlets_item(const struct outlets *o, const struct mmt_item *item);
int outlets_total(const struct outlets *o, const struct decoded *d); /* a total or samples, if d is one */
int outlets_leaving(const struct outlets *o, const struct mmt_hdr *exit);
int outlets_tick(const struct outlets *o, uint64_t now_ns);
int outlets_flush(const struct outlets *o);
/* Every sink, also after one has failed. */
int outlets_end(const struct outlets *o, const struct mmt_summary *sum);

#endif
