// LINK: expect filter event ledger base enrich/memtype
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Each form of statement, on a run that keeps it and on one that breaks it. */
#include "test_expect_kit.h"

/* ---- count ---- */

static void two_driver_calls(struct run *r)
{
	say_driver(r, 10, 5, 1, "m1", 0);
	say_driver(r, 20, 5, 2, "m2", -22);
}

static void test_count(void **state)
{
	(void)state;
	judge("expect driver_mmap", two_driver_calls, 0, NULL);
	judge("expect driver_mmap", nothing, 1, NULL);
	judge("expect driver_mmap where driver == \"mmdemo\" and result == 0 count >= 1", two_driver_calls, 0, NULL);
	judge("expect driver_mmap where driver == \"mmdemo\" and result == 0 count >= 2", two_driver_calls, 1, NULL);
	judge("expect driver_mmap count == 2", two_driver_calls, 0, NULL);
	judge("expect driver_mmap count != 2", two_driver_calls, 1, NULL);
	/* what is above the bound is to blame */
	judge("expect driver_mmap count == 1", two_driver_calls, 1, "driver_mmap@20us");
	judge("expect driver_mmap count < 2", two_driver_calls, 1, "driver_mmap@20us");
	judge("expect driver_mmap count <= 0", two_driver_calls, 1, "driver_mmap@10us");
	judge("expect driver_mmap count > 2", two_driver_calls, 1, NULL);
	judge("expect driver_mmap within 15us count == 1", two_driver_calls, 0, NULL);
	judge("expect driver_mmap within 5us", two_driver_calls, 1, NULL);
}

static void another_signal(struct run *r)
{
	say_signal(r, 30, 5);
}

static void test_never(void **state)
{
	(void)state;
	judge("never signal where signal in (SIGBUS, SIGSEGV)", a_sigbus, 1, "signal@30us");
	judge("never signal where signal in (SIGBUS, SIGSEGV)", another_signal, 0, NULL);
	judge("never signal", nothing, 0, NULL);
}

/* ---- all, any, none ---- */

static void cached_install(struct run *r)
{
	say_install(r, 10, 1, "m1", "normal-wb");
}

static void unknown_install(struct run *r)
{
	say_install(r, 10, 1, "m1", "normal-wb");
	say_install(r, 20, 2, "m2", NULL);
}

static void test_quantifiers(void **state)
{
	static const char all[] = "expect pfn_map where mapping.path ~ \"/dev/mmdemo/shared\" all memtype == normal-wb";

	(void)state;
	judge(all, cached_install, 0, NULL);
	judge(all, installs, 1, "pfn_map@20us");
	judge(all, nothing, 1, NULL); /* of none nothing is said */
	judge(all, unknown_install, 4, NULL);
	judge("expect pfn_map any memtype == normal-nc", installs, 0, NULL);
	judge("expect pfn_map any memtype == normal-nc", cached_install, 1, NULL);
	judge("expect pfn_map any memtype == normal-nc", unknown_install, 4, NULL);
	judge("expect pfn_map none memtype == normal-nc", cached_install, 0, NULL);
	judge("expect pfn_map none memtype == normal-nc", installs, 1, "pfn_map@20us");
	judge("expect pfn_map none memtype == normal-nc", unknown_install, 4, NULL);
}

/* ---- values ---- */

static void faults_and_one_unknown(struct run *r)
{
	faults(r);
	say_plain_fault(r, 600);
}

static void test_values(void **state)
{
	(void)state;
	judge("expect fault where kind == driver-pfn p99(lat) < 50us", faults, 0, NULL);
	judge("expect fault where kind == driver-pfn p99.5(lat) < 50us", faults, 1, "fault@500us");
	judge("expect fault where kind == driver-pfn max(lat) < 50us", faults, 1, "fault@500us");
	judge("expect fault min(lat) >= 10us", faults, 0, NULL);
	judge("expect fault min(lat) > 10us", faults, 1, "fault@10us");
	judge("expect fault mean(lat) <= 11us", faults, 0, NULL);
	judge("expect fault sum(lat) == 1080us", faults, 0, NULL);
	judge("expect fault sum(lat) < 1ms", faults, 1, NULL);
	judge("expect fault p99(lat) < 50us", nothing, 1, NULL);
	/* one more of 101 decides about p99, and nobody knows it */
	judge("expect fault p99(lat) < 50us", faults_and_one_unknown, 4, NULL);
	judge("expect fault p50(lat) < 50us", faults_and_one_unknown, 0, NULL);
	judge("expect fault p99.9(lat) < 1s", faults_and_one_unknown, 4, NULL);
	judge("expect fault max(lat) < 50us", faults_and_one_unknown, 1, "fault@500us");
}

static void many_faults(struct run *r)
{
	for (unsigned i = 0; i < 40000; i++)
		say_fault(r, 10 + i, 40 + i % 20, MMT_FKIND_ANON, "m1");
}

/* More than are kept one by one: a bound inside a bucket of the histogram decides nothing. */
static void test_buckets(void **state)
{
	(void)state;
	judge("expect fault p50(lat) < 60us", many_faults, 0, NULL);
	judge("expect fault p50(lat) < 45us", many_faults, 1, NULL);
	judge("expect fault p50(lat) < 48500ns", many_faults, 4, NULL);
	judge("expect fault max(lat) <= 59us", many_faults, 0, NULL);
}

/* ---- order ---- */

