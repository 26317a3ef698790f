/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The threads that a run is about, as /proc lists them. */
#ifndef MMTRACE_PROBE_TASKS_H
#define MMTRACE_PROBE_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include "mmtrace/session.h"

struct tasks {
	pid_t *tid; /* ascending, each once */
	size_t n, room;
};

/* Is the run about processes or threads that are known by number? */
bool tasks_asked(const struct session_opts *o);
/* Those that live now, in place of what is in t. 0 or -errno; processes that have gone have none. */
int tasks_read(struct tasks *t, const struct session_opts *o);
bool tasks_same(const struct tasks *a, const struct tasks *b);
void tasks_free(struct tasks *t);

#endif
