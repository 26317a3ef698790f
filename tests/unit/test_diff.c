// LINK: diff stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Two runs of one story, in which a driver's buffer is mapped, touched and unmapped: at other addresses, times and process
 * numbers they are the same; changed in one thing they differ in that and nothing else.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/test_diff_kit.h"

#define DEV "/dev/mmdemo/buffer"

/* A case says what is other than in the plain story, over what all cases have. */
#pragma GCC diagnostic ignored "-Woverride-init"

static void test_one_thing(void **state)
{
	static const struct {
		struct variant v;
		int verdict;
		const char *text;
	} cases[] = {
#define V(...)                             \
	{ .base = 0xaaaa10000000ULL,       \
	  .pgprot = WB,                    \
	  .pid = 201,                      \
	  .release = "6.12.12-arm64",      \
	  .comm = "tool",                  \
	  .path = "buffer\0mmdemo\0dev\0", \
	  .faults = 120,                   \
	  .pages = 8,                      \
	  .fault_tier = "fentry",          \
	  .gup = 3,                        \
	  .nested = 1,                     \
	  __VA_ARGS__ }
		{ V(.base = 0xffffa0000000ULL), 0, "" },
		{ V(.pgprot = NC), 1, "mapping of " DEV " (2 mappings) became Normal-NC (was Normal-WB)\n" },
		{ V(.dma_ret = -ENXIO, .no_second = true), 1,
		  "mmap of " DEV " now returns -ENXIO (was 0)\n"
		  "dma_direct_mmap of " DEV " now returns -ENXIO (was 0)\n"
		  "dma_mmap_coherent of " DEV " now returns -ENXIO (was 0)\n"
		  "->mmap of " DEV " now returns -ENXIO (was 0)\n"
		  "mapping of " DEV " (number 2) is missing (2 pages rw-s)\n" },
		{ V(.no_close = true), 1, "vm_close of " DEV " (2 mappings) is missing\n" },
		{ V(.ignore_offset = 1), 1,
		  "mapping of " DEV
		  " (number 2) shows what mapping 1 of it has from page 0 on (was what mapping 1 of it has from "
		  "page 4 on)\n" },
		{ V(.faults = 240), 1, "faults of kind driver-pfn in " DEV " doubled (120 -> 240)\n" },
		{ V(.faults = 121), 1, "faults of kind driver-pfn in " DEV " rose (120 -> 121)\n" },
		{ V(.faults = 60), 1, "faults of kind driver-pfn in " DEV " halved (120 -> 60)\n" },
		{ V(.faults = 0), 1, "faults of kind driver-pfn in " DEV " are gone (120 -> 0)\n" },
		{ V(.advice = 1), 1, "madvise dontneed of " DEV " now happens 3 times (was 2)\n" },
		{ V(.scattered = true), 1,
		  "dma_mmap_coherent of " DEV
		  " (2 mappings) now puts in memory in several pieces (was memory in one piece)\n" },
		{ V(.exit_only = true), 1,
		  "mapping of " DEV " ends by exit (was munmap)\n"
		  "vm_close of " DEV " is missing\n"
		  "munmap of " DEV " is missing\n" },
		{ V(.no_second = true), 1, "mapping of " DEV " (number 2) is missing (2 pages rw-s)\n" },
		{ V(.comm = "other"), 1,
		  "the process tool is missing (2 mappings)\nthe process other is new (2 mappings)\n" },
		{ V(.path = "file\0tmp\0"), 1,
		  "mapping of " DEV " is missing (8 pages rw-s)\nmapping of " DEV
		  " (number 2) is missing (2 pages rw-s)\n"
		  "mapping of /tmp/file is new (8 pages rw-s)\nmapping of /tmp/file (number 2) is new (2 pages "
		  "rw-s)\n" },
		{ V(.status = 3), 1, "the command now ends with 3 (was 0)\n" },
		{ V(.munmap_pages = 2, .no_second = true), 1,
		  "munmap of " DEV " is now about 2 pages (was 8)\n"
		  "mapping of " DEV " (number 2) is missing (2 pages rw-s)\n" },
		/* what a run cannot see is not different */
		{ V(.no_driver_hook = true), 0, "! ->mmap 2\n! vm_close 2\n" },
		{ V(.unknown_kind = true), 0, "! fault.kind 2\n" },
		{ V(.unknown_kind = true, .faults = 100), 1, "faults in " DEV " fell (120 -> 100)\n! fault.kind 2\n" },
		{ V(.fault_tier = "kprobe+perf", .gup = 0), 0, "! faults of the kernel itself (mode gup) 2\n" },
		{ V(.gup = 4), 1, "faults of kind driver-pfn (by the kernel itself) in " DEV " rose (3 -> 4)\n" },
		{ V(.nested = 0), 0, "! dma_direct_mmap 2\n" },
		/* what was lost may be what is missing; what is there and different is */
		{ V(.lost = 5), 4, "" },
		{ V(.lost = 5, .faults = 115), 4, "faults of kind driver-pfn in " DEV " fell (120 -> 115) ?\n" },
		{ V(.lost = 5, .faults = 125), 1, "faults of kind driver-pfn in " DEV " rose (120 -> 125)\n" },
		{ V(.lost = 5, .pgprot = NC), 1, "mapping of " DEV " (2 mappings) became Normal-NC (was Normal-WB)\n" },
		{ V(.lost = 5, .no_close = true), 4, "vm_close of " DEV " (2 mappings) is missing ?\n" },
	};
	char text[4096];

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(cases); i++) {
		int verdict = differ(&plain, &cases[i].v, text, sizeof(text), false);

		if (strcmp(text, cases[i].text) || verdict != cases[i].verdict)
			fail_msg("case %zu: verdict %d\n%s", i, verdict, text);
	}
}

