// LINK: base probe/tiers probe/hook_table
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Which way each hook attaches, by tables of facts and expected choices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "mmtrace/base.h"
#include "unit/kernels.h"

static struct hook_choice c[MMT_HOOK_MAX];
static char why[200];

static const struct hook_try *got(int hook)
{
	return c[hook].try >= 0 ? &hook_table[hook].tries[c[hook].try] : NULL;
}

static const char *tier_of(int hook)
{
	return got(hook) ? tier_name(got(hook)->tier) : "none";
}

static int choose(struct caps caps, const char *const *forced)
{
	want_all(c);
	return tiers_choose(c, &caps, forced, why, sizeof(why));
}

/* One hook's expected choice. */
struct expect {
	int hook;
	const char *tier, *first_prog; /* NULL: no program, or none asked about */
	const char *better, *why;      /* a better tier it did not get, and a part of why */
};

static void check(const struct caps *caps, const struct expect *e, size_t n)
{
	assert_int_equal(choose(*caps, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		const struct hook_choice *h = &c[e[i].hook];
		const char *better = h->better >= 0 ? tier_name(hook_table[e[i].hook].tries[h->better].tier) : NULL;

		print_message("  %s: %s, why: %s\n", hook_table[e[i].hook].name, tier_of(e[i].hook), h->why);
		assert_string_equal(tier_of(e[i].hook), e[i].tier);
		if (e[i].first_prog)
			assert_string_equal(got(e[i].hook)->progs[0], e[i].first_prog);
		if (!e[i].better) {
			assert_null(better);
			assert_string_equal(h->why, "");
			continue;
		}
		assert_string_equal(better, e[i].better);
		assert_non_null(strstr(h->why, e[i].why));
	}
}

#define CHECK(kernel, ...)                                 \
	do {                                               \
		const struct expect e[] = { __VA_ARGS__ }; \
		struct caps k = kernel;                    \
		check(&k, e, MMT_COUNT(e));                \
	} while (0)

static void like_6_12(void **state)
{
	(void)state;
	CHECK(kernel_6_12(), { MMT_HOOK_CALL, "raw_tp", "call_enter__raw_tp", NULL, NULL },
	      { MMT_HOOK_TARGET, "raw_tp", NULL, NULL, NULL }, { MMT_HOOK_IMPORT, "iter", NULL, NULL, NULL },
	      { MMT_HOOK_MAP, "fentry", "map_enter__fentry", NULL, NULL },
	      { MMT_HOOK_GATHER, "fentry", NULL, NULL, NULL },
	      { MMT_HOOK_UNMAP, "fentry", "unmap_complete__fentry", NULL, NULL },
	      { MMT_HOOK_PROT, "fentry", "prot_enter7__fentry", NULL, NULL },
	      { MMT_HOOK_MOVE, "fentry", NULL, NULL, NULL },
	      { MMT_HOOK_BRK, "fentry", "brk_enter5__fentry", NULL, NULL },
	      { MMT_HOOK_VMA_REMOVE, "fentry", NULL, NULL, NULL }, { MMT_HOOK_DRIVER, "kprobe", NULL, NULL, NULL },
	      { MMT_HOOK_FAULT, "fentry", "fault_enter__fentry", NULL, NULL },
	      { MMT_HOOK_REMAP_DONE, "none", NULL, "fentry", "no single function remap_pfn_range_complete" });
	/* of an entry and a return program, both are the core object's */
	assert_int_equal(got(MMT_HOOK_FAULT)->object, OBJ_CORE);
}

static void like_6_1(void **state)
{
	(void)state;
	CHECK(kernel_6_1(), { MMT_HOOK_CALL, "raw_tp", NULL, NULL, NULL },
	      { MMT_HOOK_IMPORT, "iter", NULL, NULL, NULL },
	      { MMT_HOOK_MAP, "kprobe", "map_enter__kprobe", "fentry",
		"fentry does not attach: Operation not supported" },
	      { MMT_HOOK_GATHER, "none", NULL, "fentry", "does not attach" },
	      { MMT_HOOK_UNMAP, "kprobe", "unmap_align__kprobe", "fentry", "" },
	      { MMT_HOOK_PROT, "kprobe", "prot_enter6__kprobe", "fentry", "does not attach" },
	      { MMT_HOOK_BRK, "kprobe", "brk_enter5__kprobe", "fentry", "does not attach" },
	      { MMT_HOOK_EXIT, "kprobe", "mm_exit__kprobe", "fentry", "does not attach" },
	      { MMT_HOOK_REMAP_PFN, "kprobe", "remap_pfn__kprobe", "fentry", "does not attach" },
	      { MMT_HOOK_DRIVER, "kprobe", NULL, NULL, NULL },
	      { MMT_HOOK_FAULT, "kprobe+perf", "fault_enter__kprobe", "fentry", "does not attach" });
	assert_int_equal(got(MMT_HOOK_REMAP_PFN)->object, OBJ_CORE);
}

static void like_5_10(void **state)
{
	(void)state;
	CHECK(kernel_5_10(), { MMT_HOOK_UNMAP, "kprobe", "unmap_510__kprobe", "fentry", "" },
	      { MMT_HOOK_PROT, "kprobe", "prot_enter5__kprobe", "fentry", "" },
	      { MMT_HOOK_BRK, "kprobe", "brk_enter4__kprobe", "fentry", "" });
}

static void no_btf(void **state)
{
	(void)state;
	CHECK(kernel_nobtf(), { MMT_HOOK_CALL, "raw_tp", "call_enter__raw_tp", "raw_tp", "no BTF" },
	      { MMT_HOOK_TARGET, "tp", "fork__tp", "raw_tp", "no BTF" },
	      { MMT_HOOK_IMPORT, "proc", NULL, "iter", "no BTF" }, { MMT_HOOK_MEMTYPE, "none", NULL, "iter", "no BTF" },
	      { MMT_HOOK_MAP, "none", NULL, "fentry", "no BTF" },
	      { MMT_HOOK_REMAP_PFN, "kprobe", "remap_pfn__kprobe", "fentry", "no BTF" },
	      { MMT_HOOK_FAULT, "perf", "fault_enter__perf", "fentry", "no BTF" },
	      { MMT_HOOK_SIGNAL, "raw_tp", NULL, "raw_tp", "no BTF" },
	      { MMT_HOOK_EXIT, "none", NULL, "fentry", "no BTF" });
	for (int h = 0; h < MMT_HOOK_MAX; h++)
		if (got(h))
			assert_int_equal(got(h)->object, OBJ_PLAIN);
}

/* BTF from a file: relocations work, what the kernel itself must have BTF for does not. */
static void btf_file(void **state)
{
	struct caps k = kernel_6_1();

	(void)state;
	k.kernel_btf = false;
	k.fentry_err = -ENOENT;
	check(&k,
	      (struct expect[]){
		      { MMT_HOOK_CALL, "raw_tp", NULL, NULL, NULL },
		      { MMT_HOOK_IMPORT, "proc", NULL, "iter", "no BTF of its own" },
		      { MMT_HOOK_MAP, "kprobe", NULL, "fentry", "the running kernel's own BTF" },
	      },
	      3);
	assert_int_equal(got(MMT_HOOK_CALL)->object, OBJ_CORE);
}

static void locked_down(void **state)
{
	(void)state;
	CHECK(kernel_locked(), { MMT_HOOK_CALL, "raw_tp", NULL, NULL, NULL },
	      { MMT_HOOK_TARGET, "raw_tp", NULL, NULL, NULL },
	      { MMT_HOOK_MAP, "none", NULL, "fentry", "Operation not permitted" },
	      { MMT_HOOK_EXIT, "raw_tp", "mm_exit__raw_tp", "fentry", "Operation not permitted" },
	      { MMT_HOOK_DRIVER, "none", NULL, "kprobe", "no kprobe events" },
	      { MMT_HOOK_FAULT, "perf", "fault_enter__perf", "fentry", "Operation not permitted" });
	assert_int_equal(got(MMT_HOOK_FAULT)->object, OBJ_CORE);
}

static void nothing_at_all(void **state)
{
	struct caps k = kernel_locked();

	(void)state;
	kernel_drop_btf(&k);
	k.perf_err = -ENOENT;
	k.fork_child_off = 0;
	assert_int_equal(choose(k, NULL), 0);
	assert_string_equal(tier_of(MMT_HOOK_FAULT), "none");
	assert_string_equal(tier_of(MMT_HOOK_TARGET), "none");
	assert_string_equal(tier_of(MMT_HOOK_CALL), "raw_tp");
	assert_int_equal(got(MMT_HOOK_CALL)->object, OBJ_PLAIN);
}

/* A function of another shape must not be read as if it were the known one. */
static void other_arguments(void **state)
{
	struct caps k = kernel_6_12();

	(void)state;
	kernel_fn(&k, "move_page_tables", 1); /* Linux 6.15: one struct */
	assert_int_equal(choose(k, NULL), 0);
	assert_string_equal(got(MMT_HOOK_MOVE)->progs[0], "move_tables1__fentry");
	kernel_fn(&k, "move_page_tables", 2);
	kernel_fn(&k, "mprotect_fixup", 9);
	assert_int_equal(choose(k, NULL), 0);
	assert_string_equal(tier_of(MMT_HOOK_MOVE), "none");
	assert_string_equal(c[MMT_HOOK_MOVE].why, "move_page_tables has 2 arguments here");
	assert_string_equal(tier_of(MMT_HOOK_PROT), "none");
	/* unknown to BTF: only the try that says so takes it */
	kernel_fn(&k, "do_brk_flags", -1);
	kernel_fn(&k, "move_page_tables", -1);
	choose(k, NULL);
	assert_string_equal(got(MMT_HOOK_BRK)->progs[0], "brk_enter4__kprobe");
	assert_string_equal(tier_of(MMT_HOOK_MOVE), "none");
	/* two functions of one name: neither */
	kernel_fn(&k, "mmap_region", GONE);
	choose(k, NULL);
	assert_string_equal(tier_of(MMT_HOOK_MAP), "none");
	assert_non_null(strstr(c[MMT_HOOK_MAP].why, "no single function mmap_region"));
}

#define FORCED(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void forced(void **state)
{
	(void)state;
	/* for all: those that have it */
	assert_int_equal(choose(kernel_6_12(), FORCED("kprobe")), 0);
	assert_string_equal(tier_of(MMT_HOOK_MAP), "kprobe");
	assert_string_equal(c[MMT_HOOK_MAP].why, "another tier was asked for");
	assert_string_equal(tier_of(MMT_HOOK_FAULT), "kprobe+perf");
	assert_string_equal(tier_of(MMT_HOOK_CALL), "raw_tp");
	assert_string_equal(tier_of(MMT_HOOK_IMPORT), "iter");
	/* one hook: the others keep their best */
	assert_int_equal(choose(kernel_6_12(), FORCED("fault=perf")), 0);
	assert_string_equal(tier_of(MMT_HOOK_FAULT), "perf");
	assert_string_equal(tier_of(MMT_HOOK_MAP), "fentry");
	/* a prefix up to a dot, not half a name; marks are hooks of their own and have no perf */
	assert_int_equal(choose(kernel_6_12(), FORCED("change=kprobe")), 0);
	assert_string_equal(tier_of(MMT_HOOK_DUP), "kprobe");
	assert_string_equal(tier_of(MMT_HOOK_VMA_DUP), "fentry");
	assert_int_equal(choose(kernel_6_12(), FORCED("change.d=kprobe")), -EINVAL);
	/* one hook's whole name is no prefix of another's */
	assert_int_equal(choose(kernel_6_12(), FORCED("install.vm_insert_page=kprobe")), 0);
	assert_string_equal(tier_of(MMT_HOOK_INSERT_PAGE), "kprobe");
	assert_string_equal(tier_of(MMT_HOOK_INSERT_PAGES), "fentry");
	/* the last of two wins */
	assert_int_equal(choose(kernel_6_12(), FORCED("kprobe", "change.map=fentry")), 0);
	assert_string_equal(tier_of(MMT_HOOK_MAP), "fentry");
	assert_string_equal(tier_of(MMT_HOOK_DUP), "kprobe");
	/* what cannot attach is not replaced by something that was not asked for */
	assert_int_equal(choose(kernel_locked(), FORCED("change.map=kprobe")), 0);
	assert_string_equal(tier_of(MMT_HOOK_MAP), "none");
	/* off */
	assert_int_equal(choose(kernel_6_12(), FORCED("fault=none")), 0);
	assert_string_equal(tier_of(MMT_HOOK_FAULT), "none");
}

static void unknown_tiers(void **state)
{
	static const struct {
		const char *word, *said;
	} bad[] = {
		{ "kprobes", "did you mean 'kprobe'?" },
		{ "fault=fentri", "did you mean 'fentry'?" },
		{ "fault=", "no tier ''" },
		{ "", "no tier ''" },
		{ "none", "no tier 'none'" },
		{ "zzzzzzzzzz", "no tier 'zzzzzzzzzz'" },
		{ "faul=perf", "no hook 'faul', did you mean 'fault'?" },
		{ "=perf", "no hook ''" },
		{ "fault=perf=x", "no tier 'perf=x'" },
		{ "tp_btf", "attaches by 'tp_btf' on any kernel" },
		{ "fault=iter", "attaches by 'iter' on any kernel" },
	};

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(bad); i++) {
		why[0] = 0;
		print_message("  --tier '%s'\n", bad[i].word);
		assert_int_equal(choose(kernel_6_12(), FORCED(bad[i].word)), -EINVAL);
		assert_non_null(strstr(why, bad[i].said));
		assert_null(strchr(why, '\n'));
	}
	choose(kernel_6_12(), FORCED("zzzzzzzzzz"));
	assert_null(strstr(why, "did you mean"));
}

