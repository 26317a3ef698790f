// LINK: probe/ksyms
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* /proc/kallsyms as it may look: malformed, hidden, unsorted, with duplicates and modules. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/ksyms.h"

#define SEVENTY "a23456789_b23456789_c23456789_d23456789_e23456789_f23456789_g23456789_"

static int file_of(const char *text, char path[40])
{
	int fd = memfd_create("kallsyms", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	snprintf(path, 40, "/proc/self/fd/%d", fd);
	return fd;
}

static struct ksyms *load_with(const char *text, const char *modules)
{
	char path[40], modules_path[40];
	int fd = file_of(text, path), mfd = modules ? file_of(modules, modules_path) : -1;
	struct ksyms *k;

	errno = 0;
	k = ksyms_load(path, modules ? modules_path : NULL);
	close(fd);
	if (modules)
		close(mfd);
	return k;
}

static struct ksyms *load(const char *text)
{
	return load_with(text, NULL);
}

static void expect_at(const struct ksyms *k, uint64_t addr, const char *name, uint64_t start, const char *module)
{
	struct ksym s;

	assert_int_equal(ksyms_at(k, addr, &s), 0);
	assert_string_equal(s.name, name);
	assert_string_equal(s.module, module);
	assert_int_equal(s.addr, start);
}

static void looks_up(void **state)
{
	struct ksyms *k = load("ffff800008003000 t third\n"
			       "ffff800008001000 T first\n"
			       "ffff800008002000 W second\n"
			       "ffff800008002800 D data\n"
			       "ffff800008002900 b bss\n"
			       "ffffd00000000010 t mmdemo_mmap\t[mmdemo]\n"
			       "ffffd00000000000 t edu_probe\t[edu]\n"
			       "ffffd00000000020 t bpf_prog_6deef7357e7b4530\t[bpf]"); /* and no newline */
	struct ksym s;

	(void)state;
	assert_non_null(k);
	assert_int_equal(ksyms_at(k, 0, &s), -ENOENT);
	assert_int_equal(ksyms_at(k, 0xffff800008000fffULL, &s), -ENOENT);
	expect_at(k, 0xffff800008001000ULL, "first", 0xffff800008001000ULL, "");
	expect_at(k, 0xffff800008001fffULL, "first", 0xffff800008001000ULL, "");
	expect_at(k, 0xffff800008002fffULL, "second", 0xffff800008002000ULL, ""); /* data does not count */
	expect_at(k, 0xffff800008003004ULL, "third", 0xffff800008003000ULL, "");
	expect_at(k, 0xffffd0000000000fULL, "edu_probe", 0xffffd00000000000ULL, "edu");
	expect_at(k, 0xffffd00000000024ULL, "bpf_prog_6deef7357e7b4530", 0xffffd00000000020ULL, "bpf");
	assert_int_equal(ksyms_named(k, "bpf_prog_6deef7357e7b4530", NULL), 0);
	assert_int_equal(ksyms_at(k, UINT64_MAX, &s), -ENOENT);
	ksyms_free(k);
}

static void names_and_duplicates(void **state)
{
	struct ksyms *k = load("ffff000000003000 t open_it\t[b]\n"
			       "ffff000000001000 t open_it\n"
			       "ffff000000002000 t open_it\t[a]\n"
			       "ffff000000004000 t open_it2\n"
			       "ffff000000005000 t ope\n");
	uint64_t addr = 1;

	(void)state;
	assert_int_equal(ksyms_named(k, "open_it", NULL), 3);
	assert_int_equal(ksyms_named(k, "open_it", &addr), 3);
	assert_int_equal(addr, 0xffff000000001000ULL);
	assert_int_equal(ksyms_named(k, "open_it2", &addr), 1);
	assert_int_equal(addr, 0xffff000000004000ULL);
	assert_int_equal(ksyms_named(k, "ope", &addr), 1);
	assert_int_equal(addr, 0xffff000000005000ULL);
	addr = 1;
	assert_int_equal(ksyms_named(k, "open_", &addr), 0);
	assert_int_equal(ksyms_named(k, "", &addr), 0);
	assert_int_equal(ksyms_named(k, "zzz", &addr), 0);
	assert_int_equal(addr, 1); /* nothing found, nothing written */
	ksyms_free(k);
}

static int count_until(void *ctx, const struct ksym *s)
{
	int *left = ctx;

	assert_string_not_equal(s->module, "");
	assert_string_not_equal(s->module, "bpf");
	return --*left ? 0 : 7;
}

static void modules(void **state)
{
	struct ksyms *k = load("ffff000000001000 t core_fn\n"
			       "ffffd00000000000 t x_mmap\t[x]\n"
			       "ffffd00000000100 t y_mmap\t[y]\n"
			       "ffffd00000000200 t x_open\t[x]\n"
			       "ffffd00000000300 t prog\t[bpf]\n"
			       "ffffd00000000400 t other_core\n");
	int left = 100;

	(void)state;
	assert_int_equal(ksyms_modules(k, count_until, &left), 0);
	assert_int_equal(left, 97);
	left = 2;
	assert_int_equal(ksyms_modules(k, count_until, &left), 7); /* stops, and returns what fn returned */
	assert_int_equal(left, 0);
	expect_at(k, 0xffffd00000000200ULL, "x_open", 0xffffd00000000200ULL, "x");
	expect_at(k, 0xffffd00000000400ULL, "other_core", 0xffffd00000000400ULL, "");
	ksyms_free(k);
}

/* What is behind a module's end is another one's, of which nobody has read yet. */
static void ends_of_modules(void **state)
{
	struct ksyms *k = load_with("ffff000000001000 t core_fn\n"
				    "ffffd00000000000 t x_mmap\t[x]\n"
				    "ffffd00000000100 t x_open\t[x]\n"
				    "ffffd00000009000 t z_open\t[z]\n",
				    "x 8192 2 y,z, Live 0xffffd00000000000 (OE)\n"
				    "z 4096 0 - Live 0xffffd00000009000\n"
				    "odd line\n");
	struct ksym s;

	(void)state;
	expect_at(k, 0xffffd00000000100ULL, "x_open", 0xffffd00000000100ULL, "x");
	expect_at(k, 0xffffd00000001fffULL, "x_open", 0xffffd00000000100ULL, "x");
	assert_int_equal(ksyms_at(k, 0xffffd00000002000ULL, &s), -ENOENT);
	expect_at(k, 0xffffd00000009ffcULL, "z_open", 0xffffd00000009000ULL, "z");
	assert_int_equal(ksyms_at(k, 0xffffd0000000a000ULL, &s), -ENOENT);
	expect_at(k, 0xffff000000001fffULL, "core_fn", 0xffff000000001000ULL, "");
	assert_int_equal(ksyms_at(k, 0xffff000001001000ULL, &s), -ENOENT); /* too far behind for any function */
	ksyms_free(k);
}

static void malformed(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"garbage\n",
		"ffff000000001000\n",
		"ffff000000001000 t\n",
		"zzzz t fn\n",
		"t fn ffff000000001000\n",
		"ffff000000001000 ? fn\n",
		"ffff000000001000 d fn\n",
		"ffff000000001000xt fn\n",
		"ffff000000001000 t \n",
		"ffff000000001000 t fn\t[" SEVENTY "]\n",
		" \t \n",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ksyms *k = load(bad[i]);

		print_message("  %s", bad[i]);
		assert_null(k); /* no symbol at all */
		assert_int_equal(errno, EPERM);
		/* between good lines it spoils neither */
		snprintf(text, sizeof(text), "ffff000000000100 t before\n%sffff000000002000 t after\n", bad[i]);
		k = load(text);
		assert_non_null(k);
		assert_int_equal(ksyms_named(k, "before", NULL), 1);
		assert_int_equal(ksyms_named(k, "after", NULL), 1);
		expect_at(k, 0xffff000000001800ULL, "before", 0xffff000000000100ULL, "");
		ksyms_free(k);
	}
}

