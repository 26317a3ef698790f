// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * order - threads that map and unmap the same holes, as fast as they can
 *
 *   order THREADS EVENTS [-o FILE]
 *
 * Runs until at least EVENTS changes of the address space have happened, and prints "order pid=N start=0x.. end=0x..
 * maps=N pages=N left=N": successful mmaps in the range, the pages they mapped, and pages still mapped at the end (all are
 * unmapped, so 0). Three of four maps are MAP_FIXED_NOREPLACE, which fail where something is; the fourth replaces it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BASE	   0x3000000000ul
#define HOLES	   16
#define HOLE_PAGES 4
#define MAX	   64

static size_t page;
static long goal;
static atomic_long changes;
static struct {
	long maps, pages;
	char room[112]; /* a cache line each */
} done[MAX];

static void *run(void *arg)
{
	size_t me = (size_t)arg;
	uint64_t x = 0x9e3779b97f4a7c15ull * (me + 1);

	while (atomic_load_explicit(&changes, memory_order_relaxed) < goal) {
		size_t first, pages;
		int flags = MAP_PRIVATE | MAP_ANONYMOUS;
		char *addr;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		first = x % (HOLES * HOLE_PAGES);
		pages = 1 + (x >> 20) % HOLE_PAGES;
		addr = (char *)BASE + first * page;
		flags |= (x >> 30) % 4 ? MAP_FIXED_NOREPLACE : MAP_FIXED;
		if (mmap(addr, pages * page, PROT_READ | PROT_WRITE, flags, -1, 0) == addr) {
			done[me].maps++;
			done[me].pages += (long)pages;
			atomic_fetch_add_explicit(&changes, 1, memory_order_relaxed);
			continue;
		}
		if (errno != EEXIST) {
			fprintf(stderr, "order: mmap: %s\n", strerror(errno));
			exit(1);
		}
		if (munmap(addr, pages * page)) {
			fprintf(stderr, "order: munmap: %s\n", strerror(errno));
			exit(1);
		}
		atomic_fetch_add_explicit(&changes, 1, memory_order_relaxed);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	long threads = argc > 2 ? atol(argv[1]) : 0, maps = 0, pages = 0;
	size_t span;
	pthread_t t[MAX];
	FILE *out = stdout;

	goal = argc > 2 ? atol(argv[2]) : 0;
	if (threads < 1 || threads > MAX || goal < 1) {
		fprintf(stderr, "usage: order THREADS EVENTS [-o FILE]\n");
		return 2;
	}
	if (argc > 4 && !strcmp(argv[3], "-o"))
		out = fopen(argv[4], "we");
	page = (size_t)sysconf(_SC_PAGESIZE);
	span = (HOLES + 1) * HOLE_PAGES * page;
	for (long i = 0; i < threads; i++)
		if (pthread_create(&t[i], NULL, run, (void *)i))
			return 1;
	for (long i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	if (munmap((char *)BASE, span))
		return 1;
	for (long i = 0; i < threads; i++) {
		maps += done[i].maps;
		pages += done[i].pages;
	}
	if (!out ||
	    fprintf(out, "order pid=%d start=0x%lx end=0x%lx maps=%ld pages=%ld left=0\n", (int)getpid(), BASE,
		    BASE + span, maps, pages) < 0 ||
	    fflush(out)) {
		fprintf(stderr, "order: cannot write the counts\n");
		return 1;
	}
	return 0;
}
