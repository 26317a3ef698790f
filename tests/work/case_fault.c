// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Page faults by what is mapped and by what the kernel has to do about them. */
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RW	 (PROT_READ | PROT_WRITE)
#define FIXED	 MAP_FIXED_NOREPLACE
#define AROUND	 65536ul /* fault_around_bytes: what one read fault may map; mm/memory.c, 6.12 */
#define STEP	 (AROUND / w.page)
#define ANON_YES "class=anon kind=anon mode=user maj=0"

static void anon_faults(void)
{
	char more[128];

	w_anon(0, 16);
	snprintf(more, sizeof(more), "%s vma_start=0x%lx vma_end=0x%lx", ANON_YES, (unsigned long)at(0),
		 (unsigned long)at(16));
	w_touch(at(0), 16, w.page, true, more);
	touch(at(0), 16, w.page, true); /* again: nothing */
	w_munmap(at(0), 16 * w.page, 16 * w.page);
}

static void zero_page(void)
{
	w_anon(0, 8);
	w_touch(at(0), 8, w.page, false, "class=anon kind=zero-page mode=user maj=0");
	w_touch(at(0), 4, w.page, true, "class=anon kind=cow mode=user maj=0");
	w_munmap(at(0), 8 * w.page, 8 * w.page);
}

static void child_writes(void)
{
	touch(at(0), 4, w.page, true);
}

static void cow_after_fork(void)
{
	char more[96];
	pid_t pid;

	w_anon(0, 4);
	w_touch(at(0), 4, w.page, true, ANON_YES);
	pid = w_fork(child_writes);
	w_wait(pid);
	out("expect vma_dup addr=0x%lx len=%zu pid=%d", (unsigned long)at(0), 4 * w.page, (int)getpid());
	snprintf(more, sizeof(more), "class=anon kind=cow mode=user maj=0 pid=%d", (int)pid);
	expect_faults(at(0), 4, w.page, true, more);
	snprintf(more, sizeof(more), "class=anon kind=cow mode=user maj=0 pid=%d", (int)getpid());
	w_touch(at(0), 4, w.page, true, more); /* the child's copy is gone, but the pages are still write-protected */
	w_munmap(at(0), 4 * w.page, 4 * w.page);
}

static void private_file(void)
{
	char path[512], more[700], named[560];
	size_t p = w.page, len = 4 * STEP * p;
	int fd = make_file("work.private", 4 * STEP, path);

	snprintf(named, sizeof(named), "file=\"%s\"", path);
	w_mmap_more(at(0), len, RW, MAP_PRIVATE | FIXED, fd, 0, named);
	snprintf(more, sizeof(more), "class=%s kind=%s mode=user maj=0 %s", w.file_class,
		 *w.file_class == 'f' ? "file-hit" : "shm", named);
	w_touch(at(0), 3, AROUND, false, more);
	snprintf(more, sizeof(more), "class=%s kind=cow mode=user maj=0 %s", w.file_class, named);
	w_touch(at(0), 2, AROUND, true, more);	      /* after a read */
	w_touch(at(3 * STEP), 1, AROUND, true, more); /* at once */
	w_munmap(at(0), len, len);
	close(fd);
	unlink(path);
}

static void shared_file(void)
{
	size_t p = w.page, len = 4 * STEP * p;
	char path[512], more[700];
	int fd = make_file("work.shared", 4 * STEP, path);
	bool shm = *w.file_class == 's';

	snprintf(more, sizeof(more), "file=\"%s\"", path);
	w_mmap_more(at(0), len, RW, MAP_SHARED | FIXED, fd, 0, more);
	snprintf(more, sizeof(more), "class=%s kind=%s mode=user maj=0", w.file_class, shm ? "shm" : "file-hit");
	w_touch(at(0), 2, AROUND, false, more);
	/* A filesystem wants to know of the first write; a tmpfs does not, and its pages are writable at once. */
	/* maj: kernels before 6.0 let go of the lock after a first write (VM_FAULT_RETRY) and count that as major */
	snprintf(more, sizeof(more), "class=%s kind=%s mode=user", w.file_class, shm ? "shm" : "write-notify");
	w_touch(at(2 * STEP), 2, AROUND, true, more);
	w_munmap(at(0), len, len);
	close(fd);
	unlink(path);
}

