// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * churn - everything that changes an address space, at random and the same every time
 *
 *   churn OPERATIONS [SEED [PROCESSES [DIRECTORY]]]
 *
 * Each process does OPERATIONS of mmap, munmap, mprotect, mremap, mlock, madvise, brk, shmat, growing its stack, fork and
 * exec, most of them in the same 256 pages, so that they cut, cover and join each other. What the kernel refuses is part of
 * it. Prints "churn ops=N done=N forks=N execs=N" of all processes; exit 0, or 1 when a process fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARENA	    ((char *)0x3000000000)
#define ARENA_PAGES 256
#define RUN_PAGES   24 /* longest range of one operation */
#define CHILD_OPS   8
#define FILES	    3
#define FILE_PAGES  64

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4 /* include/uapi/linux/mman.h, 5.7 */
#endif

/* What survives an exec, in argv. */
static uint64_t seed;
static long left, forks, execs, done;
static const char *dir = "/tmp";
static size_t page;
static int files[FILES];
static int result; /* where a process says what it did */
static char *self;

static uint64_t roll(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % below;
}

static char *place(size_t *len)
{
	size_t first = roll(ARENA_PAGES - RUN_PAGES);

	*len = (1 + roll(RUN_PAGES)) * page;
	return ARENA + first * page;
}

static int prot(void)
{
	static const int all[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC };

	return all[roll(4)];
}

static void op_mmap(void)
{
	size_t len;
	char *at = place(&len);
	int flags = roll(2) ? MAP_PRIVATE : MAP_SHARED, fd = -1;
	off_t off = 0;

	if (roll(3) == 0) {
		fd = files[roll(FILES)];
		off = (off_t)(roll(FILE_PAGES) * page);
	} else {
		flags |= MAP_ANONYMOUS;
	}
	if (roll(8)) /* else the kernel chooses; it stays for ever */
		flags |= roll(2) ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	else if (roll(4))
		return;
	done += mmap(at, len, prot(), flags, fd, off) != MAP_FAILED;
}

static void op_munmap(void)
{
	size_t len;
	char *at = place(&len);

	done += munmap(at, len) == 0;
}

static void op_mprotect(void)
{
	size_t len;
	char *at = place(&len);

	done += mprotect(at, len, prot()) == 0;
}

static void op_mremap(void)
{
	size_t len, other_len;
	char *at = place(&len), *to = place(&other_len);
	void *got;

	switch (roll(5)) {
	case 0: /* grow or shrink where it is */
		got = mremap(at, len, other_len, 0);
		break;
	case 1:
		got = mremap(at, len, other_len, MREMAP_MAYMOVE);
		break;
	case 2:
		got = mremap(at, len, len, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to);
		break;
	case 3: /* the same pages once more; shared mappings only */
		got = mremap(at, 0, len, MREMAP_MAYMOVE | MREMAP_FIXED, to);
		break;
	default:
		got = mremap(at, len, other_len, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	}
	done += got != MAP_FAILED;
}

static void op_mlock(void)
{
	size_t len;
	char *at = place(&len);

	done += (roll(2) ? mlock(at, len) : munlock(at, len)) == 0;
}

static void op_madvise(void)
{
	static const int all[] = { MADV_DONTNEED, MADV_RANDOM, MADV_NORMAL,   MADV_DONTDUMP,   MADV_DODUMP,
				   MADV_DONTFORK, MADV_DOFORK, MADV_WILLNEED, MADV_WIPEONFORK, MADV_KEEPONFORK };
	size_t len;
	char *at = place(&len);

	done += madvise(at, len, all[roll(sizeof(all) / sizeof(*all))]) == 0;
}

static void op_brk(void)
{
	static char *first;

	if (!first)
		first = sbrk(0);
	done += brk(first + roll(64) * page / 2) == 0;
}

static void op_shm(void)
{
	size_t len;
	char *at = place(&len);
	int id = shmget(IPC_PRIVATE, len, 0600 | IPC_CREAT);

	if (id < 0)
		return;
	/* a huge SHMLBA makes most places refuse it */
	done += shmat(id, at, roll(2) ? SHM_REMAP : 0) != (void *)-1;
	shmctl(id, IPC_RMID, NULL);
	if (roll(2))
		shmdt(at);
}

static __attribute__((noinline)) void op_stack(void)
{
	volatile char *room = __builtin_alloca(roll(96) * 1024 + 1);

	room[0] = 1;
	done++;
}

static void op_touch(void)
{
	size_t len;
	char *at = place(&len), byte;
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

	/* whatever is there: read through the kernel, so that nothing needs to be */
	done += fd >= 0 && pread(fd, &byte, 1, (off_t)(uintptr_t)at) == 1;
	if (fd >= 0)
		close(fd);
}

static void finish(int status)
{
	long said[3] = { done, forks, execs };

	_exit(write(result, said, sizeof(said)) != sizeof(said) ? 1 : status);
}

static void operate(void);

static void op_fork(void)
{
	uint64_t own = seed;
	int status;
	pid_t pid;

	if (roll(4)) /* each is waited for, and looked at by whoever compares: fewer of them */
		return;
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < CHILD_OPS; i++)
			operate();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
		fprintf(stderr, "churn: fork, seed %llu: a child failed\n", (unsigned long long)own);
		finish(1);
	}
	forks++;
	done++;
}

