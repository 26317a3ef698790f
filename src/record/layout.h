/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * layout: records as the schema in a file lays them out, as records of this build's. Events and fields are found by name: unknown
 * ones are left out, missing ones are absent.
 */
#ifndef MMTRACE_RECORD_LAYOUT_H
#define MMTRACE_RECORD_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mmtrace/wire/event.h"
#include "record/format.h"

struct layouts;

struct layouts *layouts_new(void); /* NULL: no memory */
void layouts_free(struct layouts *l);
/* An EVENT or FIELD block. 0, -EBADMSG: it cannot be, -ENOMEM. */
int layouts_block(struct layouts *l, const void *block, size_t size);
/* Behind the last of them: hdr_size as the file's head says. -EBADMSG: an event is too short for it. */
int layouts_ready(struct layouts *l, uint64_t hdr_size);

enum layout_take {
	LAYOUT_TAKEN,
	LAYOUT_UNKNOWN /* no such event here */,
	LAYOUT_BAD /* not what the file's schema says */
};

/* *out is the record itself where both schemas agree, else a copy that is valid until the next call. */
enum layout_take layouts_take(struct layouts *l, const void *record, size_t size, const void **out, size_t *out_size);

#endif