/* What the kernel refused when it was really tried is passed over, its reason kept, and the others are not touched. */
static void refused(void **state)
{
	struct caps k = kernel_6_12();

	(void)state;
	choose(k, NULL);
	c[MMT_HOOK_FAULT].bad = 1;
	snprintf(c[MMT_HOOK_FAULT].why, TIER_WHY, "it does not attach: Invalid argument");
	assert_int_equal(tiers_choose(c, &k, NULL, why, sizeof(why)), 0);
	assert_string_equal(tier_of(MMT_HOOK_FAULT), "kprobe+perf");
	assert_int_equal(c[MMT_HOOK_FAULT].better, 0);
	assert_string_equal(c[MMT_HOOK_FAULT].why, "it does not attach: Invalid argument");
	assert_string_equal(tier_of(MMT_HOOK_MAP), "fentry");
	/* and again, until nothing is left */
	for (int i = 0; i < HOOK_TRIES; i++) {
		c[MMT_HOOK_FAULT].bad |= 1u << i;
		tiers_choose(c, &k, NULL, why, sizeof(why));
	}
	assert_string_equal(tier_of(MMT_HOOK_FAULT), "none");
	assert_string_equal(c[MMT_HOOK_FAULT].why, "it does not attach: Invalid argument");
}

static void wanted(void **state)
{
	bool want[MMT_EV_MAX] = { false };

	(void)state;
	memset(c, 0, sizeof(c));
	want[MMT_EV_MMAP] = true;
	tiers_want(c, want);
	assert_true(c[MMT_HOOK_CALL].wanted);
	assert_true(c[MMT_HOOK_TARGET].wanted);
	assert_false(c[MMT_HOOK_FAULT].wanted);
	assert_false(c[MMT_HOOK_MAP].wanted);
	want[MMT_EV_MMAP] = false;
	want[MMT_EV_FAULT] = true;
	tiers_want(c, want);
	assert_false(c[MMT_HOOK_CALL].wanted);
	assert_true(c[MMT_HOOK_FAULT].wanted);
	assert_true(c[MMT_HOOK_MARK_WP].wanted);
	assert_true(c[MMT_HOOK_SIGNAL].wanted);
}

