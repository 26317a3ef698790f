/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers that put page-table entries in: frames for those under way, one in another, and what each adds to the runs
 * (run.bpf.h). The outermost helper is what a driver called; what those inside it learn (dma_mmap_attrs has no PFN,
 * remap_pfn_range has one) completes the events around them.
 */
#ifndef MMTRACE_INSTALL_BPF_H
#define MMTRACE_INSTALL_BPF_H

#include "hook.bpf.h"
#include "fault.bpf.h"
#include "run.bpf.h"
#include "segs.bpf.h"
#include "task.bpf.h"

/* What an entry hook hands over. */
struct inst {
	__u32 helper;
	__u32 know; /* INST_ */
	__u64 vma, addr, len, prot;
	__u64 pfn; /* INST_PAGE: address of a struct page */
	__u64 dma_addr, attrs, device;
	__u64 sp; /* where on the stack: inst_enter() */
};

#define PAGE_BYTES    (1ULL << knobs.page_shift)
#define PAGES_OF(len) (((len) + PAGE_BYTES - 1) >> knobs.page_shift)

#ifdef MMT_PLAIN
#define VMA_START(v)  0
#define VMA_LEN(v)    0
#define VMA_PGOFF(v)  0
#define VMA_PGPROT(v) 0
#define VMA_KNOWN     0
#else
#define VMA_START(v)  BPF_CORE_READ((struct vm_area_struct *)(v), vm_start)
#define VMA_LEN(v)    (BPF_CORE_READ((struct vm_area_struct *)(v), vm_end) - VMA_START(v))
#define VMA_PGOFF(v)  BPF_CORE_READ((struct vm_area_struct *)(v), vm_pgoff)
#define VMA_PGPROT(v) BPF_CORE_READ((struct vm_area_struct *)(v), vm_page_prot.pgprot)
#define VMA_KNOWN     1
#endif

/* ---- entry ----------------------------------------------------------------------------------------------------- */

static __always_inline struct mmt_inst *inst_get(struct mmt_thread *t, __u32 tid)
{
	struct mmt_inst *i, *z;
	__u32 zero = 0;

	if (t->inst_any) {
		i = bpf_map_lookup_elem(&insts, &tid);
		if (i)
			return i;
	}
	z = bpf_map_lookup_elem(&inst_zero, &zero);
	if (!z || bpf_map_update_elem(&insts, &tid, z, BPF_ANY)) {
		lose(MMT_LOSS_SLOT, MMT_EV_PFN_MAP);
		return NULL;
	}
	t->inst_any = 1;
	t->runs = 0;
	return bpf_map_lookup_elem(&insts, &tid);
}

#define HELPER_BIT(name) (1ULL << MMT_HELPER_##name)
#define FAULT_HELPERS                                                                                                \
	(HELPER_BIT(VMF_INSERT_PFN) | HELPER_BIT(VMF_INSERT_PFN_PROT) | HELPER_BIT(VMF_INSERT_MIXED) |               \
	 HELPER_BIT(VMF_INSERT_MIXED_MKWRITE) | HELPER_BIT(VMF_INSERT_MIXED_PROT) | HELPER_BIT(VMF_INSERT_PFN_PMD) | \
	 HELPER_BIT(VMF_INSERT_PFN_PUD) | HELPER_BIT(VMF_INSERT_PAGE_MKWRITE) | HELPER_BIT(VMF_INSERT_FOLIO_PMD) |   \
	 HELPER_BIT(VMF_INSERT_FOLIO_PUD))

/*
 * Tells faults apart that no hook numbers: the task's counters of faults change at the end of each, whatever helper a driver takes.
 * Without BTF they cannot be read, and no two installs by helpers that are for faults only are of the same.
 */
static __always_inline __u64 fault_generation(__u32 helper)
{
#ifdef MMT_PLAIN
	return (1ULL << (helper & 63)) & FAULT_HELPERS ? bpf_ktime_get_ns() : 0;
#else
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, min_flt) + BPF_CORE_READ(task, maj_flt);
#endif
}

