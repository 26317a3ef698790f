// LINK: stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "event/value.h"
#include "mmtrace/wire/names.h"
#include "stream/pipeline.h"
#include "unit/test_pipeline_spy.h"

static unsigned asked;

static const char *ask_ksym(void *ctx, uint64_t addr)
{
	(void)ctx;
	asked++;
	if (addr == 0xffff800000003000)
		return "special_mapping_fault";
	return addr == 0xffff800000001000 ? "mmdemo:mmdemo_mmap" : NULL;
}

static struct pipeline *pipeline_on(struct spy *a, struct spy *b, const struct filter *f)
{
	struct pipeline_opts o = { .filter = f,
				   .sinks = { &a->s, b ? &b->s : NULL },
				   .nsinks = b ? 2 : 1,
				   .page_size = 4096,
				   .ask_ksym = ask_ksym };

	asked = 0;
	return pipeline_new(&o);
}

static const struct mmt_ev_driver_mmap driver = { .h = HDR(DRIVER_MMAP), .func = 0xffff800000001000 };

/* A name learnt outside the ring goes before the event that needs it, once, for raw sinks as well. */
static void test_ksyms_enter_the_stream(void **state)
{
	struct spy views = new_spy(true, false), raw = new_spy(false, true);
	struct mmt_ev_driver_mmap other = driver;
	struct pipeline *p = pipeline_on(&views, &raw, NULL);

	(void)state;
	assert_int_equal(FEED(p, driver), 0);
	assert_int_equal(FEED(p, driver), 0);
	assert_string_equal(raw.log, "nrr");
	assert_string_equal(views.log, "ee");
	assert_string_equal(views.ksym, "mmdemo:mmdemo_mmap");
	other.func = 0xffff800000002000; /* nobody knows it: asked once, counted */
	FEED(p, other);
	FEED(p, driver);
	FEED(p, other);
	assert_string_equal(raw.log, "nrrrrr");
	assert_int_equal(asked, 2);
	pipeline_end(p, 0, -1);
	assert_int_equal(pipeline_summary(p)->lost[MMT_LOSS_SYMBOL], 1);
	assert_int_equal(views.lost_items, 1);
	pipeline_free(p);
}

static int spy_raws(struct mmt_sink *sink, const struct mmt_record *r, size_t n)
{
	note((struct spy *)sink, '(');
	for (size_t i = 0; i < n; i++)
		spy_raw(sink, r[i].data, r[i].size);
	note((struct spy *)sink, ')');
	return 0;
}

/* Records that nobody has to look at go on together; a name still comes before what needs it, and nobody is left out. */
static void test_many_at_once(void **state)
{
	struct spy many = new_spy(false, true), one = new_spy(false, true), views = new_spy(true, false);
	struct mmt_ev_fault fault = { .h = HDR(FAULT), .ops = 0xffff800000001000 }, anon = fault, cut = fault;
	const struct mmt_ev_driver_mmap mapped = { .h = HDR(DRIVER_MMAP), .func = 0xffff800000001000 };
	const struct mmt_record r[] = {
		{ &anon, sizeof(anon) },   { &anon, sizeof(anon) }, { &fault, sizeof(fault) },
		{ &cut, sizeof(cut) - 8 }, { &anon, sizeof(anon) }, { &mapped, sizeof(mapped) }
	};
	const struct mmt_item item = { .kind = MMT_I_RECORDS, .records = r, .n = 6 };
	struct pipeline *p = pipeline_on(&many, &one, NULL);

	(void)state;
	anon.h.have &= ~MMT_HAVE(FAULT, ops);
	cut.h.have = anon.h.have;
	many.s.raws = spy_raws;
	assert_int_equal(pipeline_item(p, &item), 0);
	assert_string_equal(many.log, "(rr)nrr(r)r");
	assert_string_equal(one.log, "rrnrrrr");
	assert_int_equal(pipeline_summary(p)->events, 6);
	assert_int_equal(pipeline_summary(p)->per_event[MMT_EV_FAULT], 5);
	assert_int_equal(asked, 1);
	pipeline_free(p);
	memset(many.log, 0, sizeof(many.log));
	p = pipeline_on(&many, &views, NULL); /* with views all are looked at, and what is cut is bad */
	assert_int_equal(pipeline_item(p, &item), 0);
	assert_string_equal(many.log, "rrnrrr");
	assert_string_equal(views.log, "eeeee");
	pipeline_free(p);
}

