// LINK: base event probe/tiers probe/hook_table cli/doctor_events cli/doctor_gain cli/doctor_page cli/doctor_why enrich/memtype
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* doctor's page for kernels whose facts are written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/doctor.h"
#include "event/schema.h"
#include "unit/kernels.h"

static struct hook_choice c[MMT_HOOK_MAX];
static struct caps caps;
static struct doctor d;
static char *text;

static void start(struct caps k, const char *machine, const char *config)
{
	char why[TIER_WHY];

	caps = k;
	want_all(c);
	assert_int_equal(tiers_choose(c, &caps, NULL, why, sizeof(why)), 0);
	buf_free(&d.config);
	d = (struct doctor){ .caps = &caps, .choice = c, .release = "6.1.0-test", .machine = machine };
	d.page_size = 16384;
	d.cpus = 8;
	if (config) {
		buf_puts(&d.config, config);
		d.config_path = "/boot/config-6.1.0-test";
	}
}

static const char *page(void)
{
	struct buf out = { 0 };

	doctor_page(&d, &out);
	assert_int_equal(out.err, 0);
	free(text);
	text = strdup(buf_str(&out));
	buf_free(&out);
	return text;
}

static bool says(const char *s)
{
	if (strstr(text, s))
		return true;
	print_message("not there: %s\n%s", s, text);
	return false;
}

static bool says_not(const char *s)
{
	if (!strstr(text, s))
		return true;
	print_message("there: %s\n%s", s, text);
	return false;
}

/* The text of a section, from its title to the next empty line. */
static void section(const char *title)
{
	char *at = strstr(text, title), *end;

	if (!at)
		print_message("no section %s\n%s", title, text);
	assert_non_null(at);
	memmove(text, at, strlen(at) + 1);
	end = strstr(text, "\n\n");
	if (end)
		end[1] = 0;
}

static unsigned times(const char *s)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, s)); at += strlen(s))
		n++;
	return n;
}

static void fits(void)
{
	unsigned lines = 0;

	for (const char *s = text; *s; s += strcspn(s, "\n") + 1, lines++) {
		size_t len = strcspn(s, "\n");

		assert_true(len <= DOCTOR_WIDTH);
		assert_true(!len || s[len - 1] != ' ');
		assert_int_equal(s[len], '\n');
	}
	assert_true(lines <= 68);
}

/* Every event is named either among what there is or among what there is not, never in both. */
static void accounts_for_all(void)
{
	const struct mmt_schema_event *ev;
	size_t n;

	ev = schema_events(&n);
	for (size_t i = 0; i < n; i++) {
		struct items tiers = { 0 };
		bool lost = doctor_event_lost(c, ev[i].num);

		doctor_event_tiers(c, ev[i].num, &tiers);
		assert_true(lost || tiers.n > 0);
		assert_true(strstr(text, ev[i].name));
	}
}

static void like_6_12(void **state)
{
	(void)state;
	start(kernel_6_12(), "aarch64", "CONFIG_KPROBES=y\n");
	page();
	fits();
	accounts_for_all();
	assert_true(says("6.1.0-test aarch64, pages of 16K, 8 CPUs"));
	assert_true(says("fentry    yes"));
	assert_true(says_not("NOT HERE"));
	assert_true(says_not("GIVE MORE"));
	assert_int_equal(times("without"), 0);
	/* functions of other kernels are no fault of this one */
	assert_true(says("normal: of other kernels"));
	assert_true(says_not("no such function"));
}

