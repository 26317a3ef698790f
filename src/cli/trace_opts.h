/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * trace_opts: what the user typed, as what the session, the filter and the sink want to know.
 */
#ifndef MMTRACE_CLI_TRACE_OPTS_H
#define MMTRACE_CLI_TRACE_OPTS_H

#include "cli/opt.h"
#include "filter/filter.h"
#include "mmtrace/session.h"
#include "sink/sinks.h"

struct trace_opts {
	struct opt_values v;
	struct opt_result r;
	struct filter filter;
	struct session_opts session;
	const struct sink_format *format;
	const char *tiers[OPT_STRINGS_MAX + 1];
};

/* 0, or the exit code after a line on the log. */
int trace_opts(struct trace_opts *t, int argc, char **argv);

#endif