static void memfd(void)
{
	size_t p = w.page;
	int fd = (int)syscall(SYS_memfd_create, "mmtrace-work", 0);

	if (fd < 0 || ftruncate(fd, (off_t)(8 * p)))
		die("memfd");
	w_mmap(at(0), 4 * p, RW, MAP_SHARED | FIXED, fd, (off_t)(2 * p));
	no_huge(at(0), 4 * p);
	w_touch(at(0), 4, p, true, "class=shm kind=shm mode=user pgoff=2"); /* maj: see above */
	w_munmap(at(0), 4 * p, 4 * p);
	close(fd);
	w_mmap(at(32), 2 * p, RW, MAP_SHARED | MAP_ANONYMOUS | FIXED, -1, 0);
	no_huge(at(32), 2 * p);
	w_touch(at(32), 2, p, true, "class=shm kind=shm mode=user");
	w_munmap(at(32), 2 * p, 2 * p);
}

/* Faults of the kernel on the program's behalf, without registers: only handle_mm_fault sees them. */
static void populate(void)
{
	size_t p = w.page;
	char *addr = at(0);

	/* Huge pages are refused before the mapping exists only by its size. */
	w_mmap(addr, 16 * p, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | FIXED, -1, 0);
	expect_faults(addr, 16, p, true, "sort=gup class=anon kind=remote mode=gup maj=0");
	touch(addr, 16, p, true);
	w_munmap(addr, 16 * p, 16 * p);
}

static void kernel_mode(void)
{
	static char bytes[65536];
	size_t p = w.page;
	int ends[2];

	if (pipe(ends))
		die("pipe");
	w_anon(0, 4);
	for (size_t i = 0; i < 4; i++)
		if (write(ends[1], bytes, p) != (ssize_t)p || read(ends[0], at(i), p) != (ssize_t)p)
			die("pipe");
	expect_faults(at(0), 4, p, true, "class=anon kind=anon mode=kernel maj=0");
	w_munmap(at(0), 4 * p, 4 * p);
	close(ends[0]);
	close(ends[1]);
}

/* The architecture refuses these before handle_mm_fault: only the software event sees them. */
static void segv(void)
{
	size_t p = w.page;

	w_mmap(at(0), p, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | FIXED, -1, 0);
	w_mmap(at(8), p, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | FIXED, -1, 0);
	no_huge(at(8), p);
	if (bad_access(read_byte, at(0), "mapping.name=[anon]") != SIGSEGV ||
	    bad_access(write_byte, at(8), "mapping.name=[anon]") != SIGSEGV)
		die("no SIGSEGV");
	expect_faults(at(0), 1, p, false, "sort=refused kind=failed mode=user");
	expect_faults(at(8), 1, p, true, "sort=refused kind=failed mode=user");
	w_touch(at(8), 1, p, false, "class=anon kind=zero-page mode=user maj=0");
	w_munmap(at(0), 9 * p, 2 * p);
}

static void sigbus(void)
{
	size_t p = w.page;
	char path[512], more[128];
	int fd = make_file("work.sigbus", 1, path);

	w_mmap(at(0), 4 * p, RW, MAP_SHARED | FIXED, fd, 0);
	snprintf(more, sizeof(more), "mapping.start=0x%lx", (unsigned long)at(0));
	if (bad_access(read_byte, at(2), more) != SIGBUS || bad_access(write_byte, at(3), more) != SIGBUS)
		die("no SIGBUS behind the end of %s", path);
	snprintf(more, sizeof(more), "class=%s kind=failed mode=user result~sigbus", w.file_class);
	expect_faults(at(2), 1, p, false, more);
	expect_faults(at(3), 1, p, true, more);
	w_munmap(at(0), 4 * p, 4 * p);
	close(fd);
	unlink(path);
}