/* Where the program's own memory lies is chance, and so is how often some of it faults. */
static void test_own_memory(void **state)
{
	static const struct {
		unsigned stack[2], anon[2];
		const char *text;
	} cases[] = {
		{ { 19, 38 }, { 20, 30 }, "" },
		{ { 19, 45 }, { 20, 37 }, "" },
		{ { 45, 19 }, { 37, 20 }, "" },
		{ { 19, 46 }, { 20, 20 }, "faults of kind cow in [stack] rose (19 -> 46)\n" },
		{ { 19, 19 }, { 20, 38 }, "faults of kind cow in [anon] doubled (20 -> 38)\n" },
		{ { 1, 9 }, { 1, 8 }, "" },
		{ { 1, 1 }, { 1, 9 }, "faults of kind cow in [anon] rose (1 -> 9)\n" },
	};
	char text[4096];

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(cases); i++) {
		struct variant v = plain, w = plain;

		v.stack = cases[i].stack[0];
		w.stack = cases[i].stack[1];
		v.anon = cases[i].anon[0];
		w.anon = cases[i].anon[1];
		differ(&v, &w, text, sizeof(text), false);
		if (strcmp(text, cases[i].text))
			fail_msg("case %zu:\n%s", i, text);
	}
}

/* The first run is the one that lacks it. */
static void test_other_way_round(void **state)
{
	struct variant v = plain;
	char text[4096];

	(void)state;
	v.no_close = true;
	assert_int_equal(differ(&v, &plain, text, sizeof(text), false), 1);
	assert_string_equal(text, "vm_close of " DEV " (2 mappings) is new\n");
	v.no_driver_hook = true;
	assert_int_equal(differ(&v, &plain, text, sizeof(text), false), 0);
	assert_string_equal(text, "! ->mmap 1\n! vm_close 1\n");
	v = plain;
	v.lost = 1;
	v.faults = 119;
	assert_int_equal(differ(&v, &plain, text, sizeof(text), false), 4);
	v.faults = 121;
	assert_int_equal(differ(&v, &plain, text, sizeof(text), false), 1);
}

/* With threads, order is nobody's doing. */
static void test_order(void **state)
{
	struct variant v = plain, w = plain;
	char text[4096];

	(void)state;
	v.reorder = true;
	v.ignore_offset = w.ignore_offset = 1; /* else what they share is told, too */
	v.pgprot = w.pgprot = WB;
	differ(&w, &v, text, sizeof(text), false);
	assert_non_null(strstr(text, "its mappings are made in another order\n"));
	v.threads = w.threads = true;
	differ(&w, &v, text, sizeof(text), false);
	assert_null(strstr(text, "another order"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_thing),
		cmocka_unit_test(test_own_memory),
		cmocka_unit_test(test_other_way_round),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
