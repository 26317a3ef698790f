/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * ring: reads a BPF ring buffer in batches. A record costs its reader a look at its length; where it stands is told to the
 * kernel once for each batch.
 */
#ifndef MMTRACE_PROBE_RING_H
#define MMTRACE_PROBE_RING_H

#include <stdbool.h>
#include "mmtrace/source.h"

#define RING_BATCH 128

struct ring {
	int fd; /* of the map, not owned */
	uint64_t bytes;
	unsigned long *consumer; /* mapped; NULL: there is no ring */
	const unsigned long *producer;
	const char *data; /* twice in a row, so that what wraps around is in one piece */
	unsigned long at; /* where the reader is */
	uint16_t
		types; /* of the batch, or'ed: with the uppermost bit where an item is among them (mmtrace/wire/names.h) */
	struct mmt_record rec[RING_BATCH];
};

/* 0 or -errno. bytes: of the map. */
int ring_open(struct ring *r, int fd, uint64_t bytes);
void ring_close(struct ring *r);
/*
 * Puts what is there into r->rec, at most a batch of it. Their bytes stay until ring_done(), which is to be called also
 * when there were none. Up to a record that is not finished.
 */
unsigned ring_look(struct ring *r);
/* False: the last look found neither records nor what was given up. */
bool ring_done(struct ring *r);
/* Until the kernel says that there is something to read, or the time is over. 0 or -errno. */
int ring_wait(const struct ring *r, int timeout_ms);

#endif
