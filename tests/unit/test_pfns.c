// LINK: ledger event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Who maps this physical page, through everything that can happen to the mapping. */
#include "ledger/pfns.h"
#include "unit/test_mapping.h"

static struct {
	unsigned n;
	struct pfn_user u[8];
} got;

static void note(void *ctx, const struct pfn_user *u)
{
	(void)ctx;
	if (got.n < 8)
		got.u[got.n] = *u;
	got.n++;
}

static unsigned users(uint64_t pfn)
{
	uint64_t answers;

	got.n = 0;
	answers = pfns_at(l, pfn, note, NULL);
	assert_int_equal(answers, got.n);
	return got.n;
}

static void install(uint32_t mm, uint64_t page, uint64_t pages, uint64_t pfn)
{
	struct mmt_ev_pfn_map e = { .h = HDR(PFN_MAP, mm, mm), .helper = MMT_HELPER_REMAP_PFN_RANGE, .segs = 1 };

	ALL(e, page, page + pages);
	e.pages = e.seg_pages[0] = pages;
	e.pfn = e.pfn_lo = e.seg_pfn[0] = pfn;
	e.pfn_hi = pfn + pages - 1;
	e.pgprot = 0x68;
	ranges_event(l, &e.h);
}

static void device(uint32_t mm, uint64_t from, uint64_t to)
{
	struct mmt_ev_vma_map e = { .h = HDR(VMA_MAP, mm, mm), .origin = MMT_ORIGIN_MMAP };

	ALL(e, from, to);
	e.vm_flags = 0x40b; /* shared, pfnmap */
	ranges_event(l, &e.h);
}

static void test_who_maps_it(void **state)
{
	(void)state;
	install(1, 10, 4, 0x100); /* its driver's ->mmap runs */
	device(1, 10, 14);
	device(1, 20, 24);
	install(1, 20, 4, 0x102);
	assert_int_equal(users(0x101), 1);
	assert_string_equal(got.u[0].map->id, "m1");
	assert_int_equal(got.u[0].addr, 11 * PAGE);
	assert_int_equal(got.u[0].helper, MMT_HELPER_REMAP_PFN_RANGE);
	assert_true(got.u[0].has_pgprot);
	assert_int_equal(got.u[0].pgprot, 0x68);
	assert_false(got.u[0].refcounted);
	assert_int_equal(users(0x103), 2);
	assert_string_equal(got.u[1].map->id, "m2");
	assert_int_equal(got.u[1].addr, 21 * PAGE);
	assert_int_equal(users(0xff), 0);
	assert_int_equal(users(0x106), 0);
}

/* A list too long to be looked at: what was is known, and of the rest nothing is guessed. */
static void test_partial(void **state)
{
	struct mmt_ev_pfn_map e = { .h = HDR(PFN_MAP, 1, 1), .helper = MMT_HELPER_VM_INSERT_PAGES };

	(void)state;
	device(1, 10, 110);
	ALL(e, 10, 110);
	e.h.have &= ~(MMT_HAVE(PFN_MAP, segs) | MMT_HAVE(PFN_MAP, pfn_lo) | MMT_HAVE(PFN_MAP, pfn_hi));
	e.pages = 100;
	e.segs = 30;
	e.seg_pages[0] = e.seg_pages[1] = 3;
	e.pfn = e.pfn_lo = e.seg_pfn[0] = 0x100;
	e.seg_pfn[1] = 0x200;
	e.pfn_hi = 0x300;
	ranges_event(l, &e.h);
	assert_int_equal(users(0x201), 1);
	assert_int_equal(got.u[0].addr, 14 * PAGE);
	assert_int_equal(users(0x250), 0);
	assert_int_equal(users(0), 0);
}

