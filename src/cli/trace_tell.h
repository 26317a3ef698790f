/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * trace_tell: what a run says to people on stderr.
 */
#ifndef MMTRACE_CLI_TRACE_TELL_H
#define MMTRACE_CLI_TRACE_TELL_H

#include "mmtrace/view.h"

void trace_tell_ready(const struct mmt_run_info *info);
void trace_tell_summary(const struct mmt_summary *sum);

#endif
