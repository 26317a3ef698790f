// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "record/tap.h"

#include <errno.h>
#include <stdlib.h>
#include "mmtrace/wire/names.h"
#include "record/again.h"

#define CHUNK_NS 1000000000ULL /* what a killed run may lose of a slow stream */

struct tap {
	struct mmt_sink s;
	struct rec_writer w;
	const struct rec_head *head;
	struct mmt_ev_fault before; /* of w.fill */
	uint64_t records, cut_ns, bad;
	uint64_t lost[MMT_LOSS_MAX][MMT_EV_MAX]; /* as they were told last */
	int err;
};

static int keep(struct tap *t, int err)
{
	if (err && !t->err)
		t->err = err;
	return t->err;
}

static int put_buf(struct tap *t, struct buf *b)
{
	const char *at = b->data, *end = at + b->len;

	while (!b->err && at < end && !t->err) {
		const struct rec_block_head *h = (const void *)at;

		keep(t, rec_writer_put(&t->w, at, h->size));
		at += (h->size + 7u) & ~7u;
	}
	keep(t, b->err);
	buf_free(b);
	return t->err;
}

static int tap_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct tap *t = (struct tap *)s;
	struct rec_head *h = malloc(sizeof(*h));
	struct buf b = { 0 };

	if (!h)
		return keep(t, -ENOMEM);
	*h = *t->head;
	rec_head_fill(h, info);
	rec_head_put(h, &b);
	rec_schema_put(&b);
	free(h);
	t->cut_ns = info->start_mono_ns;
	put_buf(t, &b);
	return keep(t, rec_writer_cut(&t->w, REC_HEAD));
}

static int tap_raw(struct mmt_sink *s, const void *record, size_t size)
{
	struct tap *t = (struct tap *)s;
	const struct mmt_hdr *h = record;
	uint16_t named = h->size;
	int err;

	/* The ring rounds its samples up; a record is as long as it says. */
	if (named < sizeof(struct rec_block_head) || named > size) {
		t->bad++;
		return 0;
	}
	err = rec_writer_put(&t->w, record, named);
	if (err)
		return keep(t, err);
	if (h->type < MMT_ITEM_FIRST)
		t->w.fill.before = NULL;
	if (h->type < MMT_ITEM_FIRST && named >= sizeof(*h))
		rec_writer_time(&t->w, h->ts_ns);
	t->records++;
	return 0;
}

static bool is_fault(const struct mmt_record *r)
{
	const struct mmt_hdr *h = r->data;

	return r->size == sizeof(struct mmt_ev_fault) && h->size == r->size && h->type == MMT_EV_FAULT;
}

/* Most records are faults where there are many of them. How many of the n are, and fit. */
static size_t put_faults(struct tap *t, const struct mmt_record *r, size_t n)
{
	struct rec_fill f = t->w.fill;
	size_t room = (size_t)(f.end - f.at) / AGAIN_MOST, i;
	const struct mmt_ev_fault *e = NULL;

	for (i = 0; i < n && i < room && is_fault(&r[i]); i++) {
		e = r[i].data;
		if (f.before) {
			f.at = again_put_fault(f.at, e, f.before);
		} else {
			memcpy(f.at, e, sizeof(*e));
			f.at += sizeof(*e);
			f.first_ns = e->h.ts_ns < f.first_ns ? e->h.ts_ns : f.first_ns;
		}
		f.before = e;
	}
	if (!e)
		return 0;
	f.last_ns = e->h.ts_ns > f.last_ns ? e->h.ts_ns : f.last_ns;
	t->before = *e; /* the ring takes its bytes back */
	f.before = &t->before;
	t->w.fill = f;
	t->records += i;
	return i;
}

static int tap_raws(struct mmt_sink *s, const struct mmt_record *r, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		i += put_faults((struct tap *)s, r + i, n - i);
		if (i < n)
			err = tap_raw(s, r[i].data, r[i].size);
	}
	return err;
}

static int put_loss(struct tap *t, const struct mmt_loss_item *l)
{
	struct rec_loss b = {
		.type = REC_LOSS, .size = sizeof(b), .kind = l->kind, .event = l->event, .count = l->count
	};

	return keep(t, rec_writer_put(&t->w, &b, sizeof(b)));
}

