// LINK: filter event base enrich/memtype
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What the language refuses, and where it says so; what it takes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/objects.h"
#include "filter/expr.h"

static const struct expr_scope events = { EXPR_EVENT, NULL };
static const struct expr_scope mappings = { EXPR_MAPPING, NULL };
static const struct expr_scope processes = { EXPR_PROCESS, NULL };

struct refusal {
	const char *text;
	unsigned at, len;
	const char *says; /* its beginning */
	const char *near;
};

static void refuse(const struct expr_scope *scope, const struct refusal *c)
{
	struct expr_error err;
	struct expr *e = expr_parse(c->text, strlen(c->text), scope, &err);

	if (e)
		fail_msg("'%s' was taken", c->text);
	if (strncmp(err.text, c->says, strlen(c->says)))
		fail_msg("'%s': says '%s'", c->text, err.text);
	if (err.at != c->at || err.len != c->len)
		fail_msg("'%s': at %u, %u bytes", c->text, err.at, err.len);
	if (strcmp(err.near, c->near))
		fail_msg("'%s': near '%s'", c->text, err.near);
}

static void test_grammar(void **state)
{
	static const struct refusal cases[] = {
		{ "", 0, 0, "a field is missing", "" },
		{ "   ", 3, 0, "a field is missing", "" },
		{ "(", 1, 0, "a field is missing", "" },
		{ ")", 0, 1, "a field is missing", "" },
		{ "()", 1, 1, "a field is missing", "" },
		{ "and", 0, 3, "a field is missing", "" },
		{ "pid == 1 and", 12, 0, "a field is missing", "" },
		{ "not", 3, 0, "a field is missing", "" },
		{ "pid ==", 6, 0, "a value is missing", "" },
		{ "pid == )", 7, 1, "a value is missing", "" },
		{ "pid", 0, 3, "pid is compared with nothing", "" },
		{ "(pid == 1", 0, 1, "no ) for this (", "" },
		{ "pid == 1)", 8, 1, "no ( for this )", "" },
		{ "pid == 1 pid == 2", 9, 3, "'and' or 'or' is missing", "" },
		{ "pid = 1", 4, 1, "write '=='", "" },
		{ "pid == 1 && tid == 1", 9, 2, "write 'and'", "" },
		{ "pid == 1 || tid == 1", 9, 2, "write 'or'", "" },
		{ "!failed", 0, 1, "write 'not'", "" },
		{ "pid =~ 1", 4, 2, "write '~'", "" },
		{ "pid == $1", 7, 1, "not a character", "" },
		{ "comm == \"x", 8, 1, "this string has no end", "" },
		{ "comm == \"x\\\"", 8, 1, "this string has no end", "" },
		{ "pid in 1", 7, 1, "a list is missing", "" },
		{ "pid in ()", 8, 1, "a value is missing", "" },
		{ "pid in (1", 9, 0, "',' or ')' is missing", "" },
		{ "pid in (1 2)", 10, 1, "',' or ')' is missing", "" },
		{ "pid in (1,)", 10, 1, "a value is missing", "" },
		{ "prot == (read, write)", 8, 1, "a value is missing", "" },
		{ "comm ~ \"[\"", 7, 3, "byte 1 of the pattern: no ] for this [", "" },
		{ "comm like \"a\\\\\"", 10, 5, "byte 2 of the pattern: nothing behind", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		refuse(&events, &cases[i]);
}

static void test_names(void **state)
{
	static const struct refusal cases[] = {
		{ "knid == cow", 0, 4, "no field 'knid'", "kind" },
		{ "xyzzyxyzzy == 1", 0, 10, "no field 'xyzzyxyzzy'", "" },
		{ "zero0 == 0", 0, 5, "no field 'zero0'", "" },
		{ "mapping.pth == \"x\"", 8, 3, "mapping has no field 'pth'", "path" },
		{ "maping.path == \"x\"", 0, 11, "no field 'maping.path'", "mapping.path" },
		{ "fault.knd == cow", 6, 3, "fault has no field 'knd'", "kind" },
		{ "process.pid == 1", 0, 11, "no field 'process.pid'", "" },
		{ "seg_pfn == 3", 8, 2, "seg_pfn is a list", "" },
	};
	static const struct refusal of_mappings[] = {
		{ "lat > 5us", 0, 3, "no field 'lat'", "" },
		{ "pth == \"x\"", 0, 3, "no field 'pth'", "path" },
		{ "fault.kind == cow", 0, 10, "no field 'fault.kind'", "" },
		{ "event.pid == 1", 0, 9, "no field 'event.pid'", "" },
	};
	static const struct refusal of_processes[] = { { "paid == 1", 0, 4, "no field 'paid'", "pid" } };
	bool one[MMT_EV_MAX] = { [MMT_EV_MMAP] = true };
	const struct expr_scope only = { EXPR_EVENT, one };
	static const struct refusal of_mmap[] = {
		{ "flags has maymove", 10, 7, "no event here has such a flags, as mremap has", "" },
		{ "flags has maymvoe", 10, 7, "flags is never 'maymvoe', but shared", "" },
		{ "kind == cow", 0, 4, "no event here has a field 'kind', as fault has", "" },
		{ "fault.kind == cow", 0, 5, "no event here is fault", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		refuse(&events, &cases[i]);
	for (size_t i = 0; i < sizeof(of_mappings) / sizeof(*of_mappings); i++)
		refuse(&mappings, &of_mappings[i]);
	refuse(&processes, &of_processes[0]);
	for (size_t i = 0; i < sizeof(of_mmap) / sizeof(*of_mmap); i++)
		refuse(&only, &of_mmap[i]);
}

static void test_types(void **state)
{
	static const struct refusal cases[] = {
		{ "kind == cwo", 8, 3, "kind is never 'cwo', but anon, zero-page, cow", "cow" },
		{ "kind == unknown", 8, 7, "kind is never 'unknown'", "" },
		{ "kind == 3cow", 8, 4, "kind is never '3cow'", "cow" },
		{ "kind < cow", 5, 1, "kind has no order", "" },
		{ "kind has cow", 5, 3, "kind is not of flags", "" },
		{ "lat ~ \"x\"", 4, 1, "lat is not a text", "" },
		{ "lat > 50", 6, 2, "lat is a time (50us, 5ms, 2s), and 50 is a number without unit", "" },
		{ "lat > 16K", 6, 3, "lat is a time (50us, 5ms, 2s), and 16K is a size", "" },
		{ "lat > cow", 6, 3, "lat is a time (50us, 5ms, 2s), and cow is a word", "" },
		{ "lat > -2s", 6, 3, "lat is a time (50us, 5ms, 2s), which is never -2s", "" },
		{ "len > 50us", 6, 4, "len is a size (4096, 16K, 2M), and 50us is a time", "" },
		{ "pid == 16K", 7, 3, "pid is a number, and 16K is a size", "" },
		{ "pid == -1", 7, 2, "pid is a number, which is never -1", "" },
		{ "pid == 99999999999999999999", 7, 20, "pid is a number, which is never 9999", "" },
		{ "pid == \"1\"", 7, 3, "pid is a number, and 1 is a text", "" },
		{ "comm == bash", 8, 4, "comm is a text: write it in quotes", "" },
		{ "comm ~ bash", 7, 4, "comm is a text: write it in quotes", "" },
		{ "comm == \"abcdefghijklmnop\"", 8, 18, "the kernel keeps 15 characters", "" },
		{ "flags has fixd", 10, 4, "flags is never 'fixd'", "fixed" },
		{ "flags has VM_PFNMPA", 10, 9, "flags is never 'VM_PFNMPA'", "VM_PFNMAP" },
		{ "vm_flags has MAP_FIXED", 13, 9, "vm_flags is never 'MAP_FIXED'", "" },
		{ "ret == ENXI", 7, 4, "ret is never 'ENXI'", "ENXIO" },
		{ "error == 16K", 9, 3, "error is a number, and 16K is a size", "" },
		{ "signal == SIGBUZ", 10, 6, "signal is never 'SIGBUZ', but SIGBUS, SIGSEGV", "SIGBUS" },
		{ "memtype == normal-bw", 11, 9, "memtype is never 'normal-bw'", "normal-wb" },
		{ "event == mmpa", 9, 4, "event is never 'mmpa'", "mmap" },
		{ "failed == maybe", 10, 5, "failed is never 'maybe', but no, yes", "" },
		{ "rdev == 511:0:1", 8, 7, "rdev is a device", "" },
		{ "pages > 16K", 8, 3, "pages is a number of pages, and 16K is a size", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		refuse(&events, &cases[i]);
}

/* Its bounds: nothing that is written makes it deep, large or slow. */
static void test_bounds(void **state)
{
	static const char *const pieces[] = { "(", "not ", "pid == 1 and ", "x", "\"", "pid in (1,", "))" };
	struct expr_error err;
	char text[2 * EXPR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		size_t len = strlen(pieces[i]);

		for (size_t k = 0; k < sizeof(text) / len; k++)
			memcpy(text + k * len, pieces[i], len);
		assert_null(expr_parse(text, EXPR_TEXT_MAX, &events, &err));
		assert_null(expr_parse(text, sizeof(text), &events, &err));
		assert_true(err.at <= EXPR_TEXT_MAX);
	}
	for (size_t i = 0; i < 2; i++) {
		size_t len = strlen(pieces[i]);

		for (size_t k = 0; k < 200; k++)
			memcpy(text + k * len, pieces[i], len);
		assert_null(expr_parse(text, 200 * len, &events, &err));
		assert_int_equal(strncmp(err.text, "too deep", 8), 0);
	}
	assert_null(expr_parse("pid == 1\0 ", 10, &events, &err)); /* a NUL is no end */
	assert_int_equal(err.at, 8);
}

static void test_taken(void **state)
{
	static const char *const texts[] = {
		"driver == \"mmdemo\" and result == 0",
		"mapping.path ~ \"/dev/mmdemo/shared\"",
		"memtype == normal-wb",
		"comm == \"rt-loop\"",
		"signal in (SIGBUS, SIGSEGV)",
		"kind == driver-pfn",
		"flags has VM_PFNMAP",
		"flags has (MAP_FIXED, populate)",
		"len >= 16K and lat < 50us or not (pid in (1, 2, 0x3))",
		"ret == -ENXIO or ret == ENXIO or ret == -6",
		"failed and not mapping.guessed",
		"tier == kprobe+perf or tier == \"kprobe+perf\"",
		"how == \"/proc/PID/mem\"",
		"memtype == uc-",
		"rdev == 511:0 or rdev == 0x1ff00000",
		"ts > -2s and ts < 5s",
		"fault.kind == cow or mmap.len > 1M",
		"code == BUS_ADRERR or code == 2",
		"advice == MADV_DONTNEED or advice == dontneed",
		"pkey == -1",
		"attrs has 0x10",
		"comm !~ '^ba' or comm like 'b*'",
		"vm_flags has (read, VM_WRITE, shared)",
	};
	struct expr_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct expr *e = expr_parse(texts[i], strlen(texts[i]), &events, &err);

		if (!e)
			fail_msg("'%s': %s", texts[i], err.text);
		expr_free(e);
	}
}

/* Every field of the tables can be asked for, under its name. */
static void test_all_fields(void **state)
{
	static const struct expr_scope *const scopes[] = { &events, &mappings, &processes };
	struct expr_error err;
	char name[96];
	size_t n;

	(void)state;
	for (unsigned o = 0; o < MMT_OBJ_MAX; o++) {
		const struct mmt_field *f = object_fields(o, &n);

		for (size_t i = 0; i < n; i++) {
			struct expr_path *p = expr_path_parse(f[i].name, strlen(f[i].name), scopes[o], NULL, &err);

			assert_non_null(p);
			assert_string_equal(expr_path_text(p), f[i].name);
			expr_path_free(p);
		}
	}
	for (const struct mmt_schema_event *ev = schema_events(&n), *end = ev + n; ev < end; ev++) {
		for (unsigned i = 0; i < ev->nfields; i++) {
			struct expr_path *p;

			if (schema_field_hidden(&ev->fields[i]))
				continue;
			snprintf(name, sizeof(name), "%s.%s", ev->name, ev->fields[i].name);
			p = expr_path_parse(name, strlen(name), &events, NULL, &err);
			if (!p)
				fail_msg("%s: %s", name, err.text);
			expr_path_free(p);
		}
	}
}

/* As far as an expression goes; what follows is another's. */
static void test_some(void **state)
{
	static const char text[] = "driver == \"mmdemo\" and result == 0   count >= 1";
	struct expr_error err;
	size_t used;
	struct expr *e = expr_parse_some(text, strlen(text), &events, &used, &err);
	struct expr_path *p;

	(void)state;
	assert_non_null(e);
	assert_string_equal(text + used, "count >= 1");
	expr_free(e);
	e = expr_parse_some("failed count", 12, &events, &used, &err);
	assert_non_null(e);
	assert_int_equal(used, 7);
	expr_free(e);
	p = expr_path_parse("lat) < 50us", 11, &events, &used, &err);
	assert_non_null(p);
	assert_int_equal(used, 3);
	assert_int_equal(expr_path_look(p), MMT_LOOK_NSEC);
	expr_path_free(p);
	assert_null(expr_path_parse("lat)", 4, &events, NULL, &err));
	assert_int_equal(err.at, 3);
}

static void test_literals(void **state)
{
	struct expr_error err;
	struct expr_value v;
	struct expr_path *p = expr_path_parse("lat", 3, &events, NULL, &err);

	(void)state;
	assert_int_equal(expr_path_literal(p, "50us", 4, &v, &err), 0);
	assert_int_equal(v.num, 50000);
	assert_int_equal(expr_path_literal(p, "50", 2, &v, &err), -EINVAL);
	assert_int_equal(expr_path_literal(p, "", 0, &v, &err), -EINVAL);
	assert_int_equal(expr_path_literal(p, "50us 1", 6, &v, &err), -EINVAL);
	assert_int_equal(expr_path_literal(p, "\"", 1, &v, &err), -EINVAL);
	expr_path_free(p);
	p = expr_path_parse("mapping.id", 10, &events, NULL, &err);
	assert_int_equal(expr_path_look(p), -1);
	assert_int_equal(expr_path_literal(p, "\"m1\"", 4, &v, &err), 0);
	assert_true(v.is_text);
	assert_string_equal(v.text, "m1");
	expr_path_free(p);
	p = expr_path_parse("flags", 5, &events, NULL, &err); /* something else of every event */
	assert_int_equal(expr_path_look(p), -1);
	expr_path_free(p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grammar), cmocka_unit_test(test_names),	 cmocka_unit_test(test_types),
		cmocka_unit_test(test_bounds),	cmocka_unit_test(test_taken),	 cmocka_unit_test(test_all_fields),
		cmocka_unit_test(test_some),	cmocka_unit_test(test_literals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
