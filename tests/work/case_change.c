// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What happens to address spaces: splits, overlaps, moves, growth. */
#include "work.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE)

static void expect_unmap(char *addr, size_t len, size_t bytes, const char *origin)
{
	out("expect vma_unmap addr=0x%lx len=%zu bytes=%zu origin=%s", (unsigned long)addr, len, bytes, origin);
}

static void expect_move(char *from, size_t old_len, char *to, size_t len)
{
	out("expect vma_move addr=0x%lx len=%zu old_addr=0x%lx old_len=%zu origin=mremap", (unsigned long)to, len,
	    (unsigned long)from, old_len);
}

static void over_map(void)
{
	size_t p = w.page;

	w_anon(0, 8);
	w_mmap_over(at(2), 2 * p, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0, 2 * p);
	w_mmap_over(at(4), p, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0, p);
	/* half of it over nothing */
	w_mmap_over(at(6), 4 * p, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0, 2 * p);
	w_munmap(at(0), 10 * p, 10 * p);
}

static void partial_unmap(void)
{
	size_t p = w.page;

	w_anon(0, 8);
	w_munmap(at(3), 2 * p, 2 * p); /* splits */
	w_munmap(at(0), p, p);
	w_munmap(at(7), p, p);
	w_munmap(at(0), 8 * p, 4 * p); /* two mappings and three holes */
	w_munmap(at(0), 8 * p, 0);
}

static void protect_two(void)
{
	size_t p = w.page;

	w_anon(0, 4);
	w_mmap(at(4), 4 * p, PROT_READ, ANON, -1, 0);
	/* The end of the first mapping and the beginning of the second: two VMAs, each split. */
	w_mprotect(at(2), 4 * p, PROT_NONE);
	expect_prot(at(2), 2 * p);
	expect_prot(at(4), 2 * p);
	w_mprotect(at(0), p, PROT_READ);
	expect_prot(at(0), p);
	w_munmap(at(0), 8 * p, 8 * p);
}

static void mremap_in_place(void)
{
	size_t p = w.page;

	w_anon(0, 4);
	if (w_mremap(at(0), 4 * p, 8 * p, 0, NULL) == (long)at(0))
		expect_move(at(0), 4 * p, at(0), 8 * p);
	w_touch(at(4), 4, p, true, "class=anon kind=anon mode=user maj=0");
	if (w_mremap(at(0), 8 * p, 3 * p, 0, NULL) == (long)at(0))
		expect_unmap(at(3), 5 * p, 5 * p, "mremap");
	w_munmap(at(0), 3 * p, 3 * p);
}

/* Two first touches, from page n on, of the VMA from page `from` to before page `end`. */
static void two_of(size_t n, size_t from, size_t end)
{
	char more[128];

	snprintf(more, sizeof(more), "class=anon kind=anon mode=user maj=0 vma_start=0x%lx vma_end=0x%lx",
		 (unsigned long)at(from), (unsigned long)at(end));
	w_touch(at(n), 2, w.page, true, more);
}

/* What a tracer remembers of a VMA that a thread has just faulted in is void when it is cut, split or grown. */
static void between_faults(void)
{
	size_t p = w.page;

	w_anon(0, 40);
	two_of(0, 0, 40);
	two_of(30, 0, 40);
	w_munmap(at(32), 8 * p, 8 * p);
	two_of(2, 0, 32);
	w_munmap(at(8), 4 * p, 4 * p);
	two_of(4, 0, 8);
	two_of(14, 12, 32);
	two_of(16, 12, 32);
	if (w_mremap(at(12), 20 * p, 24 * p, 0, NULL) == (long)at(12))
		expect_move(at(12), 20 * p, at(12), 24 * p);
	two_of(18, 12, 36);
	two_of(24, 12, 36);
	if (!w_mprotect(at(26), 2 * p, PROT_READ))
		expect_prot(at(26), 2 * p);
	two_of(20, 12, 26);
	two_of(28, 28, 36);
	w_munmap(at(0), 36 * p, 32 * p);
}

static void mremap_moves(void)
{
	size_t p = w.page;

	w_anon(0, 4);
	w_touch(at(0), 4, p, true, "class=anon kind=anon mode=user maj=0");
	if (w_mremap(at(0), 4 * p, 6 * p, MREMAP_MAYMOVE | MREMAP_FIXED, at(64)) == (long)at(64))
		expect_move(at(0), 4 * p, at(64), 6 * p);
	touch(at(64), 4, p, true); /* moved with their pages: no fault */
	w_touch(at(68), 2, p, true, "class=anon kind=anon mode=user maj=0");
	/* Over a mapping: that one goes first. */
	w_mmap(at(128), 2 * p, PROT_READ, ANON, -1, 0);
	if (w_mremap(at(64), 2 * p, 2 * p, MREMAP_MAYMOVE | MREMAP_FIXED, at(128)) == (long)at(128)) {
		expect_unmap(at(128), 2 * p, 2 * p, "mremap");
		expect_move(at(64), 2 * p, at(128), 2 * p);
	}
	w_munmap(at(66), 4 * p, 4 * p);
	w_munmap(at(128), 2 * p, 2 * p);
}

