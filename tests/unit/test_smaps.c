// LINK: probe/smaps
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* /proc/PID/smaps as kernels write it, and as they do not; one's own pages by their PFN. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/smaps.h"

static const char text[] =
	"aaaab8d60000-aaaab8d70000 r-xp 00001000 08:01 131 /usr/bin/a program\n"
	"Size:                 64 kB\n"
	"Rss:                  40 kB\n"
	"VmFlags: rd ex mr mw me \n"
	"ffff9a3f2000-ffff9a3f6000 rw-s 00000000 00:06 420                        /dev/mmdemo/shared\n"
	"Rss:                   0 kB\n"
	"VmFlags: rd wr sh mr mw ms pf io de dd \n"
	"fffff7ffd000-fffff7fff000 rw-p 00000000 00:00 0 \n"
	"Rss:                   8 kB\n"
	"THPeligible:    0\n"
	"VmFlags: rd wr mr mw me xpf\n";

struct seen {
	struct smaps_range r[4];
	char path[4][64];
	size_t n;
	int stop; /* fn's answer to the second */
};

static int take(void *ctx, const struct smaps_range *r)
{
	struct seen *s = ctx;

	assert_true(s->n < 4);
	s->r[s->n] = *r;
	snprintf(s->path[s->n], sizeof(s->path[0]), "%s", r->path);
	return s->n++ == 1 ? s->stop : 0;
}

static int read_text(const char *t, struct seen *s)
{
	FILE *f = fmemopen((void *)t, strlen(t), "r");
	int err;

	assert_non_null(f);
	err = smaps_read(f, take, s);
	fclose(f);
	return err;
}

static void test_ranges(void **state)
{
	struct seen s = { 0 };

	(void)state;
	assert_int_equal(read_text(text, &s), 0);
	assert_int_equal(s.n, 3);
	assert_true(s.r[0].start == 0xaaaab8d60000 && s.r[0].end == 0xaaaab8d70000);
	assert_int_equal(s.r[0].resident, 40 * 1024);
	assert_false(s.r[0].pfns);
	assert_string_equal(s.path[0], "/usr/bin/a program");
	assert_true(s.r[1].pfns);
	assert_string_equal(s.r[1].perms, "rw-s");
	assert_int_equal(s.r[1].resident, 0);
	assert_string_equal(s.path[1], "/dev/mmdemo/shared");
	assert_string_equal(s.path[2], "");
	assert_int_equal(s.r[2].resident, 8 * 1024);
	assert_false(s.r[2].pfns); /* "xpf" is no "pf" */
}

static void test_fn_ends_it(void **state)
{
	struct seen s = { .stop = -ENOSPC };

	(void)state;
	assert_int_equal(read_text(text, &s), -ENOSPC);
	assert_int_equal(s.n, 2);
}

static void test_nonsense(void **state)
{
	struct seen s = { 0 };

	(void)state;
	assert_int_equal(read_text("Rss: 12 kB\nnothing here\n7f00-\nVmFlags: pf\n", &s), 0);
	assert_int_equal(s.n, 0);
}

static void test_nobody(void **state)
{
	struct seen s = { 0 };

	(void)state;
	assert_int_equal(smaps_each(4194305, take, &s), -ENOENT);
	assert_int_equal(smaps_pages(4194305, 0, 1, NULL, NULL, NULL), -ENOENT);
}

struct own {
	uint64_t addr;
	int hits;
};

static int hit(void *ctx, uint32_t pid, uint64_t addr, uint64_t pfn, const char *path)
{
	struct own *o = ctx;

	(void)pfn;
	(void)path;
	assert_int_equal(pid, getpid());
	o->hits += addr == o->addr;
	return 0;
}

/* A page of one's own, found by its number; where the kernel shows no numbers that is said. */
static void test_own_page(void **state)
{
	long page = sysconf(_SC_PAGESIZE);
	volatile char *p = mmap(NULL, (size_t)page * 3, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct own o = { .addr = (uint64_t)(uintptr_t)p + (uint64_t)page };
	uint64_t entry = 0;
	FILE *f = fopen("/proc/self/pagemap", "re");

	(void)state;
	assert_true(p != MAP_FAILED);
	p[page] = 1;
	assert_non_null(f);
	assert_int_equal(fseek(f, (long)(o.addr / (uint64_t)page * 8), SEEK_SET), 0);
	assert_int_equal(fread(&entry, 8, 1, f), 1);
	fclose(f);
	entry &= (1ULL << 55) - 1;
	if (!entry) {
		assert_int_equal(smaps_pages((uint32_t)getpid(), 1, 2, hit, NULL, &o), -EPERM);
		assert_int_equal(o.hits, 0);
		return;
	}
	assert_int_equal(smaps_pages((uint32_t)getpid(), entry, entry + 1, hit, NULL, &o), 0);
	assert_int_equal(o.hits, 1);
	o.hits = 0;
	assert_int_equal(smaps_pages((uint32_t)getpid(), entry + 1, entry + 2, hit, NULL, &o), 0);
	assert_int_equal(o.hits, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges), cmocka_unit_test(test_fn_ends_it), cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_nobody), cmocka_unit_test(test_own_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
