// LINK: ledger event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/flags.h"
#include "ledger/ranges.h"

#define PAGE 4096ULL
#define HDR(id, m, p)                                                                           \
	{                                                                                       \
		.type = MMT_EV_##id, .size = 0, .mm = (m), .pid = (p), .have = MMT_HAVE_ALL(id) \
	}

static struct ranges *l;

static int setup(void **state)
{
	(void)state;
	l = ranges_new(PAGE);
	return l ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	ranges_free(l);
	return 0;
}

/* Pages from..to of address space mm become a mapping of file at the same page of the file. */
static void map(uint32_t mm, uint64_t from, uint64_t to, uint64_t file, uint64_t vm_flags)
{
	struct mmt_ev_vma_map e = { .h = HDR(VMA_MAP, mm, 1) };

	e.addr = e.vma_start = from * PAGE;
	e.vma_end = to * PAGE;
	e.len = (to - from) * PAGE;
	e.pgoff = from;
	e.file = file;
	e.vm_flags = vm_flags;
	ranges_event(l, &e.h);
}

static void unmap(uint32_t mm, uint64_t from, uint64_t to)
{
	struct mmt_ev_vma_unmap e = { .h = HDR(VMA_UNMAP, mm, 1) };

	e.addr = from * PAGE;
	e.len = (to - from) * PAGE;
	ranges_event(l, &e.h);
}

static void prot(uint32_t mm, uint64_t from, uint64_t to, uint64_t vm_flags)
{
	struct mmt_ev_vma_prot e = { .h = HDR(VMA_PROT, mm, 1) };

	e.addr = from * PAGE;
	e.len = (to - from) * PAGE;
	e.vm_flags = vm_flags;
	ranges_event(l, &e.h);
}

static const struct range *at(uint32_t mm, uint64_t page)
{
	struct mmt_hdr h = { .mm = mm, .pid = 1 };

	return ranges_at(l, &h, page * PAGE + 123);
}

static void test_cut_in_the_middle(void **state)
{
	const struct range *low, *high;

	(void)state;
	map(1, 10, 20, 7, 3);
	assert_int_equal(ranges_count(l), 1);
	unmap(1, 13, 15);
	assert_int_equal(ranges_count(l), 2);
	low = at(1, 12);
	high = at(1, 15);
	assert_int_equal(low->start, 10 * PAGE);
	assert_int_equal(low->end, 13 * PAGE);
	assert_int_equal(low->off, 10 * PAGE);
	assert_int_equal(high->start, 15 * PAGE);
	assert_int_equal(high->end, 20 * PAGE);
	assert_int_equal(high->off, 15 * PAGE);
	assert_int_equal(high->file, 7);
	assert_null(at(1, 9));
	assert_null(at(1, 20));
	assert_null(at(2, 12)); /* another address space */
	assert_int_equal(ranges_conflicts(l), 0);
}

static void grow_heap(uint32_t mm, uint64_t from, uint64_t to)
{
	struct mmt_ev_vma_map e = { .h = HDR(VMA_MAP, mm, 1), .vm_flags = 3, .origin = MMT_ORIGIN_BRK };

	e.addr = e.vma_start = from * PAGE;
	e.vma_end = to * PAGE;
	e.len = (to - from) * PAGE;
	e.pgoff = from;
	ranges_event(l, &e.h);
}

/* What continues itself is one range; two mappings stay two, whatever the kernel does with their VMAs. */
static void test_only_parts_of_one_mapping_become_one(void **state)
{
	const struct range *first;

	(void)state;
	grow_heap(1, 10, 12);
	first = at(1, 10);
	grow_heap(1, 12, 14);
	grow_heap(1, 14, 16);
	assert_int_equal(ranges_count(l), 1);
	assert_ptr_equal(at(1, 15), first); /* the lower one lives on */
	assert_int_equal(first->end, 16 * PAGE);
	map(1, 20, 22, 7, 3);
	map(1, 22, 24, 7, 3);
	assert_int_equal(ranges_count(l), 3);
	assert_ptr_not_equal(at(1, 21)->map, at(1, 22)->map);
	prot(1, 20, 24, 1);
	assert_int_equal(ranges_count(l), 3);
}

static void test_protection_cuts_and_heals(void **state)
{
	(void)state;
	map(1, 10, 20, 7, 3);
	prot(1, 12, 14, 1);
	assert_int_equal(ranges_count(l), 3);
	assert_int_equal(at(1, 11)->vm_flags, 3);
	assert_int_equal(at(1, 12)->vm_flags, 1);
	assert_int_equal(at(1, 13)->off, 12 * PAGE);
	assert_int_equal(at(1, 14)->vm_flags, 3);
	prot(1, 5, 30, 1); /* over holes on both sides */
	assert_int_equal(ranges_count(l), 1);
	assert_int_equal(at(1, 19)->start, 10 * PAGE);
	assert_int_equal(at(1, 19)->end, 20 * PAGE);
}

