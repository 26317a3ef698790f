/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events of the demo driver (kmod-demo/). Raw tracepoints with plain numbers as arguments: a module that was built
 * on a board has no BTF to read anything else by.
 */
#include "stack.bpf.h"
#include "task.bpf.h"

struct demo_ctx {
	__u64 args[5];
};

static __always_inline int demo_send(struct demo_ctx *ctx, __u32 what, __u32 kind, __u64 addr, __u64 end, __u64 pgoff)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_ev_demo *e;
	__u64 stacks;

	if (!current_wanted(pid_tgid))
		return 0;
	HIT(DEMO);
	stacks = STACKS(HX_TIER(RAW_TP, ctx), DEMO);
	e = RESERVE(demo, DEMO);
	if (!e)
		return 0;
	HEAD(e, DEMO, MMT_TIER_RAW_TP, bpf_ktime_get_ns(), pid_tgid);
	stacks_put(&e->h, stacks);
	e->h.mm = mm_number(current_mm_key(pid_tgid));
	e->h.call = call_now((__u32)pid_tgid, thread_find((__u32)pid_tgid));
	e->h.have = MMT_HAVE_ALL(DEMO);
	e->what = what;
	e->kind = kind;
	e->addr = addr;
	e->end = end;
	e->pgoff = pgoff;
	send(e);
	return 0;
}

/* arguments as in kmod-demo/trace.h */
SEC("?raw_tp/vma_open")
int demo_open__raw_tp(struct demo_ctx *ctx)
{
	return demo_send(ctx, MMT_DEMO_WHAT_VMA_OPEN, ctx->args[0], ctx->args[1], ctx->args[2], ctx->args[3]);
}

SEC("?raw_tp/vma_close")
int demo_close__raw_tp(struct demo_ctx *ctx)
{
	return demo_send(ctx, MMT_DEMO_WHAT_VMA_CLOSE, ctx->args[0], ctx->args[1], ctx->args[2], ctx->args[3]);
}

SEC("?raw_tp/fault")
int demo_fault__raw_tp(struct demo_ctx *ctx)
{
	return demo_send(ctx, MMT_DEMO_WHAT_FAULT, ctx->args[0], ctx->args[1], 0, ctx->args[2]);
}
