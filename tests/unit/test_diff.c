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

#include "diff/compare.h"
#include "mmtrace/wire/names.h"
#include "stream/pipeline.h"

#define PAGE 4096ULL

enum { KEY_FILE = 1, KEY_COMM, KEY_DEVICE };
#define F_MMAP	0xffff800001001000ULL
#define F_CLOSE 0xffff800001003000ULL
#define F_FAULT 0xffff800001004000ULL

#define WB 0x68000000000f43ULL /* AttrIndx 0: Normal-WB, arm64 since 5.14 (src/enrich/memtype.c) */
#define NC 0x68000000000f4bULL /* AttrIndx 2: Normal-NC */

/* How a telling of the story differs from the plain one. */
struct variant {
	uint64_t base, pgprot;
	uint32_t pid;
	const char *release, *comm, *path;
	int dma_ret; /* of dma_mmap_attrs, and of what calls it */
	bool no_close, reorder, no_second, exit_only, no_driver_hook, unknown_kind, threads, scattered;
	uint64_t ignore_offset; /* the second mapping shows the first page of the memory */
	unsigned faults, gup, pages, advice, munmap_pages;
	const char *fault_tier;
	uint64_t lost;
	int status;
	unsigned nested;
};

static const struct variant plain = {
	.base = 0xffff90000000ULL,
	.pgprot = WB,
	.pid = 100,
	.release = "6.12.9-arm64",
	.comm = "tool",
	.path = "buffer\0mmdemo\0dev\0",
	.faults = 120,
	.pages = 8,
	.fault_tier = "fentry",
	.gup = 3,
	.nested = 1,
};

struct teller {
	struct pipeline *p;
	const struct variant *v;
	uint64_t now;
	uint32_t call;
};

static void record(struct teller *t, const void *data, size_t size)
{
	struct mmt_item item = { .kind = MMT_I_RECORD };

	item.data = data;
	item.size = size;
	assert_int_equal(pipeline_item(t->p, &item), 0);
}

static void name(struct teller *t, uint64_t key, unsigned kind, const char *text)
{
	union {
		struct mmt_name n;
		char room[sizeof(struct mmt_name) + MMT_NAME_MAX];
	} u = { .n = { .type = MMT_ITEM_NAME, .kind = kind, .key = key } };

	u.n.size = (uint16_t)((sizeof(u.n) + strlen(text) + 8) & ~7UL);
	strcpy(u.n.text, text);
	record(t, &u, u.n.size);
}

static void stamp(struct teller *t, struct mmt_hdr *h)
{
	h->tier = MMT_TIER_FENTRY;
	h->pid = t->v->pid;
	h->tid = h->tid ? h->tid : h->pid;
	h->mm = h->mm ? h->mm : t->v->pid % 90;
	h->call = t->call;
	h->ts_ns = t->now += 1000 + t->v->pid;
}

#define NEW(id, type_) \
	struct mmt_ev_##type_ e = { .h = { .type = MMT_EV_##id, .size = sizeof(e), .have = MMT_HAVE_ALL(id) } }
#define SEND(t) (stamp(t, &e.h), record(t, &e, sizeof(e)))
#define VMA(e, at, npages, off)                                                                           \
	((e).vma_start = (at), (e).vma_end = (at) + (npages)*PAGE, (e).vm_flags = 0xfb | 0x400 | 0x40000, \
	 (e).file = KEY_FILE, (e).ino = t->v->pid, (e).dev = 6, (e).rdev = 240u << 20, (e).pgoff = (off))

static void begin(struct teller *t)
{
	struct mmt_memtype m = { .type = MMT_ITEM_MEMTYPE, .size = sizeof(m), .table = MMT_MEMTYPE_ARM64, .checks = 7 };
	static struct mmt_path p;
	const char *path = t->v->path;
	size_t used = 0;

	record(t, &m, sizeof(m));
	name(t, KEY_COMM, MMT_NAME_TEXT, t->v->comm);
	name(t, KEY_DEVICE, MMT_NAME_TEXT, "0000:00:02.0");
	name(t, F_MMAP, MMT_NAME_KSYM, "mmdemo:buffer_mmap");
	name(t, F_CLOSE, MMT_NAME_KSYM, "mmdemo:buffer_close");
	name(t, F_FAULT, MMT_NAME_KSYM, "mmdemo:buffer_fault");
	p = (struct mmt_path){ .type = MMT_ITEM_PATH, .size = sizeof(p), .key = KEY_FILE };
	while (path[used])
		used += strlen(path + used) + 1;
	memcpy(p.text, path, used);
	p.used = (uint16_t)used;
	record(t, &p, sizeof(p));
	NEW(EXEC, exec);
	e.comm = KEY_COMM;
	e.file = KEY_COMM;
	SEND(t);
}

