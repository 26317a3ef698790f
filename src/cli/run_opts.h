/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * run_opts: what the user typed, as what the session, the filter and the sink want to know. Commands that watch (trace, maps,
 * flow) share options and running; what tells them apart is a struct run_kind.
 */
#ifndef MMTRACE_CLI_RUN_OPTS_H
#define MMTRACE_CLI_RUN_OPTS_H

#include "cli/opt.h"
#include "filter/filter.h"
#include "mmtrace/session.h"
#include "sink/sinks.h"

struct run_opts;
struct rec_head; /* record/head.h */

struct run_kind {
	/* Events that are asked of the kernel and shown to the sink when -e does not say otherwise. target: not the whole machine. */
	void (*events)(const struct run_opts *o, bool want[MMT_EV_MAX], bool target);
	/* What is mapped at the start is all that is asked for. NULL: never. */
	bool (*once)(const struct run_opts *o);
	/* Does it without watching: 0 or an exit code, -1: it has to watch. NULL: always. */
	int (*alone)(const struct run_opts *o, struct mmt_sink *sink);
	/* What cannot go with this command; 0, or an exit code after a line on the log. NULL: nothing. */
	int (*check)(const struct run_opts *o);
	enum expr_about about; /* what -f is asked of */
	/* Faults are added up in the kernel: read after each --interval, and at the end. No event but those of events() is asked for. */
	bool totals;
	bool record;   /* nothing is shown: the run is kept in a file, with all that any view needs */
	uint32_t need; /* the event without which there is nothing to show; 0: any will do */
	/* Its exit code is a verdict: the sink's, whatever the command's status; and what cannot be observed is 3 also with a command. */
	bool judges;
	/* What else the session has to know. NULL: nothing. */
	void (*session)(const struct run_opts *o, struct session_opts *s);
	/* The sink of --format; NULL: that of the list of formats. */
	struct mmt_sink *(*open)(const struct run_opts *o, const struct sink_opts *to);
	/* Whether a recording has what this view is asked for; 0, or an exit code after a line on the log that says what to record. */
	int (*serve)(const struct run_opts *o);
};

struct run_opts {
	const struct run_kind *kind;
	const struct rec_head *replay; /* of the recording that is shown; NULL: this machine is watched */
	bool once;		       /* kind->once(), or the recorded run was so */
	bool target;		       /* not the whole machine */
	struct opt_values v;
	struct opt_result r;
	struct filter filter;
	struct expr *expr; /* -f; NULL: none */
	struct expr_push push;
	struct session_opts session;
	const struct sink_format *format;
	const char *tiers[OPT_STRINGS_MAX + 1];
};

bool run_opts_given(const struct run_opts *o, const char *name); /* was --name on the line? */
/* 0, or the exit code after a line on the log. */
int run_opts_parse(struct run_opts *o, const struct run_kind *kind, int argc, char **argv);
/* Of a command line that was parsed (o->v, o->r), as command cmd would have it of the recorded run; the same. */
int run_opts_replay(struct run_opts *o, const struct run_kind *kind, size_t cmd, const struct rec_head *replay);

#endif
