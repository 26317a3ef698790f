// LINK: sink stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What faults makes of totals, keys and events; how it looks is in tests/golden/test_faults.c. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sink/faults.h"
#include "unit/test_faults_kit.h"

#define KEYED(...) ((struct faults_opts){ .by = { __VA_ARGS__ }, .nby = sizeof((uint8_t[]){ __VA_ARGS__ }) })

/* ---- sums ---- */

static uint64_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return *seed >> 33;
}

/* Added up of many totals, quantiles are those of one histogram of everything, within a bucket. */
static void sums_are_one_histogram(void **state)
{
	static struct hist all;
	struct faults_sum sum = { 0 };
	uint64_t seed = 7;

	(void)state;
	memset(&all, 0, sizeof(all));
	for (unsigned part = 0; part < 40; part++) {
		struct mmt_total *t = calloc(1, sizeof(*t));
		struct faults_part p;

		t->size = sizeof(*t);
		for (unsigned i = 0; i < 50; i++) {
			uint64_t ns = next(&seed) >> next(&seed) % 30;

			hist_add(&all, ns, 1);
			t = faults_total_count(t, ns, true);
			assert_non_null(t);
		}
		assert_int_equal(t->size, sizeof(*t) + t->nbuckets * sizeof(t->bucket[0]));
		p = (struct faults_part){ .now = t };
		assert_int_equal(faults_sum_add(&sum, &p), 0);
		free(t);
	}
	assert_int_equal(sum.count, all.n);
	assert_int_equal(sum.sum_ns, all.sum);
	assert_int_equal(sum.max_ns, all.max);
	for (uint32_t ppm = 0; ppm <= 1000000; ppm += 1000) {
		uint64_t low, high, want = hist_quantile(&all, ppm);

		assert_true(faults_sum_quantile(&sum, ppm, &low, &high));
		/* the histogram clamps to its smallest value, which totals do not know */
		assert_true(low <= want && want <= high);
	}
	faults_sum_free(&sum);
}

/* The longest that a bucket can hold goes into the last, and is still the maximum. */
static void longer_than_the_last_bucket(void **state)
{
	struct mmt_total *t = calloc(1, sizeof(*t));
	struct faults_sum sum = { 0 };
	uint64_t low, high;

	(void)state;
	t->size = sizeof(*t);
	t = faults_total_count(t, 1ull << 40, true);
	assert_int_equal(t->bucket[0].index, MMT_TOTAL_BUCKETS - 1);
	assert_int_equal(faults_sum_add(&sum, &(struct faults_part){ .now = t }), 0);
	assert_true(faults_sum_quantile(&sum, 990000, &low, &high));
	assert_int_equal(high, 1ull << 40);
	faults_sum_free(&sum);
	free(t);
}

/* ---- the view ---- */

static void cpus_of_a_cluster_are_one(void **state)
{
	static const char *const of[] = { "A55", "A76", "A55" };
	struct faults_opts o = KEYED(FAULTS_CLUSTER);
	struct kit r;
	const char *text;

	(void)state;
	o.cluster = of;
	o.ncpus = 3;
	kit_begin(&r, o, false);
	KIT_TOTAL(&r, MMT_ROW_CPU, MMT_FKIND_ANON, { 1 * MS, 3 });
	KIT_TOTAL(&r, MMT_ROW_CPU + 1, MMT_FKIND_ANON, { 1 * MS, 5 });
	KIT_TOTAL(&r, MMT_ROW_CPU + 2, MMT_FKIND_COW, { 1 * MS, 4 });
	KIT_TOTAL(&r, MMT_ROW_CPU + 3, MMT_FKIND_COW, { 1 * MS, 1 }); /* nobody knows its cluster */
	text = kit_end(&r, 1000 * MS, NULL);
	kit_has(text, "\nA55            7 ");
	kit_has(text, "\nA76            5 ");
	kit_has(text, "\n-              1 ");
	kit_has(text, "\nall           13 ");
}

/* A total replaces what the same key and kind had said before. */
static void a_later_total_replaces(void **state)
{
	struct kit r;
	const char *text;

	(void)state;
	kit_begin(&r, KEYED(FAULTS_CPU), false);
	KIT_TOTAL(&r, MMT_ROW_CPU + 4, MMT_FKIND_ANON, { 1 * US, 3 });
	KIT_TOTAL(&r, MMT_ROW_CPU + 4, MMT_FKIND_ANON, { 1 * US, 3 }, { 3 * US, 1 });
	KIT_TOTAL(&r, MMT_ROW_CPU + 4, MMT_FKIND_COW, { 1 * US, 2 });
	text = kit_end(&r, 1000 * MS, NULL);
	kit_has(text, "\n  4        6 ");
}

