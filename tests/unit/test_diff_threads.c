// LINK: diff stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Mappings of threads come in any order, and so do those that fork copied by their addresses: that is no difference, and does not hide one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "diff/compare.h"

/* A mapping: pages, and what was done to it in the end. */
struct made {
	const char *pages, *done;
};

enum how { ONE_THREAD, THREADS, COPIES };

static struct canon tell(struct texts *texts, enum how how, const struct made *made, size_t n)
{
	struct canon c = { .texts = texts, .release = "6.12", .child_status = -1 };
	struct canon_proc *p = canon_proc_new(&c, 1, 100);

	p->comm = texts_get(texts, "tool");
	p->threads = how == THREADS;
	for (size_t i = 0; i < n; i++) {
		struct canon_map *m = canon_map_new(&c, p);
		struct canon_entry e = { .key = texts_get(texts, made[i].done), .event = MMT_EV_MADVISE };

		e.said = e.key;
		m->name = texts_get(texts, "[anon]");
		m->copied = how == COPIES;
		canon_attr(&m->attrs, CANON_PAGES, texts_get(texts, made[i].pages));
		canon_entry(&c, &m->entries, &e);
	}
	return c;
}

/* How many differences there are. */
static size_t differ(enum how how, const struct made *a, size_t na, const struct made *b, size_t nb)
{
	struct texts texts = { 0 };
	struct canon one = tell(&texts, how, a, na), two = tell(&texts, how, b, nb);
	struct comparison k = { .run = { &one, &two }, .texts = &texts };
	size_t n;

	assert_int_equal(compare(&k), 0);
	n = k.n;
	compare_free(&k);
	canon_free(&one);
	canon_free(&two);
	texts_free(&texts);
	return n;
}

#define BUFFER                 \
	{                      \
		"16", "munmap" \
	}
#define STACK                     \
	{                         \
		"2049", "madvise" \
	}

static void test_any_order(void **state)
{
	static const struct made a[] = { BUFFER, BUFFER, STACK, BUFFER, STACK, BUFFER, { "16", "madvise" } },
				 b[] = { STACK, { "16", "madvise" }, BUFFER, BUFFER, STACK, BUFFER, BUFFER };

	(void)state;
	assert_int_equal(differ(THREADS, a, MMT_COUNT(a), b, MMT_COUNT(b)), 0);
	assert_int_equal(differ(COPIES, a, MMT_COUNT(a), b, MMT_COUNT(b)), 0);
	assert_true(differ(ONE_THREAD, a, MMT_COUNT(a), b, MMT_COUNT(b)));
}

static void test_what_is_other(void **state)
{
	static const struct made a[] = { BUFFER, STACK, BUFFER }, missing[] = { STACK, BUFFER },
				 larger[] = { STACK, BUFFER, { "17", "munmap" } };

	(void)state;
	assert_int_equal(differ(THREADS, a, MMT_COUNT(a), missing, MMT_COUNT(missing)), 1);
	assert_int_equal(differ(THREADS, a, MMT_COUNT(a), larger, MMT_COUNT(larger)), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_what_is_other),
	};

	return cmocka_run_group_tests_name("diff_threads", tests, NULL, NULL);
}
