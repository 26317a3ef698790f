/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The words that enumerated fields of events have. Part of event_table.h: numbers and names are for ever. */
#ifndef MMTRACE_WIRE_EVENT_WORDS_H
#define MMTRACE_WIRE_EVENT_WORDS_H

// clang-format off

/* Enumerations. X(ID, number, "name"); 0 is always "unknown". */

/* Who caused a change. */
#define MMT_ORIGINS(X) \
	X(UNKNOWN, 0, "unknown") X(MMAP, 1, "mmap") X(MUNMAP, 2, "munmap") X(MPROTECT, 3, "mprotect")	\
	X(MREMAP, 4, "mremap") X(BRK, 5, "brk") X(EXEC, 6, "exec") X(STACK, 7, "stack") X(FORK, 8, "fork")	\
	X(SHMAT, 9, "shmat") X(SHMDT, 10, "shmdt") X(EXIT, 11, "exit") X(IO_SETUP, 12, "io_setup")	\
	X(KERNEL, 13, "kernel") X(OTHER, 14, "other-syscall") X(IMPORT, 15, "import") X(SPECIAL, 16, "special")	\
	X(MADVISE, 17, "madvise") X(MLOCK, 18, "mlock") X(PRCTL, 19, "prctl") X(REMAP_FILE, 20, "remap_file_pages")

/* Why a VMA object was made or freed. */
#define MMT_CAUSES(X) \
	X(UNKNOWN, 0, "unknown") X(MMAP, 1, "mmap") X(BRK, 2, "brk") X(STACK, 3, "stack") X(FORK, 4, "fork")	\
	X(SPLIT, 5, "split") X(MREMAP, 6, "mremap") X(SPECIAL, 7, "special") X(UNMAP, 8, "unmap")	\
	X(EXIT, 9, "exit") X(MERGE, 10, "merge") X(FAILED, 11, "failed")

/* The kernel function that put page-table entries in. */
#define MMT_HELPERS(X) \
	X(UNKNOWN, 0, "unknown") X(REMAP_PFN_RANGE, 1, "remap_pfn_range") X(VM_IOMAP_MEMORY, 2, "vm_iomap_memory")	\
	X(VM_INSERT_PAGE, 3, "vm_insert_page") X(VM_INSERT_PAGES, 4, "vm_insert_pages")	\
	X(VM_MAP_PAGES, 5, "vm_map_pages") X(VM_MAP_PAGES_ZERO, 6, "vm_map_pages_zero")	\
	X(REMAP_VMALLOC_RANGE, 7, "remap_vmalloc_range") X(DMA_MMAP_ATTRS, 8, "dma_mmap_attrs")	\
	X(REMAP_PFN_RANGE_COMPLETE, 9, "remap_pfn_range_complete")	\
	X(VMF_INSERT_PFN, 10, "vmf_insert_pfn") X(VMF_INSERT_PFN_PROT, 11, "vmf_insert_pfn_prot")	\
	X(VMF_INSERT_MIXED, 12, "vmf_insert_mixed") X(VMF_INSERT_PFN_PMD, 13, "vmf_insert_pfn_pmd")	\
	X(VMF_INSERT_PFN_PUD, 14, "vmf_insert_pfn_pud") X(VMF_INSERT_PAGE_MKWRITE, 15, "vmf_insert_page_mkwrite")	\
	X(DMA_MMAP_PAGES, 16, "dma_mmap_pages") X(DMA_MMAP_NONCONTIGUOUS, 17, "dma_mmap_noncontiguous")	\
	X(DMA_BUF_MMAP, 18, "dma_buf_mmap") X(DMA_BUF_MMAP_INTERNAL, 19, "dma_buf_mmap_internal")	\
	X(DRM_GEM_MMAP, 20, "drm_gem_mmap") X(DRM_GEM_MMAP_OBJ, 21, "drm_gem_mmap_obj")	\
	X(REMAP_VMALLOC_RANGE_PARTIAL, 22, "remap_vmalloc_range_partial")	\
	X(DMA_DIRECT_MMAP, 23, "dma_direct_mmap") X(IOMMU_DMA_MMAP, 24, "iommu_dma_mmap")	\
	X(DMA_COMMON_MMAP, 25, "dma_common_mmap") X(VMF_INSERT_MIXED_MKWRITE, 26, "vmf_insert_mixed_mkwrite")	\
	X(VMF_INSERT_FOLIO_PMD, 27, "vmf_insert_folio_pmd") X(VMF_INSERT_FOLIO_PUD, 28, "vmf_insert_folio_pud")	\
	X(VMF_INSERT_MIXED_PROT, 29, "vmf_insert_mixed_prot")

/* What a fault's mapping is made of. */
#define MMT_FCLASSES(X) \
	X(UNKNOWN, 0, "unknown") X(ANON, 1, "anon") X(FILE, 2, "file") X(SHM, 3, "shm") X(PFN, 4, "pfn")	\
	X(HUGETLB, 5, "hugetlb")

/* What the kernel did about a fault. One list for trace, faults and assertions. */
#define MMT_FKINDS(X) \
	X(UNKNOWN, 0, "unknown") X(ANON, 1, "anon") X(ZERO_PAGE, 2, "zero-page") X(COW, 3, "cow")	\
	X(FILE, 4, "file-hit") X(FILE_IO, 5, "file-io") X(SWAP, 6, "swap-in") X(SHM, 7, "shm")	\
	X(HUGETLB, 8, "hugetlb") X(HUGE, 9, "huge-page") X(UFFD, 10, "userfaultfd") X(WRITE_NOTIFY, 11, "write-notify")	\
	X(DIRTY, 12, "dirty-bit") X(DRIVER_PFN, 13, "driver-pfn") X(DRIVER_PAGE, 14, "driver-page")	\
	X(REMOTE, 15, "remote") X(FAILED, 16, "failed") X(ABANDONED, 17, "abandoned")

/* Who faulted. gup: the kernel itself, for populate, mlock, ptrace or pinned pages (no user registers). */
#define MMT_FMODES(X) \
	X(UNKNOWN, 0, "unknown") X(USER, 1, "user") X(KERNEL, 2, "kernel") X(GUP, 3, "gup")

/* Which call of the mlock family. */
#define MMT_LOCKOPS(X) \
	X(UNKNOWN, 0, "unknown") X(MLOCK, 1, "mlock") X(MLOCK2, 2, "mlock2") X(MUNLOCK, 3, "munlock")	\
	X(MLOCKALL, 4, "mlockall") X(MUNLOCKALL, 5, "munlockall")

/* How one process reached into another. */
#define MMT_REACHES(X) \
	X(UNKNOWN, 0, "unknown") X(PTRACE, 1, "ptrace") X(PROC_MEM, 2, "/proc/PID/mem") X(PROCESS_VM, 3, "process_vm")

#define MMT_DEMO_WHATS(X) \
	X(UNKNOWN, 0, "unknown") X(VMA_OPEN, 1, "vma_open") X(VMA_CLOSE, 2, "vma_close") X(FAULT, 3, "fault")

// clang-format on

#endif
