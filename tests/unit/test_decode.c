// LINK: event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/decode.h"
#include "event/value.h"

/* A copy that ends exactly where it says: a read behind it is seen by the sanitizers. */
static enum decode_result decode_exactly(const void *data, size_t size, struct decoded *d)
{
	void *copy = malloc(size ? size : 1);
	enum decode_result r;

	memcpy(copy, data, size);
	r = decode_record(copy, size, d);
	free(copy);
	return r;
}

static bool empty(const struct decoded *d)
{
	return !d->event && !d->ev && !d->name && !d->path && !d->func && !d->sync && !d->iomem && !d->memtype &&
	       !d->comm && !d->resident;
}

static void test_every_event_cut_at_every_byte(void **state)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);
	struct decoded d;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct mmt_hdr *h = calloc(1, ev[i].size);

		h->type = ev[i].num;
		h->size = ev[i].size;
		h->have = MMT_HAVE_DUR | ((1ULL << ev[i].nfields) - 1);
		for (size_t cut = 0; cut < ev[i].size; cut++) {
			assert_int_equal(decode_exactly(h, cut, &d), DECODE_SHORT);
			assert_true(empty(&d));
		}
		assert_int_equal(decode_exactly(h, ev[i].size, &d), DECODE_OK);
		assert_ptr_equal(d.ev, &ev[i]);
		/* A field that the schema does not have. */
		h->have = 1ULL << ev[i].nfields;
		assert_int_equal(decode_exactly(h, ev[i].size, &d), DECODE_RANGE);
		assert_true(empty(&d));
		free(h);
	}
}

static void test_wrong_headers(void **state)
{
	struct mmt_ev_brk e = { .h = { .type = MMT_EV_BRK, .size = sizeof(e) } };
	struct decoded d;

	(void)state;
	assert_int_equal(decode_record(&e, sizeof(e), &d), DECODE_OK);
	e.h.size = sizeof(e) - 8;
	assert_int_equal(decode_record(&e, sizeof(e), &d), DECODE_SIZE);
	e.h.size = 0;
	assert_int_equal(decode_record(&e, sizeof(e), &d), DECODE_SIZE);
	e.h.size = sizeof(e);
	e.h.tier = MMT_TIER_MAX;
	assert_int_equal(decode_record(&e, sizeof(e), &d), DECODE_RANGE);
	e.h.tier = 0;
	for (unsigned type = 0; type < 0x10000; type++) {
		if (schema_event(type) || (type > MMT_ITEM_FIRST && type <= MMT_ITEM_RESIDENT))
			continue;
		e.h.type = (uint16_t)type;
		assert_int_equal(decode_record(&e, sizeof(e), &d), DECODE_UNKNOWN);
		assert_true(empty(&d));
	}
}

/* Golden bytes: the layout of a record on a little-endian machine, written by hand. */
static void test_bytes_of_an_munmap(void **state)
{
	static const _Alignas(8) unsigned char bytes[] = {
		2,    0,    88,	  0,	4, 1, 3, 0,    /* type, size, tier tp_btf, depth, cpu */
		0x15, 0xcd, 0x5b, 0x07, 0, 0, 0, 0,    /* ts_ns 123456789 */
		0xe8, 0x03, 0,	  0,	0, 0, 0, 0,    /* dur_ns 1000 */
		0x0b, 0,    0,	  0,	0, 0, 0, 0x80, /* have: addr, len, ret, dur */
		7,    0,    0,	  0,	8, 0, 0, 0,    /* pid, tid */
		9,    0,    0,	  0,	5, 0, 0, 0,    /* mm, call */
		0,    0,    0,	  0,	0, 0, 0, 0,    /* kstack, ustack */
		0,    0x10, 0,	  0,	0, 0, 0, 0,    /* addr */
		0,    0x20, 0,	  0,	0, 0, 0, 0,    /* len */
		0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,    /* bytes: absent whatever stands there */
		0xea, 0xff, 0xff, 0xff, 0, 0, 0, 0,    /* ret -22, compat absent */
	};
	struct decoded d;
	uint64_t v;

	(void)state;
	assert_int_equal(decode_record(bytes, sizeof(bytes), &d), DECODE_OK);
	assert_string_equal(d.ev->name, "munmap");
	assert_int_equal(d.event->ts_ns, 123456789);
	assert_int_equal(d.event->dur_ns, 1000);
	assert_int_equal(d.event->pid, 7);
	assert_int_equal(d.event->mm, 9);
	assert_true(value_get(d.event, d.ev, "addr", &v));
	assert_int_equal(v, 0x1000);
	assert_true(value_get(d.event, d.ev, "len", &v));
	assert_int_equal(v, 0x2000);
	assert_false(value_get(d.event, d.ev, "bytes", &v));
	assert_true(value_get(d.event, d.ev, "ret", &v));
	assert_int_equal((int64_t)v, -22);
	assert_false(value_get(d.event, d.ev, "compat", &v));
	assert_false(value_get(d.event, d.ev, "nothing", &v));
}

