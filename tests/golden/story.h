/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * story: a run made by hand, with one event of every kind and the odd cases: absent fields, failures, names that are
 * missing or nasty. Its times and addresses are round, so that the expected output can be read against it.
 */
#ifndef TESTS_GOLDEN_STORY_H
#define TESTS_GOLDEN_STORY_H

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include "mmtrace/source.h"
#include "mmtrace/wire/event.h"
#include "mmtrace/wire/names.h"

#define STORY_START_NS 1000000000000ULL
#define STORY_PAGE     4096

enum { KEY_SHARED = 1, KEY_LIB, KEY_NASTY, KEY_COMM, KEY_PROG, KEY_DEVICE, KEY_DMA, KEY_MEMFD };

#define F_MMAP	0xffff800001001000ULL
#define F_OPEN	0xffff800001002000ULL
#define F_CLOSE 0xffff800001003000ULL
#define F_LOST	0xffff800001004000ULL

/* vm_flags of a shared device mapping: rw-s, may all, pfnmap|io|dontexpand|dontdump */
#define DEVICE_FLAGS (0xfbULL | 0x400 | 0x4000 | 0x40000 | 0x4000000)

struct teller {
	mmt_item_fn fn;
	void *ctx;
	int err;
	uint64_t us; /* of the next event, since the start */
};

