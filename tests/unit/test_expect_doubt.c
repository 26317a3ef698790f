// LINK: expect filter event ledger base enrich/memtype
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What was lost, what cannot be seen, how a command ended, what is shown of what is wrong, and the manual's example. */
#include "test_expect_kit.h"

/* ---- what is not known ---- */

static void unknown_faults(struct run *r)
{
	say_plain_fault(r, 10);
}

static void test_unknown_fields(void **state)
{
	struct run r = { .form = EXPECT_JSON };

	(void)state;
	judge("never fault where kind == driver-pfn", unknown_faults, 4, NULL);
	judge("expect fault where kind == driver-pfn", unknown_faults, 4, NULL);
	judge("expect fault where kind == driver-pfn or pid == 7", unknown_faults, 0, NULL);
	judge("expect fault p99(lat) < 1ms", unknown_faults, 4, NULL);
	/* it is in doubt only where it could make a difference */
	judge("expect fault where kind == cow all pid == 7", unknown_faults, 4, NULL);
	run_begin(&r, "never fault where kind == driver-pfn");
	unknown_faults(&r);
	assert_int_equal(run_end(&r), 4);
	has(&r, "fault.kind is not known");
}

static void open_of_nobody_knows_what(struct run *r)
{
	say_open(r, 5, NULL);
	open_and_close(r);
}

static void close_of_nobody_knows_what(struct run *r)
{
	open_and_close(r);
	say_close(r, 5000, NULL);
}

static void unknown_close_instead(struct run *r)
{
	one_is_not_closed(r);
	say_close(r, 5000, NULL);
}

/* What must be followed may not have been; what follows may have been what was missing. */
static void test_unknown_keys(void **state)
{
	static const char by_mapping[] = "expect driver_close follows driver_open by mapping.id";

	(void)state;
	judge(by_mapping, open_of_nobody_knows_what, 4, NULL);
	judge(by_mapping, close_of_nobody_knows_what, 0, NULL);
	judge(by_mapping, unknown_close_instead, 4, NULL);
	judge("expect driver_close follows driver_open by mapping.id within 1us", open_of_nobody_knows_what, 1,
	      "driver_open@20us");
	judge("expect sequence driver_open, driver_close by mapping.id", open_of_nobody_knows_what, 0, NULL);
	judge("expect sequence driver_open, driver_close by mapping.id all", open_of_nobody_knows_what, 4, NULL);
	judge("never driver_close after driver_open by mapping.id", open_of_nobody_knows_what, 1, NULL);
}

static void lost_faults(struct run *r)
{
	faults(r);
	lose(r, MMT_LOSS_RING, MMT_EV_FAULT, 3);
}

static void lost_faults_only(struct run *r)
{
	lose(r, MMT_LOSS_RING, MMT_EV_FAULT, 3);
}

static void lost_maps(struct run *r)
{
	faults(r);
	lose(r, MMT_LOSS_RING, MMT_EV_VMA_MAP, 1);
}

/* Of no event in particular: it may have been any. */
static void lost_anything(struct run *r)
{
	faults(r);
	lose(r, MMT_LOSS_TARGET, 0, 1);
}

static void lost_stacks(struct run *r)
{
	faults(r);
	lose(r, MMT_LOSS_STACK, MMT_EV_FAULT, 3);
}

static void lost_close(struct run *r)
{
	one_is_not_closed(r);
	lose(r, MMT_LOSS_SLOT, MMT_EV_DRIVER_CLOSE, 1);
}

static void lost_and_broken(struct run *r)
{
	a_sigbus(r);
	lose(r, MMT_LOSS_RING, MMT_EV_SIGNAL, 1);
}

/* What was lost never makes a statement pass, whatever it says; what is certainly wrong stays so. */
static void test_losses(void **state)
{
	static const char *const passes[] = {
		"expect fault",
		"expect fault count == 100",
		"never fault where kind == cow",
		"expect fault all pid == 7",
		"expect fault any pid == 7",
		"expect fault none pid == 8",
		"expect fault p50(lat) < 50us",
		"expect fault max(lat) < 1s",
		"expect fault sum(lat) < 1s",
		"never fault after mlock",
		"expect sequence fault, fault",
		"never sequence fault, mlock",
	};

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(passes); i++) {
		judge(passes[i], faults, 0, NULL);
		judge(passes[i], lost_faults, 4, NULL);
	}
	judge("expect fault", lost_faults_only, 4, NULL);
	judge("expect driver_close follows driver_open by mapping.id", lost_close, 4, NULL);
	judge("never signal", lost_and_broken, 1, "signal@30us");
	judge("expect fault count < 100", lost_faults, 1, NULL);
	/* not of these events, and not what they need */
	judge("expect fault count == 100", lost_maps, 0, NULL);
	judge("expect fault where mapping.path ~ \"mmdemo\" count == 100", lost_maps, 4, NULL);
	judge("expect fault where driver!=\"x\" count == 100", lost_maps, 4, NULL);
	judge("never fault where pid == 8 after driver_mmap", lost_maps, 0, NULL);
	judge("expect fault count == 100", lost_stacks, 0, NULL);
	judge("expect fault", lost_anything, 4, NULL);
	judge("never signal", lost_anything, 4, NULL);
}

