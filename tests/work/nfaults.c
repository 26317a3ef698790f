// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * nfaults - causes page faults of every kind, so many by construction, and says how many
 *
 *   nfaults [-n N] [-t SECONDS] [-f DIR] [-d DISK] [-o FILE] JOB...|all|quiet|--list
 *
 *   -n  faults of a job where there is a choice (64)
 *   -t  how long nf-load goes on (1)
 *   -f  directory for files that stay in the page cache (.)
 *   -d  directory for files that are dropped from it and read again (none)
 *   -o  what it did goes there (standard output)
 *
 * "all": but nf-load; "quiet": all but those that cause other faults besides. Memory is locked and made ready; then the program says "ready" and
 * waits for a byte on standard input, causes the faults, says "done", waits again, and says what it did (nfaults.h).
 * A line "child PID" before "ready" names a process that belongs to it and exists then.
 * Exit: 0; 1 the program failed, or the kernel counted other faults than it did; 2 usage.
 */
#include "nfaults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define TMPFS_MAGIC 0x01021994 /* include/uapi/linux/magic.h, 6.12 */
/* Below 512 GiB, as 39-bit addresses want it, and far from programs and libraries. */
#define REGION_BASE  0x3000000000ul
#define REGION_BYTES 0x10000000ul
#define JOBS_MAX     64
#define OUT_BYTES    65536

struct nf nf = { .n = 64, .seconds = 1, .dir = "." };

/* Shared with children. */
static struct shared {
	size_t len;
	long total;
	long counted; /* of them and of the others, what the kernel counts for this process */
	struct tally tally[JOBS_MAX];
	char text[OUT_BYTES];
} * shared;

static const struct job *jobs[JOBS_MAX], *current;
static bool skipped[JOBS_MAX];
static size_t njobs;

void die(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	fprintf(stderr, "nfaults: %s%s", current ? current->name : "", current ? ": " : "");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, err ? ": %s\n" : "\n", strerror(err));
	exit(1);
}

static void put(const char *fmt, va_list ap)
{
	int n = vsnprintf(shared->text + shared->len, OUT_BYTES - shared->len, fmt, ap);

	if (n < 0 || shared->len + (size_t)n + 1 >= OUT_BYTES)
		die("too much to say");
	shared->len += (size_t)n;
	shared->text[shared->len++] = '\n';
}

void out(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(fmt, ap);
	va_end(ap);
}

