// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "enrich/memtype.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *name, *key;
} types[MEMTYPE_MAX] = {
	[MEMTYPE_NORMAL_WB] = { "Normal-WB", "normal-wb" },
	[MEMTYPE_NORMAL_TAGGED] = { "Normal-Tagged", "normal-tagged" },
	[MEMTYPE_NORMAL_NC] = { "Normal-NC", "normal-nc" },
	[MEMTYPE_NORMAL_WT] = { "Normal-WT", "normal-wt" },
	[MEMTYPE_NORMAL_INC_OWB] = { "Normal-iNC-oWB", "normal-inc-owb" },
	[MEMTYPE_DEVICE_NGNRNE] = { "Device-nGnRnE", "device-ngnrne" },
	[MEMTYPE_DEVICE_NGNRE] = { "Device-nGnRE", "device-ngnre" },
	[MEMTYPE_DEVICE_GRE] = { "Device-GRE", "device-gre" },
	[MEMTYPE_WB] = { "WB", "wb" },
	[MEMTYPE_WC] = { "WC", "wc" },
	[MEMTYPE_UC_MINUS] = { "UC-", "uc-" },
	[MEMTYPE_UC] = { "UC", "uc" },
	[MEMTYPE_WT] = { "WT", "wt" },
	[MEMTYPE_WP] = { "WP", "wp" },
};

/* AttrIndx, bits 4:2: PTE_ATTRINDX, arch/arm64/include/asm/pgtable-hwdef.h, 5.10 to 7.2 */
static unsigned arm64_index(uint64_t pgprot)
{
	return pgprot >> 2 & 7;
}

/* _PAGE_BIT_PWT 3, _PAGE_BIT_PCD 4, _PAGE_BIT_PAT 7: arch/x86/include/asm/pgtable_types.h, 5.10 to 7.2 */
static unsigned x86_index(uint64_t pgprot)
{
	return (unsigned)((pgprot >> 3 & 3) | (pgprot >> 7 & 1) << 2);
}

static const struct {
	const char *name, *text;
	unsigned (*index)(uint64_t pgprot);
	uint8_t type[8]; /* enum memtype */
	uint8_t own[MEMTYPE_OWN_MAX];
} tables[] = {
	/*
	 * MT_ numbers, arch/arm64/include/asm/memory.h, 5.10: number 7 is Android's (android12-5.10). They are others before 5.10, and
	 * since "arm64: mm: Remove unused support for Normal-WT memory type" (21cfe6edbadb) and "… Device-GRE …" (58cc6b72a212), 5.14.
	 */
	[MMT_MEMTYPE_ARM64_5_10] = {
		"arm64-5.10", "arm64 table (Linux 5.10 to 5.13)", arm64_index,
		{ MEMTYPE_NORMAL_WB, MEMTYPE_NORMAL_TAGGED, MEMTYPE_NORMAL_NC, MEMTYPE_NORMAL_WT,
		  MEMTYPE_DEVICE_NGNRNE, MEMTYPE_DEVICE_NGNRE, MEMTYPE_DEVICE_GRE, MEMTYPE_NORMAL_INC_OWB },
		{ MEMTYPE_NORMAL_WB, MEMTYPE_DEVICE_NGNRE, MEMTYPE_NORMAL_NC, MEMTYPE_DEVICE_NGNRNE },
	},
	/* The same file, 5.14 to 7.2: number 5 is Android's (android13-5.15 and later). */
	[MMT_MEMTYPE_ARM64] = {
		"arm64", "arm64 table (Linux 5.14 and later)", arm64_index,
		{ MEMTYPE_NORMAL_WB, MEMTYPE_NORMAL_TAGGED, MEMTYPE_NORMAL_NC, MEMTYPE_DEVICE_NGNRNE,
		  MEMTYPE_DEVICE_NGNRE, MEMTYPE_NORMAL_INC_OWB, MEMTYPE_UNKNOWN, MEMTYPE_UNKNOWN },
		{ MEMTYPE_NORMAL_WB, MEMTYPE_DEVICE_NGNRE, MEMTYPE_NORMAL_NC, MEMTYPE_DEVICE_NGNRNE },
	},
	/* The full PAT, pat_bp_init(), arch/x86/mm/pat/memtype.c, 6.1; very old CPUs and nopat have another one. */
	[MMT_MEMTYPE_X86_PAT] = {
		"x86-pat", "x86 PAT", x86_index,
		{ MEMTYPE_WB, MEMTYPE_WC, MEMTYPE_UC_MINUS, MEMTYPE_UC, MEMTYPE_WB, MEMTYPE_WP, MEMTYPE_UC_MINUS, MEMTYPE_WT },
		{ MEMTYPE_WB, MEMTYPE_UC_MINUS, MEMTYPE_WC, MEMTYPE_UC_MINUS },
	},
};

