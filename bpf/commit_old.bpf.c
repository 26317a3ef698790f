/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What perf_event_mmap tells, on kernels that let nobody probe it: its file was built without ftrace
 * (kernel/events/Makefile, 5.10). Still inside the write lock, and only once nothing can fail any more:
 *
 *   map, prot  vma_set_page_prot, the last that mmap_region calls, and the first that mprotect_fixup does to the VMA
 *   brk        do_brk_flags' return; it meets no VMA on its way
 *   grow       expand_downwards, entry and return
 *   special    what _install_special_mapping returns
 *
 * And where the compiler put move_page_tables into mremap: copy_vma notes where the mapping goes, vm_stat_account tells.
 */

/* fentry would find no place to sit either */
#undef FENTRY_PROG
#undef FEXIT_PROG
#define FENTRY_PROG(name, fn, hook, n)
#define FEXIT_PROG(name, fn, hook, nargs)

/* 5.10 to 6.0 keep the VMAs in a tree of include/linux/rbtree.h; the maple tree took its place in 6.1 */
struct mm_struct___510 {
	struct rb_root mm_rb;
} __attribute__((preserve_access_index));
struct vm_area_struct___510 {
	struct rb_node vm_rb;
} __attribute__((preserve_access_index));

#define VMA_TREE_DEPTH 40 /* twice the logarithm of more VMAs than vm.max_map_count allows */

/* The current task's VMA at an address. */
static __noinline __u64 vma_at(__u64 mm, __u64 addr)
{
	struct rb_node *n = BPF_CORE_READ((struct mm_struct___510 *)mm, mm_rb.rb_node);

	for (int i = 0; i < VMA_TREE_DEPTH && n; i++) {
		struct vm_area_struct *vma = (void *)n - bpf_core_field_offset(struct vm_area_struct___510, vm_rb);

		if (BPF_CORE_READ(vma, vm_end) <= addr)
			n = BPF_CORE_READ(n, rb_right);
		else if (BPF_CORE_READ(vma, vm_start) > addr)
			n = BPF_CORE_READ(n, rb_left);
		else
			return (__u64)vma;
	}
	return 0;
}

ENTRY(commit_page_prot, "vma_set_page_prot", COMMIT, 1)
{
	struct vm_area_struct *vma = (void *)a1;
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t;
	__u32 op;

	if (!current_wanted(pid_tgid))
		return;
	t = thread_find((__u32)pid_tgid);
	if (!t)
		return;
	op = change_is_of(x, t, vma) ? t->chg : CHG_NONE; /* drivers may call it too, for whatever they like */
	if (op == CHG_MAP)
		commit_map(x, t, pid_tgid, vma);
	else if (op == CHG_PROT)
		send_prot(x, t, pid_tgid, vma);
	else
		return;
	t->chg = CHG_NONE;
}

EXIT(commit_brk, "do_brk_flags", COMMIT, 4)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid(), vma;
	struct mmt_thread *t = thread_find((__u32)pid_tgid);

	if (!t || t->chg != CHG_BRK)
		return;
	t->chg = CHG_NONE;
	if ((__s32)ret)
		return;
	HIT(COMMIT);
	vma = vma_at(current_mm_key(pid_tgid), t->chg_addr);
	if (!vma)
		return;
	send_map(x, t, pid_tgid, (void *)vma, t->chg_addr, t->chg_len, current_origin());
	object_new(x, t, pid_tgid, (void *)vma, MMT_CAUSE_BRK);
}

ENTRY(grow_enter, "expand_downwards", COMMIT, 1)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t;

	if (!current_wanted(pid_tgid))
		return;
	t = thread_get((__u32)pid_tgid);
	if (!t)
		return;
	t->grow_vma = a1;
	t->grow_from = BPF_CORE_READ((struct vm_area_struct *)a1, vm_start);
}

EXIT(grow_leave, "expand_downwards", COMMIT, 2)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t = thread_find((__u32)pid_tgid);
	struct vm_area_struct *vma = t ? (void *)t->grow_vma : NULL;

	if (!vma)
		return;
	t->grow_vma = 0;
	if ((__s32)ret || BPF_CORE_READ(vma, vm_start) >= t->grow_from)
		return;
	send_grow(x, t, pid_tgid, vma);
	object_new(x, t, pid_tgid, vma, MMT_CAUSE_STACK);
}

EXIT(commit_special, "_install_special_mapping", COMMIT, 5)
{
	struct vm_area_struct *vma = (void *)ret;
	__u64 pid_tgid = bpf_get_current_pid_tgid(), start;
	struct mmt_thread *t;

	if (!ret || ret >= (__u64)-4095 || !current_wanted(pid_tgid)) /* IS_ERR: include/linux/err.h, 5.10 */
		return;
	t = thread_get((__u32)pid_tgid);
	if (!t)
		return;
	HIT(COMMIT);
	start = BPF_CORE_READ(vma, vm_start);
	send_map(x, t, pid_tgid, vma, start, BPF_CORE_READ(vma, vm_end) - start, MMT_ORIGIN_SPECIAL);
	object_new(x, t, pid_tgid, vma, MMT_CAUSE_SPECIAL);
}

/* (&vma, addr, len, …) */
ENTRY(copy_enter, "copy_vma", MOVE, 3)
{
	change_begin(x, CHG_COPY, a2, a3);
}

static __always_inline bool moved_unseen(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid)
{
	__u64 mm = current_mm_key(pid_tgid), vma, from, old_len, len;

	if (t->chg != CHG_COPY)
		return false;
	from = current_arg(0);
	old_len = PAGE_UP(current_arg(1));
	len = PAGE_UP(current_arg(2));
	vma = vma_at(mm, t->chg_addr);
	if (vma)
		moved(x, t, pid_tgid, (void *)vma_at(mm, from), from, (void *)vma, t->chg_addr,
		      old_len < len ? old_len : len);
	return true;
}
