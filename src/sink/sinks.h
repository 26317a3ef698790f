/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The list of output formats. To add one: a file beside this, a word here, a row in sinks.c.
 */
#ifndef MMTRACE_SINK_SINKS_H
#define MMTRACE_SINK_SINKS_H

#include <stdbool.h>
#include "mmtrace/sink.h"

struct sink_opts {
	int fd; /* written to, never closed */
	bool color;
};

struct sink_format {
	const char *name; /* as --format knows it */
	const char *text;
	struct mmt_sink *(*open)(const struct sink_opts *opts); /* NULL: no memory */
	bool raw; /* takes records only: nothing that needs views (filters) goes with it */
};

struct mmt_sink *table_open(const struct sink_opts *opts);
struct mmt_sink *json_open(const struct sink_opts *opts);
struct mmt_sink *wire_open(const struct sink_opts *opts);

/* Views of their own commands. */
struct flow_opts {
	bool json, ascii;
	bool live; /* every step when it happens, not each mapping whole at the end */
	bool all;  /* also mappings that no driver has a hand in */
};
struct mmt_sink *flow_open(const struct flow_opts *opts, const struct sink_opts *to);

/* NULL past the last, by position or by name. */
const struct sink_format *sink_format(unsigned i);
const struct sink_format *sink_by_name(const char *name);

#endif
