/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Driver callbacks, timed by probes on those very functions. The programs are generic: user space attaches each to many
 * functions, and which one ran is read from the file or the VMA itself.
 */
#include "driver.bpf.h"
#include "fault.bpf.h"

/* (fd, file): where a file gets its descriptor; its ->mmap can be probed before it is called */
ENTRY(file_opened, "fd_install", OPEN_FILE, 2)
{
	struct file *file = (void *)a2;
	__u32 prepare = 0;
	__u64 func;

	if (!current_wanted(bpf_get_current_pid_tgid()))
		return;
	func = file_mmap_func(file, &prepare);
	if (prepare)
		func_seen(func, MMT_ROLE_PREPARE);
	else
		func_seen(func, MMT_ROLE_MMAP);
}

/* Which programs saw the entry: the return is theirs, too. */
enum driver_kind { KIND_MMAP, KIND_PREPARE, KIND_OPEN, KIND_CLOSE, KIND_VMF, KIND_ACCESS, KIND_SPLIT };

/* An entry as a program tells it. func is what the file or the VMA names. */
struct driver_call {
	__u32 kind, role, write;
	__u64 func, vma, addr, len;
};

/* A mapping of the target's may be reached into by anybody. */
static __always_inline bool driver_wanted(const struct driver_call *c, __u64 pid_tgid)
{
	struct vm_area_struct *vma = (void *)c->vma; /* a name of its own: CO-RE would take c for the kernel's */
	__u64 mm;

	if (current_wanted(pid_tgid))
		return true;
	if (c->kind != KIND_ACCESS || off || !knobs.filter)
		return false;
	mm = (__u64)BPF_CORE_READ(vma, vm_mm);
	return bpf_map_lookup_elem(&mms, &mm);
}

/* How many frames are further up the stack than sp. */
static __noinline __u32 driver_outer(struct mmt_thread *t, __u64 sp)
{
	__u32 n = 0;

#pragma unroll
	for (__u32 i = 0; i < DRIVER_DEPTH; i++)
		if (n == i && i < t->drivers && t->driver[i].sp > sp)
			n = i + 1;
	return n;
}

/*
 * A function that was probed for its name alone, or that another one calls, is not the callback: it gets a frame, since its
 * return will come, but no event. (x86 has the breakpoint or the ftrace site behind the address.) A frame that is not further
 * up the stack than this one has ended, and nobody saw it.
 */
static __always_inline void driver_enter(struct pt_regs *ctx, const struct driver_call *c)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid(), ip = REG_IP(REGS(ctx)), sp = REG_SP(REGS(ctx));
	struct driver_frame *f;
	struct mmt_thread *t;
	__u32 n;

	if (off || !driver_wanted(c, pid_tgid))
		return;
	HIT(DRIVER);
	t = thread_get((__u32)pid_tgid);
	if (!t)
		return;
	n = driver_outer(t, sp);
	if (n < t->drivers)
		driver_forget(t, n);
	if (n >= DRIVER_DEPTH) {
		lose(MMT_LOSS_SLOT, event_of_role(c->role));
		return;
	}
	f = &t->driver[n];
	f->func = ip - c->func < 16 ? c->func : 0;
	f->vma = c->vma;
	f->role = c->role;
	f->kind = c->kind;
	f->addr = c->addr;
	f->len = c->len;
	f->write = c->write;
	f->sp = sp;
	if (f->func && c->kind == KIND_VMF)
		fault_mark(c->role >= MMT_ROLE_PAGE_MKWRITE ? MMT_MARK_MKWRITE : MMT_MARK_DOFAULT);
	f->stacks = f->func ? STACKS_N(HX_KPROBE(ctx), event_of_role(c->role)) : 0;
	f->ts = bpf_ktime_get_ns();
	t->drivers = n + 1;
}

/* A frame that has ended, and what the sending needs beside it. */
struct driver_end {
	struct driver_frame f;
	__u64 pid_tgid, now;
	__u64 name; /* key of the file's path */
	__s32 ret;
	__u32 depth;
};

