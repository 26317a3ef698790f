/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* perf events that BPF programs sit on: software fault events of CPUs or threads, kprobes at an address, tracepoints. */
#ifndef MMTRACE_PROBE_PERF_H
#define MMTRACE_PROBE_PERF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum perf_fault {
	PERF_CLOCK = 0,
	PERF_FAULTS = 2,
	PERF_FAULTS_MIN = 5,
	PERF_FAULTS_MAJ = 6
}; /* enum perf_sw_ids, linux/perf_event.h */

/* File descriptor or -errno. Each event is delivered (sample_period 1); of the clock, PERF_CLOCK_HZ in a second. */
#define PERF_CLOCK_HZ \
	499 /* no multiple of what programs do regularly; twice as many cost stat 6 instructions a fault */
int perf_open_fault(enum perf_fault what, int cpu);
/* The same of one thread, and of all threads and processes that it and they will make. -ESRCH: it has gone. */
int perf_open_task_fault(enum perf_fault what, pid_t tid);
/* Type number of the kprobe PMU, -1 when the kernel has none (CONFIG_KPROBE_EVENTS). */
int perf_kprobe_type(void);
int perf_open_kprobe(int pmu_type, uint64_t addr, bool ret);
/* Of a tracepoint, "kmem/mm_page_alloc"; it is for a program to sit on, which then runs on every CPU. */
int perf_open_tracepoint(const char *name);
/* Puts a program on an event and enables it. 0 or -errno. */
int perf_attach(int event_fd, int prog_fd);

#endif
