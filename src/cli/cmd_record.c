// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace record: a run in a file. */
#include "cli/cmd.h"
#include "cli/run.h"

static void events(const struct run_opts *o, bool want[MMT_EV_MAX], bool target)
{
	(void)o;
	filter_defaults(want, target);
	want[MMT_EV_VMA_WALK] = false;
}

#define FLIGHT_MIN (1ULL << 20)
#define FLIGHT_MAX (4ULL << 30)

static int check(const struct run_opts *o)
{
	bool flight = run_opts_given(o, "flight");

	if (flight && (o->v.flight_bytes < FLIGHT_MIN || o->v.flight_bytes > FLIGHT_MAX))
		mmt_err("--flight: from 1M to 4G");
	else if (run_opts_given(o, "json"))
		mmt_err("-j: a recording is no text; 'mmtrace report FILE -j' makes it of one");
	else if (o->v.filter && !flight)
		mmt_err("-f says when --flight writes; a recording has all, and 'mmtrace report -f' picks of it");
	else
		return 0;
	return EXIT_USAGE;
}

int cmd_record(int argc, char **argv)
{
	static const struct run_kind kind = { .events = events, .check = check, .record = true };

	return run_command(&kind, argc, argv);
}
