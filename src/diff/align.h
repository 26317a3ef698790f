/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * align: which members of one sequence are those of another, in order, so that the likeness of the pairs adds up to the most.
 * Exact up to ALIGN_WINDOW members; longer ones are aligned window by window: time grows with the length only, memory not at all.
 */
#ifndef MMTRACE_DIFF_ALIGN_H
#define MMTRACE_DIFF_ALIGN_H

#include <stddef.h>
#include <stdint.h>

#define ALIGN_WINDOW 1024
#define ALIGN_NONE   UINT32_MAX
#define ALIGN_MOST   1000 /* of a likeness */

/* How much a[i] is like b[j]: 0 not at all, they never make a pair; at most ALIGN_MOST. */
typedef unsigned (*align_like_fn)(void *ctx, size_t i, size_t j);

/* pair[i] becomes the j of a[i], or ALIGN_NONE; n of them. 0 or -ENOMEM. */
int align(size_t n, size_t m, align_like_fn like, void *ctx, uint32_t *pair);

#endif