/* One key that several rows of the kernel have is one key here, and the name may come after the total. */
static void rows_of_one_key_are_one(void **state)
{
	struct kit r;
	const char *text;

	(void)state;
	kit_begin(&r, KEYED(FAULTS_COMM), false);
	KIT_TOTAL(&r, MMT_ROW_KEYS, MMT_FKIND_ANON, { 1 * US, 3 });
	KIT_TOTAL(&r, MMT_ROW_KEYS + 1, MMT_FKIND_ANON, { 1 * US, 4 });
	kit_key(&r, MMT_ROW_KEYS, 0, 0x10000);
	kit_key(&r, MMT_ROW_KEYS + 1, KIT_FUNC, 0x20000);
	text = kit_end(&r, 1000 * MS, NULL);
	kit_has(text, "\napp            7 ");
	kit_has_not(text, "all");
}

/* Memory without functions has no driver: that is known, unlike a function that nobody told. */
static void no_driver_is_no_unknown(void **state)
{
	struct mmt_ev_fault_key e = { .h = HDR(FAULT_KEY), .row = MMT_ROW_KEYS };
	struct kit r;
	const char *text;

	(void)state;
	kit_begin(&r, KEYED(FAULTS_DRIVER), false);
	e.h.have &= ~MMT_HAVE(FAULT_KEY, func);
	assert_int_equal(FEED(r.p, e), 0);
	e.row++;
	kit_name(&r, 99, MMT_NAME_PATH, "/usr/bin/app");
	e.file = 99;
	e.ino = 5;
	e.dev = 6;
	assert_int_equal(FEED(r.p, e), 0);
	kit_key(&r, MMT_ROW_KEYS + 2, KIT_FUNC, 0x10000);
	KIT_TOTAL(&r, MMT_ROW_KEYS, MMT_FKIND_ANON, { 3 * US, 1 });
	KIT_TOTAL(&r, MMT_ROW_KEYS + 1, MMT_FKIND_ANON, { 2 * US, 1 });
	KIT_TOTAL(&r, MMT_ROW_KEYS + 2, MMT_FKIND_ANON, { 1 * US, 1 });
	text = kit_end(&r, 1000 * MS, NULL);
	kit_has(text, "  3.0us (none)\n");
	kit_has(text, "  2.0us -\n");
	kit_has(text, "  1.0us mmdemo:pfn_fault\n");
}

/* What was not timed has no latency: it is not 0. */
static void what_is_not_timed_is_unknown(void **state)
{
	struct kit_total k;
	struct kit r;
	const char *text;

	(void)state;
	kit_begin(&r, KEYED(FAULTS_KIND), false);
	kit_make(&k, MMT_ROW_CPU, MMT_FKIND_UNKNOWN, (const struct kit_faults[]){ { 0, 0 } });
	k.t.count = 9;
	k.t.class = MMT_FCLASS_SHM;
	assert_int_equal(kit_feed(&r, &k), 0);
	text = kit_end(&r, 3000 * MS, NULL);
	kit_has(text, "\nshm (?)             9     3.0       -      -      -      -      -      -       -\n");
	kit_has(text, "9 faults were counted and not timed\n");
	kit_has_not(text, "│");
}

/* Without a key everything is one. */
static void without_a_key(void **state)
{
	struct kit r;
	const char *text;

	(void)state;
	kit_begin(&r, (struct faults_opts){ 0 }, false);
	KIT_TOTAL(&r, MMT_ROW_CPU, MMT_FKIND_UNKNOWN, { 1 * US, 3 });
	KIT_TOTAL(&r, MMT_ROW_CPU + 1, MMT_FKIND_UNKNOWN, { 1 * US, 4 });
	text = kit_end(&r, 1000 * MS, NULL);
	kit_has(text, "   COUNT  RATE/s ");
	kit_has(text, "\n       7     7.0 ");
	kit_has(text, "\nall: 7 faults, mean 1.0us\n");
}

static void no_fault_at_all(void **state)
{
	struct kit r;

	(void)state;
	kit_begin(&r, KEYED(FAULTS_KIND), false);
	assert_string_equal(kit_end(&r, 3000 * MS, NULL), "no page fault\n");
}

