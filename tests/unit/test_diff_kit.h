/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The story of test_diff.c, and its comparison with another telling of it. */
#ifndef TESTS_UNIT_TEST_DIFF_KIT_H
#define TESTS_UNIT_TEST_DIFF_KIT_H

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
	unsigned stack, anon;	/* faults in memory of the program's own */
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

static void own_memory(struct teller *t, uint64_t at, uint64_t vm_flags, unsigned n)
{
	NEW(VMA_MAP, vma_map);
	e.vma_start = e.addr = at;
	e.vma_end = at + 16 * PAGE;
	e.len = 16 * PAGE;
	e.vm_flags = vm_flags;
	e.origin = MMT_ORIGIN_EXEC;
	t->call++;
	SEND(t);
	for (unsigned i = 0; i < n; i++) {
		NEW(FAULT, fault);
		e.vma_start = e.addr = at;
		e.vma_end = at + 16 * PAGE;
		e.vm_flags = vm_flags;
		e.class = MMT_FCLASS_ANON;
		e.kind = MMT_FKIND_COW;
		e.mode = MMT_FMODE_USER;
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
	if (v->stack)
		own_memory(t, 0xffffe0000000ULL, 0x100173, v->stack); /* VM_GROWSDOWN, include/linux/mm.h, 6.12 */
	if (v->anon)
		own_memory(t, 0xffffd0000000ULL, 0x100073, v->anon);
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

#endif
