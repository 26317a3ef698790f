/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Links and perf events of the chosen programs. */
#ifndef MMTRACE_PROBE_ATTACH_H
#define MMTRACE_PROBE_ATTACH_H

#include "objects.h"

#define ATTACH_MAX 320	/* links */
#define PERF_MAX   3072 /* perf events: three for each of 1024 CPUs */

struct bpf_link;

struct attached {
	struct bpf_link *link[ATTACH_MAX];
	int nlinks;
	int fd[PERF_MAX]; /* perf events, one per CPU and program */
	int nfds;
};

/* Attaches the programs of one hook's chosen try. 0 or -errno: then none of them is. */
int attach_hook(struct attached *a, const struct objects *o, int hook, const struct hook_choice *c);
void attach_drop_all(struct attached *a);

#endif
