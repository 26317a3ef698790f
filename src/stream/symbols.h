/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * symbols (stream): addresses get their names as items of the stream, before what carries them, so that a recording has them.
 */
#ifndef MMTRACE_STREAM_SYMBOLS_H
#define MMTRACE_STREAM_SYMBOLS_H

#include "mmtrace/map.h"
#include "mmtrace/wire/event.h"
#include "mmtrace/wire/names.h"

struct mmt_field;
struct names;

#define SYMBOLS_FIELDS 4

struct symbols {
	const char *(*ask)(void *ctx, uint64_t addr); /* NULL: a recording, nobody to ask */
	void *ask_ctx;
	const char *(*ask_user)(void *ctx, const struct mmt_stack *stack, unsigned i); /* ustacks.h; NULL likewise */
	void *ask_user_ctx;
	int (*tap)(void *ctx, const void *record, size_t size); /* takes the items made; 0 or -errno */
	void *tap_ctx;
	struct names *names;
	uint64_t lost[MMT_EV_MAX]; /* addresses without a name, by the event that carried them; 0: a stack */
	/* symbols.c's own */
	struct map nameless;
	uint64_t last; /* most events carry the same address as the event before */
	struct {
		uint8_t n;
		const struct mmt_field *field[SYMBOLS_FIELDS];
	} fields[MMT_EV_MAX];
	uint64_t have[MMT_EV_MAX]; /* bits of mmt_hdr.have of these fields; 0 also when nobody is asked */
};

/* Set ask, tap and names before; all else is zero. */
void symbols_init(struct symbols *s);
void symbols_free(struct symbols *s);
/* The addresses in a checked event, or in a decoded stack. 0, or tap's -errno. */
int symbols_event(struct symbols *s, const struct mmt_hdr *h);
int symbols_stack(struct symbols *s, const struct mmt_stack *stack);

#endif
