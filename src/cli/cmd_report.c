// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace report: a view of a recorded run. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/run.h"
#include "cli/run_output.h"
#include "cli/run_replay.h"
#include "cli/run_tell.h"
#include "record/head.h"
#include "stream/target.h"

static const struct view {
	size_t cmd;
	const struct run_kind *kind;
} views[] = {
	{ CMD_TRACE, &trace_kind },   { CMD_FLOW, &flow_kind }, { CMD_MAPS, &maps_kind },
	{ CMD_FAULTS, &faults_kind }, { CMD_STAT, &stat_kind },
};

/* NULL after a line on the log. */
static const struct view *find_view(const char *word)
{
	struct near n = { .word = word };

	if (!word)
		return &views[0];
	for (size_t i = 0; i < MMT_COUNT(views); i++) {
		const char *name = mmtrace_options.cmds[views[i].cmd].name;

		if (!strcmp(name, word))
			return &views[i];
		near_try(&n, name);
	}
	if (n.best)
		mmt_err("report: no view '%s', did you mean '%s'?", word, n.best);
	else
		mmt_err("report: no view '%s'; there are trace, flow, maps, faults and stat", word);
	return NULL;
}

static int show(struct replay *r, const struct run_opts *o)
{
	struct replay_opts to = { .filter = &o->filter, .nsinks = 1 };
	struct target target = { .pids = &o->v.pids, .tids = &o->v.tids };
	struct replay_end end;
	int fd = -1, code, closed;

	target.comm = o->v.comms.n ? o->v.comms.s[0] : NULL;
	if (o->v.pids.n || o->v.tids.n || target.comm)
		to.target = &target;
	if (!o->replay->num[REC_INTERVAL])
		to.interval_ns = o->v.interval_ns;
	code = run_output_open(o, &fd, &to.sinks[0]);
	if (code)
		return code;
	code = replay_run(r, &to, &end);
	closed = run_output_close(o, &fd);
	if (closed && !code)
		code = run_output_failed(o, closed);
	run_tell_summary(&end.sum, o->kind->totals, true);
	to.sinks[0]->free(to.sinks[0]);
	target_free(&target);
	return code ? code : end.verdict;
}

static int report(struct run_opts *o, const struct view *view)
{
	struct replay *r;
	int code = replay_open(&r, o->r.files[0]);

	if (!code)
		code = replay_output(r, o->v.output);
	if (!code)
		code = run_opts_replay(o, view->kind, view->cmd, replay_head(r));
	if (!code)
		code = show(r, o);
	replay_close(r);
	expr_free(o->expr);
	return code;
}

int cmd_report(int argc, char **argv)
{
	struct run_opts *o = calloc(1, sizeof(*o));
	const struct view *view = NULL;
	int code = EXIT_USAGE;

	if (!o)
		return EXIT_OWN;
	signal(SIGPIPE, SIG_IGN);
	if (opt_parse(&mmtrace_options, argc, argv, &o->v, &o->r) == OPT_OK)
		view = find_view(o->r.files[1]);
	if (view)
		code = report(o, view);
	free(o);
	return code;
}
