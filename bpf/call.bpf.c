/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Call events: what a program asked and what it got, at the boundary of the system call. In both objects; one raw
 * tracepoint pair serves every tier. Which numbers are of interest is a table per ABI that user space fills in.
 */
#include "call.bpf.h"

#define NR_X32_BIT 0x40000000

static __always_inline __u32 call_of(__u32 compat, __u64 nr)
{
	return nr < MMT_NR_MAX ? knobs.call[compat & 1][nr] : 0;
}

static __always_inline __u32 variant_of(__u32 compat, __u64 nr)
{
	return nr < MMT_NR_MAX ? knobs.variant[compat & 1][nr] : 0;
}

#if defined(__TARGET_ARCH_x86)
/* Whose arguments stand in memory. */
static __always_inline void read_old_mmap(struct mmt_thread *t)
{
	__u32 a[6] = {};

	bpf_probe_read_user(a, sizeof(a), (void *)t->args[0]);
	for (int i = 0; i < 6; i++)
		t->args[i] = a[i];
}

/*
 * ipc(call, first, second, third, ptr): ipc/syscall.c, 6.12. The arguments become those of the call that it stands for; its event,
 * 0 for none of interest. An upper half of `call` was for other systems' binaries, and shmat refuses it.
 */
static __always_inline __u32 read_ipc(struct mmt_thread *t)
{
	__u64 first = t->args[1], second = t->args[2], third = t->args[3], ptr = t->args[4];
	__u32 call = t->args[0] & 0xffff;

	t->args[0] = first;
	if (call == MMT_IPC_SHMAT) {
		t->args[1] = ptr;
		t->args[2] = second;
		t->args[3] = third;
		return MMT_EV_SHMAT;
	}
	if (call == MMT_IPC_SHMDT) {
		t->args[0] = ptr;
		return MMT_EV_SHMDT;
	}
	t->args[1] = second;
	t->args[2] = third;
	return call == MMT_IPC_SHMGET ? MMT_EV_SHMGET : 0;
}
#endif

/* The arguments as the event's call has them; that event, which ipc(2) tells only here. */
static __always_inline __u32 read_args(struct mmt_thread *t, const struct mmt_regs *r, __u32 ev)
{
#if defined(__TARGET_ARCH_arm64)
	__builtin_memcpy(t->args, r->r, sizeof(t->args));
	if (t->call_variant == MMT_VARIANT_MMAP2)
		t->args[5] <<= 12;
#else
	if (!t->call_compat) {
		t->args[0] = r->di;
		t->args[1] = r->si;
		t->args[2] = r->dx;
		t->args[3] = r->r10;
		t->args[4] = r->r8;
		t->args[5] = r->r9;
		return ev;
	}
	t->args[0] = (__u32)r->bx;
	t->args[1] = (__u32)r->cx;
	t->args[2] = (__u32)r->dx;
	t->args[3] = (__u32)r->si;
	t->args[4] = (__u32)r->di;
	t->args[5] = (__u32)r->bp;
	if (ev == MMT_EV_MMAP && t->call_variant == MMT_VARIANT_OLD_MMAP)
		read_old_mmap(t);
	else if (ev == MMT_EV_MMAP)
		t->args[5] <<= 12;
	else if (ev == MMT_EV_SHMAT && t->call_variant == MMT_VARIANT_IPC)
		return read_ipc(t);
#endif
	return ev;
}

#ifndef MMT_PLAIN
/* The file behind a descriptor of the running task: a name for the call even when it fails. */
static __always_inline __u64 fd_name(__u32 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct files_struct *files = BPF_CORE_READ(task, files);
	struct fdtable *fdt = BPF_CORE_READ(files, fdt);
	struct file *file = NULL;
	struct file **array;

	if (!fdt || fd >= BPF_CORE_READ(fdt, max_fds))
		return 0;
	array = BPF_CORE_READ(fdt, fd);
	bpf_probe_read_kernel(&file, sizeof(file), array + fd);
	return file ? file_name((__u64)file) : 0;
}
#endif