/*
 * What own mappings must have. PCI files: pgprot_device() and pgprot_writecombine(), drivers/pci/mmap.c, 5.10 to 7.2; /dev/mem:
 * phys_mem_access_prot(), arch/arm64/mm/mmu.c, and phys_mem_access_prot_allowed(), arch/x86/mm/pat/memtype.c, 6.1.
 */
static const struct {
	const char *text;
	uint32_t check;
} owns[MEMTYPE_OWN_MAX] = {
	[MEMTYPE_OWN_ANON] = { "anonymous memory", MMT_MEMTYPE_SAW_NORMAL },
	[MEMTYPE_OWN_PCI] = { "a PCI device's registers", MMT_MEMTYPE_SAW_DEVICE },
	[MEMTYPE_OWN_PCI_WC] = { "a PCI device's memory, write-combined", MMT_MEMTYPE_SAW_NC },
	[MEMTYPE_OWN_DEVMEM] = { "registers by /dev/mem", MMT_MEMTYPE_SAW_DEVICE },
};

static bool begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

enum mmt_memtype_table memtype_table(const char *machine, const char *release)
{
	unsigned major, minor, version;

	if (begins(machine, "x86_64") || !strcmp(machine, "i686")) /* i686, armv8l: what setarch makes of them */
		return MMT_MEMTYPE_X86_PAT;
	if (!begins(machine, "aarch64") && !begins(machine, "armv8"))
		return MMT_MEMTYPE_NONE;
	if (sscanf(release, "%3u.%3u", &major, &minor) != 2)
		return MMT_MEMTYPE_NONE;
	version = major * 1000 + minor;
	if (version < 5010)
		return MMT_MEMTYPE_NONE;
	return version < 5014 ? MMT_MEMTYPE_ARM64_5_10 : MMT_MEMTYPE_ARM64;
}

const char *memtype_table_name(uint32_t table)
{
	return table < COUNT(tables) ? tables[table].name : NULL;
}

const char *memtype_table_text(uint32_t table)
{
	return table < COUNT(tables) ? tables[table].text : NULL;
}

enum mmt_memtype_table memtype_table_named(const char *name)
{
	for (unsigned i = 0; i < COUNT(tables); i++)
		if (tables[i].name && !strcmp(tables[i].name, name))
			return (enum mmt_memtype_table)i;
	return MMT_MEMTYPE_NONE;
}

static bool is_table(uint32_t table)
{
	return table < COUNT(tables) && tables[table].index;
}

enum memtype memtype_decode(uint32_t table, uint64_t pgprot)
{
	return is_table(table) ? tables[table].type[tables[table].index(pgprot)] : MEMTYPE_UNKNOWN;
}

const char *memtype_name(enum memtype m)
{
	return m < MEMTYPE_MAX ? types[m].name : NULL;
}

const char *memtype_key(enum memtype m)
{
	return m < MEMTYPE_MAX ? types[m].key : NULL;
}

enum memtype memtype_of_own(uint32_t table, enum memtype_own own)
{
	return is_table(table) ? tables[table].own[own] : MEMTYPE_UNKNOWN;
}

bool memtype_own_excused(enum memtype_own own, enum memtype m)
{
	return own == MEMTYPE_OWN_PCI_WC &&
	       (m == MEMTYPE_DEVICE_NGNRNE || m == MEMTYPE_DEVICE_NGNRE || m == MEMTYPE_UC_MINUS || m == MEMTYPE_UC);
}

uint32_t memtype_own_check(enum memtype_own own)
{
	return owns[own].check;
}

const char *memtype_own_text(enum memtype_own own)
{
	return owns[own].text;
}
