// LINK: ledger event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A mapping keeps its name through everything that happens to it. */
#include "unit/test_mapping.h"

static void test_the_id_lives_on(void **state)
{
	const struct mapping *m;

	(void)state;
	map(1, 10, 20);
	map(1, 20, 30); /* the kernel may make one VMA of both */
	IS(1, 10, "m1");
	IS(1, 29, "m2");
	m = at(1, 10);
	prot(1, 12, 14);
	unmap(1, 16, 18, MMT_ORIGIN_MUNMAP);
	move(1, 18, 2, 100, 4);
	for (uint64_t p = 10; p < 16; p++)
		assert_ptr_equal(at(1, p), m);
	assert_null(at(1, 17));
	assert_null(at(1, 18));
	assert_ptr_equal(at(1, 100), m);
	assert_ptr_equal(at(1, 103), m);
	assert_int_equal(m->ranges, 4);
	assert_int_equal(m->bytes, 10 * PAGE);
	assert_int_equal(m->peak, 10 * PAGE);
	prot(1, 10, 16);
	assert_int_equal(m->ranges, 2);
	assert_int_equal(m->reason, MAPPING_LIVE);
	unmap(1, 0, 18, MMT_ORIGIN_MUNMAP);
	assert_int_equal(m->reason, MAPPING_LIVE);
	unmap(1, 100, 104, MMT_ORIGIN_MUNMAP);
	assert_int_equal(m->reason, MAPPING_MUNMAP);
	assert_int_equal(m->bytes, 0);
	IS(1, 20, "m2");
}

static void test_a_kernel_vma_of_two_moves_as_two(void **state)
{
	(void)state;
	map(1, 10, 20);
	map(1, 20, 30);
	move(1, 15, 10, 50, 12);
	IS(1, 54, "m1");
	IS(1, 55, "m2");
	IS(1, 61, "m2"); /* what it grew by goes with the end */
	IS(1, 14, "m1");
	IS(1, 25, "m2");
	assert_int_equal(ranges_conflicts(l), 0);
}

static void test_growing_in_place(void **state)
{
	struct mmt_ev_vma_move e = { .h = HDR(VMA_MOVE, 1, 1), .origin = MMT_ORIGIN_MREMAP };

	(void)state;
	map(1, 10, 12);
	prot(1, 10, 12);
	e.addr = e.old_addr = 10 * PAGE;
	e.old_len = 2 * PAGE;
	e.len = 5 * PAGE;
	e.h.have = MMT_HAVE(VMA_MOVE, addr) | MMT_HAVE(VMA_MOVE, len) | MMT_HAVE(VMA_MOVE, old_addr) |
		   MMT_HAVE(VMA_MOVE, old_len) | MMT_HAVE(VMA_MOVE, origin); /* it is told without its VMA */
	ranges_event(l, &e.h);
	IS(1, 14, "m1");
	assert_int_equal(ranges_count(l), 1);
	assert_int_equal(at(1, 14)->bytes, 5 * PAGE);
	e.addr = e.old_addr = 90 * PAGE; /* nothing is known there: something was missed */
	ranges_event(l, &e.h);
	assert_null(at(1, 93));
	assert_int_equal(ranges_conflicts(l), 1);
	map(1, 30, 31);
	assert_true(at(1, 30)->unsure);
	assert_false(at(1, 14)->unsure);
}

/* The pages go and keep their name; the empty range that stays is a copy. */
static void test_dontunmap(void **state)
{
	(void)state;
	map(1, 10, 14);
	move(1, 10, 4, 50, 4);
	anon(1, 10, 14, MMT_ORIGIN_MREMAP);
	IS(1, 50, "m1");
	IS(1, 10, "m1.1");
	assert_string_equal(at(1, 10)->parent, "m1");
	assert_int_equal(at(1, 10)->origin, MMT_ORIGIN_MREMAP);
	anon(1, 60, 64, MMT_ORIGIN_MMAP);
	IS(1, 60, "m2");
}

/* mremap with old length 0: the same pages once more. */
static void test_doubling(void **state)
{
	(void)state;
	map(1, 10, 14);
	move(1, 10, 0, 50, 4);
	IS(1, 10, "m1");
	IS(1, 50, "m1.1");
	assert_int_equal(ranges_conflicts(l), 0);
}

