// LINK: sink ledger event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The flow view: which events stand inside which, and what becomes of a mapping, from events made here. */
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

#include "event/schema.h"
#include "event/value.h"
#include "sink/sinks.h"

#define AT    0xffff9a3f2000ULL
#define OTHER 0xffff9b000000ULL

enum { F_MMAP = 0x1000, F_OPEN, F_CLOSE, F_FAULT, N_DEV, F_BUF };

static const char *text_of_key(const void *ctx, uint64_t key)
{
	static const char *const texts[] = { "mmdemo:shared_mmap",  "mmdemo:shared_vm_open", "mmdemo:shared_vm_close",
					     "mmdemo:shared_fault", "/dev/mmdemo/shared",    "dma_buf_mmap_internal" };

	(void)ctx;
	return key >= F_MMAP && key <= F_BUF ? texts[key - F_MMAP] : NULL;
}

static const struct value_names names = { text_of_key, NULL };

struct tale {
	struct mmt_sink *s;
	int fd;
	char text[8192];
};

static void begin(struct tale *t, struct flow_opts opts)
{
	t->fd = memfd_create("flow", MFD_CLOEXEC);
	t->s = flow_open(&opts, &(struct sink_opts){ .fd = t->fd });
	assert_non_null(t->s);
}

static const char *end(struct tale *t)
{
	ssize_t n;

	assert_int_equal(t->s->end(t->s, &(struct mmt_summary){ 0 }), 0);
	n = pread(t->fd, t->text, sizeof(t->text) - 1, 0);
	assert_true(n >= 0);
	t->text[n] = '\0';
	t->s->free(t->s);
	close(t->fd);
	return t->text;
}

/* id: of the mapping, NULL when none */
static void tell(struct tale *t, struct mmt_hdr *h, const char *id, const char *mapping)
{
	struct mmt_view v = { .h = h, .ev = schema_event(h->type), .names = &names, .comm = "app" };

	v.page_size = 4096;
	v.mapping = mapping;
	v.map_start = AT;
	v.map_id = id;
	v.map_class = mapping && mapping[0] == '/' ? MMT_FCLASS_FILE : MMT_FCLASS_ANON;
	assert_int_equal(t->s->event(t->s, &v), 0);
}

#define NEW(id, type_, begin_ns, took_ns, call_)                                                           \
	struct mmt_ev_##type_ e = { .h = { .type = MMT_EV_##id,                                            \
					   .size = sizeof(e),                                              \
					   .have = MMT_HAVE_ALL(id) | ((took_ns) >= 0 ? MMT_HAVE_DUR : 0), \
					   .ts_ns = (begin_ns),                                            \
					   .dur_ns = (uint64_t)((took_ns) >= 0 ? (took_ns) : 0),           \
					   .pid = 7,                                                       \
					   .tid = 7,                                                       \
					   .mm = 1,                                                        \
					   .call = (call_) } }

static void say_driver_of(struct tale *t, int64_t from, int64_t took, uint32_t call, const char *id)
{
	NEW(DRIVER_MMAP, driver_mmap, from, took, call);

	e.func = F_MMAP;
	e.addr = AT;
	e.len = 0x4000;
	tell(t, &e.h, id, "/dev/mmdemo/shared");
}

static void say_driver(struct tale *t, int64_t from, int64_t took, uint32_t call)
{
	say_driver_of(t, from, took, call, "m17");
}

static void say_install(struct tale *t, int64_t from, int64_t took, uint32_t call, uint32_t helper, uint32_t nested)
{
	NEW(PFN_MAP, pfn_map, from, took, call);

	e.addr = AT;
	e.len = 0x4000;
	e.pages = 4;
	e.pfn = e.pfn_lo = 0x4a120;
	e.pfn_hi = 0x4a123;
	e.segs = 1;
	e.helper = helper;
	e.nested = nested;
	tell(t, &e.h, "m17", "/dev/mmdemo/shared");
}

static void say_mmap(struct tale *t, int64_t from, int64_t took, uint32_t call, int64_t ret)
{
	NEW(MMAP, mmap, from, took, call);

	e.len = 0x4000;
	e.prot = 3;
	e.flags = 1;
	e.ret = ret;
	tell(t, &e.h, ret > 0 ? "m17" : NULL, "/dev/mmdemo/shared");
}

/* As hooks tell it: inner ones first, the call last. */
static void map_shared(struct tale *t)
{
	say_install(t, 1300, 6000, 5, MMT_HELPER_REMAP_PFN_RANGE, 0);
	say_driver(t, 1200, 11200, 5);
	say_mmap(t, 1000, 18400, 5, (int64_t)AT);
}

