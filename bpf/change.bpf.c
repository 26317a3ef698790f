/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Change events: what happened to an address space, from hooks that run inside the mmap write lock, so that the ring's
 * order is the order of truth. Every change is told by a function's entry, never by a return that a kretprobe may lose:
 *
 *   map       mmap_region notes the range; perf_event_mmap(vma), which the kernel calls once the VMA is in place, tells it.
 *             A failed mapping never gets there. Where perf_event_mmap cannot be probed: commit_old.bpf.c.
 *   unmap     6.12+: vms_complete_munmap_vmas, past the last point of failure. An over-map tells perf first and completes the unmap
 *             after, so the old range is told of from perf_event_mmap, before the new one.
 *             6.1: do_mas_align_munmap notes the range, unmap_region is past the last failure. 5.10: __do_munmap likewise.
 *   prot      mprotect_fixup notes, perf_event_mmap tells.
 *   brk       do_brk_flags notes, perf_event_mmap tells.
 *   move      move_page_tables; growing in place: vm_stat_account within mremap.
 *   dup       copy_page_range, once per range that fork copies, under both locks; dup_userfaultfd for one that it empties.
 *   grow      perf_event_mmap of a stack with nothing noted.
 */
#include "driver.bpf.h"
#include "fault.bpf.h"

enum change_op { CHG_NONE, CHG_MAP, CHG_PROT, CHG_BRK, CHG_COPY, CHG_MOVED };

/* The thread's state, noted for a change that begins here. */
static __always_inline struct mmt_thread *change_begin(const struct hookx x, __u32 op, __u64 addr, __u64 len)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t;

	if (!current_wanted(pid_tgid))
		return NULL;
	t = thread_get((__u32)pid_tgid);
	if (!t)
		return NULL;
	run_flush(t, pid_tgid);
	run_forget_frames(t);
	t->chg = op;
	t->chg_addr = addr;
	t->chg_len = len;
	t->chg_ts = bpf_ktime_get_ns();
	t->chg_tier = x.tier;
	t->chg_mm = mm_number(current_mm_key(pid_tgid));
	t->new_vma = 0;
	return t;
}

#define PAGE_UP(v) (((v) + (1ULL << knobs.page_shift) - 1) >> knobs.page_shift << knobs.page_shift)

ENTRY(map_enter, "mmap_region", MAP, 3)
{
	struct file *file = (void *)a1;
	struct mmt_thread *t = change_begin(x, CHG_MAP, a2, PAGE_UP(a3));

	if (!t)
		return;
	t->map_func = t->map_file = 0;
	t->map_prepare = t->map_func_told = 0;
	if (!file)
		return;
	/* through the map's memory: a global function takes numbers only, and what is read back is one */
	t->map_file = (__u64)file;
	barrier();
	t->map_file = file_name(*(volatile __u64 *)&t->map_file);
	t->map_func = file_mmap_func(file, &t->map_prepare);
	if (t->map_prepare)
		func_seen(t->map_func, MMT_ROLE_PREPARE);
	else
		func_seen(t->map_func, MMT_ROLE_MMAP);
}

/*
 * Fills the header of a change made by the running task, with `stacks` of STACKS(). mm_struct is the address space that is changed, mostly but not always the
 * task's own: exec lets the stack of the next one grow with the arguments while the old one (of a vfork: the parent's) is
 * still there.
 */
#define CHANGE_HEAD(e, EV, tier, mm_struct)                      \
	do {                                                     \
		HEAD(e, EV, tier, bpf_ktime_get_ns(), pid_tgid); \
		e->h.mm = mm_number(mm_struct);                  \
		stacks_put(&e->h, stacks);                       \
		e->h.call = call_now((__u32)pid_tgid, t);        \
	} while (0)

