/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* clusters: which CPUs are alike, read from /sys/devices/system/cpu. */
#ifndef MMTRACE_PROBE_CLUSTERS_H
#define MMTRACE_PROBE_CLUSTERS_H

#include <stddef.h>

#define CLUSTERS_NAME 24

struct clusters {
	size_t ncpus; /* possible CPUs, as they are numbered */
	char (*name)
		[CLUSTERS_NAME]; /* of each: "A76"; CPUs of one kind but of another speed: "A76/1024"; "" when not known */
	const char **of;	 /* the same, NULL when not known */
};

/* sys: "/sys/devices/system/cpu". 0 or -errno: nothing can be read there. */
int clusters_read(struct clusters *c, const char *sys);
void clusters_free(struct clusters *c);

#endif
