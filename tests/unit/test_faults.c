// LINK: sink stream ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What faults shows of totals that a kernel told. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/test_faults_kit.h"

/* On two CPUs: what is of one kind is one row. */
static void two_cpus(struct kit *r)
{
	KIT_TOTAL(r, MMT_ROW_CPU, MMT_FKIND_ANON, { 900, 400 }, { 1500, 500 }, { 40 * US, 10 });
	KIT_TOTAL(r, MMT_ROW_CPU + 1, MMT_FKIND_ANON, { 1500, 90 });
	KIT_TOTAL(r, MMT_ROW_CPU + 1, MMT_FKIND_FILE_IO, { 2 * MS, 3 });
}

static void table_by_kind(void **state)
{
	struct kit r;

	(void)state;
	kit_begin(&r, (struct faults_opts){ 0 }, false);
	two_cpus(&r);
	kit_has(kit_end(&r, 2000 * MS, NULL),
		"\nanon              1000     500   1.6ms  21.5%  1.5us  1.5us  1.5us 40.0us  40.0us\n");
}

static void cell(struct kit *r, const char *comm, uint64_t key, uint32_t row, uint64_t func, uint64_t start)
{
	struct mmt_ev_fault_key e = { .h = HDR(FAULT_KEY), .row = row, .func = func, .comm = key };

	kit_name(r, key, MMT_NAME_TEXT, comm);
	kit_name(r, 99, MMT_NAME_PATH, "/dev/mmdemo/pfn-fault");
	e.vma_start = start;
	e.vma_end = start + 0x4000;
	e.by = 0xffff;
	if (func) {
		e.file = 99;
		e.ino = 5;
		e.dev = 6;
		e.vm_flags = 0x400;
	}
	assert_int_equal(FEED(r->p, e), 0);
}

static void table_by_mapping(void **state)
{
	struct kit r;

	(void)state;
	kit_begin(&r,
		  (struct faults_opts){
			  .by = { FAULTS_KIND, FAULTS_MAPPING, FAULTS_DRIVER }, .nby = 3, .split = true, .width = 120 },
		  true);
	cell(&r, "app", 7, MMT_ROW_KEYS, 0, 0x7f0000000000);
	cell(&r, "app", 7, MMT_ROW_KEYS + 1, KIT_FUNC, 0x7f0000100000);
	KIT_TOTAL(&r, MMT_ROW_KEYS, MMT_FKIND_ANON, { 900, 400 }, { 1500, 500 }, { 40 * US, 10 });
	KIT_TOTAL(&r, MMT_ROW_OTHER, MMT_FKIND_ANON, { 900, 400 }, { 1500, 500 }, { 40 * US, 10 });
	{
		struct kit_total k;
		kit_make(&k, MMT_ROW_KEYS + 1, MMT_FKIND_DRIVER_PFN,
			 (const struct kit_faults[]){ { 30 * US, 1 },
						      { 40 * US, 5 },
						      { 45 * US, 25 },
						      { 50 * US, 41 },
						      { 56 * US, 61 },
						      { 65 * US, 31 },
						      { 77 * US, 7 },
						      { 99 * US, 1 },
						      {} });
		k.t.shares = 0xf;
		k.t.share_ns[0] = k.t.sum_ns / 100;
		k.t.share_ns[1] = k.t.sum_ns / 100 * 77;
		k.t.share_ns[2] = k.t.sum_ns / 100 * 9;
		k.t.share_ns[3] = k.t.sum_ns / 100 * 3;
		assert_int_equal(kit_feed(&r, &k), 0);
	}
	kit_has(kit_end(&r, 2000 * MS, NULL), "910 faults are (other): there was no room for more keys (--mem)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_by_kind),
		cmocka_unit_test(table_by_mapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
