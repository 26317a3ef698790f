// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * work - does memory mapping and prints which events that must have caused
 *
 *   work [-o FILE] [-f DIR] [-w] CASE...|all|quick
 *
 *   -o  write the expectations there (default: standard output)
 *   -f  directory for files (default: the current one)
 *   -w  all memory is locked, so nothing but the cases faults; says "ready" and waits for a byte on standard input
 *       before the first case and after the last
 *
 * Exit: 0 done, 1 the workload itself failed, 2 usage.
 */
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/*
 * Addresses below 512 GiB, so that they exist with 39-bit addresses too, and far from where the kernel puts programs
 * and mappings. Marks are 64 KiB apart: they fit every page size.
 */
#define MARK_BASE  0x1000000000ul
#define MARK_STEP  0x10000ul
#define CASE_BASE  0x2000000000ul
#define CASE_BYTES 0x10000000ul

#define TMPFS_MAGIC 0x01021994 /* include/uapi/linux/magic.h, 6.12 */
#define OUT_BYTES   (4u << 20)

struct work w;

/* Shared with the children, who expect things too. No stdio and no malloc: they would fault and map in between. */
static struct {
	size_t len;
	bool skipped;
	char text[];
} * outbuf;
static int out_fd = STDOUT_FILENO;

void die(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	fprintf(stderr, "work: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, err ? ": %s\n" : "\n", strerror(err));
	exit(1);
}

static void put(const char *fmt, va_list ap)
{
	int n = vsnprintf(outbuf->text + outbuf->len, OUT_BYTES - outbuf->len, fmt, ap);

	if (n < 0 || outbuf->len + (size_t)n + 1 >= OUT_BYTES)
		die("too many expectations");
	outbuf->len += (size_t)n;
	outbuf->text[outbuf->len++] = '\n';
}

void out(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(fmt, ap);
	va_end(ap);
}

void skip(const char *fmt, ...)
{
	char why[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	out("skip %s", why);
}

static void out_flush(void)
{
	for (size_t done = 0; done < outbuf->len;) {
		ssize_t n = write(out_fd, outbuf->text + done, outbuf->len - done);

		if (n < 0)
			die("cannot write the expectations");
		done += (size_t)n;
	}
	outbuf->len = 0;
}

static unsigned long mark_address(unsigned int no, unsigned int end)
{
	return MARK_BASE + (2ul * no + end) * MARK_STEP;
}

static void mark(unsigned int no, unsigned int end)
{
	void *addr = (void *)mark_address(no, end);

	if (mmap(addr, w.page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != addr)
		die("cannot set a mark at %p", addr);
}

static void run_case(const struct work_case *c, unsigned int no)
{
	w.no = no;
	w.base = (char *)(CASE_BASE + no * CASE_BYTES);
	out("case %s begin=0x%lx end=0x%lx", c->name, mark_address(no, 0), mark_address(no, 1));
	out("range 0x%lx 0x%lx", (unsigned long)w.base, (unsigned long)w.base + CASE_BYTES);
	mark(no, 0);
	c->run();
	mark(no, 1);
	out("endcase");
	out_flush();
}

static const struct work_case *const lists[] = { call_cases, change_cases, fault_cases, proc_cases,
						 wait_cases, mem_cases,	   reach_cases, signal_cases };

/* Runs the cases of this name; their number depends on the table alone. */
static unsigned int run_named(const char *name)
{
	unsigned int no = 0, ran = 0;

	for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++)
		for (const struct work_case *c = lists[l]; c->name; c++, no++)
			if (!strcmp(name, "all") || !strcmp(name, c->name)) {
				run_case(c, no);
				ran++;
			}
	return ran;
}

static void list_cases(void)
{
	for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++)
		for (const struct work_case *c = lists[l]; c->name; c++)
			fprintf(stderr, " %s", c->name);
	fprintf(stderr, "\n");
}

static int usage(const char *why)
{
	fprintf(stderr, "work: %s\nusage: work [-o FILE] [-f DIR] [-w] CASE...|all\ncases:", why);
	list_cases();
	return 2;
}

static void hold(void)
{
	char c;

	if (!w.wait)
		return;
	if (write(STDOUT_FILENO, "ready\n", 6) != 6 || read(STDIN_FILENO, &c, 1) < 0)
		die("cannot wait on standard input");
}

static void lock_all(void)
{
	char deep[256 * 1024];

	memset(deep, 1, sizeof(deep));
	__asm__ volatile("" : : "r"(deep) : "memory");
	if (mlockall(MCL_CURRENT))
		die("cannot lock the memory");
}

static void set_up(const char *dir)
{
	static char self[PATH_MAX], whole[PATH_MAX];
	struct statfs fs;
	ssize_t n;

	w.page = (size_t)sysconf(_SC_PAGESIZE);
	outbuf = mmap(NULL, OUT_BYTES + 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outbuf == MAP_FAILED)
		die("no memory for the expectations");
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		die("cannot read /proc/self/exe");
	w.self = self;
	w.dir = realpath(dir, whole);
	if (!w.dir || statfs(dir, &fs))
		die("cannot use directory %s", dir);
	w.file_class = fs.f_type == TMPFS_MAGIC ? "shm" : "file";
}

int main(int argc, char **argv)
{
	const char *dir = ".", *file = NULL;
	unsigned int ran = 0;
	int opt;

	if (argc > 1 && !strcmp(argv[1], "--exec-child"))
		return work_exec_child(argv);
	while ((opt = getopt(argc, argv, "o:f:w")) != -1) {
		if (opt == 'o')
			file = optarg;
		else if (opt == 'f')
			dir = optarg;
		else if (opt == 'w')
			w.wait = true;
		else
			return usage("unknown option");
	}
	if (optind == argc)
		return usage("no case named");
	set_up(dir);
	if (file) {
		out_fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		if (out_fd < 0)
			die("cannot write %s", file);
	}
	out("work pid=%d page=%zu", (int)getpid(), w.page);
	out_flush();
	if (w.wait)
		lock_all();
	hold();
	for (int i = optind; i < argc; i++) {
		unsigned int n = run_named(argv[i]);

		if (!n)
			return usage("unknown case");
		ran += n;
	}
	hold();
	out("end cases=%u", ran);
	out_flush();
	return close(out_fd) ? 1 : 0;
}
