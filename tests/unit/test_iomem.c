// LINK: base probe/iomem enrich/iomem
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* /proc/iomem from its text to the name of an address. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "enrich/iomem.h"
#include "probe/iomem.h"

static void malformed_lines(void **state)
{
	static const char *const lines[] = {
		"",
		"\n",
		"    \n",
		"System RAM\n",
		"-1000 : System RAM\n",
		"1000- : System RAM\n",
		"1000-1fff\n",
		"1000-1fff System RAM\n",
		"1000-1fff: System RAM\n",
		"1000 - 1fff : System RAM\n",
		"1fff-1000 : turned round\n",
		"1000--1fff : System RAM\n",
		"0x1000-0x1fff : System RAM\n",
		"00000000-00000000 : System RAM\n", /* hidden from whoever lacks CAP_SYS_ADMIN */
		"  00000000-00000000 : Kernel code\n",
		"1000-ffffffffffffffff : no end can stand behind it\n",
		"1000-1ffffffffffffffff : too many digits\n",
		"10000000000000000-20000000000000000 : too many digits\n",
		"g000-gfff : no hex\n",
		"\t1000-1fff : a tab\n",
	};
	struct buf items = { 0 };

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(lines); i++)
		if (iomem_line(lines[i], &items) || items.len)
			fail_msg("taken: %s", lines[i]);
	buf_free(&items);
}

static void one_line(void **state)
{
	char line[600] = "1000-1fff : ";
	struct buf items = { 0 };
	const struct mmt_iomem *r;
	size_t at = 0;

	(void)state;
	assert_true(iomem_line("    fe650000-fe65ffff : fe650000.serial serial@fe650000\n", &items));
	assert_true(iomem_line("0-fff : ", &items)); /* no name, no newline */
	memset(line + 12, 'x', sizeof(line) - 13);
	assert_true(iomem_line(line, &items));
	r = iomem_next(&items, &at);
	assert_int_equal(r->type, MMT_ITEM_IOMEM);
	assert_int_equal(r->size % 8, 0);
	assert_int_equal(r->depth, 2);
	assert_int_equal(r->start, 0xfe650000);
	assert_int_equal(r->end, 0xfe660000);
	assert_string_equal(r->text, "fe650000.serial serial@fe650000");
	r = iomem_next(&items, &at);
	assert_int_equal(r->end, 0x1000);
	assert_string_equal(r->text, "");
	r = iomem_next(&items, &at);
	assert_int_equal(strlen(r->text), MMT_NAME_MAX - 1);
	assert_null(iomem_next(&items, &at));
	buf_free(&items);
}

static void devices_by_name(void **state)
{
	static const struct {
		const char *name;
		bool device;
	} cases[] = {
		{ "0000:00:02.0", true },    { "fe650000.serial", true },  { "fdab0000.npu", true },
		{ "9000000.pl011 x", true }, { "System RAM", false },	   { "reserved", false },
		{ "Kernel code", false },    { "pcie@10000000", false },   { "", false },
		{ "face", false },	     { "PCI Bus 0000:00", false }, { "feed. ", false },
		{ "ACPI Tables", false },    { "AMZNC10C:00", false },	   { "add", false },
	};
	struct buf line = { 0 }, items = { 0 };

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(cases); i++) {
		size_t at = 0;

		buf_reset(&line);
		buf_reset(&items);
		buf_printf(&line, "1000-1fff : %s\n", cases[i].name);
		assert_true(iomem_line(buf_str(&line), &items));
		if (iomem_is_device(iomem_next(&items, &at)) != cases[i].device)
			fail_msg("%s", cases[i].name);
	}
	buf_free(&line);
	buf_free(&items);
}

static struct iomem *from(const char *text)
{
	struct iomem *m = iomem_new();
	struct buf items = { 0 };
	const struct mmt_iomem *r;
	size_t at = 0;

	for (; *text; text += strcspn(text, "\n") + 1)
		assert_true(iomem_line(text, &items));
	while ((r = iomem_next(&items, &at)))
		assert_int_equal(iomem_add(m, r), 0);
	buf_free(&items);
	return m;
}

/* Of a guest and of an RK3588, shortened. */
static const char board[] = "00200000-efffffff : System RAM\n"
			    "  02010000-0360ffff : Kernel code\n"
			    "  03610000-03d9ffff : reserved\n"
			    "  e0000000-efffffff : reserved\n"
			    "    e8000000-e80fffff : ramoops\n"
			    "f0000000-f4ffffff : pcie@fe150000\n"
			    "  f0200000-f02fffff : PCI Bus 0000:01\n"
			    "    f0200000-f0203fff : 0000:01:00.0\n"
			    "      f0200000-f0203fff : nvme\n"
			    "    f0204000-f02040ff : 0000:01:00.1\n"
			    "fb000000-fb1fffff : fb000000.gpu gpu@fb000000\n"
			    "100000000-3fbffffff : System RAM\n"
			    "a40000000-a403fffff : reserved\n";

