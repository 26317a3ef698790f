// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/flight_keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "event/flags.h"
#include "ledger/ranges.h"
#include "mmtrace/map.h"
#include "mmtrace/wire/names.h"
#include "record/format.h"

struct keep {
	struct pipeline *pipeline;
	struct mmt_sink sink; /* so that it decodes; all it does is to know the state */
	struct buf items;     /* names, stacks and the like, as they came */
	struct map seen;      /* hash of an item -> it is in items */
	uint32_t page_size;
	uint64_t lost;
};

static int see(struct mmt_sink *s, const struct mmt_view *v)
{
	(void)s;
	(void)v; /* the ledger has taken it */
	return 0;
}

struct keep *keep_new(uint32_t page_size, bool blind, uint32_t child)
{
	struct pipeline_opts o = { .page_size = page_size, .blind = blind, .child = child, .nsinks = 1 };
	struct keep *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->sink.event = see;
	k->page_size = page_size;
	k->items.max = KEEP_BYTES_MAX;
	o.sinks[0] = &k->sink;
	k->pipeline = pipeline_new(&o);
	if (k->pipeline)
		return k;
	free(k);
	return NULL;
}

void keep_free(struct keep *k)
{
	if (!k)
		return;
	pipeline_free(k->pipeline);
	buf_free(&k->items);
	map_free(&k->seen);
	free(k);
}

/* Of what is told once and used for ever after. */
static bool lasts(uint16_t type)
{
	return type == MMT_ITEM_NAME || type == MMT_ITEM_PATH || type == MMT_ITEM_STACK || type == MMT_ITEM_IOMEM ||
	       type == MMT_ITEM_MEMTYPE;
}

static void keep_item(struct keep *k, const void *item, size_t size)
{
	static const char zeros[8];
	uint64_t hash = rec_sum(0, item, size);
	size_t was = k->items.len;

	if (map_get(&k->seen, hash ? hash : 1))
		return;
	buf_put(&k->items, item, size);
	buf_put(&k->items, zeros, -size & 7);
	if (!k->items.err && !map_put(&k->seen, hash ? hash : 1, k))
		return;
	k->items.len = was;
	k->items.err = 0;
	k->lost++;
}

int keep_record(struct keep *k, const void *record, size_t size)
{
	struct mmt_item item = { .kind = MMT_I_RECORD, .data = record, .size = size };
	uint16_t type = *(const uint16_t *)record;

	if (lasts(type))
		keep_item(k, record, size);
	return pipeline_item(k->pipeline, &item);
}

uint64_t keep_lost(const struct keep *k)
{
	return k->lost;
}

/* ---- telling it ---- */

struct telling {
	struct keep *k;
	uint64_t ts_ns;
	uint32_t mm, pid;
	int (*fn)(void *ctx, const void *record, size_t size);
	void *ctx;
	int err;
	struct range held; /* not told yet: the next one may continue it; map NULL: none */
};

static void tell(struct telling *t, const void *record, size_t size)
{
	if (!t->err)
		t->err = t->fn(t->ctx, record, size);
}

static void tell_items(struct telling *t)
{
	const char *at = t->k->items.data, *end = at + t->k->items.len;

	while (at < end && !t->err) {
		const struct rec_block_head *h = (const void *)at;

		tell(t, at, h->size);
		at += (h->size + 7u) & ~7u;
	}
}

static void tell_comm(struct telling *t, uint32_t pid, const char *comm)
{
	struct mmt_comm c = { .type = MMT_ITEM_COMM, .size = sizeof(c), .pid = pid };

	strncpy(c.comm, comm, sizeof(c.comm) - 1);
	if (pid)
		tell(t, &c, sizeof(c));
}

#define HAVE(field) MMT_HAVE(VMA_IMPORT, field)

static void fill_file(struct mmt_ev_vma_import *e, const struct range *r)
{
	e->file = r->file;
	e->ops = r->ops;
	e->ino = r->ino;
	e->dev = r->dev;
	e->rdev = r->rdev;
	e->h.have |= (r->file ? HAVE(file) : 0) | (r->ops ? HAVE(ops) : 0) | (r->rdev ? HAVE(rdev) : 0);
	if (r->ino)
		e->h.have |= HAVE(ino) | HAVE(dev);
}