static void say_close(struct tale *t, int64_t from, uint32_t call, const char *id)
{
	NEW(DRIVER_CLOSE, driver_close, from, 400, call);

	e.func = F_CLOSE;
	tell(t, &e.h, id, "/dev/mmdemo/shared");
}

static void say_munmap(struct tale *t, int64_t from, uint32_t call, const char *id)
{
	NEW(MUNMAP, munmap, from, 4100, call);

	e.addr = AT;
	e.len = 0x4000;
	tell(t, &e.h, id, "/dev/mmdemo/shared");
}

static void say_fault(struct tale *t, uint64_t off, int64_t took)
{
	NEW(FAULT, fault, 30000 + (int64_t)off, took, 9);

	e.addr = AT + off;
	e.flags = 1;
	e.kind = MMT_FKIND_DRIVER_PAGE;
	e.mode = MMT_FMODE_USER;
	e.attempts = 1;
	e.result = 0;
	tell(t, &e.h, "m17", "/dev/mmdemo/shared");
}

static void has(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("not there: '%s'\nin:\n%s", line, text);
}

static void has_not(const char *text, const char *line)
{
	if (strstr(text, line))
		fail_msg("there: '%s'\nin:\n%s", line, text);
}

static void test_reads_like_a_drawing(void **state)
{
	struct tale t;
	const char *text;

	(void)state;
	begin(&t, (struct flow_opts){ 0 });
	map_shared(&t);
	say_close(&t, 40100, 6, "m17");
	say_munmap(&t, 40000, 6, "m17");
	text = end(&t);
	assert_string_equal(
		text, "app 7\n"
		      "mmap(len=16K, rw-, shared, /dev/mmdemo/shared @0) = 0xffff9a3f2000              18.4us  m17\n"
		      "      └─ mmdemo:shared_mmap                                                     11.2us\n"
		      "         └─ remap_pfn_range  4 pages  pfn 0x4a120                                6.0us\n"
		      "      no faults: mapped at once\n"
		      "      munmap 16K  mmdemo:shared_vm_close (last)                                  4.1us\n"
		      "\n");
}

static void test_inner_helpers_stand_inside(void **state)
{
	struct tale t;
	const char *text;

	(void)state;
	begin(&t, (struct flow_opts){ .ascii = true });
	say_install(&t, 1500, 100, 5, MMT_HELPER_REMAP_PFN_RANGE, 1);
	say_install(&t, 1400, 300, 5, MMT_HELPER_DMA_DIRECT_MMAP, 1);
	say_install(&t, 1300, 6000, 5, MMT_HELPER_DMA_MMAP_ATTRS, 0);
	say_install(&t, 8000, 100, 5, MMT_HELPER_VM_INSERT_PAGE, 0);
	say_driver(&t, 1200, 11200, 5);
	say_mmap(&t, 1000, 18400, 5, (int64_t)AT);
	text = end(&t);
	has(text, "\n      `- mmdemo:shared_mmap ");
	has(text, "\n         |- dma_mmap_attrs  4 pages");
	has(text, "\n         |  `- dma_direct_mmap  4 pages");
	has(text, "\n         |     `- remap_pfn_range  4 pages");
	has(text, "\n         `- vm_insert_page  4 pages");
}

static const char *tell_of_buffer(struct tale *t, struct flow_opts opts)
{
	begin(t, opts);
	say_install(t, 1400, 100, 5, MMT_HELPER_REMAP_PFN_RANGE, 0);
	{
		NEW(OBJ_MAP, obj_map, 1300, 300, 5);

		e.size = 0x4000;
		e.name = N_DEV;
		e.helper = MMT_HELPER_DMA_BUF_MMAP_INTERNAL;
		tell(t, &e.h, "m17", "/dmabuf");
	}
	{
		NEW(DRIVER_MMAP, driver_mmap, 1200, 900, 5);

		e.func = F_BUF;
		tell(t, &e.h, "m17", "/dmabuf");
	}
	say_mmap(t, 1000, 18400, 5, (int64_t)AT);
	return end(t);
}