static __always_inline void send_unmap(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid, __u64 addr,
				       __u64 len, __s64 bytes)
{
	struct mmt_ev_vma_unmap *e;
	__u64 stacks;

	total_unmapped(current_mm_key(pid_tgid), addr);
	if (!WANT(VMA_UNMAP))
		return;
	if (t->chg == CHG_MOVED && t->moved_addr == addr)
		return; /* the move told it */
	stacks = STACKS(x, VMA_UNMAP);
	e = RESERVE(vma_unmap, VMA_UNMAP);
	if (!e)
		return;
	CHANGE_HEAD(e, VMA_UNMAP, x.tier, current_mm_key(pid_tgid));
	e->h.have = MMT_HAVE_ALL(VMA_UNMAP) & ~(bytes < 0 ? MMT_HAVE(VMA_UNMAP, bytes) : 0);
	e->addr = addr;
	e->len = len;
	e->bytes = bytes < 0 ? 0 : bytes;
	e->origin = current_origin();
	e->zero0 = 0;
	send(e);
}

static __always_inline void unmap_vms(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid, __u64 vms_ptr)
{
	struct vma_munmap_struct *vms = (void *)vms_ptr;
	__u64 start, bytes;

	if (!bpf_core_type_exists(struct vma_munmap_struct))
		return;
	bytes = (__u64)BPF_CORE_READ(vms, nr_pages) << knobs.page_shift;
	if (!bytes)
		return;
	start = BPF_CORE_READ(vms, start);
	t->call_bytes += bytes;
	t->call_have_bytes = 1;
	send_unmap(x, t, pid_tgid, start, BPF_CORE_READ(vms, end) - start, bytes);
}