static void test_raw_alone_is_named_too(void **state)
{
	struct spy raw = new_spy(false, true);
	struct pipeline *p = pipeline_on(&raw, NULL, NULL);

	(void)state;
	FEED(p, driver);
	FEED(p, driver);
	assert_string_equal(raw.log, "nrr");
	assert_int_equal(pipeline_summary(p)->per_event[MMT_EV_DRIVER_MMAP], 2);
	assert_int_equal(pipeline_summary(p)->events, 2);
	pipeline_free(p);
}

/* The order of truth: the change comes first, then the call that made it knows its mapping, then faults in it. */
static void test_mappings_are_named(void **state)
{
	struct {
		struct mmt_path p;
	} path = { .p = { .type = MMT_ITEM_PATH, .key = 9, .used = 20, .text = "shared\0mmdemo\0dev\0" } };
	struct mmt_ev_vma_map change = { .h = HDR(VMA_MAP),
					 .vma_start = 0x10000,
					 .vma_end = 0x20000,
					 .addr = 0x10000,
					 .len = 0x10000,
					 .file = 9,
					 .ino = 3,
					 .vm_flags = 0x4fb };
	struct mmt_ev_mmap call = { .h = HDR(MMAP), .len = 0x10000, .fd = 4, .flags = 1, .ret = 0x10000 };
	struct mmt_ev_fault fault = { .h = HDR(FAULT), .addr = 0x11000 };
	struct filter only_faults = { .want = { [MMT_EV_FAULT] = true } };
	struct spy views = new_spy(true, false);
	struct pipeline *p = pipeline_on(&views, NULL, NULL);

	(void)state;
	path.p.used = 18;
	path.p.size = sizeof(path.p);
	call.h.have &= ~MMT_HAVE(MMAP, file);
	fault.h.have = MMT_HAVE(FAULT, addr); /* the perf tier: no VMA */
	assert_int_equal(FEED(p, path), 0);
	FEED(p, call); /* before the change: what the call itself says */
	assert_string_equal(views.mapping, "fd 4");
	FEED(p, change);
	assert_string_equal(views.mapping, "/dev/mmdemo/shared");
	FEED(p, call);
	assert_string_equal(views.mapping, "/dev/mmdemo/shared");
	FEED(p, fault);
	assert_string_equal(views.mapping, "/dev/mmdemo/shared");
	fault.addr = 0x30000;
	FEED(p, fault);
	assert_string_equal(views.mapping, "(none)");
	assert_string_equal(views.comm, "?"); /* nobody to ask */
	pipeline_free(p);

	/* What the filter hides still feeds the ledger, and is counted as seen. */
	views = new_spy(true, false);
	p = pipeline_on(&views, NULL, &only_faults);
	FEED(p, path);
	FEED(p, change);
	fault.addr = 0x11000;
	FEED(p, fault);
	assert_string_equal(views.log, "e");
	assert_string_equal(views.mapping, "/dev/mmdemo/shared");
	assert_int_equal(pipeline_summary(p)->events, 1);
	assert_int_equal(pipeline_summary(p)->per_event[MMT_EV_VMA_MAP], 1);
	pipeline_free(p);
}

/* What is told behind a mapping's end knows it still; what begins at the same address has nothing to do with it. */
static void test_a_mapping_that_is_over(void **state)
{
	struct spy views = new_spy(true, false);
	struct pipeline *p = pipeline_on(&views, NULL, NULL);
	struct mmt_ev_vma_map map = {
		.h = HDR(VMA_MAP), .addr = 0x10000, .len = 0x1000, .vma_end = 1, .vm_flags = 0x173
	};
	struct mmt_ev_vma_unmap unmap = { .h = HDR(VMA_UNMAP), .addr = 0x10000, .len = 0x1000 };
	struct mmt_ev_munmap call = { .h = HDR(MUNMAP), .addr = 0x10000, .len = 0x1000 };
	struct mmt_ev_demo demo = { .h = HDR(DEMO), .addr = 0x10000, .end = 0x11000 };

	(void)state;
	FEED(p, map);
	FEED(p, unmap);
	assert_string_equal(views.mapping, "[stack]");
	FEED(p, call);
	assert_string_equal(views.mapping, "[stack]");
	demo.what = MMT_DEMO_WHAT_VMA_CLOSE;
	FEED(p, demo);
	assert_string_equal(views.mapping, "[stack]");
	demo.what = MMT_DEMO_WHAT_VMA_OPEN; /* of a driver's ->mmap: the change comes when it is done */
	FEED(p, demo);
	assert_string_equal(views.mapping, "(none)");
	pipeline_free(p);
}

