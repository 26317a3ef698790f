/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Call events: what a program asked and what it got, at the boundary of the system call. In both objects; one raw
 * tracepoint pair serves every tier. Which numbers are of interest is a table per ABI that user space fills in.
 */
#include "run.bpf.h"
#include "task.bpf.h"

#define NR_I386_OLD_MMAP 90  /* arch/x86/entry/syscalls/syscall_32.tbl, 6.12: arguments in memory */
#define NR_MMAP2_I386	 192 /* the same number on arm: arch/arm/tools/syscall.tbl; offset in units of 4096 bytes */
#define NR_X32_BIT	 0x40000000

struct raw_tp_ctx {
	__u64 args[2];
};

static __always_inline __u32 call_of(__u32 compat, __u64 nr)
{
	return nr < MMT_NR_MAX ? knobs.call[compat & 1][nr] : 0;
}

static __always_inline void read_args(struct mmt_thread *t, const struct mmt_regs *r, __u32 compat, __u64 nr)
{
#if defined(__TARGET_ARCH_arm64)
	__builtin_memcpy(t->args, r->r, sizeof(t->args));
#else
	if (compat) {
		t->args[0] = (__u32)r->bx;
		t->args[1] = (__u32)r->cx;
		t->args[2] = (__u32)r->dx;
		t->args[3] = (__u32)r->si;
		t->args[4] = (__u32)r->di;
		t->args[5] = (__u32)r->bp;
		if (nr == NR_I386_OLD_MMAP) {
			__u32 a[6] = {};

			bpf_probe_read_user(a, sizeof(a), (void *)(unsigned long)(__u32)r->bx);
			for (int i = 0; i < 6; i++)
				t->args[i] = a[i];
		}
		return;
	}
	t->args[0] = r->di;
	t->args[1] = r->si;
	t->args[2] = r->dx;
	t->args[3] = r->r10;
	t->args[4] = r->r8;
	t->args[5] = r->r9;
#endif
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

#define MAP_ANONYMOUS_ 0x20 /* include/uapi/asm-generic/mman-common.h, 6.12 */

/* A call of interest begins, of a thread that is watched. */
static __always_inline void call_begin(__u8 tier, __u32 ev, __u32 compat, __u64 nr, const struct mmt_regs *r, __u32 tid)
{
	struct mmt_thread *t = thread_get(tid);

	if (!t)
		return;
	run_forget_frames(t);
	t->call_event = ev;
	t->call_tier = tier;
	t->call_compat = compat;
	t->call_no = call_next(tid);
	t->call_file = t->call_bytes = 0;
	t->call_have_bytes = 0;
	t->map_func = 0;
	t->exit_key = 0; /* whatever it tore down before is gone, and the struct may be another's */
	read_args(t, r, compat, nr);
	if (ev == MMT_EV_MMAP && compat && nr == NR_MMAP2_I386)
		t->args[5] <<= 12;
#ifndef MMT_PLAIN
	if (ev == MMT_EV_MMAP && !(t->args[3] & MAP_ANONYMOUS_))
		t->call_file = fd_name((__u32)t->args[4]);
#endif
	t->call_ts = bpf_ktime_get_ns();
}

static __always_inline int call_enter(struct raw_tp_ctx *ctx)
{
	__u64 nr = ctx->args[1], pid_tgid;
	struct mmt_regs r;
	__u32 compat, ev;

	if (off)
		return 0;
	nr &= ~(__u64)NR_X32_BIT;
	if (!call_of(0, nr) && !call_of(1, nr))
		return 0;
	pid_tgid = bpf_get_current_pid_tgid();
	if (!current_wanted(pid_tgid))
		return 0;
	if (bpf_probe_read_kernel(&r, sizeof(r), (void *)ctx->args[0]))
		return 0;
	compat = REG_COMPAT(&r);
	ev = call_of(compat, nr);
	if (!ev)
		return 0;
	HIT(CALL);
	call_begin(MMT_TIER_RAW_TP, ev, compat, nr, &r, (__u32)pid_tgid);
	return 0;
}

#define CALL_HEAD(e, EV)                                         \
	do {                                                     \
		HEAD(e, EV, t->call_tier, t->call_ts, pid_tgid); \
		e->h.dur_ns = now - t->call_ts;                  \
		e->h.have = MMT_HAVE_ALL(EV) | MMT_HAVE_DUR;     \
		e->h.mm = mm;                                    \
		e->h.call = t->call_no;                          \
		e->h.kstack = t->call_stack;                     \
		e->compat = t->call_compat;                      \
	} while (0)

static __always_inline void send_mmap(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_mmap *e = RESERVE(mmap, MMAP);

	if (!e)
		return;
	CALL_HEAD(e, MMAP);
	e->addr = t->args[0];
	e->len = t->args[1];
	e->prot = t->args[2];
	e->flags = t->args[3];
	e->fd = (__s32)t->args[4];
	e->off = t->args[5];
	e->ret = ret;
	e->file = t->call_file;
	if (!e->file)
		e->h.have &= ~MMT_HAVE(MMAP, file);
	if (e->flags & MAP_ANONYMOUS_)
		e->h.have &= ~(MMT_HAVE(MMAP, fd) | MMT_HAVE(MMAP, off));
	send(e);
}

static __always_inline void send_munmap(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_munmap *e = RESERVE(munmap, MUNMAP);

	if (!e)
		return;
	CALL_HEAD(e, MUNMAP);
	e->addr = t->args[0];
	e->len = t->args[1];
	e->bytes = t->call_bytes;
	if (!knobs.have_torn || (!t->call_have_bytes && ret))
		e->h.have &= ~MMT_HAVE(MUNMAP, bytes);
	e->ret = ret;
	send(e);
}

static __always_inline void send_mprotect(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_mprotect *e = RESERVE(mprotect, MPROTECT);

	if (!e)
		return;
	CALL_HEAD(e, MPROTECT);
	e->addr = t->args[0];
	e->len = t->args[1];
	e->prot = t->args[2];
	e->pkey = -1;
	e->ret = ret;
	send(e);
}

static __always_inline void send_mremap(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_mremap *e = RESERVE(mremap, MREMAP);

	if (!e)
		return;
	CALL_HEAD(e, MREMAP);
	e->addr = t->args[0];
	e->old_len = t->args[1];
	e->len = t->args[2];
	e->flags = t->args[3];
	e->new_addr = t->args[4];
	if (!(e->flags & 2)) /* MREMAP_FIXED: include/uapi/linux/mman.h, 6.12 */
		e->h.have &= ~MMT_HAVE(MREMAP, new_addr);
	e->ret = ret;
	send(e);
}

static __always_inline void send_brk(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_brk *e = RESERVE(brk, BRK);

	if (!e)
		return;
	CALL_HEAD(e, BRK);
	e->addr = t->args[0];
	e->ret = ret;
	e->zero0 = 0;
	send(e);
}

static __always_inline __u64 exit_nr(const struct mmt_regs *r, __u32 compat)
{
#if defined(__TARGET_ARCH_arm64)
	return compat ? r->r[7] : r->r[8]; /* the register it was asked with; the kernel leaves it alone */
#else
	return (__u32)r->orig_ax & ~NR_X32_BIT;
#endif
}

static __always_inline void call_send(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid, __s64 ret)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 ev = t->call_event, mm = mm_number(current_mm_key(pid_tgid));

	/* a 32-bit result: an address above 2 GiB may come sign-extended, and -errno may not */
	if (t->call_compat)
		ret = (__u32)ret >= 0xfffff001 ? (__s64)(__s32)ret : (__s64)(__u32)ret;
	if (!(knobs.want[ev / 64 & 1] & (1ULL << (ev % 64))))
		return;
	t->call_stack = KSTACK_N(x, ev & (MMT_EV_MAX - 1));
	if (ev == MMT_EV_MMAP)
		send_mmap(t, pid_tgid, mm, now, ret);
	else if (ev == MMT_EV_MUNMAP)
		send_munmap(t, pid_tgid, mm, now, ret);
	else if (ev == MMT_EV_MPROTECT)
		send_mprotect(t, pid_tgid, mm, now, ret);
	else if (ev == MMT_EV_MREMAP)
		send_mremap(t, pid_tgid, mm, now, ret);
	else if (ev == MMT_EV_BRK)
		send_brk(t, pid_tgid, mm, now, ret);
}