/* A control character of a name stays one line. */
static void a_name_forges_no_line(void **state)
{
	struct kit r;

	(void)state;
	kit_begin(&r, KEYED(FAULTS_COMM), false);
	kit_key(&r, MMT_ROW_KEYS, 0, 0x10000);
	kit_name(&r, 7, MMT_NAME_TEXT, "a\nb\x1b[2J");
	kit_key(&r, MMT_ROW_KEYS + 1, 0, 0x10000);
	KIT_TOTAL(&r, MMT_ROW_KEYS, MMT_FKIND_ANON, { 1 * US, 3 });
	kit_has_not(kit_end(&r, 1000 * MS, NULL), "\x1b");
}

/* The kernel leaves the others out; where they come as events they are left out here. */
static void only_slow_ones(void **state)
{
	struct faults_opts o = KEYED(FAULTS_KIND);
	struct kit r;
	const char *text;

	(void)state;
	o.slower_ns = 100 * US;
	o.records = true;
	kit_begin(&r, o, false);
	kit_slow(&r, 99999, 1);
	kit_slow(&r, 100 * US, 2);
	kit_slow(&r, 3 * MS, 3);
	text = kit_end(&r, 1000 * MS, NULL);
	kit_has(text, "\ndriver-pfn          2     2.0   3.1ms ");
	kit_has(text, "\nonly faults of 100us and more\n");
}

static void the_slowest_are_kept(void **state)
{
	struct faults_opts o = KEYED(FAULTS_KIND);
	struct faults_slows l;
	struct kit r;
	const char *text, *first;

	(void)state;
	assert_int_equal(faults_slows_init(&l, 3), 0);
	faults_slows_free(&l);
	o.slowest = 3;
	kit_begin(&r, o, false);
	for (unsigned i = 0; i < 40; i++)
		kit_slow(&r, (i * 17 % 40 + 1) * US, i); /* each of 1 to 40 us once */
	KIT_TOTAL(&r, MMT_ROW_CPU, MMT_FKIND_DRIVER_PFN, { 20 * US, 40 });
	text = kit_end(&r, 1000 * MS, NULL);
	first = strstr(text, "\n 40.0us ");
	assert_non_null(first);
	kit_has(first, "\n 39.0us ");
	kit_has(first, "\n 38.0us ");
	kit_has_not(first, "\n 37.0us ");
}

/* Where faults come as events, one by one, the output is that of their totals. */
static void records_make_the_same(void **state)
{
	static const uint64_t ns[] = { 900, 1500, 1500, 40 * US, 900, 2 * MS };
	struct faults_opts o = KEYED(FAULTS_KIND);
	struct kit r;
	char *of_totals;

	(void)state;
	o.form = FAULTS_JSON;
	kit_begin(&r, o, false);
	KIT_TOTAL(&r, MMT_ROW_CPU, MMT_FKIND_DRIVER_PFN, { 900, 2 }, { 1500, 2 }, { 40 * US, 1 }, { 2 * MS, 1 });
	of_totals = strdup(strstr(kit_end(&r, 1000 * MS, NULL), "{\"type\":\"key\""));
	*strstr(of_totals, "{\"type\":\"summary\"") = '\0';

	o.records = true;
	kit_begin(&r, o, false);
	for (unsigned i = 0; i < MMT_COUNT(ns); i++)
		kit_slow(&r, ns[i], i);
	kit_end(&r, 1000 * MS, NULL);
	*strstr(r.text, "{\"type\":\"summary\"") = '\0';
	assert_string_equal(strstr(r.text, "{\"type\":\"key\""), of_totals);
	free(of_totals);
}

/* ... and an interval is what came in it. */
static void records_in_intervals(void **state)
{
	struct faults_opts o = KEYED(FAULTS_KIND);
	struct kit r;
	const char *text;

	(void)state;
	o.records = o.interval = true;
	kit_begin(&r, o, false);
	kit_slow(&r, 5 * US, 1);
	assert_int_equal(pipeline_tick(r.p, 1000 * MS), 0);
	kit_slow(&r, 5 * US, 2);
	kit_slow(&r, 7 * US, 3);
	assert_int_equal(pipeline_tick(r.p, 2000 * MS), 0);
	kit_slow(&r, 5 * US, 4);
	text = kit_end(&r, 2001 * MS, NULL);
	kit_has(text, "1.000 s: 1 fault in 1.0s\n");
	/* what came while the run was ended has no rate: it did not come in that millisecond */
	kit_has(text, "2.001 s: 1 fault in 1.0ms\nKIND            COUNT  RATE/s");
	kit_has(text, "driver-pfn          1       -");
	kit_has(text, "2.000 s: 2 faults in 1.0s\n");
	kit_has(text, "All of 2.0s\n");
}

