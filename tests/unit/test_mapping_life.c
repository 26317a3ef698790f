// LINK: ledger event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What a mapping is told of before it is there, what it goes through, and what is kept of it. */
#include "unit/test_mapping.h"

/* ---- before it is there ---- */

static void driver_mmap(uint64_t from, uint64_t to, uint64_t func, int ret)
{
	struct mmt_ev_driver_mmap e = { .h = HDR(DRIVER_MMAP, 1, 1), .func = func, .ret = ret };

	ALL(e, from, to);
	ranges_event(l, &e.h);
}

static void install(uint64_t from, uint64_t to, uint64_t pfn, int nested)
{
	struct mmt_ev_pfn_map e = { .h = HDR(PFN_MAP, 1, 1), .helper = MMT_HELPER_REMAP_PFN_RANGE };

	ALL(e, from, to);
	e.pages = to - from;
	e.pfn_lo = pfn;
	e.pfn_hi = pfn + e.pages - 1;
	e.pgprot = 0x68;
	e.nested = nested;
	ranges_event(l, &e.h);
}

static void call_ends(int64_t ret)
{
	struct mmt_ev_mmap e = { .h = HDR(MMAP, 1, 1), .ret = ret };

	ranges_event(l, &e.h);
}

static void test_named_while_its_driver_runs(void **state)
{
	const struct mapping *m;

	(void)state;
	install(10, 14, 0x100, 1);
	install(10, 14, 0x100, 0);
	IS(1, 12, "m1");
	driver_mmap(10, 14, 0xf00, 0);
	m = at(1, 13);
	assert_int_equal(m->ranges, 0);
	map(1, 10, 14);
	assert_ptr_equal(at(1, 13), m);
	assert_int_equal(m->func, 0xf00);
	assert_int_equal(m->installs.events, 1);
	assert_int_equal(m->installs.pages, 4);
	assert_int_equal(m->installs.pfn_hi, 0x103);
	assert_int_equal(m->installs.helper, MMT_HELPER_REMAP_PFN_RANGE);
	assert_false(m->installs.refcounted);
	call_ends(10 * PAGE);
	assert_int_equal(m->reason, MAPPING_LIVE);
	install(12, 13, 0x200, 0);
	assert_int_equal(m->installs.pfn_lo, 0x100);
	assert_int_equal(m->installs.pfn_hi, 0x200);
}

static void test_its_driver_refused(void **state)
{
	(void)state;
	install(10, 14, 0x100, 0);
	driver_mmap(10, 14, 0xf00, -EINVAL);
	call_ends(-EINVAL);
	assert_null(at(1, 10));
	assert_int_equal(named("m1")->reason, MAPPING_FAILED);
	map(1, 10, 14);
	IS(1, 10, "m2");
	driver_mmap(30, 34, 0xf00, -EINVAL); /* nothing was begun: no name is spent */
	assert_null(at(1, 30));
	map(1, 30, 34);
	IS(1, 30, "m3");
}

/* Fork calls the driver's ->open of the copy before it tells of it. */
static void test_named_while_fork_copies_it(void **state)
{
	struct mmt_ev_driver_open o = { .h = HDR(DRIVER_OPEN, 2, 1) };
	struct mmt_hdr h = { .mm = 2, .pid = 1, .tid = 1 };

	(void)state;
	map(1, 10, 14);
	VMA(o, 10, 14);
	ranges_event(l, &o.h);
	assert_string_equal(ranges_mapping(l, &h, 11 * PAGE, false)->id, "m1.1");
	dup(1, 2, 10, 14);
	IS(2, 11, "m1.1");
	assert_int_equal(at(2, 11)->bytes, 4 * PAGE);
	/* a fork that failed */
	o.h.mm = 3;
	ranges_event(l, &o.h);
	ends(3, MMT_ORIGIN_EXIT);
	assert_int_equal(named("m1.2")->reason, MAPPING_FAILED);
}

