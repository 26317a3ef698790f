// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/trace_opts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include "cli/cmd.h"
#include "event/schema.h"

static int unknown(const char *option, const char *what, const struct filter_error *err, const char *list)
{
	if (err->near)
		mmt_err("%s: no %s '%s', did you mean '%s'? %s", option, what, err->word, err->near, list);
	else
		mmt_err("%s: no %s '%s'; %s", option, what, err->word, list);
	return EXIT_USAGE;
}

static int events(struct trace_opts *t)
{
	struct filter_error err;

	for (uint32_t i = 0; i < t->v.events.n; i++)
		if (filter_events(t->filter.want, t->v.events.s[i], i == 0, &err))
			return unknown("-e", "event or family", &err, "'mmtrace list events' names them");
	for (unsigned i = 0; i < MMT_EV_MAX; i++)
		if (t->filter.want[i])
			return 0;
	mmt_err("-e leaves no event to trace");
	return EXIT_USAGE;
}

static int kinds(struct trace_opts *t)
{
	struct filter_error err;

	for (uint32_t i = 0; i < t->v.kinds.n; i++)
		if (filter_kinds(&t->filter, t->v.kinds.s[i], &err))
			return unknown("-k", "kind", &err,
				       "classes are anon, file, shm, pfn, hugetlb; a fault's kind will do too");
	return 0;
}

/* Raw records are written before anything is known about them. */
static int refuse_with_raw(const struct trace_opts *t)
{
	const char *what = t->v.kinds.n ? "-k" : t->v.failed.given ? "-x" : t->v.slower_ns ? "-L" : NULL;

	if (!t->format->raw || !what)
		return 0;
	mmt_err("%s cannot go with --format=%s, which writes every record as it comes; leave it to the reader", what,
		t->format->name);
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

static bool given(const struct trace_opts *t, const char *name)
{
	for (size_t i = 0; i < mmtrace_options.n_rows; i++)
		if (!strcmp(mmtrace_options.rows[i].name, name))
			return t->r.given & 1ull << i;
	return false;
}

/* What can be read and yet cannot be meant. */
static int refuse_values(const struct trace_opts *t)
{
	if (t->v.comms.n > 1)
		mmt_err("-n can be given once");
	else if (t->v.comms.n && strlen(t->v.comms.s[0]) > COMM_MAX)
		mmt_err("-n '%s': the kernel keeps %d characters of a name", t->v.comms.s[0], COMM_MAX);
	else if (!t->v.duration_ns && given(t, "duration"))
		mmt_err("-d: no time at all; leave it out to trace until Ctrl-C");
	else if (!t->v.buffer_bytes && given(t, "buffer"))
		mmt_err("--buffer: no room at all; a power of two from 64K to 1G is needed");
	else if (t->v.ready_fd >= 0 && fcntl(t->v.ready_fd, F_GETFD) < 0)
		mmt_err("--ready-fd %d: not an open file descriptor", t->v.ready_fd);
	else
		return 0;
	return EXIT_USAGE;
}

static void fill_session(struct trace_opts *t, bool target)
{
	struct session_opts *s = &t->session;
	const struct mmt_schema_event *ev;
	size_t n;

	memcpy(s->want, t->filter.want, sizeof(s->want));
	s->want[MMT_EV_VMA_IMPORT] |= !t->v.events.n;
	ev = schema_events(&n);
	for (size_t i = 0; i < n && !t->format->raw; i++) {
		/*
		 * What names the mappings of faults and calls, where there are no hooks for changes by the calls; a target's
		 * are few. The filter keeps them from being shown.
		 */
		if (target && (ev[i].family == MMT_FAM_CHANGE || ev[i].family == MMT_FAM_CALL))
			s->want[ev[i].num] = true;
		/* What names processes that are gone before anybody could ask for their name. */
		if (ev[i].num == MMT_EV_EXEC || ev[i].num == MMT_EV_FORK)
			s->want[ev[i].num] = true;
	}
	s->pids = t->v.pids.n ? t->v.pids.pid : NULL;
	s->npids = t->v.pids.n;
	s->tids = t->v.tids.n ? t->v.tids.pid : NULL;
	s->ntids = t->v.tids.n;
	s->comm = t->v.comms.n ? t->v.comms.s[0] : NULL;
	s->child = t->r.run != NULL;
	s->ring_bytes = t->v.buffer_bytes;
	s->btf = t->v.btf;
	for (uint32_t i = 0; i < t->v.tiers.n; i++)
		t->tiers[i] = t->v.tiers.s[i];
	s->tier = t->v.tiers.n ? t->tiers : NULL;
}

int trace_opts(struct trace_opts *t, int argc, char **argv)
{
	static const char *const formats[] = {
		[FORMAT_TABLE] = "table", [FORMAT_JSON] = "json", [FORMAT_WIRE] = "wire"
	};
	bool target;
	int code;

	memset(t, 0, sizeof(*t));
	if (opt_parse(&mmtrace_options, argc, argv, &t->v, &t->r) != OPT_OK)
		return EXIT_USAGE;
	t->format = sink_by_name(formats[t->v.format]);
	code = refuse_values(t);
	if (code)
		return code;
	target = t->v.pids.n || t->v.tids.n || t->v.comms.n || t->r.run;
	filter_defaults(t->filter.want, target);
	/* what was mapped before is told to the ledger, which names mappings by it; to people only when they ask: it is much */
	t->filter.want[MMT_EV_VMA_IMPORT] = t->format->raw;
	t->filter.failed = t->v.failed.given != 0;
	t->filter.err = t->v.failed.number;
	t->filter.slower_ns = t->v.slower_ns;
	code = events(t);
	if (!code)
		code = kinds(t);
	if (!code)
		code = refuse_with_raw(t);
	if (!code)
		code = alive("-p", &t->v.pids);
	if (!code)
		code = alive("-t", &t->v.tids);
	if (!code)
		fill_session(t, target);
	return code;
}
