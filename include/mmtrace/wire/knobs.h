/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What user space tells the BPF programs before they are loaded (read-only data, so the verifier prunes what is not
 * used), and the list of hooks, so that each can say that it fired.
 */
#ifndef MMTRACE_WIRE_KNOBS_H
#define MMTRACE_WIRE_KNOBS_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* One row per hook point. X(ID, name): the table in src/probe/hook_table.h has the rest. */
// clang-format off
#define MMT_HOOKS(X) \
	X(CALL,        "call")	\
	X(TARGET,      "target")	\
	X(IMPORT,      "import")	\
	X(MEMTYPE,     "memtype")	\
	X(MAP,         "change.map")	\
	X(COMMIT,      "change.commit")	\
	X(GATHER,      "change.overmap")	\
	X(UNMAP,       "change.unmap")	\
	X(PROT,        "change.prot")	\
	X(MOVE,        "change.move")	\
	X(EXTEND,      "change.extend")	\
	X(BRK,         "change.brk")	\
	X(DUP,         "change.dup")	\
	X(WIPE,        "change.wipe")	\
	X(EXIT,        "change.exit")	\
	X(VMA_ALLOC,   "object.alloc")	\
	X(VMA_DUP,     "object.dup")	\
	X(VMA_SPLIT,   "object.split")	\
	X(VMA_INSERT,  "object.insert")	\
	X(VMA_FREE,    "object.free")	\
	X(VMA_REMOVE,  "object.remove")	\
	X(OPEN_FILE,   "driver.file")	\
	X(DRIVER,      "driver.probe")	\
	X(VMA_CLOSE,   "driver.close")	\
	X(REMAP_PFN,   "install.remap_pfn_range")	\
	X(IOMAP,       "install.vm_iomap_memory")	\
	X(INSERT_PAGE, "install.vm_insert_page")	\
	X(INSERT_PAGES,"install.vm_insert_pages")	\
	X(MAP_PAGES,   "install.vm_map_pages")	\
	X(MAP_ZERO,    "install.vm_map_pages_zero")	\
	X(VMALLOC,     "install.remap_vmalloc_range")	\
	X(DMA_MMAP,    "install.dma_mmap_attrs")	\
	X(REMAP_DONE,  "install.remap_pfn_range_complete")	\
	X(VMALLOC_PART,"install.remap_vmalloc_range_partial")	\
	X(VMF_PFN,     "install.vmf_insert_pfn")	\
	X(VMF_PFN_PROT,"install.vmf_insert_pfn_prot")	\
	X(VMF_MIXED,   "install.vmf_insert_mixed")	\
	X(VMF_MIXED_W, "install.vmf_insert_mixed_mkwrite")	\
	X(VMF_MIXED_P, "install.vmf_insert_mixed_prot")	\
	X(VMF_PMD,     "install.vmf_insert_pfn_pmd")	\
	X(VMF_PUD,     "install.vmf_insert_pfn_pud")	\
	X(VMF_PAGE_W,  "install.vmf_insert_page_mkwrite")	\
	X(VMF_FOLIO_PMD,"install.vmf_insert_folio_pmd")	\
	X(VMF_FOLIO_PUD,"install.vmf_insert_folio_pud")	\
	X(DMA_PAGES,   "install.dma_mmap_pages")	\
	X(DMA_NONCONT, "install.dma_mmap_noncontiguous")	\
	X(DMA_DIRECT,  "install.dma_direct_mmap")	\
	X(DMA_IOMMU,   "install.iommu_dma_mmap")	\
	X(DMA_COMMON,  "install.dma_common_mmap")	\
	X(BUF_MMAP,    "install.dma_buf_mmap")	\
	X(BUF_FILE,    "install.dma_buf_mmap_internal")	\
	X(GEM_MMAP,    "install.drm_gem_mmap")	\
	X(GEM_OBJ,     "install.drm_gem_mmap_obj")	\
	X(FAULT,       "fault")	\
	X(MARK_WP,     "fault.mark.do_wp_page")	\
	X(MARK_SWAP,   "fault.mark.do_swap_page")	\
	X(MARK_DOFAULT,"fault.mark.__do_fault")	\
	X(MARK_AROUND, "fault.mark.filemap_map_pages")	\
	X(MARK_MKWRITE,"fault.mark.do_page_mkwrite")	\
	X(MARK_UFFD,   "fault.mark.handle_userfault")	\
	X(MARK_HUGE,   "fault.mark.pgtable_trans_huge_deposit")	\
	X(SIGNAL,      "fault.signal")	\
	X(TOTAL,       "total")	\
	X(COUNT,       "total.count")	\
	X(SAMPLE,      "total.sample")	\
	X(SPLIT_LOCK,  "split.lock")	\
	X(SPLIT_DRIVER,"split.driver")	\
	X(SPLIT_OFFCPU,"split.offcpu")	\
	X(SPLIT_ALLOC, "split.alloc")	\
	X(SIGNALLED,   "signal")	\
	X(REMOTE,      "remote")	\
	X(DEMO,        "demo")
// clang-format on

#define X(id, name) MMT_HOOK_##id,
enum mmt_hook { MMT_HOOKS(X) MMT_HOOK_MAX };
#undef X

/* Marks that hooks within a fault leave behind. */
enum mmt_mark {
	MMT_MARK_WP = 1,
	MMT_MARK_SWAP = 2,
	MMT_MARK_DOFAULT = 4,
	MMT_MARK_AROUND = 8,
	MMT_MARK_MKWRITE = 16,
	MMT_MARK_UFFD = 32,
	MMT_MARK_INSERT = 64,
	MMT_MARK_HUGE = 128,
};

