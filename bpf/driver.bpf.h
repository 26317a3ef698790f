/* SPDX-License-Identifier: GPL-2.0 */
/* Driver callbacks: functions told to user space when first seen, VMA objects told when their range is final. */
#ifndef MMTRACE_DRIVER_BPF_H
#define MMTRACE_DRIVER_BPF_H

#include "run.bpf.h"
#include "task.bpf.h"
#include "vma.bpf.h"

/* The vm_ops function of a role; 0: none. */
static __always_inline __u64 ops_func(const struct vm_operations_struct *ops, const __u32 role)
{
	switch (role) {
	case MMT_ROLE_OPEN:
		return (__u64)BPF_CORE_READ(ops, open);
	case MMT_ROLE_CLOSE:
		return (__u64)BPF_CORE_READ(ops, close);
	case MMT_ROLE_FAULT:
		return (__u64)BPF_CORE_READ(ops, fault);
	case MMT_ROLE_HUGE_FAULT:
		return (__u64)BPF_CORE_READ(ops, huge_fault);
	case MMT_ROLE_PAGE_MKWRITE:
		return (__u64)BPF_CORE_READ(ops, page_mkwrite);
	case MMT_ROLE_PFN_MKWRITE:
		return (__u64)BPF_CORE_READ(ops, pfn_mkwrite);
	case MMT_ROLE_ACCESS:
		return (__u64)BPF_CORE_READ(ops, access);
	case MMT_ROLE_SPLIT:
		return ops_split_func(ops);
	}
	return 0;
}

/*
 * Is a function of this role told? Faults of the kernel's own files are too many, and their time is in the fault's event: those
 * only when they were asked for by name.
 */
static __always_inline bool role_told(const __u32 role, __u64 func)
{
	__u32 ev = event_of_role(role);

	if (!func || !(knobs.want[ev / 64] & (1ULL << (ev % 64))))
		return false;
	if (role < MMT_ROLE_FAULT || role > MMT_ROLE_PFN_MKWRITE ||
	    knobs.core_faults & (role <= MMT_ROLE_HUGE_FAULT ? 1 : 2))
		return true;
	return func < knobs.core_lo || func >= knobs.core_hi;
}

/* Tells user space of a function no probe sits on yet, once; it attaches one for the calls to come. */
static __always_inline void func_seen(__u64 func, const __u32 role)
{
	struct mmt_func *f;
	__u32 zero = 0;

	if (!role_told(role, func) || bpf_map_lookup_elem(&funcs, &func))
		return;
	f = ring_reserve(sizeof(*f));
	if (!f)
		return; /* the next call tells it */
	f->type = MMT_ITEM_FUNC;
	f->size = sizeof(*f);
	f->role = role;
	f->func = func;
	bpf_ringbuf_submit(f, BPF_RB_FORCE_WAKEUP);
	bpf_map_update_elem(&funcs, &func, &zero, BPF_ANY);
}

/* Tells of all functions that a VMA's driver has. Tables live as long as their functions: each is looked through once. */
__noinline int ops_seen(__u64 ops_ptr)
{
	const struct vm_operations_struct *ops = (void *)ops_ptr;
	__u32 two = 2;

	if (bpf_map_lookup_elem(&funcs, &ops_ptr))
		return 0;
	func_seen(ops_func(ops, MMT_ROLE_OPEN), MMT_ROLE_OPEN);
	func_seen(ops_func(ops, MMT_ROLE_CLOSE), MMT_ROLE_CLOSE);
	func_seen(ops_func(ops, MMT_ROLE_FAULT), MMT_ROLE_FAULT);
	func_seen(ops_func(ops, MMT_ROLE_HUGE_FAULT), MMT_ROLE_HUGE_FAULT);
	func_seen(ops_func(ops, MMT_ROLE_PAGE_MKWRITE), MMT_ROLE_PAGE_MKWRITE);
	func_seen(ops_func(ops, MMT_ROLE_PFN_MKWRITE), MMT_ROLE_PFN_MKWRITE);
	func_seen(ops_func(ops, MMT_ROLE_ACCESS), MMT_ROLE_ACCESS);
	func_seen(ops_func(ops, MMT_ROLE_SPLIT), MMT_ROLE_SPLIT);
	bpf_map_update_elem(&funcs, &ops_ptr, &two, BPF_ANY);
	return 0;
}

#define DRIVERS_WANTED                                                                            \
	(WANT(DRIVER_OPEN) || WANT(DRIVER_CLOSE) || WANT(DRIVER_FAULT) || WANT(DRIVER_MKWRITE) || \
	 WANT(DRIVER_ACCESS) || WANT(DRIVER_SPLIT))

