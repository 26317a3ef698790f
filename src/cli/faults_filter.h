/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * faults_filter: -f of faults. Where the kernel adds faults up, it can be asked of what totals are kept by, and of what the kernel can
 * pick by itself; what totals cannot answer is refused.
 */
#ifndef MMTRACE_CLI_FAULTS_FILTER_H
#define MMTRACE_CLI_FAULTS_FILTER_H

#include "cli/run_opts.h"

struct faults_filter {
	struct expr *expr; /* NULL: none */
	struct expr_push push;
	bool rest;   /* something is left to be asked of keys */
	bool cpu;    /* of their CPU, too */
	uint32_t by; /* enum mmt_by: what they have to be told apart by for that */
};

/* records: there are fault events, which can be asked anything. 0, or EXIT_USAGE after lines on the log. */
int faults_filter_read(struct faults_filter *f, const struct run_opts *o, bool records);
/* What cannot go with it; the same. */
int faults_filter_check(const struct faults_filter *f, const struct run_opts *o);
void faults_filter_push(const struct faults_filter *f, struct session_opts *s);
int faults_filter_judge(void *filter, const struct mmt_view *v, uint64_t start_ns); /* enum expr_truth */

#endif
