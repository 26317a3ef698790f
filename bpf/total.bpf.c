/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults added up. The pairing of entries and ends is that of fault.bpf.c, which says why; nothing is built but the sums.
 * What every first touch of anonymous memory passes stands first in each function, what is rare behind it.
 */
#ifndef MMT_PLAIN
#include "driver.bpf.h"
#endif
#include "fault.bpf.h"
#include "hook.bpf.h"
#include "task.bpf.h"
#include "total_key.bpf.h"
#include "vma_last.bpf.h"
#include "total_slow.bpf.h"

static __always_inline __u32 current_tid(const bool b)
{
	return (__u32)current_ids(b);
}

/*
 * The slot of the running thread, its own; NULL: it is not wanted, or another thread's fault is under way in the slot. That it is
 * not wanted is remembered, too: those who are not asked for pay least. mm: of the fault, where keys depend on it, else 0.
 */
static __always_inline struct mmt_tslot *tslot_wanted(__u32 tid, __u64 mm, const __u32 m)
{
	struct mmt_tslot *s = tslot_of(tid);

	if (s->tid == tid && (!(m & (M_KEYED | M_FULL)) || s->mm_key == mm))
		return s->state == SLOT_UNWANTED ? NULL : s;
	return tslot_claim(tid, mm) ? s : NULL;
}

static __always_inline void total_begin(struct mmt_tslot *s, __u64 addr, __u32 flags)
{
	s->head = SLOT_RUNNING;
	s->addr = addr;
	s->flags = flags;
}

/* Number of the cell within its row. */
static __noinline __u32 total_kind(__u32 tid, __u32 result, __u32 facts)
{
	struct mmt_tslot *s = tslot_of(tid);
	struct fault_traits f = tslot_traits(s, result, facts & 2, facts & 1);
	__u8 kind = kind_of(&f, s->marks);

	return kind ? kind : MMT_CELL_CLASS + s->class;
}

static __always_inline void total_shares(struct mmt_cell *c, const struct split_sum *sum)
{
	__u32 unknown = ~sum->known & ((1 << MMT_SHARES) - 1);

	if (unknown & ~c->shares_unknown)
		c->shares_unknown |= unknown;
#pragma unroll
	for (int i = 0; i < MMT_SHARES; i++)
		if (sum->ns[i])
			__sync_fetch_and_add(&c->share_ns[i], sum->ns[i]);
}

/* facts: 1 major, 2 the result is known */
static __always_inline void total_end(const struct hookx x, struct mmt_tslot *s, __u32 result, __u32 facts, __u64 now,
				      const __u32 m)
{
	bool quick = s->head == HEAD_QUICK && !(result & VMF_ERROR);
	__u64 ns = now - s->ts;
	struct split_sum sum = {};
	struct mmt_cell *c;
	__u32 kind;

	if (!(m & (M_KIND | M_FULL)))
		kind = result & VMF_ERROR ? MMT_FKIND_FAILED : MMT_CELL_CLASS;
	else
		kind = quick ? MMT_FKIND_ANON : total_kind(s->tid, result, facts);
	s->head = SLOT_IDLE;
	if (!(m & M_KEYED) && (!(m & M_FULL) || !KEYED))
		s->row = row_of_cpu(bpf_get_smp_processor_id());
	if (m & M_FULL && knobs.split) {
		split_end(s->tid, now, &sum);
		ns = sum.total ? sum.total : ns;
	}
	if (m & M_FULL && ns < knobs.total_slower)
		return;
	c = total_time(s, kind, ns);
	if (m & M_FULL && knobs.split && c)
		total_shares(c, &sum);
	if (m & M_FULL && knobs.slowest)
		slow_fault(x, s, result, facts, kind, ns);
}

#ifndef MMT_PLAIN

/* handle_mm_fault() goes on with the fault that the slot has: see fault_goes_on(). */
static __always_inline bool total_goes_on(const struct mmt_tslot *s, __u64 addr, __u32 flags)
{
	return (s->addr ^ addr) >> knobs.page_shift == 0 && (flags & FLT_TRIED || (s->flags & ~flags & FLT_VMA_LOCK));
}

/* A fault in a slot that has one: 1 when that one goes on, or the new one cannot be told apart. returns: so does every fault. */
static __noinline int total_busy(__u32 tid, __u64 addr, __u32 flags, __u32 returns)
{
	struct mmt_tslot *s = tslot_of(tid);

	if (s->state == SLOT_RUNNING && returns && !(flags & FLT_USER)) {
		s->nested++;
		lose(MMT_LOSS_SLOT, MMT_EV_FAULT_KEY);
		return 1;
	}
	if (total_goes_on(s, addr, flags)) {
		s->state = SLOT_RUNNING;
		s->flags = flags;
		split_again(s->tid);
		return 1;
	}
	total_give_up(s, MMT_FKIND_ABANDONED);
	return 0;
}

