/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "syscalls.h"
#include <stddef.h>
#include "mmtrace/base.h"
#include "mmtrace/wire/event.h"

struct row {
	uint8_t event;		/* enum mmt_event, 0: none */
	uint8_t origin;		/* enum mmt_origin */
	int16_t native, compat; /* -1: the ABI does not have it */
	uint8_t variant;	/* enum mmt_variant, enum mmt_lockop */
};

/*
 * Numbers of 6.12. arm64: include/uapi/asm-generic/unistd.h, its 32-bit ABI arch/arm/tools/syscall.tbl;
 * x86: arch/x86/entry/syscalls/syscall_64.tbl and syscall_32.tbl.
 */
#if defined(__aarch64__)
#define NR(arm64, arm, x64, i386) .native = arm64, .compat = arm
#elif defined(__x86_64__)
#define NR(arm64, arm, x64, i386) .native = x64, .compat = i386
#else
#error "mmtrace knows arm64 and x86-64"
#endif

// clang-format off
static const struct row rows[] = {
	{ MMT_EV_MMAP,     MMT_ORIGIN_MMAP,       NR(222,  -1,   9,  -1) },
	{ MMT_EV_MMAP,     MMT_ORIGIN_MMAP,       NR( -1, 192,  -1, 192), .variant = MMT_VARIANT_MMAP2 },
	{ MMT_EV_MMAP,     MMT_ORIGIN_MMAP,       NR( -1,  -1,  -1,  90), .variant = MMT_VARIANT_OLD_MMAP },
	{ MMT_EV_MUNMAP,   MMT_ORIGIN_MUNMAP,     NR(215,  91,  11,  91) },
	{ MMT_EV_MPROTECT, MMT_ORIGIN_MPROTECT,   NR(226, 125,  10, 125) },
	{ MMT_EV_MPROTECT, MMT_ORIGIN_MPROTECT,   NR(288, 394, 329, 380), .variant = MMT_VARIANT_PKEY },
	{ MMT_EV_MREMAP,   MMT_ORIGIN_MREMAP,     NR(216, 163,  25, 163) },
	{ MMT_EV_BRK,      MMT_ORIGIN_BRK,        NR(214,  45,  12,  45) },
	{ MMT_EV_MSYNC,    0,                     NR(227, 144,  26, 144) },
	{ MMT_EV_MADVISE,  MMT_ORIGIN_MADVISE,    NR(233, 220,  28, 219) },
	{ MMT_EV_MADVISE,  MMT_ORIGIN_MADVISE,    NR(440, 440, 440, 440), .variant = MMT_VARIANT_PROCESS },
	{ MMT_EV_MLOCK,    MMT_ORIGIN_MLOCK,      NR(228, 150, 149, 150), .variant = MMT_LOCKOP_MLOCK },
	{ MMT_EV_MLOCK,    MMT_ORIGIN_MLOCK,      NR(284, 390, 325, 376), .variant = MMT_LOCKOP_MLOCK2 },
	{ MMT_EV_MLOCK,    MMT_ORIGIN_MLOCK,      NR(229, 151, 150, 151), .variant = MMT_LOCKOP_MUNLOCK },
	{ MMT_EV_MLOCK,    MMT_ORIGIN_MLOCK,      NR(230, 152, 151, 152), .variant = MMT_LOCKOP_MLOCKALL },
	{ MMT_EV_MLOCK,    MMT_ORIGIN_MLOCK,      NR(231, 153, 152, 153), .variant = MMT_LOCKOP_MUNLOCKALL },
	{ MMT_EV_SHMGET,   0,                     NR(194, 307,  29, 395) },
	{ MMT_EV_SHMAT,    MMT_ORIGIN_SHMAT,      NR(196, 305,  30, 397) },
	{ MMT_EV_SHMDT,    MMT_ORIGIN_SHMDT,      NR(197, 306,  67, 398) },
	{ MMT_EV_SHMAT,    MMT_ORIGIN_SHMAT,      NR( -1,  -1,  -1, 117), .variant = MMT_VARIANT_IPC },
	{ MMT_EV_MEMFD,    0,                     NR(279, 385, 319, 356) },
	{ MMT_EV_REMAP_FILE, MMT_ORIGIN_REMAP_FILE, NR(234, 253, 216, 257) },
	{ MMT_EV_REMOTE,   0,                     NR(117,  26, 101,  26), .variant = MMT_VARIANT_PTRACE },
	{ MMT_EV_REMOTE,   0,                     NR(270, 376, 310, 347), .variant = MMT_VARIANT_READV },
	{ MMT_EV_REMOTE,   0,                     NR(271, 377, 311, 348), .variant = MMT_VARIANT_WRITEV },
	{ 0,               MMT_ORIGIN_EXEC,       NR(221,  11,  59,  11) },	/* execve */
	{ 0,               MMT_ORIGIN_EXEC,       NR(281, 387, 322, 358) },	/* execveat */
	{ 0,               MMT_ORIGIN_FORK,       NR(220, 120,  56, 120) },	/* clone */
	{ 0,               MMT_ORIGIN_FORK,       NR(435, 435, 435, 435) },	/* clone3 */
	{ 0,               MMT_ORIGIN_FORK,       NR( -1,   2,  57,   2) },	/* fork */
	{ 0,               MMT_ORIGIN_FORK,       NR( -1, 190,  58, 190) },	/* vfork */
	{ 0,               MMT_ORIGIN_EXIT,       NR( 93,   1,  60,   1) },	/* exit */
	{ 0,               MMT_ORIGIN_EXIT,       NR( 94, 248, 231, 252) },	/* exit_group */
	{ 0,               MMT_ORIGIN_IO_SETUP,   NR(  0, 243, 206, 245) },
	{ 0,               MMT_ORIGIN_PRCTL,      NR(167, 172, 157, 172) },
};
// clang-format on

static void fill(struct mmt_knobs *k, int abi, int nr, const struct row *r)
{
	if (nr < 0 || nr >= MMT_NR_MAX)
		return;
	k->call[abi][nr] = r->event;
	k->origin[abi][nr] = r->origin;
	k->variant[abi][nr] = r->variant;
}

void syscalls_fill(struct mmt_knobs *k)
{
	for (size_t i = 0; i < MMT_COUNT(rows); i++) {
		fill(k, 0, rows[i].native, &rows[i]);
		fill(k, 1, rows[i].compat, &rows[i]);
	}
}
