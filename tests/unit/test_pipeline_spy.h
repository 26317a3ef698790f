/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What tests of the pipeline share: a sink that looks, and how records are made and fed. After cmocka.h. */
#ifndef TESTS_UNIT_TEST_PIPELINE_SPY_H
#define TESTS_UNIT_TEST_PIPELINE_SPY_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "event/value.h"
#include "stream/pipeline.h"

/* A sink that writes down what reached it. */
struct spy {
	struct mmt_sink s;
	char log[4096]; /* one letter per record: e event view, r raw event, n name; E end */
	char mapping[128], comm[32], ksym[64];
	int fail_at; /* that many views, then -ENOSPC */
	unsigned ended, class;
	uint64_t lost_items;
};

static void note(struct spy *s, char c)
{
	size_t n = strlen(s->log);

	if (n + 1 < sizeof(s->log))
		s->log[n] = c;
}

static int spy_event(struct mmt_sink *sink, const struct mmt_view *v)
{
	struct spy *s = (struct spy *)sink;
	uint64_t func;

	note(s, 'e');
	snprintf(s->mapping, sizeof(s->mapping), "%s", v->mapping ? v->mapping : "(none)");
	snprintf(s->comm, sizeof(s->comm), "%s", v->comm);
	s->class = v->map_class;
	if (value_get(v->h, v->ev, "func", &func)) {
		const char *name = v->names->get(v->names->ctx, func);

		snprintf(s->ksym, sizeof(s->ksym), "%s", name ? name : "(none)");
	}
	return s->fail_at && --s->fail_at == 0 ? -ENOSPC : 0;
}

static int spy_raw(struct mmt_sink *sink, const void *record, size_t size)
{
	const uint16_t *type = record;

	assert_true(size >= 4);
	note((struct spy *)sink, *type < MMT_ITEM_FIRST ? 'r' : 'n');
	return 0;
}

static int spy_item(struct mmt_sink *sink, const struct mmt_item *item)
{
	if (item->kind == MMT_I_LOSS)
		((struct spy *)sink)->lost_items += item->loss.count;
	return 0;
}

static int spy_end(struct mmt_sink *sink, const struct mmt_summary *sum)
{
	(void)sum;
	((struct spy *)sink)->ended++;
	return 0;
}

__attribute__((unused)) static struct spy new_spy(bool views, bool raw)
{
	struct spy s = { 0 };

	s.s.event = views ? spy_event : NULL;
	s.s.raw = raw ? spy_raw : NULL;
	s.s.item = spy_item;
	s.s.end = spy_end;
	return s;
}

__attribute__((unused)) static int feed(struct pipeline *p, const void *record, size_t size)
{
	struct mmt_item item = { .kind = MMT_I_RECORD };

	item.data = record;
	item.size = size;
	return pipeline_item(p, &item);
}
#define FEED(p, r) feed(p, &(r), sizeof(r))
#define HDR(id)                                                                                \
	{                                                                                      \
		.type = MMT_EV_##id, .size = sizeof(struct mmt_ev_##id##_), .mm = 1, .pid = 5, \
		.have = MMT_HAVE_ALL(id)                                                       \
	}
#define mmt_ev_DRIVER_MMAP_ mmt_ev_driver_mmap
#define mmt_ev_BRK_	    mmt_ev_brk
#define mmt_ev_EXEC_	    mmt_ev_exec
#define mmt_ev_MMAP_	    mmt_ev_mmap
#define mmt_ev_MUNMAP_	    mmt_ev_munmap
#define mmt_ev_FORK_	    mmt_ev_fork
#define mmt_ev_VMA_UNMAP_   mmt_ev_vma_unmap
#define mmt_ev_DEMO_	    mmt_ev_demo
#define mmt_ev_VMA_IMPORT_  mmt_ev_vma_import
#define mmt_ev_VMA_MAP_	    mmt_ev_vma_map
#define mmt_ev_FAULT_	    mmt_ev_fault
#define mmt_ev_FAULT_SPLIT_ mmt_ev_fault_split
#define mmt_ev_REMOTE_	    mmt_ev_remote
#define mmt_ev_MADVISE_	    mmt_ev_madvise
#define mmt_ev_SHMGET_	    mmt_ev_shmget
#define mmt_ev_SHMAT_	    mmt_ev_shmat
#define mmt_ev_SHMDT_	    mmt_ev_shmdt
#define mmt_ev_MEMFD_	    mmt_ev_memfd_create
#define mmt_ev_VMA_FREE_    mmt_ev_vma_free

#endif
