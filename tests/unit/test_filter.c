// LINK: filter event base enrich/memtype
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/schema.h"
#include "filter/filter.h"

static bool want[MMT_EV_MAX];
static struct filter_error err;

static unsigned wanted(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < MMT_EV_MAX; i++)
		n += want[i];
	return n;
}

static unsigned in_family(unsigned family)
{
	size_t n, hit = 0;
	const struct mmt_schema_event *ev = schema_events(&n);

	for (size_t i = 0; i < n; i++)
		hit += ev[i].family == family;
	return (unsigned)hit;
}

static void test_defaults(void **state)
{
	size_t n;

	(void)state;
	schema_events(&n);
	filter_defaults(want, false);
	assert_int_equal(wanted(), n - in_family(MMT_FAM_OBJECT) - in_family(MMT_FAM_TOTAL) - 3);
	/* what comes with page faults */
	assert_false(want[MMT_EV_FAULT] || want[MMT_EV_DRIVER_FAULT] || want[MMT_EV_DRIVER_MKWRITE]);
	assert_true(want[MMT_EV_DRIVER_SPLIT] && want[MMT_EV_DRIVER_ACCESS]);
	assert_true(want[MMT_EV_MMAP]);
	filter_defaults(want, true);
	assert_true(want[MMT_EV_FAULT] && want[MMT_EV_DRIVER_FAULT] && want[MMT_EV_DRIVER_MKWRITE]);
	assert_false(want[MMT_EV_VMA_NEW]);
}

static void test_events(void **state)
{
	size_t n;

	(void)state;
	schema_events(&n);
	filter_defaults(want, false);
	assert_int_equal(filter_events(want, "mmap,fault", true, &err), 0);
	assert_int_equal(wanted(), 2);
	assert_true(want[MMT_EV_MMAP] && want[MMT_EV_FAULT]);
	assert_int_equal(filter_events(want, "call", false, &err), 0); /* a second -e adds */
	assert_int_equal(wanted(), 1 + in_family(MMT_FAM_CALL));
	assert_int_equal(filter_events(want, "all,-change,-fault", true, &err), 0);
	assert_int_equal(wanted(), n - in_family(MMT_FAM_CHANGE) - in_family(MMT_FAM_FAULT) - in_family(MMT_FAM_TOTAL));
	filter_defaults(want, true);
	assert_int_equal(filter_events(want, "-mmap", true, &err), 0); /* a drop first: from the defaults */
	assert_int_equal(wanted(), n - in_family(MMT_FAM_OBJECT) - in_family(MMT_FAM_TOTAL) - 1);
}

static void refuse(const char *text, const char *word, const char *near)
{
	assert_int_equal(filter_events(want, text, true, &err), -EINVAL);
	assert_string_equal(err.word, word);
	if (near)
		assert_string_equal(err.near, near);
	else
		assert_null(err.near);
}

static void test_unknown_events(void **state)
{
	char big[300];

	(void)state;
	refuse("mmpa", "mmpa", "mmap");
	refuse("mmap,-falt", "-falt", "fault");
	refuse("mmap,,fault", "", NULL);
	refuse("", "", NULL);
	refuse("mmap,", "", NULL);
	refuse("MMAP2000000", "MMAP2000000", NULL);
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(filter_events(want, big, true, &err), -EINVAL);
	assert_int_equal(strlen(err.word), FILTER_WORD_MAX - 1);
}

/* What options ask for is not for -e, nor is it anybody's nearest word. */
static void test_by_option(void **state)
{
	static const char *const words[] = { "fault_split", "mmap,fault_key", "total", "all,-total" };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_int_equal(filter_events(want, words[i], true, &err), -ENOTSUP);
	assert_string_equal(err.word, "-total");
	assert_int_equal(filter_events(want, "fault_spli", true, &err), -EINVAL);
	assert_true(!err.near || strcmp(err.near, "fault_split"));
	assert_int_equal(filter_events(want, "all", true, &err), 0);
	assert_false(want[MMT_EV_FAULT_SPLIT] || want[MMT_EV_FAULT_KEY]);
}

static void test_kinds(void **state)
{
	struct filter f = { 0 };

	(void)state;
	assert_int_equal(filter_kinds(&f, "anon,cow", &err), 0);
	assert_int_equal(f.classes, 1u << MMT_FCLASS_ANON);
	assert_int_equal(f.kinds, 1u << MMT_FKIND_COW);
	assert_int_equal(filter_kinds(&f, "unknown", &err), -EINVAL); /* nobody's kind */
	assert_int_equal(filter_kinds(&f, "hugetbl", &err), -EINVAL);
	assert_string_equal(err.near, "hugetlb");
	assert_int_equal(filter_kinds(&f, "", &err), -EINVAL);
}

