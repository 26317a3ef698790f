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

/* Where only calls are seen: no mm, results only. */

static void call_mmap(uint32_t pid, uint64_t page, uint64_t pages, int fd, int64_t ret)
{
	struct mmt_ev_mmap e = { .h = HDR(MMAP, 0, pid), .fd = fd, .prot = 3, .flags = fd < 0 ? 0x22 : 0x1 };

	e.len = pages * PAGE - 5; /* the kernel rounds up */
	e.ret = ret < 0 ? ret : (int64_t)(page * PAGE);
	ranges_event(l, &e.h);
}

static const struct range *guess_at(uint32_t pid, uint64_t page)
{
	struct mmt_hdr h = { .pid = pid };

	return ranges_at(l, &h, page * PAGE);
}

static void test_guesses(void **state)
{
	struct mmt_ev_munmap u = { .h = HDR(MUNMAP, 0, 5), .addr = 12 * PAGE, .len = PAGE, .ret = -EINVAL };
	struct mmt_ev_mremap m = { .h = HDR(MREMAP, 0, 5), .addr = 10 * PAGE, .old_len = 2 * PAGE, .len = 3 * PAGE };
	struct mmt_ev_mprotect q = { .h = HDR(MPROTECT, 0, 5), .addr = 15 * PAGE, .len = PAGE, .ret = -EACCES };
	struct mmt_ev_exec x = { .h = HDR(EXEC, 0, 5) };

	(void)state;
	call_mmap(5, 10, 10, 3, 0);
	call_mmap(5, 30, 10, 3, -ENOMEM);
	assert_int_equal(ranges_count(l), 1);
	assert_true(guess_at(5, 19)->guessed);
	assert_int_equal(guess_at(5, 19)->fd, 3);
	assert_int_equal(guess_at(5, 19)->vm_flags & FLAGS_VM_MAYSHARE, FLAGS_VM_MAYSHARE);
	assert_null(guess_at(6, 19));
	ranges_event(l, &q.h); /* failed */
	assert_int_equal(guess_at(5, 15)->vm_flags & 7, 3);
	assert_int_equal(ranges_count(l), 1);
	ranges_event(l, &u.h); /* failed */
	assert_int_equal(ranges_count(l), 1);
	u.ret = 0;
	ranges_event(l, &u.h);
	assert_int_equal(ranges_count(l), 2);
	q.ret = 0;
	ranges_event(l, &q.h);
	assert_int_equal(guess_at(5, 15)->vm_flags & 7, 0);
	assert_int_equal(guess_at(5, 14)->vm_flags & 7, 3);
	m.ret = 50 * (int64_t)PAGE;
	ranges_event(l, &m.h);
	assert_int_equal(guess_at(5, 52)->fd, 3);
	assert_int_equal(ranges_conflicts(l), 0); /* guesses accuse nobody */
	ranges_event(l, &x.h);
	assert_int_equal(ranges_count(l), 0);
}

/* Since 6.17 what moves may have holes: they stay where they are, and so does what is at the new place there. */
static void test_guess_moves_holes(void **state)
{
	struct mmt_ev_mremap m = { .h = HDR(MREMAP, 0, 5), .addr = 10 * PAGE, .old_len = 6 * PAGE, .len = 6 * PAGE };

	(void)state;
	call_mmap(5, 10, 2, 3, 0);
	call_mmap(5, 13, 3, 4, 0);
	call_mmap(5, 20, 6, -1, 0);
	m.flags = 3; /* MREMAP_MAYMOVE | MREMAP_FIXED */
	m.ret = 20 * (int64_t)PAGE;
	ranges_event(l, &m.h);
	assert_null(guess_at(5, 10));
	assert_null(guess_at(5, 13));
	assert_int_equal(guess_at(5, 21)->fd, 3);
	assert_int_equal(guess_at(5, 22)->fd, -1);
	assert_int_equal(guess_at(5, 23)->fd, 4);
	assert_int_equal(guess_at(5, 25)->start, 23 * PAGE);
	assert_null(guess_at(5, 26));
	m.flags = 7; /* ... | MREMAP_DONTUNMAP: what moved is copied where it was, and nowhere else */
	m.addr = 20 * PAGE;
	m.ret = 40 * (int64_t)PAGE;
	ranges_event(l, &m.h);
	assert_int_equal(guess_at(5, 45)->fd, 4);
	assert_int_equal(guess_at(5, 25)->fd, 4);
	assert_int_equal(guess_at(5, 22)->fd, -1);
	assert_string_equal(guess_at(5, 25)->map->parent, guess_at(5, 45)->map->id);
	assert_int_equal(ranges_conflicts(l), 0);
}

