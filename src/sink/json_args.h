/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* json_args: the fields of an event as programs get them, in all formats that are for programs. */
#ifndef MMTRACE_SINK_JSON_ARGS_H
#define MMTRACE_SINK_JSON_ARGS_H

#include "mmtrace/base.h"
#include "mmtrace/view.h"

enum args_form {
	ARGS_U64,
	ARGS_I64,
	ARGS_HEX,     /* an address: a string, since JSON numbers lose bits */
	ARGS_TEXT,    /* as value_show() has it */
	ARGS_NOTHING, /* no file, no function: present, and nothing */
};

/* How value v of a field that is there is written. */
enum args_form args_form(const struct mmt_field *f, uint64_t v);
/* Under its name; null when it is absent. text is for scratch. */
void json_put_field(struct json *j, struct buf *text, const struct mmt_view *v, const struct mmt_field *f);

#endif
