/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VMA objects. A new object is told when its range is final: the allocation is only noted, and the change, split or copy
 * that places it tells (object_new). Merges create and destroy objects on their own.
 */
#include "driver.bpf.h"
#include "total.bpf.h"

static __always_inline void object_note(__u64 vma)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t;

	if (!vma || !current_wanted(pid_tgid))
		return;
	t = thread_get((__u32)pid_tgid);
	if (t)
		t->new_vma = vma;
}

EXIT(vma_alloc, "vm_area_alloc", VMA_ALLOC, 1)
{
	HIT(VMA_ALLOC);
	object_note(ret);
}

/* fork copies whole VMAs: final at once, but in the child's address space, which dup tells; split and copy adjust it */
EXIT(vma_dup, "vm_area_dup", VMA_DUP, 1)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t;

	HIT(VMA_DUP);
	object_note(ret);
	if (!ret || !WANT(VMA_NEW) || current_origin() != MMT_ORIGIN_FORK || !current_wanted(pid_tgid))
		return;
	t = thread_find((__u32)pid_tgid);
	if (t)
		object_new(HX_UNTYPED(x), t, pid_tgid, (void *)ret, MMT_CAUSE_FORK);
}

/* (…, vma, addr, new_below): the noted object is one half, its range final now */
EXIT(vma_split, "__split_vma", VMA_SPLIT, 4)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t = thread_find((__u32)pid_tgid);

	HIT(VMA_SPLIT);
	if (t && t->new_vma && !(__s32)ret)
		object_new(HX_UNTYPED(x), t, pid_tgid, (void *)t->new_vma, MMT_CAUSE_SPLIT);
}

/* (mm, vma): the stack of a program to be, and what the kernel maps by itself (vdso); neither passes mmap_region */
ENTRY(vma_inserted, "insert_vm_struct", VMA_INSERT, 2)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t = thread_find((__u32)pid_tgid);
	struct vm_area_struct *vma = (void *)a2;

	if (t && t->new_vma == a2)
		object_new(x, t, pid_tgid, vma,
			   BPF_CORE_READ(vma, vm_flags) & VMFLAG_GROWSDOWN ? MMT_CAUSE_STACK : MMT_CAUSE_SPECIAL);
}

static __always_inline void send_object_free(const struct hookx x, struct vm_area_struct *vma, __u32 cause)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t = thread_find((__u32)pid_tgid);
	__u64 stacks = STACKS(x, VMA_FREE);
	struct mmt_ev_vma_free *e = RESERVE(vma_free, VMA_FREE);

	if (!e)
		return;
	HEAD(e, VMA_FREE, x.tier, bpf_ktime_get_ns(), pid_tgid);
	stacks_put(&e->h, stacks);
	e->h.mm = vma_mm_number(t, vma);
	e->h.call = call_now((__u32)pid_tgid, t);
	/* the file may be gone already: only the VMA itself is read */
	__builtin_memset(VMA_OF(e), 0, sizeof(struct vma_part));
	e->vma_start = BPF_CORE_READ(vma, vm_start);
	e->vma_end = BPF_CORE_READ(vma, vm_end);
	e->pgoff = BPF_CORE_READ(vma, vm_pgoff);
	e->vm_flags = BPF_CORE_READ(vma, vm_flags);
	e->h.have = VMA_HAVE(vma_start) | VMA_HAVE(vma_end) | VMA_HAVE(pgoff) | VMA_HAVE(vm_flags) |
		    MMT_HAVE(VMA_FREE, cause);
	e->cause = cause;
	e->zero0 = 0;
	send(e);
}

static __always_inline __u32 free_cause(struct mmt_thread *t, struct vm_area_struct *vma)
{
	__u32 origin = current_origin();

	if (t->exit_key && t->exit_key == (__u64)BPF_CORE_READ(vma, vm_mm))
		return MMT_CAUSE_EXIT;
	if (t->new_vma == (__u64)vma)
		return MMT_CAUSE_FAILED; /* noted, and freed before anything placed it */
	/* these split and merge and never unmap; what is noted of an unmap is of an earlier call */
	if (origin == MMT_ORIGIN_MPROTECT || origin == MMT_ORIGIN_MADVISE || origin == MMT_ORIGIN_MLOCK ||
	    origin == MMT_ORIGIN_PRCTL)
		return MMT_CAUSE_MERGE;
	if (t->call_have_bytes)
		return MMT_CAUSE_UNMAP;
	if (t->chg)
		return MMT_CAUSE_MERGE;
	return MMT_CAUSE_UNKNOWN;
}

ENTRY(vma_freed, "vm_area_free", VMA_FREE, 1)
{
	struct vm_area_struct *vma = (void *)a1;
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t;
	__u32 cause;

	if (knobs.totals) {
		total_unmapped((__u64)BPF_CORE_READ(vma, vm_mm), BPF_CORE_READ(vma, vm_start));
		return;
	}
	if (!current_wanted(pid_tgid))
		return;
	t = thread_get((__u32)pid_tgid);
	if (!t)
		return;
	cause = free_cause(t, vma);
	if (cause == MMT_CAUSE_UNMAP && !bpf_core_type_exists(struct vma_munmap_struct))
		t->call_bytes += BPF_CORE_READ(vma, vm_end) - BPF_CORE_READ(vma, vm_start);
	/* the last the kernel does to a VMA; up to 6.11 its vm_ops are still those of the driver */
	if (cause != MMT_CAUSE_FAILED && cause != MMT_CAUSE_MERGE)
		driver_unprobed(x, t, pid_tgid, vma, MMT_ROLE_CLOSE);
	if (WANT(VMA_FREE))
		send_object_free(x, vma, cause);
	if (t->new_vma == a1)
		t->new_vma = 0;
}

/* The last chance to see whose ->close it is: vma_close(vma), where it is a function of its own, forgets vm_ops (6.1.119) */
ENTRY(vma_closed, "vma_close", VMA_CLOSE, 1)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (current_wanted(pid_tgid))
		driver_unprobed(HX_UNTYPED(x), thread_find((__u32)pid_tgid), pid_tgid, (void *)a1, MMT_ROLE_CLOSE);
}

/* 6.13: remove_vma(vma); all are freed past vm_area_free */
ENTRY(vma_removed1, "remove_vma", VMA_REMOVE, 1)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (current_wanted(pid_tgid))
		driver_unprobed(HX_UNTYPED(x), thread_find((__u32)pid_tgid), pid_tgid, (void *)a1, MMT_ROLE_CLOSE);
}

/* 6.12: remove_vma(vma, unreachable) calls vm_ops->close; exit_mmap, which passes true, frees past vm_area_free */
ENTRY(vma_removed, "remove_vma", VMA_REMOVE, 2)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (!current_wanted(pid_tgid))
		return;
	driver_unprobed(x, thread_find((__u32)pid_tgid), pid_tgid, (void *)a1, MMT_ROLE_CLOSE);
	if ((__u8)a2 && WANT(VMA_FREE))
		send_object_free(x, (void *)a1, MMT_CAUSE_EXIT);
}
