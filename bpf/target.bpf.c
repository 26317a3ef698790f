/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who is watched: children join at fork, processes leave when they are freed (their address space ends after
 * sched_process_exit on new kernels). Also exec and the end of threads.
 */
#include "run.bpf.h"
#include "task.bpf.h"
#include "total.bpf.h"
#include "vma_last.bpf.h"

static __always_inline void thread_gone(__u64 pid_tgid)
{
	__u32 tid = (__u32)pid_tgid;
	struct mmt_thread *t = thread_find(tid);
	struct mmt_slot *s = slot_of(tid);

	if (t) {
		run_flush(t, pid_tgid);
		bpf_map_delete_elem(&threads, &tid);
	}
	bpf_map_delete_elem(&insts, &tid);
	if (s && s->tid == tid) {
		if (s->state != SLOT_IDLE)
			fault_abandon(s);
		s->tid = 0; /* the next thread with this id is another one */
	}
	total_forget(tid, true);
}

/* A new program: what was remembered of the old address space is void, and its struct may be a child's next. */
static __always_inline void exec_forget(__u64 pid_tgid)
{
	vma_space_made();
	struct mmt_thread *t = thread_find((__u32)pid_tgid);
	struct mmt_slot *s = slot_of((__u32)pid_tgid);

	if (t)
		t->exit_key = 0;
	if (s && s->tid == (__u32)pid_tgid)
		s->mm_key = 0;
	total_forget((__u32)pid_tgid, false);
}

#ifdef MMT_PLAIN

/* Records of the classic tracepoints; the offsets come from the kernel's own format files. */
static __always_inline __u32 field_u32(void *ctx, __u32 at)
{
	__u32 v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), ctx + at);
	return v;
}

SEC("?tp/sched/sched_process_fork")
int fork__tp(void *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 *parent = !off && knobs.filter & MMT_FILTER_TGID ? target_find(pid_tgid >> 32) : NULL;

	if (!parent)
		return 0;
	HIT(TARGET);
	/* a thread's id joins too: it is nobody's process id while the thread lives */
	target_add(field_u32(ctx, knobs.fork_child_off), parent);
	return 0;
}

SEC("?tp/sched/sched_process_free")
int free__tp(void *ctx)
{
	__u32 pid = field_u32(ctx, knobs.free_pid_off);

	target_drop(pid);
	mm_forget(pid | (1ULL << 62));
	return 0;
}

SEC("?tp/sched/sched_process_exec")
int exec__tp(void *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_ev_exec *e;
	__u64 comm;
	__u64 stacks;

	if (!off) {
		exec_forget(pid_tgid); /* also when its new name is not watched */
		target_execs(pid_tgid >> 32);
	}
	if (!current_wanted(pid_tgid))
		return 0;
	HIT(TARGET);
	mm_forget(current_mm_key(pid_tgid));
	if (!WANT(EXEC))
		return 0;
	comm = name_text(0, NAME_COMM);
	stacks = KSTACK(HX_TIER(TP, ctx), EXEC); /* a user stack it has none yet */
	e = RESERVE(exec, EXEC);
	if (!e)
		return 0;
	HEAD(e, EXEC, MMT_TIER_TP, bpf_ktime_get_ns(), pid_tgid);
	stacks_put(&e->h, stacks);
	e->h.mm = mm_number(current_mm_key(pid_tgid));
	e->file = 0;
	e->comm = comm;
	e->h.have = comm ? MMT_HAVE(EXEC, comm) : 0;
	send(e);
	return 0;
}

SEC("?tp/sched/sched_process_exit")
int thread_exit__tp(void *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	thread_gone(pid_tgid);
	if ((__u32)pid_tgid != pid_tgid >> 32)
		target_drop((__u32)pid_tgid);
	return 0;
}

#else

SEC("?raw_tp/sched_process_fork")
int fork__raw_tp(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *parent = (void *)ctx->args[0], *child = (void *)ctx->args[1];
	__u32 tgid = BPF_CORE_READ(child, tgid), parent_tgid = BPF_CORE_READ(parent, tgid);
	__u64 pid_tgid = bpf_get_current_pid_tgid(), comm;
	struct mmt_ev_fork *e;
	__u32 *how = NULL;
	__u64 stacks;

	if (off)
		return 0;
	vma_space_made();
	total_forget((__u32)BPF_CORE_READ(child, pid), false); /* its number was another's before */
	if (tgid == parent_tgid)
		return 0;
	if (knobs.filter & MMT_FILTER_TGID)
		how = target_find(parent_tgid);
	if (how)
		target_add(tgid, how);
	if (!current_wanted(pid_tgid))
		return 0;
	HIT(TARGET);
	if (!WANT(FORK))
		return 0;
	comm = name_text(0, NAME_COMM);
	stacks = STACKS(HX_TIER(RAW_TP, ctx), FORK);
	e = RESERVE(fork, FORK);
	if (!e)
		return 0;
	HEAD(e, FORK, MMT_TIER_RAW_TP, bpf_ktime_get_ns(), pid_tgid);
	stacks_put(&e->h, stacks);
	e->h.mm = mm_number(current_mm_key(pid_tgid));
	e->comm = comm;
	e->child = tgid;
	e->child_mm = mm_number((__u64)BPF_CORE_READ(child, mm));
	e->h.have = MMT_HAVE(FORK, child) | (comm ? MMT_HAVE(FORK, comm) : 0) |
		    (e->child_mm ? MMT_HAVE(FORK, child_mm) : 0);
	send(e);
	return 0;
}

SEC("?raw_tp/sched_process_free")
int free__raw_tp(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	__u32 tgid = BPF_CORE_READ(task, tgid);

	if ((knobs.filter & MMT_FILTER_TGID) && tgid == (__u32)BPF_CORE_READ(task, pid))
		target_drop(tgid);
	return 0;
}

SEC("?raw_tp/sched_process_exec")
int exec__raw_tp(struct bpf_raw_tracepoint_args *ctx)
{
	struct linux_binprm *bprm = (void *)ctx->args[2];
	__u64 pid_tgid = bpf_get_current_pid_tgid(), comm, file;
	struct mmt_ev_exec *e;
	__u64 stacks;

	if (!off) {
		exec_forget(pid_tgid); /* also when its new name is not watched */
		target_execs(pid_tgid >> 32);
	}
	if (!current_wanted(pid_tgid))
		return 0;
	HIT(TARGET);
	if (!WANT(EXEC))
		return 0;
	comm = name_text(0, NAME_COMM);
	file = name_text((__u64)BPF_CORE_READ(bprm, filename), NAME_KERNEL);
	stacks = STACKS(HX_TIER(RAW_TP, ctx), EXEC);
	e = RESERVE(exec, EXEC);
	if (!e)
		return 0;
	HEAD(e, EXEC, MMT_TIER_RAW_TP, bpf_ktime_get_ns(), pid_tgid);
	stacks_put(&e->h, stacks);
	e->h.mm = mm_number(current_mm_key(pid_tgid));
	e->h.have = (file ? MMT_HAVE(EXEC, file) : 0) | (comm ? MMT_HAVE(EXEC, comm) : 0);
	e->file = file;
	e->comm = comm;
	send(e);
	return 0;
}

SEC("?raw_tp/sched_process_exit")
int thread_exit__raw_tp(struct bpf_raw_tracepoint_args *ctx)
{
	thread_gone(bpf_get_current_pid_tgid());
	return 0;
}

#endif