static void helper(struct teller *t, uint64_t at, unsigned pages, uint64_t off, unsigned nested)
{
	uint64_t pfn = 0x40000 + t->v->pid * 16ULL + (t->v->ignore_offset ? 0 : off);
	NEW(DMA_MAP, dma_map);

	VMA(e, at, pages, off);
	e.addr = at;
	e.len = pages * PAGE;
	e.pages = pages;
	e.calls = 1;
	e.pfn = e.pfn_lo = e.seg_pfn[0] = pfn;
	e.pfn_hi = pfn + pages - 1;
	e.segs = t->v->scattered && !nested ? 3 : 1;
	e.seg_pages[0] = pages;
	e.pgprot = t->v->pgprot;
	e.helper = nested ? MMT_HELPER_DMA_DIRECT_MMAP : MMT_HELPER_DMA_MMAP_ATTRS;
	e.nested = nested;
	e.device = KEY_DEVICE;
	e.ret = t->v->dma_ret;
	SEND(t);
}

static void map(struct teller *t, uint64_t at, unsigned pages, uint64_t off)
{
	t->call++;
	if (t->v->nested)
		helper(t, at, pages, off, 1);
	helper(t, at, pages, off, 0);
	if (!t->v->no_driver_hook) {
		NEW(DRIVER_MMAP, driver_mmap);
		VMA(e, at, pages, off);
		e.func = F_MMAP;
		e.addr = at;
		e.len = pages * PAGE;
		e.ret = t->v->dma_ret;
		SEND(t);
	}
	if (!t->v->dma_ret) {
		NEW(VMA_MAP, vma_map);
		VMA(e, at, pages, off);
		e.addr = at;
		e.len = pages * PAGE;
		e.pgprot = WB;
		e.origin = MMT_ORIGIN_MMAP;
		SEND(t);
	}
	NEW(MMAP, mmap);
	e.len = pages * PAGE;
	e.off = off * PAGE;
	e.prot = 3;
	e.flags = 1;
	e.fd = 3;
	e.file = KEY_FILE;
	e.ret = t->v->dma_ret ? t->v->dma_ret : (int64_t)at;
	SEND(t);
}

static void unmap(struct teller *t, uint64_t at, unsigned pages)
{
	t->call++;
	{
		NEW(VMA_UNMAP, vma_unmap);
		e.addr = at;
		e.len = e.bytes = pages * PAGE;
		e.origin = MMT_ORIGIN_MUNMAP;
		SEND(t);
	}
	if (!t->v->no_close && !t->v->no_driver_hook) {
		NEW(DRIVER_CLOSE, driver_close);
		VMA(e, at, pages, 0);
		e.func = F_CLOSE;
		SEND(t);
	}
	NEW(MUNMAP, munmap);
	e.addr = at;
	e.len = e.bytes = (t->v->munmap_pages ? t->v->munmap_pages : pages) * PAGE;
	SEND(t);
}

static void touch(struct teller *t, uint64_t at, unsigned n, unsigned mode)
{
	for (unsigned i = 0; i < n; i++) {
		NEW(FAULT, fault);
		VMA(e, at, t->v->pages, 0);
		e.addr = at + i % t->v->pages * PAGE;
		e.class = MMT_FCLASS_PFN;
		e.kind = t->v->unknown_kind ? MMT_FKIND_UNKNOWN : MMT_FKIND_DRIVER_PFN;
		e.mode = (uint8_t)mode;
		t->call++;
		SEND(t);
	}
}