/* vma_map, vma_prot and vma_grow are the same record: a range of a VMA, and who asked. */
#define SAME_AS_MAP(ev, EV)                                                           \
	_Static_assert(sizeof(struct mmt_ev_##ev) == sizeof(struct mmt_ev_vma_map) && \
			       (int)MMT_F_##EV##_addr == (int)MMT_F_VMA_MAP_addr &&   \
			       (int)MMT_F_##EV##_origin == (int)MMT_F_VMA_MAP_origin, \
		       #ev " is not laid out like vma_map")
SAME_AS_MAP(vma_prot, VMA_PROT);
SAME_AS_MAP(vma_grow, VMA_GROW);

static __always_inline void send_range(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid, const __u32 type,
				       struct vm_area_struct *vma, __u64 addr, __u64 len, __u32 origin)
{
	struct mmt_ev_vma_map *e;
	__u64 name;
	__u64 stacks;

	if (!(knobs.want[type / 64] & (1ULL << (type % 64))))
		return;
	name = vma_name(x.btf, vma);
	stacks = STACKS_N(x, type);
	e = ring_reserve(sizeof(*e));
	if (!e) {
		lose(MMT_LOSS_RING, type);
		return;
	}
	CHANGE_HEAD(e, VMA_MAP, x.tier, RD(x.btf, vma, vm_mm));
	e->h.type = type;
	e->h.have = vma_fill(x.btf, VMA_OF(e), vma, name) | MMT_HAVE(VMA_MAP, addr) | MMT_HAVE(VMA_MAP, len) |
		    MMT_HAVE(VMA_MAP, pgprot) | MMT_HAVE(VMA_MAP, origin);
	e->addr = addr;
	e->len = len;
	e->pgprot = RD(x.btf, vma, vm_page_prot.pgprot);
	e->origin = origin;
	e->zero0 = 0;
	send(e);
}

static __always_inline void send_map(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid,
				     struct vm_area_struct *vma, __u64 addr, __u64 len, __u32 origin)
{
	send_range(x, t, pid_tgid, MMT_EV_VMA_MAP, vma, addr, len, origin);
}

static __always_inline void send_prot(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid,
				      struct vm_area_struct *vma)
{
	send_range(x, t, pid_tgid, MMT_EV_VMA_PROT, vma, t->chg_addr, t->chg_len, current_origin());
}

static __always_inline void send_grow(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid,
				      struct vm_area_struct *vma)
{
	__u64 start = RD(x.btf, vma, vm_start);

	send_range(x, t, pid_tgid, MMT_EV_VMA_GROW, vma, start, RD(x.btf, vma, vm_end) - start, MMT_ORIGIN_STACK);
}

/*
 * Is this VMA where the change that was noted took place? A note outlives a change that failed or that had nothing to do (an
 * mprotect to what the range has already) when its system call is none of those that clear it at their end.
 */
static __always_inline bool change_is_of(const struct hookx x, const struct mmt_thread *t, struct vm_area_struct *vma)
{
	return RD(x.btf, vma, vm_start) <= t->chg_addr && t->chg_addr + t->chg_len <= RD(x.btf, vma, vm_end);
}

static __always_inline void commit_map(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid,
				       struct vm_area_struct *vma)
{
	if (t->vms) {
		unmap_vms(x, t, pid_tgid, t->vms);
		t->vms_told = t->vms;
		t->vms = 0;
	}
	run_flush(t, pid_tgid);
	driver_flush(x, t, pid_tgid);
	send_map(x, t, pid_tgid, vma, t->chg_addr, t->chg_len, current_origin());
	vma_ops_seen(vma);
	object_new(x, t, pid_tgid, vma, MMT_CAUSE_MMAP);
}

ENTRY(commit, "perf_event_mmap", COMMIT, 1)
{
	struct vm_area_struct *vma = (void *)a1;
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t;
	__u32 op;

	if (!current_wanted(pid_tgid))
		return;
	t = thread_get((__u32)pid_tgid);
	if (!t)
		return;
	op = change_is_of(x, t, vma) ? t->chg : CHG_NONE;
	t->chg = CHG_NONE;
	if (op == CHG_MAP) {
		commit_map(x, t, pid_tgid, vma);
	} else if (op == CHG_BRK) {
		send_map(x, t, pid_tgid, vma, t->chg_addr, t->chg_len, current_origin());
		object_new(x, t, pid_tgid, vma, MMT_CAUSE_BRK);
	} else if (op == CHG_PROT) {
		send_prot(x, t, pid_tgid, vma);
	} else if (BPF_CORE_READ(vma, vm_flags) & VMFLAG_GROWSDOWN) {
		send_grow(x, t, pid_tgid, vma);
		object_new(x, t, pid_tgid, vma, MMT_CAUSE_STACK);
	} else {
		__u64 start = BPF_CORE_READ(vma, vm_start);

		send_map(x, t, pid_tgid, vma, start, BPF_CORE_READ(vma, vm_end) - start, MMT_ORIGIN_SPECIAL);
		object_new(x, t, pid_tgid, vma, MMT_CAUSE_SPECIAL);
	}
}

/* 6.12+ */
ENTRY(gather, "vms_gather_munmap_vmas", GATHER, 1)
{
	struct mmt_thread *t = thread_find((__u32)bpf_get_current_pid_tgid());

	if (t && t->chg == CHG_MAP)
		t->vms = a1;
}

ENTRY(unmap_complete, "vms_complete_munmap_vmas", UNMAP, 1)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t;

	if (!current_wanted(pid_tgid))
		return;
	t = thread_get((__u32)pid_tgid);
	if (!t)
		return;
	if (t->vms_told == a1) {
		t->vms_told = 0;
		return;
	}
	t->vms = 0;
	unmap_vms(x, t, pid_tgid, a1);
}

static __always_inline void unmap_note(__u64 addr, __u64 len)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t;

	if (!current_wanted(pid_tgid))
		return;
	t = thread_get((__u32)pid_tgid);
	if (!t)
		return;
	t->un_addr = addr;
	t->un_len = len;
	t->un_pending = 1;
}

/* 6.1: (mas, vma, mm, start, end, …) */
ENTRY(unmap_align, "do_mas_align_munmap", UNMAP, 5)
{
	unmap_note(a4, a5 - a4);
}

/* 5.10: (mm, start, len, …) */
ENTRY(unmap_510, "__do_munmap", UNMAP, 3)
{
	unmap_note(a2, PAGE_UP(a3));
}