/* What the pipeline says at the end it has counted itself, and a replay counts it again: that stands in the tail only. */
static int take_loss(struct tap *t, const struct mmt_loss_item *l)
{
	if (l->kind >= MMT_LOSS_MAX || l->event >= MMT_EV_MAX || !l->count)
		return 0;
	t->lost[l->kind][l->event] = l->count;
	return t->s.state->ending ? 0 : put_loss(t, l);
}

static int tap_item(struct mmt_sink *s, const struct mmt_item *item)
{
	struct tap *t = (struct tap *)s;
	struct buf b = { 0 };

	if (item->kind == MMT_I_LOSS)
		return take_loss(t, &item->loss);
	if (item->kind != MMT_I_HOOK)
		return 0;
	rec_hook_put(&b, &item->hook);
	return put_buf(t, &b);
}

static int put_tick(struct tap *t, enum rec_tick_what what, uint64_t now_ns)
{
	struct rec_tick b = { .type = REC_TICK, .size = sizeof(b), .what = what, .now_ns = now_ns };

	keep(t, rec_writer_put(&t->w, &b, sizeof(b)));
	if (t->err || now_ns - t->cut_ns < CHUNK_NS)
		return t->err;
	t->cut_ns = now_ns;
	return keep(t, rec_writer_cut(&t->w, REC_DATA));
}

static int tap_tick(struct mmt_sink *s, uint64_t now_ns)
{
	return put_tick((struct tap *)s, REC_PERIOD, now_ns);
}

static int tap_flush(struct mmt_sink *s)
{
	return put_tick((struct tap *)s, REC_FLUSH, s->state->now_ns);
}

static int tap_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	struct tap *t = (struct tap *)s;
	struct rec_end e = { .type = REC_END,
			     .size = sizeof(e),
			     .child_status = (uint32_t)sum->child_status,
			     .ran_ns = sum->ran_ns,
			     .now_ns = s->state->now_ns,
			     .bad = sum->bad + t->bad,
			     .records = t->records };

	if (!t->err)
		keep(t, rec_writer_cut(&t->w, REC_DATA));
	for (uint32_t i = 0; i < MMT_LOSS_MAX * MMT_EV_MAX && !t->err; i++) {
		struct mmt_loss_item l = { i / MMT_EV_MAX, i % MMT_EV_MAX, t->lost[i / MMT_EV_MAX][i % MMT_EV_MAX] };

		if (l.count)
			put_loss(t, &l);
	}
	if (!t->err)
		keep(t, rec_writer_put(&t->w, &e, sizeof(e)));
	if (!t->err)
		keep(t, rec_writer_cut(&t->w, REC_TAIL));
	return keep(t, rec_writer_sync(&t->w));
}

static void tap_free(struct mmt_sink *s)
{
	struct tap *t = (struct tap *)s;

	rec_writer_close(&t->w);
	free(t);
}

struct mmt_sink *rec_tap_open(int fd, const struct rec_head *head, enum rec_pack pack)
{
	struct tap *t = calloc(1, sizeof(*t));
	int err = t ? rec_writer_open(&t->w, fd, pack) : -ENOMEM;

	if (err) {
		free(t);
		errno = -err;
		return NULL;
	}
	t->head = head;
	t->s = (struct mmt_sink){ .begin = tap_begin,
				  .raw = tap_raw,
				  .raws = tap_raws,
				  .item = tap_item,
				  .tick = tap_tick,
				  .flush = tap_flush,
				  .end = tap_end,
				  .free = tap_free };
	return &t->s;
}

int rec_tap_failed(const struct mmt_sink *tap)
{
	return tap ? ((const struct tap *)tap)->err : 0;
}

void rec_tap_stats(const struct mmt_sink *tap, struct rec_tap_stats *st)
{
	const struct tap *t = (const struct tap *)tap;

	*st = (struct rec_tap_stats){ .records = t->records, .bytes = rec_writer_bytes(&t->w) };
}
