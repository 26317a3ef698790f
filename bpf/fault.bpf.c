/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MMT_PLAIN
#include "driver.bpf.h"
#endif
#include "fault.bpf.h"
#include "fault_quick.bpf.h"
#include "hook.bpf.h"
#include "run.bpf.h"
#include "task.bpf.h"
#include "vma_last.bpf.h"

#define SAME_PAGE(a, b) ((a) >> knobs.page_shift == (b) >> knobs.page_shift)

#define FAULTS_HAVE_FRAMES (WANT(DRIVER_FAULT) || WANT(DRIVER_MKWRITE))

/* What else has to be done at the end of a fault: of few. */
static __noinline int fault_end_extra(__u32 tid, __u64 now)
{
	struct mmt_slot *s = slot_of(tid);
	struct mmt_thread *t = thread_find(tid);
	struct mmt_ev_fault *e;
	struct split_sum sum;

	if (!s)
		return 0;
	e = &s->ev;
	split_end(tid, now, &sum);
	/* with the wait before it, where that was seen */
	if (sum.total) {
		e->h.ts_ns = now - sum.total;
		e->h.dur_ns = sum.total;
	}
	if (t && s->marks & MMT_MARK_INSERT)
		run_flush(t, bpf_get_current_pid_tgid());
	/* whatever ran within a fault from user mode has ended with it */
	if (t && e->mode == MMT_FMODE_USER && t->drivers)
		driver_forget(t, 0);
	if (fault_send(s))
		split_send(&e->h, &sum);
	return 0;
}

static __always_inline void fault_end(struct mmt_slot *s, __u32 tid)
{
	struct mmt_ev_fault *e = &s->ev;
	__u64 now = bpf_ktime_get_ns();

	e->h.dur_ns = now - e->h.ts_ns;
	e->h.have |= MMT_HAVE_DUR | MMT_HAVE(FAULT, maj);
	e->kind = fault_kind(e, s->marks);
	if (EXTRA || s->marks & MMT_MARK_INSERT)
		fault_end_extra(tid, now);
	else
		fault_send(s);
}

#ifndef MMT_PLAIN

#define TMPFS_MAGIC_ 0x01021994 /* include/uapi/linux/magic.h, 6.12 */

static __always_inline __u8 class_of(const bool b, struct vm_area_struct *vma, const struct vma_part *p)
{
	const struct vm_operations_struct *ops;

	if (p->vm_flags & VMFLAG_HUGETLB)
		return MMT_FCLASS_HUGETLB;
	if (p->vm_flags & (VMFLAG_PFNMAP | VMFLAG_MIXEDMAP))
		return MMT_FCLASS_PFN;
	ops = (void *)RD(b, vma, vm_ops);
	if (!ops)
		return MMT_FCLASS_ANON;
	if (knobs.shmem_fault)
		return p->ops == knobs.shmem_fault || (p->ops && p->ops == knobs.sysv_fault) ? MMT_FCLASS_SHM :
											       MMT_FCLASS_FILE;
	return BPF_CORE_READ(vma, vm_file, f_inode, i_sb, s_magic) == TMPFS_MAGIC_ ? MMT_FCLASS_SHM : MMT_FCLASS_FILE;
}

/*
 * Fills what the VMA tells. The slot remembers the number of its thread's own address space; that of another, which the thread
 * reaches into, may end without the thread's knowledge.
 */
static __always_inline void fault_vma(const bool b, struct mmt_slot *s, struct vm_area_struct *vma)
{
	struct mmt_ev_fault *e = &s->ev;
	__u64 mm = RD(b, vma, vm_mm);

	e->h.have |= vma_fill(b, VMA_OF(e), vma, vma_name(b, vma));
	e->class = class_of(b, vma, VMA_OF(e));
	if (s->mm_key != mm) {
		if (mm != current_mm_key(0)) {
			e->h.mm = mm_number_reached(mm);
			return;
		}
		s->mm = mm_number(mm);
		s->mm_key = mm;
	}
	e->h.mm = s->mm;
}

