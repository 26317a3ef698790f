/* SPDX-License-Identifier: GPL-2.0 */
/* What faults are counted by: the row of each, and what a new row stands for. */
#ifndef MMTRACE_TOTAL_KEY_BPF_H
#define MMTRACE_TOTAL_KEY_BPF_H

#include "stack.bpf.h"
#include "task.bpf.h"
#include "total.bpf.h"

/*
 * Programs are made for what is asked, since even a knob that is looked at costs four instructions on arm64: m is a constant.
 * Those of M_FULL look at the knobs for all the rest.
 */
#define M_KIND	1 /* kinds are told apart */
#define M_KEYED 2 /* keys are more than the CPU */
#define M_FULL	4 /* shares, stacks, a least time, the slowest */

#define KEYED	     (knobs.by & (MMT_BY_MAPPING | MMT_BY_FILE | MMT_BY_DRIVER | MMT_BY_COMM | MMT_BY_STACK))
#define KEYED_BY_VMA (knobs.by & (MMT_BY_MAPPING | MMT_BY_FILE | MMT_BY_DRIVER))

/* Both stack ids, where they are part of the key. */
static __always_inline __u64 total_stacks(const struct hookx x)
{
	if (!(knobs.by & MMT_BY_STACK))
		return 0;
	return KSTACK(x, FAULT_KEY) | (__u64)USTACK(x, FAULT_KEY) << 32;
}

#ifndef MMT_PLAIN

static __always_inline __u8 class_of_vma(const bool b, struct vm_area_struct *vma, __u64 vm_flags)
{
	const struct vm_operations_struct *ops = (void *)RD(b, vma, vm_ops);
	__u64 fn;

	if (!ops && !(vm_flags & (VMFLAG_HUGETLB | VMFLAG_PFNMAP | VMFLAG_MIXEDMAP)))
		return MMT_FCLASS_ANON;
	if (vm_flags & (VMFLAG_HUGETLB | VMFLAG_PFNMAP | VMFLAG_MIXEDMAP))
		return vm_flags & VMFLAG_HUGETLB ? MMT_FCLASS_HUGETLB : MMT_FCLASS_PFN;
	if (!ops)
		return MMT_FCLASS_ANON;
	if (!knobs.shmem_fault)
		return BPF_CORE_READ(vma, vm_file, f_inode, i_sb, s_magic) == TMPFS_MAGIC_ ? MMT_FCLASS_SHM :
											     MMT_FCLASS_FILE;
	fn = RD(b, ops, fault);
	return fn && (fn == knobs.shmem_fault || fn == knobs.sysv_fault) ? MMT_FCLASS_SHM : MMT_FCLASS_FILE;
}

static __always_inline bool is_device(const bool b, struct vm_area_struct *vma)
{
	__u32 mode;

	if (!RD(b, vma, vm_file))
		return false;
	mode = BPF_CORE_READ(vma, vm_file, f_inode, i_mode) & S_IFMT_;
	return (mode == S_IFCHR_ || mode == S_IFBLK_) && BPF_CORE_READ(vma, vm_file, f_inode, i_rdev);
}

/* What the mapping tells of the fault's kind. */
static __always_inline void total_vma(const bool b, struct mmt_tslot *s, struct vm_area_struct *vma)
{
	s->vm_flags = RD(b, vma, vm_flags);
	s->class = class_of_vma(b, vma, s->vm_flags);
	if (s->class == MMT_FCLASS_FILE || s->class == MMT_FCLASS_PFN)
		s->rdev = is_device(b, vma);
}

static __always_inline __u64 birth_of(__u32 mm, __u64 start)
{
	struct birth_key k = { .start = start, .mm = mm };
	__u64 *known = bpf_map_lookup_elem(&births, &k), now = bpf_ktime_get_ns();

	if (known)
		return *known;
	if (!bpf_map_update_elem(&births, &k, &now, BPF_NOEXIST))
		return now;
	known = bpf_map_lookup_elem(&births, &k); /* another CPU was first */
	return known ? *known : now;
}

static __always_inline void key_of_vma(struct total_key *k, const struct mmt_tslot *s, struct vm_area_struct *vma)
{
	struct file *file = BPF_CORE_READ(vma, vm_file);

	if (knobs.by & MMT_BY_MAPPING) {
		k->mm = mm_number_for_task(s->mm_key);
		k->start = BPF_CORE_READ(vma, vm_start);
		k->birth = birth_of(k->mm, k->start);
	}
	if (knobs.by & MMT_BY_DRIVER) {
		const struct vm_operations_struct *ops = BPF_CORE_READ(vma, vm_ops);

		k->ino = ops ? (__u64)BPF_CORE_READ(ops, fault) : 0;
		if (!k->ino && file)
			k->ino = file_mmap_func(file, NULL);
	}
	if (!(knobs.by & MMT_BY_FILE))
		return;
	if (file) {
		k->dev = (__u64)BPF_CORE_READ(file, f_inode, i_sb);
		k->ino ^= mix64(BPF_CORE_READ(file, f_inode, i_ino));
	} else {
		k->class = s->class + 1;
	}
}

/* What is asked of a VMA, where there can be one. */
static __always_inline __u64 key_name(struct vm_area_struct *vma)
{
	return vma_name(false, vma);
}

