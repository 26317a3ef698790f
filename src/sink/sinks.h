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
/* An event as the table has it, for other outputs: no color, no stacks, no newline. */
struct buf;
void table_line(struct buf *b, const struct mmt_view *v, uint64_t start_ns);
struct mmt_sink *json_open(const struct sink_opts *opts);
struct mmt_sink *wire_open(const struct sink_opts *opts);

/* Does a user want to see it? start_ns: when the hooks were live. */
typedef bool (*sink_match_fn)(void *ctx, const struct mmt_view *v, uint64_t start_ns);

/* Views of their own commands. */
struct flow_opts {
	bool json, ascii;
	bool live;	     /* every step when it happens, not each mapping whole at the end */
	bool all;	     /* also mappings that no driver has a hand in */
	sink_match_fn match; /* asked of each event: only mappings of which one matched are told; NULL: all of them */
	void *match_ctx;
};
struct mmt_sink *flow_open(const struct flow_opts *opts, const struct sink_opts *to);

struct maps_opts {
	bool json;
	sink_match_fn match; /* asked of each mapping; NULL: all of them */
	void *match_ctx;
	bool live;    /* told every second, over what was told before on a terminal */
	bool history; /* what happened to each, and those that are no more */
};
struct mmt_sink *maps_open(const struct maps_opts *opts, const struct sink_opts *to);

/* Who maps physical page pfn. */
struct whomaps_row {
	const char *comm, *id, *how, *what; /* id, what: NULL when unknown */
	const char *memtype, *memtype_key;  /* as in views; NULL: unknown */
	uint32_t pid;
	uint64_t addr;
	bool refcounted, maybe, memtype_checked;
};
struct whomaps_opts {
	bool json;
	uint64_t pfn;
	/* Asked at the end: what is known by other ways goes to whomaps_put(). 0 or -errno. NULL: nothing is. */
	int (*more)(void *ctx, struct mmt_sink *s);
	void *ctx;
};
struct mmt_sink *whomaps_open(const struct whomaps_opts *opts, const struct sink_opts *to);
int whomaps_put(struct mmt_sink *s, const struct whomaps_row *r);

/* Page faults, added up: what to tell them apart by, in the order of --by. */
enum faults_dim {
	FAULTS_KIND,
	FAULTS_MAPPING,
	FAULTS_FILE,
	FAULTS_DRIVER,
	FAULTS_COMM,
	FAULTS_CPU,
	FAULTS_CLUSTER,
	FAULTS_DIMS
};
#define FAULTS_TEXT 64
const char *faults_dim_name(unsigned dim); /* as --by has it; NULL past the last */

enum faults_form { FAULTS_TABLE, FAULTS_JSON, FAULTS_FOLDED_TIME, FAULTS_FOLDED_COUNT };

struct slos; /* sink/slo.h */
struct faults_opts {
	enum faults_form form;
	bool ascii, split, stacks;
	bool interval; /* at each tick what came since the one before */
	bool records;  /* fault events are to be counted: nobody added them up */
	uint8_t by[FAULTS_DIMS];
	unsigned nby;
	uint64_t slower_ns;
	uint32_t slowest;
	unsigned width;		    /* columns; 0: nobody knows */
	const char *const *cluster; /* of each CPU, "A76"; the caller's */
	unsigned ncpus;
	const struct slos *slos; /* the caller's; NULL: none */
	/* Is a fault of this kind one that is asked for? enum expr_truth of it; NULL: all are. */
	int (*judge)(void *ctx, const struct mmt_view *v, uint64_t start_ns);
	void *judge_ctx;
	bool judge_cpu; /* it looks at the CPU */
};
struct mmt_sink *faults_open(const struct faults_opts *opts, const struct sink_opts *to);

/* Counters of a run on one screen. */
struct stat_opts {
	bool json;
	bool records; /* fault events are to be counted: nobody added them up */
	unsigned width;
};
struct mmt_sink *stat_open(const struct stat_opts *opts, const struct sink_opts *to);

/* For other tools. */
struct mmt_sink *csv_open(const struct sink_opts *to);
struct mmt_sink *folded_open(const struct sink_opts *to); /* weighed by time */
struct mmt_sink *folded_count_open(const struct sink_opts *to);
struct mmt_sink *chrome_open(const struct sink_opts *to);

/* NULL past the last, by position or by name. */
const struct sink_format *sink_format(unsigned i);
const struct sink_format *sink_by_name(const char *name);

#endif
