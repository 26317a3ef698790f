/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What this machine offers, found by looking and by trying, never by kernel version. Plain facts: tiers.c decides.
 */
#ifndef MMTRACE_PROBE_CAPS_H
#define MMTRACE_PROBE_CAPS_H

#include <stdbool.h>
#include <stdint.h>
#include "hook_table.h"
#include "ksyms.h"

struct btf;

/* A kernel function, as far as hooks care. */
struct cap_func {
	bool exists; /* exactly one text symbol of that name */
	int nargs;   /* from BTF, -1: BTF does not have it */
	uint64_t addr;
};

struct caps {
	bool btf;	 /* the kernel's own BTF, or --btf */
	bool kernel_btf; /* the kernel's own: iter and fentry need it */
	int fentry_err;	 /* of a throwaway attach: 0 or -errno */
	int kprobe_err;
	int perf_err;			       /* software fault events */
	int kprobe_type;		       /* PMU type, -1: none */
	uint32_t fork_child_off, free_pid_off; /* offsets in tracepoint records, 0: not known */
	uint32_t page_pfn_off;		       /* of kmem:mm_page_alloc */
	uint32_t page_btf;		       /* sizeof(struct page) by BTF, 0: not known */
	uint32_t page_shift, thread_shift, cpus;
	uint64_t shmem_fault, sysv_fault;
	uint64_t page_base, page_struct; /* calibrate.h; page_struct 0: not known */
	struct cap_func fn[MMT_HOOK_MAX][HOOK_TRIES];
	struct ksyms *ksyms;
};

/* Fills caps. 0 or -errno; the reason is in words in `why` (size bytes). */
int caps_probe(struct caps *c, const char *btf_path, char *why, size_t size);
/* Fills page_base and page_struct, by measuring. 0 or -errno: then they stay 0. */
int caps_calibrate(struct caps *c);
void caps_free(struct caps *c);
/* Slots for threads, a power of two: one for each process number where they are not too many. */
uint32_t caps_slots(void);
/* Symbols as they are now: of modules loaded, and BPF programs made, since. */
void caps_reload_ksyms(struct caps *c);
/* Effective capabilities that are missing to observe, as words ("CAP_BPF, CAP_PERFMON"); "" when none. */
const char *caps_missing_privilege(void);
/* Has this process a pid namespace of its own, so that its process numbers are not those that BPF programs see? */
bool caps_own_pids(void);

#endif
