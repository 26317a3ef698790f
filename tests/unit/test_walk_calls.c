// LINK: ledger event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The ledger pieced together from calls, against a walk. */
#include "unit/test_walk.h"

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
		W(test_calls_against_proc),
		W(test_a_protection_of_several),
		W(test_a_fork_leaves_out_what_it_was_told_to),
		W(test_calls_of_threads),
		W(test_a_call_that_half_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
