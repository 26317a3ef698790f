// LINK: expect filter event ledger base enrich/memtype
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What the checker refuses, word for word, and what it takes. */
#include "test_expect_kit.h"

static const struct {
	const char *text, *said;
} bad[] = {
#include "test_expect_bad.h"
};

static void refuse_bytes(const char *text, size_t len, const char *want)
{
	struct buf said = { 0 };

	assert_null(expect_parse("ci.expect", text, len, &said));
	assert_string_equal(buf_str(&said), want);
	buf_free(&said);
}

static void test_bad_statements(void **state)
{
	(void)state;
	for (size_t i = 0; i < MMT_COUNT(bad); i++)
		refuse_bytes(bad[i].text, strlen(bad[i].text), bad[i].said);
}

#define TEXT(s) s, sizeof(s) - 1

static void test_bad_files(void **state)
{
	static char text[8192];
	struct buf said = { 0 };
	unsigned lines = 0;

	(void)state;
	refuse_bytes(TEXT(""), "ci.expect: no statement in it; one is 'expect fault count >= 1'\n");
	refuse_bytes(TEXT("# only words\n\n"), "ci.expect: no statement in it; one is 'expect fault count >= 1'\n");
	/* every line is looked at, and where it stands is told */
	refuse_bytes(TEXT("expect fault\r\nexpect fualt\r\n\n  never fautl"),
		     "ci.expect:2:8: no event or object 'fualt', did you mean 'fault'?\n"
		     "    expect fualt\n"
		     "           ^~~~~\n"
		     "ci.expect:4:9: no event or object 'fautl', did you mean 'fault'?\n"
		     "      never fautl\n"
		     "            ^~~~~\n");
	refuse_bytes(TEXT("expect fault\0 count"), "ci.expect:1:13: a zero byte: this is no text\n"
						   "    expect fault\n"
						   "                ^\n");
	/* what it shows cannot paint the terminal, and a caret counts characters, not bytes */
	refuse_bytes(TEXT("expect fault where comm == \"\303\244\303\266\" cuont\033[31m"),
		     "ci.expect:1:35: count, all, any, none, after, before, follows, within, by or a function like "
		     "p99(lat) is needed here, did you mean 'count'?\n"
		     "    expect fault where comm == \"\303\244\303\266\" cuont?[31m\n"
		     "                                    ^~~~~\n");
	memset(text, 'x', sizeof(text));
	assert_null(expect_parse("ci.expect", text, sizeof(text), &said));
	assert_non_null(strstr(buf_str(&said), "ci.expect:1:1: a line longer than 4096 bytes\n"));
	assert_true(said.len < 300);
	buf_reset(&said);
	for (size_t i = 0; i + 6 < sizeof(text); i += 6)
		memcpy(text + i, "expec\n", 6);
	assert_null(expect_parse("ci.expect", text, sizeof(text), &said));
	for (const char *at = buf_str(&said); (at = strstr(at, "ci.expect:")); at++)
		lines++;
	assert_int_equal(lines, 20); /* of more than a thousand */
	buf_free(&said);
}

static const char *const good[] = {
	"expect fault",
	"  never\tfault # nothing",
	"expect fault where comm == \"a#b\" count == 0",
	"expect fault where comm == 'all' all comm like \"a*\"",
	"expect exit == 3",
	"expect exit", /* the event */
	"never exit where origin == exec",
	"expect exit >= 128",
	"expect fault p99.9(lat) < 1.5ms",
	"expect fault p50( lat )<=1s",
	"expect munmap sum(bytes) == 16K",
	"expect mapping where path ~ \"^/dev/\" max(peak) <= 1M",
	"expect mapping where driver == \"x\" none kind == anon",
	"expect mapping balanced",
	"expect process where comm == \"app\" all bytes < 1G",
	"expect fault within 5s after mmap where len > 4096 by mapping.id",
	"never fault where kind == cow before fork where child != 1 by run",
	"expect driver_close within 1s by mapping.id follows driver_open",
	"expect sequence mmap where len in (4K, 8K), fault where kind == cow, munmap by tid within 3s all",
	"never sequence munmap, fault by run",
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < MMT_COUNT(good); i++) {
		struct buf said = { 0 };
		struct expect *e = expect_parse("ci.expect", good[i], strlen(good[i]), &said);

		assert_string_equal(buf_str(&said), "");
		assert_non_null(e);
		expect_free(e);
		buf_free(&said);
	}
}

static unsigned wanted(const char *text, bool want[MMT_EV_MAX])
{
	struct buf said = { 0 };
	struct expect *e = expect_parse("ci.expect", text, strlen(text), &said);
	unsigned n = 0;

	assert_non_null(e);
	memset(want, 0, MMT_EV_MAX * sizeof(*want));
	expect_wants(e, want);
	for (unsigned i = 0; i < MMT_EV_MAX; i++)
		n += want[i];
	expect_free(e);
	buf_free(&said);
	return n;
}

/* No more than the statements speak of, besides the ends of processes. */
static void test_wants(void **state)
{
	bool want[MMT_EV_MAX];

	(void)state;
	assert_int_equal(wanted("never fault after mlock\nnever signal\n", want), 5);
	assert_true(want[MMT_EV_FAULT] && want[MMT_EV_MLOCK] && want[MMT_EV_SIGNAL] && want[MMT_EV_EXEC]);
	assert_int_equal(wanted("expect exit == 0", want), 2);
	assert_int_equal(wanted("expect mapping balanced", want), 2);
	wanted("expect mapping where driver == \"mmdemo\" balanced", want);
	assert_true(want[MMT_EV_DRIVER_MMAP] && !want[MMT_EV_FAULT]);
	wanted("expect mapping all faults < 9", want);
	assert_true(want[MMT_EV_FAULT]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_statements),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_wants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
