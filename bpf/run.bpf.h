/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs: drivers call some helpers once per page, so neighbouring installs of one call are merged into one event. A run
 * belongs to one call, is stamped with its first install, and is sent when the outermost hook of the call returns: the
 * driver's function, the mapping's commit, the fault; else at the end of the system call, or of the thread.
 *
 * Helpers call helpers (dma_mmap_attrs, dma_direct_mmap, remap_pfn_range): each level has a run of its own, so that
 * what an inner helper is called for once per page is one event as well. The level is part of hdr.depth.
 */
#ifndef MMTRACE_RUN_BPF_H
#define MMTRACE_RUN_BPF_H

#include "stack.bpf.h"
#ifndef MMT_PLAIN
#include "vma.bpf.h"
#endif

/* dma_mmap_attrs, iommu_dma_mmap, vm_map_pages, vm_insert_page */
#define INST_DEPTH 4

/* Physically contiguous pieces of a range, in the order of its addresses. */
struct segs {
	__u64 pfn, lo, hi; /* first, lowest, highest */
	__u64 next;	   /* where the last piece ends */
	__u32 n;	   /* pieces in all; 0: nothing is known */
	__u32 partial;	   /* 1: there were more pages than could be looked at */
	__u64 seg_pfn[8];
	__u32 seg_pages[8];
};

/* bits of inst_frame.know */
#define INST_PFN   1 /* segs were known at the entry, not learnt from an inner helper */
#define INST_PROT  2
#define INST_DMA   4
#define INST_PAGE  16 /* handed over as a struct page */
#define INST_LEFT  32 /* left is the address of the number of pages not yet put in */
#define INST_LEARN 8  /* the range is learnt from inner helpers: the plain object has no VMA to ask */

/* A helper under way. */
struct inst_frame {
	__u32 helper;
	__u32 know;
	__u64 stacks;
	__u64 ts, vma, addr, len, prot, pfn;
	__u64 dma_addr, attrs, device;
	__u64 sp, left;
	__u64 gen; /* of a fault without a number: two with the same are one */
};

/* index in mmt_inst.segs */
#define SEGS_FRAME(level) ((level) & (INST_DEPTH - 1))
#define SEGS_RUN(level)	  (INST_DEPTH + ((level) & (INST_DEPTH - 1)))

struct mmt_inst {
	struct inst_frame frame[INST_DEPTH];
	struct segs segs[2 * INST_DEPTH];
	__u64 gen[INST_DEPTH];
	struct mmt_ev_dma_map run[INST_DEPTH]; /* has the fields of all three install events, in their order */
};

/* By thread id; there while the thread is inside a helper or has a run open. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct mmt_inst);
} insts SEC(".maps");

/* what an entry starts from: too large for the stack */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mmt_inst);
} inst_zero SEC(".maps");

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

#define RUN_HAVE_SEGS                                                                         \
	(MMT_HAVE(DMA_MAP, pfn) | MMT_HAVE(DMA_MAP, seg_pfn) | MMT_HAVE(DMA_MAP, seg_pages) | \
	 MMT_HAVE(DMA_MAP, pfn_lo) | MMT_HAVE(DMA_MAP, pfn_hi) | MMT_HAVE(DMA_MAP, segs))
#define RUN_HAVE_ALL_SEGS (MMT_HAVE(DMA_MAP, pfn_lo) | MMT_HAVE(DMA_MAP, pfn_hi) | MMT_HAVE(DMA_MAP, segs))

static __always_inline void run_send(struct mmt_ev_dma_map *r, const struct segs *s)
{
	r->pfn = s->pfn;
	r->pfn_lo = s->lo;
	r->pfn_hi = s->hi;
	r->segs = s->n;
#pragma unroll
	for (__u32 k = 0; k < 8; k++) { /* behind the last one there is what an earlier run left */
		r->seg_pfn[k] = k < s->n ? s->seg_pfn[k] : 0;
		r->seg_pages[k] = k < s->n ? s->seg_pages[k] : 0;
	}
	if (s->n)
		r->h.have |= RUN_HAVE_SEGS & ~(s->partial ? RUN_HAVE_ALL_SEGS : 0);
	if (!knobs.ring)
		return;
	if (r->h.type == MMT_EV_DMA_MAP) {
		if (bpf_ringbuf_output(&ring, r, sizeof(struct mmt_ev_dma_map), wake_flag()))
			lose(MMT_LOSS_RING, MMT_EV_DMA_MAP);
	} else if (bpf_ringbuf_output(&ring, r, sizeof(struct mmt_ev_pfn_map), wake_flag())) {
		lose(MMT_LOSS_RING, r->h.type & (MMT_EV_MAX - 1));
	}
}

