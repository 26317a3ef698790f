// LINK: diff/align
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Which members of two sequences belong together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diff/align.h"
#include "mmtrace/base.h"

struct words {
	const char *a, *b;
};

static unsigned same(void *ctx, size_t i, size_t j)
{
	const struct words *w = ctx;

	return w->a[i] == w->b[j] ? ALIGN_MOST : 0;
}

static void test_align(void **state)
{
	/* `-` under a letter of the first word that has no partner */
	static const struct {
		const char *a, *b, *kept;
	} cases[] = {
		{ "", "", "" },
		{ "abc", "", "---" },
		{ "", "abc", "" },
		{ "abc", "abc", "abc" },
		{ "abc", "xabc", "abc" },
		{ "abcd", "acd", "a-cd" },
		{ "abcbdab", "bdcaba", "-b--dab" },
		{ "ab", "ba", "-b" },
	};
	uint32_t pair[16];

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(cases); i++) {
		struct words w = { cases[i].a, cases[i].b };
		size_t n = strlen(w.a), kept = 0, want = 0;
		uint32_t last = 0;

		assert_int_equal(align(n, strlen(w.b), same, &w, pair), 0);
		for (size_t k = 0; k < n; k++) {
			want += cases[i].kept[k] != '-';
			if (pair[k] == ALIGN_NONE)
				continue;
			assert_int_equal(w.a[k], w.b[pair[k]]);
			assert_true(!kept || pair[k] > last);
			last = pair[k];
			kept++;
		}
		assert_int_equal(kept, want);
	}
}

/* Longer than the window, with something left out and something put in: nothing else loses its partner. */
static void test_align_long(void **state)
{
	enum { N = 5 * ALIGN_WINDOW };
	char *a = malloc(N + 1), *b = malloc(N + 1);
	uint32_t *pair = malloc(N * sizeof(*pair));
	struct words w = { a, b };
	size_t alone = 0;

	(void)state;
	for (size_t i = 0; i < N; i++)
		a[i] = (char)('!' + i * 7919 % 89);
	memcpy(b, a, 1500);
	b[1500] = '~'; /* put in */
	memcpy(b + 1501, a + 1500, 1500);
	memcpy(b + 3001, a + 3020, N - 3020); /* 20 left out */
	assert_int_equal(align(N, N - 19, same, &w, pair), 0);
	for (size_t i = 0; i < N; i++)
		alone += pair[i] == ALIGN_NONE;
	assert_int_equal(alone, 20);
	free(a);
	free(b);
	free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_align),
		cmocka_unit_test(test_align_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
