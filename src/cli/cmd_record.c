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

int cmd_record(int argc, char **argv)
{
	static const struct run_kind kind = { .events = events, .record = true };

	return run_command(&kind, argc, argv);
}