static void test_fork(void **state)
{
	struct mmt_ev_fork f = { .h = HDR(FORK, 1, 1), .child = 2, .child_mm = 2 };

	(void)state;
	map(1, 10, 20);
	map(1, 20, 30);
	prot(1, 12, 14);
	dup(1, 2, 10, 12);
	dup(1, 2, 12, 14);
	dup(1, 2, 14, 30); /* a VMA of two mappings */
	IS(2, 10, "m1.1");
	IS(2, 13, "m1.1");
	IS(2, 19, "m1.1");
	IS(2, 20, "m2.1");
	assert_int_equal(at(2, 10)->bytes, 10 * PAGE);
	assert_string_equal(at(2, 10)->parent, "m1");
	assert_int_equal(at(2, 10)->parent_serial, at(1, 10)->serial);
	assert_int_equal(at(2, 10)->pid, 1);
	ranges_event(l, &f.h);
	assert_int_equal(at(2, 10)->pid, 2);
	dup(2, 3, 10, 20);
	IS(3, 10, "m1.1.1");
	dup(1, 4, 10, 20);
	IS(4, 10, "m1.2");
	assert_int_equal(at(1, 10)->copies, 2);
	/* the parent's end is not the child's */
	ends(1, MMT_ORIGIN_EXIT);
	assert_null(at(1, 10));
	IS(2, 10, "m1.1");
	dup(9, 5, 10, 20); /* of a process that nothing is known of */
	IS(5, 10, "m3");
	assert_string_equal(at(5, 10)->parent, "");
}

static void test_long_names_get_a_number(void **state)
{
	char parent[MAPPING_ID];

	(void)state;
	map(1, 10, 20);
	for (uint32_t mm = 2; mm < 40; mm++) {
		memcpy(parent, at(mm - 1, 10)->id, sizeof(parent));
		dup(mm - 1, mm, 10, 20);
		assert_string_equal(at(mm, 10)->parent, parent);
		assert_true(strlen(at(mm, 10)->id) < MAPPING_ID);
	}
	assert_int_equal(at(39, 10)->id[0], 'm');
	assert_null(named("m5"));
	assert_non_null(named("m3.1.1"));
}

static void test_reasons(void **state)
{
	static const struct {
		uint32_t origin, reason;
	} cases[] = {
		{ MMT_ORIGIN_MUNMAP, MAPPING_MUNMAP }, { MMT_ORIGIN_MMAP, MAPPING_OVERMAP },
		{ MMT_ORIGIN_MREMAP, MAPPING_MREMAP }, { MMT_ORIGIN_SHMDT, MAPPING_SHMDT },
		{ MMT_ORIGIN_BRK, MAPPING_BRK },       { MMT_ORIGIN_KERNEL, MAPPING_OTHER },
	};
	const struct mapping *m;
	char id[8];

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		map(1, 10, 20);
		m = at(1, 10);
		snprintf(id, sizeof(id), "m%u", i + 1);
		assert_string_equal(m->id, id);
		unmap(1, 0, 30, cases[i].origin);
		assert_int_equal(m->reason, cases[i].reason);
		assert_ptr_equal(named(id), m);
	}
	map(2, 10, 20);
	m = at(2, 10);
	ends(2, MMT_ORIGIN_EXEC);
	assert_int_equal(m->reason, MAPPING_EXEC);
	map(3, 10, 20);
	m = at(3, 10);
	ends(3, MMT_ORIGIN_EXIT);
	assert_int_equal(m->reason, MAPPING_EXIT);
	assert_null(at(3, 10));
	assert_ptr_equal(was_at(3, 10), m); /* a driver's ->close comes behind the end */
}

