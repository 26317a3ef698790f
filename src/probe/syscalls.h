/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* System call numbers per ABI: which are call events, and what origin a change within one has. */
#ifndef MMTRACE_PROBE_SYSCALLS_H
#define MMTRACE_PROBE_SYSCALLS_H

#include "mmtrace/wire/knobs.h"

/* Fills knobs->call and knobs->origin for the machine this is built for, native and 32-bit. */
void syscalls_fill(struct mmt_knobs *k);

#endif
