// LINK: base cli/opt cli/opt_help cli/opt_table
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/opt.h"

#define MAX_ARGS 16

static struct opt_values val;
static struct opt_result res;
static char said[4096];

/* Splits a line at blanks ('' is an empty word) and parses it; what it says lands in said. */
static int parse(const char *line)
{
	static char words[1024];
	static char *argv[MAX_ARGS + 2];
	int argc = 1, fd = memfd_create("log", 0), old = mmt_log_fd(fd), rc;
	char *save = NULL;
	ssize_t n;

	argv[0] = "mmtrace";
	snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok_r(words, " ", &save); w && argc < MAX_ARGS; w = strtok_r(NULL, " ", &save))
		argv[argc++] = strcmp(w, "''") ? w : "";
	argv[argc] = NULL;
	memset(&val, 0, sizeof(val));
	rc = opt_parse(&mmtrace_options, argc, argv, &val, &res);
	mmt_log_fd(old);
	n = pread(fd, said, sizeof(said) - 1, 0);
	said[n > 0 ? n : 0] = '\0';
	close(fd);
	return rc;
}

static void test_refused(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "-d abc", "-d 'abc': not a duration (try 10s, 500ms)" },
		{ "-dabc", "-d 'abc': not a duration (try 10s, 500ms)" },
		{ "--duration=abc", "--duration 'abc': not a duration (try 10s, 500ms)" },
		{ "-d ''", "-d '': not a duration (try 10s, 500ms)" },
		{ "-d -5", "-d '-5': not a duration (try 10s, 500ms)" },
		{ "-d", "-d: needs TIME behind it" },
		{ "-d -- ls", "-d: needs TIME behind it" },
		{ "--duration", "--duration: needs TIME behind it" },
		{ "-L 5x", "-L '5x': not a duration (try 10s, 500ms)" },
		{ "-p 99999999999", "-p '99999999999': no process id is outside 1..4194304" },
		{ "-p 12,", "-p '12,': not a process id (try 1234 or 1234,1235)" },
		{ "-t 0", "-t '0': no process id is outside 1..4194304" },
		{ "--buffer 16X", "--buffer '16X': not a size (try 64K, 16M)" },
		{ "--ready-fd -1", "--ready-fd '-1': not a file descriptor (try 3)" },
		{ "--ready-fd 2147483648", "--ready-fd '2147483648': not a file descriptor (try 3)" },
		{ "--failed=EFOO", "--failed 'EFOO': not an error name (try EINVAL, ENOMEM)" },
		{ "-xv", "-x 'v': not an error name (try EINVAL, ENOMEM)" },
		{ "--format jsn", "--format 'jsn': unknown, did you mean 'json'?" },
		{ "--format xml",
		  "--format 'xml': unknown, it can be table, json, wire, csv, chrome, folded, folded-count" },
		{ "--color ''", "--color '': unknown, it can be auto, always, never" },
		{ "-o ''", "-o '': empty" },
		{ "-n ''", "-n '': empty" },
		{ "--json=yes", "--json: takes no argument, got 'yes'" },
		{ "--bufer 1M", "unknown option '--bufer', did you mean '--buffer'?" },
		{ "--buf=1M", "unknown option '--buf', did you mean '--buffer'?" },
		{ "--nonsense", "unknown option '--nonsense' (mmtrace -h lists them)" },
		{ "-D 5", "unknown option '-D', did you mean '-d' (--duration)?" },
		{ "-json", "unknown option '-s' in '-json', did you mean '--json'?" },
		{ "-vZ", "unknown option '-Z' (mmtrace -h lists them)" },
		{ "trcae", "unknown command 'trcae', did you mean 'trace'?" },
		{ "firefox", "unknown command 'firefox' (to trace a program: mmtrace -- firefox)" },
		{ "-", "unknown command '-' (to trace a program: mmtrace -- -)" },
		{ "trace ls", "trace takes no word 'ls' (to run a program: mmtrace trace -- ls)" },
		{ "doctor now", "doctor takes no word 'now'" },
		{ "export", "export: needs FILE.mmt" },
		{ "export a.mmt b.mmt", "export takes FILE.mmt, 2 words are too many" },
		{ "diff", "diff: needs A.mmt B.mmt" },
		{ "diff a.mmt", "diff: needs A.mmt B.mmt" },
		{ "diff a.mmt b.mmt c.mmt", "diff takes A.mmt B.mmt, 3 words are too many" },
		{ "diff a b c d e f", "diff takes A.mmt B.mmt, 6 words are too many" },
		{ "diff a.mmt b.mmt -- ls", "diff runs no program, '--' does not belong there" },
		{ "list", "list: needs one of events|fields|hooks" },
		{ "list evnts", "list: unknown 'evnts', did you mean 'events'?" },
		{ "list rules9", "list: unknown 'rules9', it can be events|fields|hooks" },
		{ "list events fields", "list takes one word, 'fields' is too many" },
		{ "list events -- ls", "list runs no program, '--' does not belong there" },
		{ "list -p 1 events", "list does not take -p (--pid)" },
		{ "--ready-fd 3 doctor", "doctor does not take --ready-fd" },
		{ "doctor -d 5 -h", "doctor does not take -d (--duration)" },
		{ "faults --folded=tim", "--folded 'tim': unknown, did you mean 'time'?" },
		{ "faults --folded count", "faults takes no word 'count' (to run a program: mmtrace faults -- count)" },
		{ "faults --slowest -1", "--slowest '-1': not a number (try 100 or 0x7f00)" },
		{ "faults --slowest 5000000000", "--slowest '5000000000': too large (at most 4294967295)" },
		{ "faults --verify", "faults does not take --verify" },
		{ "--by kind", "trace does not take --by" },
		{ "--", "nothing to run behind '--' (try: mmtrace -- ls)" },
		{ "trace -v --", "nothing to run behind '--' (try: mmtrace -- ls)" },
	};

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(cases); i++) {
		char want[256];

		/* One line, and no more than one. */
		snprintf(want, sizeof(want), "mmtrace: %s\n", cases[i].message);
		if (parse(cases[i].line) != OPT_USAGE)
			fail_msg("'%s' was accepted", cases[i].line);
		assert_string_equal(said, want);
	}
}