/* The pages go, the range stays. */
static void mremap_dontunmap(void)
{
	size_t p = w.page;

	w_anon(0, 2);
	w_touch(at(0), 2, p, true, "class=anon kind=anon mode=user maj=0");
	if (w_mremap(at(0), 2 * p, 2 * p, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, at(64)) == (long)at(64)) {
		expect_move(at(0), 2 * p, at(64), 2 * p);
		out("expect vma_map addr=0x%lx len=%zu origin=mremap", (unsigned long)at(0), 2 * p);
	}
	touch(at(64), 2, p, true);
	w_munmap(at(0), 2 * p, 2 * p);
	w_munmap(at(64), 2 * p, 2 * p);
}

static void stack_grows(void)
{
	size_t p = w.page;

	/* Far from everything below: the kernel keeps a gap of 256 pages under a stack. */
	w_mmap(at(2048), 2 * p, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0);
	no_huge(at(2048), 2 * p);
	w_touch(at(2049), 1, p, true, "class=anon kind=anon mode=user maj=0");
	w_touch(at(2047), 1, p, true, "class=anon kind=anon mode=user maj=0");
	out("expect vma_grow addr=0x%lx len=%zu origin=stack", (unsigned long)at(2047), 3 * p);
	w_touch(at(2040), 1, p, true, "class=anon kind=anon mode=user maj=0");
	out("expect vma_grow addr=0x%lx len=%zu origin=stack", (unsigned long)at(2040), 10 * p);
	w_munmap(at(2040), 10 * p, 10 * p);
}

/* A call that changes nothing before something that no call asks for. */
static void nothing_then_grows(void)
{
	size_t p = w.page;

	w_anon(0, 1);
	w_mmap(at(2048), 2 * p, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0);
	no_huge(at(2048), 2 * p);
	w_pkey_mprotect(at(0), p, RW, -1); /* a kernel without keys may refuse it */
	w_touch(at(2047), 1, p, true, "class=anon kind=anon mode=user maj=0");
	out("expect vma_grow addr=0x%lx len=%zu origin=stack", (unsigned long)at(2047), 3 * p);
	w_munmap(at(0), p, p);
	w_munmap(at(2047), 3 * p, 3 * p);
}

#define NUMBERS_PAGES  500
#define NUMBERS_ROUNDS 20
#define NUMBERS_PAIRS  1000

/* 10,000 faults and 1,000 pairs of mmap and munmap, counted by the loops that make them. */
static void numbers(void)
{
	size_t faults = 0, maps = 0, unmaps = 0, rounds = 0;
	char *addr = w_anon(0, NUMBERS_PAGES);

	for (; rounds < NUMBERS_ROUNDS; rounds++) {
		for (size_t i = 0; i < NUMBERS_PAGES; i++, faults++)
			touch(addr + i * w.page, 1, w.page, true);
		if (madvise(addr, NUMBERS_PAGES * w.page, MADV_DONTNEED))
			die("madvise(MADV_DONTNEED)");
	}
	w_munmap(addr, NUMBERS_PAGES * w.page, NUMBERS_PAGES * w.page);
	addr = at(NUMBERS_PAGES + 64);
	for (int i = 0; i < NUMBERS_PAIRS; i++) {
		maps += mmap(addr, w.page, RW, ANON, -1, 0) == addr;
		unmaps += !munmap(addr, w.page);
	}
	out("expect madvise addr=0x%lx len=%zu advice=dontneed ret=0 count=%zu", (unsigned long)at(0),
	    NUMBERS_PAGES * w.page, rounds);
	out("count fault %zu", faults);
	out("count mmap %zu", maps + 3); /* the region and two marks */
	out("count munmap %zu", unmaps + 1);
	out("expect fault addr=0x%lx n=%d step=0x%zx count=%zu class=anon kind=anon mode=user maj=0 flags~write",
	    (unsigned long)at(0), NUMBERS_PAGES, w.page, rounds);
	out("expect mmap addr=0x%lx ret=0x%lx len=%zu count=%zu", (unsigned long)addr, (unsigned long)addr, w.page,
	    maps);
	out("expect munmap addr=0x%lx ret=0 len=%zu bytes=%zu count=%zu", (unsigned long)addr, w.page, w.page, unmaps);
	out("expect vma_map addr=0x%lx len=%zu origin=mmap count=%zu", (unsigned long)addr, w.page, maps);
	out("expect vma_unmap addr=0x%lx len=%zu bytes=%zu origin=munmap count=%zu", (unsigned long)addr, w.page,
	    w.page, unmaps);
}

const struct work_case change_cases[] = {
	{ "over_map", over_map },
	{ "partial_unmap", partial_unmap },
	{ "protect_two", protect_two },
	{ "mremap_in_place", mremap_in_place },
	{ "between_faults", between_faults },
	{ "mremap_moves", mremap_moves },
	{ "mremap_dontunmap", mremap_dontunmap },
	{ "stack_grows", stack_grows },
	{ "nothing_then_grows", nothing_then_grows },
	{ "numbers", numbers },
	{ NULL, NULL },
};