/* A dma-buf's own ->mmap is the helper: one line, and what ran inside stands below it. Programs get both. */
static void test_helper_that_is_the_driver(void **state)
{
	struct tale t;
	const char *text;

	(void)state;
	text = tell_of_buffer(&t, (struct flow_opts){ .ascii = true });
	has(text, "\n      `- dma_buf_mmap_internal  16K /dev/mmdemo/shared ");
	has(text, "\n         `- remap_pfn_range  4 pages");
	assert_ptr_equal(strstr(strstr(text, "internal") + 1, "internal"), NULL);
	text = tell_of_buffer(&t, (struct flow_opts){ .json = true });
	has(text, "{\"event\":\"driver_mmap\",\"text\":\"dma_buf_mmap_internal\",");
	has(text, "\"inside\":[{\"event\":\"obj_map\",");
}

/* The first call of a driver that nobody had seen: what it did came after it, and belongs to it. */
static void test_an_untimed_driver_holds_what_follows(void **state)
{
	struct tale t;
	const char *text;

	(void)state;
	begin(&t, (struct flow_opts){ .ascii = true });
	say_install(&t, 1300, 6000, 5, MMT_HELPER_REMAP_PFN_RANGE, 0);
	say_driver(&t, 1200, -1, 5);
	say_mmap(&t, 1000, 18400, 5, (int64_t)AT);
	text = end(&t);
	has(text, "\n      `- mmdemo:shared_mmap\n         `- remap_pfn_range");
}

static void say_open(struct tale *t, uint32_t mm, const char *id)
{
	NEW(DRIVER_OPEN, driver_open, 50000, 300, 0);

	e.func = F_OPEN;
	e.h.mm = mm;
	tell(t, &e.h, id, "/dev/mmdemo/shared");
}

static void say_copy(struct tale *t, uint32_t mm)
{
	NEW(VMA_DUP, vma_dup, 50001, -1, 0);

	e.h.mm = mm;
	e.addr = AT;
	e.len = 0x4000;
	tell(t, &e.h, "m17.1", "/dev/mmdemo/shared");
}

static void say_fork(struct tale *t, uint32_t mm)
{
	NEW(FORK, fork, 50002, -1, 0);

	e.child = 4711;
	e.child_mm = mm;
	tell(t, &e.h, NULL, NULL);
}

/* 6.12 asks the driver before it copies, 6.1 behind it: read alike. */
static void test_fork_is_one_line(void **state)
{
	(void)state;
	for (int before = 0; before < 2; before++) {
		struct tale t;
		const char *text;

		begin(&t, (struct flow_opts){ .ascii = true });
		map_shared(&t);
		if (before)
			say_open(&t, 2, NULL);
		say_copy(&t, 2);
		if (!before)
			say_open(&t, 2, "m17.1");
		say_fork(&t, 2);
		say_close(&t, 60000, 0, "m17.1");
		say_close(&t, 70000, 6, "m17");
		say_munmap(&t, 69000, 6, "m17");
		text = end(&t);
		has(text, "\n      fork -> pid 4711  mmdemo:shared_vm_open ");
		has(text, "300ns  m17.1\n");
		has(text, "\n      exit  mmdemo:shared_vm_close   ");
		has(text, "\n      munmap 16K  mmdemo:shared_vm_close (last)");
	}
}

static void test_many_faults_are_summed_up(void **state)
{
	struct tale t;
	const char *text;

	(void)state;
	begin(&t, (struct flow_opts){ .ascii = true });
	map_shared(&t);
	for (uint64_t i = 0; i < 16; i++)
		say_fault(&t, i * 0x1000, 1000 + (int64_t)i * 100);
	say_munmap(&t, 90000, 10, "m17");
	text = end(&t);
	has(text, "\n      first touch +0x0000 write  driver-page ");
	has(text, "\n      touch +0x2000 write  driver-page ");
	has_not(text, "+0x3000");
	has(text, "\n      ... and 13 more faults, 1.3us to 2.5us\n      munmap 16K");
	has_not(text, "no faults");
}

static void test_refused(void **state)
{
	struct tale t;
	const char *text;

	(void)state;
	begin(&t, (struct flow_opts){ .ascii = true });
	say_driver_of(&t, 1200, 11200, 5, NULL);
	say_mmap(&t, 1000, 18400, 5, -EINVAL);
	text = end(&t);
	has(text, "mmap(len=16K, rw-, shared, /dev/mmdemo/shared @0) = -EINVAL ");
	has_not(text, "m17");
	has_not(text, "no faults");
}

static void test_plain_files_only_when_asked(void **state)
{
	for (int all = 0; all < 2; all++) {
		struct tale t;
		const char *text;

		(void)state;
		begin(&t, (struct flow_opts){ .all = all });
		{
			NEW(MMAP, mmap, 1000, 500, 5);

			e.len = 0x1000;
			e.prot = 1;
			e.flags = 2;
			e.ret = (int64_t)OTHER;
			tell(&t, &e.h, "m3", "/usr/lib/libc.so.6");
		}
		text = end(&t);
		assert_int_equal(strstr(text, "libc") != NULL, all);
	}
}