static void fault_then_lock(struct run *r)
{
	r->comm = "rt-loop";
	say_fault(r, 10, 1, MMT_FKIND_ANON, "m1");
	say_mlock(r, 20, 5);
}

static void test_after(void **state)
{
	static const char never[] = "never fault where comm == \"rt-loop\" after mlock";

	(void)state;
	judge(never, fault_then_lock, 0, NULL);
	judge(never, lock_then_fault, 1, "fault@40us");
	judge("expect fault after mlock", lock_then_fault, 0, NULL);
	judge("expect fault after mlock", fault_then_lock, 1, NULL);
	judge("expect fault after mlock within 20us", lock_then_fault, 0, NULL);
	judge("expect fault after mlock within 19us", lock_then_fault, 1, NULL);
	judge("expect fault before mlock", fault_then_lock, 0, NULL);
	judge("never fault before mlock", fault_then_lock, 1, "fault@10us");
	judge("never fault before mlock within 9us", fault_then_lock, 0, NULL);
	/* the mappings are two, and nothing was locked in either */
	judge("never fault after mlock by tid", lock_then_fault, 1, "fault@40us");
}

static void test_follows(void **state)
{
	(void)state;
	judge("expect driver_close follows driver_open by mapping.id within 5s", open_and_close, 0, NULL);
	judge("expect driver_close follows driver_open by mapping.id within 5s", one_is_not_closed, 1,
	      "driver_open@20us");
	judge("expect driver_close follows driver_open by mapping.id within 1500us", open_and_close, 1,
	      "driver_open@10us");
	judge("expect driver_close by mapping.id follows driver_open", open_and_close, 0, NULL);
	/* of the process one close answers both */
	judge("expect driver_close follows driver_open", one_is_not_closed, 0, NULL);
	judge("expect driver_close follows driver_open by mapping.id", nothing, 1, NULL);
}

/* The driver's function runs behind the install that it should have made. */
static void wrong_way_round(struct run *r)
{
	say_install(r, 11, 1, "m1", "normal-wb");
	say_driver(r, 12, 5, 1, "m1", 0);
	say_mmap(r, 10, 9, 1, "m1", (int64_t)AT);
	say_fault(r, 30, 1, MMT_FKIND_DRIVER_PFN, "m1");
}

static void test_sequence(void **state)
{
	static const char whole[] = "expect sequence mmap, driver_mmap, pfn_map, fault by mapping.id";

	(void)state;
	judge(whole, a_mapping, 0, NULL);
	judge(whole, two_halves, 1, "mmap@10us");
	judge(whole, wrong_way_round, 1, "mmap@10us");
	judge(whole, nothing, 1, NULL);
	judge("expect sequence mmap, driver_mmap, pfn_map, fault by mapping.id within 20us", a_mapping, 0, NULL);
	judge("expect sequence mmap, driver_mmap, pfn_map, fault by mapping.id within 19us", a_mapping, 1, NULL);
	judge("never sequence pfn_map, fault by mapping.id", a_mapping, 1, "pfn_map@14us");
	judge("never sequence fault, pfn_map by mapping.id", a_mapping, 0, NULL);
	judge("expect sequence mmap, driver_mmap by run all", two_halves, 0, NULL);
	judge("expect sequence mmap, driver_mmap by mapping.id all", two_halves, 1, "mmap@10us");
	judge("expect sequence mmap where len == 16K, fault where kind in (driver-pfn, cow)", a_mapping, 0, NULL);
	judge("expect sequence mmap where len == 8K, fault", a_mapping, 1, NULL);
}

static void twice_the_same(struct run *r)
{
	say_fault(r, 10, 1, MMT_FKIND_COW, "m1");
}

/* One event is not two steps. */
static void test_one_is_not_two(void **state)
{
	(void)state;
	judge("expect sequence fault, fault where kind == cow", twice_the_same, 1, "fault@10us");
	judge("expect sequence fault, fault", faults, 0, NULL);
}

/* More than are put into order at once, by two threads in turns. */
static void long_run(struct run *r)
{
	for (unsigned i = 0; i < 20000; i++) {
		r->tid = 7 + i % 2;
		say_install(r, 10 * i + 4, i + 1, "m1", "normal-wb");
		say_driver(r, 10 * i + 2, 5, i + 1, "m1", 0);
	}
}

/* A pair for each of so many keys that none is shown, and one that is not whole. */
static void many_keys(struct run *r)
{
	for (unsigned i = 0; i < 20000; i++) {
		r->tid = i + 1;
		say_driver(r, 10 * i + 2, 5, 1, "m1", 0);
		if (i != 19000)
			say_install(r, 10 * i + 4, 1, "m1", "normal-wb");
	}
}

static void test_order_of_many(void **state)
{
	(void)state;
	judge("expect pfn_map follows driver_mmap by call", long_run, 0, NULL);
	judge("never sequence pfn_map, driver_mmap by call", long_run, 0, NULL);
	judge("expect pfn_map follows driver_mmap by tid", many_keys, 1, NULL);
	judge("expect sequence driver_mmap, pfn_map by tid all", many_keys, 1, NULL);
	judge("expect sequence driver_mmap, pfn_map by tid", many_keys, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count),	       cmocka_unit_test(test_never),
		cmocka_unit_test(test_quantifiers),    cmocka_unit_test(test_values),
		cmocka_unit_test(test_buckets),	       cmocka_unit_test(test_after),
		cmocka_unit_test(test_follows),	       cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_one_is_not_two), cmocka_unit_test(test_order_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
