/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the flags_ files share; nobody else includes it. */
#ifndef MMTRACE_EVENT_FLAGS_BITS_H
#define MMTRACE_EVENT_FLAGS_BITS_H

#include <stddef.h>
#include <stdint.h>

struct buf;

struct bit {
	uint64_t bit;
	const char *name;
};

/* Names of the bits that are set, then the rest in hex; "0" without any. */
void flags_bits(struct buf *b, const struct bit *bits, size_t n, uint64_t v);

#endif
