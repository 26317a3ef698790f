// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/run_opts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/run_filter.h"
#include "cli/run_serve.h"
#include "event/schema.h"
#include "record/head.h"

static int unknown(const char *option, const char *what, const struct filter_error *err, const char *list)
{
	if (err->near)
		mmt_err("%s: no %s '%s', did you mean '%s'? %s", option, what, err->word, err->near, list);
	else
		mmt_err("%s: no %s '%s'; %s", option, what, err->word, list);
	return EXIT_USAGE;
}

static int events(struct run_opts *o)
{
	struct filter_error err;
	int bad = 0;

	for (uint32_t i = 0; i < o->v.events.n && !bad; i++)
		bad = filter_events(o->filter.want, o->v.events.s[i], i == 0, &err);
	if (bad == -ENOTSUP)
		mmt_err("-e %s: not for -e; 'trace --split' asks where the time of faults went, 'faults' for totals",
			err.word);
	else if (bad)
		unknown("-e", "event or family", &err, "'mmtrace list events' names them");
	if (bad)
		return EXIT_USAGE;
	o->filter.want[MMT_EV_FAULT_SPLIT] = o->v.split && o->filter.want[MMT_EV_FAULT];
	for (unsigned i = 0; i < MMT_EV_MAX; i++)
		if (o->filter.want[i])
			return 0;
	mmt_err("-e leaves no event to trace");
	return EXIT_USAGE;
}

static int kinds(struct run_opts *o)
{
	struct filter_error err;

	for (uint32_t i = 0; i < o->v.kinds.n; i++)
		if (filter_kinds(&o->filter, o->v.kinds.s[i], &err))
			return unknown("-k", "kind", &err,
				       "classes are anon, file, shm, pfn, hugetlb; a fault's kind will do too");
	return 0;
}

/* Raw records are written before anything is known about them. */
static int refuse_with_raw(const struct run_opts *o)
{
	const char *what = o->v.verify	     ? "--verify" :
			   o->v.kinds.n	     ? "-k" :
			   o->v.filter	     ? "-f" :
			   o->v.failed.given ? "-x" :
			   o->v.slower_ns    ? "-L" :
					       NULL;

	if (!o->format->raw || !what)
		return 0;
	mmt_err("%s cannot go with --format=%s, which writes every record as it comes; leave it to the reader", what,
		o->format->name);
	return EXIT_USAGE;
}

/* A number that nobody has is a slip of the hand; watching it would show nothing for ever. */
static int alive(const char *option, const struct num_pids *pids)
{
	for (uint32_t i = 0; i < pids->n; i++) {
		if (!kill((pid_t)pids->pid[i], 0) || errno != ESRCH)
			continue;
		mmt_err("%s %u: no such process", option, pids->pid[i]);
		return EXIT_USAGE;
	}
	return 0;
}

#define COMM_MAX 15 /* TASK_COMM_LEN without its NUL, include/linux/sched.h, 6.12 */

bool run_opts_given(const struct run_opts *o, const char *name)
{
	for (size_t i = 0; i < mmtrace_options.n_rows; i++)
		if (!strcmp(mmtrace_options.rows[i].name, name))
			return o->r.given & 1ull << i;
	return false;
}

/* What can be read and yet cannot be meant. */
static int refuse_values(const struct run_opts *o)
{
	if (o->v.comms.n > 1)
		mmt_err("-n can be given once");
	else if (o->v.comms.n && strlen(o->v.comms.s[0]) > COMM_MAX)
		mmt_err("-n '%s': the kernel keeps %d characters of a name", o->v.comms.s[0], COMM_MAX);
	else if (!o->v.duration_ns && run_opts_given(o, "duration"))
		mmt_err("-d: no time at all; leave it out to trace until Ctrl-C");
	else if (!o->v.interval_ns && run_opts_given(o, "interval"))
		mmt_err("-i: no time at all; leave it out for one total at the end");
	else if (!o->v.buffer_bytes && run_opts_given(o, "buffer"))
		mmt_err("--buffer: no room at all; a power of two from 64K to 1G is needed");
	else if (o->v.ready_fd >= 0 && fcntl(o->v.ready_fd, F_GETFD) < 0)
		mmt_err("--ready-fd %d: not an open file descriptor", o->v.ready_fd);
	else
		return 0;
	return EXIT_USAGE;
}