#define DRIVER_HEAD(e, EV)                                                                  \
	do {                                                                                \
		HEAD(e, EV, MMT_TIER_KPROBE, d->f.ts, d->pid_tgid);                         \
		e->h.dur_ns = d->now - d->f.ts;                                             \
		e->h.depth = d->depth;                                                      \
		stacks_put(&e->h, d->f.stacks);                                             \
		e->h.call = call_now((__u32)d->pid_tgid, t);                                \
		e->h.have = MMT_HAVE_DUR | MMT_HAVE(EV, func);                              \
		e->func = d->f.func;                                                        \
		if (d->f.vma) {                                                             \
			e->h.mm = vma_mm_number(t, (void *)d->f.vma);                       \
			e->h.have |= vma_fill(false, VMA_OF(e), (void *)d->f.vma, d->name); \
		} else {                                                                    \
			e->h.mm = mm_number(current_mm_key(d->pid_tgid));                   \
			__builtin_memset(VMA_OF(e), 0, sizeof(struct vma_part));            \
		}                                                                           \
	} while (0)

static __always_inline void send_driver_mmap(struct mmt_thread *t, const struct driver_end *d)
{
	struct mmt_ev_driver_mmap *e;

	if (d->f.func == t->map_func)
		t->map_func_told = 1;
	if (!WANT(DRIVER_MMAP))
		return;
	e = RESERVE_WANTED(driver_mmap, DRIVER_MMAP);
	if (!e)
		return;
	DRIVER_HEAD(e, DRIVER_MMAP);
	e->h.have |= MMT_HAVE(DRIVER_MMAP, addr) | MMT_HAVE(DRIVER_MMAP, len) | MMT_HAVE(DRIVER_MMAP, ret) |
		     MMT_HAVE(DRIVER_MMAP, prepare);
	e->addr = t->chg_addr;
	e->len = t->chg_len;
	if (!d->f.vma && t->map_file) {
		e->file = t->map_file;
		e->h.have |= MMT_HAVE(DRIVER_MMAP, file);
	}
	e->ret = d->ret;
	e->prepare = d->f.role == MMT_ROLE_PREPARE;
	send(e);
}

static __always_inline void send_driver_open(struct mmt_thread *t, const struct driver_end *d)
{
	struct mmt_ev_driver_open *e = WANT(DRIVER_OPEN) ? RESERVE_WANTED(driver_open, DRIVER_OPEN) : NULL;

	if (!e)
		return;
	DRIVER_HEAD(e, DRIVER_OPEN);
	send(e);
}

static __always_inline void send_driver_close(struct mmt_thread *t, const struct driver_end *d)
{
	struct mmt_ev_driver_close *e = WANT(DRIVER_CLOSE) ? RESERVE_WANTED(driver_close, DRIVER_CLOSE) : NULL;

	if (!e)
		return;
	DRIVER_HEAD(e, DRIVER_CLOSE);
	send(e);
}

static __always_inline void send_driver_fault(struct mmt_thread *t, const struct driver_end *d)
{
	struct mmt_ev_driver_fault *e = WANT(DRIVER_FAULT) ? RESERVE_WANTED(driver_fault, DRIVER_FAULT) : NULL;

	if (!e)
		return;
	DRIVER_HEAD(e, DRIVER_FAULT);
	e->h.have |= MMT_HAVE(DRIVER_FAULT, addr) | MMT_HAVE(DRIVER_FAULT, result) | MMT_HAVE(DRIVER_FAULT, huge);
	e->addr = d->f.addr;
	e->result = d->ret;
	e->huge = d->f.role == MMT_ROLE_HUGE_FAULT;
	send(e);
}