static void test_too_many(void **state)
{
	char line[512] = "";

	(void)state;
	/* Table, not the split helper, is the limit here: one word each. */
	for (int i = 0; i < 14; i++)
		strcat(line, "-na ");
	assert_int_equal(parse(line), OPT_OK);
	assert_int_equal(val.comms.n, 14);

	char *argv[OPT_STRINGS_MAX + 3] = { "mmtrace" };
	int fd = memfd_create("log", 0), old = mmt_log_fd(fd);

	for (int i = 1; i <= OPT_STRINGS_MAX + 1; i++)
		argv[i] = "-na";
	memset(&val, 0, sizeof(val));
	assert_int_equal(opt_parse(&mmtrace_options, OPT_STRINGS_MAX + 1, argv, &val, &res), OPT_OK);
	memset(&val, 0, sizeof(val));
	assert_int_equal(opt_parse(&mmtrace_options, OPT_STRINGS_MAX + 2, argv, &val, &res), OPT_USAGE);
	mmt_log_fd(old);
	close(fd);
}

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse(""), OPT_OK);
	assert_string_equal(said, "");
	assert_int_equal(res.cmd, CMD_TRACE);
	assert_false(res.named);
	assert_true(res.given == 0);
	assert_null(res.run);
	assert_null(res.word);
	assert_int_equal(val.ready_fd, -1);
	assert_int_equal(val.buffer_bytes, 16 << 20);
	assert_int_equal(val.format, FORMAT_TABLE);
	assert_int_equal(val.color, COLOR_AUTO);
	assert_int_equal(val.failed.given, 0);
	assert_null(val.output);
}

static void test_every_value(void **state)
{
	(void)state;
	assert_int_equal(parse("trace -p1,2 -p 3 --tid=7 -n sh -n cat -e mmap,fault -k device -d 10s"), OPT_OK);
	assert_int_equal(val.pids.n, 3);
	assert_int_equal(val.pids.pid[2], 3);
	assert_int_equal(val.tids.pid[0], 7);
	assert_int_equal(val.comms.n, 2);
	assert_string_equal(val.comms.s[1], "cat");
	assert_string_equal(val.events.s[0], "mmap,fault");
	assert_string_equal(val.kinds.s[0], "device");
	assert_true(val.duration_ns == 10000000000);
	assert_int_equal(parse("--buffer=4M --btf /b --ready-fd 9 --color never -o out --tier fault=perf -L100us"),
			 OPT_OK);
	assert_int_equal(val.buffer_bytes, 4 << 20);
	assert_string_equal(val.btf, "/b");
	assert_int_equal(val.ready_fd, 9);
	assert_int_equal(val.color, COLOR_NEVER);
	assert_string_equal(val.output, "out");
	assert_string_equal(val.tiers.s[0], "fault=perf");
	assert_int_equal(val.slower_ns, 100000);
}

static void test_flags_cluster_and_last_wins(void **state)
{
	(void)state;
	assert_int_equal(parse("-vjvo- -d 1 -d 2"), OPT_OK);
	assert_int_equal(val.verbose, 2);
	assert_int_equal(val.format, FORMAT_JSON);
	assert_string_equal(val.output, "-");
	assert_true(val.duration_ns == 2000000000);
	assert_int_equal(parse("-j --format wire"), OPT_OK);
	assert_int_equal(val.format, FORMAT_WIRE);
	assert_int_equal(parse("--format wire -j"), OPT_OK);
	assert_int_equal(val.format, FORMAT_JSON);
}

