/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the flags_ files share; nobody else includes it. */
#ifndef MMTRACE_EVENT_FLAGS_BITS_H
#define MMTRACE_EVENT_FLAGS_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

struct bit {
	uint64_t bit;
	const char *name;
};

/* Tables of words by look (enum mmt_look), one after another: the at-th, NULL past the last. In flags.c and flags_call.c. */
const struct bit *flags_table(unsigned look, unsigned at, size_t *n);
const struct bit *flags_call_table(unsigned look, unsigned event, size_t *n);
/* The i-th of names that have gaps between them; false past the last. */
bool flags_advice_word(unsigned i, const char **name, uint64_t *value);
bool flags_sicode_word(unsigned i, const char **name, uint64_t *signo, uint64_t *code);
const char *flags_map_type(unsigned i); /* NULL: no such type */

/* Names of the bits that are set, then the rest in hex; "0" without any. */
void flags_bits(struct buf *b, const struct bit *bits, size_t n, uint64_t v);

#endif
