// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/replay.h"

#include "mmtrace/wire/names.h"

void replay_opts_fill(const struct rec_head *h, struct pipeline_opts *o)
{
	o->page_size = (uint32_t)h->num[REC_PAGE_SIZE];
	o->child = (uint32_t)h->num[REC_CHILD];
	o->blind = h->num[REC_FLAGS] & REC_BLIND;
}

struct playing {
	struct pipeline *p;
	uint64_t every_ns, next_ns;
	bool ended;
};

/* Ticks are due by the time at which an event was told: at its end. */
static int tick_until(struct playing *k, const struct mmt_item *item)
{
	const struct mmt_hdr *h = item->data;
	uint64_t ts;
	int err = 0;

	if (!k->every_ns || item->kind != MMT_I_RECORD || item->size < sizeof(*h) || h->type >= MMT_ITEM_FIRST)
		return 0;
	ts = h->ts_ns + (h->have & MMT_HAVE_DUR ? h->dur_ns : 0);
	if (ts < k->next_ns)
		return 0;
	/* one for all intervals that were over meanwhile, as a reader that was held up does */
	k->next_ns += (ts - k->next_ns) / k->every_ns * k->every_ns;
	pipeline_now(k->p, k->next_ns);
	err = pipeline_tick(k->p, k->next_ns);
	k->next_ns += k->every_ns;
	return err;
}

static int play_tick(struct playing *k, const struct rec_tick *t)
{
	pipeline_now(k->p, t->now_ns);
	if (t->what == REC_FLUSH)
		return pipeline_flush(k->p);
	return t->what == REC_PERIOD && !k->every_ns ? pipeline_tick(k->p, t->now_ns) : 0;
}

static int play_end(struct playing *k, const struct rec_end *e)
{
	k->ended = true;
	pipeline_bad(k->p, e->bad);
	pipeline_now(k->p, e->now_ns);
	return pipeline_end(k->p, e->ran_ns, (int32_t)e->child_status);
}

static int play_piece(struct playing *k, const struct rec_piece *piece)
{
	int err;

	switch (piece->what) {
	case REC_W_ITEM:
		err = tick_until(k, &piece->item);
		return err ? err : pipeline_item(k->p, &piece->item);
	case REC_W_TICK:
		return play_tick(k, &piece->tick);
	case REC_W_LOST:
		if (piece->lost.kind == MMT_LOSS_SYMBOL) /* nobody is asked for names here */
			pipeline_nameless(k->p, piece->lost.event, piece->lost.count);
		return 0;
	default:
		return play_end(k, &piece->end);
	}
}

int replay_play(struct rec_reader *r, struct pipeline *p, const struct replay_ticks *ticks)
{
	struct playing k = { .p = p };
	struct mmt_run_info info;
	struct rec_piece piece;
	uint64_t last;
	int err, got, end;

	rec_head_info(rec_reader_head(r), &info);
	k.every_ns = ticks ? ticks->every_ns : 0;
	k.next_ns = info.start_mono_ns + k.every_ns;
	pipeline_now(p, info.start_mono_ns);
	err = pipeline_begin(p, &info);
	if (rec_reader_head(r)->num[REC_FLAGS] & REC_FLIGHT)
		pipeline_partial(p, "the recording begins in the middle of the run");
	while (!err && (got = rec_reader_next(r, &piece)) != 0)
		err = got < 0 ? got : play_piece(&k, &piece);
	pipeline_bad(p, rec_reader_stats(r)->bad);
	if (k.ended)
		return err;
	last = rec_reader_stats(r)->last_ns;
	last = last > info.start_mono_ns ? last : info.start_mono_ns;
	pipeline_now(p, last);
	pipeline_partial(p, "the recording was cut");
	end = pipeline_end(p, last - info.start_mono_ns, -1);
	return pipeline_failed(p) ? pipeline_failed(p) : err ? err : end;
}
