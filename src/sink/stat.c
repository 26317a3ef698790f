// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Counters of a run on one screen: what was mapped, faults by kind, and the share of time that they took. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "event/schema.h"
#include "event/value.h"
#include "ledger/ranges.h"
#include "mmtrace/map.h"
#include "sink/faults.h"
#include "sink/json_run.h"
#include "sink/out.h"

#define HAS(h, ev, field) ((h)->have & MMT_HAVE(ev, field))
#define PID_SPACE	  (1ull << 32) /* spaces that are known by their process only */
#define SAMPLES_FINE	  1000 /* below, a share of them is known to a few percent at best: shown without decimals */

/* What one address space has mapped. */
struct space {
	uint64_t bytes;
	bool exact; /* else at most that: something was unmapped, and nobody said how much */
};

struct counted {
	uint64_t n, bytes, failed;
	bool bytes_unknown;
};

struct stat_sink {
	struct mmt_sink s;
	struct out out;
	struct json j;
	struct stat_opts opts;
	bool color;
	struct map spaces;
	uint64_t now, peak; /* bytes of all spaces */
	struct counted maps, unmaps, calls, uncalls;
	bool changes, mapped; /* change events came; anything that says what is mapped */
	struct faults_book book;
	uint64_t all, in_fault;	    /* samples */
	bool sampled, counted;	    /* a timer looked; a hook counted, so that none is known to be none */
	uint64_t first_ns, last_ns; /* the first exec, the last exit */
	uint64_t lost[MMT_LOSS_MAX][MMT_EV_MAX];
	char *command;
};

/* ---- what is mapped ---- */

static uint64_t number_of(const struct mmt_hdr *h)
{
	return h->mm ? h->mm : PID_SPACE | h->pid;
}

static struct space *space_of(struct stat_sink *k, const struct mmt_hdr *h)
{
	struct space *sp = map_get(&k->spaces, number_of(h));

	if (sp)
		return sp;
	sp = calloc(1, sizeof(*sp));
	if (sp && map_put(&k->spaces, number_of(h), sp)) {
		free(sp);
		return NULL;
	}
	if (sp)
		sp->exact = true;
	return sp;
}

static void set_bytes(struct stat_sink *k, struct space *sp, uint64_t bytes)
{
	k->now += bytes - sp->bytes;
	sp->bytes = bytes;
}

static void sum_range(void *ctx, const struct range *r)
{
	*(uint64_t *)ctx += r->end - r->start;
}

/* The ledger knows: asked where the events alone do not say it. */
static void ask_ledger(struct stat_sink *k, struct space *sp, const struct mmt_hdr *h)
{
	uint64_t bytes = 0;

	ranges_each(k->s.state->ledger, h->mm, h->pid, sum_range, &bytes);
	set_bytes(k, sp, bytes);
	sp->exact = true;
}

/* A new highest is only believed of what is exact. */
static void note_peak(struct stat_sink *k, struct space *sp, const struct mmt_hdr *h)
{
	if (k->now > k->peak && !sp->exact)
		ask_ledger(k, sp, h);
	if (k->now > k->peak)
		k->peak = k->now;
}

static void count(struct counted *c, uint64_t bytes, bool known)
{
	c->n++;
	c->bytes += bytes;
	c->bytes_unknown |= !known;
}

static void unmapped(struct stat_sink *k, struct space *sp, const struct mmt_ev_vma_unmap *e)
{
	bool known = HAS(&e->h, VMA_UNMAP, bytes);

	count(&k->unmaps, e->bytes, known);
	if (known && sp->exact && e->bytes <= sp->bytes)
		set_bytes(k, sp, sp->bytes - e->bytes);
	else
		sp->exact = false;
}

static void call(struct stat_sink *k, const struct mmt_view *v, struct counted *c)
{
	unsigned err;
	uint64_t len;

	if (value_failed(v->h, v->ev, &err))
		c->failed++;
	else
		count(c, value_get(v->h, v->ev, "len", &len) ? len : 0, true);
	(void)k;
}

/* Where nothing tells changes, the ledger has worked out what a call did. */
static void guessed(struct stat_sink *k, struct space *sp, const struct mmt_hdr *h)
{
	if (k->changes)
		return;
	k->mapped = true;
	ask_ledger(k, sp, h);
	note_peak(k, sp, h);
}

