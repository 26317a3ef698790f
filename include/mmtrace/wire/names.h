/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Items that travel in the ring beside events: variable data, sent once. Each begins with { u16 type; u16 size }.
 * Types are >= MMT_ITEM_FIRST, so that an event and an item are told apart by the first two bytes.
 */
#ifndef MMTRACE_WIRE_NAMES_H
#define MMTRACE_WIRE_NAMES_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

enum mmt_item_type {
	MMT_ITEM_FIRST = 0x8000,
	MMT_ITEM_NAME = 0x8001,	    /* struct mmt_name: key -> text */
	MMT_ITEM_PATH = 0x8002,	    /* struct mmt_path: key -> components, leaf first */
	MMT_ITEM_FUNC = 0x8003,	    /* struct mmt_func: a driver's function seen for the first time */
	MMT_ITEM_SYNC = 0x8004,	    /* struct mmt_sync: a mark in the stream's order */
	MMT_ITEM_STACK = 0x8005,    /* struct mmt_stack: id -> return addresses, innermost first */
	MMT_ITEM_IOMEM = 0x8006,    /* struct mmt_iomem: a named range of physical addresses */
	MMT_ITEM_MEMTYPE = 0x8007,  /* struct mmt_memtype: how memory types are to be read from pgprot */
	MMT_ITEM_TOTAL = 0x8008,    /* struct mmt_total: what the faults of a key came to so far (total.h) */
	MMT_ITEM_SAMPLES = 0x8009,  /* struct mmt_samples: how often a timer found the program in a fault (total.h) */
	MMT_ITEM_COMM = 0x800a,	    /* struct mmt_comm: name of a process that nothing in the stream has told */
	MMT_ITEM_RESIDENT = 0x800b, /* struct mmt_resident: what of a range was in memory when that was asked */
};

enum mmt_name_kind {
	MMT_NAME_TEXT = 0, /* a string: comm, device name, path given to exec */
	MMT_NAME_PATH = 1, /* a whole path */
	MMT_NAME_KSYM = 2, /* "module:function" or "function", of a kernel address */
	MMT_NAME_USYM =
		3, /* "binary:function+0x1c", of an address in a process; "": no code is there (src/enrich/stacks.h) */
};

#define MMT_NAME_MAX 256 /* bytes of text in a BPF-made name item, NUL included */

/* size covers the text and its NUL, rounded up to 8 */
struct mmt_name {
	__u16 type;
	__u16 size;
	__u32 kind; /* enum mmt_name_kind */
	__u64 key;
	char text[]; /* NUL-terminated */
};

/*
 * A path walked in BPF over dentries and mounts: `used` bytes of NUL-terminated components, leaf first. truncated != 0:
 * the walk ended before the root (deeper than MMT_PATH_DEPTH or no room), so the path's beginning is missing.
 */
#define MMT_PATH_BYTES	 1536 /* room for components */
#define MMT_PATH_SLACK	 256  /* one component more, so that the verifier can bound a write */
#define MMT_PATH_DEPTH	 48   /* components */
#define MMT_PATH_DELETED 1    /* the file has no name any more */
#define MMT_PATH_PSEUDO	 2    /* of no directory (memfd, anon inode): the text is its name, not a path */

struct mmt_path {
	__u16 type;
	__u16 size;
	__u16 used;
	__u8 truncated;
	__u8 deleted; /* MMT_PATH_DELETED or MMT_PATH_PSEUDO, 0: neither */
	__u64 key;
	char text[MMT_PATH_BYTES + MMT_PATH_SLACK];
};

enum mmt_func_role {
	MMT_ROLE_MMAP = 0, /* of the file's operations; all others of vm_ops */
	MMT_ROLE_PREPARE = 1,
	MMT_ROLE_OPEN = 2,
	MMT_ROLE_CLOSE = 3,
	MMT_ROLE_FAULT = 4,
	MMT_ROLE_HUGE_FAULT = 5,
	MMT_ROLE_PAGE_MKWRITE = 6,
	MMT_ROLE_PFN_MKWRITE = 7,
	MMT_ROLE_ACCESS = 8,
	MMT_ROLE_SPLIT = 9, /* may_split; split before 5.11 */
};

