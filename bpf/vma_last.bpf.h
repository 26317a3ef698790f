/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The mapping that software events found last on this CPU. bpf_find_vma() lets the lock go by an interrupt to the CPU itself
 * where interrupts are off (bpf_mmap_unlock_mm(), kernel/bpf/mmap_unlock_work.h), as they are around such events on new kernels:
 * 12 us on a virtual machine, ten times the fault. Most faults are in the mapping that the last one was in, and mm_lock_seq
 * tells that nobody has written to the address space since.
 */
#ifndef MMTRACE_VMA_LAST_BPF_H
#define MMTRACE_VMA_LAST_BPF_H

#include "task.bpf.h"

#if !defined(MMT_PLAIN) && !defined(MMT_OLD)
#include "vma.bpf.h"

/* An address space of this number and thread is no other one: the count grows whenever one is made. */
__u32 vma_spaces = 0;

struct vma_last {
	__u64 mm, start, end;
	__u32 tid, seq, spaces;
	__u32 vm_flags, row;
	__u8 class, rdev;
	__u64 have;
	struct vma_part part;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vma_last);
} vmas_last SEC(".maps");

static __always_inline struct vma_last *vma_last_room(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&vmas_last, &zero);
}

/* struct mm_struct: .mm_lock_seq was an int from 6.4 until 6.12 */
struct mm_struct___64 {
	int mm_lock_seq;
} __attribute__((preserve_access_index));

/* How often the address space was locked for writing; false: unknown, or it is now. */
static __always_inline bool vma_seq(struct mm_struct *mm, __u32 *seq)
{
	const struct mm_struct___64 *old = (const void *)mm;

	if (bpf_core_field_exists(mm->mm_lock_seq.sequence)) {
		*seq = BPF_CORE_READ(mm, mm_lock_seq.sequence);
		return !(*seq & 1); /* within mmap_write_lock() */
	}
	if (!bpf_core_field_exists(old->mm_lock_seq))
		return false;
	*seq = (__u32)BPF_CORE_READ(old, mm_lock_seq);
	return true;
}

/* What is known of the mapping at addr; NULL: nothing. */
static __always_inline struct vma_last *vma_last_of(__u32 tid, __u64 addr)
{
	struct vma_last *l = vma_last_room();
	__u32 seq;

	if (!l || l->tid != tid || addr < l->start || addr >= l->end || l->spaces != vma_spaces ||
	    l->mm != current_mm_key(0) || !vma_seq((void *)l->mm, &seq) || seq != l->seq)
		return NULL;
	return l;
}

/* For the next fault; the lock is held. NULL where that cannot be. */
static __always_inline struct vma_last *vma_last_take(__u32 tid, struct vm_area_struct *vma)
{
	struct vma_last *l = vma_last_room();
	struct mm_struct *mm = BPF_CORE_READ(vma, vm_mm);

	if (!l)
		return NULL;
	l->tid = 0; /* no thread's */
	if (!vma_seq(mm, &l->seq))
		return NULL;
	l->mm = (__u64)mm;
	l->start = BPF_CORE_READ(vma, vm_start);
	l->end = BPF_CORE_READ(vma, vm_end);
	l->spaces = vma_spaces;
	l->tid = tid;
	return l;
}

static __always_inline void vma_space_made(void)
{
	__sync_fetch_and_add(&vma_spaces, 1);
}

#else

static __always_inline void vma_space_made(void)
{
}

#endif
#endif