static __always_inline void vma_ops_seen(struct vm_area_struct *vma)
{
	__u64 ops = (__u64)BPF_CORE_READ(vma, vm_ops);

	if (DRIVERS_WANTED && ops)
		ops_seen(ops);
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
		return *n & ~MM_REACHED;
	return t && t->exit_key == mm ? t->exit_mm : mm_number(mm);
}

/* The function of a role that is about to run or has just run, if no probe sits on it yet. Else 0. */
static __always_inline __u64 func_unprobed(struct vm_area_struct *vma, const __u32 role)
{
	const struct vm_operations_struct *ops = BPF_CORE_READ(vma, vm_ops);
	__u64 func = ops ? ops_func(ops, role) : 0;
	__u32 *probed;

	if (!role_told(role, func))
		return 0;
	probed = bpf_map_lookup_elem(&funcs, &func);
	if (probed && *probed == 1)
		return 0;
	func_seen(func, role);
	return func;
}

/*
 * A vm_ops callback that runs now and that no probe sits on: named, with `-` for its time. Called where the kernel is about to
 * call it or has just done so.
 */
static __always_inline void driver_unprobed(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid,
					    struct vm_area_struct *vma, const __u32 role)
{
	__u64 func = func_unprobed(vma, role), name;
	struct mmt_ev_driver_open *e; /* driver_close is the same record */
	__u32 type = event_of_role(role);
	__u64 stacks;

	if (!func)
		return;
	name = vma_name(false, vma);
	stacks = STACKS_N(x, type);
	e = ring_reserve(sizeof(*e));
	if (!e) {
		lose(MMT_LOSS_RING, type);
		return;
	}
	head(&e->h, type, sizeof(*e), x.tier, bpf_ktime_get_ns(), pid_tgid);
	stacks_put(&e->h, stacks);
	e->h.mm = vma_mm_number(t, vma);
	e->h.call = call_now((__u32)pid_tgid, t);
	e->h.depth = t ? t->drivers : 0;
	e->h.have = vma_fill(false, VMA_OF(e), vma, name) | MMT_HAVE(DRIVER_OPEN, func);
	e->func = func;
	send(e);
}
_Static_assert(sizeof(struct mmt_ev_driver_open) == sizeof(struct mmt_ev_driver_close), "driver events differ");

/* The same for ->fault and ->page_mkwrite, whose events have an address and, when timed, a result. */
static __always_inline void driver_unprobed_fault(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid,
						  struct vm_fault *vmf, const __u32 role)
{
	struct vm_area_struct *vma = BPF_CORE_READ(vmf, vma);
	__u64 func = func_unprobed(vma, role), name;
	struct mmt_ev_driver_fault *e; /* driver_mkwrite is laid out alike */
	__u32 type = event_of_role(role);
	__u64 stacks;

	if (!func)
		return;
	name = vma_name(false, vma);
	stacks = STACKS_N(x, type);
	e = ring_reserve(sizeof(*e));
	if (!e) {
		lose(MMT_LOSS_RING, type);
		return;
	}
	head(&e->h, type, sizeof(*e), x.tier, bpf_ktime_get_ns(), pid_tgid);
	stacks_put(&e->h, stacks);
	e->h.mm = vma_mm_number(t, vma);
	e->h.call = call_now((__u32)pid_tgid, t);
	e->h.depth = t ? t->drivers : 0;
	e->h.have = vma_fill(false, VMA_OF(e), vma, name) | MMT_HAVE(DRIVER_FAULT, func) |
		    MMT_HAVE(DRIVER_FAULT, addr) | MMT_HAVE(DRIVER_FAULT, huge);
	e->func = func;
	e->addr = vmf_addr(vmf);
	e->result = e->huge = 0;
	send(e);
}
_Static_assert(sizeof(struct mmt_ev_driver_fault) == sizeof(struct mmt_ev_driver_mkwrite) &&
		       (int)MMT_F_DRIVER_FAULT_addr == (int)MMT_F_DRIVER_MKWRITE_addr &&
		       (int)MMT_F_DRIVER_FAULT_huge == (int)MMT_F_DRIVER_MKWRITE_pfn,
	       "driver_mkwrite is not laid out like driver_fault");

static __always_inline void send_object_new(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid,
					    struct vm_area_struct *vma, __u32 cause)
{
	__u64 name = vma_name(x.btf, vma);
	__u64 stacks = STACKS(x, VMA_NEW);
	struct mmt_ev_vma_new *e = RESERVE(vma_new, VMA_NEW);

	if (!e)
		return;
	HEAD(e, VMA_NEW, x.tier, bpf_ktime_get_ns(), pid_tgid);
	stacks_put(&e->h, stacks);
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