#define DMA_HELPERS                                                                                     \
	(HELPER_BIT(DMA_MMAP_ATTRS) | HELPER_BIT(DMA_MMAP_PAGES) | HELPER_BIT(DMA_MMAP_NONCONTIGUOUS) | \
	 HELPER_BIT(DMA_DIRECT_MMAP) | HELPER_BIT(IOMMU_DMA_MMAP) | HELPER_BIT(DMA_COMMON_MMAP))
#define PFN_HELPERS                                                                                                  \
	(HELPER_BIT(REMAP_PFN_RANGE) | HELPER_BIT(VM_IOMAP_MEMORY) | HELPER_BIT(REMAP_PFN_RANGE_COMPLETE) |          \
	 HELPER_BIT(VMF_INSERT_PFN) | HELPER_BIT(VMF_INSERT_PFN_PROT) | HELPER_BIT(VMF_INSERT_MIXED) |               \
	 HELPER_BIT(VMF_INSERT_MIXED_MKWRITE) | HELPER_BIT(VMF_INSERT_MIXED_PROT) | HELPER_BIT(VMF_INSERT_PFN_PMD) | \
	 HELPER_BIT(VMF_INSERT_PFN_PUD))

static __always_inline __u32 type_of_helper(__u32 helper)
{
	__u64 bit = 1ULL << (helper & 63);

	return bit & DMA_HELPERS ? MMT_EV_DMA_MAP : bit & PFN_HELPERS ? MMT_EV_PFN_MAP : MMT_EV_PAGE_MAP;
}

/* Does the frame go on where the run ends? Of the same call, the same helper, and with the same protection if that is known. */
static __always_inline bool run_fits(const struct mmt_ev_dma_map *r, __u64 gen, const struct inst_frame *f, __u32 call)
{
	return !r->ret && r->helper == f->helper && r->h.call == call && gen == f->gen && r->addr + r->len == f->addr &&
	       !(f->know & INST_PROT && r->pgprot != f->prot);
}

/* Leaves `keep` frames: the inner ones belong to returns that were never seen. */
static __noinline int inst_forget(struct mmt_thread *t, __u32 keep)
{
#pragma unroll
	for (__u32 level = 0; level < INST_DEPTH; level++)
		if (level >= keep && level < t->inst_depth)
			lose(MMT_LOSS_RETURN, 0);
	t->inst_depth = keep;
	return 0;
}

/*
 * How many frames may still be under way when a helper is entered. None calls itself, so its own frame has ended, and nobody saw
 * it; nor is a frame under way that is further down the stack. (As far down: the one may end by a jump into the other.)
 */
static __noinline __u32 inst_outer(const struct mmt_thread *t, const struct mmt_inst *i, const struct inst *in)
{
	__u32 keep = t->inst_depth;

#pragma unroll
	for (int level = INST_DEPTH - 1; level >= 0; level--)
		if ((__u32)level < t->inst_depth &&
		    (i->frame[level].helper == in->helper || i->frame[level].sp < in->sp))
			keep = level;
	return keep;
}

