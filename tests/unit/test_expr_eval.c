// LINK: filter event base enrich/memtype
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What is true of what. Absent is not zero: what is not known decides nothing. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/objects.h"
#include "event/value.h"
#include "filter/expr.h"
#include "ledger/mapping.h"
#include "mmtrace/base.h"

static const struct expr_scope events = { EXPR_EVENT, NULL };
static const struct expr_scope mappings = { EXPR_MAPPING, NULL };
static const struct expr_scope processes = { EXPR_PROCESS, NULL };

#define KEY_FUNC   0x100
#define KEY_PATH   0x200
#define KEY_KERNEL 0x300
#define KEY_LOST   0x400

static const char *name(const void *ctx, uint64_t key)
{
	(void)ctx;
	return key == KEY_FUNC	 ? "mmdemo:mmdemo_shared_mmap" :
	       key == KEY_PATH	 ? "/dev/mmdemo/shared" :
	       key == KEY_KERNEL ? "filemap_fault" :
				   NULL;
}

static const struct value_names names = { name, NULL };

static struct mapping m17 = {
	.serial = 17,
	.id = "m17",
	.mm = 3,
	.pid = 42,
	.comm = "demo",
	.origin = MMT_ORIGIN_MMAP,
	.func = KEY_FUNC,
	.born_ns = 5000000000,
	.bytes = 16384,
	.peak = 32768,
	.fd = -1,
	.faults = 4,
	.ranges = 1,
};

static struct mmt_ev_fault fault = {
	.h = { .type = MMT_EV_FAULT,
	       .size = sizeof(fault),
	       .tier = MMT_TIER_FENTRY,
	       .cpu = 1,
	       .ts_ns = 7000000000,
	       .dur_ns = 50000,
	       .pid = 42,
	       .tid = 43,
	       .mm = 3,
	       .have = MMT_HAVE_ALL(FAULT) | MMT_HAVE_DUR },
	.vma_start = 0x7f0000000000,
	.vma_end = 0x7f0000004000,
	.vm_flags = 0x400 | 0x4000 | 0x8 | 0x3,
	.ino = 5,
	.file = KEY_PATH,
	.ops = KEY_FUNC,
	.rdev = 511 << 20,
	.addr = 0x7f0000001000,
	.flags = 0x1 | 0x40,
	.result = 0x100,
	.attempts = 1,
	.class = MMT_FCLASS_PFN,
	.kind = MMT_FKIND_DRIVER_PFN,
	.mode = MMT_FMODE_USER,
};

static struct mmt_ev_mmap call = {
	.h = { .type = MMT_EV_MMAP,
	       .size = sizeof(call),
	       .tier = MMT_TIER_RAW_TP,
	       .ts_ns = 4000000000,
	       .pid = 42,
	       .tid = 42,
	       .have = MMT_HAVE_ALL(MMAP) & ~MMT_HAVE(MMAP, file) },
	.len = 16384,
	.ret = -ENXIO,
	.prot = 3,
	.flags = 0x11,
	.fd = 3,
};

static struct mmt_ev_signal sig = {
	.h = { .type = MMT_EV_SIGNAL, .size = sizeof(sig), .pid = 42, .tid = 42, .have = MMT_HAVE_ALL(SIGNAL) },
	.addr = 0x1000,
	.signo = 7,
	.code = 2,
};

static struct mmt_view view_of(const void *h)
{
	struct mmt_view v = { .h = h, .names = &names, .comm = "demo", .page_size = 4096 };

	v.ev = schema_event(v.h->type);
	return v;
}

struct truth {
	const char *text;
	enum expr_truth is;
};

static void check(const struct expr_scope *scope, const struct expr_subject *s, const struct truth *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct expr_error err;
		struct expr *e = expr_parse(c[i].text, strlen(c[i].text), scope, &err);
		enum expr_truth is;

		if (!e)
			fail_msg("'%s': %s", c[i].text, err.text);
		is = expr_eval(e, s);
		if (is != c[i].is)
			fail_msg("'%s' is %d", c[i].text, (int)is);
		/* what is not asked for by the kernel's side must not have been true */
		if (s->view && s->view->h && is == EXPR_TRUE)
			assert_true(expr_may_match(e, s->view->h->type));
		expr_free(e);
	}
}