/* What /proc calls mappings without a file; they have no name of their own to be found by. */
static uint64_t tell_name(struct telling *t, unsigned kind)
{
	static const char *const names[] = {
		[RANGE_HEAP] = "[heap]", [RANGE_STACK] = "[stack]", [RANGE_SPECIAL] = "[special]"
	};
	const char *name = kind < MMT_COUNT(names) ? names[kind] : NULL;
	struct {
		struct mmt_name n;
		char text[16];
	} u = { .n = { .type = MMT_ITEM_NAME, .size = sizeof(u), .kind = MMT_NAME_PATH } };

	if (!name)
		return 0;
	u.n.key = rec_sum(0, name, strlen(name));
	strncpy(u.text, name, sizeof(u.text) - 1);
	tell(t, &u, sizeof(u));
	return u.n.key;
}

/* As far as /proc tells them: the rest of what is not known is not told. */
static void fill_flags(struct mmt_ev_vma_import *e, const struct range *r)
{
	e->vm_flags = r->vm_flags;
	if (r->has_flags)
		e->h.have |= HAVE(vm_flags);
	else if (r->has_perms || r->guessed)
		e->h.tier = MMT_TIER_PROC;
}

static void tell_held(struct telling *t)
{
	const struct range *r = &t->held;
	struct mmt_ev_vma_import e = { .h = { .type = MMT_EV_VMA_IMPORT,
					      .size = sizeof(e),
					      .ts_ns = t->ts_ns,
					      .mm = t->mm,
					      .pid = t->pid,
					      .tid = t->pid } };

	e.vma_start = e.addr = r->start;
	e.vma_end = r->end;
	e.len = r->end - r->start;
	e.pgoff = r->off / t->k->page_size;
	e.h.have = HAVE(vma_start) | HAVE(vma_end) | HAVE(addr) | HAVE(len) | HAVE(pgoff);
	fill_flags(&e, r);
	if (r->map->has_pgprot) {
		e.pgprot = r->map->pgprot;
		e.h.have |= HAVE(pgprot);
	}
	fill_file(&e, r);
	if (!e.file && !e.ino) {
		e.file = tell_name(t, r->kind);
		e.h.have |= e.file ? HAVE(file) : 0;
	}
	tell(t, &e, sizeof(e));
}

/* One mapping is imported as one where it differs in nothing that /proc shows: a stack that grew has other flags there. */
static bool continues(const struct range *a, const struct range *b)
{
	const uint64_t seen = FLAGS_VM_READ | FLAGS_VM_WRITE | FLAGS_VM_EXEC | FLAGS_VM_MAYSHARE;

	return a->map == b->map && a->end == b->start && !((a->vm_flags ^ b->vm_flags) & seen) &&
	       a->has_flags == b->has_flags && a->file == b->file &&
	       (!a->ino || a->off + (a->end - a->start) == b->off);
}

static void tell_range(void *ctx, const struct range *r)
{
	struct telling *t = ctx;

	if (t->held.map && continues(&t->held, r)) {
		t->held.end = r->end;
		return;
	}
	if (t->held.map)
		tell_held(t);
	t->held = *r;
}

static void tell_space(void *ctx, const struct ranges_space *s)
{
	struct telling *t = ctx;

	t->mm = s->mm;
	t->pid = s->pid;
	ranges_each(pipeline_ledger(t->k->pipeline), s->mm, s->pid, tell_range, t);
	if (t->held.map)
		tell_held(t);
	t->held.map = NULL;
}

static void tell_process(void *ctx, uint32_t pid, const char *comm)
{
	tell_comm(ctx, pid, comm);
}

int keep_tell(struct keep *k, uint64_t ts_ns, int (*fn)(void *ctx, const void *record, size_t size), void *ctx)
{
	struct telling t = { .k = k, .ts_ns = ts_ns, .fn = fn, .ctx = ctx };

	tell_items(&t);
	pipeline_each_comm(k->pipeline, tell_process, &t);
	ranges_each_space(pipeline_ledger(k->pipeline), tell_space, &t);
	return t.err;
}
