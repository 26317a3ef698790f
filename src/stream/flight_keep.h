/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* flight_keep: what the part of a stream that is dropped has told of names and mappings, as records that tell it again. */
#ifndef MMTRACE_STREAM_FLIGHT_KEEP_H
#define MMTRACE_STREAM_FLIGHT_KEEP_H

#include "mmtrace/source.h"
#include "stream/pipeline.h"

#define KEEP_BYTES_MAX (64u << 20) /* of names and stacks; past it they are counted as lost */

struct keep;

struct keep *keep_new(uint32_t page_size, bool blind, uint32_t child); /* NULL: no memory */
void keep_free(struct keep *k);
int keep_record(struct keep *k, const void *record, size_t size); /* 0 or -ENOMEM */
/* Hands all of it to fn, in an order that a pipeline can take; ts_ns: the time of what is mapped. 0 or fn's own. */
int keep_tell(struct keep *k, uint64_t ts_ns, int (*fn)(void *ctx, const void *record, size_t size), void *ctx);
uint64_t keep_lost(const struct keep *k);

#endif
