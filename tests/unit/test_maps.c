// LINK: sink stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What maps and the search for a page say, from records that go the whole road. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "mmtrace/wire/names.h"
#include "sink/sinks.h"
#include "stream/pipeline.h"
#include "unit/test_pipeline_spy.h"

#define mmt_ev_PFN_MAP_	 mmt_ev_pfn_map
#define mmt_ev_EXIT_	 mmt_ev_exit
#define mmt_ev_VMA_PROT_ mmt_ev_vma_prot

#define AT	 0xffff9a3f2000ULL
#define FUNC	 0xffff800000001000ULL
#define KEY_FILE 77
#define MS	 1000000ULL

static const char *ask_ksym(void *ctx, uint64_t addr)
{
	(void)ctx;
	return addr == FUNC ? "mmdemo:shared_mmap" : NULL;
}

static int ask_comm(void *ctx, uint32_t pid, char comm[PROCS_COMM])
{
	(void)ctx;
	(void)pid;
	strcpy(comm, "app");
	return 0;
}

static bool joined; /* the kernel has one VMA at AT */

static int ask_resident(void *ctx, uint32_t pid, uint32_t mm, mmt_item_fn fn, void *fn_ctx)
{
	struct mmt_resident r = { .type = MMT_ITEM_RESIDENT, .size = sizeof(r), .pid = pid };
	struct mmt_item item = { .kind = MMT_I_RECORD, .data = &r, .size = sizeof(r) };

	(void)ctx;
	(void)mm;
	if (!joined)
		return -ENOENT;
	assert_int_equal(pid, 5);
	r.start = AT;
	r.end = AT + 0x8000;
	r.bytes = 0x3000;
	memcpy(r.perms, "rw-p", 4);
	return fn(fn_ctx, &item);
}

struct run {
	struct pipeline *p;
	struct mmt_sink *s;
	int fd;
	char text[16384];
};

static void begin(struct run *r, struct mmt_sink *s, int fd)
{
	struct pipeline_opts o = { .sinks = { s },
				   .nsinks = 1,
				   .page_size = 4096,
				   .ask_ksym = ask_ksym,
				   .ask_comm = ask_comm,
				   .ask_resident = ask_resident };

	r->s = s;
	r->fd = fd;
	r->p = pipeline_new(&o);
	assert_non_null(r->p);
}

static void begin_maps(struct run *r, struct maps_opts o)
{
	int fd = memfd_create("maps", MFD_CLOEXEC);

	begin(r, maps_open(&o, &(struct sink_opts){ .fd = fd }), fd);
}

