// LINK: sink stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What faults draws of the same totals in each of its ways, compared with faults-*.golden beside this file, which were read line
 * by line when they were made. GOLDEN_WRITE=1 writes them anew: read the difference.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/test_faults_kit.h"

static const char *const clusters[] = { "A55", "A55", "A76", NULL };

static void compare(const char *file, const char *want, const char *got)
{
	unsigned line = 1;

	for (; *want && *got; line++) {
		size_t w = strcspn(want, "\n"), g = strcspn(got, "\n");

		if (w != g || memcmp(want, got, w))
			fail_msg("%s:%u\nwant: %.*s\ngot:  %.*s", file, line, (int)w, want, (int)g, got);
		want += w + (want[w] == '\n');
		got += g + (got[g] == '\n');
	}
	if (*want || *got)
		fail_msg("%s:%u: %s", file, line, *want ? "output ends early" : "output goes on");
}

static void golden(const char *name, const char *got)
{
	static char want[65536];
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "tests/golden/faults-%s.golden", name);
	if (getenv("GOLDEN_WRITE")) {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		assert_int_equal(write(fd, got, strlen(got)), strlen(got));
		close(fd);
		return;
	}
	fd = open(path, O_RDONLY);
	if (fd < 0)
		fail_msg("%s: %s (run from the top of the tree)", path, strerror(errno));
	n = read(fd, want, sizeof(want) - 1);
	assert_true(n >= 0);
	want[n] = '\0';
	close(fd);
	compare(path, want, got);
}

/* A program on two small CPUs and a big one. */
static void plain_story(struct kit *r)
{
	KIT_TOTAL(r, MMT_ROW_CPU, MMT_FKIND_ANON, { 900, 400 }, { 1500, 500 }, { 40 * US, 10 });
	KIT_TOTAL(r, MMT_ROW_CPU + 1, MMT_FKIND_ANON, { 1500, 90 });
	KIT_TOTAL(r, MMT_ROW_CPU + 2, MMT_FKIND_ANON, { 12, 7 }, { 50, 80 }, { 130, 300 }, { 400, 20 });
	KIT_TOTAL(r, MMT_ROW_CPU + 1, MMT_FKIND_FILE_IO, { 1900 * US, 1 }, { 2 * MS, 3 });
	KIT_TOTAL(r, MMT_ROW_CPU + 2, MMT_FKIND_UNKNOWN, { 250, 3 });
}

static void shares(struct kit_total *k, uint32_t known, unsigned lock, unsigned driver, unsigned offcpu, unsigned alloc)
{
	const unsigned percent[MMT_SHARES] = { lock, driver, offcpu, alloc };

	k->t.shares = known;
	for (unsigned i = 0; i < MMT_SHARES; i++)
		k->t.share_ns[i] = known >> i & 1 ? k->t.sum_ns * percent[i] / 100 : 0;
}

/* A slow driver, plain memory, and keys that found no room. */
static void driver_story(struct kit *r)
{
	static const struct kit_faults slow[] = { { 30 * US, 1 },  { 40 * US, 5 },  { 45 * US, 25 },
						  { 50 * US, 41 }, { 56 * US, 61 }, { 65 * US, 31 },
						  { 77 * US, 7 },  { 99 * US, 1 },  { 0, 0 } };
	static const struct kit_faults anon[] = { { 900, 400 }, { 1500, 500 }, { 40 * US, 10 }, { 0, 0 } };
	struct kit_total k;

	kit_key(r, MMT_ROW_KEYS, 0, 0x7f0000000000);
	kit_key(r, MMT_ROW_KEYS + 1, KIT_FUNC, 0x7f0000100000);
	kit_make(&k, MMT_ROW_KEYS, MMT_FKIND_ANON, anon);
	shares(&k, 0xe, 0, 0, 2, 61);
	assert_int_equal(kit_feed(r, &k), 0);
	kit_make(&k, MMT_ROW_KEYS + 1, MMT_FKIND_DRIVER_PFN, slow);
	shares(&k, 0xf, 1, 77, 9, 3);
	assert_int_equal(kit_feed(r, &k), 0);
	KIT_TOTAL(r, MMT_ROW_OTHER, MMT_FKIND_FILE, { 2 * US, 12 });
	KIT_TOTAL(r, MMT_ROW_KEYS + 9, MMT_FKIND_FILE, { 3 * US, 4 });
	kit_lost(r, MMT_LOSS_SLOT, MMT_EV_FAULT, 5);
	kit_slow(r, 99 * US, 1);
	kit_slow(r, 77 * US, 2);
	kit_slow(r, 12 * US, 3);
}

static void by_kind(void **state)
{
	struct kit r;

	(void)state;
	kit_begin(&r, (struct faults_opts){ .by = { FAULTS_KIND }, .nby = 1, .width = 80 }, false);
	plain_story(&r);
	golden("kind", kit_end(&r, 2000 * MS, NULL));
}

static void by_cluster_ascii(void **state)
{
	struct faults_opts o = { .by = { FAULTS_CLUSTER, FAULTS_KIND }, .nby = 2, .ascii = true };
	struct kit r;

	(void)state;
	o.cluster = clusters;
	o.ncpus = 3;
	kit_begin(&r, o, false);
	plain_story(&r);
	golden("cluster", kit_end(&r, 2000 * MS, NULL));
}

static const struct faults_opts by_driver_opts = {
	.by = { FAULTS_KIND, FAULTS_MAPPING, FAULTS_DRIVER }, .nby = 3, .split = true, .slowest = 2, .width = 120
};

static void by_driver_color(void **state)
{
	struct kit r;

	(void)state;
	kit_begin(&r, by_driver_opts, true);
	driver_story(&r);
	golden("driver", kit_end(&r, 2000 * MS, NULL));
}

static void by_driver_json(void **state)
{
	struct faults_opts o = by_driver_opts;
	struct kit r;

	(void)state;
	o.form = FAULTS_JSON;
	kit_begin(&r, o, false);
	driver_story(&r);
	golden("json", kit_end(&r, 2000 * MS, NULL));
}

/* The same CPU's total twice, larger: what came in between is the second interval. */
static void intervals(void **state)
{
	struct kit r;

	(void)state;
	kit_begin(&r, (struct faults_opts){ .by = { FAULTS_KIND }, .nby = 1, .interval = true }, false);
	KIT_TOTAL(&r, MMT_ROW_CPU, MMT_FKIND_ANON, { 900, 400 }, { 40 * US, 10 });
	assert_int_equal(pipeline_tick(r.p, 1000 * MS), 0);
	KIT_TOTAL(&r, MMT_ROW_CPU, MMT_FKIND_ANON, { 900, 400 }, { 1500, 500 }, { 40 * US, 10 });
	KIT_TOTAL(&r, MMT_ROW_CPU, MMT_FKIND_COW, { 3 * US, 20 });
	assert_int_equal(pipeline_tick(r.p, 2000 * MS), 0);
	assert_int_equal(pipeline_tick(r.p, 3000 * MS), 0);
	golden("interval", kit_end(&r, 3000 * MS, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_kind),	  cmocka_unit_test(by_cluster_ascii), cmocka_unit_test(by_driver_color),
		cmocka_unit_test(by_driver_json), cmocka_unit_test(intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