static __always_inline __u64 key_vma(struct mmt_ev_fault_key *e, struct vm_area_struct *vma, __u64 name)
{
	return vma_fill(false, VMA_OF(e), vma, name);
}

static __always_inline __u32 key_mm(const struct mmt_tslot *s, __u64 pid_tgid)
{
	return s->mm_key == current_mm_key(0) ? mm_number(s->mm_key) : mm_number_reached(s->mm_key);
}

#else

static __always_inline __u64 key_name(struct vm_area_struct *vma)
{
	return 0;
}

static __always_inline __u64 key_vma(struct mmt_ev_fault_key *e, struct vm_area_struct *vma, __u64 name)
{
	return 0;
}

static __always_inline __u32 key_mm(const struct mmt_tslot *s, __u64 pid_tgid)
{
	return mm_number(current_mm_key(pid_tgid));
}

static __always_inline void key_of_vma(struct total_key *k, const struct mmt_tslot *s, struct vm_area_struct *vma)
{
}

#endif

/* Tells what a new row stands for, in the order of the stream: so that its mapping is the one that is there now. */
static __noinline void key_tell(struct mmt_tslot *s, struct vm_area_struct *vma, const struct total_key *k, __u32 row)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid(), name = vma ? key_name(vma) : 0, comm = name_text(0, NAME_COMM);
	struct mmt_ev_fault_key *e = RESERVE(fault_key, FAULT_KEY);

	if (!e)
		return;
	__builtin_memset(&e->vma_start, 0,
			 __builtin_offsetof(struct mmt_ev_fault_key, addr) -
				 __builtin_offsetof(struct mmt_ev_fault_key, vma_start));
	HEAD(e, FAULT_KEY, MMT_TIER_NONE, bpf_ktime_get_ns(), pid_tgid);
	e->h.mm = key_mm(s, pid_tgid);
	e->h.kstack = k->kstack;
	e->h.ustack = k->ustack;
	e->h.have = (vma ? key_vma(e, vma, name) : 0) | MMT_HAVE(FAULT_KEY, addr) | MMT_HAVE(FAULT_KEY, row) |
		    MMT_HAVE(FAULT_KEY, by);
	e->addr = s->addr;
	e->func = e->ops;
	if (e->func)
		e->h.have |= MMT_HAVE(FAULT_KEY, func);
	e->comm = comm;
	if (comm)
		e->h.have |= MMT_HAVE(FAULT_KEY, comm);
	e->row = row;
	e->by = knobs.by;
	send(e);
}

static __noinline __u32 key_row(struct mmt_tslot *s, struct vm_area_struct *vma, __u32 cpu, __u64 stacks)
{
	struct total_state *st = total_state_of();
	struct total_key k = { .kstack = (__u32)stacks, .ustack = stacks >> 32 };
	__u32 *known, row;

	if (!st)
		return MMT_ROW_OTHER;
	if (knobs.by & MMT_BY_CPU)
		k.cpu = cpu;
	if (knobs.by & MMT_BY_COMM)
		bpf_get_current_comm(k.comm, sizeof(k.comm));
	if (vma)
		key_of_vma(&k, s, vma);
	else if (KEYED_BY_VMA)
		return MMT_ROW_OTHER; /* nobody knows which */
	known = bpf_map_lookup_elem(&total_keys, &k);
	if (known)
		return *known;
	row = number_take(&row_owners, &st->next_row, MMT_ROW_KEYS, knobs.total_rows, 0);
	if (!row || bpf_map_update_elem(&total_keys, &k, &row, BPF_NOEXIST)) {
		known = bpf_map_lookup_elem(&total_keys, &k); /* another CPU was first */
		if (known)
			return *known;
		lose(MMT_LOSS_TOTAL, MMT_EV_FAULT_KEY);
		return MMT_ROW_OTHER;
	}
	key_tell(s, vma, &k, row);
	return row;
}

#ifndef MMT_PLAIN

/* The row that this fault is counted in. Most are of the mapping that the thread's last one was of. */
static __always_inline __u32 total_row(const struct hookx x, struct mmt_tslot *s, struct vm_area_struct *vma,
				       __u64 stacks, const __u32 m)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u32 i = s->tid & (TSLOTS - 1);
	struct mmt_tkey *k;
	__u64 start, file;

	if (!(m & M_KEYED) && (!(m & M_FULL) || !KEYED))
		return row_of_cpu(cpu);
	if (knobs.by & MMT_BY_COMM || (m & M_FULL && knobs.by & MMT_BY_STACK)) /* a thread's name changes unseen */
		return key_row(s, vma, cpu, stacks);
	k = bpf_map_lookup_elem(&tkeys, &i);
	if (!k)
		return MMT_ROW_OTHER;
	start = RD(x.btf, vma, vm_start);
	file = RD(x.btf, vma, vm_file);
	if (k->start == start && k->file == file && k->gen == total_gen && (!(knobs.by & MMT_BY_CPU) || k->cpu == cpu))
		return k->row;
	k->gen = total_gen;
	k->start = start;
	k->file = file;
	k->cpu = cpu;
	k->row = key_row(s, vma, cpu, 0);
	return k->row;
}

#endif

#endif
