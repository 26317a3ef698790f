// LINK: sink stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The counters of a run, from records that go the whole road. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/test_faults_kit.h"

#define mmt_ev_EXIT_	mmt_ev_exit
#define mmt_ev_VMA_DUP_ mmt_ev_vma_dup

#define AT 0x7f0000000000ull

static void begin(struct kit *r, bool json)
{
	struct mmt_run_info info = { .version = "0", .release = "6.12", .machine = "aarch64" };
	struct pipeline_opts po = { .nsinks = 1, .page_size = 4096, .ask_comm = kit_comm };

	r->fd = memfd_create("stat", MFD_CLOEXEC);
	r->s = po.sinks[0] = stat_open(&(struct stat_opts){ .json = json }, &(struct sink_opts){ .fd = r->fd });
	assert_non_null(r->s);
	r->p = pipeline_new(&po);
	assert_non_null(r->p);
	assert_int_equal(pipeline_begin(r->p, &info), 0);
}

static void map(struct kit *r, uint32_t mm, uint64_t at, uint64_t len)
{
	struct mmt_ev_vma_map e = { .h = HDR(VMA_MAP), .vma_start = at, .vma_end = at + len, .addr = at, .len = len };

	e.vm_flags = 3;
	e.h.mm = e.h.pid = mm;
	e.origin = MMT_ORIGIN_MMAP;
	assert_int_equal(FEED(r->p, e), 0);
}

static void unmap(struct kit *r, uint32_t mm, uint64_t at, uint64_t len, bool bytes)
{
	struct mmt_ev_vma_unmap e = { .h = HDR(VMA_UNMAP), .addr = at, .len = len, .bytes = len };

	e.h.mm = e.h.pid = mm;
	e.origin = MMT_ORIGIN_MUNMAP;
	if (!bytes)
		e.h.have &= ~MMT_HAVE(VMA_UNMAP, bytes);
	assert_int_equal(FEED(r->p, e), 0);
}

static void counted(struct kit *r, uint8_t kind, uint8_t class, uint64_t n)
{
	struct mmt_total t = { .type = MMT_ITEM_TOTAL, .size = sizeof(t), .row = MMT_ROW_CPU };

	t.kind = kind;
	t.class = class;
	t.count = n;
	assert_int_equal(FEED(r->p, t), 0);
}

static void a_screen(void **state)
{
	struct mmt_samples n = { .type = MMT_ITEM_SAMPLES, .size = sizeof(n), .all = 2000, .in_fault = 246 };
	struct kit r;

	(void)state;
	begin(&r, false);
	map(&r, 1, AT, 8 << 20);
	map(&r, 1, AT + (16 << 20), 4 << 20);
	unmap(&r, 1, AT, 8 << 20, true);
	map(&r, 1, AT + (32 << 20), 1 << 20);
	counted(&r, MMT_FKIND_ANON, 0, 990);
	counted(&r, MMT_FKIND_FILE, 0, 10);
	assert_int_equal(FEED(r.p, n), 0);
	assert_string_equal(kit_end(&r, 500 * MS, NULL),
			    "run time              500ms\n"
			    "maps                      3   13M\n"
			    "unmaps                    1   8M\n"
			    "peak mapped             12M\n"
			    "page faults            1000   2000/s\n"
			    "  anon                  990   99.0%\n"
			    "  file-hit               10   1.0%\n"
			    "time in faults        12.3%   of its time, by 2000 samples\n");
}

/* A handful of samples does not tell tenths of a percent. */
static void few_samples(void **state)
{
	struct mmt_samples n = { .type = MMT_ITEM_SAMPLES, .size = sizeof(n), .all = 9, .in_fault = 2 };
	struct kit r;

	(void)state;
	begin(&r, false);
	assert_int_equal(FEED(r.p, n), 0);
	assert_non_null(
		strstr(kit_end(&r, 500 * MS, NULL), "time in faults         ~22%   of its time, by 9 samples\n"));
}

/* Nothing that could tell: unknown, not 0. */
static void nothing_known(void **state)
{
	struct kit r;

	(void)state;
	begin(&r, false);
	assert_string_equal(kit_end(&r, 500 * MS, NULL), "run time              500ms\n"
							 "maps                      -\n"
							 "unmaps                    -\n"
							 "peak mapped               -\n"
							 "page faults               -\n"
							 "time in faults            -   no samples\n");
}