/* The level of the helper that is entered, 0 the outermost; -1: nobody cares. */
static __noinline int inst_enter_at(void *ctx, __u32 at, const struct inst *in)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)pid_tgid, level, call;
	struct inst_frame *f;
	struct mmt_thread *t;
	struct mmt_inst *i;
	struct segs *s;

	if (!current_wanted(pid_tgid))
		return -1;
	t = thread_get(tid);
	if (!t)
		return -1;
	call = call_now(tid, t);
	if (t->inst_depth && t->inst_call != call)
		inst_forget(t, 0);
	i = inst_get(t, tid);
	if (!i)
		return -1;
	t->inst_call = call;
	level = inst_outer(t, i, in);
	if (level < t->inst_depth)
		inst_forget(t, level);
	t->inst_depth = level + 1;
	if (level >= INST_DEPTH)
		return -1;
	f = &i->frame[level];
	f->helper = in->helper;
	f->stacks = 0;
	f->know = in->know | (in->addr ? 0 : INST_LEARN);
	f->vma = in->vma;
	f->addr = in->addr;
	f->len = in->len;
	f->prot = in->prot;
	f->dma_addr = in->dma_addr;
	f->attrs = in->attrs;
	f->device = in->device;
	f->sp = in->sp;
	f->gen = call ? 0 : fault_generation(in->helper);
	s = &i->segs[SEGS_FRAME(level)];
	s->n = s->partial = 0;
	f->pfn = in->pfn;
	if (in->know & INST_PAGE && knobs.page_struct) {
		/* through the map: fentry's pointer, which is not to be reckoned with, becomes a number */
		f->pfn = pfn_of_page(*(volatile __u64 *)&f->pfn);
		f->know |= INST_PFN;
	}
	if (f->know & INST_PFN)
		segs_add(s, f->pfn, PAGES_OF(in->len));
	if (t->runs & (1u << level)) {
		if (f->addr && !run_fits(&i->run[level], i->gen[level], f, call))
			runs_send(tid, level);
		else /* one stack for the run, not one for each of its pages */
			f->stacks = (__u64)i->run[level].h.ustack << 32 | i->run[level].h.kstack;
	}
	if (!f->stacks)
		f->stacks = STACKS_N(((struct hookx){ .at = at, .ctx = ctx }), type_of_helper(in->helper));
	f->ts = bpf_ktime_get_ns();
	return level;
}

/* fentry has no stack pointer, but its context lies on the stack, and the function runs below it */
static __always_inline int inst_enter(const struct hookx x, struct inst *in)
{
	in->sp = x.at == STACK_ENTRY ? REG_SP((struct mmt_regs *)x.ctx) : (__u64)x.ctx;
	return inst_enter_at(x.ctx, x.at, in);
}

/* ---- return ---------------------------------------------------------------------------------------------------- */

/* What an inner helper did, told to the one that called it. */
static __always_inline void inst_teach(struct mmt_inst *i, __u32 tid, __u32 level)
{
	struct inst_frame *to = &i->frame[(level - 1) & (INST_DEPTH - 1)];
	struct inst_frame *from = &i->frame[level & (INST_DEPTH - 1)];

	if (to->know & INST_LEARN) {
		if (!to->addr)
			to->addr = from->addr;
		to->len = from->addr + from->len - to->addr;
	}
	if (!(to->know & INST_PFN))
		segs_join(tid, SEGS_FRAME(level - 1), SEGS_FRAME(level));
	if (!(to->know & INST_PROT) && from->know & INST_PROT) {
		to->prot = from->prot;
		to->know |= INST_PROT;
	}
}

#define RUN_HAVE                                                                                                     \
	(MMT_HAVE(DMA_MAP, calls) | MMT_HAVE(DMA_MAP, helper) | MMT_HAVE(DMA_MAP, ret) | MMT_HAVE(DMA_MAP, nested) | \
	 MMT_HAVE_DUR)

#ifndef MMT_PLAIN
/*
 * Key of the path of the VMA's file. Who began the call or the fault has sent the path; that it be walked here as well would
 * take kernels without bpf_loop() long to verify, once for each of so many helpers.
 */
static __always_inline __u64 inst_file(struct vm_area_struct *vma)
{
#ifdef MMT_OLD
	struct file *file = BPF_CORE_READ(vma, vm_file);
	__u64 key = file ? file_key(file) : 0;

	return key && !name_new(key) ? key : 0;
#else
	return vma_name(false, vma);
#endif
}
#endif