static void test_map_over_a_live_range_is_a_conflict(void **state)
{
	(void)state;
	map(1, 10, 20, 7, 3);
	map(1, 19, 21, 8, 3);
	assert_int_equal(ranges_conflicts(l), 1);
	assert_int_equal(at(1, 19)->file, 8); /* the later word holds */
	assert_int_equal(at(1, 18)->file, 7);
	unmap(1, 0, 100);
	map(1, 10, 20, 7, 3); /* in order: fine */
	map(1, 20, 21, 8, 3);
	map(2, 10, 20, 7, 3);
	assert_int_equal(ranges_conflicts(l), 1);
	/* Importing what a change already told is none. */
	struct mmt_ev_vma_import e = { .h = HDR(VMA_IMPORT, 1, 1), .addr = 10 * PAGE, .len = 10 * PAGE };
	ranges_event(l, &e.h);
	assert_int_equal(ranges_conflicts(l), 1);
}

static void test_move(void **state)
{
	struct mmt_ev_vma_move e = { .h = HDR(VMA_MOVE, 1, 1) };

	(void)state;
	map(1, 10, 20, 7, 3);
	e.old_addr = 12 * PAGE;
	e.old_len = 2 * PAGE;
	e.addr = e.vma_start = 40 * PAGE;
	e.len = 4 * PAGE;
	e.vma_end = 44 * PAGE;
	e.pgoff = 12;
	e.file = e.ino = 7;
	e.vm_flags = 3;
	ranges_event(l, &e.h);
	assert_int_equal(ranges_count(l), 3);
	assert_int_equal(at(1, 41)->off, 12 * PAGE);
	assert_int_equal(at(1, 43)->end, 44 * PAGE);
	assert_int_equal(ranges_conflicts(l), 0);
	ranges_event(l, &e.h); /* its target is live now */
	assert_int_equal(ranges_conflicts(l), 1);
}

static void test_fork_exec_exit(void **state)
{
	struct mmt_ev_vma_dup dup = { .h = HDR(VMA_DUP, 2, 1) };
	struct mmt_ev_exit gone = { .h = HDR(EXIT, 1, 1) };

	(void)state;
	map(1, 10, 20, 7, 3);
	dup.addr = dup.vma_start = 10 * PAGE;
	dup.len = 10 * PAGE;
	dup.vma_end = 20 * PAGE;
	dup.file = 7;
	dup.from_mm = 1;
	ranges_event(l, &dup.h);
	assert_int_equal(at(2, 15)->file, 7);
	unmap(2, 12, 13); /* the parent's stays */
	assert_int_equal(at(1, 12)->end, 20 * PAGE);
	ranges_event(l, &gone.h);
	assert_null(at(1, 15));
	assert_int_equal(ranges_count(l), 2);
}

static uint64_t was_file(uint64_t page)
{
	struct mmt_hdr h = { .mm = 1 };
	const struct range *r = ranges_was_at(l, &h, page * PAGE);

	return r ? r->file : 0;
}

/* For whoever looks back; nothing is there for anybody else. */
static void test_the_last_unmapped_are_remembered(void **state)
{
	(void)state;
	map(1, 10, 20, 7, 3);
	unmap(1, 10, 20);
	assert_int_equal(ranges_count(l), 0);
	assert_null(at(1, 15));
	assert_int_equal(was_file(15), 7);
	map(1, 10, 20, 8, 3);
	assert_int_equal(was_file(15), 8); /* what lives comes first */
	unmap(1, 10, 20);
	assert_int_equal(was_file(15), 8); /* then the latest */
}

static void test_stack_and_heap(void **state)
{
	struct mmt_ev_vma_grow g = { .h = HDR(VMA_GROW, 1, 1), .vm_flags = 0x103, .origin = MMT_ORIGIN_STACK };
	struct mmt_ev_vma_map b = { .h = HDR(VMA_MAP, 1, 1), .vm_flags = 3, .origin = MMT_ORIGIN_BRK };

	(void)state;
	map(1, 90, 100, 0, 0x103);
	g.addr = g.vma_start = 80 * PAGE;
	g.len = 20 * PAGE;
	g.vma_end = 100 * PAGE;
	g.pgoff = 80;
	ranges_event(l, &g.h);
	assert_int_equal(ranges_count(l), 1);
	assert_int_equal(at(1, 85)->kind, RANGE_STACK);
	assert_int_equal(ranges_conflicts(l), 0);
	b.addr = b.vma_start = 10 * PAGE;
	b.len = PAGE;
	b.vma_end = 11 * PAGE;
	ranges_event(l, &b.h);
	assert_int_equal(at(1, 10)->kind, RANGE_HEAP);
}

static void test_nonsense_is_dropped(void **state)
{
	(void)state;
	map(1, 10, 10, 7, 3);
	map(1, 20, 10, 7, 3);
	assert_int_equal(ranges_count(l), 0);
	assert_int_equal(ranges_dropped(l), 2);
}