static void test_faults(void **state)
{
	struct mmt_ev_fault e = { .h = HDR(FAULT, 1, 1), .kind = MMT_FKIND_DRIVER_PFN };

	(void)state;
	map(1, 10, 14);
	e.h.have |= MMT_HAVE_DUR;
	e.h.dur_ns = 500;
	e.addr = 12 * PAGE + 8;
	ranges_event(l, &e.h);
	ranges_event(l, &e.h);
	e.addr = 20 * PAGE;
	ranges_event(l, &e.h);
	assert_int_equal(at(1, 10)->faults, 2);
	assert_int_equal(at(1, 10)->fault_ns, 1000);
	assert_int_equal(at(1, 10)->fault_kinds[MMT_FKIND_DRIVER_PFN], 2);
}

/* ---- what is kept ---- */

static void test_history(void **state)
{
	const struct mapping *m;

	(void)state;
	map(1, 10, 20);
	m = at(1, 10);
	prot(1, 12, 14);
	unmap(1, 18, 20, MMT_ORIGIN_MUNMAP);
	dup(1, 2, 10, 12);
	unmap(1, 10, 18, MMT_ORIGIN_MUNMAP);
	assert_int_equal(m->nacts, 7);
	assert_int_equal(m->acts[0].what, MAPPING_ACT_MADE);
	assert_int_equal(m->acts[0].result, MMT_ORIGIN_MMAP);
	assert_int_equal(m->acts[1].what, MAPPING_ACT_PROT);
	assert_int_equal(m->acts[1].start, 12 * PAGE);
	assert_int_equal(m->acts[1].result, 1);
	assert_int_equal(m->acts[2].what, MAPPING_ACT_UNMAPPED);
	assert_int_equal(m->acts[3].what, MAPPING_ACT_COPIED);
	assert_int_equal(m->acts[6].what, MAPPING_ACT_CLOSED);
	assert_int_equal(m->acts[6].result, MAPPING_MUNMAP);
	assert_string_equal(mapping_act(m->acts[6].what), "closed");
	assert_string_equal(mapping_reason(m->reason), "munmap");
}

static void test_history_is_bounded(void **state)
{
	const struct mapping *m;

	(void)state;
	map(1, 10, 20);
	m = at(1, 10);
	for (unsigned i = 0; i < 100; i++)
		prot(1, 10, 20);
	assert_int_equal(m->nacts, MAPPING_ACTS);
	assert_int_equal(m->acts_dropped, 101 - MAPPING_ACTS);
	assert_int_equal(m->acts[0].what, MAPPING_ACT_MADE);
	unmap(1, 10, 20, MMT_ORIGIN_MUNMAP);
	assert_int_equal(m->acts[MAPPING_ACTS - 1].what, MAPPING_ACT_CLOSED);
}

static void test_closed_ones_are_bounded(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MAPPING_CLOSED_MAX + 100; i++) {
		map(1, 10, 20);
		unmap(1, 10, 20, MMT_ORIGIN_MUNMAP);
	}
	assert_int_equal(ranges_forgotten(l), 100);
	assert_null(named("m1"));
	assert_non_null(named("m200"));
	assert_int_equal(ranges_count(l), 0);
}

struct seen {
	unsigned n;
	uint64_t last;
	uint32_t pids[4];
};

static void see_range(void *ctx, const struct range *r)
{
	struct seen *s = ctx;

	assert_true(!s->n || r->start > s->last);
	s->last = r->start;
	s->n++;
}

static void see_space(void *ctx, const struct ranges_space *sp)
{
	struct seen *s = ctx;

	s->pids[s->n++] = sp->pid;
}

static void test_walking_over_it(void **state)
{
	struct seen ranges = { 0 }, spaces = { 0 };

	(void)state;
	map(9, 30, 31);
	map(2, 30, 31);
	map(2, 10, 12);
	map(2, 20, 22);
	map(5, 10, 12);
	ends(5, MMT_ORIGIN_EXIT);
	ranges_each(l, 2, 2, see_range, &ranges);
	assert_int_equal(ranges.n, 3);
	ranges_each_space(l, see_space, &spaces);
	assert_int_equal(spaces.n, 2);
	assert_int_equal(spaces.pids[0], 2);
	assert_int_equal(spaces.pids[1], 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_named_while_its_driver_runs),
		T(test_its_driver_refused),
		T(test_named_while_fork_copies_it),
		T(test_faults),
		T(test_history),
		T(test_history_is_bounded),
		T(test_closed_ones_are_bounded),
		T(test_walking_over_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