/* 5.10, 6.1: past the last point of failure, the lock held or only just made shared */
ENTRY(unmap_done, "unmap_region", UNMAP, 1)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t = thread_find((__u32)pid_tgid);

	if (!t || !t->un_pending)
		return;
	t->un_pending = 0;
	t->call_have_bytes = 1;
	send_unmap(x, t, pid_tgid, t->un_addr, t->un_len, -1);
}

/* mprotect_fixup's range stands behind 2, 3 or 4 other arguments: 5.10, 6.1, 6.12 */
ENTRY(prot_enter5, "mprotect_fixup", PROT, 4)
{
	change_begin(x, CHG_PROT, a3, a4 - a3);
}

ENTRY(prot_enter6, "mprotect_fixup", PROT, 5)
{
	change_begin(x, CHG_PROT, a4, a5 - a4);
}

ENTRY(prot_enter7, "mprotect_fixup", PROT, 6)
{
	change_begin(x, CHG_PROT, a5, a6 - a5);
}

/* do_brk_flags: (addr, len, …) on 5.10, (iterator, vma, addr, len, …) later */
ENTRY(brk_enter4, "do_brk_flags", BRK, 2)
{
	change_begin(x, CHG_BRK, a1, a2);
}

ENTRY(brk_enter5, "do_brk_flags", BRK, 4)
{
	change_begin(x, CHG_BRK, a3, a4);
}

/* Called outside of any change that is noted: keeps the notes of the one around it (an over-map moves nothing). */
static __always_inline void send_move(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid,
				      struct vm_area_struct *vma, __u64 addr, __u64 len, __u64 old_addr, __u64 old_len,
				      __u32 origin)
{
	struct mmt_ev_vma_move *e;
	__u64 name;
	__u64 stacks;

	if (!WANT(VMA_MOVE))
		return;
	name = vma ? vma_name(x.btf, vma) : 0;
	stacks = STACKS(x, VMA_MOVE);
	e = RESERVE(vma_move, VMA_MOVE);
	if (!e)
		return;
	CHANGE_HEAD(e, VMA_MOVE, x.tier, current_mm_key(pid_tgid));
	e->h.have = MMT_HAVE(VMA_MOVE, addr) | MMT_HAVE(VMA_MOVE, len) | MMT_HAVE(VMA_MOVE, old_addr) |
		    MMT_HAVE(VMA_MOVE, old_len) | MMT_HAVE(VMA_MOVE, origin);
	if (vma)
		e->h.have |= vma_fill(x.btf, VMA_OF(e), vma, name);
	else
		__builtin_memset(VMA_OF(e), 0, sizeof(struct vma_part));
	e->addr = addr;
	e->len = len;
	e->old_addr = old_addr;
	e->old_len = old_len;
	e->origin = origin;
	e->zero0 = 0;
	send(e);
}

#define MREMAP_DONTUNMAP_ 4 /* include/uapi/linux/mman.h, 6.12 */

static __always_inline void moved(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid,
				  struct vm_area_struct *old, __u64 old_addr, struct vm_area_struct *vma, __u64 addr,
				  __u64 old_len)
{
	__u32 origin = current_origin();
	bool mremap = origin == MMT_ORIGIN_MREMAP;

	t->chg = CHG_MOVED;
	t->moved_addr = old_addr;
	send_move(x, t, pid_tgid, vma, addr, mremap ? PAGE_UP(current_arg(2)) : old_len, old_addr, old_len, origin);
	if (mremap && old && current_arg(3) & MREMAP_DONTUNMAP_)
		send_map(x, t, pid_tgid, old, old_addr, old_len, origin); /* its pages moved; the range stays, empty */
	object_new(x, t, pid_tgid, vma, MMT_CAUSE_MREMAP);
}

/* (vma, old_addr, new_vma, new_addr, len, …): 5.10 to 6.12 */
ENTRY(move_tables, "move_page_tables", MOVE, 5)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t;

	if (!current_wanted(pid_tgid))
		return;
	t = thread_get((__u32)pid_tgid);
	if (t)
		moved(x, t, pid_tgid, (void *)a1, a2, (void *)a3, a4, a5);
}

