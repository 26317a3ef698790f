// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/run_tell.h"

#include <inttypes.h>
#include <string.h>
#include "cli/doctor.h"
#include "event/schema.h"
#include "mmtrace/base.h"

/* Where nothing tells of faults no mapping has 0 of them. */
static bool counted(const struct hook_choice *c, const struct run_opts *o)
{
	uint8_t needs[MMT_EV_MAX] = { 0 };

	if (o->expr && !o->once && !o->kind->totals)
		expr_needs(o->expr, needs);
	for (unsigned i = 0; i < MMT_EV_MAX; i++) {
		if (!(needs[i] & EXPR_COUNTS) || !doctor_event_lost(c, i))
			continue;
		mmt_err("-f '%s' asks for what is counted by %s events, and this machine has no hook for them; "
			"'mmtrace doctor' says why",
			o->v.filter, schema_event(i)->name);
		return false;
	}
	return true;
}

bool run_tell_unseen(const struct session *s, const struct run_opts *o)
{
	const bool *want = o->filter.want, asked = o->v.events.n;
	const struct hook_choice *c = session__choices(s);
	const struct mmt_schema_event *ev;
	const uint32_t need = o->kind->need;
	struct buf lost = { 0 };
	bool any = false;
	size_t n;

	ev = schema_events(&n);
	for (size_t i = 0; i < n; i++) {
		if (!want[ev[i].num])
			continue;
		if (doctor_event_lost(c, ev[i].num))
			buf_printf(&lost, " %s", ev[i].name);
		else
			any = true;
	}
	if (need && doctor_event_lost(c, need)) {
		any = false;
		buf_reset(&lost);
		buf_printf(&lost, " %s", schema_event(need)->name);
	}
	if (!any)
		mmt_err("this machine has no hook for%s; 'mmtrace doctor' says why", buf_str(&lost));
	else if (asked && lost.len)
		mmt_warn("no hook on this machine for%s; 'mmtrace doctor' says why", buf_str(&lost));
	buf_free(&lost);
	return any && counted(c, o);
}

/* A software event is told of the program's registers: there is no kernel stack behind those. */
static bool without_kstack(const struct mmt_hook_item *h)
{
	return !strcmp(h->tier, "perf") && (!strcmp(h->name, "fault") || !strcmp(h->name, "total"));
}

void run_tell_ready(const struct mmt_run_info *info, bool stacks)
{
	unsigned live = 0;

	for (unsigned i = 0; i < info->nhooks; i++) {
		live += strcmp(info->hooks[i].tier, "none") != 0;
		if (stacks && info->kstack && without_kstack(&info->hooks[i]))
			mmt_warn("faults have no kernel stack here: they are seen by software events (%s=perf), which "
				 "tell of the program's own stack only (-U); 'mmtrace doctor' says why",
				 info->hooks[i].name);
	}
	mmt_info("ready: %u of %u hooks live", live, info->nhooks);
}

void run_tell_losses(const struct mmt_summary *sum)
{
	for (unsigned kind = 0; schema_loss(kind); kind++) {
		if (!sum->lost[kind])
			continue;
		mmt_warn("%" PRIu64 " lost (%s): %s%s", sum->lost[kind], schema_loss(kind)->name,
			 schema_loss(kind)->text, kind == MMT_LOSS_RING ? "; try a larger --buffer" : "");
	}
	if (sum->bad)
		mmt_warn("%" PRIu64 " records were not what the schema says and were left out", sum->bad);
}

#define FEW 4 /* names that a line can hold */

static unsigned count(const char *list)
{
	unsigned n = *list != '\0';

	for (; *list; list++)
		n += *list == ',';
	return n;
}

/* "a.b, a.c, d" as "a, d" */
static void put_groups(struct buf *b, const char *list)
{
	const char *last = "";
	size_t last_len = 0;

	while (*list) {
		size_t len = strcspn(list, ".,");

		if (len != last_len || memcmp(list, last, len)) {
			buf_puts(b, b->len ? ", " : "");
			buf_put(b, list, len);
		}
		last = list;
		last_len = len;
		list += strcspn(list, ",");
		list += strspn(list, ", ");
	}
}

/* All names when they are few or -v asks for them, else what they are about. */
static void tell_hooks(const char *what, const char *list, const char *hint)
{
	struct buf groups = { 0 };

	if (!*list)
		return;
	if (count(list) <= FEW || mmt_log_on(MMT_DEBUG)) {
		mmt_info("%s: %s%s", what, list, hint);
		return;
	}
	put_groups(&groups, list);
	mmt_info("%s: %u hooks of %s%s", what, count(list), buf_str(&groups), hint);
	buf_free(&groups);
}

static void tell_gone(const char *one, const char *many, const struct num_pids *l)
{
	if (l->n == 1)
		mmt_info("%s %u has ended", one, l->pid[0]);
	else if (l->n)
		mmt_info("all %u %s have ended", l->n, many);
}

void run_tell_gone(const struct num_pids *pids, const struct num_pids *tids)
{
	tell_gone("process", "processes of -p", pids);
	tell_gone("thread", "threads of -t", tids);
}

void run_tell_summary(const struct mmt_summary *sum, bool totals, bool recorded)
{
	char ran[NUM_FMT_LEN];
	uint64_t lost = sum->bad;

	for (unsigned kind = 0; schema_loss(kind); kind++)
		lost += sum->lost[kind];
	if (totals)
		mmt_info("ran for %s, %" PRIu64 " lost", num_fmt_duration(ran, sum->ran_ns), lost);
	else
		mmt_info("%" PRIu64 " events in %s, %" PRIu64 " lost", sum->events, num_fmt_duration(ran, sum->ran_ns),
			 lost);
	run_tell_losses(sum);
	if (sum->unknown)
		mmt_warn("%" PRIu64 " events not shown of which it is not known whether -f is true", sum->unknown);
	if (recorded && sum->partial)
		mmt_info("not all of the run is in it: %s", sum->partial);
	if (recorded)
		tell_hooks("not to be had when it was recorded", sum->absent, "");
	else
		tell_hooks("not on this machine", sum->absent, " ('mmtrace doctor' says why)");
	tell_hooks("live, but saw nothing", sum->silent, "");
}
