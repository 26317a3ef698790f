/* SPDX-License-Identifier: GPL-2.0 */
/* Page-table entries that drivers put in at a fault: vmf_insert_…. One fault may put in many: they are one run. */
#include "install.bpf.h"

/* pfn_t keeps flags in the bits that no PFN has: PFN_FLAGS_MASK, include/linux/pfn_t.h, 5.10 to 6.12 */
#define PFN_OF(v) ((v) << knobs.page_shift >> knobs.page_shift)

/* (vma, addr, pfn) */
#define VMF_ADDR(name, fn, HOOK, which)                                            \
	ENTRY(name, fn, HOOK, 3)                                                   \
	{                                                                          \
		struct inst in = { .helper = MMT_HELPER_##which,                   \
				   .know = INST_PFN | (VMA_KNOWN ? INST_PROT : 0), \
				   .vma = a1,                                      \
				   .addr = a2 & ~(PAGE_BYTES - 1),                 \
				   .len = PAGE_BYTES,                              \
				   .pfn = PFN_OF(a3),                              \
				   .prot = VMA_PGPROT(a1) };                       \
                                                                                   \
		inst_enter(x, &in);                                                \
	}                                                                          \
	LEAVE_FAULT(name##_ret, fn, HOOK, 3, which)

VMF_ADDR(vmf_pfn, "vmf_insert_pfn", VMF_PFN, VMF_INSERT_PFN)
VMF_ADDR(vmf_mixed, "vmf_insert_mixed", VMF_MIXED, VMF_INSERT_MIXED)
VMF_ADDR(vmf_mixed_w, "vmf_insert_mixed_mkwrite", VMF_MIXED_W, VMF_INSERT_MIXED_MKWRITE)

/* (vma, addr, pfn, prot) */
#define VMF_PROT(name, fn, HOOK, which)                            \
	ENTRY(name, fn, HOOK, 4)                                   \
	{                                                          \
		struct inst in = { .helper = MMT_HELPER_##which,   \
				   .know = INST_PFN | INST_PROT,   \
				   .vma = a1,                      \
				   .addr = a2 & ~(PAGE_BYTES - 1), \
				   .len = PAGE_BYTES,              \
				   .pfn = PFN_OF(a3),              \
				   .prot = a4 };                   \
                                                                   \
		inst_enter(x, &in);                                \
	}                                                          \
	LEAVE_FAULT(name##_ret, fn, HOOK, 4, which)

VMF_PROT(vmf_pfn_prot, "vmf_insert_pfn_prot", VMF_PFN_PROT, VMF_INSERT_PFN_PROT)
/* 5.10, 6.1 */
VMF_PROT(vmf_mixed_prot, "vmf_insert_mixed_prot", VMF_MIXED_P, VMF_INSERT_MIXED_PROT)

/* A table of one level holds a page's worth of entries, 8 bytes each. */
#define PMD_BYTES (PAGE_BYTES << (knobs.page_shift - 3))
#define PUD_BYTES (PMD_BYTES << (knobs.page_shift - 3))

#ifdef MMT_PLAIN
#define VMF_VMA(f)   0
#define VMF_WHERE(f) 0
#else
#define VMF_VMA(f)   (__u64) BPF_CORE_READ((struct vm_fault *)(f), vma)
#define VMF_WHERE(f) BPF_CORE_READ((struct vm_fault *)(f), address)
#endif

/* (vmf, pfn, …) */
#define VMF_LARGE(name, fn, HOOK, nargs, which, bytes)                             \
	ENTRY(name, fn, HOOK, 2)                                                   \
	{                                                                          \
		__u64 vma = VMF_VMA(a1);                                           \
		struct inst in = { .helper = MMT_HELPER_##which,                   \
				   .know = INST_PFN | (VMA_KNOWN ? INST_PROT : 0), \
				   .vma = vma,                                     \
				   .addr = VMF_WHERE(a1) & ~(bytes - 1),           \
				   .len = bytes,                                   \
				   .pfn = PFN_OF(a2),                              \
				   .prot = VMA_PGPROT(vma) };                      \
                                                                                   \
		inst_enter(x, &in);                                                \
	}                                                                          \
	LEAVE_FAULT(name##_ret, fn, HOOK, nargs, which)

VMF_LARGE(vmf_pmd, "vmf_insert_pfn_pmd", VMF_PMD, 3, VMF_INSERT_PFN_PMD, PMD_BYTES)
VMF_LARGE(vmf_pud, "vmf_insert_pfn_pud", VMF_PUD, 3, VMF_INSERT_PFN_PUD, PUD_BYTES)

/* 5.10, 6.1: (vmf, pfn, prot, write), and the names above are inline */
#define VMF_LARGE_PROT(name, fn, HOOK, which, bytes)                     \
	ENTRY(name, fn, HOOK, 3)                                         \
	{                                                                \
		struct inst in = { .helper = MMT_HELPER_##which,         \
				   .know = INST_PFN | INST_PROT,         \
				   .vma = VMF_VMA(a1),                   \
				   .addr = VMF_WHERE(a1) & ~(bytes - 1), \
				   .len = bytes,                         \
				   .pfn = PFN_OF(a2),                    \
				   .prot = a3 };                         \
                                                                         \
		inst_enter(x, &in);                                      \
	}                                                                \
	LEAVE_FAULT(name##_ret, fn, HOOK, 4, which)

VMF_LARGE_PROT(vmf_pmd_prot, "vmf_insert_pfn_pmd_prot", VMF_PMD, VMF_INSERT_PFN_PMD, PMD_BYTES)
VMF_LARGE_PROT(vmf_pud_prot, "vmf_insert_pfn_pud_prot", VMF_PUD, VMF_INSERT_PFN_PUD, PUD_BYTES)

/* (vmf, page or folio, write); a folio begins with its first page */
#define VMF_PAGE(name, fn, HOOK, which, bytes)                                      \
	ENTRY(name, fn, HOOK, 2)                                                    \
	{                                                                           \
		__u64 vma = VMF_VMA(a1);                                            \
		struct inst in = { .helper = MMT_HELPER_##which,                    \
				   .know = INST_PAGE | (VMA_KNOWN ? INST_PROT : 0), \
				   .vma = vma,                                      \
				   .addr = VMF_WHERE(a1) & ~(bytes - 1),            \
				   .len = bytes,                                    \
				   .pfn = a2,                                       \
				   .prot = VMA_PGPROT(vma) };                       \
                                                                                    \
		inst_enter(x, &in);                                                 \
	}                                                                           \
	LEAVE_FAULT(name##_ret, fn, HOOK, 3, which)

VMF_PAGE(vmf_page_w, "vmf_insert_page_mkwrite", VMF_PAGE_W, VMF_INSERT_PAGE_MKWRITE, PAGE_BYTES)
VMF_PAGE(vmf_folio_pmd, "vmf_insert_folio_pmd", VMF_FOLIO_PMD, VMF_INSERT_FOLIO_PMD, PMD_BYTES)
VMF_PAGE(vmf_folio_pud, "vmf_insert_folio_pud", VMF_FOLIO_PUD, VMF_INSERT_FOLIO_PUD, PUD_BYTES)
