/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mappings that exist before the trace: an iterator that runs under the mmap lock writes them into the same ring, after
 * the change hooks are live, so that the stream's order tells which of both is newer.
 */
#include "vma.bpf.h"

/* The iterator meets every thread: one of each wanted process speaks for its address space. */
static __always_inline bool task_wanted(struct task_struct *task)
{
	const volatile __u64 *asked = (const volatile __u64 *)knobs.comm;
	__u64 comm[2];

	if (knobs.filter & MMT_FILTER_TID) {
		if (in_targets(MMT_TARGET_TID | task->pid))
			return true;
		if (!(knobs.filter & MMT_FILTER_TGID))
			return false;
	}
	if (task->tgid != task->pid)
		return false;
	if (knobs.filter & MMT_FILTER_TGID)
		return in_targets(MMT_TARGET_TGID | task->tgid);
	if ((__u32)task->tgid == knobs.self_tgid)
		return false;
	if (!(knobs.filter & MMT_FILTER_COMM))
		return true;
	bpf_probe_read_kernel(comm, sizeof(comm), task->comm);
	return comm[0] == asked[0] && comm[1] == asked[1];
}

SEC("?iter/task_vma")
int import__iter(struct bpf_iter__task_vma *ctx)
{
	struct vm_area_struct *vma = ctx->vma;
	struct task_struct *task = ctx->task;
	struct mmt_ev_vma_import *e;
	__u64 have, name;

	if (!vma || !task || !task_wanted(task))
		return 0;
	HIT(IMPORT);
	name = vma_name(false, vma);
	e = RESERVE(vma_import, VMA_IMPORT);
	if (!e)
		return 0;
	have = vma_fill(false, VMA_OF(e), vma, name);
	HEAD(e, VMA_IMPORT, MMT_TIER_ITER, bpf_ktime_get_ns(), ((__u64)task->tgid << 32) | (__u32)task->pid);
	e->h.mm = mm_number((__u64)BPF_CORE_READ(vma, vm_mm));
	e->h.have = have | MMT_HAVE(VMA_IMPORT, addr) | MMT_HAVE(VMA_IMPORT, len) | MMT_HAVE(VMA_IMPORT, pgprot);
	e->pgprot = BPF_CORE_READ(vma, vm_page_prot.pgprot);
	e->addr = e->vma_start;
	e->len = e->vma_end - e->vma_start;
	send(e);
	return 0;
}

/*
 * Kernels before 5.12 have no iterator over VMAs: user space reads /proc instead, and asks here which number each wanted
 * address space has.
 */
struct space_number {
	__u32 pid;
	__u32 mm;
};

SEC("?iter/task")
int number__iter(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct space_number out = {};
	__u64 mm;

	if (!task || !task_wanted(task))
		return 0;
	mm = (__u64)BPF_CORE_READ(task, mm);
	if (!mm)
		return 0;
	HIT(IMPORT);
	out.pid = task->tgid;
	out.mm = mm_number(mm);
	bpf_seq_write(ctx->meta->seq, &out, sizeof(out));
	return 0;
}

/* One driver function that an open file of the target can be mapped by; read by user space, which probes it. */
struct file_func {
	__u64 func;
	__u64 role; /* enum mmt_func_role */
};

SEC("?iter/task_file")
int files__iter(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct file_func out = {};
	__u32 prepare = 0;

	if (!task || !file)
		return 0;
	if ((knobs.filter & MMT_FILTER_TGID) && !in_targets(MMT_TARGET_TGID | task->tgid))
		return 0;
	out.func = file_mmap_func(file, &prepare);
	if (!out.func || bpf_map_lookup_elem(&funcs, &out.func))
		return 0;
	out.role = prepare ? MMT_ROLE_PREPARE : MMT_ROLE_MMAP;
	bpf_seq_write(ctx->meta->seq, &out, sizeof(out));
	return 0;
}
