// LINK: base event enrich stream/memory
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Memory type and physical range of a view, from the records that the stream had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stream/memory.h"

#define PAGE 4096ULL

static struct memory m;
static struct mmt_ev_pfn_map e;
static struct mmt_view v;

static void take(const void *record)
{
	struct decoded d;

	assert_int_equal(decode_record(record, ((const uint16_t *)record)[1], &d), DECODE_OK);
	memory_item(&m, &d);
}

static void range(uint64_t start, uint64_t end, uint32_t depth, const char *name)
{
	struct {
		struct mmt_iomem r;
		char text[32];
	} r = { .r = { .type = MMT_ITEM_IOMEM, .size = sizeof(r), .depth = depth, .start = start, .end = end } };

	strcpy(r.r.text, name);
	take(&r);
}

static void types(uint32_t table, uint32_t checks)
{
	struct mmt_memtype r = { .type = MMT_ITEM_MEMTYPE, .size = sizeof(r), .table = table, .checks = checks };

	take(&r);
}

static int begin(void **state)
{
	(void)state;
	memset(&m, 0, sizeof(m));
	assert_int_equal(memory_init(&m), 0);
	range(0x10000000, 0x3eff0000, 0, "pcie@10000000");
	range(0x10000000, 0x10100000, 1, "0000:00:01.0");
	range(0x40000000, 0x50000000, 0, "System RAM");
	range(0x60000000, 0x70000000, 0, "System RAM");
	types(MMT_MEMTYPE_ARM64, MMT_MEMTYPE_SAW_NORMAL | MMT_MEMTYPE_SAW_DEVICE);
	e = (struct mmt_ev_pfn_map){
		.h = { .type = MMT_EV_PFN_MAP, .size = sizeof(e), .have = MMT_HAVE_ALL(PFN_MAP) }
	};
	return 0;
}

static int end(void **state)
{
	(void)state;
	memory_free(&m);
	return 0;
}

static void look(const struct mmt_hdr *h)
{
	v = (struct mmt_view){ .h = h, .ev = schema_event(h->type), .page_size = PAGE };
	/* left over from an event before */
	v.memtype = v.memtype_key = v.phys_name = "stale";
	v.memtype_checked = v.phys_known = true;
	memory_view(&m, &v);
}

static void one_piece(uint64_t pfn, uint64_t pages)
{
	e.pfn = e.pfn_lo = e.seg_pfn[0] = pfn;
	e.pfn_hi = pfn + pages - 1;
	e.seg_pages[0] = (uint32_t)pages;
	e.segs = 1;
	look(&e.h);
}

static void registers(void **state)
{
	(void)state;
	e.pgprot = 0x68000000000fcf;
	one_piece(0x10000, 0x100);
	assert_string_equal(v.memtype, "Device-nGnRnE");
	assert_string_equal(v.memtype_key, "device-ngnrne");
	assert_true(v.memtype_checked);
	assert_true(v.phys_known);
	assert_int_equal(v.phys_start, 0x10000000);
	assert_int_equal(v.phys_end, 0x10100000);
	assert_string_equal(v.phys_name, "0000:00:01.0");
}

static void unchecked_wrong_and_unknown(void **state)
{
	(void)state;
	e.pgprot = 0x68000000000fcf;
	types(MMT_MEMTYPE_ARM64_5_10, MMT_MEMTYPE_SAW_NORMAL);
	look(&e.h);
	assert_string_equal(v.memtype, "Normal-WT");
	assert_false(v.memtype_checked);
	types(MMT_MEMTYPE_ARM64_5_10, MMT_MEMTYPE_SAW_NORMAL | MMT_MEMTYPE_SAW_DEVICE | MMT_MEMTYPE_WRONG);
	look(&e.h);
	assert_null(v.memtype);
	assert_null(v.memtype_key);
	assert_false(v.memtype_checked);
	types(MMT_MEMTYPE_NONE, 0);
	look(&e.h);
	assert_null(v.memtype);
	types(1000, MMT_MEMTYPE_SAW_NORMAL | MMT_MEMTYPE_SAW_DEVICE); /* of a recording by a later mmtrace */
	look(&e.h);
	assert_null(v.memtype);
}

static void absent(void **state)
{
	struct mmt_ev_vma_unmap none = { .h = { .type = MMT_EV_VMA_UNMAP, .size = sizeof(none), .have = ~0ULL } };
	struct mmt_ev_vma_map only_type = { .h = { .type = MMT_EV_VMA_MAP, .size = sizeof(only_type) } };

	(void)state;
	e.h.have &= ~(MMT_HAVE(PFN_MAP, pgprot) | MMT_HAVE(PFN_MAP, pfn_hi));
	one_piece(0x10000, 1);
	assert_null(v.memtype);
	assert_false(v.phys_known);
	assert_null(v.phys_name);
	look(&none.h);
	assert_null(v.memtype);
	assert_false(v.phys_known);
	look(&only_type.h);
	assert_null(v.memtype);
	only_type.h.have = MMT_HAVE(VMA_MAP, pgprot);
	only_type.pgprot = 0xfcb;
	look(&only_type.h);
	assert_string_equal(v.memtype, "Normal-NC");
	assert_false(v.phys_known);
}

static void pieces(void **state)
{
	(void)state;
	one_piece(0x4ffff, 2); /* past the end */
	assert_true(v.phys_known);
	assert_null(v.phys_name);
	/* in two banks of memory */
	e.pfn_lo = 0x41000;
	e.pfn_hi = 0x61000;
	e.segs = 2;
	e.seg_pfn[0] = 0x61000;
	e.seg_pfn[1] = 0x41000;
	e.seg_pages[0] = e.seg_pages[1] = 1;
	look(&e.h);
	assert_string_equal(v.phys_name, "System RAM");
	assert_int_equal(v.phys_start, 0x41000000);
	assert_int_equal(v.phys_end, 0x61001000);
	/* one of them is something else, or nothing */
	e.pfn_lo = e.seg_pfn[1] = 0x10000;
	look(&e.h);
	assert_null(v.phys_name);
	e.pfn_lo = e.seg_pfn[1] = 0x1;
	look(&e.h);
	assert_null(v.phys_name);
	/* more than are told of: known only when one range has them all */
	e.pfn_lo = 0x41000;
	e.segs = 9;
	for (int i = 0; i < 8; i++) {
		e.seg_pfn[i] = 0x41000;
		e.seg_pages[i] = 1;
	}
	look(&e.h);
	assert_null(v.phys_name);
	e.pfn_hi = 0x4ffff;
	look(&e.h);
	assert_string_equal(v.phys_name, "System RAM");
}

static void numbers_that_cannot_be(void **state)
{
	(void)state;
	e.pfn_lo = 2;
	e.pfn_hi = 1;
	look(&e.h);
	assert_false(v.phys_known);
	e.pfn_hi = UINT64_MAX;
	look(&e.h);
	assert_false(v.phys_known);
	e.pfn_hi = UINT64_MAX / PAGE - 1;
	look(&e.h);
	assert_true(v.phys_known);
	e.segs = UINT32_MAX;
	look(&e.h);
	assert_null(v.phys_name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(registers, begin, end),
		cmocka_unit_test_setup_teardown(unchecked_wrong_and_unknown, begin, end),
		cmocka_unit_test_setup_teardown(absent, begin, end),
		cmocka_unit_test_setup_teardown(pieces, begin, end),
		cmocka_unit_test_setup_teardown(numbers_that_cannot_be, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
