// LINK: filter/pattern
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "filter/pattern.h"

static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
		size_t at;
	} cases[] = {
		{ "a{2}", "{ } is not known here: \\{ is the character", 1 },
		{ "(a", "no ) for this (", 0 },
		{ "((a)", "no ) for this (", 0 },
		{ "a)", "no ( for this )", 1 },
		{ "[a", "no ] for this [", 0 },
		{ "[", "no ] for this [", 0 },
		{ "[]", "no ] for this [", 0 },
		{ "x[z-a]", "the range goes backwards", 2 },
		{ "*", "nothing to repeat", 0 },
		{ "a**", "nothing to repeat", 2 },
		{ "a|+", "nothing to repeat", 2 },
		{ "a\\", "nothing behind the \\", 1 },
		{ "\\d", "\\ before a letter or digit means nothing here", 0 },
	};
	struct pattern_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_null(pattern_regex(cases[i].text, strlen(cases[i].text), &err));
		assert_string_equal(err.why, cases[i].why);
		assert_int_equal(err.at, cases[i].at);
	}
	assert_null(pattern_glob("[a", 2, &err));
	assert_null(pattern_glob("a\\", 2, &err));
}

/* Too much of one is refused, whatever it is made of. */
static void test_bounds(void **state)
{
	static const char *const ends[] = { "(", "[a]", "a*", "(a|b)", "a|", "\\*" };
	struct pattern_error err;
	char text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t len = strlen(ends[i]), n = sizeof(text) / len;

		for (size_t k = 0; k < n; k++)
			memcpy(text + k * len, ends[i], len);
		assert_null(pattern_regex(text, n * len, &err));
		assert_non_null(err.why);
	}
	memset(text, '*', sizeof(text));
	assert_null(pattern_glob(text, sizeof(text), &err));
}

static bool found(const char *regex, const char *text)
{
	struct pattern_error err;
	struct pattern *p = pattern_regex(regex, strlen(regex), &err);
	bool yes;

	assert_non_null(p);
	yes = pattern_match(p, text);
	pattern_free(p);
	return yes;
}

static void test_regex(void **state)
{
	static const struct {
		const char *regex, *text;
		bool yes;
	} cases[] = {
		{ "", "", true },
		{ "", "a", true },
		{ "^$", "", true },
		{ "^$", "a", false },
		{ "mdem", "/dev/mmdemo", true },
		{ "^mdem", "/dev/mmdemo", false },
		{ "^/dev/(mm|xx)demo/s*h", "/dev/xxdemo/h", true },
		{ "^/dev/(mm|xx)demo/s*h", "/dev/yydemo/h", false },
		{ "demo$", "/dev/mmdemo", true },
		{ "demo$", "/dev/mmdemo/", false },
		{ "a.c", "xabcx", true },
		{ "a.c", "ac", false },
		{ "a\\.c", "abc", false },
		{ "a\\.c", "a.c", true },
		{ "^a*$", "aaaa", true },
		{ "^a*$", "aaab", false },
		{ "^a+$", "", false },
		{ "^(ab)+$", "ababab", true },
		{ "^(ab)+$", "ababa", false },
		{ "^colou?r$", "color", true },
		{ "^colou?r$", "colouur", false },
		{ "^[a-c]+$", "abcab", true },
		{ "^[^a-c]+$", "xyz", true },
		{ "^[^a-c]+$", "xbz", false },
		{ "^[]a]$", "]", true },
		{ "^[a-]$", "-", true },
		{ "^[\\]]$", "]", true },
		{ "a|b|^$", "", true },
		{ "x|", "", true },
		{ "(a*)*b", "aaac", false },
		{ "(a*)*b", "aaab", true },
		{ "(^|/)dev", "/dev", true },
		{ "(^|/)dev", "xdev", false },
		{ "(x+x+)+y", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", false },
		{ "\xff", "a\xff", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (found(cases[i].regex, cases[i].text) != cases[i].yes)
			fail_msg("'%s' in '%s'", cases[i].regex, cases[i].text);
}

static void test_glob(void **state)
{
	static const struct {
		const char *glob, *text;
		bool yes;
	} cases[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "*", "", true },
		{ "*", "/a/b", true },
		{ "/dev/*", "/dev/mmdemo/shared", true },
		{ "/dev/*", "x/dev/a", false },
		{ "*.so", "libc.so.6", false },
		{ "*.so*", "libc.so.6", true },
		{ "m?demo", "mmdemo", true },
		{ "m?demo", "mdemo", false },
		{ "[a-c]x", "bx", true },
		{ "[!a-c]x", "bx", false },
		{ "a\\*b", "a*b", true },
		{ "a\\*b", "axb", false },
		{ "a.b", "axb", false },
		{ "*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	};
	struct pattern_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pattern *p = pattern_glob(cases[i].glob, strlen(cases[i].glob), &err);

		assert_non_null(p);
		if (pattern_match(p, cases[i].text) != cases[i].yes)
			fail_msg("'%s' of '%s'", cases[i].glob, cases[i].text);
		pattern_free(p);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_regex),
		cmocka_unit_test(test_glob),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
