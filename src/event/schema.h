/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * schema: event_table.h as const data, for everything that must know fields at run time.
 */
#ifndef MMTRACE_EVENT_SCHEMA_H
#define MMTRACE_EVENT_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mmtrace/wire/event.h"

struct mmt_field {
	const char *name;
	const char *text;
	uint16_t offset; /* bytes from the start of the record */
	uint8_t index;	 /* bit of mmt_hdr.have */
	uint8_t wire;	 /* enum mmt_wire */
	uint8_t count;	 /* 1, or elements of an array */
	uint8_t look;	 /* enum mmt_look */
};

struct mmt_schema_event {
	const char *name;
	const char *text;
	const struct mmt_field *fields;
	uint16_t num; /* enum mmt_event */
	uint16_t nfields;
	uint16_t size;	/* of the record, header included */
	uint8_t family; /* enum mmt_family */
};

struct mmt_named {
	const char *name;
	const char *text;
};

/* All events in table order; *n is their number. */
const struct mmt_schema_event *schema_events(size_t *n);
/* NULL when there is none. */
const struct mmt_schema_event *schema_event(unsigned num);
const struct mmt_schema_event *schema_event_by_name(const char *name);
const struct mmt_field *schema_field(const struct mmt_schema_event *ev, const char *name);
/* A field that only fills the record up to 8 bytes and is never shown. */
bool schema_field_hidden(const struct mmt_field *f);

const struct mmt_named *schema_family(unsigned family); /* NULL past the last */
const struct mmt_named *schema_loss(unsigned kind);	/* NULL past the last */
const char *schema_tier(unsigned tier);			/* "?" past the last */
const char *schema_wire_name(unsigned wire);		/* "u64" */
unsigned schema_wire_size(unsigned wire);		/* bytes; 0: no such kind */
const char *schema_look_name(unsigned look);		/* "ADDR" */
const char *schema_look_unit(unsigned look);		/* "bytes", "" when it has none */
/* Text of an enumeration's value ("mmap"); NULL when look is no enumeration or the value is not in it. */
const char *schema_enum(unsigned look, uint64_t value);

#endif