/* The kernel cannot have the page for a program, which gets EFAULT and no signal; twice the same page are two faults. */
static void kernel_fails(void)
{
	size_t p = w.page;
	char path[512], more[96];
	int fd = make_file("work.efault", 1, path), zero = open("/dev/zero", O_RDONLY);

	w_mmap(at(0), 4 * p, RW, MAP_SHARED | FIXED, fd, 0);
	for (int i = 0; i < 2; i++)
		if (read(zero, at(2), 1) != -1 || errno != EFAULT)
			die("no EFAULT behind the end of %s", path);
	errno = 0;
	snprintf(more, sizeof(more), "class=%s mode=kernel attempts=1 count=2", w.file_class);
	expect_faults(at(2), 1, p, true, more);
	snprintf(more, sizeof(more), "class=%s mode=user maj=0", w.file_class);
	w_touch(at(0), 1, p, false, more);
	w_munmap(at(0), 4 * p, 4 * p);
	close(zero);
	close(fd);
	unlink(path);
}

/* A fault on behalf of the kernel that failed has ended with its call: what follows is not part of it. */
static void after_failed(void)
{
	size_t p = w.page;
	char path[512], more[96];
	int fd = make_file("work.after", 1, path), ends[2];

	if (pipe(ends))
		die("pipe");
	w_mmap(at(0), 4 * p, RW, MAP_SHARED | FIXED, fd, 0);
	snprintf(more, sizeof(more), "class=%s mode=kernel attempts=1", w.file_class);
	if (write(ends[1], at(2), 1) != -1 || errno != EFAULT)
		die("no EFAULT behind the end of %s", path);
	expect_faults(at(2), 1, p, false, more);
	w_mmap(at(8), p, RW, MAP_SHARED | FIXED, fd, 0);
	if (write(ends[1], at(2), 1) != -1 || errno != EFAULT)
		die("no EFAULT behind the end of %s", path);
	expect_faults(at(2), 1, p, false, more);
	w_munmap(at(0), 9 * p, 5 * p);
	close(ends[0]);
	close(ends[1]);
	close(fd);
	unlink(path);
}

/* A file is mapped by the name it has then. */
static void renamed(void)
{
	char path[512], other[520], more[700];
	int fd = make_file("work.before", 1, path);
	size_t p = w.page;

	snprintf(more, sizeof(more), "file=\"%s\"", path);
	w_mmap_more(at(0), p, PROT_READ, MAP_PRIVATE | FIXED, fd, 0, more);
	snprintf(other, sizeof(other), "%s.after", path);
	if (rename(path, other))
		die("rename(%s)", path);
	snprintf(more, sizeof(more), "file=\"%s\"", other);
	w_mmap_more(at(4), p, PROT_READ, MAP_PRIVATE | FIXED, fd, 0, more);
	unlink(other);
	snprintf(more, sizeof(more), "file=\"%s (deleted)\"", other);
	w_mmap_more(at(8), p, PROT_READ, MAP_PRIVATE | FIXED, fd, 0, more);
	w_munmap(at(0), 9 * p, 3 * p);
	close(fd);
}

/* The file has no name any more when it is mapped. */
static void deleted(void)
{
	char path[512], more[700];
	int fd = make_file("work.deleted", 1, path);

	unlink(path);
	snprintf(more, sizeof(more), "file=\"%s (deleted)\"", path);
	w_mmap_more(at(0), w.page, PROT_READ, MAP_PRIVATE | FIXED, fd, 0, more);
	w_munmap(at(0), w.page, w.page);
	close(fd);
}

const struct work_case fault_cases[] = {
	{ "anon_faults", anon_faults },
	{ "zero_page", zero_page },
	{ "cow_after_fork", cow_after_fork },
	{ "private_file", private_file },
	{ "shared_file", shared_file },
	{ "memfd", memfd },
	{ "populate", populate },
	{ "kernel_mode", kernel_mode },
	{ "segv", segv },
	{ "sigbus", sigbus },
	{ "kernel_fails", kernel_fails },
	{ "after_failed", after_failed },
	{ "renamed", renamed },
	{ "deleted", deleted },
	{ NULL, NULL },
};