static struct mmt_ev_fault fault = { .h = { .type = MMT_EV_FAULT } };
static struct mmt_ev_mmap call = { .h = { .type = MMT_EV_MMAP } };

static bool unknown;

static bool match(const struct filter *f, const void *record, unsigned class)
{
	const struct mmt_hdr *h = record;
	struct mmt_view v = { .h = h, .ev = schema_event(h->type), .map_class = (uint8_t) class };

	unknown = false;
	return filter_match(f, &v, 0, &unknown);
}

/* -f goes with the others, and what it cannot say is not shown. */
static void test_expr(void **state)
{
	static const struct expr_scope all = { EXPR_EVENT, NULL };
	struct filter f = { .want = { [MMT_EV_FAULT] = true, [MMT_EV_MMAP] = true } };
	struct expr_error why;
	struct expr *e = expr_parse("kind == cow", 11, &all, &why);

	(void)state;
	f.expr = e;
	fault.h.have = MMT_HAVE(FAULT, kind);
	fault.kind = MMT_FKIND_COW;
	assert_true(match(&f, &fault, 0));
	assert_false(unknown);
	assert_false(match(&f, &call, 0)); /* no call has a kind: that is known */
	assert_false(unknown);
	fault.kind = MMT_FKIND_ANON;
	assert_false(match(&f, &fault, 0));
	assert_false(unknown);
	fault.h.have = 0;
	assert_false(match(&f, &fault, 0));
	assert_true(unknown);
	fault.kind = MMT_FKIND_COW;
	fault.h.have = MMT_HAVE(FAULT, kind);
	f.slower_ns = 1;
	assert_false(match(&f, &fault, 0));
	fault.h.have = 0;
	fault.kind = 0;
	expr_free(e);
}

static void test_match(void **state)
{
	struct filter all = { .want = { [MMT_EV_MMAP] = true, [MMT_EV_FAULT] = true } }, f = all;

	(void)state;
	assert_true(match(&f, &call, MMT_FCLASS_UNKNOWN));
	f.want[MMT_EV_MMAP] = false;
	assert_false(match(&f, &call, MMT_FCLASS_UNKNOWN));

	f = all;
	f.slower_ns = 1000;
	call.h.dur_ns = 1000;
	assert_false(match(&f, &call, 0)); /* a duration nobody measured is not slow */
	call.h.have = MMT_HAVE_DUR;
	assert_true(match(&f, &call, 0));
	call.h.dur_ns = 999;
	assert_false(match(&f, &call, 0));

	f = all;
	f.failed = true;
	call.h.have = MMT_HAVE_ALL(MMAP);
	call.ret = -ENOMEM;
	assert_true(match(&f, &call, 0));
	f.err = EINVAL;
	assert_false(match(&f, &call, 0));
	f.err = ENOMEM;
	assert_true(match(&f, &call, 0));
	call.ret = 0x7f0000000000;
	assert_false(match(&f, &call, 0));
}

static void test_match_kinds(void **state)
{
	struct filter f = { .want = { [MMT_EV_MMAP] = true, [MMT_EV_FAULT] = true } };

	(void)state;
	assert_int_equal(filter_kinds(&f, "pfn,cow", &err), 0);
	assert_true(match(&f, &call, MMT_FCLASS_PFN));
	assert_false(match(&f, &call, MMT_FCLASS_FILE));
	assert_false(match(&f, &call, MMT_FCLASS_UNKNOWN));
	fault.h.have = MMT_HAVE(FAULT, class) | MMT_HAVE(FAULT, kind);
	fault.class = MMT_FCLASS_ANON;
	fault.kind = MMT_FKIND_ZERO_PAGE;
	assert_false(match(&f, &fault, MMT_FCLASS_PFN)); /* the fault knows better than the ledger */
	fault.kind = MMT_FKIND_COW;
	assert_true(match(&f, &fault, MMT_FCLASS_ANON));
	fault.h.have = 0;
	assert_true(match(&f, &fault, MMT_FCLASS_PFN));
	fault.kind = 200; /* out of every mask */
	fault.h.have = MMT_HAVE(FAULT, kind);
	assert_false(match(&f, &fault, MMT_FCLASS_ANON));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),       cmocka_unit_test(test_events),
		cmocka_unit_test(test_unknown_events), cmocka_unit_test(test_by_option),
		cmocka_unit_test(test_kinds),	       cmocka_unit_test(test_expr),
		cmocka_unit_test(test_match),	       cmocka_unit_test(test_match_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