static void take_change(struct stat_sink *k, struct space *sp, const struct mmt_view *v)
{
	const struct mmt_ev_vma_map *map = (const void *)v->h;

	k->changes |= v->h->type != MMT_EV_VMA_IMPORT;
	k->mapped = true;
	if (v->h->type == MMT_EV_VMA_UNMAP) {
		unmapped(k, sp, (const void *)v->h);
		return;
	}
	if (v->h->type == MMT_EV_VMA_MAP) {
		count(&k->maps, map->len, true);
		set_bytes(k, sp, sp->bytes + map->len);
	} else {
		ask_ledger(k, sp, v->h);
	}
	note_peak(k, sp, v->h);
}

static void drop(struct stat_sink *k, const struct mmt_hdr *h)
{
	struct space *sp = map_del(&k->spaces, number_of(h));

	if (sp)
		k->now -= sp->bytes;
	free(sp);
	k->last_ns = h->ts_ns + h->dur_ns;
}

static int ss_event(struct mmt_sink *s, const struct mmt_view *v)
{
	struct stat_sink *k = (struct stat_sink *)s;
	struct space *sp;

	if (v->h->type == MMT_EV_FAULT_KEY)
		return faults_book_key(&k->book, v);
	if (v->h->type == MMT_EV_FAULT)
		return k->opts.records ? faults_book_event(&k->book, v) : 0;
	if (v->h->type == MMT_EV_EXIT) {
		drop(k, v->h);
		return 0;
	}
	if (v->h->type == MMT_EV_EXEC && !k->first_ns)
		k->first_ns = v->h->ts_ns;
	sp = space_of(k, v->h);
	if (!sp)
		return -ENOMEM;
	if (v->ev->family == MMT_FAM_CHANGE && v->h->type != MMT_EV_EXEC && v->h->type != MMT_EV_FORK)
		take_change(k, sp, v);
	if (v->h->type == MMT_EV_MMAP || v->h->type == MMT_EV_SHMAT)
		call(k, v, &k->calls);
	if (v->h->type == MMT_EV_MUNMAP || v->h->type == MMT_EV_SHMDT)
		call(k, v, &k->uncalls);
	if (v->ev->family == MMT_FAM_CALL)
		guessed(k, sp, v->h);
	return 0;
}

/* ---- faults ---- */

static int ss_total(struct mmt_sink *s, const struct mmt_total *t)
{
	return faults_book_total(&((struct stat_sink *)s)->book, t);
}

static int ss_samples(struct mmt_sink *s, const struct mmt_samples *n)
{
	struct stat_sink *k = (struct stat_sink *)s;

	k->all = n->all;
	k->in_fault = n->in_fault;
	k->sampled = true;
	return 0;
}

static int ss_item(struct mmt_sink *s, const struct mmt_item *item)
{
	struct stat_sink *k = (struct stat_sink *)s;

	if (item->kind == MMT_I_LOSS && item->loss.kind < MMT_LOSS_MAX && item->loss.event < MMT_EV_MAX)
		k->lost[item->loss.kind][item->loss.event] = item->loss.count;
	if (item->kind == MMT_I_HOOK && item->hook.enabled &&
	    !strcmp(item->hook.name, k->opts.records ? "fault" : "total.count"))
		k->counted = strcmp(item->hook.tier, "none") != 0;
	return 0;
}

static int ss_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct stat_sink *k = (struct stat_sink *)s;

	k->command = info->command && *info->command ? strdup(info->command) : NULL;
	return k->opts.json ? json_put_header(&k->j, info) : 0;
}

/* ---- telling ---- */

struct told {
	uint64_t ran_ns, lost_faults, lost_maps;
	bool counted;
	const struct counted *maps, *unmaps;
	struct faults_groups faults;
};

static uint64_t lost_of(const struct stat_sink *k, const uint8_t *events, size_t n)
{
	uint64_t lost = 0;

	for (unsigned kind = 0; kind < MMT_LOSS_MAX; kind++)
		for (size_t i = 0; i < n && kind != MMT_LOSS_SYMBOL && kind != MMT_LOSS_STACK && kind != MMT_LOSS_NAME;
		     i++)
			lost += k->lost[kind][events[i]];
	return lost;
}