static void advise(struct teller *t, uint64_t at, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		NEW(MADVISE, madvise);
		e.h.have &= ~(MMT_HAVE(MADVISE, ranges) | MMT_HAVE(MADVISE, pidfd));
		e.h.tid = t->v->threads ? t->v->pid + 1 : 0;
		e.addr = at;
		e.len = PAGE;
		e.advice = 4;
		t->call++;
		SEND(t);
	}
}

static void tell(struct teller *t)
{
	const struct variant *v = t->v;
	uint64_t a = v->base, b = v->base + 0x100000;
	struct mmt_item loss = { .kind = MMT_I_LOSS, .loss = { MMT_LOSS_RING, MMT_EV_FAULT, v->lost } };

	begin(t);
	if (v->reorder && !v->no_second)
		map(t, b, 2, 4);
	map(t, a, v->pages, 0);
	if (!v->dma_ret) {
		touch(t, a, v->faults, MMT_FMODE_USER);
		touch(t, a, v->gup, MMT_FMODE_GUP);
		advise(t, a, 2 + v->advice);
		if (!v->reorder && !v->no_second)
			map(t, b, 2, 4);
		if (!v->no_second)
			unmap(t, b, 2);
		if (!v->exit_only)
			unmap(t, a, v->pages);
	}
	NEW(EXIT, exit);
	e.origin = MMT_ORIGIN_EXIT;
	SEND(t);
	if (v->lost)
		assert_int_equal(pipeline_item(t->p, &loss), 0);
}

static struct mmt_sink *run(const struct variant *v, struct texts *texts)
{
	struct mmt_hook_item hooks[] = {
		{ "fault", v->fault_tier, "", 1, 1 },
		{ "install.dma_mmap_attrs", "kprobe", "", 1, 1 },
		{ "install.dma_direct_mmap", v->nested ? "kprobe" : "none", "", 1, 1 },
	};
	struct mmt_run_info info = { .version = "0",
				     .release = v->release,
				     .machine = "aarch64",
				     .command = "tool",
				     .page_size = PAGE,
				     .hooks = hooks,
				     .nhooks = 3 };
	struct mmt_sink *s = canon_open(texts);
	struct pipeline_opts o = { .sinks = { s }, .nsinks = 1, .page_size = PAGE };
	struct teller t = { .p = pipeline_new(&o), .v = v, .now = v->base };

	assert_int_equal(pipeline_begin(t.p, &info), 0);
	tell(&t);
	assert_int_equal(pipeline_end(t.p, 1000, v->status), 0);
	pipeline_free(t.p);
	return s;
}

/* Differences, a line each; then what cannot be compared. The verdict is what the exit code would be. */
static int differ(const struct variant *a, const struct variant *b, char *out, size_t size, bool all)
{
	static bool no_driver[MMT_EV_MAX];
	struct texts texts = { 0 };
	struct mmt_sink *sa = run(a, &texts), *sb = run(b, &texts);
	struct comparison k = { .run = { canon_of(sa), canon_of(sb) }, .texts = &texts };
	struct buf buf = { 0 };
	int verdict;

	for (unsigned i = 0; i < MMT_EV_MAX; i++)
		no_driver[i] = i != MMT_EV_DRIVER_MMAP && i != MMT_EV_DRIVER_CLOSE;
	k.seen[0] = a->no_driver_hook ? no_driver : NULL;
	k.seen[1] = b->no_driver_hook ? no_driver : NULL;
	assert_int_equal(compare(&k), 0);
	for (size_t i = 0; i < k.n; i++) {
		if (k.v[i].known && !all)
			continue;
		tell_difference(&k.v[i], &buf);
		buf_puts(&buf, k.v[i].open ? " ?\n" : "\n");
	}
	for (size_t i = 0; i < k.ninc; i++)
		buf_printf(&buf, "! %s %u\n", k.inc[i].name, k.inc[i].who);
	snprintf(out, size, "%s", buf_str(&buf));
	buf_free(&buf);
	verdict = compare_verdict(&k);
	compare_free(&k);
	sa->free(sa);
	sb->free(sb);
	texts_free(&texts);
	return verdict;
}

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
		cmocka_unit_test(test_other_way_round),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