/* A freed object's file and a driver's ->mmap before the VMA: never told as memory without a file, or as what was there before. */
static void test_mappings_half_known(void **state)
{
	struct mmt_path path = { .type = MMT_ITEM_PATH, .key = 9, .used = 20, .text = "shared\0mmdemo\0dev\0" };
	struct mmt_ev_vma_map map = { .h = HDR(VMA_MAP), .vma_start = 0x10000, .vma_end = 0x20000, .addr = 0x10000 };
	struct mmt_ev_vma_unmap gone = { .h = HDR(VMA_UNMAP), .addr = 0x10000, .len = 0x10000 };
	struct mmt_ev_vma_free freed = { .h = HDR(VMA_FREE), .vma_start = 0x10000, .vma_end = 0x20000 };
	struct mmt_ev_driver_mmap early = { .h = HDR(DRIVER_MMAP), .addr = 0x50000, .len = 0x1000, .file = 9 };
	struct spy views = new_spy(true, false);
	struct pipeline *p = pipeline_on(&views, NULL, NULL);

	(void)state;
	freed.h.have = MMT_HAVE(VMA_FREE, vma_start) | MMT_HAVE(VMA_FREE, vma_end) | MMT_HAVE(VMA_FREE, vm_flags);
	FEED(p, freed);
	assert_string_equal(views.mapping, "(none)");
	assert_int_equal(views.class, MMT_FCLASS_UNKNOWN);
	path.size = sizeof(path);
	FEED(p, path);
	map.len = 0x10000;
	map.file = 9;
	FEED(p, map);
	FEED(p, gone);
	FEED(p, freed);
	assert_string_equal(views.mapping, "/dev/mmdemo/shared");
	map.file = map.ino = 0;
	map.h.have &= ~(MMT_HAVE(VMA_MAP, file) | MMT_HAVE(VMA_MAP, ino));
	FEED(p, map);
	FEED(p, freed);
	assert_string_equal(views.mapping, "[anon]");
	early.h.have = MMT_HAVE(DRIVER_MMAP, addr) | MMT_HAVE(DRIVER_MMAP, len) | MMT_HAVE(DRIVER_MMAP, file);
	FEED(p, early);
	assert_string_equal(views.mapping, "/dev/mmdemo/shared");
	assert_int_equal(views.class, MMT_FCLASS_UNKNOWN); /* memory or registers: nobody can tell yet */
	pipeline_free(p);
}

/* The vdso has no file: what it is, its functions tell; nothing but their name does after a fork. */
static void test_special_mappings(void **state)
{
	struct spy views = new_spy(true, false);
	struct pipeline *p = pipeline_on(&views, NULL, NULL);
	struct mmt_ev_vma_map dup = { .h = HDR(VMA_MAP), .vma_start = 0x10000, .vma_end = 0x20000, .addr = 0x10000 };
	struct mmt_ev_fault fault = { .h = HDR(FAULT), .addr = 0x11000 };

	(void)state;
	dup.len = 0x10000;
	dup.vm_flags = 0x75;
	dup.ops = 0xffff800000003000;
	fault.h.have = MMT_HAVE(FAULT, addr);
	FEED(p, dup);
	assert_string_equal(views.mapping, "[special]");
	FEED(p, fault);
	assert_string_equal(views.mapping, "[special]");
	pipeline_free(p);
}

