/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What vm_page_prot is in mmtrace's own mappings: user space knows what memory type they must have, and checks by them how it reads
 * everybody else's. Iterators that answer through their file, not through the ring.
 */
#include "vma.bpf.h"

struct own_vma {
	__u64 start;
	__u64 end;
	__u64 pgprot;
};

static __always_inline bool is_own(struct task_struct *task)
{
	return (__u32)task->tgid == knobs.self_tgid && task->pid == task->tgid;
}

static __always_inline void tell_own(struct bpf_iter_meta *meta, struct vm_area_struct *vma)
{
	struct own_vma out = { .start = BPF_CORE_READ(vma, vm_start),
			       .end = BPF_CORE_READ(vma, vm_end),
			       .pgprot = BPF_CORE_READ(vma, vm_page_prot.pgprot) };

	bpf_seq_write(meta->seq, &out, sizeof(out));
}

SEC("?iter/task_vma")
int own_vmas__iter(struct bpf_iter__task_vma *ctx)
{
	struct task_struct *task = ctx->task;
	struct vm_area_struct *vma = ctx->vma;

	if (!vma || !task || !is_own(task))
		return 0;
	HIT(MEMTYPE);
	tell_own(ctx->meta, vma);
	return 0;
}

#ifdef MMT_OLD
/* Before 5.12 there is no iterator over VMAs; up to 6.0 they are linked: include/linux/mm_types.h */
struct mm_struct___list {
	struct vm_area_struct___list *mmap;
} __attribute__((preserve_access_index));
struct vm_area_struct___list {
	struct vm_area_struct___list *vm_next;
} __attribute__((preserve_access_index));

#define OWN_VMAS_MAX 256 /* a statically linked program has a dozen */

/* Nobody changes the list meanwhile: its only thread is the one that reads this iterator. */
SEC("?iter/task")
int own_list__iter(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct vm_area_struct___list *vma;
	struct mm_struct___list *mm;

	if (!task || !is_own(task))
		return 0;
	HIT(MEMTYPE);
	mm = (void *)BPF_CORE_READ(task, mm);
	vma = mm ? BPF_CORE_READ(mm, mmap) : NULL;
	for (int i = 0; i < OWN_VMAS_MAX && vma; i++) {
		tell_own(ctx->meta, (void *)vma);
		vma = BPF_CORE_READ(vma, vm_next);
	}
	return 0;
}
#endif