/* Where an unmap does not say how much it tore down, the ledger is asked before a peak is believed. */
static void peak_without_bytes(void **state)
{
	struct kit r;
	const char *text;

	(void)state;
	begin(&r, false);
	for (unsigned i = 0; i < 10; i++) {
		map(&r, 1, AT, 8 << 20);
		unmap(&r, 1, AT, 8 << 20, false);
	}
	text = kit_end(&r, 500 * MS, NULL);
	kit_has(text, "\nmaps                     10   80M\n");
	kit_has(text, "\nunmaps                   10   -\n");
	kit_has(text, "\npeak mapped              8M\n");
}

/* All processes together, each until it ends; a fork's copy counts. */
static void peak_of_several(void **state)
{
	struct mmt_ev_vma_dup dup = { .h = HDR(VMA_DUP), .vma_start = AT, .vma_end = AT + (8 << 20), .from_mm = 1 };
	struct mmt_ev_exit gone = { .h = HDR(EXIT), .origin = MMT_ORIGIN_EXIT };
	struct kit r;
	const char *text;

	(void)state;
	begin(&r, false);
	map(&r, 1, AT, 8 << 20);
	dup.addr = AT;
	dup.len = 8 << 20;
	dup.vm_flags = 3;
	dup.h.mm = dup.h.pid = 2;
	assert_int_equal(FEED(r.p, dup), 0);
	map(&r, 2, AT + (64 << 20), 1 << 20);
	gone.h.mm = gone.h.pid = 2;
	assert_int_equal(FEED(r.p, gone), 0);
	map(&r, 1, AT + (64 << 20), 4 << 20);
	text = kit_end(&r, 500 * MS, NULL);
	kit_has(text, "\npeak mapped             17M\n");
	kit_has(text, "\nmaps                      3   13M\n");
}

/* Where nothing but calls is told, they are counted; those that failed apart. */
static void only_calls(void **state)
{
	struct mmt_ev_mmap ok = {
		.h = HDR(MMAP), .len = 2 << 20, .ret = (int64_t)AT, .prot = 3, .flags = 0x22, .fd = -1
	};
	struct mmt_ev_mmap bad = { .h = HDR(MMAP), .len = 4096, .ret = -12, .prot = 3, .flags = 0x22, .fd = -1 };
	struct kit r;
	const char *text;

	(void)state;
	begin(&r, false);
	assert_int_equal(FEED(r.p, ok), 0);
	assert_int_equal(FEED(r.p, bad), 0);
	counted(&r, MMT_FKIND_UNKNOWN, MMT_FCLASS_ANON, 7);
	kit_lost(&r, MMT_LOSS_RING, MMT_EV_MUNMAP, 3);
	text = kit_end(&r, 500 * MS, NULL);
	kit_has(text, "\nmaps                      1   2M, 1 failed\n");
	kit_has(text, "\npeak mapped              2M\n");
	kit_has(text, "\n  anon (?)                7   100.0%\n");
	kit_has(text, "3 maps and unmaps were lost: they are in no number above\n");
}

static void as_json(void **state)
{
	struct kit r;
	const char *text;

	(void)state;
	begin(&r, true);
	map(&r, 1, AT, 8 << 20);
	unmap(&r, 1, AT, 4 << 20, false);
	counted(&r, MMT_FKIND_ANON, 0, 990);
	text = kit_end(&r, 500 * MS, NULL);
	kit_has(text,
		"{\"type\":\"stat\",\"run_ns\":500000000,\"maps\":{\"count\":1,\"bytes\":8388608,\"failed\":0},"
		"\"unmaps\":{\"count\":1,\"bytes\":null,\"failed\":0},\"peak_bytes\":8388608,\"faults\":990,"
		"\"faults_by_kind\":[{\"kind\":\"anon\",\"count\":990}],\"samples\":null,\"samples_in_fault\":null,"
		"\"faults_lost\":0,\"maps_lost\":0}\n{\"type\":\"summary\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_screen),	   cmocka_unit_test(few_samples),
		cmocka_unit_test(nothing_known),   cmocka_unit_test(peak_without_bytes),
		cmocka_unit_test(peak_of_several), cmocka_unit_test(only_calls),
		cmocka_unit_test(as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
