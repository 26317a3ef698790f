// LINK: ledger event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The ledger against a walk: what agrees is silent, one event cut out of the stream is found. */
#include "unit/test_walk.h"

static void test_the_same(void **state)
{
	(void)state;
	map(1, 10, 20);
	map(1, 20, 30); /* the kernel may make one VMA of both */
	anon(1, 40, 50, MMT_ORIGIN_MMAP);
	prot(1, 42, 44);
	BEGIN(1);
	vma(1, 10, 30, 7, 3 | 0x100070);
	vma(1, 40, 42, 0, 3);
	vma(1, 42, 44, 0, 1);
	vma(1, 44, 50, 0, 3);
	END(1);
	assert_int_equal(differences(), 0);
	assert_int_equal(ranges_walks(l)->walks, 1);
	assert_int_equal(ranges_walks(l)->vmas, 4);
	assert_int_equal(ranges_walks(l)->cut, 0);
}

static void test_an_unmap_was_cut_out(void **state)
{
	(void)state;
	map(1, 10, 20);
	map(1, 30, 32);
	BEGIN(1);
	vma(1, 10, 12, 7, 3);
	vma(1, 15, 20, 7, 3);
	vma(1, 30, 32, 7, 3);
	END(1);
	assert_int_equal(differences(), 1);
	assert_int_equal(told.last.start, 12 * PAGE);
	assert_int_equal(told.last.end, 15 * PAGE);
	assert_null(told.last.kernel);
	assert_string_equal(told.ledger.map->id, "m1");
	assert_false(told.last.gap);
	assert_int_equal(ranges_walks(l)->diffs, 1);
	assert_null(at(1, 13)); /* the kernel is believed */
	IS(1, 12 - 1, "m1");
	IS(1, 15, "m1");
}

static void test_a_map_was_cut_out(void **state)
{
	(void)state;
	map(1, 10, 12);
	BEGIN(1);
	vma(1, 10, 12, 7, 3);
	vma(1, 12, 20, 7, 3);
	END(1);
	assert_int_equal(differences(), 1);
	assert_int_equal(told.last.start, 12 * PAGE);
	assert_null(told.last.ledger);
	IS(1, 15, "m2"); /* found, not made: nobody knows how */
	assert_true(at(1, 15)->unsure);
	assert_true(at(1, 15)->imported);
}

static void test_a_protection_was_cut_out(void **state)
{
	(void)state;
	map(1, 10, 20);
	BEGIN(1);
	vma(1, 10, 12, 7, 3);
	vma(1, 12, 20, 7, 1);
	END(1);
	assert_int_equal(differences(), 1);
	assert_int_equal(told.last.start, 12 * PAGE);
	IS(1, 12, "m1");
	assert_int_equal(at(1, 12)->vm_flags, 1);
}

static void test_sharing_and_file_differ(void **state)
{
	(void)state;
	map(1, 10, 20);
	map(1, 20, 30);
	map(1, 30, 40);
	BEGIN(1);
	vma(1, 10, 20, 7, 3 | 8);
	vma(1, 20, 30, 8, 3);
	vma(1, 30, 40, 0, 3);
	END(1);
	assert_int_equal(differences(), 3);
	IS(1, 30, "m6"); /* another file is another mapping, and so is another sharing */
}

static void test_another_offset(void **state)
{
	struct mmt_ev_vma_walk e = { .h = HDR(VMA_WALK, 1, 1) };

	(void)state;
	map(1, 10, 20);
	BEGIN(1);
	ALL(e, 10, 20);
	e.pgoff++;
	ranges_event(l, &e.h);
	END(1);
	assert_int_equal(differences(), 1);
}

static void test_behind_the_last(void **state)
{
	(void)state;
	map(1, 10, 20);
	map(1, 50, 60);
	BEGIN(1);
	vma(1, 10, 20, 7, 3);
	END(1);
	assert_int_equal(differences(), 1);
	assert_int_equal(told.last.start, 50 * PAGE);
	/* cut short, it says nothing of what it has not seen */
	map(1, 70, 80);
	BEGIN(1);
	vma(1, 10, 20, 7, 3);
	mark(1, MMT_SYNC_WALK_CUT);
	assert_int_equal(differences(), 1);
	assert_int_equal(ranges_walks(l)->cut, 1);
	IS(1, 70, "m3");
}

/* Threads go on while it is walked: each VMA is true where it stands. */
static void test_changes_on_the_way(void **state)
{
	(void)state;
	map(1, 10, 20);
	map(1, 30, 40);
	BEGIN(1);
	vma(1, 10, 20, 7, 3);
	unmap(1, 10, 20, MMT_ORIGIN_MUNMAP); /* behind the walker */
	unmap(1, 30, 32, MMT_ORIGIN_MUNMAP); /* before it */
	map(1, 25, 28);
	vma(1, 25, 28, 7, 3);
	vma(1, 32, 40, 7, 3);
	map(1, 50, 51); /* above the last: nobody held the lock until the end */
	END(1);
	assert_int_equal(differences(), 0);
}

/* The lock is let go on the way, and a VMA that has grown is told with its beginning once more. */
static void test_told_twice(void **state)
{
	(void)state;
	map(1, 10, 20);
	BEGIN(1);
	vma(1, 10, 15, 7, 3);
	vma(1, 10, 20, 7, 3);
	vma(1, 10, 15, 7, 3);
	END(1);
	assert_int_equal(differences(), 0);
}