/* What is told behind the end concerns what ended, also when something else is there already. */
static void test_looking_back(void **state)
{
	struct mmt_ev_munmap call = { .h = HDR(MUNMAP, 1, 1), .addr = 10 * PAGE, .len = PAGE };
	struct mmt_ev_vma_unmap u = { .h = HDR(VMA_UNMAP, 1, 1), .addr = 10 * PAGE, .len = PAGE };

	(void)state;
	map(1, 10, 11);
	call.h.ts_ns = 100;
	u.h.ts_ns = 150;
	ranges_event(l, &u.h);
	assert_string_equal(was_at(1, 10)->id, "m1");
	map(1, 10, 11); /* another thread, before the first one's call is over */
	IS(1, 10, "m2");
	assert_string_equal(ranges_mapping(l, &call.h, 10 * PAGE, true)->id, "m1");
	call.h.ts_ns = 200;
	assert_string_equal(ranges_mapping(l, &call.h, 10 * PAGE, true)->id, "m2");
	u.h.ts_ns = 220;
	ranges_event(l, &u.h);
	map(1, 10, 11);
	assert_string_equal(ranges_mapping(l, &call.h, 10 * PAGE, true)->id, "m2");
	call.h.ts_ns = 100; /* two others came and went meanwhile */
	assert_string_equal(ranges_mapping(l, &call.h, 10 * PAGE, true)->id, "m1");
	call.h.ts_ns = 230;
	assert_string_equal(ranges_mapping(l, &call.h, 10 * PAGE, true)->id, "m3");
}

static void test_heap(void **state)
{
	(void)state;
	anon(1, 9, 10, MMT_ORIGIN_EXEC); /* a program's bss is none of it */
	anon(1, 10, 12, MMT_ORIGIN_BRK);
	anon(1, 12, 16, MMT_ORIGIN_BRK);
	IS(1, 9, "m1");
	IS(1, 10, "m2");
	IS(1, 15, "m2");
	assert_int_equal(at(1, 10)->kind, RANGE_HEAP);
	assert_int_equal(at(1, 10)->bytes, 6 * PAGE);
	unmap(1, 11, 16, MMT_ORIGIN_BRK);
	IS(1, 10, "m2");
	anon(1, 11, 12, MMT_ORIGIN_BRK);
	IS(1, 11, "m2");
	anon(1, 30, 31, MMT_ORIGIN_MMAP);
	anon(1, 31, 32, MMT_ORIGIN_MMAP);
	IS(1, 31, "m4");
}

static void grow(uint64_t from, uint64_t to)
{
	struct mmt_ev_vma_grow e = { .h = HDR(VMA_GROW, 1, 1), .origin = MMT_ORIGIN_STACK };

	ALL(e, from, to);
	e.file = e.ino = 0;
	e.vm_flags = 0x103;
	ranges_event(l, &e.h);
}

/* exec makes a stack, lets it grow with the arguments, moves it and protects it; it is one mapping. */
static void test_stack(void **state)
{
	(void)state;
	grow(900, 902);
	prot(1, 900, 902);
	move(1, 900, 2, 890, 2);
	grow(860, 892);
	IS(1, 860, "m1");
	IS(1, 891, "m1");
	assert_null(at(1, 901));
	assert_int_equal(at(1, 860)->bytes, 32 * PAGE);
	assert_int_equal(at(1, 860)->kind, RANGE_STACK);
	grow(850, 892);
	IS(1, 850, "m1");
	assert_int_equal(ranges_conflicts(l), 0);
}

static void test_special(void **state)
{
	(void)state;
	anon(1, 10, 12, MMT_ORIGIN_SPECIAL);
	anon(1, 12, 13, MMT_ORIGIN_SPECIAL);
	IS(1, 11, "m1");
	IS(1, 12, "m2");
	assert_int_equal(at(1, 12)->kind, RANGE_SPECIAL);
}

/* Pieced together from calls a space is known by its process only; each child's copy is its own all the same. */
static void test_forks_that_calls_tell_of(void **state)
{
	struct mmt_ev_mmap e = { .h = HDR(MMAP, 0, 5), .prot = 3, .flags = 0x22, .fd = -1, .len = PAGE };
	struct mmt_ev_fork f = { .h = HDR(FORK, 0, 5), .child = 6 };
	struct mmt_hdr h = { .pid = 6 };

	(void)state;
	e.ret = 10 * (int64_t)PAGE;
	ranges_event(l, &e.h);
	ranges_event(l, &f.h);
	f.child = 7;
	ranges_event(l, &f.h);
	assert_string_equal(ranges_at(l, &h, 10 * PAGE)->map->id, "m1.1");
	h.pid = 7;
	assert_string_equal(ranges_at(l, &h, 10 * PAGE)->map->id, "m1.2");
	assert_int_equal(named("m1.2")->bytes, PAGE);
}

