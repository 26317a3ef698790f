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

/* The same as a walk: sync and vma_walk records, by a thread of a process that changes nothing meanwhile. 0 or -errno. */
int walk_proc(uint32_t tid, uint32_t pid, uint32_t mm, mmt_item_fn fn, void *ctx);

/*
 * Address spaces that were there at the start, where /proc stands in for the iterator: read at once, told when somebody
 * listens. A space that is there already is not added again.
 */
struct spaces {
	struct space {
		uint32_t pid, mm;
		char *maps; /* NULL: told, or gone before it could be read */
	} * v;
	size_t n, told;
};

/* 0 or -errno. */
int spaces_add(struct spaces *s, uint32_t pid, uint32_t mm);
/* Adds the wanted ones, with the numbers that the BPF programs know them by. 0 or -errno. */
int spaces_number(struct spaces *s, const struct objects *o);
/* The number of one of them, 0: it has none, or is not wanted. */
uint32_t spaces_number_of(const struct objects *o, uint32_t pid);
/* Number of mappings told. */
int spaces_tell(struct spaces *s, mmt_item_fn fn, void *ctx);
void spaces_free(struct spaces *s);

#endif