/* A call of interest begins, of a thread that is watched, or that reaches into another's memory. */
static __always_inline void call_begin(__u8 tier, __u32 ev, __u64 nr, const struct mmt_regs *r, __u32 tid, bool wanted)
{
	struct mmt_thread *t = thread_get(tid);
	__u32 compat = REG_COMPAT(r);

	if (!t)
		return;
	fault_is_over(tid);
	run_forget_frames(t);
	t->call_event = 0;
	t->call_tier = tier;
	t->call_compat = compat;
	t->call_variant = variant_of(compat, nr);
	t->call_wanted = wanted;
	t->reach_tgid = t->reach_mm = t->reach_wanted = 0;
	t->call_file = t->call_bytes = 0;
	t->call_have_bytes = 0;
	t->map_func = 0;
	t->exit_key = 0; /* whatever it tore down before is gone, and the struct may be another's */
#if defined(MMT_PLAIN) && defined(__TARGET_ARCH_arm64)
	t->call_lr = compat ? 0 : REG_LR(r);
#endif
	ev = read_args(t, r, ev);
	if (ev == MMT_EV_REMOTE) {
		if (t->call_variant == MMT_VARIANT_PTRACE && !ptrace_reaches(t->args[0]))
			return;
		HIT(REMOTE);
	}
	t->call_no = call_next(tid);
#ifndef MMT_PLAIN
	if (ev == MMT_EV_MMAP && !(t->args[3] & MAP_ANONYMOUS_))
		t->call_file = fd_name((__u32)t->args[4]);
#endif
	t->call_event = ev;
	t->call_ts = bpf_ktime_get_ns();
}

/* Is the event told of a caller who is not watched too? Who is reached into may be. */
static __always_inline bool is_remote(__u32 ev)
{
	return ev == MMT_EV_REMOTE && WANT(REMOTE);
}

static __always_inline int call_enter(struct raw_tp_ctx *ctx)
{
	__u64 nr = ctx->args[1], pid_tgid;
	struct mmt_regs r;
	__u32 compat, ev;
	bool wanted;

	if (off)
		return 0;
	nr &= ~(__u64)NR_X32_BIT;
	if (!call_of(0, nr) && !call_of(1, nr))
		return 0;
	pid_tgid = bpf_get_current_pid_tgid();
	wanted = current_wanted(pid_tgid);
	if (!wanted && !is_remote(call_of(0, nr)) && !is_remote(call_of(1, nr)))
		return 0;
	if (bpf_probe_read_kernel(&r, sizeof(r), (void *)ctx->args[0]))
		return 0;
	compat = REG_COMPAT(&r);
	ev = call_of(compat, nr);
	if (!ev || (!wanted && ev != MMT_EV_REMOTE))
		return 0;
	HIT(CALL);
	call_begin(MMT_TIER_RAW_TP, ev, nr, &r, (__u32)pid_tgid, wanted);
	return 0;
}

static __always_inline __u64 reg(const __u64 *at)
{
	__u64 v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), at);
	return v;
}

/* Which call ends: one register at a time, since all of them would fill half a program's stack. */
static __always_inline __u64 exit_nr(const struct mmt_regs *r, __u32 *compat)
{
#if defined(__TARGET_ARCH_arm64)
	*compat = (reg(&r->pstate) & 0x10) != 0;
	return *compat ? reg(&r->r[7]) : reg(&r->r[8]); /* what it was asked with; the kernel leaves it alone */
#else
	*compat = (reg(&r->cs) & 0xffff) == 0x23;
	return (__u32)reg(&r->orig_ax) & ~NR_X32_BIT;
#endif
}

static __always_inline void call_end(const struct hookx x, struct mmt_thread *t, __u32 ev, __u64 pid_tgid, __s64 ret)
{
	run_flush(t, pid_tgid);
	if (!ev || t->call_event != ev)
		return;
	driver_flush(x, t, pid_tgid);
	call_send(x, t, ev, pid_tgid, ret);
	t->call_event = 0;
	t->call_have_bytes = 0;
	run_forget_frames(t);
}

static __always_inline int call_exit(struct raw_tp_ctx *ctx)
{
	struct mmt_thread *t;
	__u64 pid_tgid, nr;
	__u32 compat, zero = 0, *faults;
	struct shared_state *s;

	if (off)
		return 0;
	nr = exit_nr((const void *)ctx->args[0], &compat);
	s = bpf_map_lookup_elem(&state, &zero);
	faults = bpf_map_lookup_elem(&faults_wait, &zero);
	if (!s || !faults || (!call_of(compat, nr) && !s->runs_open && !*faults))
		return 0;
	pid_tgid = bpf_get_current_pid_tgid();
	fault_is_over((__u32)pid_tgid);
	t = thread_find((__u32)pid_tgid);
	if (!t)
		return 0;
	call_end(HX_TIER(RAW_TP, ctx), t, t->call_event, pid_tgid, ctx->args[1]);
	return 0;
}