/* Begins the run of a level with the frame that is there. A global function: the verifier looks at it once per program. */
__noinline int run_begin(__u32 level, __u32 tier, __s32 ret)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)pid_tgid, type;
	struct mmt_thread *t = thread_find(tid);
	struct mmt_inst *i = bpf_map_lookup_elem(&insts, &tid);
	const struct inst_frame *f;
	struct mmt_ev_dma_map *r;
	struct segs *s;

	if (!t || !i)
		return 0;
	level &= INST_DEPTH - 1;
	f = &i->frame[level];
	r = &i->run[level];
	s = &i->segs[SEGS_RUN(level)];
	type = type_of_helper(f->helper);
	s->n = s->partial = 0;
	i->gen[level] = f->gen;
	t->runs |= 1u << level;
	__builtin_memset(r, 0, sizeof(*r));
	head(&r->h, type, type == MMT_EV_DMA_MAP ? sizeof(struct mmt_ev_dma_map) : sizeof(struct mmt_ev_pfn_map), tier,
	     f->ts, pid_tgid);
	r->h.call = t->inst_call;
	r->h.depth = t->drivers + t->objs + level;
	stacks_put(&r->h, f->stacks);
	r->h.have = RUN_HAVE;
#ifdef MMT_PLAIN
	r->h.mm = mm_number(current_mm_key(pid_tgid));
#else
	struct vm_area_struct *vma = (void *)f->vma;
	struct device *dev = (void *)f->device;

	r->h.have |= vma_fill(false, VMA_OF(r), vma, inst_file(vma));
	r->h.mm = mm_number_for_task((__u64)BPF_CORE_READ(vma, vm_mm));
	if (type == MMT_EV_DMA_MAP) {
		r->device = name_text((__u64)BPF_CORE_READ(dev, kobj.name), NAME_KERNEL);
		if (r->device)
			r->h.have |= MMT_HAVE(DMA_MAP, device);
	}
#endif
	r->addr = f->addr;
	r->helper = f->helper;
	if (f->addr)
		r->h.have |= MMT_HAVE(DMA_MAP, addr);
	if (f->len)
		r->h.have |= MMT_HAVE(DMA_MAP, len) | (ret ? 0 : MMT_HAVE(DMA_MAP, pages));
	if (f->know & INST_PROT) {
		r->pgprot = f->prot;
		r->h.have |= MMT_HAVE(DMA_MAP, pgprot);
	}
	if (f->know & INST_DMA) {
		r->dma_addr = f->dma_addr;
		r->attrs = f->attrs;
		r->h.have |= MMT_HAVE(DMA_MAP, dma_addr) | MMT_HAVE(DMA_MAP, attrs);
	}
	r->nested = level > 0;
	r->ret = ret;
	return 0;
}

/*
 * How long the runs may wait for their neighbours: within a fault or a driver's function to its end, else to sys_exit. The thread's
 * entry in insts goes with them, also where there is no run.
 */
static __always_inline void run_park(struct mmt_thread *t, __u64 pid_tgid)
{
	__u32 tid = (__u32)pid_tgid;
	struct mmt_slot *s = slot_of(tid);

	if (s && s->tid == tid && s->state == SLOT_RUNNING) {
		s->marks |= MMT_MARK_INSERT;
	} else if (t->drivers || t->chg) {
		return;
	} else if (!knobs.sys_exit) {
		run_flush(t, pid_tgid);
	} else if (!t->runs_wait) {
		t->runs_wait = 1;
		runs_open_add(1);
	}
}

/* Of a list of pages that did not go in as a whole: as many as it was not left with. */
static __always_inline void run_put_in(struct mmt_ev_dma_map *r, const struct inst_frame *f)
{
	__u64 left = 0;

	if (!(f->know & INST_LEFT) || bpf_probe_read_kernel(&left, sizeof(left), (void *)f->left) ||
	    left > PAGES_OF(f->len))
		return;
	r->pages = PAGES_OF(f->len) - left;
	r->h.have |= MMT_HAVE(DMA_MAP, pages);
}

/*
 * Adds a helper that has returned to the run of its level. One that failed was asked for its range, and put in what those inside it
 * did.
 */
