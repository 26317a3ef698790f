/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Harness: one raw_tp program per function of the core, run by BPF_PROG_RUN with its arguments in the context and its
 * answer in `answer`. Built like the plain object, so that it needs neither BTF nor a real VMA.
 */
#define MMT_PLAIN
#include "install.bpf.h"

volatile __u64 answer;

#define HARNESS(name)                                                            \
	static __always_inline __u64 do_##name(void *ctx, const __u64 *a);       \
	SEC("raw_tp/sys_enter")                                                  \
	int name(__u64 *ctx)                                                     \
	{                                                                        \
		__u64 a[6] = { ctx[0], ctx[1], ctx[2], ctx[3], ctx[4], ctx[5] }; \
                                                                                 \
		answer = do_##name(ctx, a);                                      \
		return 0;                                                        \
	}                                                                        \
	static __always_inline __u64 do_##name(void *ctx, const __u64 *a)

/* (pid_tgid) */
HARNESS(wanted)
{
	return current_wanted(a[0]);
}

/* (key) */
HARNESS(number)
{
	return mm_number(a[0]);
}

/* (key): somebody else reaches into it */
HARNESS(number_reached)
{
	return mm_number_reached(a[0]);
}

/* (key): what stands in the map */
HARNESS(number_stored)
{
	__u32 *n = bpf_map_lookup_elem(&mms, &a[0]);

	return n ? *n : 0;
}

#define MANY 512
__u32 many[2][MANY];

/*
 * (thread, key, key of both): MANY numbers in a row. At even places keys of the thread's own, at odd ones those of both,
 * from the other end by thread 1, so that the two meet.
 */
HARNESS(number_many)
{
	for (int i = 0; i < MANY; i++) {
		int at = a[0] ? MANY - i : i;

		many[a[0] & 1][at & (MANY - 1)] = mm_number(at & 1 ? a[2] + at : a[1] + at);
	}
	return 0;
}

HARNESS(forget)
{
	mm_forget(a[0]);
	return 0;
}

/* (tid): 0 when another thread is at work in the slot */
HARNESS(claim)
{
	struct mmt_slot *s = slot_claim((__u32)a[0]);

	return s ? 1 + !!s->mm_key : 0;
}

/* (tid, state, mm_key, number of the fault) */
HARNESS(set_slot)
{
	struct mmt_slot *s = slot_of((__u32)a[0]);

	if (!s)
		return 0;
	s->state = (__u32)a[1];
	s->mm_key = a[2];
	s->ev.h.call = (__u32)a[3];
	return s->tid;
}

/* (tid): the thread cannot be in a fault any more */
HARNESS(over)
{
	fault_is_over((__u32)a[0]);
	return 0;
}

/* (tid) */
HARNESS(next_call)
{
	return call_next((__u32)a[0]);
}

__u64 sp; /* of the helper that is entered next */

/* (helper, addr, len, pfn, has pfn): the level of the helper, from 1; 0: not wanted, or too deep */
HARNESS(enter)
{
	struct inst in = {
		.helper = (__u32)a[0],
		.know = INST_PROT | (a[4] ? INST_PFN : 0),
		.addr = a[1],
		.len = a[2],
		.pfn = a[3],
		.prot = 7,
		.sp = sp,
	};

	return inst_enter_at(ctx, STACK_PLAIN, &in) + 1;
}

/* (level): of its pages only some could be looked at */
HARNESS(partial)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct mmt_inst *i = bpf_map_lookup_elem(&insts, &tid);

	if (i)
		i->segs[SEGS_FRAME(a[0])].partial = 1;
	return i != NULL;
}

/* (helper, ret) */
HARNESS(leave)
{
	inst_leave(MMT_TIER_KPROBE, (__u32)a[0], (__s32)a[1]);
	return 0;
}

HARNESS(flush)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t = thread_find((__u32)pid_tgid);

	if (t)
		run_flush(t, pid_tgid);
	return t != NULL;
}

/* Threads that wait for the end of their system call. */
HARNESS(runs_waiting)
{
	__u32 zero = 0;
	struct shared_state *s = bpf_map_lookup_elem(&state, &zero);

	return s ? s->runs_open : ~0U;
}

/* One event; 0 when the ring is full. */
HARNESS(emit)
{
	struct mmt_ev_exec *e = RESERVE(exec, EXEC);

	if (!e)
		return 0;
	HEAD(e, EXEC, MMT_TIER_RAW_TP, a[0], a[1]);
	e->file = e->comm = 0;
	send(e);
	return 1;
}

/* (event): its stack's id. Every program has a stack of its own: the two differ by what BPF leaves of them on it. */
HARNESS(stack_a)
{
	return KSTACK_N(HX_TIER(RAW_TP, ctx), (__u32)a[0]);
}

HARNESS(stack_b)
{
	return KSTACK_N(HX_TIER(RAW_TP, ctx), (__u32)a[0]);
}

HARNESS(user_stack)
{
	return USTACK_N(HX_TIER(RAW_TP, ctx), (__u32)a[0]);
}

/* (event): both, as stacks_put() wants them */
HARNESS(both_stacks)
{
	return STACKS_N(HX_TIER(RAW_TP, ctx), (__u32)a[0]);
}

/* (id, hash): another stack has it */
HARNESS(stack_taken)
{
	__u32 id = (__u32)a[0];

	return !bpf_map_update_elem(&stacks_seen, &id, &a[1], BPF_ANY);
}

HARNESS(name)
{
	return name_text(0, NAME_COMM);
}

/* (address in the kernel) */
HARNESS(name_of)
{
	return name_text(a[0], NAME_KERNEL);
}

char LICENSE[] SEC("license") = "GPL";