bool skip(const char *fmt, ...)
{
	char why[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	out("skip %s %s", current->name, why);
	return false;
}

void expect(const char *kind, long n, const char *class, const char *sort)
{
	if (!n)
		return;
	out("expect %s %s %ld %s %s", current->name, kind, n, class, sort);
	if (*sort == '-')
		shared->total += n;
	/* what did not complete is not counted, and what children did is counted for them */
	if (strcmp(kind, "failed") && strcmp(kind, "abandoned") && strcmp(current->name, "nf-fork-cow"))
		shared->counted += n;
}

const char *job_name(void)
{
	return current->name;
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static long faults_of(int who)
{
	struct rusage u;

	if (getrusage(who, &u))
		die("getrusage");
	return u.ru_minflt + u.ru_majflt;
}

long kernel_count(void)
{
	return faults_of(RUSAGE_THREAD);
}

void name_self(const char *name)
{
	if (prctl(PR_SET_NAME, name))
		die("prctl");
}

void read_byte(char *addr)
{
	(void)*(volatile char *)addr;
}

void write_byte(char *addr)
{
	*(volatile char *)addr = 1;
}

long touch(struct tally *t, char *addr, size_t n, size_t step, bool write, long faults)
{
	void (*access)(char *addr) = write ? write_byte : read_byte;
	long before = kernel_count(), had;
	uint64_t begin = now_ns();

	for (size_t i = 0; i < n; i++)
		access(addr + i * step);
	__atomic_fetch_add(&t->own_ns, now_ns() - begin, __ATOMIC_RELAXED);
	had = kernel_count() - before;
	errno = 0;
	if (faults != ANY && had != faults)
		die("%ld faults by the kernel's count, %ld by construction", had, faults);
	return had;
}

char *region(size_t bytes, int prot, int flags, int fd)
{
	static unsigned long no;
	void *want = (void *)(REGION_BASE + no++ * REGION_BYTES);
	void *addr = mmap(want, bytes, prot, flags | MAP_FIXED_NOREPLACE, fd, 0);

	if (bytes > REGION_BYTES / 2)
		die("%zu bytes are too many", bytes);
	if (addr == MAP_FAILED)
		return NULL;
	madvise(addr, bytes, MADV_NOHUGEPAGE); /* EINVAL: a kernel without huge pages */
	return addr;
}

char *anon(size_t pages)
{
	char *a = region(pages * nf.page, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (!a)
		die("mmap");
	return a;
}

int file_of(const char *dir, size_t pages)
{
	static char bytes[65536];
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/nfaults.%d", dir, (int)getpid());
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		die("cannot make %s", path);
	unlink(path);
	for (size_t i = 0; i < pages; i++)
		if (write(fd, bytes, nf.page) != (ssize_t)nf.page)
			die("cannot write a file in %s", dir);
	return fd;
}

/* ---- the program ------------------------------------------------------------------------------------------------ */

static const struct job *const lists[] = { kind_jobs, task_jobs };

static void add_named(const char *name)
{
	size_t had = njobs;

	for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++)
		for (const struct job *j = lists[l]; j->name && njobs < JOBS_MAX; j++)
			if (!strcmp(name, j->name) || (!strcmp(name, "all") && j->sort != ALONE) ||
			    (!strcmp(name, "quiet") && j->sort == QUIET))
				jobs[njobs++] = j;
	if (njobs == had) {
		fprintf(stderr, "nfaults: no job '%s'\n", name);
		exit(2);
	}
}

static void list_jobs(void)
{
	for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++)
		for (const struct job *j = lists[l]; j->name; j++)
			printf("%s\n", j->name);
}

static void hold(const char *word)
{
	char c;

	if (write(STDOUT_FILENO, word, strlen(word)) < 0 || read(STDIN_FILENO, &c, 1) < 0)
		die("cannot wait on standard input");
}

void lock_all(void)
{
	char deep[256 * 1024];

	memset(deep, 1, sizeof(deep));
	__asm__ volatile("" : : "r"(deep) : "memory");
	if (mlockall(MCL_CURRENT))
		die("cannot lock the memory");
	kernel_count();
	now_ns();
}

static void set_up(void)
{
	struct statfs fs;

	nf.page = (size_t)sysconf(_SC_PAGESIZE);
	if (statfs(nf.dir, &fs))
		die("cannot use directory %s", nf.dir);
	nf.file_class = fs.f_type == TMPFS_MAGIC ? "shm" : "file";
	shared = mmap(NULL, sizeof(*shared), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	memset(shared, 0, sizeof(*shared)); /* where the first write to a shared page faults, it has faulted now */
}

static void prepare_all(void)
{
	for (size_t i = 0; i < njobs; i++) {
		current = jobs[i];
		errno = 0;
		skipped[i] = current->early && !current->early();
	}
	current = NULL;
	lock_all();
	for (size_t i = 0; i < njobs; i++) {
		current = jobs[i];
		errno = 0;
		skipped[i] = skipped[i] || (current->prepare && !current->prepare());
	}
	current = NULL;
}

static void run_all(void)
{
	bool quiet = true;
	long before, had;

	hold("ready\n");
	before = faults_of(RUSAGE_SELF);
	for (size_t i = 0; i < njobs; i++) {
		current = jobs[i];
		if (skipped[i])
			continue;
		quiet &= current->sort != NOISY;
		name_self(current->name);
		current->run(&shared->tally[i]);
		name_self(NOISE);
		out("job %s page=%zu own_ns=%llu least_ns=%llu", current->name, nf.page,
		    (unsigned long long)shared->tally[i].own_ns, (unsigned long long)shared->tally[i].least_ns);
	}
	current = NULL;
	had = faults_of(RUSAGE_SELF) - before;
	hold("done\n");
	errno = 0;
	if (quiet && had != shared->counted)
		die("%ld faults by the kernel's count, %ld by construction", had, shared->counted);
	out("total %ld", shared->total);
}

static void say(const char *file)
{
	int fd = file ? open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : STDOUT_FILENO;

	if (fd < 0 || write(fd, shared->text, shared->len) != (ssize_t)shared->len || (file && close(fd)))
		die("cannot write what was done");
}

int main(int argc, char **argv)
{
	const char *file = NULL;
	int opt;

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list_jobs();
		return 0;
	}
	while ((opt = getopt(argc, argv, "n:t:f:d:o:")) != -1) {
		if (opt == 'n')
			nf.n = (size_t)atol(optarg);
		else if (opt == 't')
			nf.seconds = (unsigned int)atoi(optarg);
		else if (opt == 'f')
			nf.dir = optarg;
		else if (opt == 'd')
			nf.disk = *optarg ? optarg : NULL;
		else if (opt == 'o')
			file = optarg;
		else
			return 2;
	}
	if (optind == argc || !nf.n || nf.n > 1024) {
		fprintf(stderr,
			"usage: nfaults [-n N] [-t SECONDS] [-f DIR] [-d DISK] [-o FILE] JOB...|all|quiet|--list\n");
		return 2;
	}
	for (; optind < argc; optind++)
		add_named(argv[optind]);
	set_up();
	name_self(NOISE);
	prepare_all();
	run_all();
	say(file);
	return 0;
}