static void test_blind(void **state)
{
	struct run r = { .form = EXPECT_JSON, .blind = "signal" };

	(void)state;
	run_begin(&r, "expect fault\nnever signal\nnever fault where kind == cow\n");
	faults(&r);
	assert_int_equal(run_end(&r), 3);
	assert_string_equal(verdict_of(&r, 1), "pass");
	assert_string_equal(verdict_of(&r, 2), "cannot observe");
	assert_string_equal(verdict_of(&r, 3), "pass");
	/* a failure is more than what nobody can see, and that more than what is open */
	run_begin(&r, "never fault\nnever signal\n");
	faults(&r);
	assert_int_equal(run_end(&r), 1);
	run_begin(&r, "never fault where kind == cow\nnever signal\n");
	unknown_faults(&r);
	assert_int_equal(run_end(&r), 3);
	run_begin(&r, "never fault where kind == cow\nnever fault\n");
	unknown_faults(&r);
	assert_int_equal(run_end(&r), 1);
}

static void test_unreadable_records(void **state)
{
	struct run r = { .form = EXPECT_JSON };

	(void)state;
	run_begin(&r, "expect fault");
	faults(&r);
	assert_int_equal(run_end_with(&r, 0, 1), 4);
}

/* ---- the command's own end ---- */

static int exit_of(const char *text, int status)
{
	struct run r = { .form = EXPECT_JSON };

	run_begin(&r, text);
	faults(&r);
	return run_end_with(&r, status, 0);
}

static void test_exit(void **state)
{
	(void)state;
	assert_int_equal(exit_of("expect fault", 0), 0);
	assert_int_equal(exit_of("expect fault", 3), 1); /* implied */
	assert_int_equal(exit_of("expect fault", 139), 1);
	assert_int_equal(exit_of("expect exit == 3\nexpect fault", 3), 0);
	assert_int_equal(exit_of("expect exit == 3\nexpect fault", 0), 1);
	assert_int_equal(exit_of("expect exit != 0\n", 139), 0);
	assert_int_equal(exit_of("expect exit < 128\n", 139), 1);
	/* a recording of a machine has no command: nobody asked, or what was asked cannot be seen */
	assert_int_equal(exit_of("expect fault", -1), 0);
	assert_int_equal(exit_of("expect exit == 0\n", -1), 3);
}

/* ---- offenders ---- */

static void twelve_signals(struct run *r)
{
	static const char *const stack[] = { "mmdemo:mmdemo_shared_fault+0x10", "handle_mm_fault+0x44" };

	r->stack = stack;
	r->nstack = 2;
	for (unsigned i = 0; i < 12; i++)
		say_signal(r, 30 + i, 7);
}

static void test_offenders(void **state)
{
	struct run r = { .form = EXPECT_JSON };

	(void)state;
	run_begin(&r, "never signal");
	twelve_signals(&r);
	assert_int_equal(run_end(&r), 1);
	has(&r, "\"offending\":12");
	has(&r, "\"signal@30us\"");
	has(&r, "\"signal@39us\"");
	lacks(&r, "\"signal@40us\"");
	has(&r, "\"stack\":[\"mmdemo:mmdemo_shared_fault+0x10\",\"handle_mm_fault+0x44\"]");
}

/* ---- the example of the manual ---- */

static const char example[] =
	"# a driver's contract\n"
	"expect   driver_mmap where driver == \"mmdemo\" and result == 0          count >= 1\n"
	"expect   pfn_map     where mapping.path ~ \"/dev/mmdemo/shared\"         all memtype == normal-wb\n"
	"expect   driver_close follows driver_open by mapping.id                within 5s\n"
	"never    fault       where comm == \"rt-loop\"                           after mlock\n"
	"never    signal      where signal in (SIGBUS, SIGSEGV)\n"
	"expect   fault       where kind == driver-pfn                          p99(lat) < 50us\n"
	"expect   mapping     where driver == \"mmdemo\"                          balanced\n"
	"expect   sequence    mmap, driver_mmap, pfn_map, fault                 by mapping.id\n";

static void test_example(void **state)
{
	struct run r = { .form = EXPECT_JSON };

	(void)state;
	run_begin(&r, example);
	assert_int_equal(expect_count(r.e), 9);
	a_mapping(&r);
	open_and_close(&r);
	/* all but the mapping, which no ledger tells here */
	assert_int_equal(run_end(&r), 1);
	for (unsigned line = 2; line <= 9; line++)
		assert_string_equal(verdict_of(&r, line), line == 8 ? "fail" : "pass");
	run_begin(&r, example);
	two_halves(&r);
	one_is_not_closed(&r);
	lock_then_fault(&r);
	a_sigbus(&r);
	installs(&r);
	assert_int_equal(run_end_with(&r, 0, 0), 1);
	for (unsigned line = 2; line <= 9; line++)
		assert_string_equal(verdict_of(&r, line), line == 2 || line == 7 ? "pass" : "fail");
}

static void test_unwritten(void **state)
{
	struct mmt_summary sum = { 0 };
	struct run r = { .form = EXPECT_JSON };
	struct expect_opts o = { .line = kit_line };
	struct buf said = { 0 };

	(void)state;
	mmt_log_fd(open("/dev/null", O_WRONLY));
	r.e = expect_parse("t.expect", "never signal", 12, &said);
	o.fd = open("/dev/full", O_WRONLY);
	assert_true(o.fd >= 0);
	r.s = expect_open(r.e, &o);
	assert_int_equal(r.s->end(r.s, &sum), 0);
	assert_int_equal(r.s->verdict, 125);
	r.s->free(r.s);
	close(o.fd);
	o.fd = open("/dev/null", O_WRONLY);
	o.junit = "/dev/full";
	r.s = expect_open(r.e, &o);
	assert_int_equal(r.s->end(r.s, &sum), 0);
	assert_int_equal(r.s->verdict, 125);
	r.s->free(r.s);
	close(o.fd);
	expect_free(r.e);
	close(mmt_log_fd(STDERR_FILENO));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_keys),
		cmocka_unit_test(test_unknown_fields),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_blind),
		cmocka_unit_test(test_unreadable_records),
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_offenders),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_unwritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
