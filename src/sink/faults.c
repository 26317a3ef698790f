// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sink/faults.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sink/json_run.h"
#include "sink/out.h"

#define WIDTH 100 /* where nobody knows */
#define WIDE  110 /* room for one more column */

#define RATE_MIN_NS 10000000ull

struct faults_sink {
	struct mmt_sink s;
	struct out out;
	struct json j;
	struct faults_opts opts;
	struct faults_book book;
	struct faults_slows slows;
	struct faults_show show;
	bool color;
	uint64_t start_ns, tick_ns; /* of the run, of the interval */
	uint64_t lost[MMT_LOSS_MAX][MMT_EV_MAX];
};

static int fs_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct faults_sink *k = (struct faults_sink *)s;

	k->start_ns = k->tick_ns = k->book.start_ns = info->start_mono_ns;
	k->show.style.clock_ns = info->clock_res_ns;
	return k->opts.form == FAULTS_JSON ? json_put_header(&k->j, info) : 0;
}

static int fs_event(struct mmt_sink *s, const struct mmt_view *v)
{
	struct faults_sink *k = (struct faults_sink *)s;
	int err = 0;

	if (v->h->type == MMT_EV_FAULT_KEY)
		return faults_book_key(&k->book, v);
	if (v->h->type != MMT_EV_FAULT || v->h->dur_ns < k->opts.slower_ns)
		return 0; /* others the ledger has taken */
	if (!faults_match_event(&k->book, v))
		return 0;
	if (k->opts.records)
		err = faults_book_event(&k->book, v);
	return err ? err : faults_slows_event(&k->slows, v);
}

static int fs_total(struct mmt_sink *s, const struct mmt_total *t)
{
	return faults_book_total(&((struct faults_sink *)s)->book, t);
}

static int fs_item(struct mmt_sink *s, const struct mmt_item *item)
{
	struct faults_sink *k = (struct faults_sink *)s;

	if (item->kind == MMT_I_LOSS && item->loss.kind < MMT_LOSS_MAX && item->loss.event < MMT_EV_MAX)
		k->lost[item->loss.kind][item->loss.event] = item->loss.count;
	return 0;
}

/* Faults that are in no total, as far as that was counted. */
static uint64_t lost_faults(const struct faults_sink *k)
{
	static const uint8_t kinds[] = { MMT_LOSS_SLOT, MMT_LOSS_RETURN, MMT_LOSS_RECURSE };
	uint64_t n = k->opts.records ? k->lost[MMT_LOSS_RING][MMT_EV_FAULT] : 0;

	for (unsigned i = 0; i < MMT_COUNT(kinds); i++)
		n += k->lost[kinds[i]][MMT_EV_FAULT] + k->lost[kinds[i]][MMT_EV_FAULT_KEY];
	/* of MMT_EV_FAULT_KEY: keys that had no room, whose faults are in (other) */
	return n + k->lost[MMT_LOSS_TOTAL][MMT_EV_FAULT] + k->lost[MMT_LOSS_RECURSE][0];
}

/* Processes of which nobody knows how many they had. */
static uint64_t lost_processes(const struct faults_sink *k)
{
	return k->lost[MMT_LOSS_TARGET][0] + k->lost[MMT_LOSS_MUTE][0];
}

static int judge(struct faults_sink *k, struct json *j)
{
	return faults_gate(&k->show, lost_processes(k) ? FAULTS_ANY : lost_faults(k), j);
}

static int groups(struct faults_sink *k, bool interval, bool stacks, struct faults_groups *g)
{
	struct faults_pick pick = { .by = k->opts.by, .nby = k->opts.nby, .interval = interval, .stacks = stacks };

	*g = (struct faults_groups){ 0 };
	return faults_book_groups(&k->book, &pick, g);
}

static int put_json(struct faults_sink *k, const struct faults_groups *g, bool interval)
{
	int err = 0;

	for (size_t i = 0; i < g->n && !err; i++) {
		err = faults_json_group(&k->j, &k->show, &g->g[i], interval ? "interval" : "key");
		err = err ? err : out_spill(&k->out);
	}
	return err ? err : faults_json_total(&k->j, &k->show, g, interval ? "interval_total" : "total");
}

static void put_interval(struct faults_sink *k, const struct faults_groups *g, uint64_t now_ns)
{
	struct buf *b = &k->out.b;
	struct faults_show show = k->show;
	char text[NUM_FMT_LEN];
	uint64_t ms = (now_ns - k->start_ns) / 1000000;

	buf_printf(b, "%s%" PRIu64 ".%03" PRIu64 " s: %" PRIu64 " fault%s in %s%s\n", k->color ? "\033[2m" : "",
		   ms / 1000, ms % 1000, g->all.count, g->all.count == 1 ? "" : "s",
		   num_fmt_duration(text, k->show.span_ns), k->color ? "\033[0m" : "");
	/* The rest of a run: programs count on until they are switched off, which is later than the run's end. */
	if (show.span_ns < RATE_MIN_NS)
		show.span_ns = 0;
	if (g->n)
		faults_text_table(b, &show, g);
	buf_putc(b, '\n');
}

