// LINK: expect filter event ledger base enrich/memtype
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Expectations written from a run: what stands in them, that the same run keeps them and another does not. */
#include "expect/golden.h"
#include "test_expect_kit.h"

static char path[] = "/tmp/golden.XXXXXX";
static char text[16384];

static const char *written(void)
{
	FILE *f = fopen(path, "re");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static unsigned blind_to; /* an event that nothing tells */

static bool kit_blind_to(void *ctx, const struct mmt_run_info *info, unsigned event)
{
	(void)ctx;
	(void)info;
	return event == blind_to;
}

static int write_golden(story_fn story, uint64_t lost)
{
	static const struct mmt_run_info info = { .release = "6.12.9", .machine = "aarch64", .start_mono_ns = T0 };
	struct mmt_summary sum = { .child_status = 0, .lost = { [MMT_LOSS_RING] = lost } };
	struct run r = { 0 };
	int code;

	r.tid = 7;
	r.s = golden_open(path, "-- ./app \033[31m", kit_blind_to);
	assert_non_null(r.s);
	assert_int_equal(r.s->begin(r.s, &info), 0);
	story(&r);
	assert_int_equal(r.s->end(r.s, &sum), 0);
	code = r.s->verdict;
	r.s->free(r.s);
	return code;
}

static void a_driver(struct run *r)
{
	a_mapping(r);
	say_fault(r, 90, 2, MMT_FKIND_DRIVER_PFN, "m1");
	say_close(r, 100, "m1");
}

static void one_more(struct run *r)
{
	a_driver(r);
	say_close(r, 200, "m1");
}

static void test_text(void **state)
{
	(void)state;
	assert_int_equal(write_golden(a_driver, 0), 0);
	assert_string_equal(
		written(), GOLDEN_MARK
		": review it, and take out what may differ from run to run.\n"
		"#   -- ./app ?[31m\n"
		"#   on Linux 6.12.9, aarch64\n"
		"\n"
		"expect   pfn_map       where mapping.path == \"/dev/mmdemo/shared\" and nested == 0   count == 1\n"
		"expect   pfn_map       where mapping.path == \"/dev/mmdemo/shared\" and nested == 0   all helper == "
		"remap_pfn_range and memtype == normal-wb\n"
		"expect   driver_mmap   where mapping.path == \"/dev/mmdemo/shared\"   count == 1\n"
		"expect   driver_mmap   where mapping.path == \"/dev/mmdemo/shared\"   all not failed\n"
		"expect   fault         where mapping.path == \"/dev/mmdemo/shared\"   count == 2\n"
		"expect   fault         where mapping.path == \"/dev/mmdemo/shared\"   all kind == driver-pfn\n"
		"expect   driver_close  where mapping.path == \"/dev/mmdemo/shared\"   count == 1\n"
		"\n"
		"never    signal\n"
		"expect   exit == 0\n");
}

static int judged(story_fn story)
{
	struct run r = { 0 };

	run_begin(&r, written());
	story(&r);
	return run_end(&r);
}

static void test_holds(void **state)
{
	(void)state;
	assert_int_equal(write_golden(a_driver, 0), 0);
	assert_int_equal(judged(a_driver), 0);
	assert_int_equal(judged(one_more), 1);
	assert_int_equal(judged(a_mapping), 1);
}

/* What could not have been seen is not said to be absent. */
static void test_blind(void **state)
{
	(void)state;
	blind_to = MMT_EV_SIGNAL;
	assert_int_equal(write_golden(a_driver, 0), 0);
	blind_to = 0;
	assert_null(strstr(written(), "signal"));
}

static void test_lost_and_unwritten(void **state)
{
	(void)state;
	mmt_log_fd(open("/dev/null", O_WRONLY));
	assert_int_equal(write_golden(a_driver, 3), 4);
	assert_non_null(strstr(written(), "# 3 events were lost in it"));
	unlink(path);
	assert_int_equal(rmdir(path), -1);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(write_golden(a_driver, 0), 125);
	rmdir(path);
	close(mmt_log_fd(STDERR_FILENO));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_blind),
		cmocka_unit_test(test_lost_and_unwritten),
	};
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
