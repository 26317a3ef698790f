// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/flight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "mmtrace/wire/names.h"
#include "record/head.h"
#include "record/tap.h"
#include "stream/flight_keep.h"

#define PART (64u << 10)

/* A piece of the stream, as blocks of a recording (record/format.h). */
struct part {
	struct part *next;
	size_t used;
	uint64_t last_ns; /* of its events */
	char blocks[PART];
};

struct flight {
	struct mmt_sink s;
	struct flight_opts o;
	struct part *first, *last;
	size_t parts;
	struct keep *keep;
	struct mmt_run_info info; /* strings are the caller's, as long as the run */
	uint64_t records, dropped_ns, lost[MMT_LOSS_MAX][MMT_EV_MAX];
	uint32_t child; /* process of -- CMD, whose exec was not dropped yet; 0: none */
	bool hit;
};

/* ---- keeping ---- */

/* Before its exec the command is not shown, so nobody may wait for an exec that was dropped. */
static void note_dropped(struct flight *f, const struct rec_block_head *b)
{
	const struct mmt_hdr *h = (const void *)b;

	if (b->type == MMT_EV_EXEC && b->size >= sizeof(*h) && h->pid == f->child)
		f->child = 0;
}

/* The oldest part goes through the ledger. */
static int drop(struct flight *f)
{
	struct part *p = f->first;
	int err = 0;

	for (size_t at = 0; at < p->used && !err;) {
		const struct rec_block_head *h = (const void *)(p->blocks + at);

		note_dropped(f, h);
		if (h->type < REC_LOSS)
			err = keep_record(f->keep, h, h->size);
		at += (h->size + 7u) & ~7u;
	}
	f->dropped_ns = p->last_ns > f->dropped_ns ? p->last_ns : f->dropped_ns;
	f->first = p->next;
	f->parts--;
	free(p);
	return err;
}

static int begin_part(struct flight *f)
{
	struct part *p;
	int err = 0;

	while (f->parts && (f->parts + 1) * PART > f->o.bytes && !err)
		err = drop(f);
	p = err ? NULL : malloc(sizeof(*p));
	if (!p)
		return err ? err : -ENOMEM;
	p->next = NULL;
	p->used = 0;
	p->last_ns = 0;
	if (f->first)
		f->last->next = p;
	else
		f->first = p;
	f->last = p;
	f->parts++;
	return 0;
}

static int put(struct flight *f, const void *block, size_t size)
{
	size_t padded = (size + 7) & ~(size_t)7;
	int err = 0;

	if (padded > PART)
		return 0; /* no record is so long */
	if (!f->first || f->last->used + padded > PART)
		err = begin_part(f);
	if (err)
		return err;
	memset(f->last->blocks + f->last->used + padded - 8, 0, 8);
	memcpy(f->last->blocks + f->last->used, block, size);
	f->last->used += padded;
	return 0;
}

static int fl_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct flight *f = (struct flight *)s;

	f->info = *info;
	f->child = (uint32_t)f->o.head->num[REC_CHILD];
	f->keep = keep_new(info->page_size, f->o.blind, f->child);
	return f->keep ? 0 : -ENOMEM;
}

static int fl_raw(struct mmt_sink *s, const void *record, size_t size)
{
	struct flight *f = (struct flight *)s;
	const struct mmt_hdr *h = record;
	int err;

	if (h->size < sizeof(struct rec_block_head) || h->size > size)
		return 0;
	err = put(f, record, h->size);
	if (!err && h->type < MMT_ITEM_FIRST && h->size >= sizeof(*h) && h->ts_ns > f->last->last_ns)
		f->last->last_ns = h->ts_ns;
	f->records++;
	return err;
}

static int fl_item(struct mmt_sink *s, const struct mmt_item *item)
{
	struct flight *f = (struct flight *)s;
	const struct mmt_loss_item *l = &item->loss;
	struct buf b = { 0 };
	int err;

	if (item->kind == MMT_I_LOSS && l->kind < MMT_LOSS_MAX && l->event < MMT_EV_MAX)
		f->lost[l->kind][l->event] = l->count;
	if (item->kind != MMT_I_HOOK)
		return 0;
	err = rec_hook_put(&b, &item->hook);
	if (!err)
		err = put(f, b.data, ((struct rec_hook *)b.data)->size);
	buf_free(&b);
	return err;
}

static int fl_event(struct mmt_sink *s, const struct mmt_view *v)
{
	(void)v;
	((struct flight *)s)->hit = true;
	return 0;
}