static void test_truth_ends_guessing(void **state)
{
	struct mmt_ev_mmap e = { .h = HDR(MMAP, 9, 5), .len = PAGE, .fd = 3, .flags = 1 };

	(void)state;
	e.ret = 10 * (int64_t)PAGE;
	ranges_event(l, &e.h);
	assert_true(at(9, 10)->guessed);
	map(9, 20, 21, 7, 3);
	assert_null(at(9, 10));
	e.ret = 20 * (int64_t)PAGE; /* the call whose change was that map */
	ranges_event(l, &e.h);
	assert_int_equal(at(9, 20)->file, 7);
	assert_false(at(9, 20)->guessed);
	assert_int_equal(ranges_count(l), 1);
}

/* What was there before stays when changes come, and is the ground to guess on when none do. */
static void test_import(void **state)
{
	struct mmt_ev_vma_import i = { .h = HDR(VMA_IMPORT, 9, 5), .addr = 10 * PAGE, .len = 4 * PAGE, .file = 7 };
	struct mmt_ev_munmap u = { .h = HDR(MUNMAP, 9, 5), .addr = 12 * PAGE, .len = PAGE };
	struct mmt_ev_mmap e = { .h = HDR(MMAP, 9, 5), .len = PAGE, .fd = 3, .flags = 1, .ret = 30 * (int64_t)PAGE };

	(void)state;
	ranges_event(l, &i.h);
	ranges_event(l, &u.h); /* no change told it: the call must do */
	ranges_event(l, &e.h);
	assert_int_equal(ranges_count(l), 3);
	assert_true(at(9, 30)->guessed);
	assert_false(at(9, 13)->guessed);
	map(9, 20, 21, 8, 3);
	assert_int_equal(at(9, 10)->file, 7);
	assert_int_equal(at(9, 20)->file, 8);
	assert_null(at(9, 30));
	ranges_event(l, &u.h); /* from now on calls are not asked */
	assert_int_equal(ranges_count(l), 3);
}

/* Against an array of pages: every page belongs to what the last change made of it. */
#define PAGES 256

static void test_against_a_plain_array(void **state)
{
	static struct {
		uint64_t file, flags, map;
	} model[PAGES];
	uint64_t seed = 7, maps = 0;
	unsigned conflicts = 0;

	(void)state;
	memset(model, 0, sizeof(model));
	for (unsigned round = 0; round < 30000; round++) {
		uint64_t from, to, file, flags;
		bool over = false;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		from = (seed >> 20) % (PAGES - 1);
		to = from + 1 + (seed >> 40) % (PAGES - 1 - from < 24 ? PAGES - 1 - from : 24);
		file = 1 + (seed >> 50) % 3;
		flags = 1 + (seed >> 55) % 3;
		for (uint64_t i = from; i < to; i++)
			over |= model[i].file != 0;
		switch (seed >> 60 & 3) {
		case 0:
			unmap(3, from, to);
			for (uint64_t i = from; i < to; i++)
				model[i].file = 0;
			break;
		case 1:
			prot(3, from, to, flags);
			for (uint64_t i = from; i < to; i++)
				model[i].flags = flags;
			break;
		default:
			conflicts += over;
			map(3, from, to, file, flags);
			maps++;
			for (uint64_t i = from; i < to; i++) {
				model[i].map = maps;
				model[i].file = file;
				model[i].flags = flags;
			}
		}
		assert_int_equal(ranges_conflicts(l), conflicts);
		for (uint64_t i = round % 8; i < PAGES; i += 8) {
			const struct range *r = at(3, i);

			if (!model[i].file)
				continue; /* may be remembered */
			assert_non_null(r);
			assert_int_equal(r->file, model[i].file);
			assert_int_equal(r->vm_flags, model[i].flags);
			assert_int_equal(r->off, r->start);
			assert_int_equal(r->map->serial, model[i].map);
			/* As long as it can be: the neighbours differ. */
			assert_true(r->start == 0 || !model[r->start / PAGE - 1].file ||
				    model[r->start / PAGE - 1].map != r->map->serial ||
				    model[r->start / PAGE - 1].flags != r->vm_flags);
			assert_true(r->end == PAGES * PAGE || !model[r->end / PAGE].file ||
				    model[r->end / PAGE].map != r->map->serial ||
				    model[r->end / PAGE].flags != r->vm_flags);
		}
	}
	assert_true(conflicts > 1000);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_cut_in_the_middle),
		T(test_only_parts_of_one_mapping_become_one),
		T(test_protection_cuts_and_heals),
		T(test_map_over_a_live_range_is_a_conflict),
		T(test_move),
		T(test_fork_exec_exit),
		T(test_the_last_unmapped_are_remembered),
		T(test_stack_and_heap),
		T(test_nonsense_is_dropped),
		T(test_truth_ends_guessing),
		T(test_import),
		T(test_against_a_plain_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