SEC("?raw_tp/sys_enter")
int call_enter__raw_tp(struct raw_tp_ctx *ctx)
{
	return call_enter(ctx);
}

SEC("?raw_tp/sys_exit")
int call_exit__raw_tp(struct raw_tp_ctx *ctx)
{
	return call_exit(ctx);
}

#ifndef MMT_PLAIN

/*
 * The same from the functions behind the system calls: other system calls of other programs then cost nothing. A call that
 * seccomp or a tracer denies never gets there.
 */
static __always_inline int call_enter_wrapper(const __u32 ev, __u64 regs)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	bool wanted = current_wanted(pid_tgid);
	struct mmt_regs r;
	__u32 compat;

	if (off || (!wanted && !is_remote(ev)))
		return 0;
	HIT(CALL);
	if (bpf_probe_read_kernel(&r, sizeof(r), (void *)regs))
		return 0;
	call_begin(MMT_TIER_FENTRY, ev, exit_nr((const void *)regs, &compat), &r, (__u32)pid_tgid, wanted);
	return 0;
}

static __always_inline int call_leave_wrapper(const __u32 ev, __u64 *c)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t;

	if (off)
		return 0;
	t = thread_find((__u32)pid_tgid);
	if (t)
		call_end(HX_FENTRY(c), t, ev, pid_tgid, c[1]);
	return 0;
}

#define CALL_WRAPPER(name, fn, EV)                            \
	SEC("?fentry/" fn)                                    \
	int call_##name##__fentry(__u64 *c)                   \
	{                                                     \
		return call_enter_wrapper(MMT_EV_##EV, c[0]); \
	}                                                     \
	SEC("?fexit/" fn)                                     \
	int call_##name##__fexit(__u64 *c)                    \
	{                                                     \
		return call_leave_wrapper(MMT_EV_##EV, c);    \
	}

#if defined(__TARGET_ARCH_arm64)
/* the 32-bit ABI shares all of them but mmap2, shmat and ptrace */
CALL_WRAPPER(mmap, "__arm64_sys_mmap", MMAP)
CALL_WRAPPER(mmap_compat, "__arm64_compat_sys_aarch32_mmap2", MMAP)
CALL_WRAPPER(munmap, "__arm64_sys_munmap", MUNMAP)
CALL_WRAPPER(mprotect, "__arm64_sys_mprotect", MPROTECT)
CALL_WRAPPER(pkey_mprotect, "__arm64_sys_pkey_mprotect", MPROTECT)
CALL_WRAPPER(mremap, "__arm64_sys_mremap", MREMAP)
CALL_WRAPPER(brk, "__arm64_sys_brk", BRK)
CALL_WRAPPER(msync, "__arm64_sys_msync", MSYNC)
CALL_WRAPPER(madvise, "__arm64_sys_madvise", MADVISE)
CALL_WRAPPER(process_madvise, "__arm64_sys_process_madvise", MADVISE)
CALL_WRAPPER(mlock, "__arm64_sys_mlock", MLOCK)
CALL_WRAPPER(mlock2, "__arm64_sys_mlock2", MLOCK)
CALL_WRAPPER(munlock, "__arm64_sys_munlock", MLOCK)
CALL_WRAPPER(mlockall, "__arm64_sys_mlockall", MLOCK)
CALL_WRAPPER(munlockall, "__arm64_sys_munlockall", MLOCK)
CALL_WRAPPER(shmget, "__arm64_sys_shmget", SHMGET)
CALL_WRAPPER(shmat, "__arm64_sys_shmat", SHMAT)
CALL_WRAPPER(shmat_compat, "__arm64_compat_sys_shmat", SHMAT)
CALL_WRAPPER(shmdt, "__arm64_sys_shmdt", SHMDT)
CALL_WRAPPER(memfd_create, "__arm64_sys_memfd_create", MEMFD)
CALL_WRAPPER(remap_file_pages, "__arm64_sys_remap_file_pages", REMAP_FILE)
CALL_WRAPPER(ptrace, "__arm64_sys_ptrace", REMOTE)
CALL_WRAPPER(ptrace_compat, "__arm64_compat_sys_ptrace", REMOTE)
CALL_WRAPPER(process_readv, "__arm64_sys_process_vm_readv", REMOTE)
CALL_WRAPPER(process_writev, "__arm64_sys_process_vm_writev", REMOTE)
#endif

#endif