static void locked_down(void **state)
{
	(void)state;
	start(kernel_locked(), "x86_64",
	      "CONFIG_DEBUG_INFO_BTF=y\nCONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y\n# CONFIG_KPROBES is not set\n");
	page();
	fits();
	accounts_for_all();
	/* what the machine refuses once, for all hooks; those that only kprobes or only fentry could serve are among them */
	section("WHY NOT");
	assert_int_equal(times("fentry does not attach: Operation not permitted; this kernel has no kprobe events\n"),
			 1);
	assert_int_equal(times("fentry does not attach"), 1);
	assert_int_equal(times("no kprobe events"), 1);
	assert_true(
		says("    left out     change (10 of 11), object (all 6), driver.file, driver.probe, driver.close,\n"
		     "                 install (all 25), fault (7 of 9),"));
	assert_true(says("    raw_tp       change.exit, remote\n"));
	assert_true(says("    perf         fault, total"));
	page();
	section("WHAT WOULD GIVE MORE");
	assert_true(says("CONFIG_KPROBES=y                             off here\n"));
	assert_true(says("CONFIG_KPROBE_EVENTS=y                       off here\n"));
	assert_true(says("CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y    on here\n"));
	assert_true(says("so the configuration is not what forbids it"));
	assert_true(says("kprobes would add all events that are not here\n"));
	/* no driver's function can be found by fentry; what else kprobes would give is not told twice */
	assert_true(
		says("fentry would add what kprobes would but driver_open driver_close driver_fault driver_mkwrite\n"
		     "    driver_access driver_split, and\n        fault: result, faults of the kernel itself"));
	assert_int_equal(times("all events"), 1);
	page();
	section("NOT HERE");
	assert_true(says("vma_map vma_unmap vma_prot vma_move vma_dup vma_grow\n"));
	assert_true(says_not("mmap munmap"));
	page();
	section("EVENTS ");
	assert_true(says("fault     perf          fault\n"));
	assert_true(says("without flags, result,"));
	assert_true(says("some of kind"));
	assert_true(says("memfd_create remap_file_pages\n                        munmap without bytes\n"));
}

/* Where fentry is refused, it is no reason as well that PFNs of pages are not known: fentry would attach without them. */
static void locked_down_pages(void **state)
{
	struct caps k = kernel_locked();

	(void)state;
	k.page_struct = 0;
	start(k, "x86_64", NULL);
	page();
	fits();
	assert_true(says("install (all 25)"));
	assert_true(says_not("struct page"));
}

static void no_btf(void **state)
{
	(void)state;
	start(kernel_nobtf(), "aarch64",
	      "# CONFIG_DEBUG_INFO_BTF is not set\nCONFIG_KPROBES=y\nCONFIG_KPROBE_EVENTS=y\n");
	page();
	fits();
	accounts_for_all();
	assert_true(says("BTF       no, neither"));
	section("NOT HERE");
	assert_true(says("exit fork")); /* the plain object lacks fork: its row says so */
	/* a part that its tier lacks, whatever its words' length, is not the event */
	assert_false(doctor_event_lost(c, MMT_EV_FAULT_KEY));
	assert_true(doctor_event_lost(c, MMT_EV_FORK));
	assert_true(says_not("exec"));
	page();
	section("WHAT WOULD GIVE MORE");
	assert_true(says("CONFIG_DEBUG_INFO_BTF=y                      off here\n    BTF would add all events that are "
			 "not here\n"));
	/* those that would lack nothing then; munmap's bytes are known by the change that it makes, of which there is none */
	assert_true(says("        all that is lacking of mmap munmap exec vma_import pfn_map page_map dma_map obj_map\n"
			 "        remote signal\n"));
	assert_true(says("fault: flags, class, the VMA"));
	assert_true(says("Linux 6.4 or later\n    fentry would add what BTF would, and\n        fault: result,"));
	/* every line of the configuration once per remedy, and no remedy for what works */
	assert_int_equal(times("CONFIG_KPROBES"), 0);
	page();
	section("EVENTS ");
	/* what all lack before what one lacks; the fields of the VMA are told once */
	assert_true(says(
		"pfn_map page_map dma_map obj_map\n"
		"                        all without the VMA (range pgoff flags inode file ops dev rdev); pfn_map\n"
		"                        without pgprot of some, addr of a vm_fault; page_map without pgprot;\n"
		"                        dma_map without device, range and PFNs of some; obj_map without addr,\n"));
	assert_int_equal(times("(range"), 1);
	assert_true(says("mmap without file; munmap without bytes\n"));
	assert_true(says("vma_import without vm_flags, ops, rdev\n"));
	page();
	section("WHY NOT");
	assert_int_equal(times("no BTF"), 1);
	assert_true(says("    kprobe       install (all 25)\n"));
}