/* Where a fault's time went is shown with its fault or not at all, whichever of them the filter looks at. */
static void test_split_follows_its_fault(void **state)
{
	struct filter slow = { .want = { [MMT_EV_FAULT] = true, [MMT_EV_FAULT_SPLIT] = true }, .slower_ns = 1000 };
	struct spy views = new_spy(true, false);
	struct pipeline_opts o = { .filter = &slow, .sinks = { &views.s }, .nsinks = 1, .page_size = 4096 };
	struct pipeline *p = pipeline_new(&o);
	struct mmt_ev_fault fault = { .h = HDR(FAULT) };
	struct mmt_ev_fault_split split = { .h = HDR(FAULT_SPLIT) };

	(void)state;
	fault.h.have = split.h.have = MMT_HAVE_DUR;
	fault.h.dur_ns = 1000;
	split.h.dur_ns = 10; /* not what is asked */
	fault.h.tid = split.h.tid = 5;
	FEED(p, fault);
	fault.h.tid = 6; /* another thread's comes between, and is too fast */
	fault.h.dur_ns = 999;
	FEED(p, fault);
	FEED(p, split);
	assert_string_equal(views.log, "ee");
	split.h.tid = 6;
	split.h.dur_ns = 2000;
	FEED(p, split);
	assert_string_equal(views.log, "ee");
	fault.h.dur_ns = 5000;
	FEED(p, fault);
	split.h.call++; /* its own is lost, this is of the next fault, which is lost too */
	FEED(p, split);
	assert_string_equal(views.log, "eee");
	pipeline_free(p);
}

/* An expression sees what the ledger knows, and counts time from the moment the hooks were live. */
static void test_expressions(void **state)
{
	static const char text[] = "mapping.path == \"[anon]\" and ts >= 0 and ts < 1us";
	static const struct expr_scope all = { EXPR_EVENT, NULL };
	struct spy views = new_spy(true, false);
	struct mmt_run_info info = { .start_mono_ns = 5000 };
	struct filter f = { .want = { [MMT_EV_FAULT] = true } };
	struct mmt_ev_vma_map map = { .h = HDR(VMA_MAP),
				      .addr = 0x1000,
				      .len = 0x2000,
				      .vma_start = 0x1000,
				      .vma_end = 0x3000,
				      .vm_flags = 3,
				      .origin = MMT_ORIGIN_MMAP };
	struct mmt_ev_fault e = { .h = HDR(FAULT), .vma_start = 0x1000, .vma_end = 0x3000, .addr = 0x1000 };
	struct expr_error err;
	struct pipeline *p;

	(void)state;
	f.expr = expr_parse(text, strlen(text), &all, &err);
	assert_non_null(f.expr);
	p = pipeline_on(&views, NULL, &f);
	assert_int_equal(pipeline_begin(p, &info), 0);
	FEED(p, map);
	for (e.h.ts_ns = 4999; e.h.ts_ns < 7000; e.h.ts_ns += 1000) /* before, within, after */
		FEED(p, e);
	assert_string_equal(views.log, "e");
	assert_string_equal(views.mapping, "[anon]");
	pipeline_free(p);
	expr_free((struct expr *)f.expr);
}

static void test_bad_records_are_counted(void **state)
{
	struct spy views = new_spy(true, true);
	struct pipeline *p = pipeline_on(&views, NULL, NULL);
	struct mmt_ev_driver_mmap bad = driver;

	(void)state;
	for (size_t cut = 0; cut < sizeof(bad); cut++)
		assert_int_equal(feed(p, &bad, cut), 0);
	bad.h.type = 999;
	FEED(p, bad);
	assert_int_equal(pipeline_summary(p)->bad, sizeof(bad) + 1);
	assert_string_equal(views.log, "");
	pipeline_free(p);
}

static void test_losses_are_totals(void **state)
{
	struct spy views = new_spy(true, false);
	struct pipeline *p = pipeline_on(&views, NULL, NULL);
	struct mmt_item item = { .kind = MMT_I_LOSS };
	struct mmt_ev_vma_map twice = { .h = HDR(VMA_MAP), .addr = 0x1000, .len = 0x1000 };

	(void)state;
	item.loss = (struct mmt_loss_item){ MMT_LOSS_RING, MMT_EV_MMAP, 3 };
	pipeline_item(p, &item);
	item.loss.count = 5; /* the same counter, later */
	pipeline_item(p, &item);
	item.loss = (struct mmt_loss_item){ MMT_LOSS_RING, MMT_EV_FAULT, 2 };
	pipeline_item(p, &item);
	item.loss = (struct mmt_loss_item){ 9999, 9999, 2 }; /* from a newer kernel side: not ours to place */
	pipeline_item(p, &item);
	FEED(p, twice);
	FEED(p, twice);
	assert_int_equal(pipeline_conflicts(p), 1);
	pipeline_end(p, 17, 3);
	assert_int_equal(pipeline_summary(p)->lost[MMT_LOSS_RING], 7);
	assert_int_equal(pipeline_summary(p)->lost[MMT_LOSS_GAP], 1);
	assert_int_equal(pipeline_summary(p)->lost_event[MMT_EV_MMAP], 5);
	assert_int_equal(pipeline_summary(p)->ran_ns, 17);
	assert_int_equal(pipeline_summary(p)->child_status, 3);
	pipeline_free(p);
}

