/* SPDX-License-Identifier: GPL-2.0 */
/* The moments that part a fault's time: split.bpf.h. */
#include "hook.bpf.h"
#include "split.bpf.h"

/* An exception on the way to a fault, before the lock. It may end without one: the mark then waits for the next to come. */
static __always_inline void split_mark(__u32 tid, __u64 addr)
{
	struct mmt_shares *s = shares_at(tid);

	if (!s || s->in)
		return; /* a fault within a fault is part of it; another thread's keeps its place */
	s->tid = tid;
	s->page = split_page(addr);
	s->from = bpf_ktime_get_ns();
}

SEC("?perf_event")
int split_abort__perf(struct mmt_perf_ctx *ctx)
{
	if (off)
		return 0;
	HIT(SPLIT_LOCK);
	split_mark((__u32)bpf_get_current_pid_tgid(), ctx->addr);
	return 0;
}

#ifndef MMT_PLAIN

/* As the programs of fentry know it, in fewer instructions: Linux 5.11. */
static __always_inline __u32 split_tid(void)
{
#ifdef MMT_OLD
	return (__u32)bpf_get_current_pid_tgid();
#else
	return bpf_get_current_task_btf()->pid;
#endif
}

/* (far, esr, regs) */
SEC("?fentry/do_mem_abort")
int split_abort__fentry(__u64 *c)
{
	if (off)
		return 0;
	HIT(SPLIT_LOCK);
	split_mark(split_tid(), c[0]);
	return 0;
}

/*
 * Begin and end of what may be within itself. Nobody is in a fault before the programs are switched on, so these need not look
 * whether they are.
 */
#define SPAN_BEGIN(s, what, HOOK)                           \
	do {                                                \
		struct mmt_shares *in = s;                  \
                                                            \
		if (!in || !in->in)                         \
			break;                              \
		HIT(HOOK);                                  \
		if (!in->what)                              \
			split_turn(in, bpf_ktime_get_ns()); \
		in->what++;                                 \
	} while (0)

#define SPAN_END(s, what)                                   \
	do {                                                \
		struct mmt_shares *in = s;                  \
                                                            \
		if (!in || !in->in || !in->what)            \
			break;                              \
		if (in->what == 1)                          \
			split_turn(in, bpf_ktime_get_ns()); \
		in->what--;                                 \
	} while (0)

#define SPLIT_DRIVER_SPAN(name, fn)                                        \
	SEC("?fentry/" fn)                                                 \
	int split_##name##__fentry(void *ctx)                              \
	{                                                                  \
		SPAN_BEGIN(shares_of(split_tid()), drivers, SPLIT_DRIVER); \
		return 0;                                                  \
	}                                                                  \
	SEC("?fexit/" fn)                                                  \
	int split_##name##_end__fexit(void *ctx)                           \
	{                                                                  \
		SPAN_END(shares_of(split_tid()), drivers);                 \
		return 0;                                                  \
	}

SPLIT_DRIVER_SPAN(dofault, "__do_fault")
SPLIT_DRIVER_SPAN(mkwrite, "do_page_mkwrite")

/* Every way into the page allocator that a fault takes leads through one of these: mm/page_alloc.c of 6.14, 6.10, 5.13, 5.10. */
#define SPLIT_ALLOC_ENTRY(name, fn)                                                            \
	SEC("?fentry/" fn)                                                                     \
	int split_##name##__fentry(void *ctx)                                                  \
	{                                                                                      \
		SPAN_BEGIN(shares_of(split_tid()), allocs, SPLIT_ALLOC);                       \
		return 0;                                                                      \
	}                                                                                      \
	SEC("?kprobe/" fn)                                                                     \
	int split_##name##__kprobe(void *ctx)                                                  \
	{                                                                                      \
		SPAN_BEGIN(shares_of((__u32)bpf_get_current_pid_tgid()), allocs, SPLIT_ALLOC); \
		return 0;                                                                      \
	}

SPLIT_ALLOC_ENTRY(alloc_frozen, "__alloc_frozen_pages_noprof")
SPLIT_ALLOC_ENTRY(alloc, "__alloc_pages_noprof")
SPLIT_ALLOC_ENTRY(alloc_prof, "__alloc_pages")
SPLIT_ALLOC_ENTRY(alloc_nodemask, "__alloc_pages_nodemask")

/*
 * All of them end with this tracepoint, the page zeroed and all: cheaper than their return, and no return to be lost where that
 * is a kretprobe. Who comes here without having begun, in bulk, has nothing to end.
 */
SEC("?raw_tp/mm_page_alloc")
int split_alloc_end__raw_tp(void *ctx)
{
	SPAN_END(shares_of((__u32)bpf_get_current_pid_tgid()), allocs);
	return 0;
}

#endif

/* Before the switch, so that the one that goes is the current one. */
static __always_inline void split_switch(__u32 next)
{
	struct mmt_shares *s = shares_in_fault();

	if (s) {
		split_turn(s, bpf_ktime_get_ns());
		s->in |= SPLIT_OFF;
	}
	s = shares_of(next);
	if (s && s->in & SPLIT_OFF) {
		split_turn(s, bpf_ktime_get_ns());
		s->in &= ~SPLIT_OFF;
	}
}

#ifdef MMT_PLAIN

/* TP_STRUCT__entry of sched_switch behind the common fields: include/trace/events/sched.h, 5.10 to 6.12 */
struct split_switch_ctx {
	__u64 common;
	char prev_comm[16];
	__s32 prev_pid, prev_prio;
	__s64 prev_state;
	char next_comm[16];
	__s32 next_pid, next_prio;
};

SEC("?tp/sched/sched_switch")
int split_switch__tp(struct split_switch_ctx *ctx)
{
	if (off)
		return 0;
	HIT(SPLIT_OFFCPU);
	split_switch(ctx->next_pid);
	return 0;
}

#else

/* (bool preempt, prev, next) */
struct split_switch_ctx {
	__u64 args[3];
};

SEC("?raw_tp/sched_switch")
int split_switch__raw_tp(struct split_switch_ctx *ctx)
{
	struct task_struct *next = (void *)ctx->args[2];

	if (off)
		return 0;
	HIT(SPLIT_OFFCPU);
	split_switch(BPF_CORE_READ(next, pid));
	return 0;
}

#endif
