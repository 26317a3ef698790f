/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * decode: is this record what the schema says? Nothing downstream looks at a record that was not decoded.
 */
#ifndef MMTRACE_EVENT_DECODE_H
#define MMTRACE_EVENT_DECODE_H

#include "event/schema.h"
#include "mmtrace/wire/names.h"
#include "mmtrace/wire/total.h"

enum decode_result {
	DECODE_OK,
	DECODE_SHORT,	/* ends before its header or before the size it names */
	DECODE_UNKNOWN, /* no such event or item */
	DECODE_SIZE,	/* its size is not the schema's */
	DECODE_RANGE, /* a value that no kernel side writes: an unknown tier, a field bit past the last, text without end */
	DECODE_RESULTS,
};

/* One record, checked. Exactly one pointer is set; it points into the caller's data. */
struct decoded {
	const struct mmt_hdr *event;
	const struct mmt_schema_event *ev; /* with event */
	const struct mmt_name *name;
	const struct mmt_path *path;
	const struct mmt_func *func;
	const struct mmt_sync *sync;
	const struct mmt_stack *stack;
	const struct mmt_iomem *iomem;
	const struct mmt_memtype *memtype;
	const struct mmt_total *total;
	const struct mmt_samples *samples;
	const struct mmt_comm *comm;
	const struct mmt_resident *resident;
};

/* data is 8-byte aligned, as the ring and the reader of recordings give it. On anything but DECODE_OK *out is all NULL. */
enum decode_result decode_record(const void *data, size_t size, struct decoded *out);
const char *decode_text(enum decode_result r);

#endif
