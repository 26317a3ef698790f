// LINK: enrich/usyms enrich/usyms_elf base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Symbols of programs: of files that this test has a compiler make, in the ways in which distributions strip them. */
#include <dirent.h>
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "enrich/usyms.h"
#include "enrich/usyms_elf.h"

static char dir[] = "/tmp/mmtrace-usyms.XXXXXX";

static const char source[] = "__attribute__((noinline)) int known(int x) { __asm__ volatile(\"\"); return x + 1; }\n"
			     "__attribute__((noinline)) int _known(int x) { return known(x) * 2; }\n"
			     "extern __typeof__(_known) known_too __attribute__((alias(\"_known\")));\n"
			     "int main(void) { return _known(3) == 8 ? 0 : 1; }\n";

/* Runs a shell command in the test's directory. */
static void sh(const char *format, const char *arg)
{
	char words[512], line[1024];

	snprintf(words, sizeof(words), format, arg, arg, arg, arg);
	snprintf(line, sizeof(line), "cd %s && %s", dir, words);
	if (system(line))
		fail_msg("%s", line);
}

static const char *in_dir(const char *name)
{
	static char path[2][256];
	static int n;

	n = !n;
	snprintf(path[n], sizeof(path[n]), "%s/%s", dir, name);
	return path[n];
}

/* The address of a symbol as nm has it. */
static uint64_t address_of(const char *file, const char *symbol)
{
	char line[512], name[256];
	unsigned long long addr;
	uint64_t found = 0;
	FILE *f;

	snprintf(line, sizeof(line), "nm %s", in_dir(file));
	f = popen(line, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %*c %255s", &addr, name) == 2 && !strcmp(name, symbol))
			found = addr;
	pclose(f);
	assert_true(found);
	return found;
}

/* Where in the file an address is: by its program headers. */
static uint64_t offset_of(const char *file, uint64_t addr)
{
	uint64_t off = 0;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	FILE *f = fopen(in_dir(file), "r");

	assert_non_null(f);
	assert_int_equal(fread(&eh, sizeof(eh), 1, f), 1);
	for (unsigned i = 0; i < eh.e_phnum; i++) {
		fseek(f, (long)(eh.e_phoff + i * sizeof(ph)), SEEK_SET);
		assert_int_equal(fread(&ph, sizeof(ph), 1, f), 1);
		if (ph.p_type == PT_LOAD && addr - ph.p_vaddr < ph.p_filesz)
			off = addr - ph.p_vaddr + ph.p_offset;
	}
	fclose(f);
	assert_true(off);
	return off;
}

static uint64_t inode_of(const char *file)
{
	struct stat st;

	assert_int_equal(stat(in_dir(file), &st), 0);
	return st.st_ino;
}

static struct usyms *syms;

static const char *name_at(const char *file, uint64_t off)
{
	struct usym_place at = { .path = in_dir(file), .ino = inode_of(file), .off = off };

	return usyms_name(syms, &at);
}

/* The name of a place 2 bytes into a function of `like`, which file was made of and which still has its symbols. */
static void named(const char *file, const char *like, const char *symbol, const char *want)
{
	assert_string_equal(name_at(file, offset_of(like, address_of(like, symbol)) + 2), want);
}

static const char *as_offset(const char *file, uint64_t off)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s+0x%llx", file, (unsigned long long)off);
	return text;
}

static int up(void **state)
{
	(void)state;
	syms = usyms_new(NULL);
	return !syms;
}

static int down(void **state)
{
	(void)state;
	usyms_free(syms);
	return 0;
}

static int make(void **state)
{
	FILE *f;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	f = fopen(in_dir("t.c"), "w");
	if (!f || fputs(source, f) < 0 || fclose(f))
		return -1;
	sh("gcc -O1 -falign-functions=64 -fPIE -pie -Wl,--build-id -o pie t.c", "");
	sh("gcc -O1 -fno-pie -no-pie -Wl,--build-id -o fixed t.c", "");
	return 0;
}

static int clean(void **state)
{
	(void)state;
	sh("rm -rf %s", dir);
	return 0;
}

static void test_symtab(void **state)
{
	uint64_t known = offset_of("pie", address_of("pie", "known"));

	(void)state;
	named("pie", "pie", "known", "pie:known+0x2");
	named("fixed", "fixed", "known", "fixed:known+0x2");
	named("pie", "pie", "main", "pie:main+0x2");
	named("pie", "pie", "_known", "pie:known_too+0x2"); /* of two names the one without underscores */
	/* where no function is: between two of them; the ELF header; behind the end */
	assert_string_equal(name_at("pie", known + 60), as_offset("pie", known + 60));
	assert_string_equal(name_at("pie", 0x10), "pie+0x10");
	assert_string_equal(name_at("pie", 0x1000000), "pie+0x1000000");
	assert_true(usyms_bytes(syms) > 0);
}

