// LINK: sink stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* -f of faults: an expression asked of totals, by what they have in common. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "filter/expr.h"
#include "sink/faults.h"
#include "unit/test_faults_kit.h"

static int judge(void *ctx, const struct mmt_view *v, uint64_t start_ns)
{
	struct expr_subject s = { .view = v, .start_ns = start_ns };

	return (int)expr_eval(ctx, &s);
}

/* Of a device 3 faults, of plain memory 5 of one kind, 7 of another and 11 of none that is known, 13 without a key. */
static const char *ask(struct kit *r, const char *text, struct faults_opts o, int *verdict)
{
	static const struct expr_scope all = { EXPR_EVENT, NULL };
	struct expr_error err;
	struct expr *e = expr_parse(text, strlen(text), &all, &err);
	const char *out;

	assert_non_null(e);
	o.judge = judge;
	o.judge_ctx = e;
	o.form = FAULTS_JSON;
	kit_begin(r, o, false);
	kit_key(r, MMT_ROW_KEYS, KIT_FUNC, 0x10000);
	kit_key(r, MMT_ROW_KEYS + 1, 0, 0x20000);
	KIT_TOTAL(r, MMT_ROW_KEYS, MMT_FKIND_DRIVER_PFN, { 10 * US, 3 });
	KIT_TOTAL(r, MMT_ROW_KEYS + 1, MMT_FKIND_COW, { 20 * US, 5 });
	KIT_TOTAL(r, MMT_ROW_KEYS + 1, MMT_FKIND_ANON, { 30 * US, 7 });
	KIT_TOTAL(r, MMT_ROW_KEYS + 1, 0, { 40 * US, 11 });
	KIT_TOTAL(r, MMT_ROW_OTHER, MMT_FKIND_ANON, { 50 * US, 13 });
	out = kit_end(r, 1000 * MS, verdict);
	expr_free(e);
	return out;
}

static uint64_t number(const char *text, const char *key)
{
	const char *at = strstr(text, "{\"type\":\"total\"");

	at = at ? strstr(at, key) : NULL;
	assert_non_null(at);
	return strtoull(at + strlen(key), NULL, 10);
}

static void test_totals(void **state)
{
	static const struct {
		const char *text;
		uint64_t count, maybe;
	} cases[] = {
		{ "kind == cow", 5, 11 },
		{ "not kind == cow", 3 + 7 + 13, 11 },
		{ "kind in (cow, driver-pfn)", 3 + 5, 11 },
		{ "driver == \"mmdemo\"", 3, 13 },
		{ "driver == \"\"", 5 + 7 + 11, 13 },
		{ "file == \"/dev/mmdemo/pfn-fault\"", 3, 13 },
		{ "mapping.path like \"/dev/*\"", 3, 13 },
		{ "mapping.path like \"/dev/*\" or kind == anon", 3 + 7 + 13, 11 },
		{ "comm == \"app\"", 3 + 5 + 7 + 11, 13 },
		{ "comm == \"x\"", 0, 13 },
		{ "event == fault", 3 + 5 + 7 + 11 + 13, 0 },
		{ "event == mmap", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(cases); i++) {
		struct kit r;
		const char *text = ask(&r, cases[i].text, (struct faults_opts){ .nby = 0 }, NULL);

		if (number(text, "\"count\":") != cases[i].count || number(text, "\"maybe\":") != cases[i].maybe)
			fail_msg("'%s': %s", cases[i].text, text);
	}
}

/* A limit is one on what is asked for, and open where that is not known. */
static void test_limits(void **state)
{
	struct buf err = { 0 };
	struct slos slos = { 0 };
	struct faults_opts o = { .slos = &slos };
	struct kit r;
	int verdict;

	(void)state;
	assert_int_equal(slo_parse(&slos, "max<15us", &err), 0);
	ask(&r, "driver == \"mmdemo\" and not kind == anon", o, &verdict);
	assert_int_equal(verdict, 0);
	ask(&r, "driver == \"mmdemo\"", o, &verdict);
	assert_int_equal(verdict, 4);
	ask(&r, "kind == anon or driver == \"mmdemo\"", o, &verdict);
	assert_int_equal(verdict, 1);
	buf_free(&err);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_totals), cmocka_unit_test(test_limits) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
