/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * expect: a file of expectations: read and checked before anything runs, then judged by a sink at the end of the run.
 *
 * One statement a line, # begins a comment:
 *
 *   (expect|never) EVENT|mapping|process [where EXPR] [CLAUSE...]
 *   (expect|never) sequence STEP, STEP... [by FIELD] [within TIME] [all]     STEP: EVENT [where EXPR]
 *   expect exit CMP NUMBER
 *
 *   CLAUSE   count CMP NUMBER | all EXPR | any EXPR | none EXPR | FN(FIELD) CMP VALUE | balanced
 *            after STEP | before STEP | follows STEP     [by FIELD]     [within TIME]
 *   FN       p50 p90 p99 p99.9 ... min max mean sum
 *   CMP      == != < <= > >=
 *
 * EXPR is the language of filters (filter/expr.h). README.md says what each means.
 */
#ifndef MMTRACE_EXPECT_EXPECT_H
#define MMTRACE_EXPECT_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mmtrace/sink.h"

struct buf;
struct expect;

/* Of a statement; the worst for a run is FAIL, then BLIND, then OPEN. */
enum expect_verdict {
	EXPECT_PASS,
	EXPECT_FAIL,
	EXPECT_OPEN,  /* inconclusive: something that matters was lost, or could not be seen */
	EXPECT_BLIND, /* nothing here can deliver what it is about */
	EXPECT_SKIP,  /* it was not asked: a recording has no exit status, and nobody wrote that it should */
};

/* NULL: said has what is wrong, for each flaw three lines: file:line:column and what, the line, a caret. Or no memory: said is empty. */
struct expect *expect_parse(const char *file, const char *text, size_t len, struct buf *said);
void expect_free(struct expect *e);

/* Adds the events that the file speaks of. */
void expect_wants(const struct expect *e, bool want[MMT_EV_MAX]);
/* Number of statements, the one that is implied too. */
unsigned expect_count(const struct expect *e);

enum expect_form { EXPECT_TEXT, EXPECT_TAP, EXPECT_JSON };

struct expect_opts {
	int fd; /* written to at the end, never closed */
	bool color;
	unsigned width; /* columns */
	enum expect_form form;
	const char *junit; /* file written too, NULL: none */
	const char *of;	   /* what was run or read, for headlines: "-- ./app" */
	bool recorded;	   /* it is not this machine that may be blind */
	/* An event as one line, without a newline at its end. */
	void (*line)(struct buf *b, const struct mmt_view *v, uint64_t start_ns);
	/* Can nothing tell such events, with these hooks? NULL: everything can. */
	bool (*blind)(void *ctx, const struct mmt_run_info *info, unsigned event);
	/* Appends which of such events are not seen with these hooks, in a few words; nothing: all are. NULL: likewise. */
	void (*lacks)(void *ctx, const struct mmt_run_info *info, unsigned event, struct buf *out);
	void *ctx;
};

/*
 * A sink that judges; its verdict is the exit code: 125, after a line on the log, when it could not be written. NULL: no memory. The
 * expectations are the caller's and live as long.
 */
struct mmt_sink *expect_open(struct expect *e, const struct expect_opts *o);

#endif