/* 6.15+: (pmc) */
ENTRY(move_tables1, "move_page_tables", MOVE, 1)
{
	const struct pagetable_move_control___615 *p = (void *)a1;
	__u64 pid_tgid = bpf_get_current_pid_tgid(), old_addr;
	struct mmt_thread *t;

	if (!bpf_core_type_exists(struct pagetable_move_control___615) || !current_wanted(pid_tgid))
		return;
	t = thread_get((__u32)pid_tgid);
	if (!t)
		return;
	old_addr = BPF_CORE_READ(p, old_addr);
	moved(HX_UNTYPED(x), t, pid_tgid, BPF_CORE_READ(p, old), old_addr, BPF_CORE_READ(p, new),
	      BPF_CORE_READ(p, new_addr), BPF_CORE_READ(p, old_end) - old_addr);
}

#ifdef MMT_OLD
static __always_inline bool moved_unseen(const struct hookx x, struct mmt_thread *t,
					 __u64 pid_tgid); /* commit_old.bpf.c */
#else
static __always_inline bool moved_unseen(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid)
{
	return false;
}
#endif

/* (mm, flags, pages): mremap calls it when a mapping has grown where it is, or has moved */
ENTRY(extend, "vm_stat_account", EXTEND, 3)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid(), addr;
	struct mmt_thread *t;

	if ((__s64)a3 <= 0 || !current_wanted(pid_tgid) || current_origin() != MMT_ORIGIN_MREMAP)
		return;
	t = thread_get((__u32)pid_tgid);
	if (!t || t->chg == CHG_MOVED || moved_unseen(x, t, pid_tgid))
		return;
	addr = current_arg(0);
	send_move(x, t, pid_tgid, NULL, addr, PAGE_UP(current_arg(2)), addr, PAGE_UP(current_arg(1)),
		  MMT_ORIGIN_MREMAP);
}

static __always_inline void send_dup(const struct hookx x, struct mmt_thread *t, __u64 pid_tgid,
				     struct vm_area_struct *dst)
{
	struct mmt_ev_vma_dup *e;
	__u64 name;
	__u64 stacks;

	if (!WANT(VMA_DUP))
		return;
	name = vma_name(x.btf, dst);
	stacks = STACKS(x, VMA_DUP);
	e = RESERVE(vma_dup, VMA_DUP);
	if (!e)
		return;
	CHANGE_HEAD(e, VMA_DUP, x.tier, RD(x.btf, dst, vm_mm));
	e->h.have = vma_fill(x.btf, VMA_OF(e), dst, name) | MMT_HAVE(VMA_DUP, addr) | MMT_HAVE(VMA_DUP, len) |
		    MMT_HAVE(VMA_DUP, from_mm);
	e->from_mm = mm_number(current_mm_key(pid_tgid));
	e->addr = e->vma_start;
	e->len = e->vma_end - e->vma_start;
	e->zero0 = 0;
	send(e);
}

/* (dst_vma, src_vma): under both address spaces' locks */
ENTRY(dup_range, "copy_page_range", DUP, 1)
{
	struct vm_area_struct *dst = (void *)a1;
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t;

	if (!current_wanted(pid_tgid))
		return;
	t = thread_find((__u32)pid_tgid);
	if (t)
		t->exit_key = 0; /* what it tore down is gone; the child may have its struct */
	driver_unprobed(x, t, pid_tgid, dst, MMT_ROLE_OPEN);
	send_dup(x, t, pid_tgid, dst);
}

/* (dst_vma, …): fork calls it for every mapping, and copies no page of one that the child gets empty (MADV_WIPEONFORK) */
ENTRY(dup_wiped, "dup_userfaultfd", WIPE, 1)
{
	struct vm_area_struct *dst = (void *)a1;
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (RD(x.btf, dst, vm_flags) & VMFLAG_WIPEONFORK && current_wanted(pid_tgid))
		send_dup(x, thread_find((__u32)pid_tgid), pid_tgid, dst);
}
