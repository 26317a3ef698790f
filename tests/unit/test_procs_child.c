// LINK: cli/child cli/hold base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/child.h"
#include "cli/hold.h"

static int run(struct child *c, bool hold, char *const argv[])
{
	int err;

	assert_int_equal(child_fork(c, argv), 0);
	if (hold)
		child_hold(c);
	err = child_release(c);
	if (hold && !err && !c->at_exec) {
		print_message("ptrace is not allowed here\n");
		child_wait(c);
		skip();
	}
	return err;
}

static void wait_end(struct child *c)
{
	while (!c->over)
		child_wait(c);
}

/* Held behind its exec: the new program is there and has not run. */
static void test_held_at_exec(void **state)
{
	char *const argv[] = { "sh", "-c", "exit 3", NULL };
	char path[32], exe[256] = "";
	struct child c;

	(void)state;
	assert_int_equal(run(&c, true, argv), 0);
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)c.pid);
	assert_true(readlink(path, exe, sizeof(exe) - 1) > 0);
	assert_null(strstr(exe, "test_procs_child"));
	assert_false(child_over(&c));
	child_go(&c);
	wait_end(&c);
	assert_int_equal(c.status, 3);
}

/* A script's interpreter execs again: only the first one is waited for. */
static void test_goes_on_through_more_execs(void **state)
{
	char *const argv[] = { "sh", "-c", "exec sh -c 'kill -TERM $$'", NULL };
	struct child c;

	(void)state;
	assert_int_equal(run(&c, true, argv), 0);
	child_go(&c);
	wait_end(&c);
	assert_int_equal(c.status, 128 + SIGTERM);
}

static void test_exec_fails(void **state)
{
	char *const missing[] = { "/no/such/program", NULL }, *const data[] = { "/etc/passwd", NULL };
	struct child c;

	(void)state;
	for (int hold = 0; hold < 2; hold++) {
		assert_int_equal(run(&c, hold, missing), -ENOENT);
		assert_true(c.over && !c.at_exec);
		assert_int_equal(c.status, 127);
		assert_int_equal(run(&c, hold, data), -EACCES);
		assert_int_equal(c.status, 126);
	}
}

/* Nobody let it go: it goes without having run anything. */
static void test_dropped(void **state)
{
	char *const argv[] = { "sh", "-c", "exit 3", NULL };
	struct child c;
	int other;

	(void)state;
	assert_int_equal(child_fork(&c, argv), 0);
	child_drop(&c);
	assert_true(c.over);
	assert_int_equal(c.status, 125);
	/* also when somebody else has its pipe open, as the process that detaches the hooks has */
	assert_int_equal(child_fork(&c, argv), 0);
	other = dup(c.go);
	alarm(20); /* else it waits for ever */
	child_drop(&c);
	alarm(0);
	close(other);
	assert_int_equal(c.status, 125);
}

/* A signal on the way to its exec stops who is held, and nobody but us lets it go on. */
static void test_a_signal_before_its_exec(void **state)
{
	char *const argv[] = { "sh", "-c", "exit 3", NULL }, *const missing[] = { "/no/such/program", NULL };
	const int signals[] = { SIGWINCH, SIGSTOP, SIGTERM, 0 };

	(void)state;
	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct hold h = { 0 };
		struct child c;
		siginfo_t info;
		int err;

		assert_int_equal(child_fork(&c, signals[i] ? argv : missing), 0);
		if (hold_start(&h, c.pid)) {
			child_drop(&c);
			print_message("ptrace is not allowed here\n");
			skip();
		}
		c.hold = &h;
		kill(c.pid, signals[i]);
		if (signals[i])
			assert_int_equal(waitid(P_PID, (id_t)c.pid, &info, WSTOPPED | WNOWAIT), 0);
		alarm(20); /* else it waits for ever */
		err = child_release(&c);
		wait_end(&c);
		alarm(0);
		assert_int_equal(err, signals[i] ? 0 : -ENOENT);
		assert_int_equal(c.status, !signals[i] ? 127 : signals[i] == SIGTERM ? 128 + SIGTERM : 3);
		hold_free(&h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held_at_exec),
		cmocka_unit_test(test_goes_on_through_more_execs),
		cmocka_unit_test(test_exec_fails),
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_a_signal_before_its_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
