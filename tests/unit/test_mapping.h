/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What tests of mappings share: changes told in pages, and mappings asked for by place and by name. */
#ifndef TESTS_UNIT_TEST_MAPPING_H
#define TESTS_UNIT_TEST_MAPPING_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/ranges.h"

#define PAGE 4096ULL
#define HDR(id, m, p)                                                                                       \
	{                                                                                                   \
		.type = MMT_EV_##id, .mm = (m), .pid = (p), .tid = (p), .have = MMT_HAVE_ALL(id), .call = 1 \
	}
/* A VMA of a device file, and a change of all of it. */
#define VMA(e, from, to)                                                                                      \
	((e).vma_start = (from)*PAGE, (e).vma_end = (to)*PAGE, (e).pgoff = (from), (e).file = 7, (e).ino = 7, \
	 (e).vm_flags = 3)
#define ALL(e, from, to) (VMA(e, from, to), (e).addr = (from)*PAGE, (e).len = ((to) - (from)) * PAGE)

static struct ranges *l;

static int setup(void **state)
{
	(void)state;
	l = ranges_new(PAGE);
	return l ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	ranges_free(l);
	return 0;
}

__attribute__((unused)) static void map(uint32_t mm, uint64_t from, uint64_t to)
{
	struct mmt_ev_vma_map e = { .h = HDR(VMA_MAP, mm, mm), .origin = MMT_ORIGIN_MMAP };

	ALL(e, from, to);
	ranges_event(l, &e.h);
}

__attribute__((unused)) static void anon(uint32_t mm, uint64_t from, uint64_t to, uint32_t origin)
{
	struct mmt_ev_vma_map e = { .h = HDR(VMA_MAP, mm, mm), .origin = origin };

	ALL(e, from, to);
	e.file = e.ino = 0;
	ranges_event(l, &e.h);
}

__attribute__((unused)) static void unmap(uint32_t mm, uint64_t from, uint64_t to, uint32_t origin)
{
	struct mmt_ev_vma_unmap e = { .h = HDR(VMA_UNMAP, mm, mm), .origin = origin };

	e.addr = from * PAGE;
	e.len = (to - from) * PAGE;
	ranges_event(l, &e.h);
}

__attribute__((unused)) static void prot(uint32_t mm, uint64_t from, uint64_t to)
{
	struct mmt_ev_vma_prot e = { .h = HDR(VMA_PROT, mm, mm), .origin = MMT_ORIGIN_MPROTECT };

	ALL(e, from, to);
	e.vm_flags = 1;
	ranges_event(l, &e.h);
}

__attribute__((unused)) static void move(uint32_t mm, uint64_t from, uint64_t pages, uint64_t to, uint64_t new_pages)
{
	struct mmt_ev_vma_move e = { .h = HDR(VMA_MOVE, mm, mm), .origin = MMT_ORIGIN_MREMAP };

	ALL(e, to, to + new_pages);
	e.pgoff = from;
	e.old_addr = from * PAGE;
	e.old_len = pages * PAGE;
	ranges_event(l, &e.h);
}

__attribute__((unused)) static void dup(uint32_t from_mm, uint32_t mm, uint64_t from, uint64_t to)
{
	struct mmt_ev_vma_dup e = { .h = HDR(VMA_DUP, mm, from_mm), .from_mm = from_mm };

	ALL(e, from, to);
	ranges_event(l, &e.h);
}

__attribute__((unused)) static void ends(uint32_t mm, uint32_t origin)
{
	struct mmt_ev_exit e = { .h = HDR(EXIT, mm, mm), .origin = origin };

	ranges_event(l, &e.h);
}

__attribute__((unused)) static const struct mapping *at(uint32_t mm, uint64_t page)
{
	struct mmt_hdr h = { .mm = mm, .pid = mm, .tid = mm };

	return ranges_mapping(l, &h, page * PAGE, false);
}

__attribute__((unused)) static const struct mapping *was_at(uint32_t mm, uint64_t page)
{
	struct mmt_hdr h = { .mm = mm, .pid = mm, .tid = mm };

	return ranges_mapping(l, &h, page * PAGE, true);
}

#define IS(mm, page, name)                                   \
	do {                                                 \
		assert_non_null(at(mm, page));               \
		assert_string_equal(at(mm, page)->id, name); \
	} while (0)

struct search {
	const char *id;
	const struct mapping *found;
};

__attribute__((unused)) static void is_it(void *ctx, const struct mapping *m)
{
	struct search *s = ctx;

	if (!strcmp(m->id, s->id))
		s->found = m;
}

/* By its id, also when it is closed. */
__attribute__((unused)) static const struct mapping *named(const char *id)
{
	struct search s = { .id = id };

	ranges_each_mapping(l, is_it, &s);
	return s.found;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