static void gather(const struct stat_sink *k, const struct mmt_summary *sum, struct told *t)
{
	static const uint8_t faults[] = { MMT_EV_FAULT };
	static const uint8_t maps[] = { MMT_EV_VMA_MAP, MMT_EV_VMA_UNMAP, MMT_EV_MMAP, MMT_EV_MUNMAP };

	t->ran_ns = k->first_ns && k->last_ns > k->first_ns && sum->child_status >= 0 ? k->last_ns - k->first_ns :
											sum->ran_ns;
	t->maps = k->changes ? &k->maps : &k->calls;
	t->unmaps = k->changes ? &k->unmaps : &k->uncalls;
	t->lost_faults = lost_of(k, faults, MMT_COUNT(faults)) + k->lost[MMT_LOSS_SLOT][MMT_EV_FAULT_KEY] +
			 k->lost[MMT_LOSS_RETURN][MMT_EV_FAULT_KEY];
	t->lost_maps = lost_of(k, maps, MMT_COUNT(maps));
}

static void put_line(struct buf *b, const char *what, const char *number, const char *more)
{
	buf_printf(b, "%-16s %10s%s%s\n", what, number, *more ? "   " : "", more);
}

static const char *rate(char *dst, uint64_t n, uint64_t span_ns)
{
	uint64_t per_s = span_ns ? (uint64_t)((unsigned __int128)n * 1000000000u / span_ns) : 0;

	if (!span_ns)
		return "";
	snprintf(dst, NUM_FMT_LEN, per_s >= 100000 ? "%" PRIu64 "k/s" : "%" PRIu64 "/s",
		 per_s >= 100000 ? per_s / 1000 : per_s);
	return dst;
}

static void put_counted(struct buf *b, const char *what, const struct stat_sink *k, const struct counted *c,
			const struct counted *calls)
{
	char n[NUM_FMT_LEN] = "-", more[64] = "", size[NUM_FMT_LEN];

	if (k->mapped) {
		snprintf(n, sizeof(n), "%" PRIu64, c->n);
		snprintf(more, sizeof(more), "%s", c->bytes_unknown ? "-" : num_fmt_size(size, c->bytes));
	}
	if (calls->failed)
		snprintf(more + strlen(more), sizeof(more) - strlen(more), ", %" PRIu64 " failed", calls->failed);
	put_line(b, what, n, more);
}

static void put_faults(struct buf *b, const struct told *t)
{
	char n[NUM_FMT_LEN] = "-", more[64], kind[FAULTS_TEXT + 2], text[FAULTS_TEXT];

	if (t->faults.n || t->counted)
		snprintf(n, sizeof(n), "%" PRIu64, t->faults.all.count);
	put_line(b, "page faults", n, t->faults.n || t->counted ? rate(more, t->faults.all.count, t->ran_ns) : "");
	for (size_t i = 0; i < t->faults.n; i++) {
		const struct faults_group *g = &t->faults.g[i];
		const char *name = faults_kind_text(g->cell->kind, g->cell->class, text);

		snprintf(n, sizeof(n), "%" PRIu64, g->sum.count);
		snprintf(kind, sizeof(kind), "  %s", name ? name : "-");
		put_line(b, kind, n, faults_text_share(more, g->sum.count, t->faults.all.count, true));
	}
}

static void put_time(struct buf *b, const struct stat_sink *k)
{
	char text[NUM_FMT_LEN], more[64] = "no samples";
	const char *share = "-";

	if (k->sampled && k->all) {
		snprintf(text, sizeof(text), "~%" PRIu64 "%%", (k->in_fault * 100 + k->all / 2) / k->all);
		share = k->all < SAMPLES_FINE ? text : faults_text_share(text, k->in_fault, k->all, true);
		snprintf(more, sizeof(more), "of its time, by %" PRIu64 " samples", k->all);
	}
	put_line(b, "time in faults", share, more);
}