static void test_names(void **state)
{
	struct {
		struct mmt_name n;
		char text[8];
	} r = { .n = { .type = MMT_ITEM_NAME, .size = sizeof(r), .key = 5 }, .text = "seven77" };
	struct decoded d;

	(void)state;
	assert_int_equal(decode_exactly(&r, sizeof(r), &d), DECODE_OK);
	for (size_t cut = 0; cut < sizeof(r); cut++)
		assert_int_equal(decode_exactly(&r, cut, &d), DECODE_SHORT);
	memcpy(r.text, "without ", 8); /* no end */
	assert_int_equal(decode_exactly(&r, sizeof(r), &d), DECODE_RANGE);
	r.n.size = sizeof(r.n) - 1;
	assert_int_equal(decode_exactly(&r, sizeof(r), &d), DECODE_SHORT);
	r.n.size = sizeof(r.n); /* room for no text at all */
	assert_int_equal(decode_exactly(&r, sizeof(r), &d), DECODE_RANGE);
}

static void test_iomem(void **state)
{
	struct {
		struct mmt_iomem r;
		char text[8];
	} r = { .r = { .type = MMT_ITEM_IOMEM, .size = sizeof(r), .start = 0x1000, .end = 0x2000 }, .text = "seven77" };
	struct decoded d;

	(void)state;
	assert_int_equal(decode_exactly(&r, sizeof(r), &d), DECODE_OK);
	assert_non_null(d.iomem);
	for (size_t cut = 0; cut < sizeof(r); cut++)
		assert_int_equal(decode_exactly(&r, cut, &d), DECODE_SHORT);
	r.r.end = 0x1000;
	assert_int_equal(decode_exactly(&r, sizeof(r), &d), DECODE_RANGE);
	r.r.end = 0x2000;
	memcpy(r.text, "without ", 8); /* no end */
	assert_int_equal(decode_exactly(&r, sizeof(r), &d), DECODE_RANGE);
	assert_true(empty(&d));
	r.r.size = sizeof(r.r) - 1;
	assert_int_equal(decode_exactly(&r, sizeof(r), &d), DECODE_SHORT);
	r.r.size = sizeof(r.r);
	assert_int_equal(decode_exactly(&r, sizeof(r), &d), DECODE_RANGE);
}

static void test_memtype(void **state)
{
	struct mmt_memtype r = { .type = MMT_ITEM_MEMTYPE, .size = sizeof(r) };
	struct decoded d;

	(void)state;
	assert_int_equal(decode_exactly(&r, sizeof(r), &d), DECODE_OK);
	assert_non_null(d.memtype);
	assert_int_equal(decode_exactly(&r, sizeof(r) - 1, &d), DECODE_SHORT);
	r.size -= 8;
	assert_int_equal(decode_exactly(&r, sizeof(r), &d), DECODE_SIZE);
	assert_true(empty(&d));
}

static void test_paths(void **state)
{
	static struct mmt_path p = { .type = MMT_ITEM_PATH, .key = 1, .used = 8, .text = "leaf\0up" };
	size_t size = offsetof(struct mmt_path, text) + 8;
	struct decoded d;

	(void)state;
	p.size = (uint16_t)size;
	assert_int_equal(decode_exactly(&p, size, &d), DECODE_OK);
	for (size_t cut = 0; cut < size; cut++)
		assert_int_equal(decode_exactly(&p, cut, &d), DECODE_SHORT);
	p.used = 9; /* more than the record holds */
	assert_int_equal(decode_exactly(&p, size, &d), DECODE_RANGE);
	assert_int_equal(decode_record(&p, size, &d), DECODE_RANGE); /* also when what lies behind would do */
	p.used = 7;						     /* last component without end */
	assert_int_equal(decode_exactly(&p, size, &d), DECODE_RANGE);
	p.deleted = MMT_PATH_PSEUDO; /* its text is one string, whatever used says */
	assert_int_equal(decode_exactly(&p, size, &d), DECODE_OK);
	memset(p.text, 'x', 8);
	assert_int_equal(decode_exactly(&p, size, &d), DECODE_RANGE);
	p.deleted = 0;
	p.used = 0; /* the root itself */
	assert_int_equal(decode_exactly(&p, size, &d), DECODE_OK);
}

