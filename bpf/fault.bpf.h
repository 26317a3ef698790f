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
#include "total.bpf.h"

#define SIGBUS_	 7 /* include/uapi/asm-generic/signal.h, 6.12 */
#define SIGSEGV_ 11

#define FAULT_HAVE_PLAIN                                                                                   \
	(MMT_HAVE(FAULT, addr) | MMT_HAVE(FAULT, ip) | MMT_HAVE(FAULT, attempts) | MMT_HAVE(FAULT, mode) | \
	 MMT_HAVE(FAULT, class) | MMT_HAVE(FAULT, kind) | MMT_HAVE(FAULT, zero0))

/* Sends the slot's event and frees the slot. False: it was not asked for, or is lost. */
static __always_inline bool fault_send(struct mmt_slot *s)
{
	struct mmt_ev_fault *e;

	s->head = SLOT_IDLE;
	if (s->waits) {
		s->waits = 0;
		faults_wait_add(-1);
	}
	if (!WANT(FAULT))
		return false;
	e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0); /* where faults are told there is one */
	if (!e) {
		lose(MMT_LOSS_RING, MMT_EV_FAULT);
		return false;
	}
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
	total_is_over(tid);
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

	s->head = SLOT_RUNNING;
	s->vma = 0;
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

static __always_inline __u8 fault_kind(const struct mmt_ev_fault *e, __u32 marks)
{
	const __u32 write = FLT_USER | FLT_WRITE;
	const struct fault_traits f = {
		.vm_flags = e->vm_flags,
		.flags = e->flags,
		.result = e->result,
		.class = e->class,
		.mode = e->mode,
		.rdev = e->rdev,
		.maj = e->maj,
		.has_flags = e->h.have & MMT_HAVE(FAULT, flags),
		.has_result = e->h.have & MMT_HAVE(FAULT, result),
	};

	/* by far most: the first touch of anonymous memory */
	if (e->class == MMT_FCLASS_ANON && !marks && (e->flags & write) == write && !(e->result & VMF_ERROR) &&
	    knobs.marks)
		return MMT_FKIND_ANON;
	return kind_of(&f, marks);
}

/* What happens within the fault under way, if one is: its kind follows from that. */
static __always_inline void fault_mark(__u32 bit)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct mmt_slot *s = slot_of(tid);

	if (s && s->tid == tid && s->state == SLOT_RUNNING)
		s->marks |= bit;
	total_mark(tid, bit);
}

#endif
