/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * run_filter: -f EXPR of the commands that watch: what it is asked of depends on the command (struct run_kind), and so does what
 * the session can be told of it.
 */
#ifndef MMTRACE_CLI_RUN_FILTER_H
#define MMTRACE_CLI_RUN_FILTER_H

#include "cli/run_opts.h"

/* Reads it, after what is wanted is known. 0, or EXIT_USAGE after lines on the log. */
int run_filter_read(struct run_opts *o);
/* What can be left to the kernel is told to s, whose events are those of o already. */
void run_filter_push(struct run_opts *o, struct session_opts *s);
/* What a sink asks of a view; ctx is the struct expr. */
bool run_filter_match(void *ctx, const struct mmt_view *v, uint64_t start_ns);
/* Lines on the log: what is wrong, the text, and a caret below the place. what: "-f". */
void run_filter_complain(const char *what, const char *text, const struct expr_error *err);

#endif
