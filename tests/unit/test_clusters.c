// LINK: probe/clusters base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Clusters of CPUs, from directories as the kernel has them. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "probe/clusters.h"

struct cpu {
	const char *midr, *capacity, *package; /* NULL: no such file */
};

static char top[64];

static void put(unsigned cpu, const char *file, const char *text)
{
	char path[256];
	FILE *f;

	if (!text)
		return;
	snprintf(path, sizeof(path), "%s/cpu%u/%s", top, cpu, file);
	for (char *slash = path + strlen(top) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdir(path, 0755);
	}
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "%s\n", text);
	fclose(f);
}

static void make(const struct cpu *cpus, unsigned n)
{
	char path[128];

	strcpy(top, "/tmp/test_clusters.XXXXXX");
	assert_non_null(mkdtemp(top));
	for (unsigned i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/cpu%u", top, i);
		mkdir(path, 0755);
		put(i, "regs/identification/midr_el1", cpus[i].midr);
		put(i, "cpu_capacity", cpus[i].capacity);
		put(i, "topology/physical_package_id", cpus[i].package);
	}
	/* what else lies there */
	snprintf(path, sizeof(path), "%s/cpufreq", top);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/cpuidle", top);
	mkdir(path, 0755);
}

static void expect(const struct cpu *cpus, unsigned n, const char *const *want)
{
	struct clusters c;
	char rm[128];

	make(cpus, n);
	assert_int_equal(clusters_read(&c, top), 0);
	assert_int_equal(c.ncpus, n);
	for (unsigned i = 0; i < n; i++)
		assert_string_equal(c.of[i], want[i]);
	clusters_free(&c);
	snprintf(rm, sizeof(rm), "rm -r %s", top);
	assert_int_equal(system(rm), 0);
}

#define EXPECT(cpus, ...) expect(cpus, sizeof(cpus) / sizeof(*(cpus)), (const char *const[]){ __VA_ARGS__ })

/* Two revisions of the big core are one kind of it. */
static void big_and_small(void **state)
{
	static const struct cpu rk3588[] = {
		{ "0x00000000412fd050", "530", "0" },
		{ "0x00000000412fd050", "530", "0" },
		{ "0x00000000414fd0b0", "1024", "1" },
		{ "0x00000000414fd0b1", "1024", "2" },
	};

	(void)state;
	EXPECT(rk3588, "A55", "A55", "A76", "A76");
}

/* One kind of core that runs at two speeds: the capacity tells them apart. */
static void one_model_two_speeds(void **state)
{
	static const struct cpu cpus[] = { { "0x410fd034", "485", "0" },
					   { "0x410fd034", "1024", "0" },
					   { "0x410fd034", "1024", "0" } };

	(void)state;
	EXPECT(cpus, "A53/485", "A53/1024", "A53/1024");
}

/* Numbered; a revision makes no other cluster. */
static void a_maker_that_is_not_known(void **state)
{
	static const struct cpu cpus[] = {
		{ "0x610f0220", NULL, "0" },
		{ "0x610f0230", NULL, "0" },
		{ "0x611f0221", NULL, "0" },
		{ "0x410fd0b0", NULL, "0" },
	};

	(void)state;
	EXPECT(cpus, "cluster 0", "cluster 1", "cluster 0", "A76");
}

static void packages_are_all_there_is(void **state)
{
	static const struct cpu cpus[] = { { NULL, NULL, "0" }, { NULL, NULL, "1" }, { NULL, NULL, "1" } };
	static const struct cpu nothing[] = { { NULL, NULL, NULL }, { NULL, NULL, NULL } };

	(void)state;
	EXPECT(cpus, "cluster 0", "cluster 1", "cluster 1");
	EXPECT(nothing, "cluster 0", "cluster 0");
}

/* cpu1 is not there: its number stays, without a name. */
static void numbers_may_have_holes(void **state)
{
	static const struct cpu cpus[] = { { "0x412fd050", "530", "0" }, { 0 }, { "0x414fd0b0", "1024", "0" } };
	struct clusters c;
	char rm[128];

	(void)state;
	make(cpus, 3);
	snprintf(rm, sizeof(rm), "rm -r %s/cpu1", top);
	assert_int_equal(system(rm), 0);
	assert_int_equal(clusters_read(&c, top), 0);
	assert_int_equal(c.ncpus, 3);
	assert_string_equal(c.of[0], "A55");
	assert_null(c.of[1]);
	assert_string_equal(c.of[2], "A76");
	clusters_free(&c);
	snprintf(rm, sizeof(rm), "rm -r %s", top);
	assert_int_equal(system(rm), 0);
}

static void nothing_to_read(void **state)
{
	struct clusters c;

	(void)state;
	assert_true(clusters_read(&c, "/nonexistent") < 0);
	clusters_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(big_and_small),
		cmocka_unit_test(one_model_two_speeds),
		cmocka_unit_test(a_maker_that_is_not_known),
		cmocka_unit_test(packages_are_all_there_is),
		cmocka_unit_test(numbers_may_have_holes),
		cmocka_unit_test(nothing_to_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
