// LINK: expect filter event ledger base enrich/memtype
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* One run with each kind of verdict in it, in each form. */
#include "test_expect_kit.h"

static const char statements[] =
	"expect   fault  where comm == \"a#b\"   count >= 1  # two blanks are one\n"
	"never    signal where signo == SIGBUS\n"
	"never    fault  where kind == cow and lat > 1us and pid != 1 and tid != 1 and cpu < 4096\n"
	"expect   remote\n"
	"expect   driver_close follows driver_open by mapping.id\n";

static void story(struct run *r)
{
	static const char *const stack[] = { "mmdemo:mmdemo_shared_fault+0x10", "handle_mm_fault+0x44" };

	r->comm = "a#b";
	say_plain_fault(r, 10);
	r->stack = stack;
	r->nstack = 2;
	say_signal(r, 30, 7);
	say_signal(r, 40, 7);
	r->stack = NULL;
	r->nstack = 0;
	say_open(r, 50, "m1");
}

static const char *told(struct run *r)
{
	r->blind = "remote";
	run_begin(r, statements);
	story(r);
	assert_int_equal(run_end(r), 1);
	return r->out;
}

static void test_text(void **state)
{
	struct run r = { .form = EXPECT_TEXT, .width = 80 };

	(void)state;
	assert_string_equal(told(&r),
			    "t.expect against -- ./app\n"
			    "    ok   1  expect fault where comm == \"a#b\" count >= 1   1 fault event\n"
			    "  FAIL   2  never signal where signo == SIGBUS\n"
			    "            2 signal events\n"
			    "            signal@30us\n"
			    "                mmdemo:mmdemo_shared_fault+0x10\n"
			    "                handle_mm_fault+0x44\n"
			    "            signal@40us\n"
			    "  open   3  never fault where kind == cow and lat > 1us and pid != 1 and tid !=\n"
			    "            1 and cpu < 4096   0 fault events; fault.kind is not known of one\n"
			    "unseen   4  expect remote\n"
			    "            nothing on this machine tells remote events; 'mmtrace doctor' says\n"
			    "            why\n"
			    "  FAIL   5  expect driver_close follows driver_open by mapping.id\n"
			    "            1 of 1 driver_open event without driver_close\n"
			    "            driver_open@50us\n"
			    "                no driver_close came behind it\n"
			    "    ok      expect exit == 0   the command ended with status 0\n"
			    "   not seen here  signal: signals for other threads\n"
			    "FAILED: 2 passed, 2 failed, 1 inconclusive, 1 not to be seen here; 9 events in 250ms\n");
}

static void test_color(void **state)
{
	struct run r = { .form = EXPECT_TEXT, .width = 80, .color = true };
	struct run plain = { .form = EXPECT_TEXT, .width = 80 };
	char *to;

	(void)state;
	told(&r);
	told(&plain);
	assert_non_null(strstr(r.out, "\033[31m  FAIL\033[0m"));
	/* but for its colors it is the same */
	to = r.out;
	for (const char *from = r.out; *from; from++) {
		if (*from == '\033')
			from += strcspn(from, "m");
		else
			*to++ = *from;
	}
	*to = '\0';
	assert_string_equal(r.out, plain.out);
}

static void test_tap(void **state)
{
	struct run r = { .form = EXPECT_TAP };

	(void)state;
	assert_string_equal(told(&r), "KTAP version 1\n"
				      "1..6\n"
				      "# not seen here: signal: signals for other threads\n"
				      "ok 1 t.expect:1: expect fault where comm == \"a\\#b\" count >= 1\n"
				      "# 2 signal events\n"
				      "# signal@30us\n"
				      "#     mmdemo:mmdemo_shared_fault+0x10\n"
				      "#     handle_mm_fault+0x44\n"
				      "# signal@40us\n"
				      "not ok 2 t.expect:2: never signal where signo == SIGBUS\n"
				      "# 0 fault events; fault.kind is not known of one\n"
				      "not ok 3 t.expect:3: never fault where kind == cow and lat > 1us and pid != 1 "
				      "and tid != 1 and cpu < 4096 # ERROR inconclusive\n"
				      "# nothing on this machine tells remote events; 'mmtrace doctor' says why\n"
				      "not ok 4 t.expect:4: expect remote # ERROR cannot observe\n"
				      "# 1 of 1 driver_open event without driver_close\n"
				      "# driver_open@50us\n"
				      "# no driver_close came behind it\n"
				      "not ok 5 t.expect:5: expect driver_close follows driver_open by mapping.id\n"
				      "ok 6 t.expect: expect exit == 0\n");
}