static void op_vfork(void)
{
	pid_t pid = vfork();
	int status;

	if (pid == 0)
		_exit(0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		finish(1);
	forks++;
	done++;
}

static void op_exec(void)
{
	char text[8][32];
	char *argv[] = {
		self, text[0], text[1], text[2], (char *)dir, text[3], text[4], text[5], text[6], text[7], NULL
	};

	if (roll(8))
		return;
	execs++;
	done++;
	snprintf(text[0], 32, "%ld", left);
	snprintf(text[1], 32, "%llu", (unsigned long long)seed);
	snprintf(text[2], 32, "0");
	snprintf(text[3], 32, "%d", result);
	snprintf(text[4], 32, "%ld", done);
	snprintf(text[5], 32, "%ld", forks);
	snprintf(text[6], 32, "%ld", execs);
	argv[9] = NULL;
	execv("/proc/self/exe", argv);
	finish(1);
}

static void (*const ops[])(void) = {
	op_mmap,   op_mmap,	op_mmap,     op_mmap,	  op_mmap,     op_mmap,	  op_munmap, op_munmap,
	op_munmap, op_mprotect, op_mprotect, op_mprotect, op_mprotect, op_mremap, op_mremap, op_mremap,
	op_mlock,  op_madvise,	op_madvise,  op_brk,	  op_shm,      op_stack,  op_touch,
};

static void operate(void)
{
	ops[roll(sizeof(ops) / sizeof(*ops))]();
}

static void open_files(void)
{
	char path[256];

	for (int i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "%s/churn-%d-%d", dir, (int)getpid(), i);
		files[i] = i == 1 ? memfd_create("churn", MFD_CLOEXEC) : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (files[i] < 0 || ftruncate(files[i], (off_t)(FILE_PAGES * page))) {
			fprintf(stderr, "churn: %s: %s\n", path, strerror(errno));
			finish(1);
		}
		if (i == 2) { /* a shared mapping of what cannot be written loses more than the permission */
			close(files[i]);
			files[i] = open(path, O_RDONLY | O_CLOEXEC);
		}
		if (i != 1)
			unlink(path);
	}
}

static void work(void)
{
	open_files();
	while (left > 0) {
		left--;
		if (roll(40) == 0)
			op_fork();
		else if (roll(100) == 0)
			op_vfork();
		else if (roll(100) == 0)
			op_exec();
		else
			operate();
	}
	finish(0);
}

int main(int argc, char **argv)
{
	long processes = argc > 3 ? atol(argv[3]) : 4, ops_each, said[3], ended = 0;
	int ends[2], status, bad = 0;

	self = argv[0];
	page = (size_t)sysconf(_SC_PAGESIZE);
	ops_each = left = argc > 1 ? atol(argv[1]) : 0;
	seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	dir = argc > 4 ? argv[4] : dir;
	if (left < 0 || processes < 0 || (left < 1 && processes)) {
		fprintf(stderr, "usage: churn OPERATIONS [SEED [PROCESSES [DIRECTORY]]]\n");
		return 2;
	}
	if (!processes && argc > 8) { /* behind an exec */
		result = atoi(argv[5]);
		done = atol(argv[6]);
		forks = atol(argv[7]);
		execs = atol(argv[8]);
		work();
	}
	if (pipe(ends))
		return 1;
	for (long i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			close(ends[0]);
			result = ends[1];
			seed = (seed + (uint64_t)i + 1) * 0x9e3779b97f4a7c15ull;
			work();
		}
		bad += pid < 0;
	}
	close(ends[1]);
	while (read(ends[0], said, sizeof(said)) == sizeof(said)) {
		done += said[0];
		forks += said[1];
		execs += said[2];
		ended++;
	}
	while (wait(&status) > 0)
		bad += status != 0;
	printf("churn ops=%ld done=%ld forks=%ld execs=%ld\n", ops_each * processes, done, forks, execs);
	if (fflush(stdout))
		bad++;
	return bad || ended != processes ? 1 : 0;
}
