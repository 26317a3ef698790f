/* SPDX-License-Identifier: GPL-2.0 */
/* Kernel names that moved, as CO-RE flavours (a ___suffix is ignored when matching), each with the release. */
#ifndef MMTRACE_RENAMES_BPF_H
#define MMTRACE_RENAMES_BPF_H

#include "hook.bpf.h"

/* struct file_operations: .mmap_prepare stands beside .mmap since 6.16 (include/linux/fs.h) */
struct file_operations___616 {
	int (*mmap_prepare)(void *desc);
} __attribute__((preserve_access_index));

/* The file's ->mmap, or ->mmap_prepare when it has that (*prepare = 1). 0: none. */
static __always_inline __u64 file_mmap_func(struct file *file, __u32 *prepare)
{
	const struct file_operations *fop = BPF_CORE_READ(file, f_op);
	struct file_operations___616 *fop616 = (void *)fop;

	if (bpf_core_field_exists(fop616->mmap_prepare)) {
		__u64 f = (__u64)BPF_CORE_READ(fop616, mmap_prepare);

		if (f) {
			if (prepare)
				*prepare = 1;
			return f;
		}
	}
	return (__u64)BPF_CORE_READ(fop, mmap);
}

/* struct pagetable_move_control: what move_page_tables() takes since 6.15 (mm/internal.h, mm/vma.h) */
struct pagetable_move_control___615 {
	struct vm_area_struct *old, *new;
	unsigned long old_addr, old_end, new_addr;
} __attribute__((preserve_access_index));

/* struct vm_operations_struct: .may_split was .split before 5.11 (include/linux/mm.h) */
struct vm_operations_struct___510 {
	int (*split)(struct vm_area_struct *vma, unsigned long addr);
} __attribute__((preserve_access_index));

static __always_inline __u64 ops_split_func(const struct vm_operations_struct *ops)
{
	const struct vm_operations_struct___510 *old = (const void *)ops;

	if (bpf_core_field_exists(old->split))
		return (__u64)BPF_CORE_READ(old, split);
	return (__u64)BPF_CORE_READ(ops, may_split);
}

/* struct mm_struct: .mm_lock_seq was a number before it was a seqcount_t (6.14); there is none before 6.4 (include/linux/mm_types.h) */
struct mm_struct___65 {
	int mm_lock_seq;
} __attribute__((preserve_access_index));

/* struct vm_fault: .flags was a number before it was an enum (5.14, include/linux/mm.h), which is another field to CO-RE */
struct vm_fault___510 {
	unsigned int flags;
} __attribute__((preserve_access_index));

static __always_inline __u32 vmf_flags(struct vm_fault *vmf)
{
	const struct vm_fault___510 *old = (const void *)vmf;

	if (bpf_core_field_exists(vmf->flags))
		return BPF_CORE_READ(vmf, flags);
	return BPF_CORE_READ(old, flags);
}

/* struct vm_fault: .address is that of the page where .real_address stands beside it, since 5.17 (include/linux/mm.h) */
static __always_inline __u64 vmf_addr(struct vm_fault *vmf)
{
	if (bpf_core_field_exists(vmf->real_address))
		return BPF_CORE_READ(vmf, real_address);
	return BPF_CORE_READ(vmf, address);
}

#endif