/* Whoever names functions cannot forge a line, nor paint. */
static void test_tap_is_clean(void **state)
{
	static const char *const stack[] = { "app:a\033[31mb\rok 1" };
	struct run r = { .form = EXPECT_TAP };

	(void)state;
	run_begin(&r, "never signal");
	r.stack = stack;
	r.nstack = 1;
	say_signal(&r, 30, 7);
	assert_int_equal(run_end(&r), 1);
	has(&r, "#     app:a?[31mb?ok 1\n");
}

static void test_junit(void **state)
{
	static char text[16384];
	char path[] = "/tmp/junit.XXXXXX";
	int fd = mkstemp(path);
	struct run r = { .form = EXPECT_TAP, .junit = path };
	ssize_t n;

	(void)state;
	assert_true(fd >= 0);
	told(&r);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	unlink(path);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(
		text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		      "<testsuites name=\"mmtrace assert\" tests=\"6\" failures=\"2\" errors=\"2\" skipped=\"0\" "
		      "time=\"0.250000\">\n"
		      "  <testsuite name=\"t.expect\" tests=\"6\" failures=\"2\" errors=\"2\" skipped=\"0\" "
		      "time=\"0.250000\" timestamp=\"2026-09-21T14:13:20\">\n"
		      "    <properties>\n"
		      "      <property name=\"mmtrace\" value=\"" MMTRACE_VERSION "\"/>\n"
		      "      <property name=\"kernel\" value=\"6.12.9\"/>\n"
		      "      <property name=\"machine\" value=\"aarch64\"/>\n"
		      "      <property name=\"of\" value=\"-- ./app\"/>\n"
		      "      <property name=\"not seen here\" value=\"signal: signals for other threads\"/>\n"
		      "    </properties>\n"
		      "    <testcase name=\"line 1: expect fault where comm == &quot;a#b&quot; count &gt;= 1\" "
		      "classname=\"t.expect\" file=\"t.expect\" line=\"1\" time=\"0\"/>\n"
		      "    <testcase name=\"line 2: never signal where signo == SIGBUS\" classname=\"t.expect\" "
		      "file=\"t.expect\" line=\"2\" time=\"0\">\n"
		      "      <failure message=\"2 signal events\" type=\"fail\">signal@30us\n"
		      "mmdemo:mmdemo_shared_fault+0x10\n"
		      "handle_mm_fault+0x44\n"
		      "signal@40us\n"
		      "</failure>\n"
		      "    </testcase>\n"
		      "    <testcase name=\"line 3: never fault where kind == cow and lat &gt; 1us and pid != 1 and "
		      "tid != 1 and cpu &lt; 4096\" classname=\"t.expect\" file=\"t.expect\" line=\"3\" time=\"0\">\n"
		      "      <error message=\"0 fault events; fault.kind is not known of one\" "
		      "type=\"inconclusive\"></error>\n"
		      "    </testcase>\n"
		      "    <testcase name=\"line 4: expect remote\" classname=\"t.expect\" file=\"t.expect\" "
		      "line=\"4\" time=\"0\">\n"
		      "      <error message=\"nothing on this machine tells remote events; 'mmtrace doctor' says why\" "
		      "type=\"cannot observe\"></error>\n"
		      "    </testcase>\n"
		      "    <testcase name=\"line 5: expect driver_close follows driver_open by mapping.id\" "
		      "classname=\"t.expect\" file=\"t.expect\" line=\"5\" time=\"0\">\n"
		      "      <failure message=\"1 of 1 driver_open event without driver_close\" "
		      "type=\"fail\">driver_open@50us\n"
		      "no driver_close came behind it\n"
		      "</failure>\n"
		      "    </testcase>\n"
		      "    <testcase name=\"expect exit == 0\" classname=\"t.expect\" file=\"t.expect\" time=\"0\"/>\n"
		      "  </testsuite>\n"
		      "</testsuites>\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),	     cmocka_unit_test(test_color), cmocka_unit_test(test_tap),
		cmocka_unit_test(test_tap_is_clean), cmocka_unit_test(test_junit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