static void names(void **state)
{
	static const struct {
		uint64_t start, len;
		const char *name, *path;
	} cases[] = {
		{ 0x0, 0x1000, NULL, NULL },
		{ 0x1ff000, 0x1000, NULL, NULL }, /* the page before */
		{ 0x200000, 0x1000, "System RAM", "System RAM" },
		{ 0x1ff000, 0x2000, NULL, NULL },
		{ 0x2010000, 0x1000, "Kernel code", "System RAM > Kernel code" },
		{ 0x360f000, 0x1000, "Kernel code", "System RAM > Kernel code" },
		{ 0x360f000, 0x1001, "System RAM", "System RAM" },	/* half in, half out: what has it all */
		{ 0xe0000000, 0x10000000, "System RAM", "System RAM" }, /* only set aside at boot: the CMA pool */
		{ 0xe8000000, 0x1000, "ramoops", "System RAM > reserved > ramoops" },
		{ 0xeffff000, 0x1000, "System RAM", "System RAM" },
		{ 0xeffff000, 0x1001, NULL, NULL }, /* across two */
		{ 0xf0200000, 0x4000, "nvme", "pcie@fe150000 > PCI Bus 0000:01 > 0000:01:00.0 > nvme" },
		{ 0xf0203fff, 0x1, "nvme", "pcie@fe150000 > PCI Bus 0000:01 > 0000:01:00.0 > nvme" },
		{ 0xf0203fff, 0x2, "PCI Bus 0000:01", "pcie@fe150000 > PCI Bus 0000:01" },
		{ 0xf0204000, 0x100, "0000:01:00.1", "pcie@fe150000 > PCI Bus 0000:01 > 0000:01:00.1" },
		{ 0xf0300000, 0x1000, "pcie@fe150000", "pcie@fe150000" },
		{ 0xf5000000, 0x1000, NULL, NULL },
		{ 0xfb000000, 0x200000, "fb000000.gpu gpu@fb000000", "fb000000.gpu gpu@fb000000" },
		{ 0x3fbfff000, 0x1000, "System RAM", "System RAM" },
		{ 0xa40000000, 0x1000, "reserved", "reserved" }, /* of no System RAM: it keeps its name */
		{ 0xa403ff000, UINT64_MAX, NULL, NULL },
		{ UINT64_MAX, 0x1000, NULL, NULL },
		{ UINT64_MAX, UINT64_MAX, NULL, NULL },
	};
	struct iomem *m = from(board);
	struct buf path = { 0 };

	(void)state;
	for (size_t i = 0; i < MMT_COUNT(cases); i++) {
		const char *name = iomem_name(m, cases[i].start, cases[i].len);
		bool any;

		buf_reset(&path);
		any = iomem_path(m, cases[i].start, cases[i].len, &path);
		if (!cases[i].name ? name != NULL || any || path.len :
				     !name || strcmp(name, cases[i].name) || strcmp(buf_str(&path), cases[i].path))
			fail_msg("0x%lx + 0x%lx: %s, %s", cases[i].start, cases[i].len, name ? name : "none",
				 buf_str(&path));
	}
	buf_free(&path);
	iomem_free(m);
}

static void nothing_known(void **state)
{
	struct iomem *m = iomem_new();

	(void)state;
	assert_null(iomem_name(m, 0, 1));
	assert_null(iomem_name(m, 0x1000, 0x1000));
	iomem_free(m);
	iomem_free(NULL);
}

/* A range that only some other one's inside has is not looked for there: its name would stand behind the wrong one. */
static void overlapping(void **state)
{
	struct iomem *m = from("1000-2fff : one\n"
			       "1000-2fff : other\n"
			       "  1000-1fff : inside the other\n");
	struct buf path = { 0 };

	(void)state;
	assert_true(iomem_path(m, 0x1000, 0x1000, &path));
	assert_string_equal(buf_str(&path), "one");
	buf_free(&path);
	iomem_free(m);
}

/* What no kernel lists, but a recording may: depths without what they lie in, ranges outside of theirs, too many. */
static void strange_records(void **state)
{
	struct {
		struct mmt_iomem r;
		char text[8];
	} r = {
		.r = { .type = MMT_ITEM_IOMEM, .size = sizeof(r), .depth = UINT32_MAX, .start = 0x1000, .end = 0x2000 }
	};
	struct iomem *m = iomem_new();

	(void)state;
	strcpy(r.r.text, "deep");
	assert_int_equal(iomem_add(m, &r.r), 0);
	assert_string_equal(iomem_name(m, 0x1000, 0x1000), "deep");
	r.r.start = 0x9000;
	r.r.end = 0x9000;
	assert_int_equal(iomem_add(m, &r.r), -EINVAL);
	r.r.end = 0x1000;
	assert_int_equal(iomem_add(m, &r.r), -EINVAL);
	r.r.end = UINT64_MAX;
	strcpy(r.r.text, "outside");
	assert_int_equal(iomem_add(m, &r.r), 0);
	assert_null(iomem_name(m, 0x9000, 0x1000)); /* said to be in a range that it is not in */
	for (int i = 0; i < IOMEM_MAX - 2; i++) {
		r.r.start = 0x1000;
		assert_int_equal(iomem_add(m, &r.r), 0);
	}
	assert_int_equal(iomem_add(m, &r.r), -ENOSPC);
	assert_non_null(iomem_name(m, 0x1000, 0x1000)); /* a chain of thousands: its end is given up */
	iomem_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(malformed_lines), cmocka_unit_test(one_line),	    cmocka_unit_test(devices_by_name),
		cmocka_unit_test(names),	   cmocka_unit_test(nothing_known), cmocka_unit_test(strange_records),
		cmocka_unit_test(overlapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
