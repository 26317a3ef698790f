/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* run_output: where a view is written: a file of -o, or stdout. */
#ifndef MMTRACE_CLI_RUN_OUTPUT_H
#define MMTRACE_CLI_RUN_OUTPUT_H

#include "cli/run_opts.h"

/* Opens the output and the view's sink on it. 0, or the exit code after a line on the log. *fd is -1 while there is none. */
int run_output_open(const struct run_opts *o, int *fd, struct mmt_sink **sink);
/* The exit code after a line on the log; of a reader that went away 0. */
int run_output_failed(const struct run_opts *o, int err);
/* A file system may keep its refusal until the end. 0 or -errno. */
int run_output_close(const struct run_opts *o, int *fd);
/* Is it the file of fd? Of what is no regular file never. */
bool run_output_same(int fd, const char *path);
/* when: --color. */
bool run_output_color(unsigned when, int fd);

#endif
