/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mappings that exist before the trace: an iterator that runs under the mmap lock writes them into the same ring, after
 * the change hooks are live, so that the stream's order tells which of both is newer.
 */
#include "driver.bpf.h"

/* The iterator meets every thread: one of each wanted process speaks for its address space. */
static __always_inline bool task_wanted(struct task_struct *task)
{
	const volatile __u64 *asked = (const volatile __u64 *)knobs.comm;
	__u64 comm[2] = {};

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
	/* a str: what stands behind the NUL may be left of another name */
	bpf_probe_read_kernel_str(comm, sizeof(comm), task->comm);
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
	vma_ops_seen(vma); /* its driver's functions can be probed before they run */
	return 0;
}

/*
 * A walk: the VMAs of one address space in order, each written under the mmap lock, so that at the place in the ring where it
 * stands it is true, and that nothing is mapped between it and the one before, also while other threads go on. User space
 * says whose. (Written without a pause: the iterator forgets a VMA, or its end, where a reader lets it rest.)
 */
struct vma_walk {
	__u32 tid;  /* any thread of the process */
	__u32 mm;   /* its address space, once one VMA was seen */
	__u32 pid;  /* its process */
	__u32 lost; /* a VMA found no room in the ring */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vma_walk);
} walk_asked SEC(".maps");

static __always_inline void walk_mark(const struct vma_walk *w, __u32 what)
{
	struct mmt_sync *m = ring_reserve(sizeof(*m));

	if (!m) {
		lose(MMT_LOSS_RING, MMT_EV_VMA_WALK);
		return;
	}
	m->type = MMT_ITEM_SYNC;
	m->size = sizeof(*m);
	m->what = what;
	m->ts_ns = bpf_ktime_get_ns();
	m->mm = w->mm;
	m->pid = w->pid;
	send(m);
}

SEC("?iter/task_vma")
int walk__iter(struct bpf_iter__task_vma *ctx)
{
	struct vm_area_struct *vma = ctx->vma;
	struct task_struct *task = ctx->task;
	struct mmt_ev_vma_walk *e;
	__u64 have, name;
	__u32 zero = 0, mm;
	struct vma_walk *w = bpf_map_lookup_elem(&walk_asked, &zero);

	if (!w)
		return 0;
	if (!vma || !task) {
		if (w->mm)
			walk_mark(w, w->lost ? MMT_SYNC_WALK_CUT : MMT_SYNC_WALK_END);
		return 0;
	}
	if ((__u32)task->pid != w->tid)
		return 0;
	mm = mm_number((__u64)BPF_CORE_READ(vma, vm_mm));
	if (!mm)
		w->lost = 1; /* no number is left for it */
	else if (!w->mm) {
		HIT(IMPORT);
		w->mm = mm;
		w->pid = task->tgid;
		walk_mark(w, MMT_SYNC_WALK_BEGIN);
	}
	if (w->mm != mm)
		w->lost = 1; /* an exec between two reads */
	if (w->lost)
		return 0;
	name = vma_name(false, vma);
	e = RESERVE(vma_walk, VMA_WALK);
	if (!e) {
		w->lost = 1;
		return 0;
	}
	have = vma_fill(false, VMA_OF(e), vma, name);
	HEAD(e, VMA_WALK, MMT_TIER_ITER, bpf_ktime_get_ns(), ((__u64)task->tgid << 32) | (__u32)task->pid);
	e->h.mm = mm;
	e->h.have = have | MMT_HAVE(VMA_WALK, addr) | MMT_HAVE(VMA_WALK, len) | MMT_HAVE(VMA_WALK, pgprot);
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
