/* SPDX-License-Identifier: GPL-2.0 */
/* What is known of the running task: its address space, the system call it is in, who caused a change. */
#ifndef MMTRACE_TASK_BPF_H
#define MMTRACE_TASK_BPF_H

#include "core.bpf.h"

/* As bpf_get_current_pid_tgid(). Where the verifier knows the task these are two loads, and no call. */
static __always_inline __u64 current_ids(const bool b)
{
#if !defined(MMT_PLAIN) && !defined(MMT_OLD)
	if (b) {
		struct task_struct *task = bpf_get_current_task_btf();

		return (__u64)(__u32)task->tgid << 32 | (__u32)task->pid;
	}
#endif
	return bpf_get_current_pid_tgid();
}

#ifdef MMT_PLAIN

/* Without BTF an address space is its process; the top bit keeps it apart from a pointer's number. */
static __always_inline __u64 current_mm_key(__u64 pid_tgid)
{
	return (pid_tgid >> 32) | (1ULL << 62);
}

#else

static __always_inline __u64 current_mm_key(__u64 pid_tgid)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return (__u64)BPF_CORE_READ(task, mm);
}

/* The number of an address space that the running task does something to: its own, or one that it reaches into. */
static __always_inline __u32 mm_number_for_task(__u64 mm)
{
	return mm == current_mm_key(0) ? mm_number(mm) : mm_number_reached(mm);
}

/* Is another task than the running one within the target? */
static __always_inline bool other_wanted(struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid), tid = BPF_CORE_READ(task, pid);
	const volatile __u64 *asked = (const volatile __u64 *)knobs.comm;
	__u64 comm[2] = {};

	if (!knobs.filter)
		return tgid != knobs.self_tgid;
	if (knobs.filter & (MMT_FILTER_TGID | MMT_FILTER_TID)) {
		if (!((knobs.filter & MMT_FILTER_TGID) && in_targets(MMT_TARGET_TGID | tgid)) &&
		    !((knobs.filter & MMT_FILTER_TID) && in_targets(MMT_TARGET_TID | tid)))
			return false;
	} else if (tgid == knobs.self_tgid) {
		return false;
	}
	if (!(knobs.filter & MMT_FILTER_COMM))
		return true;
	/* a str: what stands behind the NUL may be left of another name */
	bpf_probe_read_kernel_str(comm, sizeof(comm), &task->comm);
	return comm[0] == asked[0] && comm[1] == asked[1];
}

/*
 * The registers with which the running task entered the kernel: they end at the top of its kernel stack. bpf_task_pt_regs() is
 * from 5.15; old kernels have it computed, where x86 does not yet keep 16 bytes above them (TOP_OF_KERNEL_STACK_PADDING with
 * CONFIG_X86_FRED, arch/x86/include/asm/thread_info.h, 6.9).
 */
static __always_inline struct pt_regs *current_regs(void)
{
#ifdef MMT_OLD
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 stack = (__u64)BPF_CORE_READ(task, stack);

	return (void *)(stack + (1ULL << knobs.thread_shift) - bpf_core_type_size(struct pt_regs));
#else
	return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
#endif
}

/* Number of the system call the task is in, or -1; *compat says whether it is a 32-bit one. */
static __always_inline long current_syscall(bool *compat)
{
	struct pt_regs *regs = current_regs();

#if defined(__TARGET_ARCH_arm64)
	*compat = BPF_CORE_READ(regs, pstate) & 0x10;
	return (__s32)BPF_CORE_READ(regs, syscallno);
#else
	*compat = (BPF_CORE_READ(regs, cs) & 0xffff) == 0x23;
	return (long)BPF_CORE_READ(regs, orig_ax);
#endif
}

/* Argument n (0 … 5) of the system call the task is in. */
static __always_inline __u64 current_arg(int n)
{
	const struct mmt_regs *r = (const void *)current_regs();
	__u64 v = 0;

	/* one register: all of them would fill half a program's stack */
#if defined(__TARGET_ARCH_arm64)
	bpf_probe_read_kernel(&v, sizeof(v), &r->r[n & 7]);
#else
	bpf_probe_read_kernel(&v, sizeof(v),
			      n == 0 ? &r->di :
			      n == 1 ? &r->si :
			      n == 2 ? &r->dx :
			      n == 3 ? &r->r10 :
			      n == 4 ? &r->r8 :
				       &r->r9);
#endif
	return v;
}

#if defined(__TARGET_ARCH_x86)
/* Which call ipc(2) stands for: its first argument, of a 32-bit call. */
static __always_inline __u64 current_ipc(void)
{
	const struct mmt_regs *r = (const void *)current_regs();
	__u64 v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), &r->bx);
	return v;
}
#endif

static __always_inline __u32 current_origin(void)
{
	bool compat = false;
	long nr = current_syscall(&compat);

	if (nr < 0 || nr >= MMT_NR_MAX)
		return MMT_ORIGIN_KERNEL;
	__u32 o = knobs.origin[compat ? 1 : 0][nr];
#if defined(__TARGET_ARCH_x86)
	if (compat && knobs.variant[1][nr] == MMT_VARIANT_IPC && (current_ipc() & 0xffff) == MMT_IPC_SHMDT)
		o = MMT_ORIGIN_SHMDT;
#endif
	return o ? o : MMT_ORIGIN_OTHER;
}

#endif
#endif