static __always_inline void total_enter(const struct hookx x, __u64 a1, __u64 a2, __u64 a3, __u64 a4, const __u32 m)
{
	struct vm_area_struct *vma = (void *)a1;
	struct mmt_tslot *s;
	__u64 until = 0;

	if (x.tier == MMT_TIER_KPROBE && !a4)
		return; /* its end has no software event */
	if (m & M_FULL && knobs.split && a4)
		until = bpf_ktime_get_ns();
	s = tslot_wanted(current_tid(x.btf), m & (M_KEYED | M_FULL) ? RD(x.btf, vma, vm_mm) : 0, m);
	if (!s || (s->state != SLOT_IDLE && total_busy(s->tid, a2, (__u32)a3, x.tier == MMT_TIER_FENTRY)))
		return;
	total_begin(s, a2, (__u32)a3);
	/* as total_enter_quick() has it: memory without vm_ops needs no second look, and each is a call here */
	if (m == M_KIND && x.tier == MMT_TIER_KPROBE && ((__u32)a3 & FLT_QUICK) == FLT_QUICK &&
	    !RD(x.btf, vma, vm_ops)) {
		s->head = HEAD_QUICK;
		s->ts = bpf_ktime_get_ns();
		return;
	}
	s->traits = 0;
	if (m & (M_KIND | M_KEYED | M_FULL))
		total_vma(x.btf, s, vma);
	s->mode = a4 ? MMT_FMODE_USER : MMT_FMODE_GUP; /* all that a kind depends on */
	if (m & (M_KEYED | M_FULL))		       /* else at the end, of the CPU that it ends on */
		s->row = total_row(x, s, vma, m & M_FULL ? total_stacks(x) : 0, m);
	if (!a4 && m & (M_KEYED | M_FULL))
		tkey_forget(s->tid); /* of a space that was reached into: the next fault is not of that */
	s->ts = bpf_ktime_get_ns();
	if (m & M_FULL)
		split_begin(s->tid, a2, until, s->ts);
}

static __always_inline void total_leave(const struct hookx x, __u64 ret, const __u32 m)
{
	__u32 tid = current_tid(x.btf);
	struct mmt_tslot *s = tslot_of(tid);
	__u64 now;

	if (s->state != SLOT_RUNNING || s->tid != tid)
		return;
	now = bpf_ktime_get_ns();
	if (s->nested) {
		s->nested--;
		return;
	}
	if (ret & VMF_RETRY) {
		s->state = SLOT_RETRY;
		if (m & M_FULL)
			split_retry(tid);
		return;
	}
	total_end(x, s, ret, fault_major(ret, s->flags) ? 3 : 2, now, m);
}

/*
 * What most faults are, in as few instructions as there are: a thread that is known and in no fault writes to memory without
 * vm_ops, which is to say anonymous; its end finds the thread's last cell. False: not that. (vm_ops are never NULL but for
 * anonymous memory, since vma_init() sets some: include/linux/mm.h, 4.19.)
 */
static __always_inline bool total_enter_quick(__u64 *c, struct mmt_tslot *s, __u32 tid, const __u32 m)
{
	struct vm_area_struct *vma = (void *)c[0];

	if (s->tid_head != TID_HEAD(tid, SLOT_IDLE))
		return false;
	if (m & M_KIND && (((__u32)c[2] & FLT_QUICK) != FLT_QUICK || vma->vm_ops))
		return false;
	if (m & M_KEYED) {
		__u32 i = tid & (TSLOTS - 1);
		struct mmt_tkey *k = bpf_map_lookup_elem(&tkeys, &i);

		if (!k || k->start != vma->vm_start || k->file || k->gen != total_gen ||
		    knobs.by & (MMT_BY_CPU | MMT_BY_COMM))
			return false;
		s->row = k->row;
	}
	s->head = HEAD_QUICK;
	s->ts = bpf_ktime_get_ns();
	return true;
}

