// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace trace: one line per event. */
#include "cli/cmd.h"
#include "cli/run.h"
#include "cli/run_serve.h"

static void events(const struct run_opts *o, bool want[MMT_EV_MAX], bool target)
{
	(void)o;
	filter_defaults(want, target);
	/* what was mapped before is told to the ledger, which names mappings by it; to people only when they ask: it is much */
	want[MMT_EV_VMA_IMPORT] = want[MMT_EV_VMA_WALK] = false;
}

static int check(const struct run_opts *o)
{
	if (!o->v.split || o->filter.want[MMT_EV_FAULT])
		return EXIT_FINE;
	mmt_err("--split says where the time of faults went, and none are traced; add -e fault");
	return EXIT_USAGE;
}

const struct run_kind trace_kind = { .serve = run_serve_events, .events = events, .check = check };

int cmd_trace(int argc, char **argv)
{
	return run_command(&trace_kind, argc, argv);
}
