/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* json_run: the first and the last line of every JSON output: what was watched and how, and what was lost. 0 or -errno. */
#ifndef MMTRACE_SINK_JSON_RUN_H
#define MMTRACE_SINK_JSON_RUN_H

#include "mmtrace/base.h"
#include "mmtrace/view.h"

int json_put_header(struct json *j, const struct mmt_run_info *info);
int json_put_summary(struct json *j, const struct mmt_summary *sum);

#endif