/* Of optional hooks: one that the session left out for its module is as it should be, one that the kernel refused is not. */
static void optional(void **state)
{
	(void)state;
	start(kernel_nobtf(), "aarch64", NULL);
	c[MMT_HOOK_DEMO].try = -1;
	c[MMT_HOOK_DEMO].better = 0;
	snprintf(c[MMT_HOOK_DEMO].why, TIER_WHY, "the module mmdemo is not loaded");
	page();
	fits();
	section("WHY NOT");
	assert_true(says_not("the module mmdemo"));
	assert_true(says("install (4), demo\n"));
	start(kernel_6_12(), "aarch64", NULL);
	c[MMT_HOOK_WIPE].try = c[MMT_HOOK_WIPE].better = -1;
	c[MMT_HOOK_WIPE].bad = 3;
	snprintf(c[MMT_HOOK_WIPE].why, TIER_WHY, "it does not attach: Invalid argument");
	page();
	section("WHY NOT");
	assert_true(says("it does not attach: Invalid argument\n    left out     change.wipe\n"));
}

static void like_6_1(void **state)
{
	(void)state;
	start(kernel_6_1(), "aarch64", NULL);
	page();
	fits();
	accounts_for_all();
	assert_true(says_not("NOT HERE"));
	assert_true(says("config    not readable"));
	assert_true(says("fault     kprobe+perf   fault\n"));
	section("WHAT WOULD GIVE MORE");
	assert_true(says("  CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y\n")); /* not known whether on or off */
	assert_true(says("    fentry would add\n        fault: result, faults of the kernel itself\n"));
	assert_true(says_not("here"));
}

static void forced(void **state)
{
	static const char *const tier[] = { "fault=perf", NULL };
	char why[TIER_WHY];

	(void)state;
	start(kernel_6_12(), "x86_64", NULL);
	d.forced = tier;
	assert_int_equal(tiers_choose(c, &caps, tier, why, sizeof(why)), 0);
	page();
	fits();
	assert_true(says("another tier was asked for\n    left out     fault (4 of 5)\n    perf         fault\n"));
	assert_true(says_not("GIVE MORE")); /* nothing of the kernel's would help */
}

/* The kernel refused programs when it was asked to load them: their names do not split the reason. */
static void refused(void **state)
{
	static const int hooks[] = { MMT_HOOK_DUP, MMT_HOOK_EXTEND };
	char why[TIER_WHY];

	(void)state;
	start(kernel_6_12(), "x86_64", NULL);
	for (size_t i = 0; i < MMT_COUNT(hooks); i++) {
		c[hooks[i]].bad = 3;
		snprintf(c[hooks[i]].why, TIER_WHY, "the kernel refused to load prog_%zu: Permission denied", i);
	}
	tiers_choose(c, &caps, NULL, why, sizeof(why));
	page();
	fits();
	assert_true(says("  the kernel refused to load the program: Permission denied\n    left out     change.extend, "
			 "change.dup\n"));
	assert_true(says("change    vma_dup\n"));
	assert_true(says("without vma_move that grows in place\n"));
}

