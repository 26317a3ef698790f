// LINK: enrich/memtype
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Memory types: which table a kernel has, and what a pgprot means by each. pgprots with a comment were read from real mappings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "enrich/memtype.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void tables_by_release(void **state)
{
	static const struct {
		const char *machine, *release;
		enum mmt_memtype_table table;
	} cases[] = {
		{ "aarch64", "", MMT_MEMTYPE_NONE },
		{ "aarch64", "next", MMT_MEMTYPE_NONE },
		{ "aarch64", "5", MMT_MEMTYPE_NONE },
		{ "aarch64", "4.19.193-rockchip", MMT_MEMTYPE_NONE },
		{ "aarch64", "5.9.16", MMT_MEMTYPE_NONE }, /* a table of its own, too old to be seen */
		{ "aarch64", "5.10.0-34-arm64", MMT_MEMTYPE_ARM64_5_10 },
		{ "aarch64", "5.10.160-rockchip-rk3588", MMT_MEMTYPE_ARM64_5_10 },
		{ "aarch64", "5.10.198-android12-9-00019-g4d2d9bd3", MMT_MEMTYPE_ARM64_5_10 },
		{ "aarch64", "5.13.19", MMT_MEMTYPE_ARM64_5_10 },
		{ "aarch64", "5.14.0-rc1+", MMT_MEMTYPE_ARM64 },
		{ "aarch64", "5.15.78-android13-8", MMT_MEMTYPE_ARM64 },
		{ "aarch64", "6.1.75-vendor-rk35xx", MMT_MEMTYPE_ARM64 },
		{ "aarch64", "6.12.57+deb13-arm64", MMT_MEMTYPE_ARM64 },
		{ "aarch64", "10.2.0", MMT_MEMTYPE_ARM64 },
		{ "armv8l", "6.1.0", MMT_MEMTYPE_ARM64 },
		{ "x86_64", "5.10.0", MMT_MEMTYPE_X86_PAT },
		{ "x86_64", "7.2.0", MMT_MEMTYPE_X86_PAT },
		{ "riscv64", "6.12.0", MMT_MEMTYPE_NONE },
		{ "", "6.12.0", MMT_MEMTYPE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (memtype_table(cases[i].machine, cases[i].release) != cases[i].table)
			fail_msg("%s %s", cases[i].machine, cases[i].release);
}

static void names_of_tables(void **state)
{
	(void)state;
	for (unsigned t = MMT_MEMTYPE_ARM64_5_10; t <= MMT_MEMTYPE_X86_PAT; t++) {
		assert_int_equal(memtype_table_named(memtype_table_name(t)), t);
		assert_non_null(memtype_table_text(t));
	}
	assert_int_equal(memtype_table_named("arm64-5.1"), MMT_MEMTYPE_NONE);
	assert_int_equal(memtype_table_named(""), MMT_MEMTYPE_NONE);
	assert_null(memtype_table_name(MMT_MEMTYPE_NONE));
	assert_null(memtype_table_name(MMT_MEMTYPE_X86_PAT + 1));
	assert_null(memtype_table_text(UINT32_MAX));
}

static void decoded(void **state)
{
	static const struct {
		enum mmt_memtype_table table;
		uint64_t pgprot;
		const char *name; /* NULL: no type */
	} cases[] = {
		{ MMT_MEMTYPE_NONE, 0x60000000000fd3, NULL },
		{ 99, 0x60000000000fd3, NULL },
		{ MMT_MEMTYPE_ARM64_5_10, 0x0, "Normal-WB" },
		{ MMT_MEMTYPE_ARM64_5_10, 0x4, "Normal-Tagged" },
		{ MMT_MEMTYPE_ARM64_5_10, 0x8, "Normal-NC" },
		{ MMT_MEMTYPE_ARM64_5_10, 0xc, "Normal-WT" },
		{ MMT_MEMTYPE_ARM64_5_10, 0x10, "Device-nGnRnE" },
		{ MMT_MEMTYPE_ARM64_5_10, 0x14, "Device-nGnRE" },
		{ MMT_MEMTYPE_ARM64_5_10, 0x18, "Device-GRE" },
		{ MMT_MEMTYPE_ARM64_5_10, 0x1c, "Normal-iNC-oWB" },
		{ MMT_MEMTYPE_ARM64, 0x0, "Normal-WB" },
		{ MMT_MEMTYPE_ARM64, 0x4, "Normal-Tagged" },
		{ MMT_MEMTYPE_ARM64, 0x8, "Normal-NC" },
		{ MMT_MEMTYPE_ARM64, 0xc, "Device-nGnRnE" },
		{ MMT_MEMTYPE_ARM64, 0x10, "Device-nGnRE" },
		{ MMT_MEMTYPE_ARM64, 0x14, "Normal-iNC-oWB" },
		{ MMT_MEMTYPE_ARM64, 0x18, NULL },
		{ MMT_MEMTYPE_ARM64, 0x1c, NULL },
		{ MMT_MEMTYPE_ARM64, 0x60000000000fd3, "Device-nGnRE" }, /* a PCI resource file, 6.1 and 6.12 */
		{ MMT_MEMTYPE_ARM64, ~0x1cULL, "Normal-WB" },		 /* no other bit matters */
		{ MMT_MEMTYPE_X86_PAT, 0x0, "WB" },
		{ MMT_MEMTYPE_X86_PAT, 0x8, "WC" },
		{ MMT_MEMTYPE_X86_PAT, 0x10, "UC-" },
		{ MMT_MEMTYPE_X86_PAT, 0x18, "UC" },
		{ MMT_MEMTYPE_X86_PAT, 0x80, "WB" },
		{ MMT_MEMTYPE_X86_PAT, 0x88, "WP" },
		{ MMT_MEMTYPE_X86_PAT, 0x90, "UC-" },
		{ MMT_MEMTYPE_X86_PAT, 0x98, "WT" },
		{ MMT_MEMTYPE_X86_PAT, ~0x98ULL, "WB" },
		{ MMT_MEMTYPE_X86_PAT, 0x8000000000000025, "WB" }, /* anonymous memory, read only, 6.18 */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *name = memtype_name(memtype_decode(cases[i].table, cases[i].pgprot));

		if (cases[i].name ? !name || strcmp(name, cases[i].name) : name != NULL)
			fail_msg("table %u, 0x%lx: %s, not %s", cases[i].table, cases[i].pgprot, name ? name : "none",
				 cases[i].name ? cases[i].name : "none");
	}
}

/* A key is the name in lower case, and no two types share one. */
static void keys(void **state)
{
	(void)state;
	assert_null(memtype_key(MEMTYPE_UNKNOWN));
	assert_null(memtype_name(MEMTYPE_UNKNOWN));
	assert_null(memtype_key(MEMTYPE_MAX));
	for (int a = 1; a < MEMTYPE_MAX; a++) {
		assert_int_equal(strcasecmp(memtype_name(a), memtype_key(a)), 0);
		for (const char *c = memtype_key(a); *c; c++)
			assert_false(*c >= 'A' && *c <= 'Z');
		for (int b = 1; b < a; b++)
			assert_string_not_equal(memtype_key(a), memtype_key(b));
	}
}

/* pgprots of own mappings: by the right table they are what they are; by the other one, one of them is not. */
static void own_mappings_tell_tables_apart(void **state)
{
	static const uint64_t pgprot[][MEMTYPE_OWN_MAX] = {
		[MMT_MEMTYPE_ARM64_5_10] = { 0x60000000000fc3, 0x60000000000fd7, 0x60000000000fcb, 0x60000000000fd3 },
		[MMT_MEMTYPE_ARM64] = { 0x60000000000fc3, 0x60000000000fd3, 0x60000000000fcb, 0x60000000000fcf },
	};
	unsigned tables[] = { MMT_MEMTYPE_ARM64_5_10, MMT_MEMTYPE_ARM64 };

	(void)state;
	for (size_t is = 0; is < COUNT(tables); is++) {
		for (size_t by = 0; by < COUNT(tables); by++) {
			bool device = false;

			for (int own = 0; own < MEMTYPE_OWN_MAX; own++) {
				bool same = memtype_decode(tables[by], pgprot[tables[is]][own]) ==
					    memtype_of_own(tables[by], own);

				if (is == by)
					assert_true(same);
				if (memtype_own_check(own) == MMT_MEMTYPE_SAW_DEVICE)
					device |= same;
			}
			assert_int_equal(device, is == by);
		}
	}
	assert_int_equal(memtype_of_own(MMT_MEMTYPE_X86_PAT, MEMTYPE_OWN_PCI),
			 memtype_decode(MMT_MEMTYPE_X86_PAT, 0x35));
	assert_int_equal(memtype_of_own(MMT_MEMTYPE_NONE, MEMTYPE_OWN_ANON), MEMTYPE_UNKNOWN);
}

/* Where there is no write-combining, its file is mapped as registers are: no sign of a wrong table. Cached memory would be one. */
static void no_write_combining(void **state)
{
	(void)state;
	assert_true(memtype_own_excused(MEMTYPE_OWN_PCI_WC, MEMTYPE_DEVICE_NGNRE));
	assert_true(memtype_own_excused(MEMTYPE_OWN_PCI_WC, MEMTYPE_DEVICE_NGNRNE));
	assert_true(memtype_own_excused(MEMTYPE_OWN_PCI_WC, MEMTYPE_UC_MINUS));
	assert_false(memtype_own_excused(MEMTYPE_OWN_PCI_WC, MEMTYPE_UNKNOWN));
	assert_false(memtype_own_excused(MEMTYPE_OWN_PCI_WC, MEMTYPE_NORMAL_WB));
	assert_false(memtype_own_excused(MEMTYPE_OWN_PCI_WC, MEMTYPE_NORMAL_WT));
	assert_false(memtype_own_excused(MEMTYPE_OWN_PCI_WC, MEMTYPE_WB));
	assert_false(memtype_own_excused(MEMTYPE_OWN_PCI, MEMTYPE_DEVICE_NGNRNE));
	assert_false(memtype_own_excused(MEMTYPE_OWN_DEVMEM, MEMTYPE_DEVICE_NGNRE));
	assert_false(memtype_own_excused(MEMTYPE_OWN_ANON, MEMTYPE_UC));
}

static void what_counts_as_checked(void **state)
{
	(void)state;
	assert_false(memtype_checked(0));
	assert_false(memtype_checked(MMT_MEMTYPE_SAW_NORMAL));
	assert_false(memtype_checked(MMT_MEMTYPE_SAW_NORMAL | MMT_MEMTYPE_SAW_NC)); /* both alike in all tables */
	assert_false(memtype_checked(MMT_MEMTYPE_SAW_DEVICE));
	assert_true(memtype_checked(MMT_MEMTYPE_SAW_NORMAL | MMT_MEMTYPE_SAW_DEVICE));
	assert_true(memtype_checked(MMT_MEMTYPE_SAW_NORMAL | MMT_MEMTYPE_SAW_DEVICE | MMT_MEMTYPE_SAW_NC));
	assert_false(memtype_checked(MMT_MEMTYPE_SAW_NORMAL | MMT_MEMTYPE_SAW_DEVICE | MMT_MEMTYPE_WRONG));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_by_release),
		cmocka_unit_test(names_of_tables),
		cmocka_unit_test(decoded),
		cmocka_unit_test(keys),
		cmocka_unit_test(own_mappings_tell_tables_apart),
		cmocka_unit_test(no_write_combining),
		cmocka_unit_test(what_counts_as_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
