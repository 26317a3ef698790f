/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * run: one observation from the command line to the exit code: options, session, pipeline, the command behind "--", the end.
 * What is watched and shown is the caller's.
 */
#ifndef MMTRACE_CLI_RUN_H
#define MMTRACE_CLI_RUN_H

#include "cli/run_opts.h"

/* The exit code. */
int run_command(const struct run_kind *kind, int argc, char **argv);

#endif