/*
 * Does handle_mm_fault() go on with the fault that the slot has? Retries are marked TRIED; after a try under the VMA's own
 * lock the next is made under the address space's. The same page alone is not enough: a fault that failed on behalf of the
 * kernel (EFAULT) ends without a signal and without a software event.
 */
static __always_inline bool fault_goes_on(const struct mmt_ev_fault *e, __u64 addr, __u32 flags)
{
	return SAME_PAGE(e->addr, addr) && (flags & FLT_TRIED || (e->flags & ~flags & FLT_VMA_LOCK));
}

static __always_inline void fault_enter(const struct hookx x, DECL_4)
{
	struct pt_regs *regs = (void *)a4;
	struct vm_area_struct *vma = (void *)a1;
	__u64 pid_tgid = current_ids(x.btf);
	const bool extra = EXTRA;
	__u64 entered = extra && knobs.split && regs ? bpf_ktime_get_ns() : 0;
	struct mmt_ev_fault *e;
	struct mmt_slot *s;

	if (knobs.fault_exit_perf && !regs)
		return;
	/* a thread that was wanted stays so while it lives in this address space: its slot knows, and saves the look-up */
	s = slot_of((__u32)pid_tgid);
	if (!s || s->tid != (__u32)pid_tgid || s->mm_key != RD(x.btf, vma, vm_mm)) {
		if (!current_wanted(pid_tgid))
			return;
		s = slot_claim((__u32)pid_tgid);
		if (!s) {
			lose(MMT_LOSS_SLOT, MMT_EV_FAULT);
			return;
		}
	}
	e = &s->ev;
	if (s->state == SLOT_RUNNING && !knobs.fault_exit_perf && !(a3 & FLT_USER)) {
		/*
		 * A fault inside a fault: the outer one goes on, the inner one has no slot. From user mode there is no outer one:
		 * its return was missed, as when the program was running on that CPU already, preempted.
		 */
		s->nested++;
		lose(MMT_LOSS_SLOT, MMT_EV_FAULT);
		return;
	}
	if (s->state != SLOT_IDLE) {
		if (fault_goes_on(e, a2, (__u32)a3)) {
			s->state = SLOT_RUNNING;
			e->attempts++;
			e->flags = (__u32)a3;
			split_again((__u32)pid_tgid);
			return;
		}
		fault_abandon(s);
	}
	fault_start(s, knobs.fault_exit_perf ? MMT_TIER_KPROBE_PERF : x.tier, a2, pid_tgid);
	e->h.have = FAULT_HAVE_PLAIN | MMT_HAVE(FAULT, flags);
	e->flags = (__u32)a3;
	fault_vma(x.btf, s, vma);
	if (regs) {
#if defined(__TARGET_ARCH_arm64)
		e->ip = RD(x.btf, regs, pc);
#else
		e->ip = RD(x.btf, regs, ip);
#endif
		e->mode = (a3 & FLT_USER) ? MMT_FMODE_USER : MMT_FMODE_KERNEL;
		if (knobs.fault_exit_perf)
			fault_await_exit(s);
	} else {
		e->h.have &= ~MMT_HAVE(FAULT, ip);
		e->mode = MMT_FMODE_GUP;
	}
	if (extra)
		stacks_put(&e->h, STACKS(x, FAULT));
	e->h.ts_ns = bpf_ktime_get_ns();
	if (extra)
		split_begin((__u32)pid_tgid, a2, entered, e->h.ts_ns);
}

