// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "event/flags.h"

#include <inttypes.h>
#include "event/flags_bits.h"
#include "mmtrace/base.h"
#include "mmtrace/wire/event.h"

/* include/uapi/linux/mman.h and include/uapi/asm-generic/{mman,mman-common}.h, 6.12; the same on arm64 and x86 */
static const struct bit map_bits[] = {
	{ 0x10, "fixed" },
	{ 0x20, "anonymous" },
	{ 0x100, "growsdown" },
	{ 0x800, "denywrite" },
	{ 0x1000, "executable" },
	{ 0x2000, "locked" },
	{ 0x4000, "noreserve" },
	{ 0x8000, "populate" },
	{ 0x10000, "nonblock" },
	{ 0x20000, "stack" },
	{ 0x40000, "hugetlb" },
	{ 0x80000, "sync" },
	{ 0x100000, "fixed_noreplace" },
	{ 0x4000000, "uninitialized" },
};

/* MAP_TYPE, include/uapi/linux/mman.h, 6.12 (droppable: 6.11) */
static const char *const map_types[16] = {
	[1] = "shared",
	[2] = "private",
	[3] = "shared_validate",
	[8] = "droppable",
};

/* include/uapi/linux/mman.h, 6.12 */
static const struct bit mremap_bits[] = { { 1, "maymove" }, { 2, "fixed" }, { 4, "dontunmap" } };

/* include/uapi/asm-generic/mman-common.h, 6.12; 0x10 and 0x20 are arm64's BTI and MTE, arch/arm64/include/uapi/asm/mman.h */
static const struct bit prot_bits[] = { { 0x8, "sem" }, { 0x1000000, "growsdown" }, { 0x2000000, "growsup" } };

/* include/linux/mm.h, 5.10, 6.1, 6.12, 6.18, 7.1: see flags.h */
static const struct bit vm_bits[] = {
	{ 0x400, "pfnmap" },	      { 0x2000, "locked" },	   { 0x4000, "io" },
	{ 0x20000, "dontcopy" },      { 0x40000, "dontexpand" },   { 0x100000, "account" },
	{ 0x400000, "hugetlb" },      { 0x2000000, "wipeonfork" }, { 0x4000000, "dontdump" },
	{ 0x8000000, "softdirty" },   { 0x10000000, "mixedmap" },  { 0x20000000, "hugepage" },
	{ 0x40000000, "nohugepage" }, { 0x80000000, "mergeable" },
};

static const struct bit vm_may_bits[] = {
	{ 0x10, "mayread" },
	{ 0x20, "maywrite" },
	{ 0x40, "mayexec" },
	{ 0x80, "mayshare" },
};

/* What a mapping is made of; the rest is bookkeeping, or said by the call that asked for it. */
#define VM_TELLING (FLAGS_VM_PFNMAP | FLAGS_VM_IO | FLAGS_VM_MIXEDMAP | FLAGS_VM_HUGETLB)

/* enum fault_flag, include/linux/mm_types.h, 6.12 (bits 0-9 as in include/linux/mm.h, 5.10) */
static const struct bit fault_bits[] = {
	{ 0x1, "write" },	  { 0x2, "mkwrite" },	      { 0x4, "allow_retry" }, { 0x8, "retry_nowait" },
	{ 0x10, "killable" },	  { 0x20, "tried" },	      { 0x40, "user" },	      { 0x80, "remote" },
	{ 0x100, "instruction" }, { 0x200, "interruptible" }, { 0x400, "unshare" },   { 0x800, "orig_pte_valid" },
	{ 0x1000, "vma_lock" },
};

/* enum vm_fault_reason, include/linux/mm_types.h, 6.12; 0x4000 means different things (5.10, 7.1) and has no name */
static const struct bit result_bits[] = {
	{ 0x1, "oom" },	       { 0x2, "sigbus" },	   { 0x4, "major" },
	{ 0x10, "hwpoison" },  { 0x20, "hwpoison_large" }, { 0x40, "sigsegv" },
	{ 0x100, "nopage" },   { 0x200, "locked" },	   { 0x400, "retry" },
	{ 0x800, "fallback" }, { 0x1000, "done_cow" },	   { 0x2000, "needdsync" },
};

/* VM_FAULT_ERROR, include/linux/mm_types.h, 6.12 */
#define RESULT_ERROR (0x1 | 0x2 | 0x40 | 0x10 | 0x20 | 0x800)

const struct bit *flags_table(unsigned look, unsigned at, size_t *n)
{
	static const struct {
		unsigned look;
		const struct bit *bits;
		size_t n;
	} tables[] = {
		{ MMT_LOOK_MFLAGS, map_bits, MMT_COUNT(map_bits) },
		{ MMT_LOOK_RFLAGS, mremap_bits, MMT_COUNT(mremap_bits) },
		{ MMT_LOOK_PROT, prot_bits, MMT_COUNT(prot_bits) },
		{ MMT_LOOK_VMFLAGS, vm_bits, MMT_COUNT(vm_bits) },
		{ MMT_LOOK_VMFLAGS, vm_may_bits, MMT_COUNT(vm_may_bits) },
		{ MMT_LOOK_FFLAGS, fault_bits, MMT_COUNT(fault_bits) },
		{ MMT_LOOK_FRESULT, result_bits, MMT_COUNT(result_bits) },
	};

	for (size_t i = 0; i < MMT_COUNT(tables); i++) {
		if (tables[i].look != look || at--)
			continue;
		*n = tables[i].n;
		return tables[i].bits;
	}
	return NULL;
}