static void test_unmapped(void **state)
{
	(void)state;
	device(1, 10, 20);
	install(1, 10, 10, 0x100);
	unmap(1, 12, 14, MMT_ORIGIN_MUNMAP); /* a hole in its middle */
	assert_int_equal(users(0x101), 1);
	assert_int_equal(users(0x102), 0);
	assert_int_equal(users(0x103), 0);
	assert_int_equal(users(0x104), 1);
	assert_int_equal(got.u[0].addr, 14 * PAGE);
	unmap(1, 0, 12, MMT_ORIGIN_MUNMAP);
	assert_int_equal(users(0x101), 0);
	assert_int_equal(users(0x109), 1);
	unmap(1, 0, 30, MMT_ORIGIN_MUNMAP);
	assert_int_equal(users(0x109), 0);
}

static void test_moved(void **state)
{
	(void)state;
	device(1, 10, 20);
	install(1, 10, 10, 0x100);
	move(1, 12, 4, 50, 4);
	assert_int_equal(users(0x103), 1);
	assert_int_equal(got.u[0].addr, 51 * PAGE);
	assert_int_equal(users(0x111 - 0x10), 1);
	assert_int_equal(got.u[0].addr, 11 * PAGE);
	assert_int_equal(users(0x107), 1);
	assert_int_equal(got.u[0].addr, 17 * PAGE);
}

static void test_forked(void **state)
{
	struct mmt_ev_vma_dup e = { .h = HDR(VMA_DUP, 2, 1), .from_mm = 1 };

	(void)state;
	device(1, 10, 20);
	install(1, 10, 10, 0x100);
	ALL(e, 10, 14);
	e.vm_flags = 0x40b;
	ranges_event(l, &e.h);
	assert_int_equal(users(0x101), 2);
	assert_string_equal(got.u[1].map->id, "m1.1");
	assert_int_equal(users(0x105), 1);
	ends(1, MMT_ORIGIN_EXIT);
	assert_int_equal(users(0x101), 1);
	ends(2, MMT_ORIGIN_EXIT);
	assert_int_equal(users(0x101), 0);
}

/* Page by page, as a fault handler does: one piece where they continue each other, the last word where they do not. */
static void test_page_by_page(void **state)
{
	(void)state;
	device(1, 10, 20);
	for (uint64_t i = 0; i < 10; i++)
		install(1, 10 + i, 1, 0x100 + i);
	install(1, 13, 1, 0x200);
	assert_int_equal(users(0x103), 0);
	assert_int_equal(users(0x200), 1);
	assert_int_equal(users(0x104), 1);
	assert_int_equal(got.u[0].addr, 14 * PAGE);
}

/* An event names 8 segments; what is in the others it may be. */
static void test_scattered(void **state)
{
	struct mmt_ev_page_map e = { .h = HDR(PAGE_MAP, 1, 1), .helper = MMT_HELPER_VM_INSERT_PAGE };

	(void)state;
	device(1, 10, 30);
	ALL(e, 10, 30);
	e.pages = e.segs = 20;
	for (unsigned i = 0; i < 8; i++) {
		e.seg_pfn[i] = 0x1000 - i * 16;
		e.seg_pages[i] = 1;
	}
	e.pfn_lo = 0x500;
	e.pfn_hi = 0x1000;
	ranges_event(l, &e.h);
	assert_int_equal(users(0x1000 - 48), 2);
	assert_false(got.u[0].maybe);
	assert_int_equal(got.u[0].addr, 13 * PAGE);
	assert_true(got.u[0].refcounted);
	assert_true(got.u[1].maybe);
	assert_int_equal(got.u[1].addr, 18 * PAGE);
	assert_int_equal(got.u[1].pages, 12);
	assert_int_equal(users(0x600), 1);
	assert_true(got.u[0].maybe);
	assert_int_equal(users(0x4ff), 0);
}

static void test_it_is_bounded(void **state)
{
	(void)state;
	device(1, 10, 10 + 40000);
	for (uint64_t i = 0; i < 40000; i++)
		install(1, 10 + i, 1, 0x1000 + i * 2);
	assert_int_equal(pfns_dropped(l), 40000 - PFNS_MAPPING_MAX);
	assert_int_equal(users(0x1000), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_who_maps_it), T(test_partial),	   T(test_unmapped),  T(test_moved),
		T(test_forked),	     T(test_page_by_page), T(test_scattered), T(test_it_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
