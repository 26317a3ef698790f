// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sink/json_args.h"

#include "event/value.h"

enum args_form args_form(const struct mmt_field *f, uint64_t v)
{
	switch (f->look) {
	case MMT_LOOK_DEC:
	case MMT_LOOK_SIZE:
	case MMT_LOOK_PAGES:
	case MMT_LOOK_NSEC:
	case MMT_LOOK_FD:
	case MMT_LOOK_PID:
	case MMT_LOOK_RET:
		return f->wire == MMT_W_S32 || f->wire == MMT_W_S64 ? ARGS_I64 : ARGS_U64;
	case MMT_LOOK_RETADDR:
		return value_errno(f->look, (int64_t)v) ? ARGS_I64 : ARGS_HEX;
	case MMT_LOOK_NAME:
	case MMT_LOOK_KSYM:
		return v ? ARGS_TEXT : ARGS_NOTHING;
	default:
		return ARGS_TEXT;
	}
}

static void put_value(struct json *j, struct buf *text, const char *key, const struct mmt_view *view,
		      const struct mmt_field *f, unsigned i)
{
	uint64_t v = value_u64(view->h, f, i);

	switch (args_form(f, v)) {
	case ARGS_U64:
		json_u64(j, key, v);
		break;
	case ARGS_I64:
		json_i64(j, key, (int64_t)v);
		break;
	case ARGS_HEX:
		json_hex(j, key, v);
		break;
	case ARGS_NOTHING:
		json_null(j, key);
		break;
	case ARGS_TEXT:
		buf_reset(text);
		value_show_one(text, view->h, f, i, view->names);
		json_str(j, key, buf_str(text));
	}
}

void json_put_field(struct json *j, struct buf *text, const struct mmt_view *v, const struct mmt_field *f)
{
	if (!value_has(v->h, f)) {
		json_null(j, f->name);
	} else if (f->count == 1) {
		put_value(j, text, f->name, v, f, 0);
	} else {
		json_arr(j, f->name);
		for (unsigned i = 0; i < f->count; i++)
			put_value(j, text, NULL, v, f, i);
		json_end(j);
	}
}
