// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/run_replay.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/run_output.h"
#include "event/schema.h"
#include "record/reader.h"
#include "stream/replay.h"

struct replay {
	const char *path;
	int fd;
	struct rec_reader *reader;
	struct pipeline *pipeline;
};

int replay_open(struct replay **out, const char *path)
{
	struct replay *r = calloc(1, sizeof(*r));
	char why[REC_WHY];

	*out = NULL;
	if (!r) {
		mmt_err("out of memory");
		return EXIT_OWN;
	}
	r->path = path;
	r->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	if (r->fd < 0)
		mmt_err("cannot open '%s': %s", path, strerror(errno));
	else if (rec_reader_open(&r->reader, r->fd, why))
		mmt_err("'%s' %s", path, why);
	if (!r->reader) {
		replay_close(r);
		return EXIT_USAGE;
	}
	*out = r;
	return 0;
}

const struct rec_head *replay_head(const struct replay *r)
{
	return rec_reader_head(r->reader);
}

int replay_output(const struct replay *r, const char *path)
{
	if (!path || !run_output_same(r->fd, path))
		return 0;
	mmt_err("-o '%s' is the recording itself, which would be lost", path);
	return EXIT_USAGE;
}

int replay_events(const struct replay *r)
{
	uint64_t flags = replay_head(r)->num[REC_FLAGS];

	/* stat adds up faults, too, but has the calls one by one */
	if (!(flags & REC_TOTALS) || flags & REC_COUNT)
		return 0;
	mmt_err("'%s' has no events: 'mmtrace faults' adds them up; record with 'mmtrace record'", r->path);
	return EXIT_USAGE;
}

void replay_close(struct replay *r)
{
	if (!r)
		return;
	rec_reader_close(r->reader);
	pipeline_free(r->pipeline);
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

static void sum_up(const struct replay *r, const struct replay_opts *o, struct replay_end *end)
{
	end->sum = *pipeline_summary(r->pipeline);
	end->lost = end->sum.bad;
	for (unsigned kind = 0; schema_loss(kind); kind++)
		end->lost += end->sum.lost[kind];
	for (unsigned i = 0; i < o->nsinks && !end->verdict; i++)
		end->verdict = o->sinks[i]->verdict;
}

static int tell(const struct replay *r, int err)
{
	int failed = pipeline_failed(r->pipeline);

	if (failed == -EPIPE)
		return EXIT_FINE; /* the reader has had enough */
	if (failed) {
		mmt_err("cannot write the output: %s", strerror(-failed));
		return EXIT_OWN;
	}
	if (!err)
		return EXIT_FINE;
	mmt_err("'%s' %s", r->path, rec_reader_why(r->reader));
	return EXIT_INCONCLUSIVE;
}

int replay_run(struct replay *r, const struct replay_opts *o, struct replay_end *end)
{
	struct pipeline_opts p = { .filter = o->filter, .target = o->target, .nsinks = o->nsinks };
	struct replay_ticks ticks = { .every_ns = o->interval_ns };
	const struct rec_reader_stats *stats = rec_reader_stats(r->reader);
	int err;

	*end = (struct replay_end){ 0 };
	memcpy(p.sinks, o->sinks, o->nsinks * sizeof(*o->sinks));
	replay_opts_fill(replay_head(r), &p);
	r->pipeline = pipeline_new(&p);
	if (!r->pipeline) {
		mmt_err("out of memory");
		return EXIT_OWN;
	}
	err = replay_play(r->reader, r->pipeline, &ticks);
	end->whole = !err;
	sum_up(r, o, end);
	if (stats->unknown)
		mmt_warn("%" PRIu64 " events are of kinds that this mmtrace does not know: they were left out",
			 stats->unknown);
	return tell(r, err);
}

int replay_file(const struct replay_opts *o, struct replay_end *end)
{
	struct replay *r;
	int code = replay_open(&r, o->path);

	*end = (struct replay_end){ 0 };
	if (!code)
		code = replay_run(r, o, end);
	replay_close(r);
	end->sum.silent = end->sum.absent = NULL;
	return code;
}
