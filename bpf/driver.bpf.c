/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Driver callbacks, timed by probes on those very functions. The programs are generic: user space attaches each to many
 * functions, and which one ran is read from the file or the VMA itself.
 */
#include "driver.bpf.h"

/* (fd, file): where a file gets its descriptor; its ->mmap can be probed before it is called */
ENTRY(file_opened, "fd_install", OPEN_FILE, 2)
{
	struct file *file = (void *)a2;
	__u32 prepare = 0;
	__u64 func;

	if (!current_wanted(bpf_get_current_pid_tgid()))
		return;
	func = file_mmap_func(file, &prepare);
	func_seen(func, prepare ? MMT_ROLE_PREPARE : MMT_ROLE_MMAP);
}

/*
 * func is what the file or the VMA names; ip is where the probe sits. A function that was probed for its name alone, or
 * that another one calls, is not the callback: it gets a frame, since its return will come, but no event. (x86 has the breakpoint
 * or the ftrace site behind the address.)
 */
static __always_inline void driver_enter(struct pt_regs *ctx, __u32 role, __u64 func, __u64 vma)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t;
	__u64 ip = REG_IP(REGS(ctx));
	__u32 n;

	if (off || !current_wanted(pid_tgid))
		return;
	HIT(DRIVER);
	t = thread_get((__u32)pid_tgid);
	if (!t)
		return;
	n = t->drivers;
	if (n >= DRIVER_DEPTH) {
		lose(MMT_LOSS_SLOT, MMT_EV_DRIVER_MMAP);
		return;
	}
	t->driver[n].func = ip - func < 16 ? func : 0;
	t->driver[n].vma = vma;
	t->driver[n].role = role;
	t->driver[n].stack = KSTACK(HX_KPROBE(ctx), DRIVER_MMAP);
	t->driver[n].ts = bpf_ktime_get_ns();
	t->drivers = n + 1;
}

#define DRIVER_HEAD(e, EV)                                                                \
	do {                                                                              \
		HEAD(e, EV, MMT_TIER_KPROBE, f->ts, pid_tgid);                            \
		e->h.dur_ns = now - f->ts;                                                \
		e->h.depth = depth;                                                       \
		e->h.kstack = f->stack;                                                   \
		e->h.call = call_now((__u32)pid_tgid, t);                                 \
		e->h.have = MMT_HAVE_DUR | MMT_HAVE(EV, func);                            \
		e->func = f->func;                                                        \
		if (f->vma) {                                                             \
			e->h.mm = vma_mm_number(t, (void *)f->vma);                       \
			e->h.have |= vma_fill(false, VMA_OF(e), (void *)f->vma, f->name); \
		} else {                                                                  \
			e->h.mm = mm_number(current_mm_key(pid_tgid));                    \
			__builtin_memset(VMA_OF(e), 0, sizeof(struct vma_part));          \
		}                                                                         \
	} while (0)

static __always_inline void send_driver_mmap(struct mmt_thread *t, struct driver_frame *f, __u8 depth, __u64 pid_tgid,
					     __u64 now, __s32 ret)
{
	struct mmt_ev_driver_mmap *e;

	if (f->func == t->map_func)
		t->map_func_told = 1;
	if (!WANT(DRIVER_MMAP))
		return;
	e = RESERVE(driver_mmap, DRIVER_MMAP);
	if (!e)
		return;
	DRIVER_HEAD(e, DRIVER_MMAP);
	e->h.have |= MMT_HAVE(DRIVER_MMAP, addr) | MMT_HAVE(DRIVER_MMAP, len) | MMT_HAVE(DRIVER_MMAP, ret) |
		     MMT_HAVE(DRIVER_MMAP, prepare);
	e->addr = t->chg_addr;
	e->len = t->chg_len;
	if (!f->vma && t->map_file) {
		e->file = t->map_file;
		e->h.have |= MMT_HAVE(DRIVER_MMAP, file);
	}
	e->ret = ret;
	e->prepare = f->role == MMT_ROLE_PREPARE;
	send(e);
}

