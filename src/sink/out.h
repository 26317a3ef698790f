/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * out: batched bytes to a descriptor. The first failure sticks, so that only flushes need be looked at.
 */
#ifndef MMTRACE_SINK_OUT_H
#define MMTRACE_SINK_OUT_H

#include "mmtrace/base.h"

struct out {
	struct buf b; /* what was not written yet; append with buf_*() */
	int fd;
	int err; /* -errno of the first failure */
};

void out_init(struct out *o, int fd);
/* Writes when enough has come together. 0 or the first failure. */
int out_spill(struct out *o);
/* Writes all there is. */
int out_flush(struct out *o);
void out_free(struct out *o); /* not the descriptor */

#endif