/* kernel.kptr_restrict: every address is 0. */
static void hidden(void **state)
{
	(void)state;
	assert_null(load("0000000000000000 T first\n0000000000000000 t second\n0000000000000000 t f\t[m]\n"));
	assert_int_equal(errno, EPERM);
}

static void not_there(void **state)
{
	struct ksym s;

	(void)state;
	assert_null(ksyms_load("/nonexistent/kallsyms", NULL));
	assert_int_equal(errno, ENOENT);
	/* nobody needs to ask whether there are symbols before asking them */
	assert_int_equal(ksyms_at(NULL, 1, &s), -ENOENT);
	assert_int_equal(ksyms_named(NULL, "x", NULL), 0);
	assert_int_equal(ksyms_modules(NULL, count_until, NULL), 0);
	ksyms_free(NULL);
}

/* A name longer than a line that is read: cut or left out, and no symbol comes of its rest. */
static void long_names(void **state)
{
	static char text[4000];
	char name[1500];
	struct ksyms *k;

	(void)state;
	memset(name, 'f', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	snprintf(text, sizeof(text), "ffff000000001000 t a\nffff000000002000 t %s\t[module]\nffff000000003000 t b\n",
		 name);
	k = load(text);
	assert_non_null(k);
	expect_at(k, 0xffff000000001001ULL, "a", 0xffff000000001000ULL, "");
	expect_at(k, 0xffff000000003ffcULL, "b", 0xffff000000003000ULL, "");
	assert_int_equal(ksyms_named(k, "b", NULL), 1);
	ksyms_free(k);
}

/* More than the first allocation of every table. */
static void many(void **state)
{
	size_t n = 70000, len = 0;
	char *text = malloc(n * 48), name[24];
	struct ksyms *k;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		len += (size_t)sprintf(text + len, "%zx t function_%zu\t[m%zu]\n", 0xffff000000000000 + (n - i) * 16, i,
				       i % 3);
	k = load(text);
	assert_non_null(k);
	for (size_t i = 0; i < n; i += 997) {
		uint64_t addr = 0, want = 0xffff000000000000ULL + (n - i) * 16;

		snprintf(name, sizeof(name), "function_%zu", i);
		assert_int_equal(ksyms_named(k, name, &addr), 1);
		assert_int_equal(addr, want);
		expect_at(k, want + 15, name, want, i % 3 == 0 ? "m0" : i % 3 == 1 ? "m1" : "m2");
	}
	ksyms_free(k);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks_up),	   cmocka_unit_test(names_and_duplicates),
		cmocka_unit_test(modules),	   cmocka_unit_test(malformed),
		cmocka_unit_test(hidden),	   cmocka_unit_test(not_there),
		cmocka_unit_test(long_names),	   cmocka_unit_test(many),
		cmocka_unit_test(ends_of_modules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
