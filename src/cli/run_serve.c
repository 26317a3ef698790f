// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/run_serve.h"

#include <string.h>
#include "cli/cmd.h"
#include "cli/doctor.h"
#include "event/schema.h"
#include "filter/expr.h"
#include "mmtrace/wire/total.h"
#include "probe/hook_table.h"

bool run_serve_has(const struct rec_head *h, unsigned event)
{
	const struct mmt_schema_event *ev = schema_event(event);
	const char *at = h->text[REC_WANTED];
	size_t len = ev ? strlen(ev->name) : 0;

	for (; ev && at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (!strncmp(at, ev->name, len) && (!at[len] || at[len] == ','))
			return true;
	return false;
}

static const char *tier_of(const struct rec_head *h, const char *hook)
{
	for (uint32_t i = 0; hook && i < h->nhooks; i++)
		if (!strcmp(h->hooks[i].name, hook))
			return h->hooks[i].tier;
	return NULL;
}

void run_serve_choices(const struct rec_head *h, struct hook_choice choice[MMT_HOOK_MAX])
{
	for (int hook = 0; hook < MMT_HOOK_MAX; hook++) {
		const struct hook_row *row = &hook_table[hook];
		const char *tier = tier_of(h, row->name);

		choice[hook] = (struct hook_choice){ .try = -1, .better = -1 };
		for (int i = 0; tier && i < HOOK_TRIES && row->tries[i].tier && choice[hook].try < 0; i++)
			if (!strcmp(tier_name(row->tries[i].tier), tier))
				choice[hook].try = i;
	}
}

bool run_serve_records(const struct run_opts *o)
{
	return o->replay && !(o->replay->num[REC_FLAGS] & REC_TOTALS);
}

bool run_serve_same_filter(const struct run_opts *o)
{
	const char *was = o->replay->text[REC_FILTER], *is = o->v.filter;

	return was && is ? !strcmp(was, is) : !was && !is;
}

static int no_stacks(const struct run_opts *o)
{
	uint64_t flags = o->replay->num[REC_FLAGS];

	if (o->v.kernel_stack && !(flags & REC_KSTACK))
		mmt_err("-K: there are no kernel stacks in it; record with -K");
	else if (o->v.user_stack && !(flags & REC_USTACK))
		mmt_err("-U: there are no user stacks in it; record with -U");
	else
		return 0;
	return EXIT_USAGE;
}

/* Names with "," between. */
static void put_name(struct buf *b, const char *name)
{
	buf_printf(b, "%s%s", b->len ? "," : "", name);
}

/* The events of the view that were asked for and had a hook, those that were not asked for, and those that had none. */
static unsigned sort_events(const struct run_opts *o, struct buf *unasked, struct buf *unseen)
{
	struct hook_choice choice[MMT_HOOK_MAX];
	const struct mmt_schema_event *ev;
	unsigned seen = 0;
	size_t n;

	run_serve_choices(o->replay, choice);
	ev = schema_events(&n);
	for (size_t i = 0; i < n; i++) {
		if (!o->filter.want[ev[i].num])
			continue;
		if (!run_serve_has(o->replay, ev[i].num))
			put_name(unasked, ev[i].name);
		else if (doctor_event_lost(choice, ev[i].num))
			put_name(unseen, ev[i].name);
		else
			seen++;
	}
	return seen;
}

int run_serve_events(const struct run_opts *o)
{
	struct buf unasked = { 0 }, unseen = { 0 };
	bool named = o->v.events.n;
	int code = EXIT_USAGE;

	if (!sort_events(o, &unasked, &unseen)) {
		code = unseen.len ? EXIT_CANNOT : EXIT_USAGE;
		if (unseen.len)
			mmt_err("the machine that recorded it had no hook for %s", buf_str(&unseen));
		else
			mmt_err("nothing of this was recorded; record with -e %s", buf_str(&unasked));
	} else if (o->v.split && !run_serve_has(o->replay, MMT_EV_FAULT_SPLIT)) {
		mmt_err("--split: where the time of faults went is not in it; record with 'mmtrace trace --split "
			"--record FILE'");
	} else {
		code = no_stacks(o);
		if (!code && named && unseen.len)
			mmt_warn("the machine that recorded it had no hook for %s", buf_str(&unseen));
		if (!code && named && unasked.len)
			mmt_warn("not recorded: %s; record with that in -e", buf_str(&unasked));
	}
	buf_free(&unasked);
	buf_free(&unseen);
	return code;
}

/* Where nobody saw faults no mapping has 0 of them. */
int run_serve_filter(const struct run_opts *o)
{
	struct hook_choice choice[MMT_HOOK_MAX];
	uint8_t needs[MMT_EV_MAX] = { 0 };

	if (o->expr && !o->once && !o->kind->totals)
		expr_needs(o->expr, needs);
	run_serve_choices(o->replay, choice);
	for (unsigned i = 0; i < MMT_EV_MAX; i++) {
		const char *name = needs[i] & EXPR_COUNTS ? schema_event(i)->name : NULL;

		if (name && !run_serve_has(o->replay, i)) {
			mmt_err("-f '%s' asks for what is counted by %s events, which were not recorded; record with "
				"that in -e",
				o->v.filter, name);
			return EXIT_USAGE;
		}
		if (name && doctor_event_lost(choice, i)) {
			mmt_err("-f '%s' asks for what is counted by %s events; the machine that recorded it had no "
				"hook for them",
				o->v.filter, name);
			return EXIT_CANNOT;
		}
	}
	return 0;
}

/* ---- totals ---- */

static const char *by_name(uint32_t bit)
{
	static const char *const names[] = { "kind", "mapping", "file", "driver", "comm", "cpu", "stack" };

	for (unsigned i = 0; i < MMT_COUNT(names); i++)
		if (bit >> i & 1)
			return names[i];
	return "?";
}

/* Added up in the kernel: what was not told apart then cannot be now. */
static int serve_added(const struct run_opts *o, uint32_t by)
{
	const uint64_t *num = o->replay->num, flags = num[REC_FLAGS];
	uint32_t lacks = by & ~(uint32_t)num[REC_BY];
	char text[NUM_FMT_LEN];

	bool same = run_serve_same_filter(o);

	if (!same && o->replay->text[REC_FILTER])
		mmt_err("-f: its totals are of '%s'; record with the -f that is asked for, or with 'mmtrace record'",
			o->replay->text[REC_FILTER]);
	else if (flags & REC_COUNT)
		mmt_err("its faults were counted and not timed; record with 'mmtrace faults --record FILE' or 'mmtrace "
			"record'");
	else if (lacks)
		mmt_err("its totals do not tell faults apart by %s; record with that in --by, or with 'mmtrace record'",
			by_name(lacks));
	else if (o->v.split && !(flags & REC_SPLIT))
		mmt_err("--split: its totals do not say where the time went; record with --split");
	else if (o->v.slowest > num[REC_SLOWEST])
		mmt_err("--slowest: %u of them were recorded", (unsigned)num[REC_SLOWEST]);
	else if (o->v.slower_ns != num[REC_SLOWER] && !(same && o->v.filter))
		mmt_err("-L: its totals are of %s; record with the -L that is asked for, or with 'mmtrace record'",
			num[REC_SLOWER] ? num_fmt_duration(text, num[REC_SLOWER]) : "all faults");
	else if (o->v.interval_ns && o->v.interval_ns != num[REC_INTERVAL])
		mmt_err("-i: its intervals are %s; record with the -i that is asked for, or with 'mmtrace record'",
			num[REC_INTERVAL] ? num_fmt_duration(text, num[REC_INTERVAL]) : "one, the whole run");
	else
		return 0;
	return EXIT_USAGE;
}

int run_serve_totals(const struct run_opts *o, uint32_t by)
{
	if (!run_serve_records(o))
		return serve_added(o, by);
	if (!run_serve_has(o->replay, MMT_EV_FAULT))
		mmt_err("no page faults were recorded; record with -e fault, or with 'mmtrace faults --record FILE'");
	else if (o->v.split)
		mmt_err("--split: only totals tell it; record with 'mmtrace faults --split --record FILE'");
	else
		return no_stacks(o);
	return EXIT_USAGE;
}