static void test_hooks(void **state)
{
	static const struct mmt_hook_item hooks[] = {
		{ "call", "raw_tp", "", 1, 0 }, { "fault", "perf", "", 1, 0 },	{ "change.map", "none", "", 1, 0 },
		{ "object", "none", "", 0, 0 }, { "call", "raw_tp", "", 1, 1 }, { "driver", "kprobe", "", 1, 0 },
	};
	struct spy views = new_spy(true, false);
	struct pipeline *p = pipeline_on(&views, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(hooks) / sizeof(*hooks); i++) {
		struct mmt_item item = { .kind = MMT_I_HOOK };

		item.hook = hooks[i];
		pipeline_item(p, &item);
	}
	pipeline_end(p, 0, -1);
	assert_string_equal(pipeline_summary(p)->silent, "fault, driver"); /* call's last word: it fired */
	assert_string_equal(pipeline_summary(p)->absent, "change.map");
	pipeline_free(p);
}

static void test_a_full_disk_stops_it(void **state)
{
	struct spy one = new_spy(true, false), two = new_spy(true, false);
	struct pipeline *p = pipeline_on(&one, &two, NULL);

	(void)state;
	one.fail_at = 2;
	assert_int_equal(FEED(p, driver), 0);
	assert_int_equal(FEED(p, driver), -ENOSPC);
	assert_int_equal(pipeline_failed(p), -ENOSPC);
	pipeline_end(p, 0, -1);
	assert_int_equal(one.ended, 1);
	assert_int_equal(two.ended, 1);
	pipeline_free(p);
}

/* The command behind "--" is mmtrace's own copy until its exec. */
static void test_the_child_shows_from_its_exec_on(void **state)
{
	struct mmt_ev_fault fault = { .h = HDR(FAULT), .addr = 0x11000 };
	struct mmt_ev_exec exec = { .h = HDR(EXEC) };
	struct spy views = new_spy(true, false);
	struct pipeline_opts o = { .sinks = { &views.s }, .nsinks = 1, .page_size = 4096, .child = 5 };
	struct pipeline *p = pipeline_new(&o);

	(void)state;
	FEED(p, fault); /* mm 1: the copy */
	assert_string_equal(views.log, "");
	fault.h.pid = 6; /* somebody else in the same space */
	FEED(p, fault);
	assert_string_equal(views.log, "e");
	fault.h.pid = 5;
	fault.h.mm = exec.h.mm = 2; /* exec at work in the new space */
	FEED(p, fault);
	assert_string_equal(views.log, "ee");
	FEED(p, exec);
	assert_string_equal(views.log, "eee");
	fault.h.mm = 1; /* the copy's end, told late */
	FEED(p, fault);
	assert_string_equal(views.log, "eee");
	pipeline_free(p);

	/* Nothing seen of the copy: the exec's space is the program's, not the copy's. */
	views = new_spy(true, false);
	p = pipeline_new(&o);
	exec.h.mm = fault.h.mm = 2;
	FEED(p, exec);
	FEED(p, fault);
	assert_string_equal(views.log, "ee");
	pipeline_free(p);

	/* Where no mm is known, exec alone parts the two. */
	views = new_spy(true, false);
	p = pipeline_new(&o);
	fault.h.mm = exec.h.mm = 0;
	FEED(p, fault);
	assert_string_equal(views.log, "");
	FEED(p, exec);
	FEED(p, fault);
	assert_string_equal(views.log, "ee");
	pipeline_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ksyms_enter_the_stream),
		cmocka_unit_test(test_raw_alone_is_named_too),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_mappings_are_named),
		cmocka_unit_test(test_special_mappings),
		cmocka_unit_test(test_mappings_half_known),
		cmocka_unit_test(test_a_mapping_that_is_over),
		cmocka_unit_test(test_split_follows_its_fault),
		cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_bad_records_are_counted),
		cmocka_unit_test(test_losses_are_totals),
		cmocka_unit_test(test_hooks),
		cmocka_unit_test(test_the_child_shows_from_its_exec_on),
		cmocka_unit_test(test_a_full_disk_stops_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
