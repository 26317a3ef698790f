// LINK: base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mmtrace/base.h>

#define UNTOUCHED 0x5a5a5a5aull

struct parse_case {
	const char *text;
	int err;
	uint64_t value;
};

typedef int (*parse_fn)(const char *, uint64_t *, const char **);

static void run_cases(parse_fn parse, const struct parse_case *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t v = UNTOUCHED;
		const char *why = NULL;
		int err = parse(c[i].text, &v, &why);

		if (err != c[i].err || v != (c[i].err ? UNTOUCHED : c[i].value))
			fail_msg("'%s': got %d, %llu; want %d, %llu", c[i].text, err, (unsigned long long)v, c[i].err,
				 (unsigned long long)c[i].value);
		/* A refusal says why, in one line. */
		assert_true(!err == !why);
		assert_true(!why || !strchr(why, '\n'));
	}
}

static void test_u64(void **state)
{
	static const struct parse_case cases[] = {
		{ "", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1x", -EINVAL, 0 },
		{ "0x", -EINVAL, 0 },
		{ "0xg", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "abc", -EINVAL, 0 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "0x10000000000000000", -ERANGE, 0 },
		{ "0", 0, 0 },
		{ "010", 0, 10 },
		{ "0x7f00", 0, 0x7f00 },
		{ "0XfF", 0, 255 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "0xffffffffffffffff", 0, UINT64_MAX },
	};

	(void)state;
	run_cases(num_parse_u64, cases, MMT_COUNT(cases));
}

static int u32_as_u64(const char *s, uint64_t *out, const char **why)
{
	uint32_t v = (uint32_t)*out;
	int err = num_parse_u32(s, &v, why);

	*out = v;
	return err;
}

static int pid_as_u64(const char *s, uint64_t *out, const char **why)
{
	uint32_t v = (uint32_t)*out;
	int err = num_parse_pid(s, &v, why);

	*out = v;
	return err;
}

static int errno_as_u64(const char *s, uint64_t *out, const char **why)
{
	uint32_t v = (uint32_t)*out;
	int err = num_parse_errno(s, &v, why);

	*out = v;
	return err;
}

static void test_u32(void **state)
{
	static const struct parse_case cases[] = {
		{ "", -EINVAL, 0 },
		{ "4294967296", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "4294967295", 0, UINT32_MAX },
		{ "7", 0, 7 },
	};

	(void)state;
	run_cases(u32_as_u64, cases, MMT_COUNT(cases));
}

static void test_pid(void **state)
{
	static const struct parse_case cases[] = {
		{ "", -EINVAL, 0 },
		{ "0", -ERANGE, 0 },
		{ "-1", -EINVAL, 0 },
		{ "1x", -EINVAL, 0 },
		{ "1,2", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "99999999999", -ERANGE, 0 },
		{ "4194305", -ERANGE, 0 },
		{ "18446744073709551617", -ERANGE, 0 },
		{ "1", 0, 1 },
		{ "4194304", 0, 4194304 },
	};

	(void)state;
	run_cases(pid_as_u64, cases, MMT_COUNT(cases));
}

static void test_pids(void **state)
{
	static const char *const bad[] = {
		"", ",", "1,", ",1", "1,,2", "1;2", "1, 2", "1,abc", "1,0", "1,99999999999"
	};
	struct num_pids l = { .n = 1, .pid = { 42 } };
	const char *why = NULL;
	char text[16];

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(bad); i++) {
		assert_true(num_parse_pids(bad[i], &l, &why) < 0);
		/* Nothing of a refused list is kept. */
		assert_int_equal(l.n, 1);
	}
	assert_int_equal(num_parse_pids("7,42,9,7", &l, &why), 0);
	assert_int_equal(l.n, 3);
	assert_int_equal(l.pid[0], 42);
	assert_int_equal(l.pid[1], 7);
	assert_int_equal(l.pid[2], 9);
	for (unsigned i = 3; i < NUM_PIDS_MAX; i++) {
		snprintf(text, sizeof(text), "%u", 1000 + i);
		assert_int_equal(num_parse_pids(text, &l, &why), 0);
	}
	assert_int_equal(num_parse_pids("5", &l, &why), -ERANGE);
	assert_int_equal(num_parse_pids("42", &l, &why), 0);
	assert_int_equal(l.n, NUM_PIDS_MAX);
}

static void test_duration(void **state)
{
	static const struct parse_case cases[] = {
		{ "", -EINVAL, 0 },
		{ "abc", -EINVAL, 0 },
		{ "5x", -EINVAL, 0 },
		{ "-5s", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ "5 s", -EINVAL, 0 },
		{ "5s ", -EINVAL, 0 },
		{ "5ss", -EINVAL, 0 },
		{ "5S", -EINVAL, 0 },
		{ "1.s", -EINVAL, 0 },
		{ ".5s", -EINVAL, 0 },
		{ "1.2.3s", -EINVAL, 0 },
		{ "1m30s", -EINVAL, 0 },
		{ "inf", -EINVAL, 0 },
		{ "1.5ns", -ERANGE, 0 },
		{ "0.0000000001s", -ERANGE, 0 },
		{ "99999999999s", -ERANGE, 0 },
		{ "18446744073.709551616", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "18446744073.709551615", 0, UINT64_MAX },
		{ "0", 0, 0 },
		{ "10", 0, 10000000000 },
		{ "10s", 0, 10000000000 },
		{ "1.5s", 0, 1500000000 },
		{ "0.5", 0, 500000000 },
		{ "1.500000000000000000000s", 0, 1500000000 },
		{ "100us", 0, 100000 },
		{ "5ms", 0, 5000000 },
		{ "7ns", 0, 7 },
		{ "1m", 0, 60000000000 },
		{ "2h", 0, 7200000000000 },
	};

	(void)state;
	run_cases(num_parse_duration, cases, MMT_COUNT(cases));
}

