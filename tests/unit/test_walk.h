/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the tests of walks share: a walk told VMA by VMA, and what the ledger says of it. */
#ifndef MMTRACE_TEST_WALK_H
#define MMTRACE_TEST_WALK_H

#include "unit/test_mapping.h"

static struct {
	unsigned n;
	struct ranges_diff last;
	struct range ledger, kernel;
} told;

static inline void note(void *ctx, const struct ranges_diff *d)
{
	(void)ctx;
	told.n++;
	told.last = *d;
	if (d->ledger)
		told.ledger = *d->ledger;
	if (d->kernel)
		told.kernel = *d->kernel;
}

static inline int setup_walk(void **state)
{
	memset(&told, 0, sizeof(told));
	if (setup(state))
		return -1;
	ranges_on_diff(l, note, NULL);
	return 0;
}
#define W(f) cmocka_unit_test_setup_teardown(f, setup_walk, teardown)

static inline void mark(uint32_t mm, uint32_t what)
{
	struct mmt_sync m = { .type = MMT_ITEM_SYNC, .size = sizeof(m), .what = what, .mm = mm, .pid = mm };

	ranges_sync(l, &m);
}

static inline void vma(uint32_t mm, uint64_t from, uint64_t to, uint64_t ino, uint64_t vm_flags)
{
	struct mmt_ev_vma_walk e = { .h = HDR(VMA_WALK, mm, mm) };

	ALL(e, from, to);
	e.ino = e.file = ino;
	e.vm_flags = vm_flags;
	ranges_event(l, &e.h);
}

#define BEGIN(mm) mark(mm, MMT_SYNC_WALK_BEGIN)
#define END(mm)	  mark(mm, MMT_SYNC_WALK_END)

/* Differences that were told, when all has been. */
static inline unsigned differences(void)
{
	ranges_settle(l);
	return told.n;
}

#endif
