/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * writer: chunks to a descriptor, in order, never seeking. Where there is a CPU to spare a thread packs and writes them while the
 * next one fills; on one CPU, where that time would be the traced program's, they are written as they are.
 */
#ifndef MMTRACE_RECORD_WRITER_H
#define MMTRACE_RECORD_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "mmtrace/wire/event.h"
#include "record/format.h"

enum rec_pack { REC_PACK_AUTO, REC_PACK_ALWAYS, REC_PACK_NEVER };

struct rec_fill { /* the chunk being filled */
	char *start, *at, *end;
	uint64_t first_ns, last_ns;
	const struct mmt_ev_fault *before; /* event before, if it was a fault; NULL: another, or none in this chunk */
};

struct rec_writer {
	struct rec_fill fill;
	struct rec_writer_own *own;
};

int rec_writer_open(struct rec_writer *w, int fd, enum rec_pack pack); /* 0 or -errno */
/* Ends the chunk that is being filled; nothing when it is empty. 0, or the first -errno of any write. */
int rec_writer_cut(struct rec_writer *w, enum rec_kind kind);
/* All that was cut is with the kernel. 0 or the first -errno. */
int rec_writer_sync(struct rec_writer *w);
uint64_t rec_writer_bytes(const struct rec_writer *w); /* written so far */
/* What was not cut is dropped. Not the descriptor. */
void rec_writer_close(struct rec_writer *w);

/* One block, of at most 65535 bytes, padded; 0 or the first -errno of any write. */
static inline int rec_writer_put(struct rec_writer *w, const void *block, size_t size)
{
	size_t padded = (size + 7) & ~(size_t)7;
	int err = 0;

	if (padded > (size_t)(w->fill.end - w->fill.at))
		err = rec_writer_cut(w, REC_DATA);
	if (err)
		return err;
	if (padded != size)
		memset(w->fill.at + padded - 8, 0, 8);
	memcpy(w->fill.at, block, size);
	w->fill.at += padded;
	return 0;
}

static inline void rec_writer_time(struct rec_writer *w, uint64_t ts_ns)
{
	if (ts_ns < w->fill.first_ns)
		w->fill.first_ns = ts_ns;
	if (ts_ns > w->fill.last_ns)
		w->fill.last_ns = ts_ns;
}

#endif
