// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Jobs by what is mapped and by what the kernel has to do about it. Each prepares, and then touches. */
#include "nfaults.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "../../kmod-demo/mmdemo_uapi.h"

#define DEMO_PAGES 8 /* kmod-demo/mmdemo.h */

static bool make_anon(char **where)
{
	*where = anon(nf.n);
	return true;
}

static char *anon_area, *zero_area, *kernel_area, *populate_area, *mem_area, *vm_area;

static bool anon_make(void)
{
	return make_anon(&anon_area);
}

static void anon_run(struct tally *t)
{
	expect("anon", touch(t, anon_area, nf.n, nf.page, true, (long)nf.n), "anon", "-");
	touch(t, anon_area, nf.n, nf.page, true, 0); /* again: nothing */
}

static bool zero_make(void)
{
	return make_anon(&zero_area);
}

static void zero_run(struct tally *t)
{
	expect("zero-page", touch(t, zero_area, nf.n, nf.page, false, (long)nf.n), "anon", "-");
	expect("cow", touch(t, zero_area, nf.n / 2, nf.page, true, (long)nf.n / 2), "anon", "-");
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static char *hit_area, *cow_area, *notify_area, *io_area;

static char *map_file(const char *dir, size_t bytes, int flags)
{
	int fd = file_of(dir, bytes / nf.page);
	char *a = region(bytes, RW, flags, fd);

	if (!a)
		die("mmap of a file");
	close(fd);
	return a;
}

static bool hit_make(void)
{
	hit_area = map_file(nf.dir, nf.n * AROUND, MAP_PRIVATE);
	return true;
}

static bool of_files(void)
{
	return *nf.file_class == 'f';
}

static void hit_run(struct tally *t)
{
	expect(of_files() ? "file-hit" : "shm", touch(t, hit_area, nf.n, AROUND, false, (long)nf.n), nf.file_class,
	       "-");
}

static bool cow_make(void)
{
	cow_area = map_file(nf.dir, nf.n * nf.page, MAP_PRIVATE);
	return true;
}

static void cow_run(struct tally *t)
{
	expect("cow", touch(t, cow_area, nf.n, nf.page, true, (long)nf.n), nf.file_class, "-");
}

static bool notify_make(void)
{
	notify_area = map_file(nf.dir, nf.n * AROUND, MAP_SHARED);
	return true;
}

/* A filesystem wants to know of the first write, whether the page was there to be read or not; a tmpfs does not. */
static void notify_run(struct tally *t)
{
	long n = (long)nf.n / 2;

	if (!of_files()) {
		expect("shm", touch(t, notify_area, nf.n, AROUND, true, (long)nf.n), nf.file_class, "-");
		return;
	}
	expect("file-hit", touch(t, notify_area, (size_t)n, AROUND, false, n), nf.file_class, "-");
	expect("write-notify", touch(t, notify_area, nf.n, AROUND, true, (long)nf.n), nf.file_class, "-");
}

#define IO_STEP	 (4 * AROUND)
#define IO_PAGES 16

/* None of the pages that will be read may be there. */
static bool io_make(void)
{
	unsigned char there[IO_PAGES * IO_STEP / 4096];
	int fd;

	if (!nf.disk)
		return skip("no filesystem here whose pages can be read again (-d)");
	fd = file_of(nf.disk, IO_PAGES * IO_STEP / nf.page);
	if (fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		die("cannot drop a file's pages");
	io_area = region(IO_PAGES * IO_STEP, PROT_READ, MAP_SHARED, fd);
	if (!io_area || madvise(io_area, IO_PAGES * IO_STEP, MADV_RANDOM)) /* no read-ahead */
		die("cannot map a file of %s", nf.disk);
	if (mincore(io_area, IO_PAGES * IO_STEP, there))
		die("mincore");
	for (size_t i = 0; i < IO_PAGES * IO_STEP / nf.page; i++)
		if (there[i] & 1)
			return skip("the pages of a file in %s do not leave the page cache", nf.disk);
	close(fd);
	return true;
}

static void io_run(struct tally *t)
{
	expect("file-io", touch(t, io_area, IO_PAGES, IO_STEP, false, IO_PAGES), "file", "-");
}

/* ---- memory without files ---------------------------------------------------------------------------------------- */

static char *shm_area, *dirty_area, *huge_area, *swap_area;

static bool shm_make(void)
{
	shm_area = region(nf.n * nf.page, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
	return shm_area != NULL;
}

static void shm_run(struct tally *t)
{
	expect("shm", touch(t, shm_area, nf.n, nf.page, true, (long)nf.n), "shm", "-");
}

static bool dirty_make(void)
{
	dirty_area = region(nf.n * nf.page, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
	return dirty_area != NULL;
}

/* Whether a first write to what may be written faults is the processor's affair: all of them, or none. */
static void write_clean(struct tally *t, char *area, size_t n, const char *class)
{
	long dirty = touch(t, area, n, nf.page, true, ANY);

	errno = 0;
	if (dirty && dirty != (long)n)
		die("%ld of %zu first writes faulted", dirty, n);
	expect("dirty-bit", dirty, class, "-");
}

static void dirty_run(struct tally *t)
{
	expect("shm", touch(t, dirty_area, nf.n, nf.page, false, (long)nf.n), "shm", "-");
	write_clean(t, dirty_area, nf.n, "shm");
}

#define HUGE_PAGES 4
static size_t huge_bytes;

static bool huge_make(void)
{
	char line[120];
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Hugepagesize: %zu kB", &huge_bytes) == 1)
			huge_bytes <<= 10;
	if (f)
		fclose(f);
	if (!huge_bytes)
		return skip("this kernel has no hugetlb pages");
	if (huge_bytes * HUGE_PAGES > 128ul << 20)
		return skip("hugetlb pages of %zu MiB are too large", huge_bytes >> 20);
	huge_area = mmap((void *)0x2f00000000ul, HUGE_PAGES * huge_bytes, RW,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_FIXED_NOREPLACE, -1, 0);
	if (huge_area == MAP_FAILED)
		return skip("no hugetlb pages are set aside: %s", strerrorname_np(errno));
	return true;
}

static void huge_run(struct tally *t)
{
	expect("hugetlb", touch(t, huge_area, HUGE_PAGES, huge_bytes, true, HUGE_PAGES), "hugetlb", "-");
}

#define THP_PAGES 2
static char *thp_area;
static size_t thp_bytes;

static bool thp_make(void)
{
	FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "re");

	if (!f || fscanf(f, "%zu", &thp_bytes) != 1)
		thp_bytes = 0;
	if (f)
		fclose(f);
	if (!thp_bytes)
		return skip("this kernel has no huge pages");
	if (thp_bytes * THP_PAGES > 64ul << 20)
		return skip("huge pages of %zu MiB are too large", thp_bytes >> 20);
	thp_area = mmap((void *)0x2e00000000ul, THP_PAGES * thp_bytes, RW,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (thp_area == MAP_FAILED || madvise(thp_area, THP_PAGES * thp_bytes, MADV_HUGEPAGE))
		return skip("madvise(MADV_HUGEPAGE): %s", strerrorname_np(errno));
	return true;
}

/* Where no huge page could be had the page beside faults as well, and both were small. */
static void thp_run(struct tally *t)
{
	long n = touch(t, thp_area, THP_PAGES, thp_bytes, true, THP_PAGES);
	long small = touch(t, thp_area + nf.page, THP_PAGES, thp_bytes, true, ANY);

	expect("huge-page", n - small, "anon", "-");
	expect("anon", 2 * small, "anon", "-");
}

/* In how many of the pages' entries is a swap slot (Documentation/admin-guide/mm/pagemap.rst: bit 62)? */
static size_t swapped(const char *addr, size_t n)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	size_t count = 0;
	uint64_t e;

	for (size_t i = 0; i < n; i++)
		if (pread(fd, &e, sizeof(e), (off_t)(((uintptr_t)addr / nf.page + i) * sizeof(e))) == sizeof(e))
			count += e >> 62 & 1;
	close(fd);
	return count;
}

static bool swap_make(void)
{
	char line[200];
	FILE *f = fopen("/proc/swaps", "re");
	bool any = f && fgets(line, sizeof(line), f) && fgets(line, sizeof(line), f);

	if (f)
		fclose(f);
	if (!any)
		return skip("no swap area is on");
	swap_area = anon(nf.n);
	for (size_t i = 0; i < nf.n; i++)
		memset(swap_area + i * nf.page, (int)i + 1, nf.page);
	for (int i = 0; i < 20 && swapped(swap_area, nf.n) < nf.n; i++)
		if (madvise(swap_area, nf.n * nf.page, MADV_PAGEOUT))
			return skip("madvise(MADV_PAGEOUT): %s", strerrorname_np(errno));
	if (swapped(swap_area, nf.n) < nf.n)
		return skip("only %zu of %zu pages were swapped out", swapped(swap_area, nf.n), nf.n);
	return true;
}

static void swap_run(struct tally *t)
{
	expect("swap-in", touch(t, swap_area, nf.n, nf.page, false, (long)nf.n), "anon", "-");
}

/* ---- drivers ----------------------------------------------------------------------------------------------------- */

static char *pfn_area, *page_area;

static char *map_demo(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char *a;

	if (fd < 0)
		return NULL;
	a = region(DEMO_PAGES * nf.page, RW, MAP_SHARED, fd);
	close(fd);
	return a;
}

static bool pfn_make(void)
{
	pfn_area = map_demo("/dev/mmdemo/pfn-fault");
	return pfn_area || skip("the demo driver is not loaded");
}

static void pfn_run(struct tally *t)
{
	expect("driver-pfn", touch(t, pfn_area, DEMO_PAGES, nf.page, false, DEMO_PAGES), "pfn", "-");
	write_clean(t, pfn_area, DEMO_PAGES, "pfn"); /* vmf_insert_pfn() makes no entry for a write */
}

static bool page_make(void)
{
	page_area = map_demo("/dev/mmdemo/vmalloc-fault");
	return page_area || skip("the demo driver is not loaded");
}

static void page_run(struct tally *t)
{
	expect("driver-page", touch(t, page_area, DEMO_PAGES, nf.page, true, DEMO_PAGES), "-", "-");
}

/* ---- the kernel itself ------------------------------------------------------------------------------------------- */

static int pipe_ends[2], mem_fd;
static char bytes[65536];

static bool kernel_make(void)
{
	if (pipe(pipe_ends))
		die("pipe");
	return make_anon(&kernel_area);
}

/* A copy to user memory that is not there yet faults in the kernel, with its registers: as a fault of the program's own. */
static void kernel_run(struct tally *t)
{
	uint64_t begin = now_ns();
	long before = kernel_count();

	for (size_t i = 0; i < nf.n; i++)
		if (write(pipe_ends[1], bytes, 16) != 16 || read(pipe_ends[0], kernel_area + i * nf.page, 16) != 16)
			die("pipe");
	t->own_ns += now_ns() - begin;
	errno = 0;
	if (kernel_count() - before != (long)nf.n)
		die("%ld faults by the kernel's count", kernel_count() - before);
	expect("anon", (long)nf.n, "anon", "-");
}

static bool populate_make(void)
{
	return make_anon(&populate_area);
}

static void populate_run(struct tally *t)
{
	uint64_t begin = now_ns();

	if (mlock(populate_area, nf.n * nf.page))
		die("mlock");
	t->own_ns += now_ns() - begin;
	expect("remote", (long)nf.n, "anon", "gup");
}

static bool mem_make(void)
{
	mem_fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (mem_fd < 0)
		return skip("cannot open /proc/self/mem: %s", strerrorname_np(errno));
	return make_anon(&mem_area);
}

static void mem_run(struct tally *t)
{
	uint64_t begin = now_ns();

	for (size_t i = 0; i < nf.n; i++)
		if (pwrite(mem_fd, bytes, 1, (off_t)(uintptr_t)(mem_area + i * nf.page)) != 1)
			die("cannot write to /proc/self/mem");
	t->own_ns += now_ns() - begin;
	expect("remote", (long)nf.n, "anon", "gup");
}

static bool vm_make(void)
{
	struct iovec from = { bytes, 1 }, to = { bytes, 1 };

	if (process_vm_writev(getpid(), &from, 1, &to, 1, 0) != 1)
		return skip("process_vm_writev(2): %s", strerrorname_np(errno));
	return make_anon(&vm_area);
}

static void vm_run(struct tally *t)
{
	uint64_t begin = now_ns();

	for (size_t i = 0; i < nf.n; i++) {
		struct iovec from = { bytes, 1 }, to = { vm_area + i * nf.page, 1 };

		if (process_vm_writev(getpid(), &from, 1, &to, 1, 0) != 1)
			die("process_vm_writev");
	}
	t->own_ns += now_ns() - begin;
	expect("remote", (long)nf.n, "anon", "gup");
}

/* ---- faults that fail -------------------------------------------------------------------------------------------- */

static char *segv_area, *bus_area;
static sigjmp_buf back;

static void on_bad(int sig)
{
	siglongjmp(back, sig);
}

static void fail_each(struct tally *t, char *area, size_t step, int sig)
{
	struct sigaction sa = { .sa_handler = on_bad }, old;
	uint64_t begin = now_ns();

	sigaction(sig, &sa, &old);
	for (volatile size_t i = 0; i < nf.n; i++) {
		if (sigsetjmp(back, 1))
			continue;
		write_byte(area + i * step);
		errno = 0;
		die("an access that had to fail did not");
	}
	t->own_ns += now_ns() - begin;
	sigaction(sig, &old, NULL);
}

static bool segv_make(void)
{
	segv_area = region(nf.n * nf.page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	return segv_area != NULL;
}

/* The architecture refuses these before handle_mm_fault. */
static void segv_run(struct tally *t)
{
	fail_each(t, segv_area, nf.page, SIGSEGV);
	expect("failed", (long)nf.n, "-", "refused");
}

static bool bus_make(void)
{
	int fd = file_of(nf.dir, 1);

	bus_area = region((nf.n + 1) * nf.page, RW, MAP_SHARED, fd);
	close(fd);
	return bus_area != NULL;
}

static void bus_run(struct tally *t)
{
	fail_each(t, bus_area + nf.page, nf.page, SIGBUS);
	expect("failed", (long)nf.n, nf.file_class, "failed");
}

const struct job kind_jobs[] = {
	{ "nf-anon", NULL, anon_make, anon_run, QUIET },
	{ "nf-zero", NULL, zero_make, zero_run, QUIET },
	{ "nf-file-hit", NULL, hit_make, hit_run, QUIET },
	{ "nf-file-cow", NULL, cow_make, cow_run, QUIET },
	{ "nf-notify", NULL, notify_make, notify_run, QUIET },
	{ "nf-file-io", NULL, io_make, io_run, QUIET },
	{ "nf-shm", NULL, shm_make, shm_run, QUIET },
	{ "nf-dirty", NULL, dirty_make, dirty_run, QUIET },
	{ "nf-hugetlb", NULL, huge_make, huge_run, QUIET },
	{ "nf-huge", NULL, thp_make, thp_run, QUIET },
	{ "nf-swap", NULL, swap_make, swap_run, QUIET },
	{ "nf-drv-pfn", NULL, pfn_make, pfn_run, QUIET },
	{ "nf-drv-page", NULL, page_make, page_run, QUIET },
	{ "nf-kernel", NULL, kernel_make, kernel_run, QUIET },
	{ "nf-populate", NULL, populate_make, populate_run, QUIET },
	{ "nf-proc-mem", NULL, mem_make, mem_run, QUIET },
	{ "nf-vm-writev", NULL, vm_make, vm_run, QUIET },
	{ "nf-segv", NULL, segv_make, segv_run, QUIET },
	{ "nf-sigbus", NULL, bus_make, bus_run, QUIET },
	{ NULL, NULL, NULL, NULL, QUIET },
};
