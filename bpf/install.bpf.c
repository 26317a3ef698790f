/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page-table entries that drivers put in at mmap: the helpers' entries and returns. What is done with them: install.bpf.h.
 * In the plain object only the arguments are known, not the VMA.
 */
#include "install.bpf.h"

ENTRY(remap_pfn, "remap_pfn_range", REMAP_PFN, 5)
{
	struct inst in = { .helper = MMT_HELPER_REMAP_PFN_RANGE,
			   .know = INST_PFN | INST_PROT,
			   .vma = a1,
			   .addr = a2,
			   .pfn = a3,
			   .len = a4,
			   .prot = a5 };

	inst_enter(x, &in);
}
LEAVE(remap_pfn_ret, "remap_pfn_range", REMAP_PFN, 5, REMAP_PFN_RANGE)

/* (vma, start, len): maps the VMA's part of the physical range that begins at start */
ENTRY(iomap, "vm_iomap_memory", IOMAP, 3)
{
	struct inst in = {
		.helper = MMT_HELPER_VM_IOMAP_MEMORY,
		.know = VMA_KNOWN ? INST_PFN | INST_PROT : 0,
		.vma = a1,
		.addr = VMA_START(a1),
		.len = VMA_LEN(a1),
		.pfn = (a2 >> knobs.page_shift) + VMA_PGOFF(a1),
		.prot = VMA_PGPROT(a1),
	};

	inst_enter(x, &in);
}
LEAVE(iomap_ret, "vm_iomap_memory", IOMAP, 3, VM_IOMAP_MEMORY)

ENTRY(insert_page, "vm_insert_page", INSERT_PAGE, 3)
{
	struct inst in = { .helper = MMT_HELPER_VM_INSERT_PAGE,
			   .know = INST_PAGE | (VMA_KNOWN ? INST_PROT : 0),
			   .vma = a1,
			   .addr = a2,
			   .len = PAGE_BYTES,
			   .pfn = a3,
			   .prot = VMA_PGPROT(a1) };

	inst_enter(x, &in);
}
LEAVE(insert_page_ret, "vm_insert_page", INSERT_PAGE, 3, VM_INSERT_PAGE)

/* The PFNs of an array of pages, piece by piece: nobody inside would tell of them. */
struct page_list {
	struct segs *segs;
	__u64 pages;
	__u64 n;
};

static long page_list_step(__u32 i, struct page_list *l)
{
	struct segs *s = l->segs;
	__u64 page = 0;

	if (!s || i >= l->n)
		return 1;
	bpf_probe_read_kernel(&page, sizeof(page), (void *)(l->pages + i * 8ULL));
	segs_add(s, pfn_of_page(page), 1);
	return 0;
}

#if defined(MMT_PLAIN) || defined(MMT_OLD)
#define PAGE_LIST_MAX 64 /* the verifier walks every round */
#else
#define PAGE_LIST_MAX 8192
#endif

static __always_inline void page_list_read(struct segs *s, __u64 pages, __u64 n)
{
	struct page_list l = { .segs = s, .pages = pages, .n = n };

	if (!knobs.page_struct)
		return;
#if defined(MMT_PLAIN) || defined(MMT_OLD)
	for (__u32 i = 0; i < PAGE_LIST_MAX; i++)
		if (page_list_step(i, &l))
			break;
#else
	bpf_loop(PAGE_LIST_MAX, page_list_step, &l, 0);
#endif
	s->partial = n > PAGE_LIST_MAX;
}

/* (vma, addr, pages, num): *num is how many. The time begins anew behind the reading, which is not the kernel's. */
static __always_inline int insert_pages_enter(const struct hookx x, __u64 vma, __u64 addr, __u64 pages, __u64 num_ptr)
{
	struct inst in = { .helper = MMT_HELPER_VM_INSERT_PAGES,
			   .know = VMA_KNOWN ? INST_PROT : 0,
			   .vma = vma,
			   .addr = addr,
			   .prot = VMA_PGPROT(vma) };
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct inst_frame *f;
	struct mmt_inst *i;
	__u64 num = 0;
	int level;

	bpf_probe_read_kernel(&num, sizeof(num), (void *)num_ptr);
	in.len = num << knobs.page_shift;
	level = inst_enter(x, &in);
	if (level < 0)
		return 0;
	i = bpf_map_lookup_elem(&insts, &tid);
	if (!i)
		return 0;
	f = &i->frame[level & (INST_DEPTH - 1)];
	page_list_read(&i->segs[SEGS_FRAME(level)], pages, num);
	f->know |= INST_PFN | INST_LEFT;
	f->left = num_ptr;
	f->ts = bpf_ktime_get_ns();
	return 0;
}

