// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * threads - an ordinary program: linked dynamically (but see tests.mk), with threads that map and unmap
 *
 *   threads THREADS OPERATIONS     each thread maps, unmaps and protects pages of its own and of all; the first thread ends
 *                                  before the others
 *   threads 0 [VMAS]               one mmap, munmap, mprotect and mremap, and what they have made is there at the end, and so
 *                                  many VMAs more
 *   threads kept OPERATIONS        waits for a line on stdin, maps and unmaps so often, maps what stays, says "kept" on
 *                                  stdout and waits for the end of stdin
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SHARED ((char *)0x3000000000)
#define PAGES  64
#define RW     (PROT_READ | PROT_WRITE)
#define ANON   (MAP_PRIVATE | MAP_ANONYMOUS)

static size_t page;
static long ops;

static void *run(void *arg)
{
	uint64_t x = 0x9e3779b97f4a7c15ull * ((uintptr_t)arg + 1);

	for (long i = 0; i < ops; i++) {
		char *at;
		size_t len;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		at = SHARED + x % PAGES * page;
		len = (1 + (x >> 20) % 4) * page;
		switch (x >> 40 & 3) {
		case 0:
			munmap(at, len);
			break;
		case 1:
			mprotect(at, len, x >> 50 & 1 ? PROT_READ : RW);
			break;
		case 2:
			mmap(at, len, RW, ANON | MAP_FIXED, -1, 0);
			break;
		default:
			at = mmap(NULL, len, RW, ANON, -1, 0);
			if (at != MAP_FAILED && x >> 50 & 3)
				munmap(at, len);
		}
	}
	return NULL;
}

static int one_of_each(void)
{
	char *at = mmap(SHARED, 16 * page, RW, ANON | MAP_FIXED, -1, 0);

	if (at != SHARED || munmap(at + 2 * page, 2 * page) || mprotect(at + 5 * page, page, PROT_READ))
		return 1;
	return mremap(at + 8 * page, 4 * page, 4 * page, MREMAP_MAYMOVE | MREMAP_FIXED, at + 32 * page) !=
	       at + 32 * page;
}

/* Of two protections in turn, so that no two are one. */
static int many(long n)
{
	char *at = mmap(SHARED + 64 * page, (size_t)n * page, PROT_READ, ANON | MAP_FIXED, -1, 0);

	if (at == MAP_FAILED)
		return 1;
	for (long i = 0; i < n; i += 2)
		if (mprotect(at + (size_t)i * page, page, PROT_NONE))
			return 1;
	return 0;
}

static int kept(long n)
{
	char byte;

	if (read(0, &byte, 1) != 1)
		return 1;
	while (n--) {
		void *at = mmap(NULL, page, RW, ANON, -1, 0);

		if (at == MAP_FAILED || munmap(at, page))
			return 1;
	}
	if (many(20) || write(1, "kept\n", 5) != 5)
		return 1;
	while (read(0, &byte, 1) == 1)
		;
	return 0;
}

int main(int argc, char **argv)
{
	long threads = argc > 1 ? atol(argv[1]) : -1;
	pthread_t t;

	page = (size_t)sysconf(_SC_PAGESIZE);
	ops = argc > 2 ? atol(argv[2]) : 0;
	if (argc > 2 && !strcmp(argv[1], "kept"))
		return kept(ops);
	if (threads < 0)
		return 2;
	if (!threads)
		return one_of_each() || (ops && many(ops));
	for (long i = 0; i < threads; i++)
		if (pthread_create(&t, NULL, run, (void *)(uintptr_t)i))
			return 1;
	/* not pthread_exit(): that wants a library of the compiler's to unwind the stack */
	syscall(SYS_exit, 0);
	return 1;
}