/* One thread's unmap ends behind another's map of the same place: counted, marked a gap, and a walk makes it good. */
static void test_calls_in_another_order(void **state)
{
	struct mmt_ev_mmap e = { .h = HDR(MMAP, 0, 5), .prot = 3, .flags = 0x22, .fd = -1, .len = 4 * PAGE };
	struct mmt_ev_munmap u = { .h = HDR(MUNMAP, 0, 5), .addr = 10 * PAGE, .len = 4 * PAGE };
	struct mmt_ev_vma_walk v = { .h = HDR(VMA_WALK, 0, 5) };
	struct mmt_sync m = { .type = MMT_ITEM_SYNC, .size = sizeof(m), .what = MMT_SYNC_WALK_BEGIN, .pid = 5 };
	struct mmt_hdr h = { .pid = 5 };

	(void)state;
	e.h.have &= ~MMT_HAVE(MMAP, file);
	e.ret = 10 * (int64_t)PAGE;
	ranges_event(l, &e.h);
	assert_int_equal(ranges_conflicts(l), 0);
	e.h.tid = 6;
	ranges_event(l, &e.h);
	assert_int_equal(ranges_conflicts(l), 1);
	ranges_event(l, &u.h);
	assert_null(ranges_at(l, &h, 10 * PAGE));
	ranges_sync(l, &m);
	ALL(v, 10, 14);
	v.file = v.ino = 0;
	ranges_event(l, &v.h);
	m.what = MMT_SYNC_WALK_END;
	ranges_sync(l, &m);
	ranges_settle(l);
	assert_int_equal(ranges_walks(l)->gaps, 1);
	assert_int_equal(ranges_walks(l)->diffs, 0);
	assert_non_null(ranges_at(l, &h, 10 * PAGE));
}

/* Keyed by the address space: a vfork's child has none of its own, and its exec ends nothing of the parent's. */
static void test_vfork_and_exec(void **state)
{
	struct mmt_ev_fork f = { .h = HDR(FORK, 1, 1), .child = 2, .child_mm = 1 };
	struct mmt_ev_exec x = { .h = HDR(EXEC, 7, 2) };

	(void)state;
	map(1, 10, 20);
	ranges_event(l, &f.h);
	assert_int_equal(at(1, 10)->pid, 1);
	ranges_event(l, &x.h);
	map(7, 10, 20);
	IS(1, 10, "m1");
	IS(7, 10, "m2");
	ends(1, MMT_ORIGIN_EXEC); /* its own exec, later */
	assert_int_equal(named("m1")->reason, MAPPING_EXEC);
	IS(7, 10, "m2");
}

static void import(uint64_t from, uint64_t to)
{
	struct mmt_ev_vma_import e = { .h = HDR(VMA_IMPORT, 1, 1) };

	ALL(e, from, to);
	ranges_event(l, &e.h);
}

/* A change that came before the import is newer than nothing, and keeps its name. */
static void test_import(void **state)
{
	(void)state;
	map(1, 14, 16);
	import(10, 20);
	import(20, 30);
	IS(1, 14, "m1");
	IS(1, 10, "m2");
	IS(1, 19, "m2");
	IS(1, 20, "m3");
	assert_true(at(1, 10)->imported);
	assert_false(at(1, 14)->imported);
	import(10, 20); /* another process with the same address space */
	IS(1, 10, "m2");
	assert_int_equal(ranges_conflicts(l), 0);
	map(1, 30, 31);
	IS(1, 30, "m4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_the_id_lives_on),
		T(test_a_kernel_vma_of_two_moves_as_two),
		T(test_growing_in_place),
		T(test_dontunmap),
		T(test_doubling),
		T(test_fork),
		T(test_long_names_get_a_number),
		T(test_reasons),
		T(test_looking_back),
		T(test_heap),
		T(test_stack),
		T(test_special),
		T(test_forks_that_calls_tell_of),
		T(test_calls_in_another_order),
		T(test_vfork_and_exec),
		T(test_import),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
