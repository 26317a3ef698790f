/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * golden: expectations written from a run, to be reviewed and edited: what drivers' functions were called for each file, what they
 * put in and as which memory type, the faults, the ends, the exit status.
 */
#ifndef MMTRACE_EXPECT_GOLDEN_H
#define MMTRACE_EXPECT_GOLDEN_H

#include "mmtrace/sink.h"

/* How such a file begins; one that begins otherwise was written by somebody, and is not to be replaced. */
#define GOLDEN_MARK "# written by mmtrace assert --update"

/* The events it is made of. */
void golden_wants(bool want[MMT_EV_MAX]);
/*
 * path is written at the end; of: what was run. The verdict is 4 when something was lost, 125 when it could not be written; both after
 * a line on the log. NULL: no memory. Strings are the caller's.
 */
/* Can nothing tell such events, with these hooks? As in expect.h. */
typedef bool (*golden_blind_fn)(void *ctx, const struct mmt_run_info *info, unsigned event);
struct mmt_sink *golden_open(const char *path, const char *of, golden_blind_fn blind);

#endif