static const char *end(struct run *r)
{
	ssize_t n;

	assert_int_equal(pipeline_end(r->p, 1, -1), 0);
	n = pread(r->fd, r->text, sizeof(r->text) - 1, 0);
	assert_true(n >= 0);
	r->text[n] = '\0';
	r->s->free(r->s);
	pipeline_free(r->p);
	close(r->fd);
	return r->text;
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

#define SHARED_VMA                                                                                               \
	.vma_start = AT, .vma_end = AT + 0x4000, .vm_flags = 0xfb | 0x400, .file = KEY_FILE, .ino = 9, .dev = 6, \
	.rdev = 240 << 20 | 1

/* A driver's mapping, made at 1 ms, with its pages put in at once. */
static void make(struct run *r)
{
	struct {
		struct mmt_name n;
		char text[24];
	} name = { { .type = MMT_ITEM_NAME, .size = sizeof(name), .key = KEY_FILE }, "/dev/mmdemo/shared" };
	struct mmt_ev_pfn_map pages = { .h = HDR(PFN_MAP), SHARED_VMA, .addr = AT, .len = 0x4000, .pages = 4 };
	struct mmt_ev_driver_mmap driver = {
		.h = HDR(DRIVER_MMAP), SHARED_VMA, .func = FUNC, .addr = AT, .len = 0x4000
	};
	struct mmt_ev_vma_map map = { .h = HDR(VMA_MAP), SHARED_VMA, .addr = AT, .len = 0x4000 };
	struct mmt_ev_fault fault = { .h = HDR(FAULT), SHARED_VMA, .addr = AT, .kind = MMT_FKIND_DRIVER_PAGE };

	name.n.kind = MMT_NAME_PATH;
	FEED(r->p, name);
	pages.pfn = pages.pfn_lo = pages.seg_pfn[0] = 0x4a120;
	pages.pfn_hi = 0x4a123;
	pages.seg_pages[0] = 4;
	pages.segs = 1;
	pages.helper = MMT_HELPER_REMAP_PFN_RANGE;
	pages.h.ts_ns = driver.h.ts_ns = map.h.ts_ns = MS;
	pages.h.call = driver.h.call = map.h.call = 4;
	map.origin = MMT_ORIGIN_MMAP;
	assert_int_equal(FEED(r->p, pages), 0);
	assert_int_equal(FEED(r->p, driver), 0);
	assert_int_equal(FEED(r->p, map), 0);
	fault.h.ts_ns = 2 * MS;
	fault.h.call = 5;
	assert_int_equal(FEED(r->p, fault), 0);
	assert_int_equal(FEED(r->p, fault), 0);
}

static void leave(struct run *r)
{
	struct mmt_ev_exit e = { .h = HDR(EXIT), .origin = MMT_ORIGIN_EXIT };

	e.h.ts_ns = 31 * MS;
	assert_int_equal(FEED(r->p, e), 0);
}

static void unmap(struct run *r)
{
	struct mmt_ev_vma_unmap e = { .h = HDR(VMA_UNMAP), .addr = AT, .len = 0x4000, .origin = MMT_ORIGIN_MUNMAP };

	e.h.ts_ns = 21 * MS;
	assert_int_equal(FEED(r->p, e), 0);
}

static void test_at_exit(void **state)
{
	struct run r;
	const char *text;

	(void)state;
	begin_maps(&r, (struct maps_opts){ 0 });
	make(&r);
	leave(&r);
	text = end(&r);
	assert_string_equal(text,
			    "app 5 at exit: 1 range, 16K\n"
			    "ID      START            SIZE PERM KIND    FAULTS    RES    AGE WHAT\n"
			    "m1      0xffff9a3f2000    16K rw-s pfn          2    16K 30.0ms /dev/mmdemo/shared @0\n"
			    "        mmdemo:shared_mmap, remap_pfn_range 4 pages, phys 0x4a120000-0x4a123fff\n"
			    "\n");
}

/* A recording may have everything but the faults: then there are none to be counted, which is not 0. */
static void test_faults_that_were_not_watched(void **state)
{
	struct mmt_hook_item hook[] = { { "change.vma_map", "fentry", "", 1, 1 }, { "fault", "fentry", "", 1, 1 } };
	struct mmt_run_info info = { .hooks = hook };
	struct mmt_ev_vma_map map = { .h = HDR(VMA_MAP), SHARED_VMA, .addr = AT, .len = 0x4000 };
	static const char *const says[] = { "rw-s pfn          -  ", "rw-s pfn          0  ", "rw-s pfn          -  " };

	(void)state;
	for (uint32_t i = 0; i < MMT_COUNT(says); i++) {
		struct run r;

		info.nhooks = i ? 2 : 1;
		hook[1].tier = i < 2 ? "fentry" : "none";
		begin_maps(&r, (struct maps_opts){ 0 });
		assert_int_equal(pipeline_begin(r.p, &info), 0);
		assert_int_equal(FEED(r.p, map), 0);
		leave(&r);
		has(end(&r), says[i]);
	}
}

/* Two protections are two rows of one mapping: what is the mapping's own stands in the first. */
static void test_split(void **state)
{
	struct mmt_ev_vma_prot prot = { .h = HDR(VMA_PROT), SHARED_VMA, .addr = AT + 0x1000, .len = 0x1000 };
	struct run r;
	const char *text;

	(void)state;
	begin_maps(&r, (struct maps_opts){ 0 });
	make(&r);
	prot.vma_start = AT + 0x1000;
	prot.vma_end = AT + 0x2000;
	prot.pgoff = 1;
	prot.vm_flags = 0xf9 | 0x400;
	FEED(r.p, prot);
	leave(&r);
	text = end(&r);
	has(text, "3 ranges, 16K\n");
	has(text, "m1      0xffff9a3f2000     4K rw-s pfn          2      - 30.0ms /dev/mmdemo/shared @0\n");
	has(text, "m1      0xffff9a3f3000     4K r--s pfn                 -        /dev/mmdemo/shared @0x1000\n");
	has(text, "m1      0xffff9a3f4000     8K rw-s pfn                 -        /dev/mmdemo/shared @0x2000\n");
}

static void test_what_is_no_more(void **state)
{
	for (int history = 0; history < 2; history++) {
		struct run r;
		const char *text;

		(void)state;
		begin_maps(&r, (struct maps_opts){ .history = history });
		make(&r);
		unmap(&r);
		leave(&r);
		text = end(&r);
		has(text, "no more:\nm1      0xffff9a3f2000    16K rw-s pfn          2      - 20.0ms "
			  "/dev/mmdemo/shared @0\n");
		(history ? has : has_not)(text, "        +20.0ms   closed by munmap  16K at 0xffff9a3f2000\n");
		(history ? has : has_not)(text, "        +0ns      made by mmap  16K at 0xffff9a3f2000\n");
	}
}

/* The kernel joined two mappings: it cannot be said whose pages are there. */
static void test_resident_of_joined(void **state)
{
	struct mmt_ev_vma_import a = { .h = HDR(VMA_IMPORT),
				       .vma_start = AT,
				       .vma_end = AT + 0x4000,
				       .vm_flags = 0x73 },
				 b;
	struct run r;
	const char *text;

	(void)state;
	joined = true;
	begin_maps(&r, (struct maps_opts){ 0 });
	a.addr = AT;
	a.len = 0x4000;
	b = a;
	b.vma_start = b.addr = AT + 0x4000;
	b.vma_end = AT + 0x8000;
	FEED(r.p, a);
	FEED(r.p, b);
	text = end(&r);
	joined = false;
	has(text, "app 5 now: 2 ranges, 32K\n");
	has(text, "m1      0xffff9a3f2000    16K rw-p anon         -      -      - [anon]\n");
	has(text, "m2      0xffff9a3f6000    16K rw-p anon         -      -      - [anon]\n");
}

static void test_json(void **state)
{
	struct run r;
	const char *text;

	(void)state;
	begin_maps(&r, (struct maps_opts){ .json = true, .history = true });
	make(&r);
	leave(&r);
	text = end(&r);
	has(text, "{\"type\":\"range\",\"state\":\"at "
		  "exit\",\"comm\":\"app\",\"pid\":5,\"mm\":1,\"id\":\"m1\",\"parent\":null,"
		  "\"start\":\"0xffff9a3f2000\",\"end\":\"0xffff9a3f6000\",\"perms\":\"rw-s\",\"offset\":0,"
		  "\"mapping\":\"/dev/mmdemo/shared\",\"class\":\"pfn\",\"driver\":\"mmdemo:shared_mmap\","
		  "\"installs\":{\"helper\":\"remap_pfn_range\",\"events\":1,\"pages\":4,\"refcounted\":false},"
		  "\"phys\":{\"start\":\"0x4a120000\",\"end\":\"0x4a124000\",\"name\":null},");
	has(text, "\"faults\":2,");
	has(text, "\"history\":[{\"ts_ns\":1000000,\"what\":\"made\",");
}

static const char *who(struct run *r, uint64_t pfn, unsigned segs)
{
	int fd = memfd_create("who", MFD_CLOEXEC);
	struct whomaps_opts o = { .pfn = pfn };
	struct mmt_ev_pfn_map far = { .h = HDR(PFN_MAP), SHARED_VMA, .addr = AT, .len = 0x10000, .pages = 16 };

	begin(r, whomaps_open(&o, &(struct sink_opts){ .fd = fd }), fd);
	make(r);
	far.h.call = 9;
	far.segs = segs;
	far.pfn = far.pfn_lo = 0x9000;
	far.pfn_hi = 0x9fff;
	for (unsigned i = 0; i < 8; i++) {
		far.seg_pfn[i] = 0x9000 + i * 0x10;
		far.seg_pages[i] = 1;
	}
	far.helper = MMT_HELPER_VM_INSERT_PAGE;
	FEED(r->p, far);
	return end(r);
}

static void test_who_maps(void **state)
{
	struct run r;
	const char *text;

	(void)state;
	text = who(&r, 0x4a122, 8);
	has(text, "app             5 m1      0xffff9a3f4000 remap_pfn_range        /dev/mmdemo/shared, not counted\n");
	assert_string_equal(who(&r, 0x4a124, 8), "nobody was seen to map it\n");
	text = who(&r, 0x9020, 8); /* its third segment */
	has(text, " 0xffff9a3f4000 vm_insert_page ");
	assert_string_equal(who(&r, 0x9999, 8), "nobody was seen to map it\n");
	text = who(&r, 0x9999, 16); /* only the first 8 segments are told of */
	has(text, "maybe");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_exit),
		cmocka_unit_test(test_faults_that_were_not_watched),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_what_is_no_more),
		cmocka_unit_test(test_resident_of_joined),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_who_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