/* A driver's callback that no probe sits on yet: user space attaches one. */
struct mmt_func {
	__u16 type;
	__u16 size;
	__u32 role; /* enum mmt_func_role */
	__u64 func; /* kernel address */
};

enum mmt_sync_what {
	MMT_SYNC_IMPORT_BEGIN = 1,
	MMT_SYNC_IMPORT_END = 2,
	MMT_SYNC_WALK_BEGIN = 3, /* vma_walk events of address space mm follow, mixed with whatever else happens */
	MMT_SYNC_WALK_END = 4,	 /* nothing is mapped behind the last of them */
	MMT_SYNC_WALK_CUT = 5,	 /* instead: it ended early, and nothing is said of what is behind the last of them */
};

struct mmt_sync {
	__u16 type;
	__u16 size;
	__u32 what;
	__u64 ts_ns;
	__u32 mm;  /* of a walk, else 0 */
	__u32 pid; /* of a walk: whose address space */
};

#define MMT_STACK_DEPTH 64 /* frames kept; what is deeper is cut off at the outer end */

enum mmt_stack_kind { MMT_STACK_KERNEL = 1, MMT_STACK_USER = 2 };

/*
 * size covers the nr addresses that are there. Of a user stack, which is as long as the program keeps frame pointers: whose it is,
 * by process and by number of its address space, which is where its addresses mean something. lr: link register of an arm64
 * program: where a function that has no frame of its own returns to, so one frame between the first and the second; anything
 * else in one that has.
 */
struct mmt_stack {
	__u16 type;
	__u16 size;
	__u32 id; /* hash of all that is here, never 0 */
	__u16 nr;
	__u16 kind; /* enum mmt_stack_kind */
	__u32 pid;  /* of a user stack, else 0 */
	__u32 mm;   /* likewise; 0 when there is no number */
	__u32 zero0;
	__u64 lr; /* 0: none, or not known */
	__u64 addr[MMT_STACK_DEPTH];
};

/* One line of /proc/iomem; outer ranges come before those inside. size covers the text and its NUL, rounded up to 8. */
struct mmt_iomem {
	__u16 type;
	__u16 size;
	__u32 depth; /* 0: outermost */
	__u64 start;
	__u64 end; /* first address behind it */
	char text[];
};

/* Encodings of a memory type in pgprot: src/enrich/memtype.c has the tables. */
enum mmt_memtype_table {
	MMT_MEMTYPE_NONE = 0,
	MMT_MEMTYPE_ARM64_5_10 = 1, /* arm64 before 5.14: WT at index 3 */
	MMT_MEMTYPE_ARM64 = 2,	    /* arm64 since */
	MMT_MEMTYPE_X86_PAT = 3,
};

/* Which mappings of one's own decoded as what they are. */
enum mmt_memtype_check {
	MMT_MEMTYPE_SAW_NORMAL = 1,
	MMT_MEMTYPE_SAW_DEVICE = 2,
	MMT_MEMTYPE_SAW_NC = 4, /* Normal-NC, or write-combining on x86 */
	MMT_MEMTYPE_WRONG = 8,	/* one decoded as something else: the table does not fit this kernel */
};

struct mmt_memtype {
	__u16 type;
	__u16 size;
	__u32 table;  /* enum mmt_memtype_table, chosen by release and machine */
	__u32 checks; /* enum mmt_memtype_check bits */
	__u32 zero0;
};

/* As /proc/PID/comm had it; "?": the process had gone. Comes before the event that it is for. */
struct mmt_comm {
	__u16 type;
	__u16 size;
	__u32 pid;
	char comm[16];
};

#define MMT_RESIDENT_UNKNOWN (~0ULL)

/* One range of /proc/PID/smaps. nth 0: all that was said of the process before is of another time. */
struct mmt_resident {
	__u16 type;
	__u16 size;
	__u32 pid;
	__u32 nth;
	char perms[4]; /* "rw-s" */
	__u64 start;
	__u64 end;   /* start: there is none, or the process had gone */
	__u64 bytes; /* MMT_RESIDENT_UNKNOWN: PFNs of a driver, which are not counted */
};

#endif
