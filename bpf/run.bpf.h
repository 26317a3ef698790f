/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs: drivers call some helpers once per page, so neighbouring installs of one call are merged into one event. A run
 * belongs to one call, is stamped with its first install, and is sent when the outermost hook of the call returns: the
 * driver's function, the mapping's commit, the fault; else at the end of the system call, or of the thread.
 */
#ifndef MMTRACE_RUN_BPF_H
#define MMTRACE_RUN_BPF_H

#include "stack.bpf.h"
#ifndef MMT_PLAIN
#include "vma.bpf.h"
#endif

/* The three install events are the same record but for the end of dma_map. */
_Static_assert(sizeof(struct mmt_ev_pfn_map) == sizeof(struct mmt_ev_page_map), "install events differ");
_Static_assert(__builtin_offsetof(struct mmt_ev_dma_map, dma_addr) == sizeof(struct mmt_ev_pfn_map),
	       "dma_map does not begin like pfn_map");

static __always_inline void runs_open_add(int n)
{
	__u32 zero = 0;
	struct shared_state *s = bpf_map_lookup_elem(&state, &zero);

	if (s)
		__sync_fetch_and_add(&s->runs_open, n);
}

static __always_inline void run_flush(struct mmt_thread *t, __u64 pid_tgid)
{
	__u32 was = t->run_open;

	if (!was)
		return;
	t->run_open = 0;
	if (was == 2)
		runs_open_add(-1);
	if (t->run.h.type == MMT_EV_DMA_MAP) {
		if (bpf_ringbuf_output(&ring, &t->run, sizeof(struct mmt_ev_dma_map), wake_flag()))
			lose(MMT_LOSS_RING, MMT_EV_DMA_MAP);
	} else if (bpf_ringbuf_output(&ring, &t->run, sizeof(struct mmt_ev_pfn_map), wake_flag())) {
		lose(MMT_LOSS_RING, t->run.h.type & (MMT_EV_MAX - 1));
	}
}

/* A new call begins: frames that are still open belong to a return that was never seen. */
static __always_inline void run_forget_frames(struct mmt_thread *t)
{
	if (t->inst_depth) {
		lose(MMT_LOSS_RETURN, 0);
		t->inst_depth = 0;
	}
	if (t->drivers) {
		lose(MMT_LOSS_RETURN, MMT_EV_DRIVER_MMAP);
		t->drivers = 0;
	}
	t->chg = 0;
	t->vms = 0;
	t->un_pending = 0;
}

#ifdef MMT_PLAIN
static __always_inline void driver_flush(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid)
{
}
#else
/* Tells of a driver's ->mmap that no probe timed: named, with `-` for time and result. */
static __always_inline void driver_flush(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid)
{
	struct mmt_ev_driver_mmap *e;
	__u32 stack;

	if (!t->map_func || t->map_func_told || !WANT(DRIVER_MMAP))
		return;
	t->map_func_told = 1;
	stack = KSTACK(x, DRIVER_MMAP);
	e = RESERVE(driver_mmap, DRIVER_MMAP);
	if (!e)
		return;
	__builtin_memset(VMA_OF(e), 0, sizeof(struct vma_part));
	HEAD(e, DRIVER_MMAP, MMT_TIER_KPROBE, t->chg_ts, pid_tgid);
	e->h.kstack = stack;
	e->h.tier = t->chg_tier;
	e->h.mm = t->chg_mm;
	e->h.call = call_now((__u32)pid_tgid, t);
	e->func = t->map_func;
	e->addr = t->chg_addr;
	e->len = t->chg_len;
	e->file = t->map_file;
	e->ret = 0;
	e->prepare = t->map_prepare;
	e->h.have = MMT_HAVE(DRIVER_MMAP, func) | MMT_HAVE(DRIVER_MMAP, addr) | MMT_HAVE(DRIVER_MMAP, len) |
		    MMT_HAVE(DRIVER_MMAP, prepare) | (t->map_file ? MMT_HAVE(DRIVER_MMAP, file) : 0);
	send(e);
}
#endif

#endif