static __always_inline void fault_leave(const struct hookx x, __u64 ret)
{
	__u32 tid = current_ids(x.btf);
	struct mmt_slot *s = slot_of(tid);

	if (!s || s->tid != tid || s->state != SLOT_RUNNING)
		return;
	if (s->nested) {
		s->nested--;
		return;
	}
	if (ret & VMF_RETRY) {
		s->state = SLOT_RETRY;
		split_retry(tid);
		return;
	}
	s->ev.result = (__u32)ret;
	s->ev.h.have |= MMT_HAVE(FAULT, result);
	s->ev.maj = fault_major(ret, s->ev.flags);
	fault_end(s, tid);
	fault_ready(s);
}

static __noinline int fault_enter_slow(__u64 *c)
{
	if (off)
		return 0;
	HIT(FAULT);
	fault_enter(HX_FENTRY(c), CTX_4);
	return 0;
}

static __noinline int fault_leave_slow(__u64 *c)
{
	if (!off)
		fault_leave(HX_FENTRY(c), c[4]);
	return 0;
}

SEC("?fentry/handle_mm_fault")
int fault_enter__fentry(__u64 *c)
{
	__u64 pid_tgid = current_ids(true);
	struct mmt_slot *s = slot_quick((__u32)pid_tgid);

	return s && fault_enter_quick(c, s, pid_tgid) ? 0 : fault_enter_slow(c);
}

SEC("?fexit/handle_mm_fault")
int fault_leave__fexit(__u64 *c)
{
	__u32 tid = (__u32)current_ids(true);
	struct mmt_slot *s = slot_quick(tid);

	return s && fault_leave_quick(c, s, tid) ? 0 : fault_leave_slow(c);
}

KPROBE_PROG(fault_enter, "handle_mm_fault", FAULT, 4)

#ifndef MMT_OLD
/* the helper takes a context on the stack only */
struct find_ctx {
	struct mmt_slot *slot;
};

static long found_vma(struct task_struct *task, struct vm_area_struct *vma, struct find_ctx *c)
{
	struct mmt_slot *s = c->slot;

	struct vma_last *l;

	if (!s)
		return 0;
	fault_vma(false, s, vma);
	l = vma_last_take(s->tid, vma);
	if (!l)
		return 0;
	l->class = s->ev.class;
	l->have = s->ev.h.have;
	l->part = *VMA_OF(&s->ev);
	return 0;
}

/* Only tries the lock, so it can fail when another thread maps; the ledger then names the mapping. */
static __always_inline void fault_find_vma(struct mmt_slot *s)
{
	struct find_ctx c = { .slot = s };
	struct vma_last *l = vma_last_of(s->tid, s->ev.addr);

	if (l) {
		s->ev.class = l->class;
		s->ev.h.have |= l->have;
		*VMA_OF(&s->ev) = l->part;
		return;
	}
	bpf_find_vma(bpf_get_current_task_btf(), s->ev.addr, found_vma, &c, 0);
}
#endif

#endif

#if defined(MMT_PLAIN) || defined(MMT_OLD)
static __always_inline void fault_find_vma(struct mmt_slot *s)
{
}
#endif

SEC("?perf_event")
int fault_enter__perf(struct mmt_perf_ctx *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid(), key;
	struct mmt_ev_fault *e;
	struct mmt_slot *s;

	if (!current_wanted(pid_tgid))
		return 0;
	HIT(FAULT);
	s = slot_claim((__u32)pid_tgid);
	if (!s) {
		lose(MMT_LOSS_SLOT, MMT_EV_FAULT);
		return 0;
	}
	e = &s->ev;
	if (s->state != SLOT_IDLE)
		fault_abandon(s);
	fault_start(s, MMT_TIER_PERF, ctx->addr, pid_tgid);
	e->h.have = FAULT_HAVE_PLAIN;
	e->ip = REG_IP(&ctx->regs);
	e->mode = REG_USER(&ctx->regs) ? MMT_FMODE_USER : MMT_FMODE_KERNEL;
	fault_await_exit(s);
	e->vma_start = e->vma_end = e->pgoff = e->vm_flags = e->ino = e->file = e->ops = 0;
	e->dev = e->rdev = 0;
	key = current_mm_key(pid_tgid);
	if (s->mm_key != key) {
		s->mm = mm_number(key);
		s->mm_key = key;
		target_heard(pid_tgid >> 32);
	}
	e->h.mm = s->mm;
	fault_find_vma(s);
	stacks_put(&e->h, STACKS(HX_TIER(PERF, ctx), FAULT));
	e->h.ts_ns = bpf_ktime_get_ns();
	split_begin((__u32)pid_tgid, ctx->addr, 0, e->h.ts_ns);
	return 0;
}

