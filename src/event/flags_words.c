// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The words of flags, one by one: the same tables that show them, and what stands in letters there (rw-s). */
#include "event/flags.h"
#include "event/flags_bits.h"
#include "mmtrace/base.h"
#include "mmtrace/wire/event.h"

static const struct bit perms[] = {
	{ FLAGS_VM_READ, "read" }, { FLAGS_VM_WRITE, "write" }, { FLAGS_VM_EXEC, "exec" }, { FLAGS_VM_SHARED, "shared" }
};

#define PROT_PERMS 3 /* PROT_READ, PROT_WRITE, PROT_EXEC: the same bits, include/uapi/asm-generic/mman-common.h, 6.12 */

/* include/uapi/asm-generic/signal.h, 6.12; no other signal is one of memory */
static const struct bit signals[] = { { 7, "SIGBUS" }, { 11, "SIGSEGV" } };

static const char *const prefixes[MMT_LOOK_MAX] = {
	[MMT_LOOK_PROT] = "PROT_",     [MMT_LOOK_MFLAGS] = "MAP_",	  [MMT_LOOK_VMFLAGS] = "VM_",
	[MMT_LOOK_RFLAGS] = "MREMAP_", [MMT_LOOK_FFLAGS] = "FAULT_FLAG_", [MMT_LOOK_MSFLAGS] = "MS_",
	[MMT_LOOK_ADVICE] = "MADV_",   [MMT_LOOK_FRESULT] = "VM_FAULT_",  [MMT_LOOK_SHMFLAGS] = "SHM_",
	[MMT_LOOK_MFDFLAGS] = "MFD_",
};

const char *flags_prefix(unsigned look)
{
	return look < MMT_LOOK_MAX && prefixes[look] ? prefixes[look] : "";
}

bool flags_are_bits(unsigned look)
{
	return look < MMT_LOOK_MAX && prefixes[look] && look != MMT_LOOK_ADVICE;
}

/* A bit of a table; *i is what is left to count behind it. */
static bool from_table(const struct bit *bits, size_t n, unsigned *i, struct flags_word *w)
{
	if (!bits || *i >= n) {
		*i -= bits ? (unsigned)n : 0;
		return false;
	}
	*w = (struct flags_word){ bits[*i].name, bits[*i].bit, bits[*i].bit };
	return true;
}

/* Of the type in the low bits of mmap's flags one is set, and that is a number. */
static bool from_types(unsigned *i, struct flags_word *w)
{
	for (unsigned type = 0; type <= FLAGS_MAP_TYPE; type++) {
		if (!flags_map_type(type) || (*i)--)
			continue;
		*w = (struct flags_word){ flags_map_type(type), FLAGS_MAP_TYPE, type };
		return true;
	}
	return false;
}

static bool from_bits(unsigned look, unsigned event, unsigned i, struct flags_word *w)
{
	const struct bit *bits;
	size_t n = 0;

	if (look == MMT_LOOK_PROT && from_table(perms, PROT_PERMS, &i, w))
		return true;
	if (look == MMT_LOOK_VMFLAGS && from_table(perms, MMT_COUNT(perms), &i, w))
		return true;
	if (look == MMT_LOOK_MFLAGS && from_types(&i, w))
		return true;
	for (unsigned at = 0; (bits = flags_table(look, at, &n)); at++)
		if (from_table(bits, n, &i, w))
			return true;
	bits = flags_call_table(look, event, &n);
	return from_table(bits, n, &i, w);
}

bool flags_word(unsigned look, unsigned event, unsigned i, struct flags_word *w)
{
	switch (look) {
	case MMT_LOOK_ADVICE:
		w->mask = UINT64_MAX;
		return flags_advice_word(i, &w->name, &w->value);
	case MMT_LOOK_SICODE:
		return flags_sicode_word(i, &w->name, &w->mask, &w->value);
	case MMT_LOOK_SIGNO:
		return from_table(signals, MMT_COUNT(signals), &i, w);
	default:
		return flags_are_bits(look) && from_bits(look, event, i, w);
	}
}