static __always_inline void send_driver_open(struct mmt_thread *t, struct driver_frame *f, __u8 depth, __u64 pid_tgid,
					     __u64 now)
{
	struct mmt_ev_driver_open *e = WANT(DRIVER_OPEN) ? RESERVE(driver_open, DRIVER_OPEN) : NULL;

	if (!e)
		return;
	DRIVER_HEAD(e, DRIVER_OPEN);
	send(e);
}

static __always_inline void send_driver_close(struct mmt_thread *t, struct driver_frame *f, __u8 depth, __u64 pid_tgid,
					      __u64 now)
{
	struct mmt_ev_driver_close *e = WANT(DRIVER_CLOSE) ? RESERVE(driver_close, DRIVER_CLOSE) : NULL;

	if (!e)
		return;
	DRIVER_HEAD(e, DRIVER_CLOSE);
	send(e);
}

static __always_inline void driver_leave(__u32 role, __s32 ret)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();
	struct mmt_thread *t = thread_find((__u32)pid_tgid);
	struct driver_frame f;
	__u32 n;

	if (off || !t)
		return;
	n = t->drivers - 1;
	if (n >= DRIVER_DEPTH)
		return;
	if (t->driver[n].role != role)
		return;
	f = t->driver[n];
	t->drivers = n;
	if (!f.func)
		return;
	f.name = f.vma ? vma_name(false, (void *)f.vma) : 0;
	if (!n)
		run_flush(t, pid_tgid);
	if (role == MMT_ROLE_OPEN)
		send_driver_open(t, &f, n, pid_tgid, now);
	else if (role == MMT_ROLE_CLOSE)
		send_driver_close(t, &f, n, pid_tgid, now);
	else
		send_driver_mmap(t, &f, n, pid_tgid, now, ret);
}

/* (file, vma) */
SEC("?kprobe")
int driver_mmap__kprobe(struct pt_regs *ctx)
{
	struct file *file = (void *)REG_ARG1(REGS(ctx));

	driver_enter(ctx, MMT_ROLE_MMAP, file_mmap_func(file, NULL), REG_ARG2(REGS(ctx)));
	return 0;
}

SEC("?kretprobe")
int driver_mmap__kretprobe(struct pt_regs *ctx)
{
	driver_leave(MMT_ROLE_MMAP, REG_RET(REGS(ctx)));
	return 0;
}

/* (desc): there is no VMA yet */
SEC("?kprobe")
int driver_prepare__kprobe(struct pt_regs *ctx)
{
	struct mmt_thread *t = thread_find((__u32)bpf_get_current_pid_tgid());

	driver_enter(ctx, MMT_ROLE_PREPARE, t ? t->map_func : 0, 0);
	return 0;
}

SEC("?kretprobe")
int driver_prepare__kretprobe(struct pt_regs *ctx)
{
	driver_leave(MMT_ROLE_PREPARE, REG_RET(REGS(ctx)));
	return 0;
}

/* (vma) */
SEC("?kprobe")
int driver_open__kprobe(struct pt_regs *ctx)
{
	struct vm_area_struct *vma = (void *)REG_ARG1(REGS(ctx));

	driver_enter(ctx, MMT_ROLE_OPEN, (__u64)BPF_CORE_READ(vma, vm_ops, open), (__u64)vma);
	return 0;
}

SEC("?kretprobe")
int driver_open__kretprobe(struct pt_regs *ctx)
{
	driver_leave(MMT_ROLE_OPEN, 0);
	return 0;
}

SEC("?kprobe")
int driver_close__kprobe(struct pt_regs *ctx)
{
	struct vm_area_struct *vma = (void *)REG_ARG1(REGS(ctx));

	driver_enter(ctx, MMT_ROLE_CLOSE, (__u64)BPF_CORE_READ(vma, vm_ops, close), (__u64)vma);
	return 0;
}

SEC("?kretprobe")
int driver_close__kretprobe(struct pt_regs *ctx)
{
	driver_leave(MMT_ROLE_CLOSE, 0);
	return 0;
}
