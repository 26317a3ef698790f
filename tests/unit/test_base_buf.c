// LINK: base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <mmtrace/base.h>

static void test_errors_stick(void **state)
{
	struct buf b = { .max = 4 };

	(void)state;
	assert_int_equal(buf_puts(&b, "abcd"), 0);
	assert_int_equal(buf_putc(&b, 'e'), -ENOSPC);
	/* Even what would fit is refused now: the reader must not see text with a hole. */
	assert_int_equal(buf_puts(&b, ""), -ENOSPC);
	assert_int_equal(buf_printf(&b, "%d", 1), -ENOSPC);
	assert_int_equal(buf_pad(&b, 2), -ENOSPC);
	assert_string_equal(buf_str(&b), "abcd");
	buf_reset(&b);
	assert_int_equal(buf_puts(&b, "xy"), 0);
	assert_string_equal(buf_str(&b), "xy");
	buf_free(&b);
	assert_int_equal(b.max, 4);
}

static void test_too_large(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_puts(&b, "a"), 0);
	assert_int_equal(buf_put(&b, "", SIZE_MAX), -ENOMEM);
	assert_int_equal(b.len, 1);
	buf_free(&b);
}

static void test_growth(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_string_equal(buf_str(&b), "");
	for (int i = 0; i < 1000; i++)
		assert_int_equal(buf_printf(&b, "%d,", i), 0);
	assert_int_equal(b.len, 10 * 2 + 90 * 3 + 900 * 4);
	assert_string_equal(buf_str(&b) + b.len - 4, "999,");
	assert_memory_equal(b.data, "0,1,2,", 6);
	buf_free(&b);
	assert_null(b.data);
}

/* Every length around the first allocation, where "it fitted" and "it did not" meet. */
static void test_printf_at_the_edge(void **state)
{
	char text[300];

	(void)state;
	for (int n = 0; n < 280; n++) {
		struct buf b = { 0 };

		memset(text, 'a' + n % 26, sizeof(text));
		assert_int_equal(buf_printf(&b, "%.*s", n, text), 0);
		assert_int_equal(buf_printf(&b, "%.*s|", n, text), 0);
		assert_int_equal(b.len, 2 * n + 1);
		assert_memory_equal(b.data, text, n);
		assert_memory_equal(b.data + n, text, n);
		assert_string_equal(buf_str(&b) + 2 * n, "|");
		buf_free(&b);
	}
}

static void test_bytes_and_pad(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_put(&b, "a\0b", 3), 0);
	assert_int_equal(buf_pad(&b, 6), 0);
	assert_int_equal(buf_pad(&b, 2), 0);
	assert_int_equal(b.len, 6);
	assert_memory_equal(b.data, "a\0b   ", 6);
	buf_free(&b);
}

/* The log writes to a descriptor: one line, whatever the text holds. */
static void test_log_line(void **state)
{
	char text[4096], longname[3000];
	int fd = memfd_create("log", 0), old = mmt_log_fd(fd);
	ssize_t n;

	(void)state;
	memset(longname, 'x', sizeof(longname) - 1);
	longname[sizeof(longname) - 1] = '\0';
	errno = EBADF;
	mmt_err("open '%s'", "a\nb\033[2J");
	assert_int_equal(errno, EBADF);
	mmt_debug("not shown by default");
	mmt_log_verbosity(0, 1);
	mmt_info("not shown with -q");
	mmt_warn("w");
	mmt_log_verbosity(0, UINT_MAX);
	mmt_warn("not shown with -qq");
	mmt_err("%s", longname);
	mmt_log_verbosity(UINT_MAX, 0);
	mmt_debug("d");
	mmt_log_verbosity(0, 0);
	mmt_log_fd(old);
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	close(fd);
	assert_memory_equal(text, "mmtrace: open 'a\\x0ab\\x1b[2J'\nmmtrace: w\nmmtrace: xxx", 53);
	assert_non_null(strstr(text, "xx...\nmmtrace: d\n"));
	assert_null(strstr(text, "not shown"));
}

static void test_clock(void **state)
{
	uint64_t a = clock_now_ns(), b = clock_now_ns();

	(void)state;
	assert_true(a && b >= a);
}

static const char *nearest(const char *word)
{
	static const char *const words[] = { "trace", "list", "doctor", "--buffer", "--btf", "mmap", "munmap" };
	struct near n = { .word = word };

	for (size_t i = 0; i < MMT_COUNT(words); i++)
		near_try(&n, words[i]);
	return n.best ? n.best : "";
}

static void test_near(void **state)
{
	static const struct {
		const char *word, *want;
	} cases[] = {
		{ "", "" },
		{ "zzzz", "" },
		{ "x", "" },
		{ "trcae", "trace" },
		{ "trac", "trace" },
		{ "lst", "list" },
		{ "docter", "doctor" },
		{ "--bufer", "--buffer" },
		{ "doc", "doctor" },
		{ "munamp", "munmap" },
		{ "trace", "trace" },
	};
	char longer[80];

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(cases); i++)
		assert_string_equal(nearest(cases[i].word), cases[i].want);
	assert_int_equal(near_distance("", "abc"), 3);
	assert_int_equal(near_distance("ab", "ba"), 1);
	assert_int_equal(near_distance("kitten", "sitting"), 3);
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_true(near_distance(longer, "aaa") == UINT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors_stick),  cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_growth),	      cmocka_unit_test(test_printf_at_the_edge),
		cmocka_unit_test(test_bytes_and_pad), cmocka_unit_test(test_log_line),
		cmocka_unit_test(test_clock),	      cmocka_unit_test(test_near),
	};

	return cmocka_run_group_tests_name("base/buf,log,clock,near", tests, NULL, NULL);
}
