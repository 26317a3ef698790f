// LINK: cli/run_gone base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/run_gone.h"

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	assert_true(pid > 0);
	return pid;
}

/* Its end without taking its status: it stays a zombie. */
static void end_unreaped(pid_t pid)
{
	siginfo_t info;

	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void test_all_have_to_end(void **state)
{
	pid_t a = sleeper(), b = sleeper();
	struct num_pids pids = { .n = 2, .pid = { (uint32_t)a, (uint32_t)b } }, none = { 0 };
	struct gone g;

	(void)state;
	assert_int_equal(gone_watch(&g, &pids, &none), 0);
	assert_false(gone_all(&g));
	end_unreaped(a);
	assert_false(gone_all(&g));
	end_unreaped(b);
	assert_true(gone_all(&g));
	waitpid(a, NULL, 0);
	waitpid(b, NULL, 0);
	assert_true(gone_all(&g));
	gone_free(&g);
	/* ended before anybody watched */
	assert_int_equal(gone_watch(&g, &pids, &none), 0);
	assert_true(gone_all(&g));
	gone_free(&g);
}

static void test_nobody_to_watch(void **state)
{
	struct num_pids none = { 0 };
	struct gone g;

	(void)state;
	assert_int_equal(gone_watch(&g, &none, &none), 0);
	assert_false(gone_all(&g));
	gone_free(&g);
}

static int tell[2], hold[2];

static int thread(void *arg)
{
	uint32_t tid = (uint32_t)syscall(SYS_gettid);
	char byte;

	(void)arg;
	assert_int_equal(write(tell[1], &tid, sizeof(tid)), sizeof(tid));
	return (int)read(hold[0], &byte, 1);
}

static void test_a_thread(void **state)
{
	struct num_pids tids = { .n = 1 }, none = { 0 };
	struct gone g;
	thrd_t t;

	(void)state;
	assert_int_equal(pipe(tell) | pipe(hold), 0);
	assert_int_equal(thrd_create(&t, thread, NULL), thrd_success);
	assert_int_equal(read(tell[0], &tids.pid[0], sizeof(tids.pid[0])), sizeof(tids.pid[0]));
	assert_int_equal(gone_watch(&g, &none, &tids), 0);
	assert_false(gone_all(&g));
	assert_int_equal(write(hold[1], "x", 1), 1);
	thrd_join(t, NULL);
	/* the kernel lets the joiner go a moment before the number is free */
	while (!gone_all(&g))
		thrd_yield();
	gone_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_have_to_end),
		cmocka_unit_test(test_nobody_to_watch),
		cmocka_unit_test(test_a_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
