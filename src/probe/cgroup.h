/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* cgroup: what a BPF program needs to know of a control group, to tell whether a task is in it or below. */
#ifndef MMTRACE_PROBE_CGROUP_H
#define MMTRACE_PROBE_CGROUP_H

#include <stdint.h>

struct cgroup_place {
	uint64_t id;	/* as bpf_get_current_ancestor_cgroup_id() has it: the inode number of its directory */
	uint32_t level; /* directories above it, 0: the root */
};

/*
 * dir: a directory of a cgroup2 file system. 0, or -errno: -ENOTSUP when it is of another kind, -EXDEV when its
 * file system does not show the root of all.
 */
int cgroup_find(const char *dir, struct cgroup_place *out);

#endif
