// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sink/maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "event/flags.h"
#include "event/value.h"
#include "sink/json_run.h"
#include "sink/out.h"

#define HOME_CLEAR "\033[H\033[J"
#define DRAW_NS	   1000000000ULL

struct resident {
	uint64_t start, end, bytes;
	char perms[MAPS_PERMS];
};

struct maps_sink {
	struct mmt_sink s;
	struct out out;
	struct json j;
	struct maps_opts opts;
	bool color, screen; /* screen: drawn over, not appended */
	bool unseen;	    /* faults were not watched */
	uint64_t start_ns, drawn_ns;
	/* of the process being told */
	struct maps_process p;
	struct resident *res;
	size_t nres, res_room;
	struct range held; /* not yet told: the next one may continue it */
	uint64_t last_serial;
	unsigned closed; /* told of those that are no more */
	uint64_t now_ns;
	int err;
};

/* ---- what is resident ---- */

static int take_resident(void *ctx, uint64_t start, uint64_t end, uint64_t bytes, const char *perms)
{
	struct maps_sink *k = ctx;

	if (k->nres == k->res_room) {
		size_t room = k->res_room ? k->res_room * 2 : 256;
		struct resident *res = realloc(k->res, room * sizeof(*res));

		if (!res)
			return -ENOMEM;
		k->res = res;
		k->res_room = room;
	}
	k->res[k->nres] = (struct resident){ .start = start, .end = end, .bytes = bytes };
	memcpy(k->res[k->nres++].perms, perms, MAPS_PERMS - 1);
	return 0;
}

/*
 * The kernel counts by VMA, and may have made one of what are several ranges here: then it is known only of one that is empty or
 * full.
 */
static uint64_t resident_of(const struct maps_sink *k, uint64_t start, uint64_t end)
{
	uint64_t sum = 0, covered = 0;

	for (size_t i = 0; i < k->nres; i++) {
		const struct resident *r = &k->res[i];

		if (r->end <= start || r->start >= end)
			continue;
		if (r->bytes == MAPS_UNKNOWN)
			return MAPS_UNKNOWN;
		covered += (r->end < end ? r->end : end) - (r->start > start ? r->start : start);
		if (r->start >= start && r->end <= end)
			sum += r->bytes;
		else if (r->bytes == r->end - r->start)
			sum += (r->end < end ? r->end : end) - (r->start > start ? r->start : start);
		else if (r->bytes)
			return MAPS_UNKNOWN;
	}
	return covered == end - start ? sum : MAPS_UNKNOWN;
}

/* What the ledger knows, else what /proc says now; "-" when neither does. */
static const char *perms_of(const struct maps_sink *k, const struct mapping *m, const struct range *r,
			    char perms[MAPS_PERMS])
{
	maps_perms(perms, r ? r->vm_flags : m->vm_flags);
	if (!r || r->has_flags || r->guessed || r->has_perms)
		return perms;
	for (size_t i = 0; i < k->nres; i++)
		if (r->start >= k->res[i].start && r->start < k->res[i].end)
			return k->res[i].perms;
	return "-";
}

bool maps_by_driver(const struct maps_row *row)
{
	const struct mapping *m = row->m;
	const struct mmt_view *v = row->v;
	const char *func = m->func ? v->names->get(v->names->ctx, m->func) : NULL;

	return m->installs.events || m->rdev || m->unsure || (func && strchr(func, ':')) ||
	       (v->map_class == MMT_FCLASS_PFN && v->mapping && v->mapping[0] != '[');
}

/* ---- telling ---- */

static void tell_row(struct maps_sink *k, const struct mapping *m, const struct range *r)
{
	char perms[MAPS_PERMS];
	struct mmt_view v = { 0 };
	struct maps_row row = { .v = &v, .m = m, .r = r, .resident = MAPS_UNKNOWN, .now_ns = k->now_ns };

	k->s.state->range(k->s.state, m, r, &v);
	if (k->opts.match && !k->opts.match(k->opts.match_ctx, &v, k->start_ns))
		return;
	if (r && v.map_flags & FLAGS_VM_PFNMAP)
		row.resident =
			m->installs.events && m->ranges == 1 ? m->installs.pages * k->s.state->page_size : MAPS_UNKNOWN;
	else if (r)
		row.resident = resident_of(k, r->start, r->end);
	row.faults = m->faults || (!m->imported && !k->unseen);
	row.perms = perms_of(k, m, r, perms);
	row.again = r && k->last_serial == m->serial;
	if (!r && !k->opts.history && !maps_by_driver(&row))
		return;
	if (!r && !k->closed++ && !k->opts.json)
		buf_puts(&k->out.b, "no more:\n");
	if (k->opts.json) {
		maps_json_row(&k->j, &k->p, &row, k->opts.history);
		k->err = k->err ? k->err : json_line(&k->j);
	} else {
		maps_text_row(&k->out.b, k->color, &row);
		if (k->opts.history && !row.again)
			maps_text_history(&k->out.b, k->color, m);
	}
	k->last_serial = r ? m->serial : 0;
	k->err = k->err ? k->err : out_spill(&k->out);
}