/* Live: a line as soon as it is known, each with its mapping's name. */
static void test_live(void **state)
{
	struct tale t;
	const char *text;

	(void)state;
	begin(&t, (struct flow_opts){ .ascii = true, .live = true });
	map_shared(&t);
	say_munmap(&t, 40000, 6, "m17");
	text = end(&t);
	has(text, " m17\n      `- mmdemo:shared_mmap");
	has(text, "\n      munmap 16K   ");
	has(strstr(text, "munmap"), "4.1us  m17\n");
}

static bool is_event(void *ctx, const struct mmt_view *v, uint64_t start_ns)
{
	(void)start_ns;
	return v->h->type == *(uint16_t *)ctx;
}

/* Only mappings of which something was asked for, and those from their beginning on; also what is told at once. */
static void test_matched(void **state)
{
	static const struct {
		uint16_t event;
		bool told;
	} cases[] = { { MMT_EV_MMAP, true },  { MMT_EV_DRIVER_MMAP, true },  { MMT_EV_MUNMAP, true },
		      { MMT_EV_FAULT, true }, { MMT_EV_DRIVER_CLOSE, true }, { MMT_EV_MADVISE, false } };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		uint16_t event = cases[i / 2].event;
		struct tale t;
		const char *text;

		begin(&t, (struct flow_opts){ .ascii = true, .live = i % 2, .match = is_event, .match_ctx = &event });
		map_shared(&t);
		say_fault(&t, 0, 100);
		say_close(&t, 40100, 6, "m17");
		say_munmap(&t, 40000, 6, "m17");
		text = end(&t);
		assert_int_equal(strstr(text, "mmap(len=16K") != NULL, cases[i / 2].told);
		assert_int_equal(strstr(text, "`- mmdemo:shared_mmap") != NULL, cases[i / 2].told);
		assert_int_equal(strstr(text, "first touch") != NULL, cases[i / 2].told);
		assert_int_equal(strstr(text, "munmap 16K") != NULL, cases[i / 2].told);
	}
}

static void test_json(void **state)
{
	struct tale t;
	const char *text;

	(void)state;
	begin(&t, (struct flow_opts){ .json = true });
	map_shared(&t);
	say_fault(&t, 0, 100);
	say_fault(&t, 0x1000, 100);
	say_fault(&t, 0x2000, 100);
	say_fault(&t, 0x3000, 100);
	say_close(&t, 40100, 6, "m17");
	say_munmap(&t, 40000, 6, "m17");
	text = end(&t);
	has(text, "{\"type\":\"flow\",\"id\":\"m17\",\"comm\":\"app\",\"pid\":7,\"faults\":4,\"left_out\":0,\"steps\":["
		  "{\"event\":\"mmap\",");
	has(text,
	    "\"inside\":[{\"event\":\"driver_mmap\",\"text\":\"mmdemo:shared_mmap\",\"ts_ns\":1200,\"dur_ns\":11200,"
	    "\"pid\":7,\"id\":\"m17\",\"failed\":false,\"inside\":[{\"event\":\"pfn_map\",");
	/* programs get every event as a node, and more faults than people */
	has(text, "}]}]},{\"event\":\"fault\",\"text\":\"first touch +0x0000");
	has(text, "{\"event\":\"fault\",\"text\":\"touch +0x3000");
	has(text, "{\"event\":\"munmap\",\"text\":\"munmap 16K\",");
	has(text, "\"inside\":[{\"event\":\"driver_close\",\"text\":\"mmdemo:shared_vm_close (last)\",");
	has(text, "]}]}]}\n{\"type\":\"summary\",");
}

/* Calls whose end never came do not pile up. */
static void test_lost_ends(void **state)
{
	struct tale t;

	(void)state;
	begin(&t, (struct flow_opts){ 0 });
	for (uint32_t i = 1; i < 20000; i++)
		say_driver(&t, i, 10, i);
	assert_string_equal(end(&t), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_like_a_drawing),
		cmocka_unit_test(test_inner_helpers_stand_inside),
		cmocka_unit_test(test_helper_that_is_the_driver),
		cmocka_unit_test(test_an_untimed_driver_holds_what_follows),
		cmocka_unit_test(test_fork_is_one_line),
		cmocka_unit_test(test_many_faults_are_summed_up),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_plain_files_only_when_asked),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_matched),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_lost_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