static void record(struct teller *t, const void *data, size_t size)
{
	struct mmt_item item = { .kind = MMT_I_RECORD };

	item.data = data;
	item.size = size;
	if (!t->err)
		t->err = t->fn(t->ctx, &item);
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

/* components: NUL after each, leaf first */
static void path(struct teller *t, uint64_t key, const char *components, size_t used, unsigned deleted)
{
	static struct mmt_path p;

	p = (struct mmt_path){ .type = MMT_ITEM_PATH,
			       .size = sizeof(p),
			       .used = (uint16_t)used,
			       .deleted = (uint8_t)deleted,
			       .key = key };
	memcpy(p.text, components, used);
	record(t, &p, sizeof(p));
}
#define PATH(t, key, s, deleted) path(t, key, s, sizeof(s) - 1, deleted)

#define NO_MM 0xffffffff /* an event of no address space, or of one that nobody knows */

/* 1 ms between events; dur_ns 0: not measured. */
static void stamp(struct teller *t, struct mmt_hdr *h, unsigned tier, uint64_t dur_ns)
{
	h->tier = (uint8_t)tier;
	h->cpu = 1;
	h->pid = h->tid = h->pid ? h->pid : 4242;
	h->mm = h->mm == NO_MM ? 0 : h->mm ? h->mm : 7;
	h->call = 3;
	h->ts_ns = STORY_START_NS + t->us * 1000;
	h->dur_ns = dur_ns;
	h->have |= dur_ns ? MMT_HAVE_DUR : 0;
	t->us += 1000;
}

static void range(struct teller *t, uint32_t depth, uint64_t start, uint64_t end, const char *text)
{
	union {
		struct mmt_iomem r;
		char room[sizeof(struct mmt_iomem) + MMT_NAME_MAX];
	} u = { .r = { .type = MMT_ITEM_IOMEM, .depth = depth, .start = start, .end = end } };

	u.r.size = (uint16_t)((sizeof(u.r) + strlen(text) + 8) & ~7UL);
	strcpy(u.r.text, text);
	record(t, &u, u.r.size);
}

/* What is known before the first event. */
static void machine(struct teller *t)
{
	struct mmt_memtype m = { .type = MMT_ITEM_MEMTYPE, .size = sizeof(m), .table = MMT_MEMTYPE_ARM64 };

	m.checks = MMT_MEMTYPE_SAW_NORMAL | MMT_MEMTYPE_SAW_DEVICE;
	record(t, &m, sizeof(m));
	range(t, 0, 0x40000000, 0x60000000, "System RAM");
	range(t, 1, 0x4a000000, 0x4a200000, "reserved");
	range(t, 1, 0x4b000000, 0x4b200000, "Kernel code");
}

#define NEW(id, type_) \
	struct mmt_ev_##type_ e = { .h = { .type = MMT_EV_##id, .size = sizeof(e), .have = MMT_HAVE_ALL(id) } }
#define SEND(t, tier, dur) (stamp(t, &e.h, tier, dur), record(t, &e, sizeof(e)))
#define DEVICE_VMA(e, start, pages)                                                                     \
	((e).vma_start = (start), (e).vma_end = (start) + (pages)*4096ULL, (e).vm_flags = DEVICE_FLAGS, \
	 (e).file = KEY_SHARED, (e).ino = 99, (e).dev = 6, (e).rdev = 240u << 20 | 3, (e).ops = F_OPEN)
#define LIB_VMA(e, start, pages)                                                                               \
	((e).vma_start = (start), (e).vma_end = (start) + (pages)*4096ULL, (e).vm_flags = 0x75, (e).pgoff = 2, \
	 (e).file = KEY_LIB, (e).ino = 1234, (e).dev = 8u << 20 | 1)
#define ANON_VMA(e, start, pages) \
	((e).vma_start = (start), (e).vma_end = (start) + (pages)*4096ULL, (e).vm_flags = 0x100073)

#define DEV_AT	0xffff9a3f2000ULL
#define LIB_AT	0xffff9b000000ULL
#define ANON_AT 0xffff9c000000ULL

static void begin(struct teller *t)
{
	name(t, KEY_COMM, MMT_NAME_TEXT, "mmdemo-use");
	name(t, KEY_PROG, MMT_NAME_TEXT, "/usr/bin/mmdemo-use");
	name(t, KEY_DEVICE, MMT_NAME_TEXT, "0000:00:02.0");
	name(t, F_MMAP, MMT_NAME_KSYM, "mmdemo:mmdemo_shared_mmap");
	name(t, F_OPEN, MMT_NAME_KSYM, "mmdemo:mmdemo_vma_open");
	name(t, F_CLOSE, MMT_NAME_KSYM, "mmdemo:mmdemo_vma_close");
	PATH(t, KEY_SHARED, "shared\0mmdemo\0dev\0", 0);
	PATH(t, KEY_LIB, "libc.so.6\0aarch64-linux-gnu\0lib\0usr\0", 0);
	PATH(t, KEY_NASTY, "a\nb\033[31m\0tmp\0", 1);
	{
		NEW(FORK, fork);
		e.h.pid = 4000;
		e.h.mm = 6;
		e.comm = KEY_COMM;
		e.child = 4242;
		e.child_mm = 6;
		SEND(t, MMT_TIER_TP_BTF, 0);
	}
	{
		NEW(EXEC, exec);
		e.file = KEY_PROG;
		e.comm = KEY_COMM;
		SEND(t, MMT_TIER_TP_BTF, 0);
	}
	{
		NEW(VMA_IMPORT, vma_import);
		LIB_VMA(e, LIB_AT, 4);
		e.addr = LIB_AT;
		e.len = 0x4000;
		e.pgprot = 0x20000000000fc3;
		SEND(t, MMT_TIER_ITER, 0);
	}
}

/* One mmap of the device: the change, the driver, the install, the call. */
static void map_device(struct teller *t)
{
	{
		NEW(DRIVER_MMAP, driver_mmap);
		DEVICE_VMA(e, DEV_AT, 4);
		e.func = F_MMAP;
		e.addr = DEV_AT;
		e.len = 0x4000;
		SEND(t, MMT_TIER_KPROBE, 11200);
	}
	{
		NEW(DRIVER_MMAP, driver_mmap); /* came before its probe */
		DEVICE_VMA(e, DEV_AT, 4);
		e.func = F_LOST;
		e.addr = DEV_AT;
		e.len = 0x4000;
		e.h.have &= ~MMT_HAVE(DRIVER_MMAP, ret);
		SEND(t, MMT_TIER_KPROBE, 0);
	}
	{
		NEW(PFN_MAP, pfn_map);
		DEVICE_VMA(e, DEV_AT, 4);
		e.addr = DEV_AT;
		e.len = 0x4000;
		e.pages = 4;
		e.calls = e.segs = 1;
		e.pfn = e.pfn_lo = e.seg_pfn[0] = 0x4a120;
		e.pfn_hi = 0x4a123;
		e.seg_pages[0] = 4;
		e.pgprot = 0x68000000000f43;
		e.helper = MMT_HELPER_REMAP_PFN_RANGE;
		SEND(t, MMT_TIER_FENTRY, 2400);
	}
	{
		NEW(PAGE_MAP, page_map);
		DEVICE_VMA(e, DEV_AT, 4);
		e.addr = DEV_AT;
		e.len = 0x1000;
		e.pages = 1;
		e.pfn = e.pfn_lo = e.pfn_hi = 0x4a120;
		e.segs = 1;
		e.pgprot = 0x68000000000fcf;
		e.helper = MMT_HELPER_VM_INSERT_PAGE;
		e.ret = -EBUSY;
		SEND(t, MMT_TIER_FENTRY, 700);
	}
	{
		NEW(DMA_MAP, dma_map);
		DEVICE_VMA(e, DEV_AT, 4);
		e.addr = DEV_AT;
		e.len = 0x4000;
		e.pages = 4;
		e.pfn_lo = 0x50000;
		e.pfn_hi = 0x60001;
		e.segs = 3; /* told of: none, so that nobody knows whether all are of one kind */
		e.pgprot = 0x68000000000f4b;
		e.helper = MMT_HELPER_DMA_MMAP_ATTRS;
		e.device = KEY_DEVICE;
		e.dma_addr = 0xfffff000;
		SEND(t, MMT_TIER_KPROBE, 5000);
	}
	{
		NEW(VMA_MAP, vma_map);
		DEVICE_VMA(e, DEV_AT, 4);
		e.addr = DEV_AT;
		e.len = 0x4000;
		e.pgprot = 0x20000000000fc3;
		e.origin = MMT_ORIGIN_MMAP;
		SEND(t, MMT_TIER_FENTRY, 0);
	}
	{
		NEW(MMAP, mmap);
		e.len = 0x4000;
		e.prot = 3;
		e.flags = 1;
		e.fd = 3;
		e.ret = DEV_AT;
		e.h.have &= ~MMT_HAVE(MMAP, file);
		SEND(t, MMT_TIER_RAW_TP, 41000);
	}
}

static void map_others(struct teller *t)
{
	{
		NEW(MMAP, mmap); /* refused */
		e.addr = 0x1000;
		e.len = 1ULL << 40;
		e.prot = 7;
		e.flags = 0x32;
		e.fd = -1;
		e.ret = -ENOMEM;
		SEND(t, MMT_TIER_RAW_TP, 900);
	}
	{
		NEW(MMAP, mmap); /* a file whose name wants to paint the terminal */
		e.len = 0x1000;
		e.off = 0x3000;
		e.prot = 1;
		e.flags = 2;
		e.fd = 4;
		e.file = KEY_NASTY;
		e.ret = -EACCES;
		SEND(t, MMT_TIER_FENTRY, 1500);
	}
	{
		NEW(VMA_MAP, vma_map);
		ANON_VMA(e, ANON_AT, 512);
		e.addr = ANON_AT;
		e.len = 0x200000;
		e.pgprot = 0x20000000000fc3;
		e.origin = MMT_ORIGIN_BRK;
		SEND(t, MMT_TIER_FENTRY, 0);
	}
	{
		NEW(BRK, brk);
		e.addr = e.ret = ANON_AT + 0x200000;
		SEND(t, MMT_TIER_RAW_TP, 2000);
	}
	{
		NEW(VMA_PROT, vma_prot);
		LIB_VMA(e, LIB_AT, 1);
		e.vm_flags = 0x71;
		e.addr = LIB_AT;
		e.len = 0x1000;
		e.pgprot = 0x20000000000fc3;
		e.origin = MMT_ORIGIN_MPROTECT;
		SEND(t, MMT_TIER_FENTRY, 0);
	}
	{
		NEW(MPROTECT, mprotect);
		e.addr = LIB_AT;
		e.len = 0x1000;
		e.prot = 1;
		e.pkey = -1;
		SEND(t, MMT_TIER_RAW_TP, 3300);
	}
	{
		NEW(VMA_MOVE, vma_move);
		ANON_VMA(e, ANON_AT + 0x1000000, 4);
		e.addr = ANON_AT + 0x1000000;
		e.len = 0x4000;
		e.old_addr = ANON_AT;
		e.old_len = 0x2000;
		e.origin = MMT_ORIGIN_MREMAP;
		SEND(t, MMT_TIER_FENTRY, 0);
	}
	{
		NEW(MREMAP, mremap);
		e.addr = ANON_AT;
		e.old_len = 0x2000;
		e.len = 0x4000;
		e.flags = 1;
		e.ret = ANON_AT + 0x1000000;
		SEND(t, MMT_TIER_RAW_TP, 8000);
	}
}

/* Where the time of the fault before went, of the process; at the same moment as that. */
static void split(struct teller *t, uint32_t pid, uint64_t have)
{
	NEW(FAULT_SPLIT, fault_split);
	e.h.pid = pid;
	e.h.have = have;
	e.lock = 450;
	e.driver = 0;
	e.offcpu = 200;
	e.alloc = 1150;
	e.total = 3100;
	t->us -= 1000;
	SEND(t, MMT_TIER_FENTRY, 3100);
}

static void touch(struct teller *t)
{
	{
		NEW(FAULT, fault);
		ANON_VMA(e, ANON_AT + 0x1000000, 4);
		e.addr = ANON_AT + 0x1000000;
		e.ip = 0xaaaab0001234;
		e.flags = 0x41;
		e.attempts = 1;
		e.class = MMT_FCLASS_ANON;
		e.kind = MMT_FKIND_ANON;
		e.mode = MMT_FMODE_USER;
		SEND(t, MMT_TIER_FENTRY, 3100);
	}
	split(t, 0, MMT_HAVE_ALL(FAULT_SPLIT));
	{
		NEW(FAULT, fault);
		LIB_VMA(e, LIB_AT, 4);
		e.addr = LIB_AT + 0x2010;
		e.flags = 0x140;
		e.attempts = 2;
		e.maj = 1;
		e.class = MMT_FCLASS_FILE;
		e.kind = MMT_FKIND_FILE_IO;
		e.mode = MMT_FMODE_USER;
		e.result = 0x204;
		SEND(t, MMT_TIER_KPROBE_PERF, 1250000);
	}
	split(t, 0, MMT_HAVE(FAULT_SPLIT, lock) | MMT_HAVE(FAULT_SPLIT, offcpu) | MMT_HAVE(FAULT_SPLIT, total));
	split(t, 4000, MMT_HAVE(FAULT_SPLIT, total)); /* of a fault that stands further up */
	{
		NEW(FAULT, fault); /* the perf pair: address and time, the ledger says where */
		e.addr = DEV_AT + 0x1000;
		e.h.have = MMT_HAVE(FAULT, addr) | MMT_HAVE(FAULT, ip) | MMT_HAVE(FAULT, maj) | MMT_HAVE(FAULT, mode) |
			   MMT_HAVE(FAULT, class); /* it could have been told, and was not: unknown */
		e.mode = MMT_FMODE_KERNEL;
		SEND(t, MMT_TIER_PERF, 4200);
	}
	{
		NEW(FAULT, fault); /* a bad one */
		DEVICE_VMA(e, DEV_AT, 4);
		e.addr = DEV_AT + 0x3000;
		e.class = MMT_FCLASS_PFN;
		e.kind = MMT_FKIND_FAILED;
		e.mode = MMT_FMODE_USER;
		e.flags = 0x40;
		e.result = 0x2;
		e.attempts = 1;
		SEND(t, MMT_TIER_FENTRY, 2000);
	}
	{
		NEW(DEMO, demo);
		e.addr = DEV_AT + 0x1000;
		e.pgoff = 1;
		e.what = MMT_DEMO_WHAT_FAULT;
		SEND(t, MMT_TIER_RAW_TP, 0);
	}
}

static void end(struct teller *t)
{
	{
		NEW(VMA_DUP, vma_dup);
		DEVICE_VMA(e, DEV_AT, 4);
		e.h.mm = 8;
		e.addr = DEV_AT;
		e.len = 0x4000;
		e.from_mm = 7;
		SEND(t, MMT_TIER_FENTRY, 0);
	}
	{
		NEW(DRIVER_OPEN, driver_open);
		DEVICE_VMA(e, DEV_AT, 4);
		e.func = F_OPEN;
		SEND(t, MMT_TIER_KPROBE, 450);
	}
	{
		NEW(VMA_GROW, vma_grow);
		ANON_VMA(e, 0xffffff000000ULL, 33);
		e.vm_flags = 0x100173;
		e.addr = 0xffffff000000ULL;
		e.len = 33 * 4096;
		e.pgprot = 0x20000000000fc3;
		e.origin = MMT_ORIGIN_STACK;
		SEND(t, MMT_TIER_FENTRY, 0);
	}
	{
		NEW(VMA_NEW, vma_new);
		ANON_VMA(e, ANON_AT, 1);
		e.cause = MMT_CAUSE_SPLIT;
		SEND(t, MMT_TIER_FENTRY, 0);
	}
	{
		NEW(VMA_FREE, vma_free);
		ANON_VMA(e, ANON_AT, 1);
		e.cause = MMT_CAUSE_MERGE;
		SEND(t, MMT_TIER_FENTRY, 0);
	}
	{
		NEW(VMA_UNMAP, vma_unmap);
		e.addr = DEV_AT;
		e.len = 0x10000;
		e.bytes = 0x4000;
		e.origin = MMT_ORIGIN_MUNMAP;
		SEND(t, MMT_TIER_FENTRY, 0);
	}
	{
		NEW(DRIVER_CLOSE, driver_close);
		DEVICE_VMA(e, DEV_AT, 4);
		e.func = F_CLOSE;
		SEND(t, MMT_TIER_KPROBE, 380);
	}
	{
		NEW(MUNMAP, munmap);
		e.addr = DEV_AT;
		e.len = 0x10000;
		e.bytes = 0x4000;
		SEND(t, MMT_TIER_RAW_TP, 9100);
	}
	{
		NEW(EXIT, exit);
		e.origin = MMT_ORIGIN_EXIT;
		SEND(t, MMT_TIER_TP_BTF, 0);
	}
}

#include "golden/story_calls.h"

/* Hands every item to fn, in order, and stops at the first failure. */
static int story(mmt_item_fn fn, void *ctx)
{
	struct teller t = { .fn = fn, .ctx = ctx, .us = 500 };
	struct mmt_item item = { .kind = MMT_I_HOOK };

	machine(&t);
	begin(&t);
	map_device(&t);
	map_others(&t);
	touch(&t);
	tell_advice(&t);
	tell_shared(&t);
	tell_reaches(&t);
	end(&t);
	item.hook = (struct mmt_hook_item){ "fault", "kprobe+perf", "no fentry", 1, 1 };
	if (!t.err)
		t.err = fn(ctx, &item);
	item.hook = (struct mmt_hook_item){ "object", "none", "no fentry", 1, 0 };
	if (!t.err)
		t.err = fn(ctx, &item);
	item.kind = MMT_I_LOSS;
	item.loss = (struct mmt_loss_item){ MMT_LOSS_RING, MMT_EV_FAULT, 2 };
	return t.err ? t.err : fn(ctx, &item);
}

#endif
