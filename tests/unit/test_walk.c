// LINK: ledger event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The ledger against a walk: what agrees is silent, one event cut out of the stream is found. */
#include "unit/test_mapping.h"

static struct {
	unsigned n;
	struct ranges_diff last;
	struct range ledger, kernel;
} told;

static void note(void *ctx, const struct ranges_diff *d)
{
	(void)ctx;
	told.n++;
	told.last = *d;
	if (d->ledger)
		told.ledger = *d->ledger;
	if (d->kernel)
		told.kernel = *d->kernel;
}

static int setup_walk(void **state)
{
	memset(&told, 0, sizeof(told));
	if (setup(state))
		return -1;
	ranges_on_diff(l, note, NULL);
	return 0;
}
#define W(f) cmocka_unit_test_setup_teardown(f, setup_walk, teardown)

static void mark(uint32_t mm, uint32_t what)
{
	struct mmt_sync m = { .type = MMT_ITEM_SYNC, .size = sizeof(m), .what = what, .mm = mm, .pid = mm };

	ranges_sync(l, &m);
}

static void vma(uint32_t mm, uint64_t from, uint64_t to, uint64_t ino, uint64_t vm_flags)
{
	struct mmt_ev_vma_walk e = { .h = HDR(VMA_WALK, mm, mm) };

	ALL(e, from, to);
	e.ino = e.file = ino;
	e.vm_flags = vm_flags;
	ranges_event(l, &e.h);
}

#define BEGIN(mm) mark(mm, MMT_SYNC_WALK_BEGIN)
#define END(mm)	  mark(mm, MMT_SYNC_WALK_END)

/* Differences that were told, when all has been. */
static unsigned differences(void)
{
	ranges_settle(l);
	return told.n;
}

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

/* ---- pieced together from calls ---- */

static void call_mmap(uint64_t from, uint64_t to, int fd, uint32_t flags)
{
	struct mmt_ev_mmap e = { .h = HDR(MMAP, 0, 5), .fd = fd, .prot = 3, .flags = flags };

	e.h.have &= ~MMT_HAVE(MMAP, file);
	e.off = from * PAGE;
	e.len = (to - from) * PAGE;
	e.ret = (int64_t)(from * PAGE);
	ranges_event(l, &e.h);
}

static void vma_of_5(uint64_t from, uint64_t to, uint64_t ino, uint64_t vm_flags)
{
	struct mmt_ev_vma_walk e = { .h = HDR(VMA_WALK, 0, 5) };

	ALL(e, from, to);
	e.ino = e.file = ino;
	e.vm_flags = vm_flags;
	e.h.tier = MMT_TIER_PROC;
	e.h.have &= ~MMT_HAVE(VMA_WALK, vm_flags);
	ranges_event(l, &e.h);
}

static void mark_5(uint32_t what)
{
	struct mmt_sync m = { .type = MMT_ITEM_SYNC, .size = sizeof(m), .what = what, .pid = 5 };

	ranges_sync(l, &m);
}

static void test_calls_against_proc(void **state)
{
	struct mmt_ev_vma_import i = { .h = HDR(VMA_IMPORT, 0, 5) };
	struct mmt_hdr h = { .pid = 5 };

	(void)state;
	ALL(i, 90, 100);
	i.file = i.ino = 0;
	i.vm_flags = 0x103;
	ranges_event(l, &i.h); /* the stack */
	call_mmap(10, 20, 3, 2);
	call_mmap(20, 24, -1, 0x22);
	call_mmap(30, 34, -1, 0x21);
	mark_5(MMT_SYNC_WALK_BEGIN);
	vma_of_5(10, 20, 7, 3);
	vma_of_5(20, 24, 0, 3);
	vma_of_5(30, 34, 9, 3 | 8);
	vma_of_5(80, 100, 0, 3); /* grown, and nobody said so */
	mark_5(MMT_SYNC_WALK_END);
	assert_int_equal(differences(), 0);
	assert_int_equal(ranges_at(l, &h, 12 * PAGE)->ino, 7); /* what the descriptor was open on */
	assert_ptr_equal(ranges_at(l, &h, 85 * PAGE)->map, ranges_at(l, &h, 95 * PAGE)->map);
	mark_5(MMT_SYNC_WALK_BEGIN);
	vma_of_5(10, 20, 8, 3);
	vma_of_5(20, 24, 0, 1);
	vma_of_5(30, 34, 9, 3);
	vma_of_5(80, 100, 0, 3);
	mark_5(MMT_SYNC_WALK_END);
	assert_int_equal(differences(), 3);
}