static int fs_tick(struct mmt_sink *s, uint64_t now_ns)
{
	struct faults_sink *k = (struct faults_sink *)s;
	struct faults_groups g;
	int err;

	if (!k->opts.interval || k->opts.form > FAULTS_JSON)
		return 0;
	k->show.start_ns = k->tick_ns;
	k->show.span_ns = now_ns - k->tick_ns;
	err = groups(k, true, false, &g);
	if (!err && k->opts.form == FAULTS_JSON)
		err = put_json(k, &g, true);
	else if (!err)
		put_interval(k, &g, now_ns);
	faults_groups_free(&g);
	k->tick_ns = now_ns;
	faults_book_tick(&k->book);
	return err ? err : out_flush(&k->out);
}

static int put_stacks(struct faults_sink *k)
{
	struct faults_groups g;
	int err = groups(k, false, true, &g);

	if (!err && k->opts.form == FAULTS_TABLE && g.n)
		faults_text_stacks(&k->out.b, &k->show, &g);
	else if (!err && k->opts.form > FAULTS_JSON)
		faults_text_folded(&k->out.b, &k->show, &g);
	for (size_t i = 0; k->opts.form == FAULTS_JSON && i < g.n && !err; i++)
		err = faults_json_stack(&k->j, &g.g[i]);
	faults_groups_free(&g);
	return err;
}

static int put_table(struct faults_sink *k, const struct faults_groups *g)
{
	uint64_t lost = lost_faults(k), whole = lost_processes(k);
	struct buf *b = &k->out.b;

	if (k->opts.interval) {
		char text[NUM_FMT_LEN];

		buf_printf(b, "%sAll of %s%s\n", k->color ? "\033[1m" : "", num_fmt_duration(text, k->show.span_ns),
			   k->color ? "\033[0m" : "");
	}
	faults_text_table(b, &k->show, g);
	if (g->maybe)
		buf_printf(b,
			   "%" PRIu64
			   " faults may be meant by -f or not: what they are is unknown; they are in no number above\n",
			   g->maybe);
	if (lost)
		buf_printf(b, "%" PRIu64 " faults were lost: they are in no number above\n", lost);
	if (whole)
		buf_printf(b, "Faults of %" PRIu64 " processes were not seen: they are in no number above\n", whole);
	if (k->opts.split && g->n)
		faults_text_split(b, &k->show, g);
	faults_text_bars(b, &k->show, g);
	faults_text_slow(b, &k->show, &k->slows);
	return k->opts.stacks ? put_stacks(k) : 0;
}

static int put_end(struct faults_sink *k, const struct mmt_summary *sum)
{
	struct json *j = k->opts.form == FAULTS_JSON ? &k->j : NULL;
	struct faults_groups g;
	int err = groups(k, false, false, &g), gate;

	if (!err)
		err = j ? put_json(k, &g, false) : put_table(k, &g);
	for (uint32_t i = 0; j && i < k->slows.n && !err; i++)
		err = faults_json_slow(j, &k->slows.s[i]);
	faults_groups_free(&g);
	if (!err && j && k->opts.stacks)
		err = put_stacks(k);
	gate = err ? err : judge(k, j);
	if (gate > 0)
		k->s.verdict = gate;
	err = gate < 0 ? gate : 0;
	return err || !j ? err : json_put_summary(j, sum);
}

static int fs_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	struct faults_sink *k = (struct faults_sink *)s;
	int err = k->start_ns + sum->ran_ns > k->tick_ns ? fs_tick(s, k->start_ns + sum->ran_ns) : 0; /* what is left */

	if (err)
		return err;
	k->show.start_ns = k->start_ns;
	k->show.span_ns = sum->ran_ns;
	if (k->opts.form > FAULTS_JSON) {
		err = put_stacks(k);
		if (!err)
			err = judge(k, NULL);
		if (err > 0)
			s->verdict = err;
		err = err < 0 ? err : 0;
	} else {
		err = put_end(k, sum);
	}
	return err ? err : out_flush(&k->out);
}

static int fs_flush(struct mmt_sink *s)
{
	return out_flush(&((struct faults_sink *)s)->out);
}

static void fs_free(struct mmt_sink *s)
{
	struct faults_sink *k = (struct faults_sink *)s;

	faults_book_free(&k->book);
	faults_slows_free(&k->slows);
	out_free(&k->out);
	free(k);
}

struct mmt_sink *faults_open(const struct faults_opts *opts, const struct sink_opts *to)
{
	struct faults_sink *k = calloc(1, sizeof(*k));

	if (!k || faults_slows_init(&k->slows, opts->slowest)) {
		free(k);
		return NULL;
	}
	out_init(&k->out, to->fd);
	json_init(&k->j, &k->out.b);
	k->opts = *opts;
	k->color = to->color;
	k->book.opts = &k->opts;
	k->book.cluster = opts->cluster;
	k->book.ncpus = opts->ncpus;
	k->show = (struct faults_show){ .opts = &k->opts, .book = &k->book };
	k->show.style.color = to->color;
	k->show.style.ascii = opts->ascii;
	k->show.style.width = opts->width ? opts->width : WIDTH;
	k->show.style.mean = k->show.style.width >= WIDE;
	k->s = (struct mmt_sink){ .begin = fs_begin,
				  .event = fs_event,
				  .item = fs_item,
				  .total = fs_total,
				  .tick = fs_tick,
				  .flush = fs_flush,
				  .end = fs_end,
				  .free = fs_free };
	return &k->s;
}