#define MMT_SPLIT_ON 0x100

/* bits of filter */
#define MMT_FILTER_TGID	  1 /* the target set holds process ids */
#define MMT_FILTER_TID	  2 /* … thread ids */
#define MMT_FILTER_COMM	  4 /* comm must match */
#define MMT_FILTER_CGROUP 8 /* within knobs.cgroup */

/* keys of the target set: kind in the upper half */
#define MMT_TARGET_TGID (1ULL << 32)
#define MMT_TARGET_TID	(2ULL << 32)

/*
 * Values of the target set. AT_EXEC: faults of a command are added up from its exec on, not those of mmtrace's copy that becomes
 * it. MUTE: no fault was seen since its exec, and every program begins with some.
 */
#define MMT_TARGET_NOW	   1
#define MMT_TARGET_AT_EXEC 2
#define MMT_TARGET_MUTE	   3

#define MMT_SLOTS_MAX 16384 /* slots for threads at most; a power of two */
#define MMT_NR_MAX    512   /* system call numbers looked at */

/*
 * Calls that share an event are told apart by their variant: enum mmt_lockop for mlock; else one of these, 0 for the call
 * that the event is named after.
 */
enum mmt_variant {
	MMT_VARIANT_OLD_MMAP = 1, /* i386: arguments in memory */
	MMT_VARIANT_MMAP2,	  /* offset in units of 4096 bytes */
	MMT_VARIANT_PKEY,	  /* pkey_mprotect */
	MMT_VARIANT_PROCESS,	  /* process_madvise */
	MMT_VARIANT_IPC,	  /* i386: ipc(2), which has all of shmget, shmat, shmdt */
	MMT_VARIANT_PTRACE,	  /* of remote */
	MMT_VARIANT_READV,
	MMT_VARIANT_WRITEV,
	MMT_VARIANT_MEM_READ, /* no calls of interest by themselves: by hooks on /proc/PID/mem */
	MMT_VARIANT_MEM_WRITE,
};

/* call numbers of ipc(2): include/uapi/linux/ipc.h, 6.12 */
#define MMT_IPC_SHMAT  21
#define MMT_IPC_SHMDT  22
#define MMT_IPC_SHMGET 23

struct mmt_knobs {
	__u64 want[2];	  /* bit n: event n is asked for (MMT_EV_MAX is 128) */
	__u32 filter;	  /* MMT_FILTER_ */
	__u32 self_tgid;  /* mmtrace itself, outside every target */
	char comm[16];	  /* zero padded */
	__u64 wake_bytes; /* the reader is woken when so much waits in the ring */
	__u32 page_shift;
	__u32 slot_mask;       /* slots - 1 */
	__u32 have_torn;       /* hooks that count torn-down bytes are live */
	__u32 thread_shift;    /* log2 of the kernel stack's size */
	__u32 fork_child_off;  /* sched_process_fork: offset of child_pid in the record */
	__u32 free_pid_off;    /* sched_process_free: offset of pid */
	__u32 marks;	       /* 1: the hooks that leave marks are live, so no mark means something */
	__u32 fault_exit_perf; /* 1: faults end at the MIN/MAJ events, not at a return */
	__u32 kstack;	       /* 1: a kernel stack goes with every event */
	__u32 ustack;	       /* 1: a user stack goes with every event */
	__u32 core_faults; /* 1: fault functions of the kernel itself too, not of modules only; 2: mkwrite functions */
	__u32 sys_exit;	   /* 1: every system call's end is seen, so that a run may wait for it */
	__u32 split; /* MMT_SPLIT_ON: where the time of faults goes is asked for; bit n: hooks know share n (enum mmt_share) */
	__u32 fault_extra;  /* 1: fault events have more than fields of their own: stacks, shares, frames of drivers */
	__u32 task_events;  /* 1: all that is seen of faults is events of the target's own threads */
	__u32 totals;	    /* enum mmt_totals */
	__u32 by;	    /* enum mmt_by */
	__u32 total_flags;  /* 1: fault flags are known */
	__u32 total_cells;  /* cells there are, the first is nobody's */
	__u32 total_rows;   /* rows there are */
	__u32 slowest;	    /* so many of the slowest faults of each CPU are told as events */
	__u64 total_slower; /* ns: what takes less is not in the totals */
	__u64 cgroup;	    /* id of a cgroup, 0: any */
	__u32 cgroup_level; /* how deep it lies */
	__u32 ring;	    /* 1: there is one */
	__u64 fault_lo[2], fault_len[2]; /* functions that have a fault within them, for whoever looks at stacks */
	__u64 core_lo, core_hi;		 /* where the kernel's own functions are; modules are outside */
	__u64 shmem_fault;		 /* address of shmem_fault, 0 when not known */
	__u64 sysv_fault;		 /* of shm_fault, of SysV shared memory; likewise */
	__u64 page_base;		 /* address of struct page = page_base + PFN * page_struct */
	__u64 page_struct;		 /* bytes of a struct page; 0: pages cannot be told apart by PFN */
	__u8 call[2][MMT_NR_MAX];	 /* [compat][system call number] -> enum mmt_event, 0: not of interest */
	__u8 variant[2][MMT_NR_MAX];	 /* which of the calls that share an event: see above */
	__u8 origin[2][MMT_NR_MAX];	 /* [compat][system call number] -> enum mmt_origin */
};

#endif
