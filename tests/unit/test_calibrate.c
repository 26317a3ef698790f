// LINK: probe/calibrate_fit
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Where the array of struct page begins and how large each is, from pairs of a page's address and its PFN. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "mmtrace/base.h"
#include "probe/calibrate.h"

#define BASE 0xfffffc0000000000ull
#define N    CALIBRATE_SAMPLES

static struct page_sample s[N];
static uint64_t base, size;

/* PFNs as an allocator hands them out, each with the page that it has in an array. */
static void take(uint64_t bytes)
{
	static const uint64_t pfn[N] = { 0x4a120, 0x4a11f, 0x4a121, 0x80000, 0x4a122, 1, 0x4a123, 0x4a120 };

	for (int i = 0; i < N; i++)
		s[i] = (struct page_sample){ .page = BASE + pfn[i] * bytes, .pfn = pfn[i] };
	base = size = 1;
}

static void fits(void **state)
{
	static const uint64_t sizes[] = { 56, 64, 80, 128 };

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(sizes); i++) {
		take(sizes[i]);
		assert_int_equal(calibrate_fit(s, N, 0, &base, &size), 0);
		assert_int_equal(size, sizes[i]);
		assert_int_equal(base, BASE);
		assert_int_equal(calibrate_fit(s, N, sizes[i], &base, &size), 0);
	}
}

/* The array's origin may lie before address 0: RAM begins at a high PFN. */
static void wraps(void **state)
{
	(void)state;
	take(64);
	for (int i = 0; i < N; i++)
		s[i].page -= BASE + 0x1000;
	assert_int_equal(calibrate_fit(s, N, 64, &base, &size), 0);
	assert_int_equal(base, -0x1000ull);
}

static void refused(int err, uint64_t known)
{
	assert_int_equal(calibrate_fit(s, N, known, &base, &size), err);
	assert_int_equal(base, 1);
	assert_int_equal(size, 1);
}

static void does_not_fit(void **state)
{
	(void)state;
	take(64);
	refused(-ERANGE, 56); /* BTF says otherwise */
	s[N - 2].page += 64;  /* an array of its own */
	refused(-ERANGE, 0);
	take(8); /* too small to be struct pages */
	refused(-ERANGE, 0);
	take(64);
	s[1].page += 3;
	refused(-ERANGE, 0);
	take(64);
	s[1].page = s[0].page + 64; /* the other way round */
	refused(-ERANGE, 0);
}

static void too_little(void **state)
{
	(void)state;
	take(64);
	assert_int_equal(calibrate_fit(s, N - 1, 0, &base, &size), -ENODATA);
	for (int i = 1; i < N; i++)
		s[i] = s[0];
	refused(-ENODATA, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits),
		cmocka_unit_test(wraps),
		cmocka_unit_test(does_not_fit),
		cmocka_unit_test(too_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