static __always_inline void send_driver_mkwrite(struct mmt_thread *t, const struct driver_end *d)
{
	struct mmt_ev_driver_mkwrite *e = WANT(DRIVER_MKWRITE) ? RESERVE_WANTED(driver_mkwrite, DRIVER_MKWRITE) : NULL;

	if (!e)
		return;
	DRIVER_HEAD(e, DRIVER_MKWRITE);
	e->h.have |= MMT_HAVE(DRIVER_MKWRITE, addr) | MMT_HAVE(DRIVER_MKWRITE, result) | MMT_HAVE(DRIVER_MKWRITE, pfn);
	e->addr = d->f.addr;
	e->result = d->ret;
	e->pfn = d->f.role == MMT_ROLE_PFN_MKWRITE;
	send(e);
}

static __always_inline void send_driver_access(struct mmt_thread *t, const struct driver_end *d)
{
	struct mmt_ev_driver_access *e = WANT(DRIVER_ACCESS) ? RESERVE_WANTED(driver_access, DRIVER_ACCESS) : NULL;

	if (!e)
		return;
	DRIVER_HEAD(e, DRIVER_ACCESS);
	e->h.have |= MMT_HAVE(DRIVER_ACCESS, addr) | MMT_HAVE(DRIVER_ACCESS, len) | MMT_HAVE(DRIVER_ACCESS, ret) |
		     MMT_HAVE(DRIVER_ACCESS, write);
	e->addr = d->f.addr;
	e->len = d->f.len;
	e->ret = d->ret;
	e->write = d->f.write;
	send(e);
}

static __always_inline void send_driver_split(struct mmt_thread *t, const struct driver_end *d)
{
	struct mmt_ev_driver_split *e = WANT(DRIVER_SPLIT) ? RESERVE_WANTED(driver_split, DRIVER_SPLIT) : NULL;

	if (!e)
		return;
	DRIVER_HEAD(e, DRIVER_SPLIT);
	e->h.have |= MMT_HAVE(DRIVER_SPLIT, addr) | MMT_HAVE(DRIVER_SPLIT, ret) | MMT_HAVE(DRIVER_SPLIT, zero0);
	e->addr = d->f.addr;
	e->ret = d->ret;
	e->zero0 = 0;
	send(e);
}

/* The innermost frame that these programs made; those inside it have ended unseen. DRIVER_DEPTH: none. */
static __noinline __u32 driver_frame_of(struct mmt_thread *t, __u32 kind)
{
	__u32 n = DRIVER_DEPTH;

#pragma unroll
	for (__u32 i = 0; i < DRIVER_DEPTH; i++)
		if (i < t->drivers && t->driver[i].kind == kind)
			n = i;
	return n;
}

static __always_inline void driver_leave(const __u32 kind, __s32 ret)
{
	struct driver_end d = { .pid_tgid = bpf_get_current_pid_tgid(), .now = bpf_ktime_get_ns(), .ret = ret };
	struct mmt_thread *t = thread_find((__u32)d.pid_tgid);
	__u32 n;

	if (off || !t)
		return;
	n = driver_frame_of(t, kind);
	if (n >= DRIVER_DEPTH)
		return;
	driver_forget(t, n + 1);
	d.f = t->driver[n];
	d.depth = t->drivers = n;
	if (!d.f.func)
		return;
	/* the lock may have been let go, and the VMA with it */
	if (kind == KIND_VMF && ret & VMF_RETRY)
		d.f.vma = 0;
	d.name = d.f.vma ? vma_name(false, (void *)d.f.vma) : 0;
	if (!n)
		run_flush(t, d.pid_tgid);
	if (kind == KIND_OPEN)
		send_driver_open(t, &d);
	else if (kind == KIND_CLOSE)
		send_driver_close(t, &d);
	else if (kind == KIND_ACCESS)
		send_driver_access(t, &d);
	else if (kind == KIND_SPLIT)
		send_driver_split(t, &d);
	else if (kind != KIND_VMF)
		send_driver_mmap(t, &d);
	else if (d.f.role <= MMT_ROLE_HUGE_FAULT)
		send_driver_fault(t, &d);
	else
		send_driver_mkwrite(t, &d);
}