#define T EXPR_TRUE
#define F EXPR_FALSE
#define U EXPR_UNKNOWN

static void test_fault(void **state)
{
	static const struct truth cases[] = {
		{ "kind == driver-pfn", T },
		{ "kind == cow", F },
		{ "kind != cow", T },
		{ "kind in (cow, driver-pfn)", T },
		{ "class == pfn and mode == user", T },
		{ "lat == 50us", T },
		{ "lat > 50us", F },
		{ "lat >= 50us and dur <= 0.05ms", T },
		{ "pid == 42 and tid == 43 and tid != 42", T },
		{ "pid < 43 and pid > 41", T },
		{ "cpu == 1", T },
		{ "comm == \"demo\"", T },
		{ "comm ~ \"em\" and comm like \"d*\" and comm !~ \"^x\"", T },
		{ "event == fault and family == fault and tier == fentry", T },
		{ "event == mmap", F },
		{ "flags has write", T },
		{ "flags has FAULT_FLAG_USER", T },
		{ "flags has (write, instruction)", F },
		{ "flags has VM_PFNMAP", T }, /* what else it may mean */
		{ "flags has VM_HUGETLB", F },
		{ "vm_flags has (pfnmap, io, shared)", T },
		{ "vm_flags == 0x440b", T },
		{ "result has nopage", T },
		{ "failed", F },
		{ "error == ENXIO", U }, /* it has none */
		{ "ret == 0", U },
		{ "file == \"/dev/mmdemo/shared\"", T },
		{ "ops ~ \"^mmdemo:\"", T },
		{ "driver == \"mmdemo\"", T },
		{ "rdev == 511:0", T },
		{ "vma_start == 0x7f0000000000 and addr > 0x7f0000000fff", T },
		{ "mapping.id == \"m17\"", T },
		{ "mapping.path ~ \"/shared$\"", T },
		{ "mapping.kind == pfn", T },
		{ "mapping.bytes == 16K and mapping.peak == 0x8000", T },
		{ "mapping.born == 4s", T },
		{ "mapping.closed > 0", U },
		{ "mapping.faults == 4", T },
		{ "ts == 6s", T },
		{ "memtype == normal-wb", U },
		{ "fault.kind == driver-pfn", T },
		{ "mmap.len > 0", U },
	};
	struct mmt_view v = view_of(&fault.h);
	struct expr_subject s = { .view = &v, .start_ns = 1000000000 };

	(void)state;
	v.mapping = "/dev/mmdemo/shared";
	v.map_class = MMT_FCLASS_PFN;
	v.map_flags = fault.vm_flags;
	v.map = &m17;
	v.map_id = m17.id;
	check(&events, &s, cases, MMT_COUNT(cases));
}

static void test_absent(void **state)
{
	static const struct truth cases[] = {
		{ "kind == driver-pfn", U },
		{ "kind != driver-pfn", U },
		{ "not kind == driver-pfn", U },
		{ "kind in (cow)", U },
		{ "lat < 1s", U },
		{ "lat >= 0", U },
		{ "vm_flags has io", U },
		{ "file == \"\"", U },
		{ "file != \"x\"", U },
		{ "ops == \"\"", T },
		{ "mapping.id == \"m1\"", U },
		{ "mapping.path ~ \"\"", U },
		{ "comm == \"demo\"", U },
		{ "comm != \"demo\"", U },
		{ "ts > 0", U },
		{ "mode == user", U },
		{ "failed", U },
		{ "driver == \"x\"", U },
		{ "mm == 0", U },
		{ "flags has write", F },
	};
	struct mmt_ev_fault one = fault;
	struct mmt_view v = view_of(&one.h);
	struct expr_subject s = { .view = &v };

	(void)state;
	v.comm = "?";
	one.kind = MMT_FKIND_DRIVER_PFN;
	one.h.have &= ~(MMT_HAVE_DUR | MMT_HAVE(FAULT, kind) | MMT_HAVE(FAULT, vm_flags) | MMT_HAVE(FAULT, result));
	one.file = KEY_LOST; /* its name never came */
	one.ops = 0;
	one.mode = 0; /* there, and unknown */
	one.flags = 0;
	one.h.mm = 0;
	check(&events, &s, cases, MMT_COUNT(cases));
}

