/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * run: one observation from the command line to the exit code: options, session, pipeline, the command behind "--", the end.
 * What is watched and shown is the caller's.
 */
#ifndef MMTRACE_CLI_RUN_H
#define MMTRACE_CLI_RUN_H

#include "cli/run_opts.h"

/* The views, one in each cmd_*.c. */
extern const struct run_kind trace_kind, flow_kind, maps_kind, faults_kind, stat_kind;

/* The exit code. */
int run_command(const struct run_kind *kind, int argc, char **argv);

#endif