/* name__kprobe and name__kretprobe; the body fills in c from arg1 … arg5 */
#define DRIVER_PROBES(name, KIND)                                                    \
	static __always_inline void name(struct mmt_regs *r, struct driver_call *c); \
	SEC("?kprobe")                                                               \
	int name##__kprobe(struct pt_regs *ctx)                                      \
	{                                                                            \
		struct driver_call c = { .kind = KIND };                             \
                                                                                     \
		if (off)                                                             \
			return 0;                                                    \
		name(REGS(ctx), &c);                                                 \
		driver_enter(ctx, &c);                                               \
		return 0;                                                            \
	}                                                                            \
	SEC("?kretprobe")                                                            \
	int name##__kretprobe(struct pt_regs *ctx)                                   \
	{                                                                            \
		driver_leave(KIND, REG_RET(REGS(ctx)));                              \
		return 0;                                                            \
	}                                                                            \
	static __always_inline void name(struct mmt_regs *r, struct driver_call *c)

/* (file, vma) */
DRIVER_PROBES(driver_mmap, KIND_MMAP)
{
	c->role = MMT_ROLE_MMAP;
	c->func = file_mmap_func((void *)REG_ARG1(r), NULL);
	c->vma = REG_ARG2(r);
}

/* (desc): there is no VMA yet */
DRIVER_PROBES(driver_prepare, KIND_PREPARE)
{
	struct mmt_thread *t = thread_find((__u32)bpf_get_current_pid_tgid());

	c->role = MMT_ROLE_PREPARE;
	c->func = t ? t->map_func : 0;
}

static __always_inline void driver_vma(struct driver_call *c, __u64 vma, const __u32 role)
{
	c->role = role;
	c->vma = vma;
	c->func = ops_func(BPF_CORE_READ((struct vm_area_struct *)vma, vm_ops), role);
}

/* (vma) */
DRIVER_PROBES(driver_open, KIND_OPEN)
{
	driver_vma(c, REG_ARG1(r), MMT_ROLE_OPEN);
}

DRIVER_PROBES(driver_close, KIND_CLOSE)
{
	driver_vma(c, REG_ARG1(r), MMT_ROLE_CLOSE);
}

/* (vma, addr, buf, len, write) */
DRIVER_PROBES(driver_access, KIND_ACCESS)
{
	driver_vma(c, REG_ARG1(r), MMT_ROLE_ACCESS);
	c->addr = REG_ARG2(r);
	c->len = (__u32)REG_ARG4(r);
	c->write = !!(__u32)REG_ARG5(r);
}

/* (vma, addr) */
DRIVER_PROBES(driver_split, KIND_SPLIT)
{
	driver_vma(c, REG_ARG1(r), MMT_ROLE_SPLIT);
	c->addr = REG_ARG2(r);
}

#define FLT_MKWRITE 0x2 /* include/linux/mm_types.h, 5.10 to 6.12 */

/*
 * (vmf, …): one function may have several of these roles (DAX has). Whether a page or a frame is to be written, then, is in the
 * VMA: a plain one has pages.
 */
DRIVER_PROBES(driver_vmf, KIND_VMF)
{
	struct vm_fault *vmf = (void *)REG_ARG1(r);
	struct vm_area_struct *vma = BPF_CORE_READ(vmf, vma);
	const struct vm_operations_struct *ops = BPF_CORE_READ(vma, vm_ops);
	bool mkwrite = vmf_flags(vmf) & FLT_MKWRITE;
	__u64 first = ops_func(ops, mkwrite ? MMT_ROLE_PAGE_MKWRITE : MMT_ROLE_FAULT);
	__u64 other = ops_func(ops, mkwrite ? MMT_ROLE_PFN_MKWRITE : MMT_ROLE_HUGE_FAULT);
	bool is_other = REG_IP(r) - first >= 16;

	if (mkwrite && first == other)
		is_other = !BPF_CORE_READ(vmf, page);
	c->role = (mkwrite ? MMT_ROLE_PAGE_MKWRITE : MMT_ROLE_FAULT) + is_other;
	c->func = is_other ? other : first;
	c->vma = (__u64)vma;
	c->addr = vmf_addr(vmf);
}