/* The table itself: what it says must be there, and every event comes from somewhere. */
static void table(void **state)
{
	static const uint8_t events[] = {
#define X(id, num, name, fam, text) num,
		MMT_EVENTS(X)
#undef X
	};

	(void)state;
	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		assert_non_null(hook_table[h].name);
		assert_int_equal(hook_table[h].id, h);
		assert_true(hook_table[h].tries[0].tier != MMT_TIER_NONE);
		assert_true(hook_table[h].feeds[0] != 0);
	}
	for (size_t i = 0; i < MMT_COUNT(events); i++) {
		int n = 0;

		for (int h = 0; h < MMT_HOOK_MAX; h++)
			for (int k = 0; k < HOOK_GIVES; k++)
				n += hook_table[h].gives[k] == events[i];
		print_message("  event %u is given by %d hooks\n", events[i], n);
		assert_true(n > 0);
	}
}

static void names(void **state)
{
	(void)state;
	for (int i = 0; i < MMT_TIER_MAX; i++)
		if (strcmp(tier_name(i), "none"))
			assert_int_equal(tier_by_name(tier_name(i)), i);
	assert_string_equal(tier_name(-1), "none");
	assert_string_equal(tier_name(99), "none");
	assert_int_equal(tier_by_name("fentr"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_6_12),	  cmocka_unit_test(like_6_1),	     cmocka_unit_test(like_5_10),
		cmocka_unit_test(no_btf),	  cmocka_unit_test(btf_file),	     cmocka_unit_test(locked_down),
		cmocka_unit_test(nothing_at_all), cmocka_unit_test(other_arguments), cmocka_unit_test(forced),
		cmocka_unit_test(unknown_tiers),  cmocka_unit_test(refused),	     cmocka_unit_test(wanted),
		cmocka_unit_test(table),	  cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
