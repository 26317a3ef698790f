/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What most faults are, in as few instructions as there are: a thread that is known and in no fault writes to memory that has
 * neither vm_ops nor a file, which is to say anonymous. The slot then has an event of such a fault already, and of it only what
 * differs from one to the next is filled in. What a fault without return leaves there is an event like any other.
 */
#ifndef MMTRACE_FAULT_QUICK_BPF_H
#define MMTRACE_FAULT_QUICK_BPF_H

#include "fault.bpf.h"
#ifndef MMT_PLAIN
#include "vma.bpf.h"
#endif

/* Stacks, shares, drivers' frames: looked at once, since reading a knob is four instructions on arm64. */
#define EXTRA knobs.fault_extra

#ifndef MMT_PLAIN

/* slot_of(), where there are as many as there can be, without a look at how many those are. NULL: else. */
static __always_inline struct mmt_slot *slot_quick(__u32 tid)
{
	__u32 i = tid & (MMT_SLOTS_MAX - 1);

	return bpf_map_lookup_elem(&slots, &i);
}

#define HEAD_READY (SLOT_IDLE | 1 << 16)
#define HEAD_QUICK (SLOT_RUNNING | 1 << 16)
#define QUICK_HAVE                                                                                                   \
	(FAULT_HAVE_PLAIN | MMT_HAVE(FAULT, flags) | MMT_HAVE(FAULT, result) | MMT_HAVE(FAULT, maj) | MMT_HAVE_DUR | \
	 VMA_HAVE(vma_start) | VMA_HAVE(vma_end) | VMA_HAVE(pgoff) | VMA_HAVE(vm_flags))

/*
 * What is remembered of a VMA holds while nobody has held the address space's lock for writing: then its count has changed. The
 * fault's own lock keeps out whoever does (include/linux/mm.h, vma_start_read() and vma_end_write_all(), 6.4 to 6.12; stacks grow
 * under that lock since 6.5 only). False: this kernel has no such count.
 */
static __always_inline bool mm_seq(struct mm_struct *mm, __u32 *seq)
{
	struct mm_struct___65 *old = (void *)mm;

	if (bpf_core_field_exists(mm->mm_lock_seq))
		*seq = mm->mm_lock_seq.sequence;
	else if (bpf_core_field_exists(old->mm_lock_seq))
		*seq = old->mm_lock_seq;
	else
		return false;
	return true;
}

/* Has the slot's event the fields of this VMA, or can it be given them? */
static __always_inline bool quick_vma(struct mmt_slot *s, struct vm_area_struct *vma)
{
#ifdef MMT_OLD
	struct mm_struct *mm = vma->vm_mm;
#else
	struct mm_struct *mm = bpf_get_current_task_btf()->mm; /* a fault's from user mode; takes less to look at */
#endif
	struct mmt_ev_fault *e = &s->ev;
	__u32 seq = 0;
	bool known;

	if ((__u64)mm != s->mm_key)
		return false;
	known = mm_seq(mm, &seq);
	if (known && s->vma == (__u64)vma && s->seq == seq)
		return true;
	if (vma->vm_ops || vma->vm_file)
		return false;
	e->vma_start = vma->vm_start;
	e->vma_end = vma->vm_end;
	e->pgoff = vma->vm_pgoff;
	e->vm_flags = vma->vm_flags;
	s->seq = seq;
	s->vma = known && !(e->vm_flags & VMFLAG_GROWSDOWN) ? (__u64)vma : 0;
	return true;
}

static __always_inline bool fault_enter_quick(__u64 *c, struct mmt_slot *s, __u64 pid_tgid)
{
	struct pt_regs *regs = (void *)c[3];
	struct mmt_ev_fault *e = &s->ev;
	__u32 flags = (__u32)c[2], tid = (__u32)pid_tgid;

	if (s->tid_head != TID_HEAD(tid, HEAD_READY) || (flags & (FLT_QUICK | FLT_TRIED)) != FLT_QUICK || !regs ||
	    !quick_vma(s, (void *)c[0]))
		return false;
	s->head = HEAD_QUICK;
	e->h.cpu = bpf_get_smp_processor_id();
	e->h.pid = pid_tgid >> 32;
	e->h.call = ++s->calls;
	e->addr = c[1];
#if defined(__TARGET_ARCH_arm64)
	e->ip = regs->pc;
#else
	e->ip = regs->ip;
#endif
	e->flags = flags;
	e->h.ts_ns = bpf_ktime_get_ns();
	return true;
}

#define WAKE_EVERY 16 /* faults of a thread; a power of two */

/* The reader looks ten times a second by itself: whether it has to be woken is asked now and then. */
static __always_inline bool fault_leave_quick(__u64 *c, struct mmt_slot *s, __u32 tid)
{
	struct mmt_ev_fault *e = &s->ev;

	if (s->tid_head != TID_HEAD(tid, HEAD_QUICK) || (__u32)c[4] & (VMF_ERROR | VMF_RETRY | VMF_MAJOR))
		return false;
	e->h.dur_ns = bpf_ktime_get_ns() - e->h.ts_ns;
	e->result = (__u32)c[4];
	s->head = HEAD_READY;
	if (off)
		return true;
	if (bpf_ringbuf_output(&ring, e, sizeof(*e), s->calls & (WAKE_EVERY - 1) ? BPF_RB_NO_WAKEUP : wake_flag()))
		lose(MMT_LOSS_RING, MMT_EV_FAULT);
	return true;
}

/* The next fault of this thread may be as this one was. */
static __always_inline void fault_ready(struct mmt_slot *s)
{
	struct mmt_ev_fault *e = &s->ev;

	if (EXTRA || !WANT(FAULT) || knobs.fault_exit_perf || s->head != SLOT_IDLE || e->h.tier != MMT_TIER_FENTRY ||
	    e->h.have != QUICK_HAVE || e->kind != MMT_FKIND_ANON || e->mode != MMT_FMODE_USER)
		return;
	e->attempts = 1;
	e->maj = 0;
	s->head = HEAD_READY;
}

#endif

#endif
