// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "record/layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "event/schema.h"

#define FIELDS_MAX 60 /* bits of mmt_hdr.have, include/mmtrace/wire/event.h */

/* A field of the file's that is one of ours, too. */
struct moved {
	uint16_t offset;
	uint8_t wire, count, have;
	const struct mmt_field *to;
};

struct layout {
	uint16_t bytes;			   /* 0: the file has no such event */
	unsigned nfields;		   /* that the file has */
	const struct mmt_schema_event *to; /* NULL: we have no such event */
	bool same;			   /* the record is one of ours as it is */
	unsigned nmoved;
	struct moved moved[FIELDS_MAX];
};

struct layouts {
	struct layout *of[MMT_EV_MAX]; /* by the file's numbers */
	struct layout *last;	       /* that of the EVENT block before */
	union {
		struct mmt_hdr h;
		char room[65536];
	} made;
};

struct layouts *layouts_new(void)
{
	return calloc(1, sizeof(struct layouts));
}

void layouts_free(struct layouts *l)
{
	for (unsigned i = 0; l && i < MMT_EV_MAX; i++)
		free(l->of[i]);
	free(l);
}

/* ---- the schema ---- */

static bool is_name(const char name[REC_NAME])
{
	return name[0] && memchr(name, '\0', REC_NAME);
}

static int take_event(struct layouts *l, const struct rec_event *e)
{
	struct layout *at;

	l->last = NULL;
	if (!is_name(e->name) || !e->num || e->bytes < sizeof(struct rec_block_head))
		return -EBADMSG;
	if (e->num >= MMT_EV_MAX)
		return 0; /* of a newer mmtrace */
	if (l->of[e->num])
		return -EBADMSG;
	at = calloc(1, sizeof(*at));
	if (!at)
		return -ENOMEM;
	at->bytes = e->bytes;
	at->to = schema_event_by_name(e->name);
	at->same = at->to && at->to->num == e->num && at->to->size == e->bytes;
	l->of[e->num] = l->last = at;
	return 0;
}

static int take_field(struct layouts *l, const struct rec_field *f)
{
	struct layout *at = l->last;
	const struct mmt_field *to;
	unsigned size = schema_wire_size(f->wire);

	if (!is_name(f->name))
		return -EBADMSG;
	if (!at)
		return 0; /* of an event that is not known here */
	if (!size || !f->count || f->have >= FIELDS_MAX || f->offset + size * f->count > at->bytes)
		return -EBADMSG;
	at->nfields++;
	to = at->to ? schema_field(at->to, f->name) : NULL;
	if (!to) {
		at->same = false;
		return 0;
	}
	at->same &= to->offset == f->offset && to->wire == f->wire && to->count == f->count && to->index == f->have;
	if (at->nmoved == FIELDS_MAX)
		return -EBADMSG;
	at->moved[at->nmoved++] =
		(struct moved){ .offset = f->offset, .wire = f->wire, .count = f->count, .have = f->have, .to = to };
	return 0;
}

int layouts_block(struct layouts *l, const void *block, size_t size)
{
	const struct rec_block_head *b = block;

	if (b->type == REC_EVENT)
		return size < sizeof(struct rec_event) ? -EBADMSG : take_event(l, block);
	if (b->type == REC_FIELD)
		return size < sizeof(struct rec_field) ? -EBADMSG : take_field(l, block);
	return 0;
}

int layouts_ready(struct layouts *l, uint64_t hdr_size)
{
	if (hdr_size < sizeof(struct mmt_hdr))
		return -EBADMSG;
	for (unsigned i = 0; i < MMT_EV_MAX; i++) {
		struct layout *at = l->of[i];

		if (at && at->bytes < hdr_size)
			return -EBADMSG;
		if (at && at->to)
			at->same &= at->nfields == at->to->nfields && hdr_size == sizeof(struct mmt_hdr);
	}
	return 0;
}

/* ---- records ---- */

static uint64_t get(const char *at, unsigned wire)
{
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint64_t u64;
	} v = { 0 };

	memcpy(&v, at, schema_wire_size(wire));
	switch (wire) {
	case MMT_W_U8:
		return v.u8;
	case MMT_W_U16:
		return v.u16;
	case MMT_W_U32:
		return v.u32;
	case MMT_W_S32:
		return (uint64_t)(int64_t)(int32_t)v.u32;
	default:
		return v.u64;
	}
}

/* False: it does not fit. */
static bool put(char *at, unsigned wire, uint64_t v)
{
	uint8_t u8 = (uint8_t)v;
	uint16_t u16 = (uint16_t)v;
	uint32_t u32 = (uint32_t)v;
	bool fits = true;

	switch (wire) {
	case MMT_W_U8:
		memcpy(at, &u8, sizeof(u8));
		return u8 == v;
	case MMT_W_U16:
		memcpy(at, &u16, sizeof(u16));
		return u16 == v;
	case MMT_W_U32:
	case MMT_W_S32:
		memcpy(at, &u32, sizeof(u32));
		fits = wire == MMT_W_U32 ? u32 == v : (uint64_t)(int64_t)(int32_t)u32 == v;
		return fits;
	default:
		memcpy(at, &v, sizeof(v));
		return true;
	}
}

static void move(const struct layout *at, const char *from, struct mmt_hdr *to)
{
	uint64_t have = ((const struct mmt_hdr *)from)->have;

	for (unsigned i = 0; i < at->nmoved; i++) {
		const struct moved *m = &at->moved[i];
		unsigned step = schema_wire_size(m->wire), to_step = schema_wire_size(m->to->wire);
		bool fits = true;

		/* also what is not there, as a record that needs no moving keeps it: of an import, bits that /proc tells */
		for (unsigned k = 0; k < m->count && k < m->to->count && fits; k++)
			fits = put((char *)to + m->to->offset + k * to_step, m->to->wire,
				   get(from + m->offset + k * step, m->wire));
		if (fits)
			to->have |= (have >> m->have & 1) << m->to->index;
		else
			memset((char *)to + m->to->offset, 0, (size_t)to_step * m->to->count);
	}
}

enum layout_take layouts_take(struct layouts *l, const void *record, size_t size, const void **out, size_t *out_size)
{
	const struct mmt_hdr *h = record;
	const struct layout *at = h->type < MMT_EV_MAX ? l->of[h->type] : NULL;

	if (!at || !at->to)
		return LAYOUT_UNKNOWN;
	if (size != at->bytes)
		return LAYOUT_BAD;
	if (at->same) {
		*out = record;
		*out_size = size;
		return LAYOUT_TAKEN;
	}
	memset(&l->made, 0, at->to->size);
	memcpy(&l->made.h, h, sizeof(*h));
	l->made.h.type = at->to->num;
	l->made.h.size = at->to->size;
	l->made.h.have &= MMT_HAVE_DUR;
	move(at, record, &l->made.h);
	*out = &l->made;
	*out_size = at->to->size;
	return LAYOUT_TAKEN;
}