static void stacks_are_folded(void **state)
{
	struct mmt_stack stack = { .type = MMT_ITEM_STACK,
				   .size = offsetof(struct mmt_stack, addr) + 2 * sizeof(stack.addr[0]),
				   .id = 3,
				   .nr = 2,
				   .kind = MMT_STACK_KERNEL,
				   .addr = { KIT_FUNC, KIT_FUNC + 1 } };
	static const char *const says[] = {
		[FAULTS_TABLE] = "\n 81.8%  9.0us in 6 faults\n        mmdemo:pfn_fault\n        mmdemo:pfn_fault\n    "
				 "    app\n",
		[FAULTS_JSON] = "{\"type\":\"stack\",\"frames\":[\"app\",\"mmdemo:pfn_fault\",\"mmdemo:pfn_fault\"],"
				"\"count\":6,\"sum_ns\":9000}",
		[FAULTS_FOLDED_TIME] = "app;mmdemo:pfn_fault;mmdemo:pfn_fault 9000\n(other) 2000\n",
		[FAULTS_FOLDED_COUNT] = "app;mmdemo:pfn_fault;mmdemo:pfn_fault;[anon] 3\n",
	};
	struct mmt_ev_fault_key e = { .h = HDR(FAULT_KEY), .row = MMT_ROW_KEYS, .comm = 7 };
	struct faults_opts o = KEYED(FAULTS_KIND);
	struct kit r;

	(void)state;
	o.stacks = true;
	for (unsigned form = FAULTS_TABLE; form <= FAULTS_FOLDED_COUNT; form++) {
		o.form = form;
		o.nby = form == FAULTS_FOLDED_COUNT; /* with a key that is the innermost */
		kit_begin(&r, o, false);
		kit_name(&r, 7, MMT_NAME_TEXT, "app");
		assert_int_equal(FEED(r.p, stack), 0);
		e.h.kstack = 3;
		assert_int_equal(FEED(r.p, e), 0);
		KIT_TOTAL(&r, MMT_ROW_KEYS, MMT_FKIND_ANON, { 1 * US, 3 });
		KIT_TOTAL(&r, MMT_ROW_KEYS, MMT_FKIND_COW, { 2 * US, 3 });
		KIT_TOTAL(&r, MMT_ROW_OTHER, MMT_FKIND_COW, { 2 * US, 1 });
		kit_has(kit_end(&r, 1000 * MS, NULL), says[form]);
	}
}

/* A share that one part does not know is not known of the whole. */
static void a_share_must_be_known_of_all(void **state)
{
	struct faults_opts o = KEYED(FAULTS_KIND);
	struct kit_total k;
	struct kit r;
	const char *text;

	(void)state;
	o.split = true;
	o.form = FAULTS_JSON;
	kit_begin(&r, o, false);
	kit_make(&k, MMT_ROW_CPU, MMT_FKIND_ANON, (const struct kit_faults[]){ { 10 * US, 1 }, { 0, 0 } });
	k.t.shares = 0xf;
	k.t.share_ns[MMT_SHARE_LOCK] = 1000;
	k.t.share_ns[MMT_SHARE_ALLOC] = 4000;
	assert_int_equal(kit_feed(&r, &k), 0);
	k.t.row++;
	k.t.shares = 0xe;
	assert_int_equal(kit_feed(&r, &k), 0);
	k.t.row++;
	k.t.shares = 0xf;
	assert_int_equal(kit_feed(&r, &k), 0);
	text = kit_end(&r, 1000 * MS, NULL);
	kit_has(text,
		"\"split\":{\"lock_ns\":null,\"driver_ns\":0,\"offcpu_ns\":0,\"alloc_ns\":12000,\"rest_ns\":null}");
}

static void limits(struct kit *r, struct slos *all, const char *text)
{
	struct faults_opts o = KEYED(FAULTS_KIND);
	struct buf err = { 0 };

	*all = (struct slos){ 0 };
	assert_int_equal(slo_parse(all, text, &err), 0);
	o.slos = all;
	o.form = FAULTS_JSON;
	kit_begin(r, o, false);
	mmt_log_verbosity(0, 9);
}