/* Three-valued: what is known already decides where it can. */
static void test_logic(void **state)
{
	static const struct truth cases[] = {
		{ "pid == 42 and memtype == wc", U },	      { "pid == 1 and memtype == wc", F },
		{ "memtype == wc and pid == 1", F },	      { "pid == 42 or memtype == wc", T },
		{ "memtype == wc or pid == 42", T },	      { "pid == 1 or memtype == wc", U },
		{ "memtype == wc or memtype == wb", U },      { "not memtype == wc", U },
		{ "not pid == 1 and not pid == 2", T },	      { "not (pid == 42 and tid == 43)", F },
		{ "pid == 1 or pid == 42 and tid == 43", T }, { "(pid == 42 or pid == 1) and tid == 1", F },
		{ "pid == 42 or pid == 1 and tid == 1", T },
	};
	struct mmt_view v = view_of(&fault.h);
	struct expr_subject s = { .view = &v };

	(void)state;
	check(&events, &s, cases, MMT_COUNT(cases));
}

static void test_call(void **state)
{
	static const struct truth cases[] = {
		{ "ret == ENXIO", T },
		{ "ret == -ENXIO", T },
		{ "ret == -6", T },
		{ "ret == 6", F },
		{ "ret < 0", T },
		{ "ret >= 0", F },
		{ "result == ENXIO", T },
		{ "error == ENXIO", T },
		{ "error in (EPERM, ENXIO)", T },
		{ "failed", T },
		{ "failed == no", F },
		{ "len == 16K", T },
		{ "len == 16384", T },
		{ "prot has (read, write)", T },
		{ "prot has exec", F },
		{ "flags has shared", T },
		{ "flags has private", F },
		{ "flags has MAP_FIXED", T },
		{ "flags has shared_validate", F },
		{ "flags == 0x11", T },
		{ "flags has 0x10", T },
		{ "fd == 3", T },
		{ "fd == -1", F },
		{ "kind == cow", U },
		{ "lat > 0", U },
		{ "mapping.path ~ \"3\"", U },
		{ "driver == \"mmdemo\"", U },
		{ "mmap.len >= 16K", T },
		{ "event in (mmap, munmap)", T },
		{ "ts < 0", T },
	};
	struct mmt_view v = view_of(&call.h);
	struct expr_subject s = { .view = &v, .start_ns = 5000000000 };

	(void)state;
	v.mapping = "fd 3";
	check(&events, &s, cases, MMT_COUNT(cases));
}

static void test_signal(void **state)
{
	static const struct truth cases[] = {
		{ "signal == SIGBUS", T },    { "signal in (SIGBUS, SIGSEGV)", T },
		{ "signal == SIGSEGV", F },   { "code == BUS_ADRERR", T },
		{ "code == SEGV_ACCERR", F }, { "code == 2", T }, /* the same number of another signal */
		{ "code != SEGV_ACCERR", T }, { "code in (SEGV_ACCERR, BUS_ADRERR)", T },
		{ "signo == 7", T },
	};
	struct mmt_view v = view_of(&sig.h);
	struct expr_subject s = { .view = &v };

	(void)state;
	check(&events, &s, cases, MMT_COUNT(cases));
}

