// LINK: base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <mmtrace/base.h>

/* No two readings lie closer together than what is said of the clock; 1 ns is what rounding to whole ones takes. */
static void no_step_is_smaller(void **state)
{
	uint64_t step = clock_granularity_ns(), last = clock_now_ns();

	(void)state;
	assert_true(step >= 1 && step < 1000000000);
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t now = clock_now_ns();

		assert_true(now == last || now - last + 1 >= step);
		last = now;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(no_step_is_smaller) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