/* On old kernels a reader may be let in before an unmap has been told: then it is the next change. */
static void test_a_late_unmap_explains_it(void **state)
{
	(void)state;
	map(1, 10, 20);
	map(1, 30, 31);
	BEGIN(1);
	vma(1, 30, 31, 7, 3);
	END(1);
	unmap(1, 10, 20, MMT_ORIGIN_MUNMAP);
	assert_int_equal(differences(), 0);
	assert_int_equal(named("m1")->reason, MAPPING_MUNMAP);
	/* and only then */
	map(1, 10, 20);
	BEGIN(1);
	vma(1, 30, 31, 7, 3);
	END(1);
	prot(1, 30, 31);
	assert_int_equal(told.n, 1);
	unmap(1, 10, 20, MMT_ORIGIN_MUNMAP);
	assert_int_equal(differences(), 1);
	assert_int_equal(named("m3")->reason, MAPPING_GAP);
}

/* Each explains what it covers and no more, also while the walk goes on. */
static void test_late_unmaps_one_by_one(void **state)
{
	(void)state;
	map(1, 10, 20);
	map(1, 22, 24);
	map(1, 30, 31);
	BEGIN(1);
	vma(1, 30, 31, 7, 3);
	unmap(1, 12, 14, MMT_ORIGIN_MUNMAP);
	map(1, 26, 27); /* behind the walker */
	unmap(1, 10, 12, MMT_ORIGIN_MUNMAP);
	END(1);
	assert_int_equal(told.n, 0);
	unmap(1, 16, 20, MMT_ORIGIN_MUNMAP);
	assert_int_equal(told.n, 0);
	unmap(1, 22, 24, MMT_ORIGIN_MUNMAP);
	assert_int_equal(told.n, 0);
	map(1, 40, 41);
	assert_int_equal(told.n, 1);
	assert_int_equal(told.last.start, 14 * PAGE);
	assert_int_equal(told.last.end, 16 * PAGE);
	assert_int_equal(differences(), 1);
	assert_int_equal(named("m2")->reason, MAPPING_MUNMAP);
}

static void test_a_late_unmap_during_the_walk(void **state)
{
	(void)state;
	map(1, 10, 20);
	map(1, 30, 31);
	BEGIN(1);
	vma(1, 30, 31, 7, 3);
	unmap(1, 10, 20, MMT_ORIGIN_MUNMAP);
	END(1);
	assert_int_equal(differences(), 0);
	assert_int_equal(named("m1")->reason, MAPPING_MUNMAP);
}

static void test_the_end_of_a_process_settles_it(void **state)
{
	(void)state;
	map(1, 10, 20);
	BEGIN(1);
	END(1);
	assert_int_equal(told.n, 0);
	ends(1, MMT_ORIGIN_EXIT);
	assert_int_equal(told.n, 1);
}

/* Where something was lost a difference is no bug; it is made good, and from then on one is again. */
static void test_a_gap_is_mended(void **state)
{
	(void)state;
	map(1, 10, 20);
	dup(1, 2, 10, 20);
	ranges_lost(l);
	map(1, 22, 24);
	assert_true(at(1, 22)->unsure);
	dup(1, 3, 10, 20); /* what is copied from an unsure one is */
	BEGIN(1);
	vma(1, 12, 20, 7, 3);
	vma(1, 22, 24, 7, 3);
	vma(1, 30, 31, 7, 3);
	END(1);
	assert_int_equal(told.n, 2);
	assert_true(told.last.gap);
	assert_int_equal(ranges_walks(l)->gaps, 2);
	assert_int_equal(ranges_walks(l)->diffs, 0);
	map(1, 40, 41);
	assert_false(at(1, 40)->unsure);
	map(3, 40, 41);
	assert_true(at(3, 40)->unsure);
	BEGIN(1);
	vma(1, 12, 20, 7, 3);
	END(1);
	assert_int_equal(differences(), 5);
	assert_false(told.last.gap);
}

static void test_many_are_counted(void **state)
{
	(void)state;
	for (uint64_t p = 10; p < 1000; p += 2)
		anon(1, p, p + 1, MMT_ORIGIN_MMAP);
	BEGIN(1);
	for (uint64_t p = 10; p < 1000; p += 2)
		vma(1, p, p + 1, 7, 3);
	END(1);
	assert_int_equal(differences(), 64);
	assert_int_equal(ranges_walks(l)->diffs, 495);
}

static void test_an_unknown_space_is_a_gap(void **state)
{
	(void)state;
	BEGIN(5);
	vma(5, 10, 20, 7, 3);
	END(5);
	assert_int_equal(differences(), 1);
	assert_true(told.last.gap);
	IS(5, 10, "m1");
}
static void test_a_process_in_the_middle_of_an_exec(void **state)
{
	(void)state;
	BEGIN(5);
	vma(5, 10, 20, 0, 0x118103 | 0x8000 | 0x10000); /* VM_STACK_INCOMPLETE_SETUP */
	END(5);
	assert_int_equal(differences(), 0);
	assert_int_equal(ranges_walks(l)->walks, 0);
	assert_int_equal(ranges_walks(l)->cut, 0);
	map(5, 10, 20); /* behind it all is as it should be */
	BEGIN(5);
	vma(5, 10, 20, 7, 3);
	vma(5, 30, 31, 7, 3);
	END(5);
	assert_int_equal(differences(), 1);
	assert_false(told.last.gap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		W(test_the_same),
		W(test_an_unmap_was_cut_out),
		W(test_a_map_was_cut_out),
		W(test_a_protection_was_cut_out),
		W(test_sharing_and_file_differ),
		W(test_another_offset),
		W(test_behind_the_last),
		W(test_changes_on_the_way),
		W(test_told_twice),
		W(test_a_late_unmap_explains_it),
		W(test_late_unmaps_one_by_one),
		W(test_a_late_unmap_during_the_walk),
		W(test_the_end_of_a_process_settles_it),
		W(test_a_gap_is_mended),
		W(test_many_are_counted),
		W(test_an_unknown_space_is_a_gap),
		W(test_a_process_in_the_middle_of_an_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