#ifndef MMT_PLAIN
/* the verifier of 6.12 refuses ctx[] of pointers to pointers */
SEC("?fentry/vm_insert_pages")
int insert_pages__fentry(__u64 *c)
{
	__u64 pages = 0, num = 0;

	if (off)
		return 0;
	HIT(INSERT_PAGES);
	bpf_get_func_arg(c, 2, &pages);
	bpf_get_func_arg(c, 3, &num);
	insert_pages_enter(HX_FENTRY(c), c[0], c[1], pages, num);
	return 0;
}
#endif
SEC("?kprobe/vm_insert_pages")
int insert_pages__kprobe(struct pt_regs *ctx)
{
	struct mmt_regs *r = REGS(ctx);

	if (off)
		return 0;
	HIT(INSERT_PAGES);
	insert_pages_enter(HX_KPROBE(ctx), REG_ARG1(r), REG_ARG2(r), REG_ARG3(r), REG_ARG4(r));
	return 0;
}
LEAVE(insert_pages_ret, "vm_insert_pages", INSERT_PAGES, 4, VM_INSERT_PAGES)

/* Helpers that fill a whole VMA, (vma, …), by others that tell what with. */
#define WHOLE_VMA(name, fn, HOOK, nargs, which)                                                            \
	ENTRY(name, fn, HOOK, 1)                                                                           \
	{                                                                                                  \
		struct inst in = {                                                                         \
			.helper = MMT_HELPER_##which, .vma = a1, .addr = VMA_START(a1), .len = VMA_LEN(a1) \
		};                                                                                         \
                                                                                                           \
		inst_enter(x, &in);                                                                        \
	}                                                                                                  \
	LEAVE(name##_ret, fn, HOOK, nargs, which)

WHOLE_VMA(map_pages, "vm_map_pages", MAP_PAGES, 3, VM_MAP_PAGES)
WHOLE_VMA(map_zero, "vm_map_pages_zero", MAP_ZERO, 3, VM_MAP_PAGES_ZERO)
WHOLE_VMA(vmalloc, "remap_vmalloc_range", VMALLOC, 3, REMAP_VMALLOC_RANGE)

/* (vma, uaddr, kaddr, pgoff, size) */
ENTRY(vmalloc_part, "remap_vmalloc_range_partial", VMALLOC_PART, 5)
{
	struct inst in = { .helper = MMT_HELPER_REMAP_VMALLOC_RANGE_PARTIAL, .vma = a1, .addr = a2, .len = a5 };

	inst_enter(x, &in);
}
LEAVE(vmalloc_part_ret, "remap_vmalloc_range_partial", VMALLOC_PART, 5, REMAP_VMALLOC_RANGE_PARTIAL)

/* ---- 6.19+: a driver with ->mmap_prepare leaves the remapping to the core; it does not pass remap_pfn_range --------- */

/* 6.19, 7.0: (vma, addr, pfn, size, prot) */
ENTRY(remap_done5, "remap_pfn_range_complete", REMAP_DONE, 5)
{
	struct inst in = { .helper = MMT_HELPER_REMAP_PFN_RANGE_COMPLETE,
			   .know = INST_PFN | INST_PROT,
			   .vma = a1,
			   .addr = a2,
			   .pfn = a3,
			   .len = a4,
			   .prot = a5 };

	inst_enter(x, &in);
}
LEAVE(remap_done5_ret, "remap_pfn_range_complete", REMAP_DONE, 5, REMAP_PFN_RANGE_COMPLETE)

#ifdef MMT_PLAIN
/* which of the two it is only BTF knows */
WHOLE_VMA(remap_done, "remap_pfn_range_complete", REMAP_DONE, 2, REMAP_PFN_RANGE_COMPLETE)
#else
/* include/linux/mm_types.h, 7.1 */
struct mmap_action___71 {
	union {
		struct {
			unsigned long start;
			unsigned long start_pfn;
			unsigned long size;
			pgprot_t pgprot;
		} remap;
	};
} __attribute__((preserve_access_index));

/* 7.1+: (vma, action) */
ENTRY(remap_done2, "remap_pfn_range_complete", REMAP_DONE, 2)
{
	struct mmap_action___71 *action = (void *)a2;
	struct inst in = { .helper = MMT_HELPER_REMAP_PFN_RANGE_COMPLETE,
			   .know = INST_PFN | INST_PROT,
			   .vma = a1,
			   .addr = BPF_CORE_READ(action, remap.start),
			   .pfn = BPF_CORE_READ(action, remap.start_pfn),
			   .len = BPF_CORE_READ(action, remap.size),
			   .prot = BPF_CORE_READ(action, remap.pgprot.pgprot) };

	inst_enter(x, &in);
}
LEAVE(remap_done2_ret, "remap_pfn_range_complete", REMAP_DONE, 2, REMAP_PFN_RANGE_COMPLETE)
#endif