static __always_inline int fault_leave_perf(struct mmt_perf_ctx *ctx, __u16 maj)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_slot *s = slot_of((__u32)pid_tgid);

	if (off || !s || s->tid != (__u32)pid_tgid || s->state != SLOT_RUNNING)
		return 0;
	if (!SAME_PAGE(s->ev.addr, ctx->addr))
		return 0;
	if (s->ev.h.tier == MMT_TIER_PERF && !(s->ev.h.have & 1))
		fault_find_vma(s);
	s->ev.maj = maj;
	fault_end(s, (__u32)pid_tgid);
	return 0;
}

SEC("?perf_event")
int fault_min__perf(struct mmt_perf_ctx *ctx)
{
	return fault_leave_perf(ctx, 0);
}

SEC("?perf_event")
int fault_maj__perf(struct mmt_perf_ctx *ctx)
{
	return fault_leave_perf(ctx, 1);
}

/* A signal ends a fault that has no return yet: a fatal one was the fault's own result. */
SEC("?raw_tp/signal_deliver")
int fault_signal__raw_tp(struct raw_tp_ctx *ctx)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct mmt_slot *s = slot_of(tid);
	__u64 sig = ctx->args[0];
	__u8 kind = sig == SIGBUS_ || sig == SIGSEGV_ ? MMT_FKIND_FAILED : MMT_FKIND_ABANDONED;

	if (off)
		return 0;
	if (s && s->tid == tid && s->state != SLOT_IDLE) {
		HIT(SIGNAL);
		fault_give_up(s, kind);
	}
	if (total_signalled(tid, kind))
		HIT(SIGNAL);
	return 0;
}

#ifndef MMT_PLAIN

#define MARK(name, fn, HOOK, bit) \
	ENTRY(name, fn, HOOK, 1)  \
	{                         \
		fault_mark(bit);  \
	}

MARK(mark_wp, "do_wp_page", MARK_WP, MMT_MARK_WP)
MARK(mark_swap, "do_swap_page", MARK_SWAP, MMT_MARK_SWAP)
MARK(mark_around, "filemap_map_pages", MARK_AROUND, MMT_MARK_AROUND)
MARK(mark_uffd, "handle_userfault", MARK_UFFD, MMT_MARK_UFFD)
MARK(mark_huge, "pgtable_trans_huge_deposit", MARK_HUGE, MMT_MARK_HUGE)

/* (vmf, …): the driver's function is about to run; it may be one that no probe sits on yet */
ENTRY(mark_dofault, "__do_fault", MARK_DOFAULT, 1)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	fault_mark(MMT_MARK_DOFAULT);
	if (WANT(DRIVER_FAULT) && current_wanted(pid_tgid))
		driver_unprobed_fault(HX_UNTYPED(x), thread_find((__u32)pid_tgid), pid_tgid, (void *)a1,
				      MMT_ROLE_FAULT);
}

ENTRY(mark_mkwrite, "do_page_mkwrite", MARK_MKWRITE, 1)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	fault_mark(MMT_MARK_MKWRITE);
	if (WANT(DRIVER_MKWRITE) && current_wanted(pid_tgid))
		driver_unprobed_fault(HX_UNTYPED(x), thread_find((__u32)pid_tgid), pid_tgid, (void *)a1,
				      MMT_ROLE_PAGE_MKWRITE);
}

#endif