/* The gate's exit codes: 0 met, 1 missed, 4 nobody can say. */
static void the_gate(void **state)
{
	static const struct {
		const char *limits;
		int unknown, lost;
		int verdict;
		const char *says;
	} cases[] = {
		{ "p99<50us", 0, 0, 0, "\"verdict\":\"met\"" },
		{ "p99<30us", 0, 0, 1, "\"verdict\":\"missed\"" },
		{ "kind=anon:p99<39.95us", 0, 0, 4, "lies within a bucket" },
		{ "kind=anon:count<=1000,kind=cow:p50<1us", 0, 0, 1, "\"verdict\":\"met\"" },
		{ "kind=swap-in:p50<1us", 0, 0, 4, "no such fault was seen" },
		{ "kind=swap-in:count<1", 0, 0, 0, "\"verdict\":\"met\"" },
		{ "kind=anon:max<1ms", 1, 0, 4, "1 faults may be meant or not" },
		{ "p50<50us", 1, 0, 0, "\"verdict\":\"met\"" },
		{ "max<1ms", 0, 2, 4, "2 faults were lost" },
		{ "p50<50us", 0, 2, 0, "\"verdict\":\"met\"" }, /* two of a thousand do not move the median */
		{ "comm=app:count<1000", 0, 0, 4, "may be meant or not" },
		{ "kind=anon:p99<30us,max<1us,count<1", 0, 0, 1, "" },
		{ "p99<30us,kind=swap-in:p50<1us", 0, 0, 1, "" }, /* missed is worse than open */
	};

	(void)state;
	for (unsigned i = 0; i < MMT_COUNT(cases); i++) {
		struct slos all;
		struct kit r;
		int verdict;

		limits(&r, &all, cases[i].limits);
		KIT_TOTAL(&r, MMT_ROW_CPU, MMT_FKIND_ANON, { 1 * US, 900 }, { 39999, 100 });
		KIT_TOTAL(&r, MMT_ROW_CPU + 1, MMT_FKIND_COW, { 2 * US, 20 });
		if (cases[i].unknown)
			KIT_TOTAL(&r, MMT_ROW_CPU, MMT_FKIND_UNKNOWN, { 2 * US, 1 });
		if (cases[i].lost)
			kit_lost(&r, MMT_LOSS_SLOT, MMT_EV_FAULT, (uint64_t)cases[i].lost);
		kit_end(&r, 1000 * MS, &verdict);
		if (verdict != cases[i].verdict)
			fail_msg("%s: exit %d, not %d\n%s", cases[i].limits, verdict, cases[i].verdict, r.text);
		kit_has(r.text, cases[i].says);
	}
	mmt_log_verbosity(0, 0);
}

/* What is in no total leaves a limit open, however it was lost; what is in (other) only has no key. */
static void the_gate_knows_all_losses(void **state)
{
	static const struct {
		uint32_t kind, event;
		int verdict;
	} cases[] = {
		{ MMT_LOSS_SLOT, MMT_EV_FAULT, 4 },
		{ MMT_LOSS_SLOT, MMT_EV_FAULT_KEY, 4 },
		{ MMT_LOSS_RETURN, MMT_EV_FAULT_KEY, 4 },
		{ MMT_LOSS_TOTAL, MMT_EV_FAULT, 4 },
		{ MMT_LOSS_TARGET, 0, 4 },
		{ MMT_LOSS_TOTAL, MMT_EV_FAULT_KEY, 0 },
		{ MMT_LOSS_NAME, 0, 0 },
	};

	(void)state;
	for (unsigned i = 0; i < MMT_COUNT(cases); i++) {
		struct slos all;
		struct kit r;
		int verdict;

		limits(&r, &all, "max<1ms");
		KIT_TOTAL(&r, MMT_ROW_CPU, MMT_FKIND_ANON, { 1 * US, 900 });
		kit_lost(&r, cases[i].kind, cases[i].event, 1);
		kit_end(&r, 1000 * MS, &verdict);
		if (verdict != cases[i].verdict)
			fail_msg("loss %u of event %u: exit %d\n%s", cases[i].kind, cases[i].event, verdict, r.text);
	}
	mmt_log_verbosity(0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_one_histogram),
		cmocka_unit_test(longer_than_the_last_bucket),
		cmocka_unit_test(cpus_of_a_cluster_are_one),
		cmocka_unit_test(a_later_total_replaces),
		cmocka_unit_test(rows_of_one_key_are_one),
		cmocka_unit_test(no_driver_is_no_unknown),
		cmocka_unit_test(what_is_not_timed_is_unknown),
		cmocka_unit_test(without_a_key),
		cmocka_unit_test(no_fault_at_all),
		cmocka_unit_test(a_name_forges_no_line),
		cmocka_unit_test(only_slow_ones),
		cmocka_unit_test(the_slowest_are_kept),
		cmocka_unit_test(records_make_the_same),
		cmocka_unit_test(records_in_intervals),
		cmocka_unit_test(stacks_are_folded),
		cmocka_unit_test(a_share_must_be_known_of_all),
		cmocka_unit_test(the_gate),
		cmocka_unit_test(the_gate_knows_all_losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
