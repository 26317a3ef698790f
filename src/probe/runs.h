/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Runs of installs that wait for their neighbours (bpf/run.bpf.h) when a trace ends. */
#ifndef MMTRACE_PROBE_RUNS_H
#define MMTRACE_PROBE_RUNS_H

#include <stdint.h>

/*
 * Has every open run put into the ring; the programs are switched off. insts: the map of that name; prog: runs_drain. Returns the
 * number of threads whose runs are lost.
 */
uint64_t runs_drain(int insts, int prog);

#endif