/* Sends the runs of level `from` and of those inside, the outermost first: it began first, and names the mapping. */
__noinline int runs_send(__u32 tid, __u32 from)
{
	struct mmt_thread *t = thread_find(tid);
	struct mmt_inst *i = bpf_map_lookup_elem(&insts, &tid);

	if (!t)
		return 0;
#pragma unroll
	for (__u32 level = 0; level < INST_DEPTH; level++) {
		if (level < from || !(t->runs & (1u << level)))
			continue;
		t->runs &= ~(1u << level);
		if (i)
			run_send(&i->run[level], &i->segs[SEGS_RUN(level)]);
	}
	if (!t->runs && t->runs_wait) {
		t->runs_wait = 0;
		runs_open_add(-1);
	}
	return 0;
}

static __always_inline void run_flush(struct mmt_thread *t, __u64 pid_tgid)
{
	__u32 tid = (__u32)pid_tgid;

	if (t->runs || t->runs_wait)
		runs_send(tid, 0);
	if (t->inst_any && !t->inst_depth && !t->objs) {
		t->inst_any = 0;
		bpf_map_delete_elem(&insts, &tid);
	}
}

/* The event that tells of a role's function. */
static __always_inline __u32 event_of_role(__u32 role)
{
	switch (role) {
	case MMT_ROLE_OPEN:
		return MMT_EV_DRIVER_OPEN;
	case MMT_ROLE_CLOSE:
		return MMT_EV_DRIVER_CLOSE;
	case MMT_ROLE_FAULT:
	case MMT_ROLE_HUGE_FAULT:
		return MMT_EV_DRIVER_FAULT;
	case MMT_ROLE_PAGE_MKWRITE:
	case MMT_ROLE_PFN_MKWRITE:
		return MMT_EV_DRIVER_MKWRITE;
	case MMT_ROLE_ACCESS:
		return MMT_EV_DRIVER_ACCESS;
	case MMT_ROLE_SPLIT:
		return MMT_EV_DRIVER_SPLIT;
	}
	return MMT_EV_DRIVER_MMAP;
}

/*
 * Leaves `keep` frames of driver functions: the inner ones belong to returns that were never seen. (Unrolled, like all loops over
 * frames: clang's loops may end by falling through to their head, which kernels up to 6.1 refuse.)
 */
static __noinline int driver_forget(struct mmt_thread *t, __u32 keep)
{
#pragma unroll
	for (__u32 i = 0; i < DRIVER_DEPTH; i++)
		if (i >= keep && i < t->drivers && t->driver[i].func)
			lose(MMT_LOSS_RETURN, event_of_role(t->driver[i].role));
	t->drivers = keep;
	return 0;
}

/* A new call begins: frames that are still open belong to a return that was never seen. */
static __always_inline void run_forget_frames(struct mmt_thread *t)
{
	if (t->inst_depth || t->objs) {
		lose(MMT_LOSS_RETURN, 0);
		t->inst_depth = t->objs = 0;
	}
	if (t->drivers)
		driver_forget(t, 0);
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
	__u64 stacks;

	if (!t->map_func || t->map_func_told || !WANT(DRIVER_MMAP))
		return;
	t->map_func_told = 1;
	stacks = STACKS(x, DRIVER_MMAP);
	e = RESERVE(driver_mmap, DRIVER_MMAP);
	if (!e)
		return;
	__builtin_memset(VMA_OF(e), 0, sizeof(struct vma_part));
	HEAD(e, DRIVER_MMAP, MMT_TIER_KPROBE, t->chg_ts, pid_tgid);
	stacks_put(&e->h, stacks);
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