/* Was this event asked for by its own name? */
static bool named(const struct run_opts *o, const char *event)
{
	size_t len = strlen(event);

	for (uint32_t i = 0; i < o->v.events.n; i++)
		for (const char *at = o->v.events.s[i]; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
			if (!strncmp(at, event, len) && (!at[len] || at[len] == ','))
				return true;
	return false;
}

/* Events that are not shown, by which those that are get their names. The filter keeps them from being shown. */
static void want_names(const struct run_opts *o, struct session_opts *s, bool target)
{
	bool shown = !o->format->raw && !o->once && !o->kind->totals;
	const struct mmt_schema_event *ev;
	size_t n;

	target |= o->kind->record; /* whatever is kept, its readers will want to know what is mapped */
	ev = schema_events(&n);
	for (size_t i = 0; i < n && (shown || s->ustack); i++) {
		/*
		 * What is mapped, for faults and calls and for the addresses of user stacks; where there are no hooks for changes,
		 * by the calls. A target's are few.
		 */
		if ((ev[i].family == MMT_FAM_CHANGE || ev[i].family == MMT_FAM_CALL) &&
		    (target || o->v.verify || s->ustack))
			s->want[ev[i].num] = true;
		/* What names processes that are gone before anybody could ask for their name. */
		if (ev[i].num == MMT_EV_EXEC || ev[i].num == MMT_EV_FORK)
			s->want[ev[i].num] = true;
	}
	s->want[MMT_EV_VMA_IMPORT] |=
		(!o->v.events.n && !o->kind->totals) || o->v.verify || s->ustack || o->kind->record;
}

static void fill_session(struct run_opts *o, bool target)
{
	struct session_opts *s = &o->session;

	memcpy(s->want, o->filter.want, sizeof(s->want));
	s->pids = o->v.pids.n ? o->v.pids.pid : NULL;
	s->npids = o->v.pids.n;
	s->tids = o->v.tids.n ? o->v.tids.pid : NULL;
	s->ntids = o->v.tids.n;
	s->comm = o->v.comms.n ? o->v.comms.s[0] : NULL;
	s->child = o->r.run != NULL;
	s->ring_bytes = run_opts_given(o, "buffer") ? o->v.buffer_bytes : 0;
	s->kstack = o->v.kernel_stack;
	s->split = o->v.split;
	s->ustack = o->v.user_stack;
	s->cgroup = o->v.cgroup;
	s->core_fault = named(o, "driver_fault");
	s->core_mkwrite = named(o, "driver_mkwrite");
	s->btf = o->v.btf;
	for (uint32_t i = 0; i < o->v.tiers.n; i++)
		o->tiers[i] = o->v.tiers.s[i];
	s->tier = o->v.tiers.n ? o->tiers : NULL;
	if (o->kind->session)
		o->kind->session(o, s);
	run_filter_push(o, s);
	want_names(o, s, target || s->npids);
}

/* What was typed, as the filter has it. */
static int read_opts(struct run_opts *o, const struct run_kind *kind)
{
	int code;

	o->kind = kind;
	o->format = sink_by_name(opt_formats[o->v.format]);
	code = refuse_values(o);
	if (code)
		return code;
	o->target |= o->v.pids.n || o->v.tids.n || o->v.comms.n || o->v.cgroup || o->r.run;
	o->once |= kind->once && kind->once(o);
	kind->events(o, o->filter.want, o->target);
	o->filter.want[MMT_EV_VMA_IMPORT] |= o->format->raw;
	o->filter.failed = o->v.failed.given != 0;
	o->filter.err = o->v.failed.number;
	o->filter.slower_ns = kind->totals ? 0 : o->v.slower_ns; /* keys of faults take no time */
	code = events(o);
	if (!code)
		code = kinds(o);
	if (!code)
		code = refuse_with_raw(o);
	return code ? code : run_filter_read(o);
}

int run_opts_parse(struct run_opts *o, const struct run_kind *kind, int argc, char **argv)
{
	int code;

	memset(o, 0, sizeof(*o));
	if (opt_parse(&mmtrace_options, argc, argv, &o->v, &o->r) != OPT_OK)
		return EXIT_USAGE;
	code = read_opts(o, kind);
	if (!code)
		code = alive("-p", &o->v.pids);
	if (!code)
		code = alive("-t", &o->v.tids);
	if (!code && kind->check)
		code = kind->check(o);
	if (!code)
		fill_session(o, o->target);
	return code;
}

/* An option of another view. */
static int refuse_foreign(const struct run_opts *o, size_t cmd)
{
	for (size_t i = 0; i < mmtrace_options.n_rows; i++) {
		const struct opt_row *row = &mmtrace_options.rows[i];

		if (!(o->r.given & 1ull << i) || row->cmds & 1u << cmd)
			continue;
		mmt_err("%s does not take --%s", mmtrace_options.cmds[cmd].name, row->name);
		return EXIT_USAGE;
	}
	return 0;
}

/* Totals and raw records have no place for it. */
static int refuse_target(const struct run_opts *o)
{
	const char *what = o->v.comms.n ? "-n" : o->v.pids.n ? "-p" : o->v.tids.n ? "-t" : NULL;

	if (what && o->replay->num[REC_FLAGS] & REC_TOTALS)
		mmt_err("%s: its faults were added up for all processes; record with %s, or with 'mmtrace record'",
			what, what);
	else if (o->v.comms.n && o->format->raw)
		mmt_err("-n cannot go with --format=%s of a recording; leave it to the reader", o->format->name);
	else
		return 0;
	return EXIT_USAGE;
}

int run_opts_replay(struct run_opts *o, const struct run_kind *kind, size_t cmd, const struct rec_head *replay)
{
	int code = refuse_foreign(o, cmd);

	o->replay = replay;
	o->target = replay->num[REC_FLAGS] & REC_TARGET;
	o->once = replay->num[REC_FLAGS] & REC_ONCE;
	if (!code)
		code = read_opts(o, kind);
	if (!code)
		code = refuse_target(o);
	if (!code)
		code = run_serve_filter(o);
	if (!code && kind->check)
		code = kind->check(o);
	return code ? code : kind->serve ? kind->serve(o) : 0;
}
