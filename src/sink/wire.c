// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* --format=wire: the records as they come, after the schema that reads them. Cheap: an event is one memcpy. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "event/schema.h"
#include "sink/out.h"
#include "sink/sinks.h"
#include "sink/wire_format.h"

_Static_assert(sizeof(struct wire_head) % 8 == 0 && sizeof(struct wire_event) % 8 == 0 &&
		       sizeof(struct wire_field) % 8 == 0 && sizeof(struct wire_loss) % 8 == 0 &&
		       sizeof(struct wire_end) % 8 == 0,
	       "blocks keep the stream aligned");

struct wire_sink {
	struct mmt_sink s;
	struct out out;
};

static void copy_text(char *dst, size_t room, const char *text)
{
	strncpy(dst, text ? text : "", room - 1);
}

static void put_schema(struct out *o)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	for (size_t i = 0; i < n; i++) {
		struct wire_event e = {
			.num = ev[i].num, .size = ev[i].size, .family = ev[i].family, .nfields = ev[i].nfields
		};

		copy_text(e.name, sizeof(e.name), ev[i].name);
		buf_put(&o->b, &e, sizeof(e));
		for (unsigned k = 0; k < ev[i].nfields; k++) {
			const struct mmt_field *f = &ev[i].fields[k];
			struct wire_field w = { .offset = f->offset,
						.wire = f->wire,
						.count = f->count,
						.look = f->look,
						.index = f->index };

			copy_text(w.name, sizeof(w.name), f->name);
			copy_text(w.look_name, sizeof(w.look_name), schema_look_name(f->look));
			buf_put(&o->b, &w, sizeof(w));
		}
	}
}

static int wire_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct out *o = &((struct wire_sink *)s)->out;
	struct wire_head h = { .magic = WIRE_MAGIC,
			       .endian = WIRE_ENDIAN,
			       .version = WIRE_VERSION,
			       .page_size = info->page_size,
			       .hdr_size = sizeof(struct mmt_hdr),
			       .start_mono_ns = info->start_mono_ns,
			       .start_real_ns = info->start_real_ns };
	size_t n;

	schema_events(&n);
	h.nevents = (uint32_t)n;
	copy_text(h.release, sizeof(h.release), info->release);
	copy_text(h.machine, sizeof(h.machine), info->machine);
	buf_put(&o->b, &h, sizeof(h));
	put_schema(o);
	return out_flush(o);
}

static int wire_raw(struct mmt_sink *s, const void *record, size_t size)
{
	static const char zeros[8];
	struct out *o = &((struct wire_sink *)s)->out;
	uint16_t named = ((const uint16_t *)record)[1];

	/* The ring rounds its samples up; a record is as long as it says. */
	if (named >= 4 && named < size)
		size = named;
	buf_put(&o->b, record, size);
	buf_put(&o->b, zeros, -size & 7);
	return out_spill(o);
}

/* Most records are faults where there are many of them: of a size known here, a copy is a few instructions. */
static bool is_usual(const struct mmt_record *r)
{
	return r->size == sizeof(struct mmt_ev_fault) && ((const uint16_t *)r->data)[1] == r->size;
}

static int wire_raws(struct mmt_sink *s, const struct mmt_record *r, size_t n)
{
	struct out *o = &((struct wire_sink *)s)->out;
	size_t i = 0;
	int err = 0;

	while (i < n && !err) {
		char *from = buf_room(&o->b, (n - i) * sizeof(struct mmt_ev_fault)), *at = from;

		for (; at && i < n && is_usual(&r[i]); i++, at += sizeof(struct mmt_ev_fault))
			memcpy(at, r[i].data, sizeof(struct mmt_ev_fault));
		o->b.len += (size_t)(at - from);
		err = i < n ? wire_raw(s, r[i].data, r[i].size) : out_spill(o);
		i++;
	}
	return err;
}

static int wire_item(struct mmt_sink *s, const struct mmt_item *item)
{
	struct out *o = &((struct wire_sink *)s)->out;
	struct wire_loss l = { .type = WIRE_LOSS, .size = sizeof(l) };

	if (item->kind != MMT_I_LOSS || !item->loss.count)
		return 0;
	l.kind = item->loss.kind;
	l.event = item->loss.event;
	l.count = item->loss.count;
	buf_put(&o->b, &l, sizeof(l));
	return out_spill(o);
}

static int wire_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	struct out *o = &((struct wire_sink *)s)->out;
	struct wire_end e = { .type = WIRE_END,
			      .size = sizeof(e),
			      .child_status = (uint32_t)sum->child_status,
			      .ran_ns = sum->ran_ns,
			      .events = sum->events };

	buf_put(&o->b, &e, sizeof(e));
	return out_flush(o);
}

static int wire_flush(struct mmt_sink *s)
{
	return out_flush(&((struct wire_sink *)s)->out);
}

static void wire_free(struct mmt_sink *s)
{
	out_free(&((struct wire_sink *)s)->out);
	free(s);
}

struct mmt_sink *wire_open(const struct sink_opts *opts)
{
	struct wire_sink *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	out_init(&w->out, opts->fd);
	w->s = (struct mmt_sink){ .begin = wire_begin,
				  .raw = wire_raw,
				  .raws = wire_raws,
				  .item = wire_item,
				  .flush = wire_flush,
				  .end = wire_end,
				  .free = wire_free };
	return &w->s;
}
