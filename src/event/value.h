/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * value: a field of a decoded record as a number, and as text that a person reads.
 */
#ifndef MMTRACE_EVENT_VALUE_H
#define MMTRACE_EVENT_VALUE_H

#include "event/schema.h"

struct buf;

/* Text of a NAME or KSYM key; NULL when unknown. */
typedef const char *(*value_name_fn)(const void *ctx, uint64_t key);

struct value_names {
	value_name_fn get;
	const void *ctx;
};

/* Absent is not zero. */
static inline bool value_has(const struct mmt_hdr *h, const struct mmt_field *f)
{
	return h->have >> f->index & 1;
}

/* Element i of an array, 0 of a plain field; signed kinds are sign-extended. */
uint64_t value_u64(const struct mmt_hdr *h, const struct mmt_field *f, unsigned i);
static inline int64_t value_s64(const struct mmt_hdr *h, const struct mmt_field *f, unsigned i)
{
	return (int64_t)value_u64(h, f, i);
}
/* By field name; false when the event has no such field or it is absent. */
bool value_get(const struct mmt_hdr *h, const struct mmt_schema_event *ev, const char *field, uint64_t *out);

/* The errno (positive) in a RET or RETADDR value, 0 when it is none. */
unsigned value_errno(unsigned look, int64_t v);
/* Did the event fail? *err is the errno where it has one (a SIGBUS fault and a signal have none). */
bool value_failed(const struct mmt_hdr *h, const struct mmt_schema_event *ev, unsigned *err);

/*
 * Text of a value by its look, "-" when absent; arrays are separated by ",". names may be NULL: keys are shown in hex.
 * Names that no kernel version disagrees about are decoded, other bits stand as one hex rest.
 */
void value_show(struct buf *b, const struct mmt_hdr *h, const struct mmt_field *f, const struct value_names *names);
/* Element i of one that is there. */
void value_show_one(struct buf *b, const struct mmt_hdr *h, const struct mmt_field *f, unsigned i,
		    const struct value_names *names);
/* Without the event around it: what only that can tell stays a number. */
void value_show_raw(struct buf *b, unsigned look, uint64_t v, const struct value_names *names);

#endif
