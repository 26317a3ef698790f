// LINK: record event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Recordings of other versions: events and fields are found by name. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "record/again.h"
#include "record/layout.h"

static void put_event(struct layouts *l, uint16_t num, const char *name, uint16_t bytes)
{
	struct rec_event e = { .type = REC_EVENT, .size = sizeof(e), .num = num, .bytes = bytes };

	strncpy(e.name, name, REC_NAME - 1);
	assert_int_equal(layouts_block(l, &e, sizeof(e)), 0);
}

static int put_field(struct layouts *l, const char *name, uint16_t offset, uint8_t wire, uint8_t have)
{
	struct rec_field f = {
		.type = REC_FIELD, .size = sizeof(f), .offset = offset, .wire = wire, .count = 1, .have = have
	};

	strncpy(f.name, name, REC_NAME - 1);
	return layouts_block(l, &f, sizeof(f));
}

/* An older munmap: another number, len before addr and only 32 bits wide, a field nobody knows any more, no ret. */
struct old_munmap {
	struct mmt_hdr h;
	uint32_t len, colour;
	uint64_t addr;
};

static void test_other_layout(void **state)
{
	struct old_munmap old = { .h = { .type = 99, .size = sizeof(old), .ts_ns = 5 }, .len = 8, .addr = 4096 };
	struct layouts *l = layouts_new();
	const struct mmt_ev_munmap *e;
	const void *out;
	size_t size;

	(void)state;
	put_event(l, 99, "munmap", sizeof(old));
	assert_int_equal(put_field(l, "len", offsetof(struct old_munmap, len), MMT_W_U32, 0), 0);
	assert_int_equal(put_field(l, "colour", offsetof(struct old_munmap, colour), MMT_W_U32, 1), 0);
	assert_int_equal(put_field(l, "addr", offsetof(struct old_munmap, addr), MMT_W_U64, 2), 0);
	put_event(l, 100, "teleport", sizeof(old));
	assert_int_equal(layouts_ready(l, sizeof(struct mmt_hdr)), 0);
	old.h.have = MMT_HAVE_DUR | 7;
	assert_int_equal(layouts_take(l, &old, sizeof(old), &out, &size), LAYOUT_TAKEN);
	e = out;
	assert_int_equal(size, sizeof(*e));
	assert_int_equal(e->h.type, MMT_EV_MUNMAP);
	assert_int_equal(e->h.size, sizeof(*e));
	assert_int_equal(e->h.ts_ns, 5);
	assert_int_equal(e->len, 8);
	assert_int_equal(e->addr, 4096);
	assert_int_equal(e->h.have, MMT_HAVE_DUR | MMT_HAVE(MUNMAP, addr) | MMT_HAVE(MUNMAP, len));
	old.h.have = 4;
	assert_int_equal(layouts_take(l, &old, sizeof(old), &out, &size), LAYOUT_TAKEN);
	e = out;
	assert_int_equal(e->h.have, MMT_HAVE(MUNMAP, addr));
	assert_int_equal(e->len, 8); /* not claimed, but as it was */
	assert_int_equal(layouts_take(l, &old, sizeof(old) - 8, &out, &size), LAYOUT_BAD);
	old.h.type = 100;
	assert_int_equal(layouts_take(l, &old, sizeof(old), &out, &size), LAYOUT_UNKNOWN);
	old.h.type = 3;
	assert_int_equal(layouts_take(l, &old, sizeof(old), &out, &size), LAYOUT_UNKNOWN);
	layouts_free(l);
}

static void test_layouts_that_cannot_be(void **state)
{
	struct layouts *l = layouts_new();

	(void)state;
	put_event(l, 1, "mmap", 64);
	assert_int_equal(put_field(l, "addr", 60, MMT_W_U64, 0), -EBADMSG);  /* reaches over the end */
	assert_int_equal(put_field(l, "addr", 56, 77, 0), -EBADMSG);	     /* no such kind */
	assert_int_equal(put_field(l, "addr", 56, MMT_W_U64, 63), -EBADMSG); /* that bit is the duration's */
	assert_int_equal(put_field(l, "", 56, MMT_W_U64, 0), -EBADMSG);
	put_event(l, 2, "munmap", 8);
	assert_int_equal(layouts_ready(l, sizeof(struct mmt_hdr)), -EBADMSG); /* shorter than a header */
	layouts_free(l);
}

/* ---- events told from the one before ---- */

static bool again(struct again *g, uint32_t mask, unsigned words, uint64_t first)
{
	uint64_t room[1 + AGAIN_WORDS + 1] = { 0 };
	struct rec_again *r = (void *)room;

	r->type = REC_AGAIN;
	r->size = (uint16_t)(sizeof(*r) + words * 8);
	r->mask = mask;
	r->word[0] = first;
	return again_take(g, r, r->size);
}

static uint64_t first_word(uint16_t type, uint16_t size)
{
	struct mmt_hdr h = { .type = type, .size = size };
	uint64_t word;

	memcpy(&word, &h, sizeof(word));
	return word;
}

static void test_again_that_cannot_be(void **state)
{
	struct mmt_ev_munmap e = { .h = { .type = MMT_EV_MUNMAP, .size = sizeof(e), .ts_ns = 7 }, .len = 1 };
	struct again g = { 0 }, was;
	char big[AGAIN_WORDS * 8 + 8] = { 0 };

	(void)state;
	assert_false(again(&g, 2, 1, 8)); /* from none */
	again_note(&g, big, sizeof(big));
	assert_false(again(&g, 2, 1, 8)); /* nor from one that is too long */
	again_note(&g, &e, sizeof(e));
	was = g;
	assert_true(again(&g, 2, 1, 8));
	e.h.ts_ns = 8;
	assert_memory_equal(g.word, &e, sizeof(e));
	assert_true(again(&g, 0, 0, 0));
	assert_memory_equal(g.word, &e, sizeof(e));
	assert_false(again(&g, 2, 2, 8));					 /* more words than bits */
	assert_false(again(&g, 6, 1, 8));					 /* fewer */
	assert_false(again(&g, 1u << sizeof(e) / 8, 1, 8));			 /* behind its end */
	assert_false(again(&g, 1, 1, first_word(MMT_EV_MUNMAP, sizeof(e) + 8))); /* it says that it is longer */
	g = was;
	assert_false(again(&g, 1, 1, first_word(0x8001, sizeof(e)))); /* no event */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_layout),
		cmocka_unit_test(test_layouts_that_cannot_be),
		cmocka_unit_test(test_again_that_cannot_be),
	};

	return cmocka_run_group_tests_name("record_layout", tests, NULL, NULL);
}
