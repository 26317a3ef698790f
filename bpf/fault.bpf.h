/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page faults. One hardware fault is one event: from the first entry to the return that is not RETRY. The event is
 * built in the thread's slot, so that the exit, whichever hook it is, only adds what it knows.
 *
 *   fentry/fexit        handle_mm_fault, both ends
 *   kprobe + perf       handle_mm_fault at entry, the MIN/MAJ software events at the end (a kretprobe loses sleepers)
 *   perf                PAGE_FAULTS at entry, MIN/MAJ at the end
 */
#ifndef MMTRACE_FAULT_BPF_H
#define MMTRACE_FAULT_BPF_H

#include "run.bpf.h"
#include "split.bpf.h"

/* include/linux/mm_types.h, 5.10 to 6.12: enum vm_fault_reason, enum fault_flag */
#define VMF_OOM	     0x1
#define VMF_SIGBUS   0x2
#define VMF_MAJOR    0x4
#define VMF_HWPOISON 0x30
#define VMF_SIGSEGV  0x40
#define VMF_NOPAGE   0x100
#define VMF_RETRY    0x400
#define VMF_ERROR    (VMF_OOM | VMF_SIGBUS | VMF_HWPOISON | VMF_SIGSEGV)
#define FLT_WRITE    0x1
#define FLT_TRIED    0x20
#define FLT_USER     0x40
#define FLT_VMA_LOCK 0x1000 /* 6.4 */
/* include/linux/mm.h, 5.10 to 6.12 */
#define VMFLAG_SHARED	  0x8
#define VMFLAG_GROWSDOWN  0x100
#define VMFLAG_PFNMAP	  0x400
#define VMFLAG_HUGETLB	  0x400000
#define VMFLAG_WIPEONFORK 0x2000000
#define VMFLAG_MIXEDMAP	  0x10000000

#define SIGBUS_	 7 /* include/uapi/asm-generic/signal.h, 6.12 */
#define SIGSEGV_ 11

#define FAULT_HAVE_PLAIN                                                                                   \
	(MMT_HAVE(FAULT, addr) | MMT_HAVE(FAULT, ip) | MMT_HAVE(FAULT, attempts) | MMT_HAVE(FAULT, mode) | \
	 MMT_HAVE(FAULT, class) | MMT_HAVE(FAULT, kind) | MMT_HAVE(FAULT, zero0))

/* Sends the slot's event and frees the slot. False: it was not asked for, or is lost. */
static __always_inline bool fault_send(struct mmt_slot *s)
{
	struct mmt_ev_fault *e;

	s->state = SLOT_IDLE;
	s->nested = 0;
	if (s->waits) {
		s->waits = 0;
		faults_wait_add(-1);
	}
	if (!WANT(FAULT))
		return false;
	e = RESERVE(fault, FAULT);
	if (!e)
		return false;
	__builtin_memcpy(e, &s->ev, sizeof(*e));
	send(e);
	return true;
}

/* The thread went on to something else without a final return: told, and never paired with a later fault. */
static __always_inline void fault_give_up(struct mmt_slot *s, __u8 kind)
{
	split_drop(s->tid);
	s->ev.kind = kind;
	s->ev.h.dur_ns = 0;
	s->ev.h.have &= ~(MMT_HAVE_DUR | MMT_HAVE(FAULT, result) | MMT_HAVE(FAULT, maj));
	if (s->marks & MMT_MARK_INSERT) { /* its runs wait for an end that does not come */
		struct mmt_thread *t = thread_find(s->tid);

		if (t)
			run_flush(t, s->tid);
	}
	fault_send(s);
}

static __always_inline void fault_abandon(struct mmt_slot *s)
{
	fault_give_up(s, MMT_FKIND_ABANDONED);
}

/* The thread is where no fault of its own can be any more. One on behalf of the kernel that fails (EFAULT) has no other end. */
static __always_inline void fault_is_over(__u32 tid)
{
	struct mmt_slot *s = slot_of(tid);

	if (s && s->tid == tid && s->state != SLOT_IDLE)
		fault_abandon(s);
}

/* Only software events tell of the fault's end, and they may not. */
static __always_inline void fault_await_exit(struct mmt_slot *s)
{
	if (!knobs.sys_exit || s->ev.mode != MMT_FMODE_KERNEL)
		return;
	s->waits = 1;
	faults_wait_add(1);
}