static void config_lines(void **state)
{
	(void)state;
	start(kernel_6_12(), "x86_64",
	      "CONFIG_KPROBES=y\nCONFIG_KPROBE_EVENTS=m\n# CONFIG_FPROBE is not set\nCONFIG_X=n\nCONFIG_Y=\"y\"\n");
	assert_int_equal(doctor_config(&d, "CONFIG_KPROBES=y"), CONFIG_ON);
	assert_int_equal(doctor_config(&d, "CONFIG_KPROBE_EVENTS=y"), CONFIG_ON);
	assert_int_equal(doctor_config(&d, "CONFIG_FPROBE=y"), CONFIG_OFF);
	assert_int_equal(doctor_config(&d, "CONFIG_KPROBE=y"), CONFIG_OFF); /* no prefix */
	assert_int_equal(doctor_config(&d, "CONFIG_X=y"), CONFIG_OFF);
	assert_int_equal(doctor_config(&d, "CONFIG_Y=y"), CONFIG_OFF);
	buf_reset(&d.config);
	assert_int_equal(doctor_config(&d, "CONFIG_KPROBES=y"), CONFIG_UNKNOWN);
}

static void wraps(void **state)
{
	static const char words[] =
		"aaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbb cccccccccccccccccccc dddddddddddddddddddd "
		"eeeeeeeeeeeeeeeeeeee";
	struct buf out = { 0 };

	(void)state;
	buf_puts(&out, "x\n    title");
	doctor_wrap(&out, 8, words, sizeof(words) - 1);
	free(text);
	text = strdup(buf_str(&out));
	assert_true(says(
		"x\n    title aaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbb cccccccccccccccccccc dddddddddddddddddddd\n"
		"        eeeeeeeeeeeeeeeeeeee\n"));
	buf_reset(&out);
	doctor_wrap(&out, 4, "", 0); /* nothing: an empty line */
	assert_string_equal(buf_str(&out), "\n");
	buf_free(&out);
}

static void told_of_memory_types(const struct mmt_memtype *m, const char *wrong, const char *line)
{
	d.memtype = m;
	d.memtype_wrong = wrong;
	page();
	fits();
	for (char *at = strstr(text, "\n          "); at; at = strstr(at, "\n          "))
		memmove(at + 1, at + 11, strlen(at + 11) + 1), *at = ' '; /* unwrapped */
	assert_true(says(line));
}

static void memory_types(void **state)
{
	struct mmt_memtype m = { .table = MMT_MEMTYPE_ARM64, .checks = MMT_MEMTYPE_SAW_NORMAL };

	(void)state;
	start(kernel_6_12(), "aarch64", NULL);
	page();
	assert_true(says_not("memtype   "));
	told_of_memory_types(
		&m, "",
		"\nmemtype   arm64 table (Linux 5.14 and later) by release, only checked against own Normal memory "
		"(no PCI resource file and no /dev/mem here)\n");
	m.checks |= MMT_MEMTYPE_SAW_DEVICE;
	told_of_memory_types(&m, "", "(Linux 5.14 and later), checked against own Normal and Device mappings\n");
	m.checks |= MMT_MEMTYPE_SAW_NC;
	told_of_memory_types(&m, "", ", checked against own Normal, Device and Normal-NC mappings\n");
	m.checks |= MMT_MEMTYPE_WRONG;
	told_of_memory_types(&m, "this is that", "\nmemtype   not shown, this kernel has others: this is that\n");
	m.table = MMT_MEMTYPE_NONE;
	told_of_memory_types(&m, "", "\nmemtype   not shown: no table is known for this machine\n");
	m = (struct mmt_memtype){ .table = MMT_MEMTYPE_X86_PAT, .checks = 7 };
	told_of_memory_types(&m, "", "\nmemtype   x86 PAT, checked against own WB, UC- and WC mappings\n");
	start(kernel_nobtf(), "aarch64", NULL);
	m = (struct mmt_memtype){ .table = MMT_MEMTYPE_ARM64_5_10 };
	told_of_memory_types(&m, "", "(Linux 5.10 to 5.13) by release, unchecked: the kernel has no BTF\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_6_12), cmocka_unit_test(locked_down),  cmocka_unit_test(locked_down_pages),
		cmocka_unit_test(no_btf),    cmocka_unit_test(like_6_1),     cmocka_unit_test(forced),
		cmocka_unit_test(refused),   cmocka_unit_test(optional),     cmocka_unit_test(config_lines),
		cmocka_unit_test(wraps),     cmocka_unit_test(memory_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