static void put_text(struct stat_sink *k, const struct told *t)
{
	struct buf *b = &k->out.b;
	char n[NUM_FMT_LEN];

	put_line(b, "run time", num_fmt_duration(n, t->ran_ns), "");
	put_counted(b, "maps", k, t->maps, &k->calls);
	put_counted(b, "unmaps", k, t->unmaps, &k->uncalls);
	put_line(b, "peak mapped", k->mapped ? num_fmt_size(n, k->peak) : "-", "");
	put_faults(b, t);
	put_time(b, k);
	if (t->lost_faults)
		buf_printf(b, "%" PRIu64 " faults were lost: they are in no number above\n", t->lost_faults);
	if (t->lost_maps)
		buf_printf(b, "%" PRIu64 " maps and unmaps were lost: they are in no number above\n", t->lost_maps);
}

static void put_known(struct json *j, const char *key, bool known, uint64_t v)
{
	if (known)
		json_u64(j, key, v);
	else
		json_null(j, key);
}

static void put_json_counted(struct json *j, const char *key, const struct stat_sink *k, const struct counted *c,
			     const struct counted *calls)
{
	json_obj(j, key);
	put_known(j, "count", k->mapped, c->n);
	put_known(j, "bytes", k->mapped && !c->bytes_unknown, c->bytes);
	json_u64(j, "failed", calls->failed);
	json_end(j);
}

static int put_json(struct stat_sink *k, const struct told *t, const struct mmt_summary *sum)
{
	struct json *j = &k->j;
	int err;

	json_obj(j, NULL);
	json_str(j, "type", "stat");
	json_u64(j, "run_ns", t->ran_ns);
	put_json_counted(j, "maps", k, t->maps, &k->calls);
	put_json_counted(j, "unmaps", k, t->unmaps, &k->uncalls);
	put_known(j, "peak_bytes", k->mapped, k->peak);
	put_known(j, "faults", t->faults.n || t->counted, t->faults.all.count);
	json_arr(j, "faults_by_kind");
	for (size_t i = 0; i < t->faults.n; i++) {
		const struct faults_cell *c = t->faults.g[i].cell;

		json_obj(j, NULL);
		json_str(j, "kind", c->kind ? schema_enum(MMT_LOOK_FKIND, c->kind) : NULL);
		if (!c->kind)
			json_str(j, "class", c->class ? schema_enum(MMT_LOOK_FCLASS, c->class) : NULL);
		json_u64(j, "count", t->faults.g[i].sum.count);
		json_end(j);
	}
	json_end(j);
	put_known(j, "samples", k->sampled, k->all);
	put_known(j, "samples_in_fault", k->sampled, k->in_fault);
	json_u64(j, "faults_lost", t->lost_faults);
	json_u64(j, "maps_lost", t->lost_maps);
	json_end(j);
	err = json_line(j);
	return err ? err : json_put_summary(j, sum);
}

static int ss_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	static const uint8_t by[] = { FAULTS_KIND };
	struct stat_sink *k = (struct stat_sink *)s;
	struct faults_pick pick = { .by = by, .nby = 1 };
	struct told t = { .counted = k->counted };
	int err = faults_book_groups(&k->book, &pick, &t.faults);

	gather(k, sum, &t);
	if (!err && k->opts.json)
		err = put_json(k, &t, sum);
	else if (!err)
		put_text(k, &t);
	faults_groups_free(&t.faults);
	return err ? err : out_flush(&k->out);
}

static void ss_free(struct mmt_sink *s)
{
	struct stat_sink *k = (struct stat_sink *)s;

	for (size_t i = 0; i < k->spaces.cap; i++)
		if (k->spaces.slots[i].key)
			free(k->spaces.slots[i].val);
	map_free(&k->spaces);
	faults_book_free(&k->book);
	free(k->command);
	out_free(&k->out);
	free(k);
}

struct mmt_sink *stat_open(const struct stat_opts *opts, const struct sink_opts *to)
{
	struct stat_sink *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	out_init(&k->out, to->fd);
	json_init(&k->j, &k->out.b);
	k->opts = *opts;
	k->s = (struct mmt_sink){ .begin = ss_begin,
				  .event = ss_event,
				  .item = ss_item,
				  .total = ss_total,
				  .samples = ss_samples,
				  .end = ss_end,
				  .free = ss_free };
	return &k->s;
}
