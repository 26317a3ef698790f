/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Makes the sums, numbers and lengths of a mutated recording fit again, so that what is inside them is tried too. */
#ifndef TESTS_FUZZ_FUZZ_SUMS_H
#define TESTS_FUZZ_FUZZ_SUMS_H

#include <string.h>
#include "record/format.h"

/* Where the head of a recording ends, which says how the rest is laid out; 0: it has none. */
static inline size_t fuzz_head(const uint8_t *data, size_t size)
{
	struct rec_chunk c;
	size_t at = sizeof(struct rec_file) + sizeof(c);

	if (size < at)
		return 0;
	memcpy(&c, data + sizeof(struct rec_file), sizeof(c));
	return c.stored < size - at ? at + c.stored : 0;
}

static inline void fuzz_sums(uint8_t *data, size_t size)
{
	struct rec_file *f = (struct rec_file *)data;
	size_t at = sizeof(*f);
	uint32_t nth = 0;

	if (size < sizeof(*f))
		return;
	memcpy(f->magic, REC_MAGIC, sizeof(f->magic));
	f->endian = REC_ENDIAN;
	f->version = REC_VERSION;
	f->sum = rec_sum(0, f, offsetof(struct rec_file, sum));
	while (size - at >= sizeof(struct rec_chunk)) {
		struct rec_chunk c;
		size_t room = size - at - sizeof(c);

		memcpy(&c, data + at, sizeof(c));
		c.magic = REC_CHUNK_MAGIC;
		c.nth = nth++;
		if (c.stored > room)
			c.stored = (uint32_t)room & ~7u;
		if (!(c.flags & REC_PACKED))
			c.raw = c.stored &= ~7u;
		c.sum = rec_sum(rec_sum(0, &c, offsetof(struct rec_chunk, sum)), data + at + sizeof(c), c.stored);
		memcpy(data + at, &c, sizeof(c));
		at += sizeof(c) + c.stored;
	}
}

#endif
