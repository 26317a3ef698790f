// LINK: filter event base enrich/memtype
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What of an expression is told to those who send events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/schema.h"
#include "filter/expr.h"

static const struct expr_scope events = { EXPR_EVENT, NULL };

static struct expr *parse(const char *text)
{
	struct expr_error err;
	struct expr *e = expr_parse(text, strlen(text), &events, &err);

	assert_non_null(e);
	return e;
}

static unsigned may(const char *text)
{
	struct expr *e = parse(text);
	unsigned n = 0;

	for (unsigned i = 0; i < MMT_EV_MAX; i++)
		n += expr_may_match(e, i);
	expr_free(e);
	return n;
}

/* Which events are asked of the kernel. */
static void test_may_match(void **state)
{
	size_t n;

	(void)state;
	schema_events(&n);
	assert_int_equal(may("pid == 1"), n);
	assert_int_equal(may("kind == cow"), 1);
	assert_int_equal(may("not kind == cow"), 1);
	assert_int_equal(may("not (kind == cow or pid == 1)"), 1);
	assert_int_equal(may("kind == cow or pid == 1"), n);
	assert_int_equal(may("event in (exec, exit, fork, shmget) and mapping.id == \"m1\""), 0);
	assert_int_equal(may("event in (mmap, fault, memfd_create, exec) and mapping.path ~ \"x\""), 3);
	assert_int_equal(may("event in (mmap, pfn_map) and memtype == wc"), 1);
	assert_int_equal(may("event == mmap"), 1);
	assert_int_equal(may("not event == mmap"), n - 1);
	assert_int_equal(may("event == mmap and kind == cow"), 0);
	assert_int_equal(may("event in (mmap, munmap) and failed"), 2);
	assert_int_equal(may("fault.kind == cow or mmap.len > 1M"), 2);
}

static void test_uses(void **state)
{
	struct expr *e = parse("kind == cow and lat > 5us or error == EPERM");

	(void)state;
	assert_int_equal(expr_uses(e, MMT_EV_FAULT), MMT_HAVE(FAULT, kind) | MMT_HAVE_DUR);
	assert_int_equal(expr_uses(e, MMT_EV_MMAP), MMT_HAVE(MMAP, ret) | MMT_HAVE_DUR);
	expr_free(e);
}

static void test_push(void **state)
{
	struct expr *e = parse("pid in (5, 7) and (comm == \"x\" and lat > 5us) and kind == cow");
	struct expr_push p;

	(void)state;
	expr_push(e, &p);
	assert_true(p.has_pids && p.npids == 2 && p.pid[0] == 5 && p.pid[1] == 7);
	assert_string_equal(p.comm, "x");
	assert_int_equal(p.slower_ns, 5001);
	assert_false(p.only || p.has_tids);
	expr_free(e);
	e = parse("pid == 5 and lat >= 5us");
	expr_push(e, &p);
	assert_true(p.only);
	assert_int_equal(p.slower_ns, 5000);
	expr_free(e);
	/* what may hold without them is not told */
	e = parse("pid == 5 or lat >= 5us");
	expr_push(e, &p);
	assert_true(!p.only && !p.has_pids && !p.slower_ns);
	expr_free(e);
	e = parse("not pid == 5 and pid != 6 and lat < 5us and lat >= 0");
	expr_push(e, &p);
	assert_true(!p.only && !p.has_pids && !p.slower_ns);
	expr_free(e);
	e = parse("pid == 5 and pid == 6");
	expr_push(e, &p);
	assert_true(!p.only && p.npids == 1);
	expr_free(e);
}

static bool note(void *ctx, const struct expr_use *u)
{
	char *all = ctx;

	strcat(all, u->own ? "own:" : u->object ? "object:" : "event:");
	strcat(strcat(all, u->field), " ");
	return strcmp(u->text, "addr") != 0;
}

/* What is taken is true from then on, and no longer asked. */
static void test_take(void **state)
{
	struct expr *e =
		parse("pid == 5 and signal == SIGBUS and lat >= 1us and mapping.id == \"m1\" and comm != \"x\"");
	struct mmt_hdr h = { .type = MMT_EV_EXIT, .pid = 6 };
	struct mmt_view v = { .h = &h, .ev = schema_event(MMT_EV_EXIT), .comm = "y" };
	struct expr_subject s = { .view = &v };
	struct expr_push p;
	char all[128] = "";

	(void)state;
	assert_true(expr_each(e, note, all));
	assert_string_equal(all, "event:pid own:signo event:lat object:id event:comm ");
	assert_int_equal(expr_eval(e, &s), EXPR_FALSE);
	expr_push_take(e, &p);
	assert_true(p.has_pids && p.slower_ns == 1000 && !p.only);
	all[0] = '\0';
	assert_true(expr_each(e, note, all));
	assert_string_equal(all, "own:signo object:id event:comm ");
	assert_int_equal(expr_eval(e, &s), EXPR_UNKNOWN);
	expr_free(e);
	e = parse("addr == 1 and pid == 2");
	all[0] = '\0';
	assert_false(expr_each(e, note, all));
	assert_string_equal(all, "own:addr ");
	expr_free(e);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_may_match),
		cmocka_unit_test(test_uses),
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
