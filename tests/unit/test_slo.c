// LINK: sink ledger event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Limits: how they are read, and what buckets and losses leave of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sink/faults.h"
#include "sink/slo.h"

static void reads(void **state)
{
	struct slos all = { 0 };
	struct buf err = { 0 };

	(void)state;
	assert_int_equal(slo_parse(&all, "p99<50us,kind=cow:max<=1ms,mapping=/dev/a:b:rate>1000,p99.9>=1.5us", &err),
			 0);
	assert_int_equal(slo_parse(&all, "cluster=A76:count<7", &err), 0);
	assert_int_equal(all.n, 5);
	assert_int_equal(all.slo[0].metric, SLO_P99);
	assert_int_equal(all.slo[0].op, SLO_LT);
	assert_int_equal(all.slo[0].bound, 50000);
	assert_int_equal(all.slo[0].dim, -1);
	assert_int_equal(all.slo[1].dim, FAULTS_KIND);
	assert_string_equal(all.slo[1].key, "cow");
	assert_int_equal(all.slo[1].op, SLO_LE);
	assert_string_equal(all.slo[2].key, "/dev/a:b"); /* the last colon ends it */
	assert_int_equal(all.slo[2].metric, SLO_RATE);
	assert_int_equal(all.slo[2].op, SLO_GT);
	assert_int_equal(all.slo[3].metric, SLO_P999);
	assert_int_equal(all.slo[3].op, SLO_GE);
	assert_int_equal(all.slo[3].bound, 1500);
	assert_int_equal(all.slo[4].bound, 7);
	assert_string_equal(all.slo[4].text, "cluster=A76:count<7");
	buf_free(&err);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "", "nothing at '' (position 1)" },
		{ "p99<50us,", "nothing at '' (position 10)" },
		{ "p98<50us", "not one of p50 p90 p99 p99.9 max mean count rate at 'p98<50us' (position 1)" },
		{ "p99=50us", "one of < <= > >= is needed at '=50us' (position 4)" },
		{ "p99", "one of < <= > >= is needed at '' (position 4)" },
		{ "p99<", "a time is needed, like 50us at '' (position 5)" },
		{ "p99<50", "a time needs its unit, like 50us at '50' (position 5)" },
		{ "p99<50x", "at '50x' (position 5)" },
		{ "count<1s", "at '1s' (position 7)" },
		{ "count<", "a number is needed" },
		{ "kind:p99<1us", "a key needs a value, kind=cow: at 'kind:p99<1us' (position 1)" },
		{ "kind=:p99<1us", "a key needs a value" },
		{ "king=cow:p99<1us", "no such key (kind, mapping, file, driver, comm, cpu, cluster)" },
		{ "p99<1us,max<", "(position 13)" },
		{ "kind=cwo:count<1", "no such kind of fault, did you mean 'cow'? at 'cwo:count<1' (position 6)" },
		{ "cpu=foo:count<1", "a CPU is a number at 'foo:count<1' (position 5)" },
	};

	(void)state;
	for (unsigned i = 0; i < MMT_COUNT(cases); i++) {
		struct slos all = { 0 };
		struct buf err = { 0 };

		assert_int_not_equal(slo_parse(&all, cases[i].text, &err), 0);
		if (!strstr(buf_str(&err), cases[i].says))
			fail_msg("'%s': %s", cases[i].text, buf_str(&err));
		assert_null(strchr(buf_str(&err), '\n'));
		buf_free(&err);
	}
}

static void refuses_too_many(void **state)
{
	struct slos all = { 0 };
	struct buf err = { 0 };

	(void)state;
	for (unsigned i = 0; i < SLO_MAX; i++)
		assert_int_equal(slo_parse(&all, "max<1s", &err), 0);
	assert_int_not_equal(slo_parse(&all, "max<1s", &err), 0);
	assert_int_equal(all.n, SLO_MAX);
	buf_free(&err);
}

/* A hundred faults of 1 to 100 us. */
static void hundred(struct faults_sum *sum)
{
	struct mmt_total *t = calloc(1, sizeof(*t));

	t->size = sizeof(*t);
	for (uint64_t i = 1; i <= 100; i++)
		t = faults_total_count(t, i * 1000, true);
	assert_int_equal(faults_sum_add(sum, &(struct faults_part){ .now = t }), 0);
	free(t);
}

static void judges(void **state)
{
	static const struct {
		const char *text;
		uint64_t unsure;
		enum slo_verdict want;
	} cases[] = {
		/* the 50th of 100 is 50 us, in the bucket of 49.2 to 50.2 */
		{ "p50<51us", 0, SLO_MET },
		{ "p50<50us", 0, SLO_OPEN },
		{ "p50<=50us", 0, SLO_OPEN },
		{ "p50<49us", 0, SLO_MISSED },
		{ "p50>49us", 0, SLO_MET },
		{ "p50>=50us", 0, SLO_OPEN },
		{ "p50>51us", 0, SLO_MISSED },
		/* the longest is known exactly */
		{ "max<=100us", 0, SLO_MET },
		{ "max<100us", 0, SLO_MISSED },
		{ "max<=100us", 1, SLO_OPEN },
		{ "max<100us", 1, SLO_MISSED },
		{ "max>99us", 1, SLO_MET },
		/* and so is the mean, 50.5 us */
		{ "mean<50500ns", 0, SLO_MISSED },
		{ "mean<=50500ns", 0, SLO_MET },
		{ "mean<1s", 1, SLO_OPEN },
		/* ten that nobody timed move the median by five places either way */
		{ "p50<60us", 10, SLO_MET },
		{ "p50<54us", 10, SLO_OPEN },
		{ "p50<44us", 10, SLO_MISSED },
		{ "p50<46us", 10, SLO_OPEN },
		/* and may all be longer than any that was */
		{ "p99.9<1s", 1, SLO_OPEN },
		{ "p99<1s", 1, SLO_MET },
		{ "p99<50us", 1, SLO_MISSED },
		{ "count<101", 0, SLO_MET },
		{ "count<101", 1, SLO_OPEN },
		{ "count<100", 1, SLO_MISSED },
		{ "count>=100", 1, SLO_MET },
		/* in two seconds */
		{ "rate<=50", 0, SLO_MET },
		{ "rate<50", 0, SLO_MISSED },
		{ "rate<51", 1, SLO_MET },
		{ "rate<=50", 1, SLO_OPEN },
		{ "rate>49", 1, SLO_MET },
	};
	struct faults_sum sum = { 0 };

	(void)state;
	hundred(&sum);
	for (unsigned i = 0; i < MMT_COUNT(cases); i++) {
		struct slos all = { 0 };
		struct buf err = { 0 };
		enum slo_verdict got;
		uint64_t value;

		assert_int_equal(slo_parse(&all, cases[i].text, &err), 0);
		got = slo_judge(&all.slo[0], &sum, cases[i].unsure, 2000000000, &value);
		if (got != cases[i].want)
			fail_msg("%s with %d unsure: %s, not %s", cases[i].text, (int)cases[i].unsure, slo_verdict(got),
				 slo_verdict(cases[i].want));
	}
	faults_sum_free(&sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_too_many),
		cmocka_unit_test(judges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
