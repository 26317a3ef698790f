/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * memtype: which memory type a pgprot stands for. Pure tables, a room of their own: the probe reads its own mappings by them
 * (src/probe/memtype.h), the stream everybody else's.
 */
#ifndef MMTRACE_ENRICH_MEMTYPE_H
#define MMTRACE_ENRICH_MEMTYPE_H

#include <stdbool.h>
#include <stdint.h>
#include "mmtrace/wire/names.h"

enum memtype {
	MEMTYPE_UNKNOWN, /* no table, or a number that the kernel does not use */
	/* arm64 */
	MEMTYPE_NORMAL_WB,
	MEMTYPE_NORMAL_TAGGED,
	MEMTYPE_NORMAL_NC,
	MEMTYPE_NORMAL_WT,
	MEMTYPE_NORMAL_INC_OWB,
	MEMTYPE_DEVICE_NGNRNE,
	MEMTYPE_DEVICE_NGNRE,
	MEMTYPE_DEVICE_GRE,
	/* x86 */
	MEMTYPE_WB,
	MEMTYPE_WC,
	MEMTYPE_UC_MINUS,
	MEMTYPE_UC,
	MEMTYPE_WT,
	MEMTYPE_WP,
	MEMTYPE_MAX,
};

/* The table for uname's machine and release; MMT_MEMTYPE_NONE: none known. */
enum mmt_memtype_table memtype_table(const char *machine, const char *release);
/* "arm64-5.10", "arm64", "x86-pat" and back; NULL and MMT_MEMTYPE_NONE for none. */
const char *memtype_table_name(uint32_t table);
enum mmt_memtype_table memtype_table_named(const char *name);
/* For a person: "arm64 table (Linux 5.14 and later)"; NULL for none. */
const char *memtype_table_text(uint32_t table);

enum memtype memtype_decode(uint32_t table, uint64_t pgprot);
/* As the field writes it: "Device-nGnRnE", "UC-"; NULL for unknown. */
const char *memtype_name(enum memtype m);
/* The same in lower case, for filters and JSON: "device-ngnrne", "uc-"; NULL for unknown. */
const char *memtype_key(enum memtype m);

/* Mappings of one's own whose type is known beforehand. */
enum memtype_own {
	MEMTYPE_OWN_ANON,   /* anonymous memory */
	MEMTYPE_OWN_PCI,    /* /sys/bus/pci/devices/…/resourceN */
	MEMTYPE_OWN_PCI_WC, /* …/resourceN_wc */
	MEMTYPE_OWN_DEVMEM, /* /dev/mem, O_SYNC, of what is not memory */
	MEMTYPE_OWN_MAX,
};

/* What the kernel gives such a mapping; MEMTYPE_UNKNOWN without a table. */
enum memtype memtype_of_own(uint32_t table, enum memtype_own own);
/*
 * Does own memory that reads as m say nothing about the table? Kernels for hosts whose PCIe bears no write-combining map such memory
 * as registers, and so does x86 without PAT.
 */
bool memtype_own_excused(enum memtype_own own, enum memtype m);
/* The check that it is good for: one of enum mmt_memtype_check. */
uint32_t memtype_own_check(enum memtype_own own);
const char *memtype_own_text(enum memtype_own own); /* "a PCI device's registers" */

/* Do these checks (enum mmt_memtype_check bits) tell the tables apart? Else a type is what the release promises, and no more. */
static inline bool memtype_checked(uint32_t checks)
{
	const uint32_t both = MMT_MEMTYPE_SAW_NORMAL | MMT_MEMTYPE_SAW_DEVICE;

	return (checks & both) == both && !(checks & MMT_MEMTYPE_WRONG);
}

#endif
