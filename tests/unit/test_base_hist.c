// LINK: base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mmtrace/base.h>

static struct hist one, two; /* 15 KiB each */

static int clear(void **state)
{
	(void)state;
	memset(&one, 0, sizeof(one));
	memset(&two, 0, sizeof(two));
	return 0;
}

static void test_empty(void **state)
{
	(void)state;
	assert_int_equal(hist_quantile(&one, 500000), 0);
	hist_add(&one, 7, 0);
	assert_int_equal(one.n, 0);
	hist_merge(&one, &two);
	assert_int_equal(one.n, 0);
	hist_add(&two, 9, 1);
	hist_merge(&one, &two);
	assert_int_equal(one.min, 9);
}

/* The buckets tile the whole range: no gap, no overlap, never wider than 1/32. */
static void test_buckets(void **state)
{
	(void)state;
	assert_int_equal(hist_low(0), 0);
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		uint64_t low = hist_low(i), high = hist_high(i);

		assert_int_equal(hist_index(low), i);
		assert_int_equal(hist_index(high), i);
		assert_true(high >= low && high - low <= low / 32);
		if (i + 1 < HIST_BUCKETS)
			assert_true(hist_low(i + 1) == high + 1);
		else
			assert_true(high == UINT64_MAX);
	}
}

static void test_extremes(void **state)
{
	(void)state;
	hist_add(&one, UINT64_MAX, 3);
	hist_add(&one, 0, 1);
	assert_true(one.sum == UINT64_MAX); /* saturated, not wrapped */
	assert_int_equal(one.n, 4);
	assert_int_equal(hist_quantile(&one, 250000), 0);
	assert_true(hist_quantile(&one, 1000000) == UINT64_MAX);
	assert_true(hist_quantile(&one, UINT32_MAX) == UINT64_MAX);
	assert_true(hist_quantile(&one, 999999) >= UINT64_MAX - UINT64_MAX / 32);
}

static void test_single_value_is_exact(void **state)
{
	(void)state;
	hist_add(&one, 123456789, 1000);
	assert_int_equal(hist_quantile(&one, 0), 123456789);
	assert_int_equal(hist_quantile(&one, 500000), 123456789);
	assert_int_equal(hist_quantile(&one, 999000), 123456789);
}

/* 1..100000, so that the value at a quantile is known: within 1.6 % (half a bucket). */
static void test_quantiles_and_merge(void **state)
{
	static const uint32_t ppm[] = { 10000, 250000, 500000, 900000, 990000, 999000, 999900 };

	(void)state;
	for (uint64_t v = 1; v <= 100000; v++)
		hist_add(v % 2 ? &one : &two, v, 1);
	hist_merge(&one, &two);
	assert_int_equal(one.n, 100000);
	assert_int_equal(one.sum, 100000ull * 100001 / 2);
	assert_int_equal(one.min, 1);
	assert_int_equal(one.max, 100000);
	for (size_t i = 0; i < MMT_COUNT(ppm); i++) {
		int64_t want = ppm[i] / 10, got = (int64_t)hist_quantile(&one, ppm[i]);

		assert_true(llabs(got - want) * 1000 <= want * 16);
	}
}

/* The rank is exact where the buckets are: p99.9 of 1000 values is the 999th. */
static void test_rank(void **state)
{
	(void)state;
	hist_add(&one, 1, 998);
	hist_add(&one, 2, 1);
	hist_add(&one, 3, 1);
	assert_int_equal(hist_quantile(&one, 998000), 1);
	assert_int_equal(hist_quantile(&one, 998001), 2);
	assert_int_equal(hist_quantile(&one, 999000), 2);
	assert_int_equal(hist_quantile(&one, 999001), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_empty, clear),
		cmocka_unit_test_setup(test_buckets, clear),
		cmocka_unit_test_setup(test_extremes, clear),
		cmocka_unit_test_setup(test_single_value_is_exact, clear),
		cmocka_unit_test_setup(test_quantiles_and_merge, clear),
		cmocka_unit_test_setup(test_rank, clear),
	};

	return cmocka_run_group_tests_name("base/hist", tests, NULL, NULL);
}