static int fl_flush(struct mmt_sink *s)
{
	struct flight *f = (struct flight *)s;
	struct rec_tick t = { .type = REC_TICK, .size = sizeof(t), .what = REC_FLUSH, .now_ns = s->state->now_ns };

	return put(f, &t, sizeof(t));
}

static void fl_free(struct mmt_sink *s)
{
	struct flight *f = (struct flight *)s;

	while (f->first) {
		struct part *p = f->first;

		f->first = p->next;
		free(p);
	}
	keep_free(f->keep);
	free(f);
}

struct mmt_sink *flight_open(const struct flight_opts *o)
{
	struct flight *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->o = *o;
	f->s = (struct mmt_sink){
		.begin = fl_begin, .raw = fl_raw, .item = fl_item, .flush = fl_flush, .free = fl_free
	};
	if (o->watches)
		f->s.event = fl_event;
	return &f->s;
}

bool flight_waits(const struct mmt_sink *flight)
{
	return ((const struct flight *)flight)->hit;
}

bool flight_hit(struct mmt_sink *flight)
{
	struct flight *f = (struct flight *)flight;
	bool hit = f->hit;

	f->hit = false;
	return hit;
}

void flight_stats(const struct mmt_sink *flight, struct flight_stats *st)
{
	const struct flight *f = (const struct flight *)flight;

	*st = (struct flight_stats){ .records = f->records, .bytes = f->parts * PART, .since_ns = f->dropped_ns };
}

/* ---- writing: a tap is told it all again ---- */

static int put_raw(void *tap, const void *record, size_t size)
{
	struct mmt_sink *t = tap;

	return t->raw(t, record, size);
}

static int put_block(struct mmt_sink *tap, struct mmt_state *st, const struct rec_block_head *h)
{
	struct mmt_item item = { .kind = MMT_I_HOOK };

	if (h->type < REC_LOSS)
		return tap->raw(tap, h, h->size);
	if (h->type == REC_HOOK && !rec_hook_get(h, h->size, &item.hook))
		return tap->item(tap, &item);
	if (h->type != REC_TICK)
		return 0;
	st->now_ns = ((const struct rec_tick *)h)->now_ns;
	return tap->flush(tap);
}

static int put_parts(const struct flight *f, struct mmt_sink *tap, struct mmt_state *st)
{
	int err = 0;

	for (const struct part *p = f->first; p && !err; p = p->next)
		for (size_t at = 0; at < p->used && !err;) {
			const struct rec_block_head *h = (const void *)(p->blocks + at);

			err = put_block(tap, st, h);
			at += (h->size + 7u) & ~7u;
		}
	return err;
}

static int put_losses(const struct flight *f, struct mmt_sink *tap)
{
	struct mmt_item item = { .kind = MMT_I_LOSS };
	int err = 0;

	for (uint32_t i = 0; i < MMT_LOSS_MAX * MMT_EV_MAX && !err; i++) {
		item.loss.kind = i / MMT_EV_MAX;
		item.loss.event = i % MMT_EV_MAX;
		item.loss.count = f->lost[i / MMT_EV_MAX][i % MMT_EV_MAX];
		if (i == MMT_LOSS_NAME * MMT_EV_MAX)
			item.loss.count += keep_lost(f->keep);
		err = item.loss.count ? tap->item(tap, &item) : 0;
	}
	return err;
}

int flight_write(struct mmt_sink *flight, int fd, enum rec_pack pack, uint64_t now_ns)
{
	struct flight *f = (struct flight *)flight;
	struct mmt_summary sum = { .ran_ns = now_ns - f->info.start_mono_ns, .child_status = -1 };
	struct rec_head *head = calloc(1, sizeof(*head));
	struct mmt_state st = { .now_ns = f->info.start_mono_ns };
	struct mmt_sink *tap = head ? rec_tap_open(fd, head, pack) : NULL;
	int err = tap ? 0 : head ? -errno : -ENOMEM;

	if (!err) {
		*head = *f->o.head;
		head->num[REC_FLAGS] |= REC_FLIGHT;
		head->num[REC_CHILD] = f->child;
		tap->state = &st;
		err = tap->begin(tap, &f->info);
	}
	if (!err)
		err = keep_tell(f->keep, f->dropped_ns ? f->dropped_ns : f->info.start_mono_ns, put_raw, tap);
	if (!err)
		err = put_parts(f, tap, &st);
	if (!err)
		err = put_losses(f, tap);
	st.now_ns = now_ns;
	if (!err)
		err = tap->end(tap, &sum);
	if (tap)
		tap->free(tap);
	free(head);
	return err;
}
