// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "event/objects.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define WIRE_U64  MMT_W_U64
#define WIRE_S64  MMT_W_S64
#define WIRE_TEXT MMT_W_U64

#define FIELD(obj, kind, n, fname, lk, what) \
	{ .name = #fname,                    \
	  .text = what,                      \
	  .index = MMT_O_##obj##_##fname,    \
	  .wire = WIRE_##kind,               \
	  .count = n,                        \
	  .look = (uint8_t)MMT_LOOK_##lk },
#define X(id, num, name, text) static const struct mmt_field fields_##name[] = { MMT_OBJECT_FIELDS_##id(FIELD) };
MMT_OBJECTS(X)
#undef X

#define X(id, num, oname, what) [num] = { { #oname, what }, fields_##oname, COUNT(fields_##oname) },
static const struct {
	struct mmt_named named;
	const struct mmt_field *fields;
	size_t n;
} objects[] = { MMT_OBJECTS(X) };
#undef X

const struct mmt_named *object_named(unsigned object)
{
	return object < COUNT(objects) ? &objects[object].named : NULL;
}

const struct mmt_field *object_fields(unsigned object, size_t *n)
{
	*n = object < COUNT(objects) ? objects[object].n : 0;
	return object < COUNT(objects) ? objects[object].fields : NULL;
}

const struct mmt_field *object_field(unsigned object, const char *name)
{
	size_t n;
	const struct mmt_field *f = object_fields(object, &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(f[i].name, name))
			return &f[i];
	return NULL;
}

const char *object_look_unit(unsigned look)
{
	return look < MMT_LOOK_MAX ? schema_look_unit(look) : look == MMT_LOOK_SINCE ? "ns" : "";
}
