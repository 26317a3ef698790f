// LINK: stream/target base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Whose events of a recording are looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream/target.h"

static struct mmt_hdr of(uint32_t pid, uint32_t tid)
{
	return (struct mmt_hdr){ .type = MMT_EV_MMAP, .pid = pid, .tid = tid };
}

static struct mmt_ev_fork forks(uint32_t pid, uint32_t child)
{
	struct mmt_ev_fork e = { .h = { .type = MMT_EV_FORK, .pid = pid, .have = MMT_HAVE(FORK, child) } };

	e.child = child;
	return e;
}

static void test_processes_and_their_children(void **state)
{
	struct num_pids pids = { .n = 2, .pid = { 10, 20 } };
	struct target t = { .pids = &pids };
	struct mmt_hdr ten = of(10, 11), thirty = of(30, 30), forty = of(40, 40);
	struct mmt_ev_fork mine = forks(10, 30), others = forks(99, 40), grand = forks(30, 40);

	(void)state;
	assert_true(target_takes(&t, &ten, NULL));
	assert_false(target_takes(&t, &thirty, NULL));
	assert_true(target_takes(&t, &mine.h, NULL));
	assert_true(target_takes(&t, &thirty, NULL));
	assert_false(target_takes(&t, &others.h, NULL));
	assert_false(target_takes(&t, &forty, NULL));
	assert_true(target_takes(&t, &grand.h, NULL));
	assert_true(target_takes(&t, &forty, NULL));
	target_free(&t);
}

/* Numbers come again: a child of others is not the child that had it before. */
static void test_numbers_that_come_again(void **state)
{
	struct num_pids pids = { .n = 1, .pid = { 10 } };
	struct target t = { .pids = &pids };
	struct mmt_hdr ten = of(10, 10), thirty = of(30, 30);
	struct mmt_ev_fork mine = forks(10, 30), others = forks(99, 30), asked = forks(99, 10);

	(void)state;
	assert_true(target_takes(&t, &mine.h, NULL));
	assert_true(target_takes(&t, &thirty, NULL));
	assert_false(target_takes(&t, &others.h, NULL));
	assert_false(target_takes(&t, &thirty, NULL));
	assert_false(target_takes(&t, &asked.h, NULL));
	assert_true(target_takes(&t, &ten, NULL)); /* that number was asked for */
	assert_true(target_takes(&t, &mine.h, NULL));
	assert_true(target_takes(&t, &thirty, NULL));
	target_free(&t);
}

static void test_threads_and_names(void **state)
{
	struct num_pids tids = { .n = 1, .pid = { 11 } }, none = { 0 };
	struct target threads = { .pids = &none, .tids = &tids }, named = { .comm = "app" };
	struct mmt_hdr a = of(10, 11), b = of(10, 12);

	(void)state;
	assert_true(target_takes(&threads, &a, NULL));
	assert_false(target_takes(&threads, &b, NULL));
	assert_true(target_takes(&named, &a, "app"));
	assert_false(target_takes(&named, &a, "apple"));
	assert_false(target_takes(&named, &a, NULL));
	threads.comm = "app"; /* both have to be true */
	assert_false(target_takes(&threads, &a, "sh"));
	assert_true(target_takes(&threads, &a, "app"));
	target_free(&threads);
	target_free(&named);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_processes_and_their_children),
		cmocka_unit_test(test_numbers_that_come_again),
		cmocka_unit_test(test_threads_and_names),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