static void test_size(void **state)
{
	static const struct parse_case cases[] = {
		{ "", -EINVAL, 0 },	 { "M", -EINVAL, 0 },	  { "-1M", -EINVAL, 0 },
		{ "16X", -EINVAL, 0 },	 { "16MM", -EINVAL, 0 },  { "16 M", -EINVAL, 0 },
		{ "0x10M", -EINVAL, 0 }, { "1.3B", -ERANGE, 0 },  { "16777216T", -ERANGE, 0 },
		{ "0", 0, 0 },		 { "4096", 0, 4096 },	  { "100B", 0, 100 },
		{ "4K", 0, 4096 },	 { "16M", 0, 16777216 },  { "16m", 0, 16777216 },
		{ "1.5M", 0, 1572864 },	 { "2G", 0, 1ull << 31 }, { "16777215T", 0, 16777215ull << 40 },
	};

	(void)state;
	run_cases(num_parse_size, cases, MMT_COUNT(cases));
}

static void test_errno(void **state)
{
	static const struct parse_case cases[] = {
		{ "", -EINVAL, 0 },
		{ "E", -EINVAL, 0 },
		{ "einval", -EINVAL, 0 },
		{ "EINVALX", -EINVAL, 0 },
		{ "0", -EINVAL, 0 },
		{ "4096", -EINVAL, 0 },
		{ "-22", -EINVAL, 0 },
		{ "EINVAL", 0, EINVAL },
		{ "EWOULDBLOCK", 0, EAGAIN },
		{ "EOPNOTSUPP", 0, EOPNOTSUPP },
		{ "ENOTSUP", 0, ENOTSUP },
		{ "EHWPOISON", 0, EHWPOISON },
		{ "22", 0, 22 },
		{ "4095", 0, 4095 },
	};

	(void)state;
	run_cases(errno_as_u64, cases, MMT_COUNT(cases));
}

struct fmt_case {
	uint64_t value;
	const char *text;
};

static void run_formats(char *(*fmt)(char *, uint64_t), const struct fmt_case *c, size_t n)
{
	char text[NUM_FMT_LEN];

	for (size_t i = 0; i < n; i++)
		assert_string_equal(fmt(text, c[i].value), c[i].text);
}

static void test_fmt_size(void **state)
{
	static const struct fmt_case cases[] = {
		{ 0, "0B" },
		{ 100, "100B" },
		{ 5000, "5000B" },
		{ 10001, "9.8K" },
		{ 4096, "4K" },
		{ 16384, "16K" },
		{ 4194304, "4M" },
		{ 4194304 + 4096, "4100K" },
		{ 1073741824 + 4096, "1.0G" },
		{ 1234567, "1.2M" },
		{ 12345678, "11.8M" },
		{ 1048575 * 1024ull, "1.0G" },
		{ (1ull << 40) - 1, "1.0T" },
		{ UINT64_MAX, "16.0E" },
		{ 1ull << 63, "8E" },
	};

	(void)state;
	run_formats(num_fmt_size, cases, MMT_COUNT(cases));
}

static void test_fmt_duration(void **state)
{
	static const struct fmt_case cases[] = {
		{ 0, "0ns" },
		{ 999, "999ns" },
		{ 1000, "1.0us" },
		{ 18400, "18.4us" },
		{ 18449, "18.4us" },
		{ 18450, "18.5us" },
		{ 99949, "99.9us" },
		{ 99950, "100us" },
		{ 184000, "184us" },
		{ 999499, "999us" },
		{ 999500, "1.0ms" },
		{ 5200000, "5.2ms" },
		{ 999500000, "1.0s" },
		{ 1250000000, "1.3s" },
		{ 59400000000, "59.4s" },
		{ 59900000000, "1m00s" },
		{ 125000000000, "2m05s" },
		{ 3600000000000, "1h00m" },
		{ UINT64_MAX, "5124095h34m" },
	};

	(void)state;
	run_formats(num_fmt_duration, cases, MMT_COUNT(cases));
}

static void test_fmt_hex(void **state)
{
	static const struct fmt_case cases[] = { { 0, "0x0" },
						 { 0x7f00, "0x7f00" },
						 { UINT64_MAX, "0xffffffffffffffff" } };

	(void)state;
	run_formats(num_fmt_hex, cases, MMT_COUNT(cases));
}

/* Whatever a size or a short duration is printed as, our own parser takes back. */
static void test_round_trip(void **state)
{
	char text[NUM_FMT_LEN];

	(void)state;
	for (unsigned bit = 0; bit < 59; bit++) {
		uint64_t in = 3ull << bit, out = 0;
		const char *why;

		if (in >= 1ull << 50)
			break;
		assert_int_equal(num_parse_size(num_fmt_size(text, in), &out, &why), 0);
		if (in <= 9999 || in % 1024 == 0)
			assert_int_equal(in, out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u64),	cmocka_unit_test(test_u32),	   cmocka_unit_test(test_pid),
		cmocka_unit_test(test_pids),	cmocka_unit_test(test_duration),   cmocka_unit_test(test_size),
		cmocka_unit_test(test_errno),	cmocka_unit_test(test_fmt_size),   cmocka_unit_test(test_fmt_duration),
		cmocka_unit_test(test_fmt_hex), cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests_name("base/num", tests, NULL, NULL);
}