/* Counted, where there is no key, for the CPU that it ends on. */
static __always_inline bool total_leave_quick(__u64 *c, struct mmt_tslot *s, __u32 tid, const __u32 m)
{
	const __u32 kind = m & M_KIND ? MMT_FKIND_ANON : MMT_CELL_CLASS;
	struct mmt_cell *cell;
	__u64 ns;
	__u32 n;

	if (s->tid_head != TID_HEAD(tid, HEAD_QUICK) || (__u32)c[4] & (VMF_ERROR | VMF_RETRY))
		return false;
	if (m & M_KEYED ? s->cell_id != s->row * MMT_CELL_KINDS + kind : s->cpu != bpf_get_smp_processor_id())
		return false;
	n = s->cell;
	cell = bpf_map_lookup_elem(&cells, &n);
	if (!cell)
		return false;
	ns = bpf_ktime_get_ns() - s->ts;
	s->head = SLOT_IDLE;
	cell_add(cell, bucket_of(ns, &s->shift), ns);
	return true;
}

/*
 * The programs are without the switch that others look at: a slot is claimed only while they are on, and what has no slot does
 * nothing. That the hook fired is noted where a slot is claimed.
 */

#define TOTAL_PROGS(name, m)                                                 \
	static __noinline int total_enter_##name(__u64 *c)                   \
	{                                                                    \
		total_enter(HX_FENTRY(c), CTX_4, m);                         \
		return 0;                                                    \
	}                                                                    \
	static __noinline int total_leave_##name(__u64 *c)                   \
	{                                                                    \
		struct mmt_tslot *s = tslot_of(current_tid(true));           \
                                                                             \
		s->addr = c[1];                                              \
		s->flags = (__u32)c[2];                                      \
		total_leave(HX_FENTRY(c), c[4], m);                          \
		return 0;                                                    \
	}                                                                    \
	SEC("?fentry/handle_mm_fault")                                       \
	int total_enter_##name##__fentry(__u64 *c)                           \
	{                                                                    \
		__u32 tid = current_tid(true);                               \
		struct mmt_tslot *s = tslot_of(tid);                         \
                                                                             \
		if (!((m)&M_FULL) && total_enter_quick(c, s, tid, m))        \
			return 0;                                            \
		if (s->tid_head == TID_HEAD(tid, SLOT_UNWANTED))             \
			return 0;                                            \
		return total_enter_##name(c);                                \
	}                                                                    \
	SEC("?kprobe/handle_mm_fault")                                       \
	int total_enter_##name##__kprobe(struct pt_regs *ctx)                \
	{                                                                    \
		struct mmt_regs *r = REGS(ctx);                              \
                                                                             \
		total_enter(HX_KPROBE(ctx), REG_4, m);                       \
		return 0;                                                    \
	}                                                                    \
	SEC("?fexit/handle_mm_fault")                                        \
	int total_leave_##name##__fexit(__u64 *c)                            \
	{                                                                    \
		__u32 tid = current_tid(true);                               \
		struct mmt_tslot *s = tslot_of(tid);                         \
                                                                             \
		if (!((m)&M_FULL) && total_leave_quick(c, s, tid, m))        \
			return 0;                                            \
		return s->state == SLOT_RUNNING ? total_leave_##name(c) : 0; \
	}

/* src/probe/session_total.c picks one of them */
TOTAL_PROGS(plain, 0)
TOTAL_PROGS(kind, M_KIND)
TOTAL_PROGS(keyed, M_KIND | M_KEYED)
TOTAL_PROGS(full, M_FULL)

#endif

/* ---- by software events ---------------------------------------------------------------------------------------- */

#if !defined(MMT_PLAIN) && !defined(MMT_OLD)
struct total_find {
	struct mmt_tslot *slot;
	__u64 stacks;
};

static long total_found(struct task_struct *task, struct vm_area_struct *vma, struct total_find *c)
{
	struct mmt_tslot *s = c->slot;
	struct vma_last *l;

	if (!s)
		return 0;
	total_vma(false, s, vma);
	if (KEYED)
		s->row = total_row(HX_TIER(PERF, NULL), s, vma, c->stacks, M_FULL);
	l = vma_last_take(s->tid, vma);
	if (!l)
		return 0;
	l->class = s->class;
	l->rdev = s->rdev;
	l->vm_flags = s->vm_flags;
	l->row = s->row;
	return 0;
}

/* What a fault is counted by depends on its mapping alone, or not at all. */
#define ROW_OF_VMA (KEYED_BY_VMA && !(knobs.by & (MMT_BY_COMM | MMT_BY_CPU)))

