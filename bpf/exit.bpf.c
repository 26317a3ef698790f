/* SPDX-License-Identifier: GPL-2.0 */
/* The last change of all: an address space ends. */
#include "hook.bpf.h"
#include "task.bpf.h"

/*
 * The end of an address space, whoever's thread drops it. Its number is forgotten here, since the struct may be reused;
 * the thread keeps it for what happens inside (vm_ops->close).
 */
static __always_inline void mm_ends(const struct hookx x, __u64 mm)
{
	__u32 *n = bpf_map_lookup_elem(&mms, &mm), number;
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_ev_exit *e;
	struct mmt_thread *t;
	bool reached;
	__u64 stacks;

	if (!n || off)
		return;
	reached = *n & MM_REACHED;
	number = *n & ~MM_REACHED;
	mm_forget(mm);
	t = thread_get((__u32)pid_tgid);
	if (t) {
		t->exit_key = mm;
		t->exit_mm = number;
	}
	if (reached || !WANT(EXIT))
		return;
	stacks = STACKS(x, EXIT);
	e = RESERVE(exit, EXIT);
	if (!e)
		return;
	HEAD(e, EXIT, x.tier, bpf_ktime_get_ns(), pid_tgid);
	stacks_put(&e->h, stacks);
	e->h.mm = number;
	e->h.have = MMT_HAVE_ALL(EXIT);
	e->origin = current_origin() == MMT_ORIGIN_EXEC ? MMT_ORIGIN_EXEC : MMT_ORIGIN_EXIT;
	e->zero0 = 0;
	send(e);
}

ENTRY(mm_exit, "exit_mmap", EXIT, 1)
{
	mm_ends(x, a1);
}

SEC("?raw_tp/exit_mmap")
int mm_exit__raw_tp(struct bpf_raw_tracepoint_args *ctx)
{
	if (off)
		return 0;
	HIT(EXIT);
	mm_ends(HX_TIER(RAW_TP, ctx), ctx->args[0]);
	return 0;
}
