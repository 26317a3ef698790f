// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Flags and names of the calls about mapped memory, and of signals. The same on arm64 and x86. */
#include <inttypes.h>
#include "event/flags.h"
#include "event/flags_bits.h"
#include "mmtrace/base.h"
#include "mmtrace/wire/event.h"

/* include/uapi/asm-generic/mman-common.h, 6.12 */
static const struct bit msync_bits[] = { { 1, "async" }, { 2, "invalidate" }, { 4, "sync" } };
static const struct bit mlock2_bits[] = { { 1, "onfault" } };

/* include/uapi/asm-generic/mman.h, 6.12 */
static const struct bit mlockall_bits[] = { { 1, "current" }, { 2, "future" }, { 4, "onfault" } };

/* include/uapi/linux/ipc.h and shm.h, 6.12; 010000 means one thing in shmget and another in shmat */
static const struct bit shmget_bits[] = {
	{ 01000, "create" }, { 02000, "excl" }, { 04000, "hugetlb" }, { 010000, "noreserve" }
};
static const struct bit shmat_bits[] = {
	{ 010000, "rdonly" }, { 020000, "rnd" }, { 040000, "remap" }, { 0100000, "exec" }
};

/* include/uapi/linux/memfd.h, 6.12; the size of a huge page stands in the highest bits */
static const struct bit memfd_bits[] = {
	{ 0x1, "cloexec" }, { 0x2, "allow_sealing" }, { 0x4, "hugetlb" }, { 0x8, "noexec_seal" }, { 0x10, "exec" },
};

/* include/uapi/asm-generic/mman-common.h, 6.12; guard_: 6.13 */
static const char *const advices[] = {
	[0] = "normal",		  [1] = "random",	   [2] = "sequential",
	[3] = "willneed",	  [4] = "dontneed",	   [8] = "free",
	[9] = "remove",		  [10] = "dontfork",	   [11] = "dofork",
	[12] = "mergeable",	  [13] = "unmergeable",	   [14] = "hugepage",
	[15] = "nohugepage",	  [16] = "dontdump",	   [17] = "dodump",
	[18] = "wipeonfork",	  [19] = "keeponfork",	   [20] = "cold",
	[21] = "pageout",	  [22] = "populate_read",  [23] = "populate_write",
	[24] = "dontneed_locked", [25] = "collapse",	   [100] = "hwpoison",
	[101] = "soft_offline",	  [102] = "guard_install", [103] = "guard_remove",
};

/* include/uapi/asm-generic/siginfo.h, 6.12; those of other machines left out */
static const char *const segv_codes[] = {
	[1] = "SEGV_MAPERR",  [2] = "SEGV_ACCERR",  [3] = "SEGV_BNDERR", [4] = "SEGV_PKUERR",
	[8] = "SEGV_MTEAERR", [9] = "SEGV_MTESERR", [10] = "SEGV_CPERR",
};
static const char *const bus_codes[] = {
	[1] = "BUS_ADRALN", [2] = "BUS_ADRERR", [3] = "BUS_OBJERR", [4] = "BUS_MCEERR_AR", [5] = "BUS_MCEERR_AO",
};

#define SIGBUS_NO    7 /* include/uapi/asm-generic/signal.h, 6.12; the traced machine's, not this one's */
#define SIGSEGV_NO   11
#define SI_KERNEL_NO 0x80 /* include/uapi/asm-generic/siginfo.h, 6.12 */

void flags_msync(struct buf *b, uint64_t v)
{
	flags_bits(b, msync_bits, MMT_COUNT(msync_bits), v);
}

void flags_mlock(struct buf *b, unsigned op, uint64_t v)
{
	if (op == MMT_LOCKOP_MLOCKALL)
		flags_bits(b, mlockall_bits, MMT_COUNT(mlockall_bits), v);
	else
		flags_bits(b, mlock2_bits, MMT_COUNT(mlock2_bits), v);
}

/* The permissions in octal, as everybody writes them. */
void flags_shmget(struct buf *b, uint64_t v)
{
	if (v & ~0777ULL) {
		flags_bits(b, shmget_bits, MMT_COUNT(shmget_bits), v & ~0777ULL);
		buf_putc(b, '|');
	}
	buf_printf(b, "%04" PRIo64, v & 0777);
}

void flags_shmat(struct buf *b, uint64_t v)
{
	flags_bits(b, shmat_bits, MMT_COUNT(shmat_bits), v);
}

void flags_memfd(struct buf *b, uint64_t v)
{
	flags_bits(b, memfd_bits, MMT_COUNT(memfd_bits), v);
}

static void name_or_number(struct buf *b, const char *const *names, size_t n, int64_t v)
{
	if (v >= 0 && (uint64_t)v < n && names[v])
		buf_puts(b, names[v]);
	else
		buf_printf(b, "%" PRId64, v);
}

void flags_advice(struct buf *b, uint64_t v)
{
	name_or_number(b, advices, MMT_COUNT(advices), (int32_t)v);
}

void flags_signo(struct buf *b, uint64_t v)
{
	if (v == SIGBUS_NO || v == SIGSEGV_NO)
		buf_puts(b, v == SIGBUS_NO ? "SIGBUS" : "SIGSEGV");
	else
		buf_printf(b, "%" PRIu64, v);
}

void flags_sicode(struct buf *b, uint64_t signo, int64_t v)
{
	if (v == SI_KERNEL_NO)
		buf_puts(b, "SI_KERNEL");
	else if (signo == SIGBUS_NO)
		name_or_number(b, bus_codes, MMT_COUNT(bus_codes), v);
	else if (signo == SIGSEGV_NO)
		name_or_number(b, segv_codes, MMT_COUNT(segv_codes), v);
	else
		buf_printf(b, "%" PRId64, v);
}

const struct bit *flags_call_table(unsigned look, unsigned event, size_t *n)
{
	switch (look) {
	case MMT_LOOK_MSFLAGS:
		*n = MMT_COUNT(msync_bits);
		return msync_bits;
	case MMT_LOOK_MFDFLAGS:
		*n = MMT_COUNT(memfd_bits);
		return memfd_bits;
	case MMT_LOOK_SHMFLAGS:
		*n = event == MMT_EV_SHMGET ? MMT_COUNT(shmget_bits) : MMT_COUNT(shmat_bits);
		return event == MMT_EV_SHMGET ? shmget_bits : shmat_bits;
	default:
		return NULL;
	}
}

/* The i-th that is there. */
static bool nth(const char *const *names, size_t n, unsigned *i, const char **name, uint64_t *value)
{
	for (size_t v = 0; v < n; v++) {
		if (!names[v] || (*i)--)
			continue;
		*name = names[v];
		*value = v;
		return true;
	}
	return false;
}

bool flags_advice_word(unsigned i, const char **name, uint64_t *value)
{
	return nth(advices, MMT_COUNT(advices), &i, name, value);
}

bool flags_sicode_word(unsigned i, const char **name, uint64_t *signo, uint64_t *code)
{
	*signo = SIGSEGV_NO;
	if (nth(segv_codes, MMT_COUNT(segv_codes), &i, name, code))
		return true;
	*signo = SIGBUS_NO;
	if (nth(bus_codes, MMT_COUNT(bus_codes), &i, name, code))
		return true;
	*signo = 0; /* of either */
	*name = "SI_KERNEL";
	*code = SI_KERNEL_NO;
	return !i;
}
