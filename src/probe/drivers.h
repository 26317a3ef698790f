/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Probes on drivers' own callbacks, set as their functions are found: no list of drivers anywhere. */
#ifndef MMTRACE_PROBE_DRIVERS_H
#define MMTRACE_PROBE_DRIVERS_H

#include "caps.h"
#include "objects.h"

struct drivers;

/* NULL: no memory. All must outlive it. want: events, by enum mmt_event. */
struct drivers *drivers_new(struct caps *caps, struct objects *objects, const bool *want);
/* Functions of modules that look like mapping callbacks by name, and of files the target has open. Returns how many. */
int drivers_start(struct drivers *d);
/* A function seen in the kernel (enum mmt_func_role). 0, or -errno. */
int drivers_add(struct drivers *d, uint64_t func, uint32_t role);
/* Closes every probe: slow, see session__close(). */
void drivers_free(struct drivers *d);

#endif
