/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Existing mappings: by the iterator into the ring, or from /proc where there is none. */
#ifndef MMTRACE_PROBE_IMPORT_H
#define MMTRACE_PROBE_IMPORT_H

#include "mmtrace/source.h"
#include "objects.h"

/* Runs the iterator: for one process, or for all that the target names (pid 0). 0 or -errno. */
int import_iter(const struct objects *o, uint32_t pid);
/* Reads /proc/PID/maps and hands names and vma_import records to fn. Number of mappings, or -errno. */
int import_proc(uint32_t pid, uint32_t mm, mmt_item_fn fn, void *ctx);

#endif