static void test_driver(void **state)
{
	static const struct truth builtin[] = { { "driver == \"kernel\"", T }, { "driver == \"mmdemo\"", F } };
	static const struct truth shared[] = { { "driver == \"kernel\"", U } };
	static const struct truth none[] = { { "driver == \"\"", T }, { "driver != \"mmdemo\"", T } };
	struct mmt_ev_driver_mmap e = { .h = { .type = MMT_EV_DRIVER_MMAP, .have = MMT_HAVE_ALL(DRIVER_MMAP) },
					.func = KEY_KERNEL };
	struct mmt_ev_fault f = fault;
	struct mmt_view v = view_of(&e.h);
	struct expr_subject s = { .view = &v };

	(void)state;
	check(&events, &s, builtin, MMT_COUNT(builtin));
	v = view_of(&f.h);
	f.ops = KEY_KERNEL; /* many use that one */
	check(&events, &s, shared, MMT_COUNT(shared));
	f.file = 0; /* the vdso: without a file there is no driver */
	check(&events, &s, builtin, MMT_COUNT(builtin));
	f.ops = 0;
	v.map_class = MMT_FCLASS_ANON;
	check(&events, &s, none, MMT_COUNT(none));
}

static void test_mapping(void **state)
{
	static const struct truth cases[] = {
		{ "id == \"m17\"", T },
		{ "mapping.id == \"m17\"", T },
		{ "driver == \"mmdemo\"", T },
		{ "func ~ \"_mmap$\"", T },
		{ "pid == 42", T },
		{ "comm == \"demo\"", T },
		{ "bytes == 16K", T },
		{ "reason == live", T },
		{ "closed > 0", U },
		{ "origin == mmap", T },
		{ "parent == \"\"", T },
		{ "not imported and not guessed", T },
		{ "flags has VM_WRITE", U },
		{ "kind == pfn", T },
		{ "memtype == device-ngnrne", T },
		{ "life > 0", U },
		{ "installed == 0", T },
		{ "helper == vm_insert_page", U },
	};
	struct mmt_view v = { .names = &names,
			      .map = &m17,
			      .map_class = MMT_FCLASS_PFN,
			      .map_guessed = true,
			      .map_flags = 3,
			      .memtype_key = "device-ngnrne" };
	struct expr_subject s = { .view = &v, .start_ns = 1 };

	(void)state;
	check(&mappings, &s, cases, MMT_COUNT(cases));
}

static void test_process(void **state)
{
	static const struct truth cases[] = {
		{ "pid == 42 and bytes > 1M and mappings == 3", T },
		{ "comm == \"x\"", U },
		{ "gap", F },
	};
	struct expr_process p = { .pid = 42, .mm = 1, .mappings = 3, .bytes = 2 << 20 };
	struct expr_subject s = { .process = &p };

	(void)state;
	check(&processes, &s, cases, MMT_COUNT(cases));
}

static void test_paths(void **state)
{
	struct mmt_view v = view_of(&fault.h);
	struct expr_subject s = { .view = &v };
	static const struct {
		const char *path, *shows; /* NULL: absent */
	} cases[] = {
		{ "lat", "50.0us" },  { "kind", "driver-pfn" }, { "pid", "42" },      { "event", "fault" },
		{ "tier", "fentry" }, { "driver", "mmdemo" },	{ "memtype", NULL },  { "ret", NULL },
		{ "failed", "no" },   { "mapping.id", NULL },	{ "mmap.len", NULL }, { "file", "/dev/mmdemo/shared" },
	};

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(cases); i++) {
		struct expr_error err;
		struct expr_path *p = expr_path_parse(cases[i].path, strlen(cases[i].path), &events, NULL, &err);
		struct expr_value val;
		struct buf b = { 0 };

		assert_non_null(p);
		assert_int_equal(expr_path_get(p, &s, &val), cases[i].shows != NULL);
		if (cases[i].shows) {
			expr_value_show(&b, &val);
			assert_string_equal(buf_str(&b), cases[i].shows);
		}
		buf_free(&b);
		expr_path_free(p);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fault),	cmocka_unit_test(test_absent),	cmocka_unit_test(test_logic),
		cmocka_unit_test(test_call),	cmocka_unit_test(test_signal),	cmocka_unit_test(test_driver),
		cmocka_unit_test(test_mapping), cmocka_unit_test(test_process), cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
