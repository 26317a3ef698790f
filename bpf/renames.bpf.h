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

#endif
