/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Links and perf events of the chosen programs. */
#ifndef MMTRACE_PROBE_ATTACH_H
#define MMTRACE_PROBE_ATTACH_H

#include "objects.h"

#define ATTACH_MAX 320	/* links */
#define PERF_MAX   4096 /* perf events: four for each of 1024 CPUs or threads */

struct bpf_link;
struct session_opts;

struct attached {
	struct bpf_link *link[ATTACH_MAX];
	int nlinks;
	int fd[PERF_MAX]; /* perf events, one for each program and each thread of the target, or CPU */
	int nfds;
	const struct session_opts *target;
};

/* As many descriptors for this process as it may need, where it may have them. */
void attach_raise_limit(void);
/* Attaches the programs of one hook's chosen try. 0 or -errno: then none of them is. */
int attach_hook(struct attached *a, const struct objects *o, int hook, const struct hook_choice *c);
void attach_drop_all(struct attached *a);

#endif
