/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "hook_table.h"

// clang-format off

#define EV(x) MMT_EV_##x
#define CALLS EV(MMAP), EV(MUNMAP), EV(MPROTECT), EV(MREMAP), EV(BRK), EV(MSYNC), EV(MADVISE), EV(MLOCK), \
	EV(SHMGET), EV(SHMAT), EV(SHMDT), EV(MEMFD), EV(REMAP_FILE)
#define CHANGES EV(VMA_MAP), EV(VMA_UNMAP), EV(VMA_PROT), EV(VMA_MOVE), EV(VMA_DUP), EV(VMA_GROW)
#define DRIVERS EV(DRIVER_MMAP), EV(DRIVER_OPEN), EV(DRIVER_CLOSE), EV(DRIVER_FAULT), EV(DRIVER_MKWRITE), \
	EV(DRIVER_ACCESS), EV(DRIVER_SPLIT)
#define INSTALLS EV(PFN_MAP), EV(PAGE_MAP), EV(DMA_MAP), EV(OBJ_MAP)
#define OBJECTS EV(VMA_NEW), EV(VMA_FREE)

#define NEED_KPROBE "CONFIG_KPROBES=y CONFIG_KPROBE_EVENTS=y"
#define NEED_FENTRY "CONFIG_DEBUG_INFO_BTF=y CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y"
#define NEED_ANY    NEED_FENTRY " or " NEED_KPROBE

/* An entry hook: fentry, else kprobe. */
#define TRY_FENTRY(function, n, prog) { .tier = MMT_TIER_FENTRY, .object = OBJ_CORE, .fn = function, .nargs = n, .progs = { prog "__fentry" } }
#define TRY_KPROBE(function, n, prog) { .tier = MMT_TIER_KPROBE, .object = OBJ_CORE, .fn = function, .nargs = n, .progs = { prog "__kprobe" } }
#define ENTRY_TRIES(function, prog) { TRY_FENTRY(function, 0, prog), TRY_KPROBE(function, 0, prog) }

/* A return hook: fexit, else kretprobe. */
#define RETURN_TRIES(function, prog)	\
	{ { .tier = MMT_TIER_FENTRY, .object = OBJ_CORE, .fn = function, .progs = { prog "__fexit" } },	\
	  { .tier = MMT_TIER_KPROBE, .object = OBJ_CORE, .fn = function, .progs = { prog "__kretprobe" } } }

/* Entry and return; without BTF the arguments alone, by kprobes of the plain object. */
#define NO_VMA "the VMA (range pgoff flags inode file ops dev rdev)"
#define NO_OBJ "obj_map.addr obj_map.len obj_map.name, obj_map.size of some, " NO_VMA
/* of some: a helper that is handed the VMA alone, and calls none that is handed more */
#define NO_PFN_RANGE "pfn_map.pgprot of some, range and PFNs of some, " NO_VMA
#define NO_DMA "dma_map.device, range and PFNs of some, " NO_VMA
#define HELPER_TRIES(function, prog, lack, plain_lack)	\
	{ { .tier = MMT_TIER_FENTRY, .object = OBJ_CORE, .fn = function, .progs = { prog "__fentry", prog "_ret__fexit" },	\
	    .lacks = lack },	\
	  { .tier = MMT_TIER_KPROBE, .object = OBJ_CORE, .fn = function, .progs = { prog "__kprobe", prog "_ret__kretprobe" },	\
	    .lacks = lack },	\
	  { .tier = MMT_TIER_KPROBE, .object = OBJ_PLAIN, .fn = function, .progs = { prog "__kprobe", prog "_ret__kretprobe" },	\
	    .lacks = plain_lack } }

#define HELPER_ROW(ID, nm, opt, event, given, ...)	\
	[MMT_HOOK_##ID] = { .id = MMT_HOOK_##ID, .name = "install." nm, .text = nm "()", .config = NEED_ANY,	\
		.optional = opt, .feeds = { INSTALLS }, .gives = { given }, .part = event " by " nm, .tries = __VA_ARGS__ }

/* The functions behind the system calls, entry and return: bpf/call.bpf.c. */
#define WRAPPER(name) "call_" name "__fentry", "call_" name "__fexit"
#define WRAPPER_COMPAT(name) "?call_" name "_compat__fentry", "?call_" name "_compat__fexit" /* CONFIG_COMPAT */
#define WRAPPERS \
	WRAPPER("mmap"), WRAPPER_COMPAT("mmap"), WRAPPER("munmap"), WRAPPER("mprotect"), WRAPPER("pkey_mprotect"), \
	WRAPPER("mremap"), WRAPPER("brk"), WRAPPER("msync"), WRAPPER("madvise"), WRAPPER("process_madvise"), \
	WRAPPER("mlock"), WRAPPER("mlock2"), WRAPPER("munlock"), WRAPPER("mlockall"), WRAPPER("munlockall"), \
	WRAPPER("shmget"), WRAPPER("shmat"), WRAPPER_COMPAT("shmat"), WRAPPER("shmdt"), WRAPPER("memfd_create"), \
	WRAPPER("remap_file_pages"), WRAPPER("ptrace"), WRAPPER_COMPAT("ptrace"), WRAPPER("process_readv"), \
	WRAPPER("process_writev")

#define REACHES(entry, leave) "reach_ptrace__" entry, "reach_process__" entry,	\
	"mem_read__" entry, "mem_read_ret__" leave, "mem_write__" entry, "mem_write_ret__" leave