static void test_stripped(void **state)
{
	uint64_t off = offset_of("pie", address_of("pie", "known"));

	(void)state;
	sh("strip -s -o bare pie", "");
	assert_string_equal(name_at("bare", off), as_offset("bare", off));
	/* what is left in the dynamic table */
	sh("gcc -O1 -fPIE -pie -rdynamic -o dynamic t.c && strip -s -o dynamic.bare dynamic", "");
	named("dynamic.bare", "dynamic", "known", "dynamic.bare:known+0x2");
}

/* As Debian and others ship it: stripped, with a file of its own beside it, or found by its build id. */
static void test_debug_files(void **state)
{
	(void)state;
	sh("mkdir -p .debug && objcopy --only-keep-debug pie .debug/linked.debug && strip -s -o linked pie && "
	   "objcopy --add-gnu-debuglink=.debug/linked.debug linked",
	   "");
	named("linked", "pie", "known", "linked:known+0x2");
	sh("strip -s -o by_id fixed && id=$(readelf -n fixed | sed -n 's/.*Build ID: //p') && "
	   "mkdir -p ids/.build-id/$(echo $id | cut -c 1-2) && "
	   "objcopy --only-keep-debug fixed ids/.build-id/$(echo $id | cut -c 1-2)/$(echo $id | cut -c 3-).debug",
	   "");
	usyms_free(syms);
	syms = usyms_new(in_dir("ids"));
	named("by_id", "fixed", "known", "by_id:known+0x2");
	usyms_free(syms);
	syms = usyms_new(in_dir("nowhere"));
	assert_string_equal(name_at("by_id", 0x1000), "by_id+0x1000");
}

/* The table that Fedora leaves in a stripped program. */
static void test_minidebug(void **state)
{
	(void)state;
	if (system("command -v xz >/dev/null")) {
		puts("no xz on this machine");
		skip();
	}
	sh("objcopy -S --keep-symbol=known pie mini && xz -kf mini && strip -s -o packed pie && "
	   "objcopy --add-section .gnu_debugdata=mini.xz packed",
	   "");
	named("packed", "pie", "known", "packed:known+0x2");
}

/* Not the file that was mapped, none at all, and what is no program. */
static void test_other_files(void **state)
{
	uint64_t off = offset_of("pie", address_of("pie", "known"));
	struct usym_place at = { .path = in_dir("pie"), .ino = inode_of("pie") + 1, .off = off };

	(void)state;
	assert_string_equal(usyms_name(syms, &at), as_offset("pie", off));
	at = (struct usym_place){ .path = "/no/such/lib.so (deleted)", .ino = 1, .off = 0x12 };
	assert_string_equal(usyms_name(syms, &at), "lib.so+0x12");
	at = (struct usym_place){ .path = "/dev/zero", .off = 0x12 };
	assert_string_equal(usyms_name(syms, &at), "zero+0x12");
	at = (struct usym_place){ .off = 0x12, .start = 0x1000, .end = 0x2000 };
	assert_null(usyms_name(syms, &at));
	for (int cut = 0; cut < 16; cut++) {
		char command[64];

		snprintf(command, sizeof(command), "head -c %d pie >cut%d", cut * 1000, cut);
		sh("%s", command);
		snprintf(command, sizeof(command), "cut%d", cut);
		assert_non_null(name_at(command, off));
	}
}

/* This program itself, as a process has it mapped: by no name at all. */
static void test_by_mapping(void **state)
{
	unsigned long long start, end, off;
	uint64_t here = (uint64_t)(uintptr_t)test_symtab;
	struct usym_place at;
	char line[512];
	FILE *f = fopen("/proc/self/maps", "r");

	(void)state;
	if (geteuid()) {
		puts("needs root: /proc/PID/map_files");
		fclose(f);
		skip();
	}
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx-%llx %*s %llx", &start, &end, &off) == 3 && here >= start && here < end)
			break;
	fclose(f);
	at = (struct usym_place){ .pid = (uint32_t)getpid(), .start = start, .end = end, .off = here - start + off };
	assert_string_equal(usyms_name(syms, &at), "test_usyms:test_symtab+0x0");
}