/* The kernel maps where nothing is, unless it is told to: what is there has gone, and its munmap is told of late. */
static void test_calls_in_the_wrong_order(void **state)
{
	struct mmt_ev_munmap u = { .h = HDR(MUNMAP, 0, 5), .addr = 10 * PAGE, .len = 4 * PAGE };
	struct mmt_ev_mmap fixed = { .h = HDR(MMAP, 0, 5), .len = PAGE, .fd = -1, .flags = 0x32 };

	(void)state;
	call_mmap(5, 10, 4, -1, 0);
	fixed.ret = 10 * (int64_t)PAGE;
	ranges_event(l, &fixed.h);
	assert_int_equal(ranges_conflicts(l), 0);
	call_mmap(5, 12, 4, -1, 0);
	assert_int_equal(ranges_conflicts(l), 1);
	ranges_event(l, &u.h);
	call_mmap(5, 40, 1, -1, 0);
	assert_true(guess_at(5, 40)->map->unsure);
}

static void test_guessed_heap(void **state)
{
	struct mmt_ev_brk b = { .h = HDR(BRK, 0, 5), .ret = 100 * (int64_t)PAGE };

	(void)state;
	ranges_event(l, &b.h);
	assert_int_equal(ranges_count(l), 0);
	b.ret = 103 * (int64_t)PAGE;
	ranges_event(l, &b.h);
	b.ret = 110 * (int64_t)PAGE;
	ranges_event(l, &b.h);
	assert_int_equal(ranges_count(l), 1);
	assert_int_equal(guess_at(5, 109)->kind, RANGE_HEAP);
	assert_int_equal(guess_at(5, 109)->start, 100 * PAGE);
	b.ret = 101 * (int64_t)PAGE;
	ranges_event(l, &b.h);
	assert_int_equal(guess_at(5, 100)->end, 101 * PAGE);
}

static void test_guessed_fork(void **state)
{
	struct mmt_ev_fork f = { .h = HDR(FORK, 0, 5), .child = 6 };

	(void)state;
	call_mmap(5, 10, 10, 3, 0);
	ranges_event(l, &f.h);
	assert_int_equal(guess_at(6, 15)->fd, 3);
	assert_int_equal(ranges_count(l), 2);
}

static void note_gap(void *ctx, const struct ranges_space *s)
{
	*(bool *)ctx |= s->gap;
}

static bool any_gap(void)
{
	bool gap = false;

	ranges_each_space(l, note_gap, &gap);
	return gap;
}

/* The answer to what is mapped is younger than the calls that are told behind it: they may be in it. */
static void test_calls_older_than_the_answer(void **state)
{
	struct mmt_ev_vma_import i = { .h = HDR(VMA_IMPORT, 0, 5), .addr = 10 * PAGE, .len = 4 * PAGE, .vm_flags = 3 };
	struct mmt_ev_mmap m = { .h = HDR(MMAP, 0, 5), .len = 4 * PAGE, .fd = -1, .prot = 3, .flags = 0x22 };
	struct mmt_ev_mremap r = { .h = HDR(MREMAP, 0, 5), .addr = 30 * PAGE, .old_len = 4 * PAGE, .len = 4 * PAGE };

	(void)state;
	i.h.ts_ns = 100;
	ranges_event(l, &i.h);
	m.h.ts_ns = 50;
	m.ret = 10 * (int64_t)PAGE;
	ranges_event(l, &m.h);
	r.h.ts_ns = 60; /* its old place is empty already */
	r.flags = 1;
	r.ret = 10 * (int64_t)PAGE;
	ranges_event(l, &r.h);
	assert_int_equal(ranges_conflicts(l), 0);
	assert_true(guess_at(5, 13)->guessed);
	assert_false(any_gap());
	m.h.ts_ns = 101; /* behind the answer all must fit again */
	ranges_event(l, &m.h);
	assert_int_equal(ranges_conflicts(l), 1);
	assert_true(any_gap());
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_guesses),      T(test_guess_moves_holes), T(test_calls_in_the_wrong_order),
		T(test_guessed_heap), T(test_guessed_fork),	 T(test_calls_older_than_the_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
