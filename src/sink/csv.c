// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * CSV: a line that names the columns, a line per event. Behind the columns that every event has comes one for each name that any
 * event's field has; what an event does not have, or a tier cannot tell, is empty. Quoting as in RFC 4180; lines end in LF.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "event/schema.h"
#include "event/value.h"
#include "sink/fold.h"
#include "sink/json_args.h"
#include "sink/out.h"
#include "sink/sinks.h"

#define COLUMNS_MAX 128

struct csv_sink {
	struct mmt_sink s;
	struct out out;
	struct buf text;		 /* of one cell */
	const char *column[COLUMNS_MAX]; /* names of fields */
	unsigned n;
	bool any; /* a cell is in the line */
};

static void put_cell(struct csv_sink *k, const char *s)
{
	struct buf *b = &k->out.b;

	if (k->any)
		buf_putc(b, ',');
	k->any = true;
	if (!s || !strpbrk(s, ",\"\r\n")) {
		buf_puts(b, s ? s : "");
		return;
	}
	buf_putc(b, '"');
	for (; *s; s++) {
		if (*s == '"')
			buf_putc(b, '"');
		buf_putc(b, *s);
	}
	buf_putc(b, '"');
}

static void put_number(struct csv_sink *k, bool known, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	put_cell(k, known ? text : NULL);
}

static int end_line(struct csv_sink *k)
{
	buf_putc(&k->out.b, '\n');
	k->any = false;
	return out_spill(&k->out);
}

/* ---- the columns that every event has ---- */

static const char *error_of(struct csv_sink *k, const struct mmt_view *v)
{
	unsigned err;

	if (!value_failed(v->h, v->ev, &err))
		return NULL;
	buf_reset(&k->text);
	if (!err)
		return "refused";
	value_show_raw(&k->text, MMT_LOOK_RET, (uint64_t) - (int64_t)err, NULL);
	return buf_str(&k->text) + 1; /* without its minus */
}

static void put_header(struct csv_sink *k, const struct mmt_view *v)
{
	const struct mmt_hdr *h = v->h;

	put_number(k, true, h->ts_ns);
	put_number(k, h->have & MMT_HAVE_DUR, h->dur_ns);
	put_cell(k, v->ev->name);
	put_cell(k, v->comm);
	put_number(k, true, h->pid);
	put_number(k, true, h->tid);
	put_number(k, true, h->cpu);
	put_number(k, h->mm, h->mm);
	put_number(k, h->call, h->call);
	put_number(k, true, h->depth);
	put_cell(k, schema_tier(h->tier));
	put_cell(k, error_of(k, v));
	put_cell(k, v->map_id);
	put_cell(k, v->mapping);
	put_cell(k, v->map_class ? schema_enum(MMT_LOOK_FCLASS, v->map_class) : NULL);
	put_cell(k, v->memtype_key);
}

static const char *const columns[] = {
	"ts_ns", "dur_ns", "event", "comm",  "pid",	   "tid",     "cpu",   "mm",
	"call",	 "depth",  "tier",  "error", "mapping_id", "mapping", "class", "memtype"
};

static void put_stack(struct csv_sink *k, const char *const *frames, unsigned n)
{
	buf_reset(&k->text);
	if (frames)
		fold_put(&k->text, frames, n);
	put_cell(k, buf_str(&k->text));
}

/* ---- fields ---- */

static void put_value(struct csv_sink *k, const struct mmt_view *v, const struct mmt_field *f, unsigned i)
{
	uint64_t n = value_u64(v->h, f, i);

	switch (args_form(f, n)) {
	case ARGS_U64:
		buf_printf(&k->text, "%" PRIu64, n);
		break;
	case ARGS_I64:
		buf_printf(&k->text, "%" PRId64, (int64_t)n);
		break;
	case ARGS_HEX:
		buf_printf(&k->text, "0x%" PRIx64, n);
		break;
	case ARGS_NOTHING:
		break;
	case ARGS_TEXT:
		value_show_one(&k->text, v->h, f, i, v->names);
	}
}

static void put_field(struct csv_sink *k, const struct mmt_view *v, const struct mmt_field *f)
{
	if (!f || !value_has(v->h, f)) {
		put_cell(k, NULL);
		return;
	}
	buf_reset(&k->text);
	for (unsigned i = 0; i < f->count; i++) {
		buf_puts(&k->text, i ? " " : "");
		put_value(k, v, f, i);
	}
	put_cell(k, buf_str(&k->text));
}

static bool has_column(const struct csv_sink *k, const char *name)
{
	for (unsigned i = 0; i < k->n; i++)
		if (!strcmp(k->column[i], name))
			return true;
	return false;
}

/* A field that is called as a column of all events is called otherwise here: fault's class, fork's comm. */
static const char *title(const char *field, char text[40])
{
	for (unsigned i = 0; i < MMT_COUNT(columns); i++) {
		if (!strcmp(columns[i], field)) {
			snprintf(text, 40, "field_%s", field);
			return text;
		}
	}
	return field;
}

static int csv_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct csv_sink *k = (struct csv_sink *)s;
	const struct mmt_schema_event *ev;
	char text[40];
	size_t n;

	(void)info;
	ev = schema_events(&n);
	for (size_t i = 0; i < n; i++)
		for (unsigned f = 0; f < ev[i].nfields; f++)
			if (!schema_field_hidden(&ev[i].fields[f]) && !has_column(k, ev[i].fields[f].name) &&
			    k->n < COLUMNS_MAX)
				k->column[k->n++] = ev[i].fields[f].name;
	for (unsigned i = 0; i < MMT_COUNT(columns); i++)
		put_cell(k, columns[i]);
	for (unsigned i = 0; i < k->n; i++)
		put_cell(k, title(k->column[i], text));
	put_cell(k, "kstack");
	put_cell(k, "ustack");
	return end_line(k);
}

static int csv_event(struct mmt_sink *s, const struct mmt_view *v)
{
	struct csv_sink *k = (struct csv_sink *)s;

	put_header(k, v);
	for (unsigned i = 0; i < k->n; i++)
		put_field(k, v, schema_field(v->ev, k->column[i]));
	put_stack(k, v->kstack, v->nkstack);
	put_stack(k, v->ustack, v->nustack);
	return end_line(k);
}

static int csv_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	(void)sum;
	return out_flush(&((struct csv_sink *)s)->out);
}

static void csv_free(struct mmt_sink *s)
{
	struct csv_sink *k = (struct csv_sink *)s;

	out_free(&k->out);
	buf_free(&k->text);
	free(k);
}

struct mmt_sink *csv_open(const struct sink_opts *to)
{
	struct csv_sink *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	out_init(&k->out, to->fd);
	k->s = (struct mmt_sink){ .begin = csv_begin, .event = csv_event, .end = csv_end, .free = csv_free };
	return &k->s;
}
