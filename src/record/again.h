/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * again: events that follow each other differ in few words, so that only those are written (REC_AGAIN, record/format.h). Faults come in
 * millions, and three quarters of what one costs in a file is the file system's for each byte of it.
 */
#ifndef MMTRACE_RECORD_AGAIN_H
#define MMTRACE_RECORD_AGAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mmtrace/wire/event.h"
#include "record/format.h"

#define AGAIN_WORDS 32 /* bits of rec_again.mask */
#define AGAIN_FAULT (sizeof(struct mmt_ev_fault) / 8)
#define AGAIN_MOST  (sizeof(struct rec_again) + sizeof(struct mmt_ev_fault))

_Static_assert(AGAIN_FAULT == 19 && sizeof(struct mmt_ev_fault) % 8 == 0, "the words below");

/* Fault e as a block at `at`, which has room for AGAIN_MOST, behind the fault `before`. Where the block ends. */
static inline char *again_put_fault(char *at, const struct mmt_ev_fault *e, const struct mmt_ev_fault *before)
{
	const uint64_t *a = (const uint64_t *)e, *b = (const uint64_t *)before;
	struct rec_again *r = (struct rec_again *)at;
	uint64_t *to = r->word;
	uint32_t mask = 0;

/* in pairs, since most are as they were */
#define WORD(i)                    \
	if (a[i] != b[i]) {        \
		*to++ = a[i];      \
		mask |= 1u << (i); \
	}
#define PAIR(i)                                          \
	if ((a[i] ^ b[i]) | (a[(i) + 1] ^ b[(i) + 1])) { \
		WORD(i)                                  \
		WORD((i) + 1)                            \
	}
	PAIR(0)
	PAIR(2)
	PAIR(4)
	if ((a[6] ^ b[6]) | (a[7] ^ b[7]) | (a[8] ^ b[8]) | (a[9] ^ b[9])) {
		PAIR(6)
		PAIR(8)
	}
	if ((a[10] ^ b[10]) | (a[11] ^ b[11]) | (a[12] ^ b[12]) | (a[13] ^ b[13])) {
		PAIR(10)
		PAIR(12)
	}
	PAIR(14)
	PAIR(16)
	WORD(18)
#undef PAIR
#undef WORD
	r->type = REC_AGAIN;
	r->size = (uint16_t)((char *)to - at);
	r->mask = mask;
	return (char *)to;
}

/* The event that such blocks are told from; n 0: there is none. */
struct again {
	size_t n;
	uint64_t word[AGAIN_WORDS];
};

/* An event as it is in the file, which the next one may be told from. */
void again_note(struct again *g, const void *event, size_t size);
/* Makes the event of g that block says. False: it cannot be. */
bool again_take(struct again *g, const void *block, size_t size);

#endif
