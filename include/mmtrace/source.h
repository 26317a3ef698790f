/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A source yields items: live from the ring, or from a recording. Nobody downstream knows which.
 */
#ifndef MMTRACE_SOURCE_H
#define MMTRACE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

enum mmt_item_kind {
	MMT_I_RECORD,  /* data/size: one wire record: event, name, path, sync (mmtrace/wire) */
	MMT_I_RECORDS, /* records/n: many, in their order */
	MMT_I_LOSS,    /* loss: a counter's total so far */
	MMT_I_HOOK,    /* hook: a hook's state, at the start and at the end */
	MMT_I_TICK,    /* time passed without data */
	MMT_I_END,     /* nothing follows */
};

/* Aligned to 8. size may be more than the record says, never less. */
struct mmt_record {
	const void *data;
	size_t size;
};

struct mmt_loss_item {
	uint32_t kind;	/* enum mmt_loss */
	uint32_t event; /* enum mmt_event, 0 when it belongs to none */
	uint64_t count;
};

struct mmt_hook_item {
	const char *name;   /* row of the hook table: "fault", "change.map" */
	const char *tier;   /* what it got, "none" when it got nothing */
	const char *reason; /* why not better, "" when best */
	int enabled;	    /* asked for in this run */
	int fired;	    /* at least once */
};

struct mmt_item {
	enum mmt_item_kind kind;
	uint64_t ts_ns; /* CLOCK_MONOTONIC, 0 when it has none */
	union {
		struct {
			const void *data;
			size_t size;
		};
		struct {
			const struct mmt_record *records;
			size_t n;
		};
		struct mmt_loss_item loss;
		struct mmt_hook_item hook;
	};
};

/* Takes one item, valid only during the call. 0, or -errno to stop the source. */
typedef int (*mmt_item_fn)(void *ctx, const struct mmt_item *item);

struct mmt_source {
	/* Waits at most timeout_ms for items and hands them to fn. Number of items, or -errno (fn's own included). */
	int (*poll)(struct mmt_source *src, int timeout_ms, mmt_item_fn fn, void *ctx);
	void (*close)(struct mmt_source *src);
};

#endif