static void test_vdso(void **state)
{
	struct usym_place at = { .path = "[vdso]", .start = 0x7f0000000000, .end = 0x7f0000002000 };
	uint64_t where = 0;
	unsigned found = 0;

	(void)state;
	if (!getauxval(AT_SYSINFO_EHDR)) {
		puts("no vdso");
		skip();
	}
	for (uint64_t off = 0; off < 0x2000; off += 4) {
		at.off = off;
		if (!strstr(usyms_name(syms, &at), "clock_gettime+0x0"))
			continue;
		found++;
		where = off;
	}
	assert_int_equal(found, 1);
	/* that of a 32-bit process is another */
	at = (struct usym_place){ .path = "[vdso]", .start = 0xf7000000, .end = 0xf7001000, .off = where };
	usyms_free(syms);
	syms = usyms_new(NULL);
	assert_string_equal(usyms_name(syms, &at), as_offset("[vdso]", where));
}

static void test_calls(void **state)
{
	static const struct {
		unsigned machine;
		bool call;
		size_t n;
		unsigned char code[8];
	} cases[] = {
		{ EM_X86_64, true, 5, { 0xe8, 1, 2, 3, 4 } },
		{ EM_X86_64, true, 2, { 0xff, 0xd0 } },			  /* call *%rax */
		{ EM_X86_64, true, 3, { 0x41, 0xff, 0xd4 } },		  /* call *%r12 */
		{ EM_X86_64, true, 6, { 0xff, 0x15, 1, 2, 3, 4 } },	  /* call *GOT(%rip) */
		{ EM_X86_64, true, 4, { 0xff, 0x54, 0x24, 8 } },	  /* call *8(%rsp) */
		{ EM_X86_64, true, 7, { 0xff, 0x94, 0x24, 0, 1, 0, 0 } }, /* call *0x100(%rsp) */
		{ EM_X86_64, false, 8, { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xc3 } },
		{ EM_X86_64, false, 6, { 0xff, 0x25, 1, 2, 3, 4 } },  /* jmp *GOT(%rip) */
		{ EM_X86_64, false, 4, { 0xe8, 1, 2, 3 } },	      /* cut */
		{ EM_AARCH64, true, 4, { 0x10, 0, 0, 0x94 } },	      /* bl */
		{ EM_AARCH64, true, 4, { 0x20, 0, 0x3f, 0xd6 } },     /* blr x1 */
		{ EM_AARCH64, true, 4, { 0x3f, 0x08, 0x3f, 0xd6 } },  /* blraaz x1 */
		{ EM_AARCH64, false, 4, { 0x10, 0, 0, 0x14 } },	      /* b */
		{ EM_AARCH64, false, 4, { 0xc0, 0x03, 0x5f, 0xd6 } }, /* ret */
		{ EM_RISCV, true, 4, { 0, 0, 0, 0 } },		      /* not known */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (usyms_is_call(cases[i].machine, cases[i].code + cases[i].n, cases[i].n) != cases[i].call)
			fail_msg("case %zu", i);
}

/* In a file: the place before a function's first byte is no call, that in main before its return from _known is one. */
static void test_return_addresses(void **state)
{
	struct usym_place at = { .path = in_dir("pie"), .ino = inode_of("pie"), .call = true };
	uint64_t main_off = offset_of("pie", address_of("pie", "main"));
	unsigned calls = 0;

	(void)state;
	at.off = main_off - 1;
	assert_string_equal(usyms_name(syms, &at), "");
	for (at.off = main_off; at.off < main_off + 40; at.off++)
		calls += *usyms_name(syms, &at) && strstr(usyms_name(syms, &at), ":main+");
	assert_int_equal(calls, 1);
}

static unsigned open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* However many files a machine's programs are of, few are kept. */
static void test_bounded(void **state)
{
	uint64_t off = offset_of("pie", address_of("pie", "known"));
	unsigned before = open_files();
	char name[32], want[64];

	(void)state;
	sh("for i in $(seq 1 300); do ln pie link$i; done", "");
	for (int i = 1; i <= 300; i++) {
		snprintf(name, sizeof(name), "link%d", i);
		snprintf(want, sizeof(want), "link%d:known+0x0", i);
		assert_string_equal(name_at(name, off), want);
	}
	assert_in_range(open_files() - before, 1, 129);
	assert_string_equal(name_at("link1", off), "link1:known+0x0");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_symtab),	     TEST(test_stripped),   TEST(test_debug_files), TEST(test_minidebug),
		TEST(test_other_files),	     TEST(test_by_mapping), TEST(test_vdso),	    TEST(test_calls),
		TEST(test_return_addresses), TEST(test_bounded),
	};

	return cmocka_run_group_tests(tests, make, clean);
}
