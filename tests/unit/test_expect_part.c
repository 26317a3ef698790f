// LINK: expect filter event ledger base enrich/memtype
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What must not pass because less was seen than was said: a part of a run, fields that nobody counted, rows that broke off. */
#include "test_expect_kit.h"

static int part(const char *text, story_fn story, int status)
{
	struct run r = { .form = EXPECT_JSON, .partial = "the recording was cut" };
	int code;

	run_begin(&r, text);
	story(&r);
	code = run_end_with(&r, status, 0);
	if (code == 4)
		has(&r, "the recording was cut");
	return code;
}

/* Whatever would pass is open, and what is not there may have been in the rest; what is wrong stays wrong. */
static void test_part_of_a_run(void **state)
{
	static const char *const open[] = {
		"expect fault",
		"never signal",
		"expect fault count >= 200",
		"expect fault count == 100",
		"expect fault all pid == 7",
		"expect fault any pid == 8",
		"expect fault p50(lat) < 50us",
		"expect fault p50(lat) < 5us",
		"expect fault sum(lat) > 1s",
		"expect signal all pid == 7",
		"expect mlock follows fault",
		"expect sequence fault, mlock",
		"expect sequence fault, mlock all",
		"never sequence fault, mlock",
		"expect mapping balanced",
	};

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(open); i++)
		assert_int_equal(part(open[i], faults, -1), 4);
	assert_int_equal(part("never fault", faults, -1), 1);
	assert_int_equal(part("expect fault count < 100", faults, -1), 1);
	assert_int_equal(part("expect fault max(lat) < 50us", faults, -1), 1);
	assert_int_equal(part("never signal\nexpect exit == 0", faults, -1), 4);
	assert_int_equal(part("expect exit == 0", faults, -1), 4);
	assert_int_equal(part("expect exit == 0", faults, 1), 1);
}

/* ---- what the ledger counts ---- */

static bool wanted(const char *text, unsigned event)
{
	bool want[MMT_EV_MAX] = { false };
	struct buf said = { 0 };
	struct expect *e = expect_parse("t.expect", text, strlen(text), &said);

	assert_non_null(e);
	buf_free(&said);
	expect_wants(e, want);
	expect_free(e);
	return want[event];
}

static void test_wants_what_is_counted(void **state)
{
	(void)state;
	assert_false(wanted("never munmap where mapping.bytes > 1M", MMT_EV_FAULT));
	assert_true(wanted("never munmap where mapping.faults > 1", MMT_EV_FAULT));
	assert_true(wanted("expect munmap all mapping.fault_time < 1s", MMT_EV_FAULT));
	assert_true(wanted("expect munmap sum(mapping.faults) < 9", MMT_EV_FAULT));
	assert_true(wanted("expect munmap follows mmap where mapping.faults == 0", MMT_EV_FAULT));
	assert_true(wanted("expect mapping max(faults) < 9", MMT_EV_FAULT));
	assert_true(wanted("never munmap where mapping.installed > 0", MMT_EV_PFN_MAP));
	assert_true(wanted("never munmap where mapping.installed > 0", MMT_EV_PAGE_MAP));
	assert_true(wanted("expect mapping none memtype == normal-nc", MMT_EV_PFN_MAP));
	assert_true(wanted("never fault where driver == \"mmdemo\"", MMT_EV_DRIVER_MMAP));
	assert_true(wanted("expect mapping where driver == \"mmdemo\" balanced", MMT_EV_DRIVER_MMAP));
	assert_false(wanted("never fault", MMT_EV_DRIVER_MMAP));
}

/* Where no fault is told, no mapping has 0 of them. */
static void test_blind_to_what_is_counted(void **state)
{
	struct run r = { .form = EXPECT_JSON, .blind = "fault" };

	(void)state;
	run_begin(&r, "never munmap where mapping.faults > 0\nexpect mapping none faults > 0\nexpect munmap\n"
		      "never munmap where driver == \"mmdemo\"\n");
	say_munmap(&r, 10, "m1", 4096);
	assert_int_equal(run_end(&r), 1);
	assert_string_equal(verdict_of(&r, 1), "cannot observe");
	assert_string_equal(verdict_of(&r, 2), "cannot observe");
	assert_string_equal(verdict_of(&r, 3), "pass");
	assert_string_equal(verdict_of(&r, 4), "fail");
	r.blind = "page_map";
	run_begin(&r, "never munmap where mapping.installed > 0\n");
	assert_int_equal(run_end(&r), 3);
	r.blind = "exit";
	run_begin(&r, "expect mapping balanced\n");
	assert_int_equal(run_end(&r), 3);
	r.blind = "driver_mmap"; /* then it is unknown, and known where its other functions say it */
	run_begin(&r, "never munmap where driver == \"other\"\n");
	say_munmap(&r, 10, "m1", 4096);
	assert_int_equal(run_end(&r), 0);
}

static void a_fault_lost(struct run *r)
{
	say_munmap(r, 10, "m1", 4096);
	lose(r, MMT_LOSS_RING, MMT_EV_FAULT, 1);
}

