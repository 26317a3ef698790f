/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page-table entries that drivers put in. Each helper has an entry and a return; the outermost one is reported, helpers that
 * it calls only add what they know (dma_mmap_attrs learns its PFN from remap_pfn_range). Neighbouring calls are merged
 * into runs (run.bpf.h). In the plain object only the arguments are known, not the VMA.
 */
#include "hook.bpf.h"
#include "run.bpf.h"
#include "task.bpf.h"

/* What an entry hook hands over. */
struct inst {
	__u32 helper;
	__u64 vma, addr, len, pfn, prot;
	bool have_pfn;
};

#define PAGES_OF(len) (((len) + (1ULL << knobs.page_shift) - 1) >> knobs.page_shift)

static __always_inline __u32 type_of_helper(__u32 helper)
{
	if (helper == MMT_HELPER_DMA_MMAP_ATTRS)
		return MMT_EV_DMA_MAP;
	if (helper == MMT_HELPER_REMAP_PFN_RANGE || helper == MMT_HELPER_VM_IOMAP_MEMORY ||
	    helper == MMT_HELPER_REMAP_PFN_RANGE_COMPLETE)
		return MMT_EV_PFN_MAP;
	return MMT_EV_PAGE_MAP;
}

static __always_inline struct mmt_thread *inst_enter(const struct hookx x, const struct inst *in)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t;

	if (!current_wanted(pid_tgid))
		return NULL;
	t = thread_get((__u32)pid_tgid);
	if (!t)
		return NULL;
	if (t->inst_depth++) {
		if (in->have_pfn && !t->inst_have_pfn && (in->addr == t->inst_addr || !t->inst_addr)) {
			if (!t->inst_addr) { /* a helper of a whole VMA, in the plain object */
				t->inst_addr = in->addr;
				t->inst_len = in->len;
				t->inst_pages = PAGES_OF(in->len);
			}
			t->inst_pfn = in->pfn;
			t->inst_prot = in->prot;
			t->inst_have_pfn = 1;
		}
		return NULL;
	}
	t->inst_helper = in->helper;
	t->inst_vma = in->vma;
	t->inst_addr = in->addr;
	t->inst_len = in->len;
	t->inst_pfn = in->pfn;
	t->inst_prot = in->prot;
	t->inst_have_pfn = in->have_pfn;
	t->inst_pages = PAGES_OF(in->len);
	t->inst_dma = t->inst_attrs = t->inst_dev = 0;
	t->inst_stack = KSTACK_N(x, type_of_helper(in->helper));
	t->inst_ts = bpf_ktime_get_ns();
	return t;
}

/* One more segment, or the last one longer. */
static __always_inline void run_segment(struct mmt_ev_dma_map *r, __u64 pfn, __u64 pages, __u64 expected)
{
	if (r->segs && pfn == expected) {
		if (r->segs <= 8)
			r->seg_pages[(r->segs - 1) & 7] += pages;
	} else {
		if (r->segs < 8) {
			r->seg_pfn[r->segs & 7] = pfn;
			r->seg_pages[r->segs & 7] = pages;
		}
		r->segs++;
	}
	if (pfn < r->pfn_lo || !r->pfn_hi)
		r->pfn_lo = pfn;
	if (pfn + pages - 1 > r->pfn_hi)
		r->pfn_hi = pfn + pages - 1;
}

static __always_inline bool run_merge(struct mmt_thread *t, __u32 type, __u32 call, __s32 ret, __u64 dur)
{
	struct mmt_ev_dma_map *r = &t->run;

	if (!t->run_open || ret || r->ret || r->h.type != type || r->helper != t->inst_helper || r->h.call != call ||
	    r->addr + r->len != t->inst_addr || r->pgprot != t->inst_prot)
		return false;
	if (t->inst_have_pfn != !!(r->h.have & MMT_HAVE(DMA_MAP, pfn)))
		return false;
	if (t->inst_have_pfn)
		run_segment(r, t->inst_pfn, t->inst_pages, t->run_next_pfn);
	t->run_next_pfn = t->inst_pfn + t->inst_pages;
	r->len += t->inst_len;
	r->pages += t->inst_pages;
	r->calls++;
	r->h.dur_ns += dur;
	return true;
}

#define RUN_HAVE                                                                                                     \
	(MMT_HAVE(DMA_MAP, calls) | MMT_HAVE(DMA_MAP, helper) | MMT_HAVE(DMA_MAP, ret) | MMT_HAVE(DMA_MAP, nested) | \
	 MMT_HAVE_DUR)
#define RUN_HAVE_RANGE (MMT_HAVE(DMA_MAP, addr) | MMT_HAVE(DMA_MAP, len) | MMT_HAVE(DMA_MAP, pages))
#define RUN_HAVE_PFN                                                                                                   \
	(MMT_HAVE(DMA_MAP, pfn) | MMT_HAVE(DMA_MAP, pfn_lo) | MMT_HAVE(DMA_MAP, pfn_hi) | MMT_HAVE(DMA_MAP, seg_pfn) | \
	 MMT_HAVE(DMA_MAP, seg_pages) | MMT_HAVE(DMA_MAP, segs) | MMT_HAVE(DMA_MAP, pgprot))