static __always_inline void fault_start(struct mmt_slot *s, __u8 tier, __u64 addr, __u64 pid_tgid)
{
	struct mmt_ev_fault *e = &s->ev;

	s->state = SLOT_RUNNING;
	s->marks = 0;
	s->nested = 0;
	HEAD(e, FAULT, tier, 0, pid_tgid);
	e->h.call = ++s->calls;
	e->addr = addr;
	e->ip = 0;
	e->flags = e->result = 0;
	e->attempts = 1;
	e->maj = 0;
	e->class = MMT_FCLASS_UNKNOWN;
	e->kind = MMT_FKIND_UNKNOWN;
	e->mode = MMT_FMODE_UNKNOWN;
	e->zero0 = 0;
}

/*
 * A driver's ->fault ran: did it put the entry in itself (VM_FAULT_NOPAGE) or hand out a page? Where the result is not known
 * the VMA's flags tell, but for a mixed one.
 */
static __always_inline __u8 kind_of_driver(const struct mmt_ev_fault *e)
{
	if (e->h.have & MMT_HAVE(FAULT, result))
		return e->result & VMF_NOPAGE ? MMT_FKIND_DRIVER_PFN : MMT_FKIND_DRIVER_PAGE;
	if (e->vm_flags & VMFLAG_PFNMAP)
		return MMT_FKIND_DRIVER_PFN;
	return e->vm_flags & VMFLAG_MIXEDMAP ? MMT_FKIND_UNKNOWN : MMT_FKIND_DRIVER_PAGE;
}

static __always_inline __u8 kind_of_file(const struct mmt_ev_fault *e, __u32 marks)
{
	if (marks & MMT_MARK_MKWRITE)
		return MMT_FKIND_WRITE_NOTIFY;
	if (marks & MMT_MARK_WP)
		return e->vm_flags & VMFLAG_SHARED ? MMT_FKIND_WRITE_NOTIFY : MMT_FKIND_COW;
	if ((e->flags & FLT_WRITE) && !(e->vm_flags & VMFLAG_SHARED))
		return MMT_FKIND_COW;
	if (!(marks & (MMT_MARK_DOFAULT | MMT_MARK_AROUND)))
		return (e->flags & FLT_WRITE) ? MMT_FKIND_DIRTY : MMT_FKIND_UNKNOWN;
	if (e->class == MMT_FCLASS_SHM)
		return MMT_FKIND_SHM;
	if (e->rdev)
		return marks & MMT_MARK_AROUND ? MMT_FKIND_DRIVER_PAGE : kind_of_driver(e);
	return e->maj ? MMT_FKIND_FILE_IO : MMT_FKIND_FILE;
}

/* What the kernel did: from the marks that hooks inside the fault left. Without those hooks, unknown. */
static __always_inline __u8 kind_of(const struct mmt_ev_fault *e, __u32 marks)
{
	if (e->result & VMF_ERROR)
		return MMT_FKIND_FAILED;
	if (!knobs.marks || !(e->h.have & MMT_HAVE(FAULT, flags)))
		return MMT_FKIND_UNKNOWN; /* without flags a write looks like a read */
	if (e->mode == MMT_FMODE_GUP)
		return MMT_FKIND_REMOTE;
	if (marks & MMT_MARK_UFFD)
		return MMT_FKIND_UFFD;
	if (marks & MMT_MARK_SWAP)
		return MMT_FKIND_SWAP;
	switch (e->class) {
	case MMT_FCLASS_ANON:
		if (marks & MMT_MARK_WP)
			return MMT_FKIND_COW;
		return (e->flags & FLT_WRITE) ? MMT_FKIND_ANON : MMT_FKIND_ZERO_PAGE;
	case MMT_FCLASS_HUGETLB:
		return MMT_FKIND_HUGETLB;
	case MMT_FCLASS_PFN:
		if (marks & MMT_MARK_MKWRITE)
			return MMT_FKIND_WRITE_NOTIFY;
		if (!(marks & MMT_MARK_DOFAULT))
			return (e->flags & FLT_WRITE) ? MMT_FKIND_DIRTY : MMT_FKIND_UNKNOWN;
		return kind_of_driver(e);
	case MMT_FCLASS_FILE:
	case MMT_FCLASS_SHM:
		return kind_of_file(e, marks);
	}
	return MMT_FKIND_UNKNOWN;
}

/* What happens within the fault under way, if one is: its kind follows from that. */
static __always_inline void fault_mark(__u32 bit)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct mmt_slot *s = slot_of(tid);

	if (s && s->tid == tid && s->state == SLOT_RUNNING)
		s->marks |= bit;
}

#endif
