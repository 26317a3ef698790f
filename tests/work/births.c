// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * births - makes threads all the time; told to, each that lives causes so many faults, and so does a child of each of some
 *
 *   births MICROSECONDS LIVING [FIRST]   between one thread and the next; so many of them live on, the others end at once; FIRST:
 *                                        so many are there from the beginning
 *
 * Says "ready"; goes on until a line comes on standard input; says "total N": faults under the name births-work; waits for the
 * end of standard input.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 16
#define STACK 65536

static size_t page;
static char *area;
static long us, most, first;
static long start;   /* 1: they may; under the lock, as is: */
static long at_work; /* that many have not done theirs; after the start a number that only falls */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t started = PTHREAD_COND_INITIALIZER;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static long faults(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return u.ru_minflt + u.ru_majflt;
}

/* n is the thread's own part of the area; the kernel's count of what that caused. */
static long work(long n, int pages)
{
	volatile char *p = area + n * PAGES * page;
	long before;

	prctl(PR_SET_NAME, "births-work");
	before = faults(RUSAGE_THREAD);
	for (int i = 0; i < pages; i++)
		p[i * page] = 1;
	before = faults(RUSAGE_THREAD) - before;
	prctl(PR_SET_NAME, "births-noise");
	return before;
}

static void birth(void *(*how)(void *), long n);

/* The youngest makes the next, since whoever lists threads comes to it last. */
static void *live(void *arg)
{
	long n = (long)arg;

	work(n, 0); /* what that needs is there from now on */
	pthread_mutex_lock(&lock);
	if (n >= first && !start) {
		pthread_mutex_unlock(&lock);
		usleep(us);
		pthread_mutex_lock(&lock);
	}
	if (!start && n + 1 < most) {
		at_work++;
		birth(live, n + 1);
	}
	while (!start)
		pthread_cond_wait(&started, &lock);
	pthread_mutex_unlock(&lock);
	if (work(n, PAGES) != PAGES)
		fail("other faults than by construction");
	__atomic_fetch_sub(&at_work, 1, __ATOMIC_RELEASE);
	pause();
	return NULL;
}

static void *end(void *arg)
{
	return arg;
}

static void birth(void *(*how)(void *), long n)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK < PTHREAD_STACK_MIN ? PTHREAD_STACK_MIN : STACK);
	if (how == end)
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	while (pthread_create(&t, &attr, how, (void *)n))
		usleep(1000);
	pthread_attr_destroy(&attr);
}

/* A process that was not there before, and what it causes. Its copy of the area is its own. */
static void children(long n)
{
	for (long i = 0; i < 4; i++) {
		int status;
		pid_t pid = fork();

		if (!pid)
			_exit(work(n + i, PAGES) != PAGES);
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			fail("a child");
	}
}

int main(int argc, char **argv)
{
	long living;
	struct pollfd in = { .fd = 0, .events = POLLIN };
	char line[16];

	us = argc > 2 ? atol(argv[1]) : -1;
	most = argc > 2 ? atol(argv[2]) : 0;
	first = argc > 3 ? atol(argv[3]) : 0;
	if (us < 0 || most < 1)
		return 2;
	setvbuf(stdout, NULL, _IONBF, 0);
	prctl(PR_SET_NAME, "births-noise");
	page = (size_t)sysconf(_SC_PAGESIZE);
	area = mmap(NULL, (most + 4) * PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		fail("mmap");
	madvise(area, (most + 4) * PAGES * page, MADV_NOHUGEPAGE); /* EINVAL: a kernel without huge pages */
	work(0, 0);
	at_work = 1;
	birth(live, 0);
	while (__atomic_load_n(&at_work, __ATOMIC_RELAXED) < (first < most ? first : most))
		usleep(1000);
	puts("ready");
	while (poll(&in, 1, 0) == 0) {
		birth(end, 0);
		if (us)
			usleep(us);
	}
	if (read(0, line, sizeof(line)) <= 0)
		return 1;
	pthread_mutex_lock(&lock);
	start = 1;
	living = at_work;
	pthread_cond_broadcast(&started);
	pthread_mutex_unlock(&lock);
	while (__atomic_load_n(&at_work, __ATOMIC_ACQUIRE))
		usleep(1000);
	children(most);
	printf("total %ld\n", (living + 4) * PAGES);
	return read(0, line, sizeof(line)) < 0;
}
