// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * measure - what a page fault, or a pair of mmap and munmap, costs the program that does it
 *
 *   measure WORK N ROUNDS [alone]      alone: without all=, and without the seconds that takes
 *
 *   fault         of anonymous memory
 *   pair          mmap and munmap of 16 anonymous pages
 *   map-1         the same of one page of the demo driver's DMA memory
 *   map-8192      of 8192, for each of which the driver calls remap_pfn_range
 *   scatter-8192  likewise, in an order in which no two neighbours are neighbours in memory
 *
 * Prints "fault n=N thread=X.X wall=X.X all=X.X": nanoseconds for one, the median of the rounds without the first, which
 * pays for what an attach left behind (patched code, cold caches). thread: the program's own time; wall: with everything
 * that ran meanwhile on the CPU; all: the program's own and what every other program ran in those rounds, and afterwards
 * until it had caught up, less what it runs when nothing happens: a reader that lets its buffer fill up pays too. In a
 * guest whose clock counts instructions (-icount shift=0) a nanosecond is an instruction.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "../../kmod-demo/mmdemo_uapi.h"

#define MAX_ROUNDS 64
#define SETTLE_S   1 /* readers may sleep for a while; an idle guest whose clock counts instructions gets there at once */

struct round {
	uint64_t thread, wall;
};

static size_t page;

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void begin(struct round *r)
{
	r->wall = now(CLOCK_MONOTONIC);
	r->thread = now(CLOCK_THREAD_CPUTIME_ID);
}

static void end(struct round *r)
{
	r->thread = now(CLOCK_THREAD_CPUTIME_ID) - r->thread;
	r->wall = now(CLOCK_MONOTONIC) - r->wall;
}

/* A fresh region each round, of small pages: nothing is left from the round before. */
static int faults(size_t n, struct round *r)
{
	size_t len = n * page;
	char *a = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (a == MAP_FAILED || madvise(a, len, MADV_NOHUGEPAGE))
		return -1;
	begin(r);
	for (size_t i = 0; i < n; i++)
		((volatile char *)a)[i * page] = 1;
	end(r);
	return munmap(a, len);
}

static int pairs(size_t n, struct round *r)
{
	begin(r);
	for (size_t i = 0; i < n; i++) {
		void *a = mmap(NULL, 16 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (a == MAP_FAILED || munmap(a, 16 * page))
			return -1;
	}
	end(r);
	return 0;
}

static int maps(size_t n, size_t pages, __u32 way, struct round *r)
{
	static int fd = -1;

	if (fd < 0) {
		fd = open("/dev/mmdemo/dma-coherent", O_RDWR | O_CLOEXEC);
		if (fd < 0 || ioctl(fd, MMDEMO_IOC_WAY, &way))
			return -1;
	}
	begin(r);
	for (size_t i = 0; i < n; i++) {
		void *a = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		if (a == MAP_FAILED || munmap(a, pages * page))
			return -1;
	}
	end(r);
	return 0;
}

static int map_one(size_t n, struct round *r)
{
	return maps(n, 1, MMDEMO_DMA_WAY_PAGEWISE, r);
}

static int map_many(size_t n, struct round *r)
{
	return maps(n, 8192, MMDEMO_DMA_WAY_PAGEWISE, r);
}

static int map_scattered(size_t n, struct round *r)
{
	return maps(n, 8192, MMDEMO_DMA_WAY_SCATTERED, r);
}

static const struct {
	const char *name;
	int (*work)(size_t n, struct round *r);
} works[] = {
	{ "fault", faults },
	{ "pair", pairs },
	{ "map-1", map_one },
	{ "map-8192", map_many },
	{ "scatter-8192", map_scattered },
};

static int by_thread(const void *a, const void *b)
{
	const struct round *x = a, *y = b;

	return x->thread < y->thread ? -1 : x->thread > y->thread;
}

static int by_wall(const void *a, const void *b)
{
	const struct round *x = a, *y = b;

	return x->wall < y->wall ? -1 : x->wall > y->wall;
}

/* Nanoseconds that the thread has run (Documentation/scheduler/sched-stats.rst, 6.12); 0: it has gone */
static uint64_t ran(const char *pid, const char *tid)
{
	char path[600];
	uint64_t ns = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/task/%s/schedstat", pid, tid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%" SCNu64, &ns) != 1)
		ns = 0;
	if (f)
		fclose(f);
	return ns;
}

/* Kernel threads have no command line. What they do goes on all the time, and none of it is a tracer's. */
static int is_program(const char *pid)
{
	char path[300];
	int fd, some;
	char c;

	if (*pid < '0' || *pid > '9' || atoi(pid) == getpid())
		return 0;
	snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	some = fd >= 0 && read(fd, &c, 1) == 1;
	if (fd >= 0)
		close(fd);
	return some;
}

/* At a moment: what all programs but this one have run so far. */
struct stamp {
	double at, ran;
};

/* Waits until readers have nothing left to do, then takes the stamp. */
static struct stamp others_ran(void)
{
	DIR *proc, *task;
	struct dirent *p, *t;
	struct stamp s = { 0 };
	char path[300];

	sleep(SETTLE_S);
	proc = opendir("/proc");
	while (proc && (p = readdir(proc))) {
		if (!is_program(p->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/task", p->d_name);
		task = opendir(path);
		while (task && (t = readdir(task)))
			if (t->d_name[0] != '.')
				s.ran += (double)ran(p->d_name, t->d_name);
		if (task)
			closedir(task);
	}
	if (proc)
		closedir(proc);
	s.at = (double)now(CLOCK_MONOTONIC);
	return s;
}

/* Of what they ran from b to c, that which goes beyond what they ran in the same time while nothing happened, a to b */
static double beyond_idle(struct stamp a, struct stamp b, struct stamp c)
{
	double more = (c.ran - b.ran) - (b.ran - a.ran) * (c.at - b.at) / (b.at - a.at);

	return more > 0 ? more : 0;
}

int main(int argc, char **argv)
{
	static struct round r[MAX_ROUNDS];
	int alone = argc == 5 && !strcmp(argv[4], "alone"), ok = argc == 4 || alone;
	size_t n = ok ? (size_t)atol(argv[2]) : 0, rounds = ok ? (size_t)atol(argv[3]) : 0, mid;
	int (*work)(size_t, struct round *) = NULL;
	struct stamp idle = { 0 }, from = { 0 };
	double thread, all;

	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		if (ok && !strcmp(argv[1], works[i].name))
			work = works[i].work;
	if (!work || !n || rounds < 2 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: measure fault|pair|map-1|map-8192|scatter-8192 N ROUNDS [alone]\n");
		return 2;
	}
	page = (size_t)sysconf(_SC_PAGESIZE);
	memset(r, 0, sizeof(r));
	for (size_t i = 0; i < rounds; i++) {
		if (i == 1 && !alone) {
			idle = others_ran();
			from = others_ran();
		}
		if (work(n, &r[i])) {
			perror("measure");
			return 1;
		}
	}
	mid = 1 + (rounds - 1) / 2;
	qsort(r + 1, rounds - 1, sizeof(r[0]), by_thread);
	thread = (double)r[mid].thread / (double)n;
	all = thread + (alone ? 0 : beyond_idle(idle, from, others_ran()) / (double)(n * (rounds - 1)));
	qsort(r + 1, rounds - 1, sizeof(r[0]), by_wall);
	printf("%s n=%zu thread=%.1f wall=%.1f", argv[1], n, thread, (double)r[mid].wall / (double)n);
	if (!alone)
		printf(" all=%.1f", all);
	printf("\n");
	return fflush(stdout) ? 1 : 0;
}
