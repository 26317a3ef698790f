/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* usyms_elf: the functions of one ELF file, as a table. usyms.c keeps several. */
#ifndef MMTRACE_ENRICH_USYMS_ELF_H
#define MMTRACE_ENRICH_USYMS_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USYMS_SEGS 16

struct usyms_sym {
	uint64_t addr; /* as in the file */
	uint32_t size; /* 0: not known */
	uint32_t name; /* in names */
};

struct usyms_seg {
	uint64_t off, size, addr;
};

struct usyms_table {
	struct usyms_sym *sym; /* by address, no two of one */
	size_t n;
	char *names;
	size_t bytes; /* of all that */
	struct usyms_seg seg[USYMS_SEGS];
	unsigned nsegs;
	unsigned machine; /* EM_AARCH64; 0: not an ELF file */
};

/* Is the machine code before `end` of `n` bytes a call? true where machine is none that is known. */
bool usyms_is_call(unsigned machine, const unsigned char *end, size_t n);

/*
 * Reads what the file behind fd (which it closes) defines. path: its name, for what is looked up beside it. Without functions, or
 * of no ELF file, the table is empty.
 */
void usyms_table_read(struct usyms_table *t, const char *path, int fd, char *debug_path);
void usyms_table_free(struct usyms_table *t);
/* The function at a place in the file and how far into it. NULL: none. */
const char *usyms_table_at(const struct usyms_table *t, uint64_t off, uint64_t *into);

#endif