/* What a protection spans may be shared in part; that it stays. */
static void test_a_protection_of_several(void **state)
{
	struct mmt_ev_mprotect q = { .h = HDR(MPROTECT, 0, 5), .addr = 10 * PAGE, .len = 14 * PAGE, .prot = 1 };

	(void)state;
	call_mmap(10, 20, -1, 0x22);
	call_mmap(20, 24, -1, 0x21);
	ranges_event(l, &q.h);
	mark_5(MMT_SYNC_WALK_BEGIN);
	vma_of_5(10, 20, 0, 1);
	vma_of_5(20, 24, 9, 1 | 8);
	mark_5(MMT_SYNC_WALK_END);
	assert_int_equal(differences(), 0);
}

static void test_a_fork_leaves_out_what_it_was_told_to(void **state)
{
	struct mmt_ev_madvise a = { .h = HDR(MADVISE, 0, 5), .addr = 12 * PAGE, .len = 2 * PAGE, .advice = 10 };
	struct mmt_ev_fork f = { .h = HDR(FORK, 0, 5), .child = 6 };
	struct mmt_hdr h = { .pid = 6 };

	(void)state;
	a.h.have &= ~MMT_HAVE(MADVISE, pidfd);
	call_mmap(10, 20, -1, 0x22);
	ranges_event(l, &a.h);
	a.addr = 13 * PAGE;
	a.len = PAGE;
	a.advice = 11; /* MADV_DOFORK */
	ranges_event(l, &a.h);
	ranges_event(l, &f.h);
	assert_non_null(ranges_at(l, &h, 11 * PAGE));
	assert_null(ranges_at(l, &h, 12 * PAGE));
	assert_non_null(ranges_at(l, &h, 13 * PAGE));
}

/* Calls of several threads end in another order than they happened: nobody can say whose fault it is. */
static void test_calls_of_threads(void **state)
{
	struct mmt_ev_mprotect q = { .h = HDR(MPROTECT, 0, 5), .addr = 10 * PAGE, .len = PAGE };

	(void)state;
	call_mmap(10, 20, -1, 0x22);
	q.h.tid = 6;
	ranges_event(l, &q.h);
	mark_5(MMT_SYNC_WALK_BEGIN);
	vma_of_5(10, 20, 0, 3);
	mark_5(MMT_SYNC_WALK_END);
	assert_int_equal(differences(), 1);
	assert_true(told.last.gap);
}

/* It goes as far as the first hole, and says that it failed. */
static void test_a_call_that_half_failed(void **state)
{
	struct mmt_ev_mprotect q = { .h = HDR(MPROTECT, 0, 5), .addr = 12 * PAGE, .len = 20 * PAGE, .ret = -ENOMEM };

	(void)state;
	call_mmap(10, 20, -1, 0x22);
	call_mmap(22, 24, -1, 0x22);
	ranges_event(l, &q.h);
	mark_5(MMT_SYNC_WALK_BEGIN);
	vma_of_5(10, 12, 0, 3);
	vma_of_5(12, 20, 0, 0);
	vma_of_5(22, 24, 0, 3);
	mark_5(MMT_SYNC_WALK_END);
	assert_int_equal(differences(), 0);
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
		W(test_calls_against_proc),
		W(test_a_protection_of_several),
		W(test_a_fork_leaves_out_what_it_was_told_to),
		W(test_calls_of_threads),
		W(test_a_call_that_half_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