static void two_lost(struct run *r)
{
	say_munmap(r, 10, "m1", 4096);
	lose(r, MMT_LOSS_RING, MMT_EV_MUNMAP, 2);
}

static void a_program_lost(struct run *r)
{
	say_munmap(r, 10, "m1", 4096);
	lose(r, MMT_LOSS_MUTE, MMT_EV_MUNMAP, 1);
}

/* It may be another program by now. */
static void an_exec_lost(struct run *r)
{
	say_munmap(r, 10, "m1", 4096);
	lose(r, MMT_LOSS_RING, MMT_EV_EXEC, 1);
}

static void a_gap(struct run *r)
{
	say_munmap(r, 10, "m1", 4096);
	lose(r, MMT_LOSS_GAP, 0, 1);
}

static void test_loss_of_what_is_counted(void **state)
{
	(void)state;
	judge("never munmap where mapping.faults > 0", a_fault_lost, 4, NULL);
	judge("never munmap where len == 1", a_fault_lost, 0, NULL);
	judge("never munmap where comm == \"other\"", an_exec_lost, 4, NULL);
	judge("never munmap where pid == 1", an_exec_lost, 0, NULL);
	judge("never munmap where driver==\"other\"", a_gap, 4, NULL);
	judge("expect munmap by run follows munmap where mapping.bytes==1", a_gap, 4, NULL);
	judge("never munmap where len == 1", a_gap, 0, NULL);
	/* so many events, but so many programs */
	judge("expect munmap count >= 3", two_lost, 4, NULL);
	judge("expect munmap count >= 9", two_lost, 1, NULL);
	judge("expect munmap count >= 9", a_program_lost, 4, NULL);
	/* one gap may hide any number of them */
	judge("expect munmap where driver==\"mmdemo\" count >= 9", a_gap, 4, NULL);
}

/* ---- after something that nobody knows to be meant ---- */

static void after_nobody_knows(struct run *r)
{
	say_plain_fault(r, 10);
	for (unsigned i = 0; i < 9; i++)
		say_munmap(r, 20 + i, "m1", 4096);
}

static void after_a_lost_one(struct run *r)
{
	for (unsigned i = 0; i < 9; i++)
		say_munmap(r, 20 + i, "m1", 4096);
	lose(r, MMT_LOSS_RING, MMT_EV_FAULT, 1);
}

static void test_after_the_unknown(void **state)
{
	(void)state;
	judge("expect munmap count <= 5 after fault where kind == cow", after_nobody_knows, 4, NULL);
	judge("expect munmap count >= 5 after fault where kind == cow", after_nobody_knows, 4, NULL);
	judge("expect munmap p50(len) < 1M after fault where kind == cow", after_nobody_knows, 4, NULL);
	judge("expect munmap count <= 5 before fault where kind == cow", after_nobody_knows, 4, NULL);
	judge("expect munmap count >= 5 after fault", after_a_lost_one, 4, NULL);
	judge("expect munmap count <= 5 after fault", after_nobody_knows, 1, NULL);
}

/* ---- sequences of which each has to be whole ---- */

static void late_then_well(struct run *r)
{
	say_open(r, 0, "m1");
	say_close(r, 5000, "m1");
	say_open(r, 10000, "m1");
	say_close(r, 10500, "m1");
}

static void again_before_its_end(struct run *r)
{
	say_open(r, 0, "m1");
	say_open(r, 9000, "m1");
	say_close(r, 9500, "m1");
}

static void well_then_not_at_all(struct run *r)
{
	late_then_well(r);
	say_open(r, 20000, "m1");
	say_fault(r, 20010, 1, MMT_FKIND_ANON, "m1");
}

static void test_each_row(void **state)
{
	struct run r = { .form = EXPECT_JSON };

	(void)state;
	judge("expect sequence driver_open, driver_close within 1ms", late_then_well, 0, NULL);
	judge("expect sequence driver_open, driver_close within 1ms all", late_then_well, 1, "driver_open@0us");
	judge("expect sequence driver_open, driver_close within 10ms all", late_then_well, 0, NULL);
	judge("expect sequence driver_open, driver_close within 1ms all", again_before_its_end, 1, "driver_open@0us");
	/* one may be the next step of several */
	judge("expect sequence driver_open, driver_close all", again_before_its_end, 0, NULL);
	judge("expect sequence driver_open, fault, driver_close all", well_then_not_at_all, 1, "driver_open@0us");
	run_begin(&r, "expect sequence driver_open, fault, driver_close all");
	well_then_not_at_all(&r);
	assert_int_equal(run_end(&r), 1);
	has(&r, "3 of 3 broke off");
	has(&r, "no driver_close came behind it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_part_of_a_run),
		cmocka_unit_test(test_wants_what_is_counted),
		cmocka_unit_test(test_blind_to_what_is_counted),
		cmocka_unit_test(test_loss_of_what_is_counted),
		cmocka_unit_test(test_after_the_unknown),
		cmocka_unit_test(test_each_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
