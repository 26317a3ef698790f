/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * objects: object_table.h as const data. A field is described as those of events are; offset means nothing, and wire says only
 * whether the number is signed: what it is, is in its look.
 */
#ifndef MMTRACE_EVENT_OBJECTS_H
#define MMTRACE_EVENT_OBJECTS_H

#include "event/object_table.h"
#include "event/schema.h"

#define X(id, num, name, text) MMT_OBJ_##id = num,
enum mmt_object { MMT_OBJECTS(X) MMT_OBJ_MAX };
#undef X

/* Go on where enum mmt_look ends. */
enum {
	MMT_LOOK_BEFORE_OBJECTS = MMT_LOOK_MAX - 1,
#define X(id) MMT_LOOK_##id,
	MMT_OBJECT_LOOKS(X)
#undef X
		MMT_OBJECT_LOOK_MAX
};

/* Index of a field in its object: MMT_O_<OBJECT>_<field>. */
#define MMT_INDEX(obj, wire, count, name, look, text) MMT_O_##obj##_##name,
#define X(id, num, name, text)			      enum mmt_o_##name{ MMT_OBJECT_FIELDS_##id(MMT_INDEX) MMT_O_COUNT_##id };
MMT_OBJECTS(X)
#undef X
#undef MMT_INDEX

const struct mmt_named *object_named(unsigned object); /* NULL past the last */
/* Its fields in table order; *n is their number. */
const struct mmt_field *object_fields(unsigned object, size_t *n);
const struct mmt_field *object_field(unsigned object, const char *name); /* NULL: none */
const char *object_look_unit(unsigned look);				 /* "ns", "" when it has none; any look */

#endif