/* A recording may say so, and no kernel side does. */
static void test_a_path_longer_than_its_room(void **state)
{
	static union {
		struct mmt_path p;
		char room[4096];
	} u = { .p = { .type = MMT_ITEM_PATH, .size = sizeof(u), .key = 1 } };
	struct decoded d;

	(void)state;
	for (u.p.used = 0; u.p.used < 4000; u.p.used += 1000)
		assert_int_equal(decode_exactly(&u.p, sizeof(u), &d), DECODE_SIZE);
	u.p.used = 0;
	u.p.size = sizeof(struct mmt_path);
	assert_int_equal(decode_exactly(&u.p, sizeof(u.p), &d), DECODE_OK);
}

static void test_stacks(void **state)
{
	struct mmt_stack s = {
		.type = MMT_ITEM_STACK, .id = 9, .nr = 3, .kind = MMT_STACK_KERNEL, .addr = { 1, 2, 3 }
	};
	size_t size = s.size = offsetof(struct mmt_stack, addr) + 3 * sizeof(s.addr[0]);
	struct decoded d;

	(void)state;
	assert_int_equal(decode_exactly(&s, size, &d), DECODE_OK);
	assert_int_equal(decode_exactly(&s, sizeof(s), &d), DECODE_OK); /* as it lies in the ring */
	for (size_t cut = 0; cut < size; cut++)
		assert_int_equal(decode_exactly(&s, cut, &d), DECODE_SHORT);
	s.nr = 2; /* says less than it has room for */
	assert_int_equal(decode_exactly(&s, sizeof(s), &d), DECODE_SIZE);
	s.nr = MMT_STACK_DEPTH + 1;
	assert_int_equal(decode_exactly(&s, sizeof(s), &d), DECODE_RANGE);
	s.nr = 0;
	assert_int_equal(decode_exactly(&s, sizeof(s), &d), DECODE_RANGE);
	s.nr = 3;
	s.kind = MMT_STACK_USER + 1;
	assert_int_equal(decode_exactly(&s, sizeof(s), &d), DECODE_RANGE);
	s.kind = MMT_STACK_USER;
	s.id = 0;
	assert_int_equal(decode_exactly(&s, sizeof(s), &d), DECODE_RANGE);
	assert_true(empty(&d));
}

static void test_other_items(void **state)
{
	struct mmt_func f = { .type = MMT_ITEM_FUNC, .size = sizeof(f), .func = 1 };
	struct mmt_sync s = { .type = MMT_ITEM_SYNC, .size = sizeof(s), .what = MMT_SYNC_IMPORT_END };
	struct decoded d;

	(void)state;
	assert_int_equal(decode_exactly(&f, sizeof(f), &d), DECODE_OK);
	assert_int_equal(decode_exactly(&s, sizeof(s), &d), DECODE_OK);
	for (size_t cut = 0; cut < sizeof(f); cut++)
		assert_int_equal(decode_exactly(&f, cut, &d), DECODE_SHORT);
	f.size = s.size = 8;
	assert_int_equal(decode_exactly(&f, sizeof(f), &d), DECODE_SIZE);
	assert_int_equal(decode_exactly(&s, sizeof(s), &d), DECODE_SIZE);
}

/* Whatever bytes come: an answer, no crash, and nothing set unless it is fine. */
static void test_noise(void **state)
{
	uint64_t seed = 88172645463325252ULL, words[40];
	unsigned fine = 0;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		struct decoded d;
		size_t size;
		enum decode_result r;

		for (size_t i = 0; i < sizeof(words) / 8; i++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			words[i] = i == 3 ? seed & 3 : seed;
		}
		size = seed % (sizeof(words) + 1);
		/* Mostly plausible heads, else nothing but "unknown" is ever tried. */
		if (round & 1) {
			struct mmt_hdr *h = (void *)words;

			h->type = round % 5 ? round % 90 : MMT_ITEM_FIRST + round % 5;
			h->size = schema_event(h->type) ? schema_event(h->type)->size : seed % 320;
			h->tier %= MMT_TIER_MAX + 1;
		}
		r = decode_record(words, size, &d);
		assert_true(r < DECODE_RESULTS);
		assert_true((r == DECODE_OK) != empty(&d));
		fine += r == DECODE_OK;
	}
	assert_true(fine > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_event_cut_at_every_byte),
		cmocka_unit_test(test_wrong_headers),
		cmocka_unit_test(test_bytes_of_an_munmap),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_iomem),
		cmocka_unit_test(test_memtype),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_a_path_longer_than_its_room),
		cmocka_unit_test(test_other_items),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