static __always_inline void run_begin(struct mmt_thread *t, __u32 type, __u8 tier, __u64 pid_tgid, __u32 call,
				      __s32 ret, __u64 dur)
{
	struct mmt_ev_dma_map *r = &t->run;

	__builtin_memset(r, 0, sizeof(*r));
	head(&r->h, type, type == MMT_EV_DMA_MAP ? sizeof(struct mmt_ev_dma_map) : sizeof(struct mmt_ev_pfn_map), tier,
	     t->inst_ts, pid_tgid);
	r->h.dur_ns = dur;
	r->h.call = call;
	r->h.have = RUN_HAVE;
	if (t->inst_addr) /* the plain object does not know the range of helpers that fill a whole VMA */
		r->h.have |= RUN_HAVE_RANGE;
	r->h.depth = t->drivers;
	r->h.kstack = t->inst_stack;
#ifdef MMT_PLAIN
	r->h.mm = mm_number(current_mm_key(pid_tgid));
#else
	struct vm_area_struct *vma = (void *)t->inst_vma;

	r->h.have |= vma_fill(false, VMA_OF(r), vma, vma_name(false, vma));
	r->h.mm = mm_number((__u64)BPF_CORE_READ(vma, vm_mm));
#endif
	r->addr = t->inst_addr;
	r->len = t->inst_len;
	r->pages = t->inst_pages;
	r->calls = 1;
	r->helper = t->inst_helper;
	r->ret = ret;
	if (t->inst_have_pfn) {
		r->pfn = t->inst_pfn;
		r->pgprot = t->inst_prot;
		run_segment(r, t->inst_pfn, t->inst_pages, 0);
		r->h.have |= RUN_HAVE_PFN;
	}
	t->run_next_pfn = t->inst_pfn + t->inst_pages;
	if (type == MMT_EV_DMA_MAP) {
		r->dma_addr = t->inst_dma;
		r->attrs = t->inst_attrs;
		r->device = t->inst_dev;
		r->h.have |= MMT_HAVE(DMA_MAP, dma_addr) | MMT_HAVE(DMA_MAP, attrs);
		if (r->device)
			r->h.have |= MMT_HAVE(DMA_MAP, device);
	}
}

/* How long the run may wait for its neighbours: within a fault or a driver's function to its end, else to sys_exit. */
static __always_inline void run_park(struct mmt_thread *t, __u64 pid_tgid)
{
	struct mmt_slot *s = slot_of((__u32)pid_tgid);

	if (s && s->tid == (__u32)pid_tgid && s->state == SLOT_RUNNING) {
		s->marks |= MMT_MARK_INSERT;
		t->run_open = 1;
	} else if (t->drivers || t->chg) {
		t->run_open = 1;
	} else if (!knobs.sys_exit) {
		t->run_open = 1;
		run_flush(t, pid_tgid);
	} else {
		t->run_open = 2;
		runs_open_add(1);
	}
}

__noinline int inst_leave(__u32 tier, __s32 ret)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid(), dur;
	struct mmt_thread *t = thread_find((__u32)pid_tgid);
	__u32 type, call;

	if (!t || !t->inst_depth)
		return 0;
	if (--t->inst_depth)
		return 0;
	type = type_of_helper(t->inst_helper);
	if (!(knobs.want[type / 64 & 1] & (1ULL << (type % 64))))
		return 0;
	call = call_now((__u32)pid_tgid, t);
	dur = bpf_ktime_get_ns() - t->inst_ts;
	if (run_merge(t, type, call, ret, dur))
		return 0;
	run_flush(t, pid_tgid);
	run_begin(t, type, tier, pid_tgid, call, ret, dur);
	run_park(t, pid_tgid);
	return 0;
}

#ifdef MMT_PLAIN
#define VMA_START(v) 0
#define VMA_LEN(v)   0
#else
#define VMA_START(v) BPF_CORE_READ((struct vm_area_struct *)(v), vm_start)
#define VMA_LEN(v)   (BPF_CORE_READ((struct vm_area_struct *)(v), vm_end) - VMA_START(v))
#endif
#define PAGE_BYTES (1ULL << knobs.page_shift)

ENTRY(remap_pfn, "remap_pfn_range", REMAP_PFN, 5)
{
	struct inst in = { .helper = MMT_HELPER_REMAP_PFN_RANGE,
			   .vma = a1,
			   .addr = a2,
			   .pfn = a3,
			   .len = a4,
			   .prot = a5,
			   .have_pfn = true };

	inst_enter(x, &in);
}
EXIT(remap_pfn_ret, "remap_pfn_range", REMAP_PFN, 5)
{
	inst_leave(x.tier, ret);
}

#ifdef MMT_PLAIN
#define VMA_PGOFF(v)  0
#define VMA_PGPROT(v) 0
#define VMA_KNOWN     false
#else
#define VMA_PGOFF(v)  BPF_CORE_READ((struct vm_area_struct *)(v), vm_pgoff)
#define VMA_PGPROT(v) BPF_CORE_READ((struct vm_area_struct *)(v), vm_page_prot.pgprot)
#define VMA_KNOWN     true
#endif

