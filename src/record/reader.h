/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * reader: a recording, item by item. Believes nothing that it says of itself: needs 2 MiB whatever the file, and ends at the first
 * byte that is not as it was written.
 */
#ifndef MMTRACE_RECORD_READER_H
#define MMTRACE_RECORD_READER_H

#include "mmtrace/source.h"
#include "record/head.h"

struct rec_reader;

#define REC_WHY 200

/*
 * Reads from fd, which need not seek, up to what the head says. 0, or -EBADMSG (no recording, or its head is damaged), -ENOTSUP (one
 * that this build or machine cannot read), -ENOMEM, or the -errno of read(); *r is NULL then and why has a line that fits behind
 * the file's name.
 */
int rec_reader_open(struct rec_reader **r, int fd, char why[REC_WHY]);
void rec_reader_close(struct rec_reader *r); /* not the descriptor */
const struct rec_head *rec_reader_head(const struct rec_reader *r);

enum rec_what { REC_W_ITEM, REC_W_TICK, REC_W_LOST /* of the tail: what the run lost in all */, REC_W_END };

struct rec_piece {
	enum rec_what what;
	union {
		struct mmt_item item; /* RECORD, LOSS, HOOK */
		struct rec_tick tick;
		struct mmt_loss_item lost;
		struct rec_end end;
	};
};

/* Valid until the next call. 1: *p is the next one; 0: that was the end; else as above, and rec_reader_why() says why. */
int rec_reader_next(struct rec_reader *r, struct rec_piece *p);
const char *rec_reader_why(const struct rec_reader *r);

struct rec_reader_stats {
	uint64_t chunks, bytes; /* good ones, and where the last of them ends in the file */
	uint64_t last_ns;	/* latest event so far */
	uint64_t unknown, bad;	/* events that this build has not; records that are not what the file's schema says */
};
const struct rec_reader_stats *rec_reader_stats(const struct rec_reader *r);

#endif
