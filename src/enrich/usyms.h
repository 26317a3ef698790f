/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * usyms: names for places in programs and libraries, from the files on this machine by elfutils: their symbol tables, separate
 * debug files (by build id or debug link, below /usr/lib/debug), compressed ones (.gnu_debugdata). Of live runs only: what it
 * answers enters the stream as name items. Files that were read are kept until others need the room, so that a file is
 * read once though the processes that map it come and go.
 */
#ifndef MMTRACE_ENRICH_USYMS_H
#define MMTRACE_ENRICH_USYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USYMS_BYTES_MAX (16u << 20) /* of symbol tables kept, but for the one that was asked last */

struct usyms;

/* A place in a file that a process has mapped. */
struct usym_place {
	const char *path;    /* as the process sees it; NULL: not known, "[vdso]": the kernel's own */
	uint64_t ino;	     /* 0: not known; another file by this path is not taken for it */
	uint32_t pid;	     /* the process, which may be gone */
	uint64_t start, end; /* where it is mapped */
	uint64_t off;	     /* in the file, bytes */
	bool call;	     /* it is the last byte of a call, as what a return address is known by */
};

/* debug_path: where separate debug files are looked for, as libdwfl has it; NULL: its default. NULL: no memory. */
struct usyms *usyms_new(const char *debug_path);
void usyms_free(struct usyms *u);
/*
 * "libc.so.6:mmap+0x1c"; "libc.so.6+0x1234", the offset in the file, where it has no symbol there or cannot be read. NULL:
 * not even its name is known. "": a call was asked for, and there is none. At most MMT_NAME_MAX bytes. Valid until the next call.
 */
const char *usyms_name(struct usyms *u, const struct usym_place *at);
/* What is kept of symbol tables. */
size_t usyms_bytes(const struct usyms *u);

#endif
