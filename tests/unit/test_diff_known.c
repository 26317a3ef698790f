// LINK: diff/known
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What kernels are known to do differently. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "diff/compare.h"

/* README.md has the same list of what kernels are known to do differently. */
static void test_known_is_documented(void **state)
{
	FILE *f = fopen("README.md", "r");
	static char text[1 << 18];
	const struct known *r;

	(void)state;
	if (!f)
		fail_msg("README.md is not there (run from the top of the tree)");
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	for (unsigned i = 0; (r = known_row(i)); i++) {
		char row[512];

		snprintf(row, sizeof(row), "| `%s` | %s |\n", r->id, r->text);
		if (!strstr(text, row))
			fail_msg("README.md lacks: %s", row);
	}
}

/* A row explains what it says between the releases that it says, and no more. */
static void test_known(void **state)
{
	static const struct {
		const char *a, *b, *map;
		unsigned what;
		const char *key, *id;
	} cases[] = {
		{ "6.1.0-56-arm64", "6.12.1", "[special]", CANON_PAGES, NULL, "vdso-pages" },
		{ "6.12.1", "6.1.0-56-arm64", "[special]", CANON_PAGES, NULL, "vdso-pages" },
		{ "6.12.1", "6.18", "[special]", CANON_PAGES, NULL, NULL },
		{ "6.1", "6.5.3", "[special]", CANON_PAGES, NULL, NULL },
		{ "6.1", "6.12", "[special]", CANON_PERMS, NULL, NULL },
		{ "6.1", "6.12", "/dev/s", CANON_PAGES, NULL, NULL },
		{ "6.1", "6.12", "/dev/huge", CANON_COUNT, "drm:gem_huge_fault returns nopage", "huge-fault" },
		{ "5.10.3", "6.5", "/dev/huge", CANON_COUNT, "drm:gem_huge_fault returns nopage", "huge-fault" },
		{ "5.10.3", "6.12", "/dev/huge", CANON_COUNT, "drm:gem_huge_fault returns nopage", NULL },
		{ "6.1", "6.12", "/dev/huge", CANON_COUNT, "drm:gem_fault returns nopage", NULL },
		{ "what", "6.12", "[special]", CANON_PAGES, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(cases); i++) {
		struct difference d = { .what = (uint8_t)cases[i].what, .map = cases[i].map, .key = cases[i].key };
		const struct known *r = known_find(&d, cases[i].a, cases[i].b);

		if (r ? !cases[i].id || strcmp(r->id, cases[i].id) : cases[i].id != NULL)
			fail_msg("case %zu: %s", i, r ? r->id : "nothing");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_known_is_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
