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
	MMT_ITEM_NAME = 0x8001, /* struct mmt_name: key -> text */
	MMT_ITEM_PATH = 0x8002, /* struct mmt_path: key -> components, leaf first */
	MMT_ITEM_FUNC = 0x8003, /* struct mmt_func: a driver's function seen for the first time */
	MMT_ITEM_SYNC = 0x8004, /* struct mmt_sync: a mark in the stream's order */
};

enum mmt_name_kind {
	MMT_NAME_TEXT = 0, /* a string: comm, device name, path given to exec */
	MMT_NAME_PATH = 1, /* a whole path */
	MMT_NAME_KSYM = 2, /* "module:function" or "function", of a kernel address */
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

enum mmt_func_role { MMT_ROLE_MMAP = 0, MMT_ROLE_PREPARE = 1, MMT_ROLE_OPEN = 2, MMT_ROLE_CLOSE = 3 };

/* A driver's callback that no probe sits on yet: user space attaches one. */
struct mmt_func {
	__u16 type;
	__u16 size;
	__u32 role; /* enum mmt_func_role */
	__u64 func; /* kernel address */
};

enum mmt_sync_what { MMT_SYNC_IMPORT_BEGIN = 1, MMT_SYNC_IMPORT_END = 2 };

struct mmt_sync {
	__u16 type;
	__u16 size;
	__u32 what;
	__u64 ts_ns;
};

#endif