static __always_inline void run_add(struct mmt_thread *t, struct mmt_inst *i, __u32 tid, __u32 level, __u32 tier,
				    __s32 ret)
{
	struct inst_frame *f = &i->frame[level];
	struct mmt_ev_dma_map *r = &i->run[level];
	struct segs *s = &i->segs[SEGS_RUN(level)], *in = &i->segs[SEGS_FRAME(level)];
	bool open = t->runs & (1u << level);

	if (!open || ret || !run_fits(r, i->gen[level], f, t->inst_call) || !in->n != !s->n || s->partial) {
		if (open)
			runs_send(tid, level);
		run_begin(level, tier, ret);
	}
	if (!ret || !(f->know & INST_PFN))
		segs_join(tid, SEGS_RUN(level), SEGS_FRAME(level));
	r->len += f->len;
	if (!ret)
		r->pages += PAGES_OF(f->len);
	else
		run_put_in(r, f);
	r->calls++;
	r->h.dur_ns += bpf_ktime_get_ns() - f->ts;
}

/* Drops the frame of a helper that returns, and those above it, which never saw their own return. */
static __always_inline bool inst_pop(struct mmt_thread *t, const struct mmt_inst *i, __u32 helper)
{
	__u32 depth = t->inst_depth;

	if (depth > INST_DEPTH) { /* too deep to be told apart */
		t->inst_depth = depth - 1;
		return false;
	}
#pragma unroll
	for (int level = INST_DEPTH - 1; level >= 0; level--) {
		if ((__u32)level >= depth || i->frame[level].helper != helper)
			continue;
		if ((__u32)level + 1 != depth)
			inst_forget(t, level + 1);
		t->inst_depth = level;
		return true;
	}
	return false; /* it was entered before the trace began */
}

/* A helper returns. A global function: the verifier looks at it once per program. */
__noinline int inst_leave(__u32 tier, __u32 helper, __s32 ret)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid(), type = type_of_helper(helper);
	struct mmt_thread *t = thread_find(tid);
	struct mmt_inst *i;
	__u32 level;

	if (!t || !t->inst_depth)
		return 0;
	i = bpf_map_lookup_elem(&insts, &tid);
	if (!i)
		return 0;
	if (!inst_pop(t, i, helper))
		return 0;
	/* read back: else the verifier looks at what follows once per level */
	level = *(volatile __u32 *)&t->inst_depth & (INST_DEPTH - 1);
	if (level > 0 && !ret)
		inst_teach(i, tid, level);
	/* vmf_insert_pfn is vmf_insert_pfn_prot with the VMA's protection: at a fault a second record would say nothing new */
	if (level > 0 && helper == MMT_HELPER_VMF_INSERT_PFN_PROT)
		return 0;
	if (knobs.want[type / 64 & 1] & (1ULL << (type % 64)))
		run_add(t, i, tid, level, tier, ret);
	if (!level)
		run_park(t, bpf_get_current_pid_tgid());
	return 0;
}

#define VMF_FALLBACK 0x800 /* include/linux/mm_types.h, 5.10 to 6.12 */

/* What a vmf_ helper returns, as an error number: vmf_error(), include/linux/mm.h, 6.12. */
static __always_inline __s32 vmf_errno(__u64 ret)
{
	if (ret & VMF_OOM)
		return -12; /* ENOMEM */
	if (ret & VMF_HWPOISON)
		return -133; /* EHWPOISON */
	if (ret & VMF_FALLBACK)
		return -11;		  /* EAGAIN: to be tried with smaller pages */
	return ret & VMF_ERROR ? -14 : 0; /* EFAULT */
}

/*
 * (tid): sends the runs that a thread had open when the programs were switched off; user space has it run. 1: the thread has been
 * forgotten, and with it which of its runs were open.
 */
SEC("?raw_tp")
int runs_drain(__u64 *ctx)
{
	__u32 tid = (__u32)ctx[0];

	if (!thread_find(tid))
		return 1;
	runs_send(tid, 0);
	return 0;
}

/* A helper's return. */
#define LEAVE(name, fn, HOOK, nargs, which)                         \
	EXIT(name, fn, HOOK, nargs)                                 \
	{                                                           \
		inst_leave(x.tier, MMT_HELPER_##which, (__s32)ret); \
	}
#define LEAVE_FAULT(name, fn, HOOK, nargs, which)                       \
	EXIT(name, fn, HOOK, nargs)                                     \
	{                                                               \
		inst_leave(x.tier, MMT_HELPER_##which, vmf_errno(ret)); \
	}

#endif
