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

struct run_kind {
	/* Events that are asked of the kernel and shown to the sink when -e does not say otherwise. target: not the whole machine. */
	void (*events)(const struct run_opts *o, bool want[MMT_EV_MAX], bool target);
	/* What is mapped at the start is all that is asked for. NULL: never. */
	bool (*once)(const struct run_opts *o);
	/* Does it without watching: 0 or an exit code, -1: it has to watch. NULL: always. */
	int (*alone)(const struct run_opts *o, struct mmt_sink *sink);
	/* What cannot go with this command; 0, or an exit code after a line on the log. NULL: nothing. */
	int (*check)(const struct run_opts *o);
	/* Faults are added up in the kernel: read after each --interval, and at the end. No event but those of events() is asked for. */
	bool totals;
	uint32_t need; /* the event without which there is nothing to show; 0: any will do */
	/* What else the session has to know. NULL: nothing. */
	void (*session)(const struct run_opts *o, struct session_opts *s);
	/* The sink of --format; NULL: that of the list of formats. */
	struct mmt_sink *(*open)(const struct run_opts *o, const struct sink_opts *to);
};

struct run_opts {
	const struct run_kind *kind;
	bool once; /* kind->once() */
	struct opt_values v;
	struct opt_result r;
	struct filter filter;
	struct session_opts session;
	const struct sink_format *format;
	const char *tiers[OPT_STRINGS_MAX + 1];
};

bool run_opts_given(const struct run_opts *o, const char *name); /* was --name on the line? */
/* 0, or the exit code after a line on the log. */
int run_opts_parse(struct run_opts *o, const struct run_kind *kind, int argc, char **argv);

#endif