/* Only tries the lock: see fault_find_vma(). Was it found? */
static __always_inline bool total_find_vma(struct mmt_tslot *s, __u64 stacks)
{
	struct total_find c = { .slot = s, .stacks = stacks };
	struct vma_last *l = stacks || (KEYED_BY_VMA && !ROW_OF_VMA) ? NULL : vma_last_of(s->tid, s->addr);

	if (l) {
		s->class = l->class;
		s->rdev = l->rdev;
		s->vm_flags = l->vm_flags;
		if (KEYED_BY_VMA)
			s->row = l->row;
		return true;
	}
	return !bpf_find_vma(bpf_get_current_task_btf(), s->addr, total_found, &c, 0);
}
#else
static __always_inline bool total_find_vma(struct mmt_tslot *s, __u64 stacks)
{
	return false;
}
#endif

static __always_inline int total_enter_perf(struct mmt_perf_ctx *ctx, const __u32 m)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_tslot *s = tslot_of((__u32)pid_tgid);

	if (!m && s->tid_head == TID_HEAD((__u32)pid_tgid, SLOT_IDLE)) { /* its traits are what they were */
		s->head = SLOT_RUNNING;
		s->addr = ctx->addr;
		s->ts = bpf_ktime_get_ns();
		return 0;
	}
	s = tslot_wanted((__u32)pid_tgid, m & (M_KEYED | M_FULL) ? current_mm_key(pid_tgid) : 0, m);
	if (!s)
		return 0;
	if (s->state != SLOT_IDLE)
		total_give_up(s, MMT_FKIND_ABANDONED);
	total_begin(s, ctx->addr, 0);
	s->traits = MMT_FMODE_USER << 8;
	if (m & (M_KEYED | M_FULL))
		s->row = row_of_cpu(bpf_get_smp_processor_id());
	/* its mapping is looked for at its end, since that takes long; a signal may end it before */
	if (m & M_KEYED || (m & M_FULL && KEYED))
		s->row = key_row(s, NULL, bpf_get_smp_processor_id(), 0);
	s->ts = bpf_ktime_get_ns();
	if (m & M_FULL)
		split_begin(s->tid, ctx->addr, 0, s->ts);
	return 0;
}

/* Where nothing is told apart, CPUs neither, the cell is the one that the thread's last fault was in. */
static __always_inline bool total_leave_known(struct mmt_tslot *s, __u32 tid, __u64 addr, __u64 now)
{
	struct mmt_cell *cell;
	__u64 ns;
	__u32 n;

	if (s->tid_head != TID_HEAD(tid, SLOT_RUNNING) || s->addr != addr || s->cpu == ~0U || knobs.by & MMT_BY_CPU)
		return false;
	n = s->cell;
	cell = bpf_map_lookup_elem(&cells, &n);
	if (!cell)
		return false;
	s->head = SLOT_IDLE;
	ns = now - s->ts;
	cell_add(cell, bucket_of(ns, &s->shift), ns);
	return true;
}

static __always_inline int total_leave_perf(struct mmt_perf_ctx *ctx, __u16 maj, const __u32 m)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct mmt_tslot *s = tslot_of(tid);
	__u64 now = bpf_ktime_get_ns();

	if (!m && total_leave_known(s, tid, ctx->addr, now))
		return 0;
	if (s->state != SLOT_RUNNING || s->tid != tid || (s->addr ^ ctx->addr) >> knobs.page_shift)
		return 0;
	if (m && !knobs.fault_exit_perf) {
		__u64 stacks = m & M_FULL ? total_stacks(HX_TIER(PERF, ctx)) : 0;

		if (!total_find_vma(s, stacks) && stacks)
			s->row = key_row(s, NULL, bpf_get_smp_processor_id(), stacks);
	}
	total_end(HX_TIER(PERF, ctx), s, 0, maj, now, m);
	return 0;
}

#define TOTAL_PERF(name, m)                                      \
	SEC("?perf_event")                                       \
	int total_enter_##name##__perf(struct mmt_perf_ctx *ctx) \
	{                                                        \
		return total_enter_perf(ctx, m);                 \
	}                                                        \
	SEC("?perf_event")                                       \
	int total_min_##name##__perf(struct mmt_perf_ctx *ctx)   \
	{                                                        \
		return total_leave_perf(ctx, 0, m);              \
	}                                                        \
	SEC("?perf_event")                                       \
	int total_maj_##name##__perf(struct mmt_perf_ctx *ctx)   \
	{                                                        \
		return total_leave_perf(ctx, 1, m);              \
	}

TOTAL_PERF(plain, 0)
TOTAL_PERF(kind, M_KIND)
TOTAL_PERF(keyed, M_KIND | M_KEYED)
TOTAL_PERF(full, M_FULL)
