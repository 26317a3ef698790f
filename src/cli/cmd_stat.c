// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace stat: counters of a run. */
#include <string.h>
#include "cli/cmd.h"
#include "cli/run.h"
#include "cli/run_serve.h"

static void events(const struct run_opts *o, bool want[MMT_EV_MAX], bool target)
{
	/* the calls are all there is where the kernel tells no changes */
	static const uint8_t seen[] = { MMT_EV_VMA_IMPORT, MMT_EV_VMA_MAP,  MMT_EV_VMA_UNMAP, MMT_EV_VMA_MOVE,
					MMT_EV_VMA_DUP,	   MMT_EV_VMA_GROW, MMT_EV_EXEC,      MMT_EV_EXIT,
					MMT_EV_FORK,	   MMT_EV_MMAP,	    MMT_EV_MUNMAP,    MMT_EV_MREMAP,
					MMT_EV_BRK,	   MMT_EV_SHMAT,    MMT_EV_SHMDT,     MMT_EV_FAULT_KEY };

	(void)target;
	memset(want, 0, MMT_EV_MAX * sizeof(*want));
	for (size_t i = 0; i < MMT_COUNT(seen); i++)
		want[seen[i]] = true;
	want[MMT_EV_FAULT] = run_serve_records(o);
}

static int check(const struct run_opts *o)
{
	if (o->replay || o->r.run || o->v.pids.n || o->v.tids.n || o->v.comms.n || o->v.cgroup)
		return 0;
	mmt_err("stat: of what? -- PROGRAM, -p PID, -n NAME or --cgroup DIR");
	return EXIT_USAGE;
}

static void session(const struct run_opts *o, struct session_opts *s)
{
	s->count = true;
	s->by = MMT_BY_KIND;
	s->total_bytes = o->v.total_bytes;
}

static struct mmt_sink *open_sink(const struct run_opts *o, const struct sink_opts *to)
{
	struct stat_opts s = { .json = o->v.format == FORMAT_JSON, .records = run_serve_records(o) };

	return stat_open(&s, to);
}

static int serve(const struct run_opts *o)
{
	if (run_serve_records(o) || o->replay->num[REC_FLAGS] & REC_COUNT)
		return 0;
	mmt_err("what was mapped is not in its totals of faults; record with 'mmtrace record' or 'mmtrace stat "
		"--record FILE'");
	return EXIT_USAGE;
}

const struct run_kind stat_kind = {
	.serve = serve, .events = events, .check = check, .open = open_sink, .totals = true, .session = session
};

int cmd_stat(int argc, char **argv)
{
	return run_command(&stat_kind, argc, argv);
}