static void test_optional_errno(void **state)
{
	static const struct {
		const char *line;
		uint32_t number;
	} cases[] = {
		{ "-x", 0 },
		{ "-xENOMEM", ENOMEM },
		{ "-x ENOMEM", ENOMEM },
		{ "--failed ENOMEM", ENOMEM },
		{ "--failed=12", ENOMEM },
		{ "-x -v", 0 },
		{ "-x -- ls", 0 },
		{ "-x trace", 0 },
		{ "-vx", 0 },
	};

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(cases); i++) {
		assert_int_equal(parse(cases[i].line), OPT_OK);
		assert_int_equal(val.failed.given, 1);
		assert_int_equal(val.failed.number, cases[i].number);
	}
}

static void test_words_and_program(void **state)
{
	(void)state;
	assert_int_equal(parse("-j list -v hooks"), OPT_OK);
	assert_int_equal(res.cmd, CMD_LIST);
	assert_true(res.named);
	assert_string_equal(res.word, "hooks");
	assert_int_equal(val.verbose, 1);
	/* Behind "--" nothing is ours, not even options and commands. */
	assert_int_equal(parse("-v -- list -x --bogus -- b"), OPT_OK);
	assert_int_equal(res.cmd, CMD_TRACE);
	assert_string_equal(res.run[0], "list");
	assert_string_equal(res.run[2], "--bogus");
	assert_string_equal(res.run[3], "--");
	assert_null(res.run[5]);
	assert_int_equal(val.failed.given, 0);
	assert_int_equal(parse("diff -j a.mmt -a b.mmt"), OPT_OK);
	assert_int_equal(res.nfiles, 2);
	assert_string_equal(res.files[0], "a.mmt");
	assert_string_equal(res.files[1], "b.mmt");
	assert_null(res.word);
}

static void test_help_and_version_ask_for_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(parse("list -h"), OPT_OK);
	assert_int_equal(res.cmd, CMD_LIST);
	assert_int_equal(val.help, 1);
	assert_int_equal(parse("-V"), OPT_OK);
	assert_int_equal(val.version, 1);
}

/* Every row the command takes is in its help, no other, and nothing is wider than a terminal. */
static void test_help(void **state)
{
	const struct opt_spec *s = &mmtrace_options;
	struct buf b = { 0 };

	(void)state;
	for (size_t cmd = 0; cmd <= s->n_cmds; cmd++) {
		size_t shown = cmd < s->n_cmds ? cmd : 0;
		char *save = NULL;

		buf_reset(&b);
		assert_int_equal(opt_help(s, shown, cmd < s->n_cmds, &b), 0);
		for (size_t i = 0; i < s->n_rows; i++) {
			char name[64];
			bool there;

			snprintf(name, sizeof(name), "--%s%s", s->rows[i].name,
				 !s->rows[i].arg				 ? " " :
				 s->rows[i].type == OPT_ERRNO || s->rows[i].bare ? "[" :
										   " ");
			there = strstr(buf_str(&b), name) != NULL;
			assert_int_equal(there, (s->rows[i].cmds >> shown) & 1);
		}
		for (size_t i = 0; cmd == s->n_cmds && i < s->n_cmds; i++)
			assert_non_null(strstr(buf_str(&b), s->cmds[i].help));
		for (char *l = strtok_r(b.data, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
			assert_true(strlen(l) <= 80);
			assert_true(l[strlen(l) - 1] != ' ');
		}
	}
	buf_free(&b);
}

/* An argument that may be left out is the word of its row, and only one that is attached is it. */
static void test_bare(void **state)
{
	(void)state;
	assert_int_equal(parse("faults --folded -- ls"), OPT_OK);
	assert_int_equal(val.folded, FOLDED_TIME);
	assert_int_equal(parse("faults --folded=count --slowest 7"), OPT_OK);
	assert_int_equal(val.folded, FOLDED_COUNT);
	assert_int_equal(val.slowest, 7);
}

/* The rows themselves: what a parser cannot see until somebody types it. */
static void test_rows(void **state)
{
	const struct opt_spec *s = &mmtrace_options;

	(void)state;
	assert_true(s->n_rows <= 64 && s->n_cmds <= 32);
	for (size_t i = 0; i < s->n_rows; i++) {
		const struct opt_row *r = &s->rows[i];

		assert_true(r->cmds && r->cmds < 1u << s->n_cmds);
		assert_true((r->type == OPT_FLAG || r->type == OPT_SET) == !r->arg);
		assert_true((r->type == OPT_CHOICE) == (r->words != NULL));
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(r->name, s->rows[k].name);
			/* no command takes two rows of one letter */
			assert_true(!r->letter || r->letter != s->rows[k].letter || !(r->cmds & s->rows[k].cmds));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_value),
		cmocka_unit_test(test_flags_cluster_and_last_wins),
		cmocka_unit_test(test_optional_errno),
		cmocka_unit_test(test_words_and_program),
		cmocka_unit_test(test_help_and_version_ask_for_nothing_else),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests_name("cli/opt", tests, NULL, NULL);
}