/* Helpers that are given pages: of some kernels it is not known how to get from a struct page to its PFN. */
#define NO_PFN "page_map.pfn page_map.pfn_lo page_map.pfn_hi page_map.segs page_map.seg_pfn page_map.seg_pages"
#define NO_PROT "page_map.pgprot"
#define TRY_PAGES(t, o, function, entry, ret, known, lack)	\
	{ .tier = MMT_TIER_##t, .object = OBJ_##o, .fn = function, .progs = { entry, ret }, .pages = known, .lacks = lack }
#define PAGE_TRIES(function, prog, plain_lack)	\
	{ TRY_PAGES(FENTRY, CORE, function, prog "__fentry", prog "_ret__fexit", true, ""),	\
	  TRY_PAGES(FENTRY, CORE, function, prog "__fentry", prog "_ret__fexit", false, NO_PFN),	\
	  TRY_PAGES(KPROBE, CORE, function, prog "__kprobe", prog "_ret__kretprobe", true, ""),	\
	  TRY_PAGES(KPROBE, CORE, function, prog "__kprobe", prog "_ret__kretprobe", false, NO_PFN),	\
	  TRY_PAGES(KPROBE, PLAIN, function, prog "__kprobe", prog "_ret__kretprobe", true, plain_lack),	\
	  TRY_PAGES(KPROBE, PLAIN, function, prog "__kprobe", prog "_ret__kretprobe", false, NO_PFN ", " plain_lack) }

/* A helper whose other signature has another program; or that is called otherwise on some kernels. */
#define TRY_HELPER(t, o, function, n, prog, entry, ret, lack)	\
	{ .tier = MMT_TIER_##t, .object = OBJ_##o, .fn = function, .nargs = n,	\
	  .progs = { prog entry, prog "_ret" ret }, .lacks = lack }
#define LARGE_TRIES(function, prog)	\
	{ TRY_HELPER(FENTRY, CORE, function, 0, prog, "__fentry", "__fexit", ""),	\
	  TRY_HELPER(KPROBE, CORE, function, 0, prog, "__kprobe", "__kretprobe", ""),	\
	  TRY_HELPER(FENTRY, CORE, function "_prot", 0, prog "_prot", "__fentry", "__fexit", ""),	\
	  TRY_HELPER(KPROBE, CORE, function "_prot", 0, prog "_prot", "__kprobe", "__kretprobe", ""),	\
	  TRY_HELPER(KPROBE, PLAIN, function, 0, prog, "__kprobe", "__kretprobe",	\
		"pfn_map.pgprot of some, pfn_map.addr of a vm_fault, " NO_VMA),	\
	  TRY_HELPER(KPROBE, PLAIN, function "_prot", 0, prog "_prot", "__kprobe", "__kretprobe",	\
		"pfn_map.addr of a vm_fault, " NO_VMA) }

/* The page allocator, as kernels call it: 6.14, 6.10, 5.13, 5.10. */
#define TRY_ALLOC(t, function, prog)	\
	{ .tier = MMT_TIER_##t, .object = OBJ_CORE, .fn = function, .progs = { prog, "split_alloc_end__raw_tp" } }

#define MARK_ROW(ID, function, prog, opt, also)	\
	[MMT_HOOK_##ID] = { .id = MMT_HOOK_##ID, .name = "fault.mark." function, .text = "kind of a fault: " function "()",	\
		.config = NEED_ANY, .optional = opt, .feeds = { EV(FAULT), EV(FAULT_KEY), also }, .part = "some of fault.kind",	\
		.tries = ENTRY_TRIES(function, prog) }

const struct hook_row hook_table[MMT_HOOK_MAX] = {
	[MMT_HOOK_CALL] = {
		.id = MMT_HOOK_CALL, .name = "call", .text = "system calls, entry and exit",
		.config = "CONFIG_TRACEPOINTS=y CONFIG_BPF_EVENTS=y",
		.feeds = { CALLS, CHANGES, DRIVERS, INSTALLS, OBJECTS, EV(REMOTE) }, .gives = { CALLS },
		.tries = {
			{ .tier = MMT_TIER_RAW_TP, .object = OBJ_CORE, .progs = { "call_enter__raw_tp", "call_exit__raw_tp" } },
			{ .tier = MMT_TIER_FENTRY, .object = OBJ_CORE, .fn = "__arm64_sys_mmap",
			  .progs = { WRAPPERS },
			  .lacks = "calls that seccomp or a tracer denied" },
			{ .tier = MMT_TIER_RAW_TP, .object = OBJ_PLAIN, .progs = { "call_enter__raw_tp", "call_exit__raw_tp" },
			  .lacks = "mmap.file" },
		},
	},
	[MMT_HOOK_TARGET] = {
		.id = MMT_HOOK_TARGET, .name = "target", .text = "fork, exec and the end of threads and processes",
		.config = "CONFIG_TRACEPOINTS=y CONFIG_BPF_EVENTS=y",
		.feeds = { EV(EXEC), EV(FORK), CHANGES }, .gives = { EV(EXEC), EV(FORK) },
		.tries = {
			{ .tier = MMT_TIER_RAW_TP, .object = OBJ_CORE,
			  .progs = { "fork__raw_tp", "free__raw_tp", "exec__raw_tp", "thread_exit__raw_tp" } },
			{ .tier = MMT_TIER_TP, .object = OBJ_PLAIN,
			  .progs = { "fork__tp", "free__tp", "exec__tp", "thread_exit__tp" }, .lacks = "fork exec.file" },
		},
	},
	[MMT_HOOK_IMPORT] = {
		.id = MMT_HOOK_IMPORT, .name = "import", .text = "mappings that exist before the start",
		.config = "CONFIG_DEBUG_INFO_BTF=y (Linux 5.12)",
		.feeds = { EV(VMA_IMPORT), EV(VMA_WALK) }, .gives = { EV(VMA_IMPORT), EV(VMA_WALK) },
		.tries = {
			{ .tier = MMT_TIER_ITER, .object = OBJ_CORE, .progs = { "import__iter", "walk__iter" } },
			{ .tier = MMT_TIER_PROC, .object = OBJ_CORE, .progs = { "number__iter" },
			  .lacks = "vma_import.vm_flags vma_import.ops vma_import.rdev" },
			{ .tier = MMT_TIER_PROC, .object = OBJ_PLAIN, .lacks = "vma_import.vm_flags vma_import.ops vma_import.rdev" },
		},
	},
	[MMT_HOOK_MEMTYPE] = {
		.id = MMT_HOOK_MEMTYPE, .name = "memtype", .text = "memory types of mappings of one's own, to check the others by",
		.config = "CONFIG_DEBUG_INFO_BTF=y", .feeds = { INSTALLS, CHANGES, EV(VMA_IMPORT), EV(VMA_WALK) },
		.part = "the check of memory types",
		.tries = {
			{ .tier = MMT_TIER_ITER, .object = OBJ_CORE, .progs = { "own_vmas__iter" } },
			{ .tier = MMT_TIER_ITER, .object = OBJ_CORE, .progs = { "own_list__iter" } }, /* before 5.12 */
		},
	},
	[MMT_HOOK_MAP] = {
		.id = MMT_HOOK_MAP, .name = "change.map", .text = "a mapping begins: mmap_region()", .config = NEED_ANY,
		.feeds = { CHANGES, DRIVERS, INSTALLS, OBJECTS },
		.gives = { EV(VMA_MAP), EV(DRIVER_MMAP) }, .tries = ENTRY_TRIES("mmap_region", "map_enter"),
	},
	[MMT_HOOK_COMMIT] = {
		.id = MMT_HOOK_COMMIT, .name = "change.commit", .text = "a mapping is in place: perf_event_mmap()", .config = NEED_ANY,
		.feeds = { CHANGES, DRIVERS, INSTALLS, OBJECTS },
		.gives = { EV(VMA_MAP), EV(VMA_PROT), EV(VMA_GROW) },
		.tries = { TRY_FENTRY("perf_event_mmap", 0, "commit"), TRY_KPROBE("perf_event_mmap", 0, "commit"),
			{ .tier = MMT_TIER_KPROBE, .object = OBJ_CORE, .fn = "vma_set_page_prot",
			  .progs = { "commit_page_prot__kprobe", "grow_enter__kprobe", "grow_leave__kretprobe",
				"commit_brk__kretprobe", "commit_special__kretprobe" } } },
	},
	[MMT_HOOK_GATHER] = {
		.id = MMT_HOOK_GATHER, .name = "change.overmap", .text = "an over-map takes away what was there", .config = NEED_ANY,
		.optional = true, /* Linux 6.12 */
		.feeds = { CHANGES, EV(MUNMAP) },
		.part = "munmap.bytes, vma_unmap of over-maps", .tries = ENTRY_TRIES("vms_gather_munmap_vmas", "gather"),
	},
	[MMT_HOOK_UNMAP] = {
		.id = MMT_HOOK_UNMAP, .name = "change.unmap", .text = "a range is unmapped", .config = NEED_ANY,
		.feeds = { CHANGES, EV(MUNMAP), OBJECTS }, .gives = { EV(VMA_UNMAP) }, .part = "munmap.bytes",
		.tries = {
			TRY_FENTRY("vms_complete_munmap_vmas", 0, "unmap_complete"), TRY_KPROBE("vms_complete_munmap_vmas", 0, "unmap_complete"),
			{ .tier = MMT_TIER_KPROBE, .object = OBJ_CORE, .fn = "do_mas_align_munmap",
			  .progs = { "unmap_align__kprobe", "unmap_done__kprobe" }, .lacks = "vma_unmap.bytes" },
			{ .tier = MMT_TIER_KPROBE, .object = OBJ_CORE, .fn = "__do_munmap",
			  .progs = { "unmap_510__kprobe", "unmap_done__kprobe" }, .lacks = "vma_unmap.bytes" },
		},
	},
	[MMT_HOOK_PROT] = {
		.id = MMT_HOOK_PROT, .name = "change.prot", .text = "permissions change: mprotect_fixup()", .config = NEED_ANY,
		.feeds = { CHANGES }, .gives = { EV(VMA_PROT) },
		.tries = { TRY_FENTRY("mprotect_fixup", 7, "prot_enter7"), TRY_FENTRY("mprotect_fixup", 6, "prot_enter6"),
			TRY_KPROBE("mprotect_fixup", 7, "prot_enter7"), TRY_KPROBE("mprotect_fixup", 6, "prot_enter6"),
			TRY_KPROBE("mprotect_fixup", 5, "prot_enter5") },
	},
	[MMT_HOOK_MOVE] = {
		.id = MMT_HOOK_MOVE, .name = "change.move", .text = "a mapping moves: move_page_tables()", .config = NEED_ANY,
		.feeds = { CHANGES, EV(VMA_NEW) }, .gives = { EV(VMA_MOVE) },
		.tries = { TRY_FENTRY("move_page_tables", 1, "move_tables1"), TRY_FENTRY("move_page_tables", 6, "move_tables"),
			TRY_FENTRY("move_page_tables", 7, "move_tables"),
			/* before 6.1; mremap may have a copy of move_page_tables of its own */
			{ .tier = MMT_TIER_KPROBE, .object = OBJ_CORE, .fn = "__do_munmap",
			  .progs = { "move_tables__kprobe", "copy_enter__kprobe" } },
			TRY_KPROBE("move_page_tables", 1, "move_tables1"), TRY_KPROBE("move_page_tables", 6, "move_tables"),
			TRY_KPROBE("move_page_tables", 7, "move_tables") },
	},
	[MMT_HOOK_EXTEND] = {
		.id = MMT_HOOK_EXTEND, .name = "change.extend", .text = "a mapping grows in place: vm_stat_account()", .config = NEED_ANY,
		.feeds = { CHANGES },
		.part = "vma_move that grows in place", .tries = ENTRY_TRIES("vm_stat_account", "extend"),
	},
	[MMT_HOOK_BRK] = {
		.id = MMT_HOOK_BRK, .name = "change.brk", .text = "the heap grows: do_brk_flags()", .config = NEED_ANY,
		.feeds = { CHANGES, EV(VMA_NEW) }, .part = "vma_map by brk",
		.tries = { TRY_FENTRY("do_brk_flags", 5, "brk_enter5"), TRY_KPROBE("do_brk_flags", 5, "brk_enter5"),
			{ .tier = MMT_TIER_KPROBE, .object = OBJ_CORE, .fn = "do_brk_flags", .nargs = 4, .nargs_or_unknown = true,
			  .progs = { "brk_enter4__kprobe" } } },
	},
	[MMT_HOOK_DUP] = {
		.id = MMT_HOOK_DUP, .name = "change.dup", .text = "fork copies a mapping: copy_page_range()", .config = NEED_ANY,
		.feeds = { CHANGES, EV(DRIVER_OPEN) }, .gives = { EV(VMA_DUP) }, .tries = ENTRY_TRIES("copy_page_range", "dup_range"),
	},
	[MMT_HOOK_WIPE] = {
		.id = MMT_HOOK_WIPE, .name = "change.wipe", .text = "fork empties a mapping: dup_userfaultfd()", .config = NEED_ANY " CONFIG_USERFAULTFD=y",
		.optional = true, .feeds = { CHANGES },
		.part = "vma_dup of MADV_WIPEONFORK", .tries = ENTRY_TRIES("dup_userfaultfd", "dup_wiped"),
	},
	[MMT_HOOK_EXIT] = {
		.id = MMT_HOOK_EXIT, .name = "change.exit", .text = "an address space ends: exit_mmap()", .config = NEED_ANY,
		/* the end of an address space is the end of its number, whatever else bears that */
		.feeds = { EV(EXIT), CALLS, CHANGES, DRIVERS, INSTALLS, OBJECTS, EV(FAULT), EV(FAULT_KEY), EV(EXEC), EV(FORK), EV(REMOTE), EV(SIGNAL) },
		.gives = { EV(EXIT) },
		.tries = { TRY_FENTRY("exit_mmap", 0, "mm_exit"), TRY_KPROBE("exit_mmap", 0, "mm_exit"),
			{ .tier = MMT_TIER_RAW_TP, .object = OBJ_CORE, .progs = { "mm_exit__raw_tp" } } },
	},
	[MMT_HOOK_VMA_ALLOC] = {
		.id = MMT_HOOK_VMA_ALLOC, .name = "object.alloc", .text = "vm_area_alloc()", .config = NEED_ANY,
		.feeds = { OBJECTS }, .gives = { EV(VMA_NEW) }, .tries = RETURN_TRIES("vm_area_alloc", "vma_alloc"),
	},
	[MMT_HOOK_VMA_DUP] = {
		.id = MMT_HOOK_VMA_DUP, .name = "object.dup", .text = "vm_area_dup()", .config = NEED_ANY,
		.feeds = { OBJECTS }, .part = "vma_new by fork", .tries = RETURN_TRIES("vm_area_dup", "vma_dup"),
	},
	[MMT_HOOK_VMA_SPLIT] = {
		.id = MMT_HOOK_VMA_SPLIT, .name = "object.split", .text = "__split_vma()", .config = NEED_ANY,
		.feeds = { OBJECTS }, .part = "vma_new by split", .tries = RETURN_TRIES("__split_vma", "vma_split"),
	},
	[MMT_HOOK_VMA_INSERT] = {
		.id = MMT_HOOK_VMA_INSERT, .name = "object.insert", .text = "insert_vm_struct()", .config = NEED_ANY,
		.optional = true, /* the stack of a new program goes another way since 6.16 */
		.feeds = { OBJECTS }, .part = "vma_new of stacks by exec", .tries = ENTRY_TRIES("insert_vm_struct", "vma_inserted"),
	},
	[MMT_HOOK_VMA_FREE] = {
		.id = MMT_HOOK_VMA_FREE, .name = "object.free", .text = "vm_area_free()", .config = NEED_ANY,
		.feeds = { OBJECTS, EV(DRIVER_CLOSE) }, .gives = { EV(VMA_FREE) },
		.tries = ENTRY_TRIES("vm_area_free", "vma_freed"),
	},
	[MMT_HOOK_VMA_REMOVE] = {
		.id = MMT_HOOK_VMA_REMOVE, .name = "object.remove", .text = "remove_vma(), at exit", .config = NEED_ANY,
		.optional = true, .feeds = { EV(VMA_FREE), EV(DRIVER_CLOSE) }, .part = "vma_free at exit",
		.tries = { TRY_FENTRY("remove_vma", 2, "vma_removed"), TRY_FENTRY("remove_vma", 1, "vma_removed1"),
			TRY_KPROBE("remove_vma", 2, "vma_removed"), TRY_KPROBE("remove_vma", 1, "vma_removed1") },
	},
	[MMT_HOOK_VMA_CLOSE] = {
		.id = MMT_HOOK_VMA_CLOSE, .name = "driver.close", .text = "vma_close()", .config = NEED_ANY,
		.optional = true, /* Linux 6.1.119, 6.6.63; inlined in 6.12 */
		.feeds = { EV(DRIVER_CLOSE) }, .part = "driver_close that no probe timed",
		.tries = ENTRY_TRIES("vma_close", "vma_closed"),
	},
	[MMT_HOOK_OPEN_FILE] = {
		.id = MMT_HOOK_OPEN_FILE, .name = "driver.file", .text = "a file is opened: its ->mmap can be probed", .config = NEED_ANY,
		.feeds = { DRIVERS },
		.part = "driver_mmap's time at the first call", .tries = ENTRY_TRIES("fd_install", "file_opened"),
	},
	[MMT_HOOK_DRIVER] = {
		.id = MMT_HOOK_DRIVER, .name = "driver.probe", .text = "->mmap and vm_ops of any driver", .config = NEED_KPROBE,
		.optional = true, .feeds = { DRIVERS },
		.gives = { EV(DRIVER_OPEN), EV(DRIVER_CLOSE), EV(DRIVER_FAULT), EV(DRIVER_MKWRITE), EV(DRIVER_ACCESS),
			EV(DRIVER_SPLIT) }, .part = "driver_mmap's time and result",
		/* its programs, in objects.c, go to functions found at run time; mmap_region finds the first of them */
		.tries = { { .tier = MMT_TIER_KPROBE, .object = OBJ_CORE, .fn = "mmap_region" } },
	},
	HELPER_ROW(REMAP_PFN, "remap_pfn_range", false, "pfn_map", EV(PFN_MAP), HELPER_TRIES("remap_pfn_range", "remap_pfn", "", NO_VMA)),
	HELPER_ROW(IOMAP, "vm_iomap_memory", false, "pfn_map", 0, HELPER_TRIES("vm_iomap_memory", "iomap", "", NO_PFN_RANGE)),
	HELPER_ROW(INSERT_PAGE, "vm_insert_page", false, "page_map", EV(PAGE_MAP), PAGE_TRIES("vm_insert_page", "insert_page", NO_PROT ", " NO_VMA)),
	HELPER_ROW(INSERT_PAGES, "vm_insert_pages", false, "page_map", 0, PAGE_TRIES("vm_insert_pages", "insert_pages", NO_PROT ", " NO_VMA)),
	HELPER_ROW(MAP_PAGES, "vm_map_pages", false, "page_map", 0, PAGE_TRIES("vm_map_pages", "map_pages", NO_PROT ", " NO_VMA)),
	HELPER_ROW(MAP_ZERO, "vm_map_pages_zero", false, "page_map", 0, PAGE_TRIES("vm_map_pages_zero", "map_zero", NO_PROT ", " NO_VMA)),
	HELPER_ROW(VMALLOC, "remap_vmalloc_range", false, "page_map", 0, PAGE_TRIES("remap_vmalloc_range", "vmalloc", NO_PROT ", " NO_VMA)),
	HELPER_ROW(VMALLOC_PART, "remap_vmalloc_range_partial", false, "page_map", 0, PAGE_TRIES("remap_vmalloc_range_partial", "vmalloc_part", NO_PROT ", " NO_VMA)),
	HELPER_ROW(DMA_MMAP, "dma_mmap_attrs", false, "dma_map", EV(DMA_MAP), HELPER_TRIES("dma_mmap_attrs", "dma_mmap", "", NO_DMA)),
	HELPER_ROW(DMA_PAGES, "dma_mmap_pages", true, "dma_map", 0, HELPER_TRIES("dma_mmap_pages", "dma_pages", "", NO_DMA)), /* Linux 5.11 */
	HELPER_ROW(DMA_NONCONT, "dma_mmap_noncontiguous", true, "dma_map", 0, HELPER_TRIES("dma_mmap_noncontiguous", "dma_noncont", "", NO_DMA)), /* Linux 5.13 */
	/* what dma_mmap_attrs calls: as the kernel is configured */
	HELPER_ROW(DMA_DIRECT, "dma_direct_mmap", true, "dma_map", 0, HELPER_TRIES("dma_direct_mmap", "dma_direct", "", NO_DMA)),
	HELPER_ROW(DMA_IOMMU, "iommu_dma_mmap", true, "dma_map", 0, HELPER_TRIES("iommu_dma_mmap", "dma_iommu", "", NO_DMA)),
	HELPER_ROW(DMA_COMMON, "dma_common_mmap", true, "dma_map", 0, HELPER_TRIES("dma_common_mmap", "dma_common", "", NO_DMA)),
	HELPER_ROW(REMAP_DONE, "remap_pfn_range_complete", true, "pfn_map", 0, { /* Linux 6.19, other arguments since 7.1 */
		TRY_HELPER(FENTRY, CORE, "remap_pfn_range_complete", 2, "remap_done2", "__fentry", "__fexit", ""),
		TRY_HELPER(FENTRY, CORE, "remap_pfn_range_complete", 5, "remap_done5", "__fentry", "__fexit", ""),
		TRY_HELPER(KPROBE, CORE, "remap_pfn_range_complete", 2, "remap_done2", "__kprobe", "__kretprobe", ""),
		TRY_HELPER(KPROBE, CORE, "remap_pfn_range_complete", 5, "remap_done5", "__kprobe", "__kretprobe", ""),
		TRY_HELPER(KPROBE, PLAIN, "remap_pfn_range_complete", 0, "remap_done", "__kprobe", "__kretprobe",
			NO_PFN_RANGE) }),
	HELPER_ROW(VMF_PFN, "vmf_insert_pfn", false, "pfn_map", 0, HELPER_TRIES("vmf_insert_pfn", "vmf_pfn", "", NO_VMA)),
	HELPER_ROW(VMF_PFN_PROT, "vmf_insert_pfn_prot", false, "pfn_map", 0, HELPER_TRIES("vmf_insert_pfn_prot", "vmf_pfn_prot", "", NO_VMA)),
	HELPER_ROW(VMF_MIXED, "vmf_insert_mixed", false, "pfn_map", 0, HELPER_TRIES("vmf_insert_mixed", "vmf_mixed", "", "pfn_map.pgprot of some, " NO_VMA)),
	HELPER_ROW(VMF_MIXED_W, "vmf_insert_mixed_mkwrite", false, "pfn_map", 0, HELPER_TRIES("vmf_insert_mixed_mkwrite", "vmf_mixed_w", "", "pfn_map.pgprot of some, " NO_VMA)),
	HELPER_ROW(VMF_MIXED_P, "vmf_insert_mixed_prot", true, "pfn_map", 0, HELPER_TRIES("vmf_insert_mixed_prot", "vmf_mixed_prot", "", NO_VMA)), /* 5.10, 6.1; not 6.12 */
	/* CONFIG_TRANSPARENT_HUGEPAGE; folios and vmf_insert_page_mkwrite since Linux 6.15 */
	HELPER_ROW(VMF_PMD, "vmf_insert_pfn_pmd", true, "pfn_map", 0, LARGE_TRIES("vmf_insert_pfn_pmd", "vmf_pmd")),
	HELPER_ROW(VMF_PUD, "vmf_insert_pfn_pud", true, "pfn_map", 0, LARGE_TRIES("vmf_insert_pfn_pud", "vmf_pud")),
	HELPER_ROW(VMF_PAGE_W, "vmf_insert_page_mkwrite", true, "page_map", 0, PAGE_TRIES("vmf_insert_page_mkwrite", "vmf_page_w", "page_map.addr of a vm_fault, " NO_PROT ", " NO_VMA)),
	HELPER_ROW(VMF_FOLIO_PMD, "vmf_insert_folio_pmd", true, "page_map", 0, PAGE_TRIES("vmf_insert_folio_pmd", "vmf_folio_pmd", "page_map.addr of a vm_fault, " NO_PROT ", " NO_VMA)),
	HELPER_ROW(VMF_FOLIO_PUD, "vmf_insert_folio_pud", true, "page_map", 0, PAGE_TRIES("vmf_insert_folio_pud", "vmf_folio_pud", "page_map.addr of a vm_fault, " NO_PROT ", " NO_VMA)),
	/* CONFIG_DMA_SHARED_BUFFER; the last two are in the module drm, which may not be loaded */
	HELPER_ROW(BUF_MMAP, "dma_buf_mmap", true, "obj_map", 0, HELPER_TRIES("dma_buf_mmap", "buf_mmap", "", NO_OBJ)),
	HELPER_ROW(BUF_FILE, "dma_buf_mmap_internal", true, "obj_map", EV(OBJ_MAP), HELPER_TRIES("dma_buf_mmap_internal", "buf_file", "", NO_OBJ)),
	HELPER_ROW(GEM_MMAP, "drm_gem_mmap", true, "obj_map", 0, HELPER_TRIES("drm_gem_mmap", "gem_mmap", "", NO_OBJ)),
	HELPER_ROW(GEM_OBJ, "drm_gem_mmap_obj", true, "obj_map", 0, HELPER_TRIES("drm_gem_mmap_obj", "gem_obj", "", "obj_map.addr obj_map.len obj_map.name, " NO_VMA)),
	[MMT_HOOK_FAULT] = {
		.id = MMT_HOOK_FAULT, .name = "fault", .text = "page faults, entry and end", .config = NEED_ANY,
		.feeds = { EV(FAULT) }, .gives = { EV(FAULT), EV(FAULT_SPLIT) },
		.tries = {
			{ .tier = MMT_TIER_FENTRY, .object = OBJ_CORE, .fn = "handle_mm_fault", .nargs = 4,
			  .progs = { "fault_enter__fentry", "fault_leave__fexit" } },
			{ .tier = MMT_TIER_KPROBE_PERF, .object = OBJ_CORE, .fn = "handle_mm_fault",
			  .progs = { "fault_enter__kprobe", "fault_min__perf", "fault_maj__perf" },
			  .lacks = "fault.result, faults of the kernel itself (mode gup)" },
			{ .tier = MMT_TIER_PERF, .object = OBJ_CORE,
			  .progs = { "fault_enter__perf", "fault_min__perf", "fault_maj__perf" },
			  .lacks = "fault.flags fault.result, the VMA when another thread is mapping, faults of the kernel itself (mode gup)" },
			{ .tier = MMT_TIER_PERF, .object = OBJ_PLAIN,
			  .progs = { "fault_enter__perf", "fault_min__perf", "fault_maj__perf" },
			  .lacks = "fault.flags fault.result fault.class, the VMA, faults of the kernel itself (mode gup)" },
		},
	},
	MARK_ROW(MARK_WP, "do_wp_page", "mark_wp", false, 0),
	MARK_ROW(MARK_SWAP, "do_swap_page", "mark_swap", true, 0),
	MARK_ROW(MARK_DOFAULT, "__do_fault", "mark_dofault", false, EV(DRIVER_FAULT)),
	MARK_ROW(MARK_AROUND, "filemap_map_pages", "mark_around", false, 0),
	MARK_ROW(MARK_MKWRITE, "do_page_mkwrite", "mark_mkwrite", true, EV(DRIVER_MKWRITE)),
	MARK_ROW(MARK_UFFD, "handle_userfault", "mark_uffd", true, 0),
	/* every huge page of anonymous memory deposits a page table, and nothing that falls back to small ones does: 5.10 to 6.12 */
	MARK_ROW(MARK_HUGE, "pgtable_trans_huge_deposit", "mark_huge", true, 0),
	[MMT_HOOK_TOTAL] = {
		.id = MMT_HOOK_TOTAL, .name = "total", .text = "totals of page faults, added up in the kernel", .config = NEED_ANY,
		.feeds = { EV(FAULT_KEY) }, .gives = { EV(FAULT_KEY) },
		.tries = {
			{ .tier = MMT_TIER_FENTRY, .object = OBJ_CORE, .fn = "handle_mm_fault", .nargs = 4,
			  .progs = { "total_enter_%__fentry", "total_leave_%__fexit" } },
			{ .tier = MMT_TIER_KPROBE_PERF, .object = OBJ_CORE, .fn = "handle_mm_fault",
			  .progs = { "total_enter_%__kprobe", "total_min_%__perf", "total_maj_%__perf" },
			  .lacks = "faults of the kernel itself (mode gup)" },
			{ .tier = MMT_TIER_PERF, .object = OBJ_CORE,
			  .progs = { "total_enter_%__perf", "total_min_%__perf", "total_maj_%__perf" },
			  .lacks = "the kind, the VMA when another thread is mapping, faults of the kernel itself (mode gup)" },
			{ .tier = MMT_TIER_PERF, .object = OBJ_PLAIN,
			  .progs = { "total_enter_%__perf", "total_min_%__perf", "total_maj_%__perf" },
			  .lacks = "the kind, the class, the VMA, faults of the kernel itself (mode gup)" },
		},
	},
	[MMT_HOOK_COUNT] = {
		.id = MMT_HOOK_COUNT, .name = "total.count", .text = "faults counted by kind, and not timed", .config = NEED_ANY,
		.optional = true, .feeds = { EV(FAULT_KEY) },
		.tries = {
			{ .tier = MMT_TIER_FENTRY, .object = OBJ_CORE, .fn = "handle_mm_fault", .nargs = 4,
			  .progs = { "count_leave__fexit" } },
			{ .tier = MMT_TIER_PERF, .object = OBJ_CORE, .progs = { "count_min__perf", "count_maj__perf" } },
			{ .tier = MMT_TIER_PERF, .object = OBJ_PLAIN, .progs = { "count_min__perf", "count_maj__perf" } },
		},
	},
	[MMT_HOOK_SAMPLE] = {
		.id = MMT_HOOK_SAMPLE, .name = "total.sample", .text = "a timer that sees whether a program is in a fault",
		.optional = true, .feeds = { EV(FAULT_KEY) },
		.tries = {
			{ .tier = MMT_TIER_PERF, .object = OBJ_CORE, .progs = { "sample_clock__perf" } },
			{ .tier = MMT_TIER_PERF, .object = OBJ_PLAIN, .progs = { "sample_clock__perf" } },
		},
	},
	[MMT_HOOK_SPLIT_LOCK] = {
		.id = MMT_HOOK_SPLIT_LOCK, .name = "split.lock", .text = "the wait for the mmap lock before a fault", .config = NEED_ANY,
		.optional = true, .feeds = { EV(FAULT_SPLIT) }, .part = "fault_split.lock",
		.tries = {
			{ .tier = MMT_TIER_FENTRY, .object = OBJ_CORE, .fn = "do_mem_abort", .progs = { "split_abort__fentry" } },
			{ .tier = MMT_TIER_PERF, .object = OBJ_PLAIN, .progs = { "split_abort__perf" } },
		},
	},
	[MMT_HOOK_SPLIT_DRIVER] = {
		.id = MMT_HOOK_SPLIT_DRIVER, .name = "split.driver", .text = "time in ->fault of drivers and filesystems",
		.config = NEED_FENTRY, .optional = true, .feeds = { EV(FAULT_SPLIT) }, .part = "fault_split.driver",
		.tries = {
			{ .tier = MMT_TIER_FENTRY, .object = OBJ_CORE, .fn = "__do_fault",
			  .progs = { "split_dofault__fentry", "split_dofault_end__fexit",
				"split_mkwrite__fentry", "split_mkwrite_end__fexit" } },
			{ .tier = MMT_TIER_FENTRY, .object = OBJ_CORE, .fn = "__do_fault",
			  .progs = { "split_dofault__fentry", "split_dofault_end__fexit" },
			  .lacks = "time in ->page_mkwrite" },
		},
	},
	[MMT_HOOK_SPLIT_OFFCPU] = {
		.id = MMT_HOOK_SPLIT_OFFCPU, .name = "split.offcpu", .text = "time a fault is not on a CPU",
		.config = "CONFIG_TRACEPOINTS=y", .optional = true, .feeds = { EV(FAULT_SPLIT) }, .part = "fault_split.offcpu",
		.tries = {
			{ .tier = MMT_TIER_RAW_TP, .object = OBJ_CORE, .progs = { "split_switch__raw_tp" } },
			{ .tier = MMT_TIER_TP, .object = OBJ_PLAIN, .progs = { "split_switch__tp" } },
		},
	},
	[MMT_HOOK_SPLIT_ALLOC] = {
		.id = MMT_HOOK_SPLIT_ALLOC, .name = "split.alloc", .text = "time a fault is in the page allocator",
		.config = NEED_ANY, .optional = true, .feeds = { EV(FAULT_SPLIT) }, .part = "fault_split.alloc",
		.tries = {
			TRY_ALLOC(FENTRY, "__alloc_frozen_pages_noprof", "split_alloc_frozen__fentry"),
			TRY_ALLOC(FENTRY, "__alloc_pages_noprof", "split_alloc__fentry"),
			TRY_ALLOC(FENTRY, "__alloc_pages", "split_alloc_prof__fentry"),
			TRY_ALLOC(FENTRY, "__alloc_pages_nodemask", "split_alloc_nodemask__fentry"),
			TRY_ALLOC(KPROBE, "__alloc_frozen_pages_noprof", "split_alloc_frozen__kprobe"),
			TRY_ALLOC(KPROBE, "__alloc_pages_noprof", "split_alloc__kprobe"),
			TRY_ALLOC(KPROBE, "__alloc_pages", "split_alloc_prof__kprobe"),
			TRY_ALLOC(KPROBE, "__alloc_pages_nodemask", "split_alloc_nodemask__kprobe"),
		},
	},
	[MMT_HOOK_SIGNAL] = {
		.id = MMT_HOOK_SIGNAL, .name = "fault.signal", .text = "a signal ends a fault", .config = "CONFIG_TRACEPOINTS=y",
		.feeds = { EV(FAULT), EV(FAULT_KEY) }, .part = "fault ended by a signal",
		.tries = { { .tier = MMT_TIER_RAW_TP, .object = OBJ_CORE, .progs = { "fault_signal__raw_tp" } },
			{ .tier = MMT_TIER_RAW_TP, .object = OBJ_PLAIN, .progs = { "fault_signal__raw_tp" } } },
	},
	[MMT_HOOK_SIGNALLED] = {
		.id = MMT_HOOK_SIGNALLED, .name = "signal", .text = "SIGBUS and SIGSEGV for an access to memory", .config = "CONFIG_TRACEPOINTS=y",
		.feeds = { EV(SIGNAL) }, .gives = { EV(SIGNAL) },
		.tries = { { .tier = MMT_TIER_RAW_TP, .object = OBJ_CORE, .progs = { "signal__raw_tp" } },
			{ .tier = MMT_TIER_RAW_TP, .object = OBJ_PLAIN, .progs = { "signal__raw_tp" },
			  .lacks = "signal.ip where no fault is traced, signals for other threads" } },
	},
	[MMT_HOOK_REMOTE] = {
		.id = MMT_HOOK_REMOTE, .name = "remote", .text = "who is reached into by ptrace, process_vm_readv and /proc/PID/mem",
		.config = NEED_ANY, .feeds = { EV(REMOTE) }, .gives = { EV(REMOTE) },
		.tries = {
			{ .tier = MMT_TIER_FENTRY, .object = OBJ_CORE, .fn = "mem_read", .progs = { REACHES("fentry", "fexit") } },
			{ .tier = MMT_TIER_KPROBE, .object = OBJ_CORE, .fn = "mem_read", .progs = { REACHES("kprobe", "kretprobe") } },
			/* the calls themselves, which the hook `call` sees; nothing to attach */
			{ .tier = MMT_TIER_RAW_TP, .object = OBJ_PLAIN,
			  .lacks = "remote by /proc/PID/mem, remote.mm, remote.target but as the caller numbers it" },
		},
	},
	[MMT_HOOK_DEMO] = {
		.id = MMT_HOOK_DEMO, .name = "demo", .text = "trace events of the demo driver, when it is loaded", .config = "the module mmdemo",
		.optional = true, .feeds = { EV(DEMO) }, .gives = { EV(DEMO) },
		.tries = {
			{ .tier = MMT_TIER_RAW_TP, .object = OBJ_CORE, .progs = { "demo_open__raw_tp", "demo_close__raw_tp", "demo_fault__raw_tp" } },
			{ .tier = MMT_TIER_RAW_TP, .object = OBJ_PLAIN, .progs = { "demo_open__raw_tp", "demo_close__raw_tp", "demo_fault__raw_tp" } },
		},
	},
};