/* (vma, start, len): maps the VMA's part of the physical range that begins at start */
ENTRY(iomap, "vm_iomap_memory", IOMAP, 3)
{
	struct inst in = {
		.helper = MMT_HELPER_VM_IOMAP_MEMORY,
		.vma = a1,
		.addr = VMA_START(a1),
		.len = VMA_LEN(a1),
		.pfn = (a2 >> knobs.page_shift) + VMA_PGOFF(a1),
		.prot = VMA_PGPROT(a1),
		.have_pfn = VMA_KNOWN,
	};

	inst_enter(x, &in);
}
EXIT(iomap_ret, "vm_iomap_memory", IOMAP, 3)
{
	inst_leave(x.tier, ret);
}

ENTRY(insert_page, "vm_insert_page", INSERT_PAGE, 2)
{
	struct inst in = { .helper = MMT_HELPER_VM_INSERT_PAGE, .vma = a1, .addr = a2, .len = PAGE_BYTES };

	inst_enter(x, &in);
}
EXIT(insert_page_ret, "vm_insert_page", INSERT_PAGE, 3)
{
	inst_leave(x.tier, ret);
}

/* (vma, addr, pages, num): *num is how many; the verifier of 6.12 refuses ctx[] of pointers to pointers */
static __always_inline void insert_pages(const struct hookx x, __u64 vma, __u64 addr, __u64 num_ptr)
{
	__u64 num = 0;

	bpf_probe_read_kernel(&num, sizeof(num), (void *)num_ptr);
	struct inst in = {
		.helper = MMT_HELPER_VM_INSERT_PAGES, .vma = vma, .addr = addr, .len = num << knobs.page_shift
	};

	inst_enter(x, &in);
}
#ifndef MMT_PLAIN
SEC("?fentry/vm_insert_pages")
int insert_pages__fentry(__u64 *c)
{
	__u64 num = 0;

	if (off)
		return 0;
	HIT(INSERT_PAGES);
	bpf_get_func_arg(c, 3, &num);
	insert_pages(HX_FENTRY(c), c[0], c[1], num);
	return 0;
}
#endif
SEC("?kprobe/vm_insert_pages")
int insert_pages__kprobe(struct pt_regs *ctx)
{
	if (off)
		return 0;
	HIT(INSERT_PAGES);
	insert_pages(HX_KPROBE(ctx), REG_ARG1(REGS(ctx)), REG_ARG2(REGS(ctx)), REG_ARG4(REGS(ctx)));
	return 0;
}
EXIT(insert_pages_ret, "vm_insert_pages", INSERT_PAGES, 4)
{
	inst_leave(x.tier, ret);
}

/* Helpers that fill a whole VMA: (vma, …) */
#define WHOLE_VMA(name, fn, HOOK, nargs, which)                                                             \
	ENTRY(name, fn, HOOK, 1)                                                                            \
	{                                                                                                   \
		struct inst in = { .helper = which, .vma = a1, .addr = VMA_START(a1), .len = VMA_LEN(a1) }; \
                                                                                                            \
		inst_enter(x, &in);                                                                         \
	}                                                                                                   \
	EXIT(name##_ret, fn, HOOK, nargs)                                                                   \
	{                                                                                                   \
		inst_leave(x.tier, ret);                                                                    \
	}

WHOLE_VMA(map_pages, "vm_map_pages", MAP_PAGES, 3, MMT_HELPER_VM_MAP_PAGES)
WHOLE_VMA(map_zero, "vm_map_pages_zero", MAP_ZERO, 3, MMT_HELPER_VM_MAP_PAGES_ZERO)
WHOLE_VMA(vmalloc, "remap_vmalloc_range", VMALLOC, 3, MMT_HELPER_REMAP_VMALLOC_RANGE)

/* 6.19+: a driver with ->mmap_prepare leaves the remapping to the core; it does not pass remap_pfn_range */
WHOLE_VMA(remap_done, "remap_pfn_range_complete", REMAP_DONE, 2, MMT_HELPER_REMAP_PFN_RANGE_COMPLETE)

/* (dev, vma, cpu_addr, dma_addr, size, attrs) */
ENTRY(dma_mmap, "dma_mmap_attrs", DMA_MMAP, 6)
{
	struct inst in = { .helper = MMT_HELPER_DMA_MMAP_ATTRS, .vma = a2, .addr = VMA_START(a2), .len = VMA_LEN(a2) };
	struct mmt_thread *t = inst_enter(x, &in);

	if (!t)
		return;
	t->inst_dma = a4;
	t->inst_attrs = a6;
#ifndef MMT_PLAIN
	if (!t->inst_dev)
		t->inst_dev = name_text((__u64)BPF_CORE_READ((struct device *)a1, kobj.name), NAME_KERNEL);
#endif
}
EXIT(dma_mmap_ret, "dma_mmap_attrs", DMA_MMAP, 6)
{
	inst_leave(x.tier, ret);
}
