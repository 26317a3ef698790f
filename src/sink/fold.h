/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* fold: a stack as flame graphs want it: one line, outermost first, ';' between. */
#ifndef MMTRACE_SINK_FOLD_H
#define MMTRACE_SINK_FOLD_H

#include "mmtrace/base.h"

/* Frames as views have them, innermost first. Behind what b has already comes a ';'. */
void fold_put(struct buf *b, const char *const *frames, unsigned n);
/* One more name, in which nothing stands that a reader would take for something else. */
void fold_name(struct buf *b, const char *name);

#endif