const char *flags_map_type(unsigned i)
{
	return i < MMT_COUNT(map_types) ? map_types[i] : NULL;
}

struct words {
	struct buf *b;
	bool any;
};

static void word(struct words *w, const char *s)
{
	if (w->any)
		buf_putc(w->b, '|');
	buf_puts(w->b, s);
	w->any = true;
}

static void rest(struct words *w, uint64_t v)
{
	char s[NUM_FMT_LEN];

	if (v)
		word(w, num_fmt_hex(s, v));
	else if (!w->any)
		word(w, "0");
}

static uint64_t words(struct words *w, const struct bit *bits, size_t n, uint64_t v)
{
	for (size_t i = 0; i < n; i++) {
		if (!(v & bits[i].bit))
			continue;
		word(w, bits[i].name);
		v &= ~bits[i].bit;
	}
	return v;
}

void flags_bits(struct buf *b, const struct bit *bits, size_t n, uint64_t v)
{
	struct words w = { .b = b };

	rest(&w, words(&w, bits, n, v));
}

static void rwx(struct words *w, uint64_t v)
{
	char s[4] = { v & 1 ? 'r' : '-', v & 2 ? 'w' : '-', v & 4 ? 'x' : '-' };

	word(w, s);
}

void flags_prot(struct buf *b, uint64_t v)
{
	struct words w = { .b = b };

	rwx(&w, v);
	rest(&w, words(&w, prot_bits, MMT_COUNT(prot_bits), v & ~7ULL));
}

void flags_mmap(struct buf *b, uint64_t v)
{
	const char *type = map_types[v & FLAGS_MAP_TYPE];
	struct words w = { .b = b };

	if (type) {
		word(&w, type);
		v &= ~(uint64_t)FLAGS_MAP_TYPE;
	}
	rest(&w, words(&w, map_bits, MMT_COUNT(map_bits), v));
}

void flags_mmap_perms(struct buf *b, uint64_t prot, uint64_t flags)
{
	unsigned type = flags & FLAGS_MAP_TYPE;
	bool usual = type == FLAGS_MAP_SHARED || type == FLAGS_MAP_PRIVATE;
	char s[5] = { prot & 1 ? 'r' : '-', prot & 2 ? 'w' : '-', prot & 4 ? 'x' : '-' };
	struct words w = { .b = b };

	s[3] = type == FLAGS_MAP_PRIVATE ? 'p' : usual ? 's' : '\0';
	word(&w, s);
	words(&w, prot_bits, MMT_COUNT(prot_bits), prot);
	flags &= ~(uint64_t)(FLAGS_MAP_ANONYMOUS | FLAGS_MAP_IGNORED);
	if (usual)
		flags &= ~(uint64_t)FLAGS_MAP_TYPE;
	if (!flags)
		return;
	buf_putc(b, '|');
	flags_mmap(b, flags);
}

void flags_mremap(struct buf *b, uint64_t v)
{
	flags_bits(b, mremap_bits, MMT_COUNT(mremap_bits), v);
}

static uint64_t vm_perms(struct words *w, uint64_t v)
{
	char s[5] = { v & 1 ? 'r' : '-', v & 2 ? 'w' : '-', v & 4 ? 'x' : '-', v & 8 ? 's' : 'p' };

	word(w, s);
	return v & ~0xfULL;
}

void flags_vm(struct buf *b, uint64_t v)
{
	struct words w = { .b = b };

	v = vm_perms(&w, v);
	v = words(&w, vm_may_bits, MMT_COUNT(vm_may_bits), v);
	rest(&w, words(&w, vm_bits, MMT_COUNT(vm_bits), v));
}

void flags_vm_short(struct buf *b, uint64_t v)
{
	struct words w = { .b = b };

	/* VM_MAYSHARE, not VM_SHARED: the latter is taken away when the file was opened read-only (do_mmap, 6.12). */
	if (v & FLAGS_VM_MAYSHARE)
		v |= FLAGS_VM_SHARED;
	v = vm_perms(&w, v) & VM_TELLING;
	/* remap_pfn_range() sets both in every kernel read (mm/memory.c, 5.10 to 7.1) */
	if (v & FLAGS_VM_PFNMAP)
		v &= ~(uint64_t)FLAGS_VM_IO;
	words(&w, vm_bits, MMT_COUNT(vm_bits), v);
}

void flags_fault(struct buf *b, uint64_t v)
{
	flags_bits(b, fault_bits, MMT_COUNT(fault_bits), v);
}

void flags_result(struct buf *b, uint64_t v)
{
	flags_bits(b, result_bits, MMT_COUNT(result_bits), v);
}

bool flags_fault_failed(uint64_t result)
{
	return result & RESULT_ERROR;
}
