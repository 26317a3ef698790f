/* SPDX-License-Identifier: GPL-2.0 */
/* Driver callbacks: functions told to user space when first seen, VMA objects told when their range is final. */
#ifndef MMTRACE_DRIVER_BPF_H
#define MMTRACE_DRIVER_BPF_H

#include "run.bpf.h"
#include "task.bpf.h"
#include "vma.bpf.h"

/* Tells user space of a function no probe sits on yet, once; it attaches one for the calls to come. */
static __always_inline void func_seen(__u64 func, __u32 role)
{
	struct mmt_func *f;
	__u32 zero = 0;

	if (!func || !WANT(DRIVER_MMAP) || bpf_map_lookup_elem(&funcs, &func))
		return;
	f = bpf_ringbuf_reserve(&ring, sizeof(*f), 0);
	if (!f)
		return; /* the next call tells it */
	f->type = MMT_ITEM_FUNC;
	f->size = sizeof(*f);
	f->role = role;
	f->func = func;
	bpf_ringbuf_submit(f, BPF_RB_FORCE_WAKEUP);
	bpf_map_update_elem(&funcs, &func, &zero, BPF_ANY);
}

static __always_inline void vma_ops_seen(struct vm_area_struct *vma)
{
	const struct vm_operations_struct *ops = BPF_CORE_READ(vma, vm_ops);

	if (!ops)
		return;
	func_seen((__u64)BPF_CORE_READ(ops, open), MMT_ROLE_OPEN);
	func_seen((__u64)BPF_CORE_READ(ops, close), MMT_ROLE_CLOSE);
}

/*
 * The number of a VMA's address space, also while that is being torn down: then the map has forgotten it already. What the map
 * has is asked first, since the struct of one torn down before may be another's now.
 */
static __always_inline __u32 vma_mm_number(struct mmt_thread *t, struct vm_area_struct *vma)
{
	__u64 mm = (__u64)BPF_CORE_READ(vma, vm_mm);
	__u32 *n = bpf_map_lookup_elem(&mms, &mm);

	if (n)
		return *n;
	return t && t->exit_key == mm ? t->exit_mm : mm_number(mm);
}

/*
 * A vm_ops callback that runs now and that no probe sits on: named, with `-` for its time. Called where the kernel is about to
 * call it or has just done so.
 */
static __always_inline void driver_unprobed(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid,
					    struct vm_area_struct *vma, __u32 role)
{
	const struct vm_operations_struct *ops = BPF_CORE_READ(vma, vm_ops);
	struct mmt_ev_driver_open *e; /* driver_close is the same record */
	__u32 type = role == MMT_ROLE_OPEN ? MMT_EV_DRIVER_OPEN : MMT_EV_DRIVER_CLOSE, *probed;
	__u64 func, name;
	__u32 stack;

	if (!ops || !(role == MMT_ROLE_OPEN ? WANT(DRIVER_OPEN) : WANT(DRIVER_CLOSE)))
		return;
	func = role == MMT_ROLE_OPEN ? (__u64)BPF_CORE_READ(ops, open) : (__u64)BPF_CORE_READ(ops, close);
	if (!func)
		return;
	probed = bpf_map_lookup_elem(&funcs, &func);
	if (probed && *probed)
		return;
	func_seen(func, role);
	name = vma_name(false, vma);
	stack = KSTACK_N(x, type);
	e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	if (!e) {
		lose(MMT_LOSS_RING, type);
		return;
	}
	head(&e->h, type, sizeof(*e), x.tier, bpf_ktime_get_ns(), pid_tgid);
	e->h.kstack = stack;
	e->h.mm = vma_mm_number(t, vma);
	e->h.call = call_now((__u32)pid_tgid, t);
	e->h.have = vma_fill(false, VMA_OF(e), vma, name) | MMT_HAVE(DRIVER_OPEN, func);
	e->func = func;
	send(e);
}
_Static_assert(sizeof(struct mmt_ev_driver_open) == sizeof(struct mmt_ev_driver_close), "driver events differ");

static __always_inline void send_object_new(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid,
					    struct vm_area_struct *vma, __u32 cause)
{
	__u64 name = vma_name(x.btf, vma);
	__u32 stack = KSTACK(x, VMA_NEW);
	struct mmt_ev_vma_new *e = RESERVE(vma_new, VMA_NEW);

	if (!e)
		return;
	HEAD(e, VMA_NEW, x.tier, bpf_ktime_get_ns(), pid_tgid);
	e->h.kstack = stack;
	e->h.mm = vma_mm_number(t, vma);
	e->h.call = call_now((__u32)pid_tgid, t);
	e->h.have = vma_fill(x.btf, VMA_OF(e), vma, name) | MMT_HAVE(VMA_NEW, cause);
	e->cause = cause;
	e->zero0 = 0;
	send(e);
}

/* Tells of the VMA object made within this change, if this is the one and it was not told yet. */
static __always_inline void object_new(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid,
				       struct vm_area_struct *vma, __u32 cause)
{
	if (!WANT(VMA_NEW) || t->new_vma != (__u64)vma)
		return;
	t->new_vma = 0;
	send_object_new(x, t, pid_tgid, vma, cause);
}

#endif