static __always_inline void call_end(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid, __s64 ret)
{
	run_flush(t, pid_tgid);
	if (!t->call_event)
		return;
	driver_flush(x, t, pid_tgid);
	call_send(x, t, pid_tgid, ret);
	t->call_event = 0;
	t->call_have_bytes = 0;
	run_forget_frames(t);
}

static __always_inline int call_exit(struct raw_tp_ctx *ctx)
{
	struct mmt_regs r;
	struct mmt_thread *t;
	__u64 pid_tgid, nr;
	__u32 compat, zero = 0;
	struct shared_state *s;

	if (off || bpf_probe_read_kernel(&r, sizeof(r), (void *)ctx->args[0]))
		return 0;
	compat = REG_COMPAT(&r);
	nr = exit_nr(&r, compat);
	s = bpf_map_lookup_elem(&state, &zero);
	if (!s || (!call_of(compat, nr) && !s->runs_open))
		return 0;
	pid_tgid = bpf_get_current_pid_tgid();
	t = thread_find((__u32)pid_tgid);
	if (!t)
		return 0;
	call_end(HX_TIER(RAW_TP, ctx), t, pid_tgid, ctx->args[1]);
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
static __always_inline int call_enter_wrapper(__u32 ev, __u64 regs)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_regs r;

	if (off || !current_wanted(pid_tgid))
		return 0;
	HIT(CALL);
	if (bpf_probe_read_kernel(&r, sizeof(r), (void *)regs))
		return 0;
	call_begin(MMT_TIER_FENTRY, ev, REG_COMPAT(&r), exit_nr(&r, REG_COMPAT(&r)), &r, (__u32)pid_tgid);
	return 0;
}

static __always_inline int call_leave_wrapper(__u64 *c, __s64 ret)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t;

	if (off)
		return 0;
	t = thread_find((__u32)pid_tgid);
	if (t)
		call_end(HX_FENTRY(c), t, pid_tgid, ret);
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
		return call_leave_wrapper(c, c[1]);           \
	}

#if defined(__TARGET_ARCH_arm64)
/* the 32-bit ABI shares all of them but mmap2 */
CALL_WRAPPER(mmap, "__arm64_sys_mmap", MMAP)
CALL_WRAPPER(mmap_compat, "__arm64_compat_sys_aarch32_mmap2", MMAP)
CALL_WRAPPER(munmap, "__arm64_sys_munmap", MUNMAP)
CALL_WRAPPER(mprotect, "__arm64_sys_mprotect", MPROTECT)
CALL_WRAPPER(mremap, "__arm64_sys_mremap", MREMAP)
CALL_WRAPPER(brk, "__arm64_sys_brk", BRK)
#endif

#endif