/* Told as one: a mapping's ranges that differ in nothing a person sees. */
static bool continues(const struct range *a, const struct range *b)
{
	const uint64_t seen = FLAGS_VM_READ | FLAGS_VM_WRITE | FLAGS_VM_EXEC | FLAGS_VM_MAYSHARE;

	return a->map == b->map && a->end == b->start && !((a->vm_flags ^ b->vm_flags) & seen) && a->file == b->file &&
	       (!a->file || a->off + (a->end - a->start) == b->off);
}

static void tell_held(struct maps_sink *k)
{
	if (k->held.map)
		tell_row(k, k->held.map, &k->held);
	k->held.map = NULL;
}

static void tell_range(void *ctx, const struct range *r)
{
	struct maps_sink *k = ctx;

	if (k->held.map && continues(&k->held, r)) {
		k->held.end = r->end;
		return;
	}
	tell_held(k);
	k->held = *r;
}

static void count_range(void *ctx, const struct range *r)
{
	struct maps_sink *k = ctx;

	k->p.ranges++;
	k->p.bytes += r->end - r->start;
}

static void tell_closed(void *ctx, const struct mapping *m)
{
	struct maps_sink *k = ctx;

	tell_row(k, m, NULL);
}

/* left_ns: when it lost its mappings, 0: it lives. */
static int tell_process(struct maps_sink *k, uint32_t mm, uint32_t pid, bool gap, const char *state, uint64_t left_ns)
{
	const struct mmt_state *st = k->s.state;

	k->p = (struct maps_process){ .comm = st->comm(st, pid), .pid = pid, .mm = mm, .state = state, .gap = gap };
	ranges_each(st->ledger, mm, pid, count_range, k);
	k->nres = 0;
	if (!left_ns && st->resident)
		st->resident(st, pid, take_resident, k);
	k->now_ns = left_ns ? left_ns : st->now_ns;
	k->last_serial = 0;
	if (!k->opts.json)
		maps_text_process(&k->out.b, k->color, &k->p);
	ranges_each(st->ledger, mm, pid, tell_range, k);
	tell_held(k);
	k->closed = 0;
	ranges_each_closed(st->ledger, mm, pid, tell_closed, k);
	if (!k->opts.json)
		buf_putc(&k->out.b, '\n');
	return k->err ? k->err : out_spill(&k->out);
}

static void tell_space(void *ctx, const struct ranges_space *s)
{
	struct maps_sink *k = ctx;

	if (!k->err)
		k->err = tell_process(k, s->mm, s->pid, s->gap, "now", 0);
}

static int tell_all(struct maps_sink *k)
{
	if (k->screen)
		buf_puts(&k->out.b, HOME_CLEAR);
	ranges_each_space(k->s.state->ledger, tell_space, k);
	k->drawn_ns = k->s.state->now_ns;
	return k->err ? k->err : out_flush(&k->out);
}

/* ---- the sink ---- */

static bool watched(const struct mmt_run_info *info, const char *hook)
{
	for (uint32_t i = 0; i < info->nhooks; i++)
		if (!strcmp(info->hooks[i].name, hook))
			return strcmp(info->hooks[i].tier, "none");
	return false;
}

static int maps_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct maps_sink *k = (struct maps_sink *)s;

	k->start_ns = info->start_mono_ns;
	k->unseen = !watched(info, "fault");
	return k->opts.json ? json_put_header(&k->j, info) : 0;
}

static int maps_event(struct mmt_sink *s, const struct mmt_view *v)
{
	(void)s;
	(void)v; /* the ledger has taken it */
	return 0;
}

/* A process is about to lose its mappings: this is what it had. */
static int maps_leaving(struct mmt_sink *s, const struct mmt_hdr *h)
{
	struct maps_sink *k = (struct maps_sink *)s;
	const struct mmt_ev_exit *e = (const void *)h;
	bool exec = h->have & MMT_HAVE(EXIT, origin) && e->origin == MMT_ORIGIN_EXEC;

	if (k->opts.live || (exec && !k->opts.history))
		return 0;
	return tell_process(k, h->mm, h->pid, false, exec ? "at exec" : "at exit", h->ts_ns);
}

static int maps_flush(struct mmt_sink *s)
{
	struct maps_sink *k = (struct maps_sink *)s;

	if (k->opts.live && k->s.state->now_ns - k->drawn_ns >= DRAW_NS)
		return tell_all(k);
	return out_flush(&k->out);
}

static int maps_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	struct maps_sink *k = (struct maps_sink *)s;
	int err = tell_all(k);

	if (!err && k->opts.json)
		err = json_put_summary(&k->j, sum);
	return err ? err : out_flush(&k->out);
}

static void maps_free(struct mmt_sink *s)
{
	struct maps_sink *k = (struct maps_sink *)s;

	out_free(&k->out);
	free(k->res);
	free(k);
}

struct mmt_sink *maps_open(const struct maps_opts *opts, const struct sink_opts *to)
{
	struct maps_sink *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	out_init(&k->out, to->fd);
	json_init(&k->j, &k->out.b);
	k->opts = *opts;
	k->color = to->color;
	k->screen = opts->live && !opts->json && isatty(to->fd);
	k->s = (struct mmt_sink){ .begin = maps_begin,
				  .event = maps_event,
				  .leaving = maps_leaving,
				  .flush = maps_flush,
				  .end = maps_end,
				  .free = maps_free };
	return &k->s;
}
