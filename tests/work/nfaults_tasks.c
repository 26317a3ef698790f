// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Jobs of several threads and processes, with signals in the middle, and faults that sleep. */
#include "nfaults.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES 196608 /* PTHREAD_STACK_MIN of arm64 is 128 KiB */

/* ---- threads ------------------------------------------------------------------------------------------------------ */

/* They exist, and have what they stand on, before memory is locked. */
static struct helper {
	char stack[STACK_BYTES] __attribute__((aligned(65536)));
	void (*work)(struct helper *h);
	sem_t go, done;
	size_t no;
	struct tally *t;
	char *area;
	long faults;
	pid_t tid;
} helpers[THREADS], uffd_helper;

static void *helper_run(void *arg)
{
	struct helper *h = arg;

	h->tid = (pid_t)syscall(SYS_gettid);
	name_self(NOISE);
	for (;;) {
		while (sem_wait(&h->go))
			;
		h->work(h);
		sem_post(&h->done);
	}
	return NULL;
}

static void helper_start(struct helper *h)
{
	pthread_attr_t attr;
	pthread_t thread;

	if (h->tid)
		return;
	sem_init(&h->go, 0, 0);
	sem_init(&h->done, 0, 0);
	pthread_attr_init(&attr);
	errno = pthread_attr_setstack(&attr, h->stack, sizeof(h->stack));
	if (!errno)
		errno = pthread_create(&thread, &attr, helper_run, h);
	if (errno)
		die("pthread_create");
	pthread_attr_destroy(&attr);
	while (!__atomic_load_n(&h->tid, __ATOMIC_ACQUIRE))
		usleep(1000);
}

static bool threads_start(void)
{
	for (size_t i = 0; i < THREADS; i++) {
		helpers[i].no = i;
		helper_start(&helpers[i]);
	}
	return true;
}

static long threads_do(struct tally *t, void (*work)(struct helper *h))
{
	long faults = 0;

	for (size_t i = 0; i < THREADS; i++) {
		helpers[i].work = work;
		helpers[i].t = t;
		sem_post(&helpers[i].go);
	}
	for (size_t i = 0; i < THREADS; i++) {
		while (sem_wait(&helpers[i].done))
			;
		faults += helpers[i].faults;
	}
	return faults;
}

static char *thread_area, *race_area;

static bool threads_make(void)
{
	thread_area = anon(nf.n * THREADS);
	return true;
}

/* The name is set when the thread has done all that could fault for the first time. */
static void own_pages(struct helper *h)
{
	name_self(job_name());
	h->faults = touch(h->t, thread_area + h->no * nf.n * nf.page, nf.n, nf.page, true, (long)nf.n);
	name_self(NOISE);
}

static void threads_run(struct tally *t)
{
	expect("anon", threads_do(t, own_pages), "anon", "-");
}

static bool race_make(void)
{
	race_area = anon(nf.n);
	return true;
}

/* All of them want the same pages: whoever comes too late has faulted all the same. The kernel's own count says how often. */
static void same_pages(struct helper *h)
{
	name_self(job_name());
	h->faults = touch(h->t, race_area, nf.n, nf.page, true, ANY);
	name_self(NOISE);
}

static void race_run(struct tally *t)
{
	long n = threads_do(t, same_pages);

	if (n < (long)nf.n)
		die("%ld faults for %zu pages", n, nf.n);
	expect("anon", n, "anon", "-");
}

/* ---- signals ------------------------------------------------------------------------------------------------------ */

#define SIGNALS 20

static char *signal_area;
static volatile sig_atomic_t signals;

static void on_alarm(int sig)
{
	(void)sig;
	signals++;
}

static bool signals_make(void)
{
	signal_area = anon(nf.n);
	return true;
}

/* A timer's signals, wherever they come. */
static void signals_run(struct tally *t)
{
	struct itimerval every = { { 0, 1000 }, { 0, 1000 } }, never = { 0 };
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART }, old;
	long n = 0;

	sigaction(SIGALRM, &sa, &old);
	setitimer(ITIMER_REAL, &every, NULL);
	while (signals < SIGNALS) {
		n += touch(t, signal_area, nf.n, nf.page, true, (long)nf.n);
		madvise(signal_area, nf.n * nf.page, MADV_DONTNEED);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &old, NULL);
	expect("anon", n, "anon", "-");
}

/* ---- faults that sleep -------------------------------------------------------------------------------------------- */

#define SLEEPS 4

static char *sleep_area;
static int uffd = -1;
static pid_t interrupt; /* this thread gets a signal before its page */

static bool answer(void)
{
	struct timespec t = { .tv_nsec = SLEEP_NS };
	struct uffdio_zeropage zero = { 0 };
	struct uffd_msg msg;

	if (read(uffd, &msg, sizeof(msg)) != sizeof(msg) || msg.event != UFFD_EVENT_PAGEFAULT)
		return false;
	while (nanosleep(&t, &t))
		;
	if (interrupt) {
		pid_t tid = interrupt;

		interrupt = 0;
		return !syscall(SYS_tgkill, getpid(), tid, SIGUSR1) && answer();
	}
	zero.range.start = msg.arg.pagefault.address & ~(nf.page - 1);
	zero.range.len = nf.page;
	return !ioctl(uffd, UFFDIO_ZEROPAGE, &zero);
}

static void serve(struct helper *h)
{
	long n = h->faults;

	for (h->faults = 0; h->faults < n && answer(); h->faults++)
		;
}

static bool sleep_start(void)
{
	if (uffd >= 0)
		return true;
	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0)
		return skip("userfaultfd(2): %s", strerrorname_np(errno));
	helper_start(&uffd_helper);
	return true;
}

static bool sleep_make(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	if (sleep_area)
		return true;
	sleep_area = anon(SLEEPS + 1);
	reg.range.start = (uintptr_t)sleep_area;
	reg.range.len = (SLEEPS + 1) * nf.page;
	if (ioctl(uffd, UFFDIO_API, &api) || ioctl(uffd, UFFDIO_REGISTER, &reg))
		die("userfaultfd");
	return true;
}

static void sleep_on(struct tally *t, char *addr, long n)
{
	uint64_t begin;

	uffd_helper.work = serve;
	uffd_helper.faults = n;
	sem_post(&uffd_helper.go);
	begin = now_ns();
	for (long i = 0; i < n; i++)
		write_byte(addr + i * (long)nf.page);
	t->own_ns += now_ns() - begin;
	t->least_ns += (uint64_t)n * SLEEP_NS;
	while (sem_wait(&uffd_helper.done))
		;
	errno = 0;
	if (uffd_helper.faults != n)
		die("the handler answered %ld of %ld faults", uffd_helper.faults, n);
	expect("userfaultfd", n, "anon", "-");
}

static void sleep_run(struct tally *t)
{
	sleep_on(t, sleep_area, SLEEPS);
}

static void on_usr1(int sig)
{
	(void)sig;
}

/* The fault gives up for the signal, and comes again after its handler; the time until then belongs to neither. */
static void interrupt_run(struct tally *t)
{
	struct sigaction sa = { .sa_handler = on_usr1 }, old;

	sigaction(SIGUSR1, &sa, &old);
	interrupt = (pid_t)syscall(SYS_gettid);
	sleep_on(t, sleep_area + SLEEPS * nf.page, 1);
	sigaction(SIGUSR1, &old, NULL);
	expect("abandoned", 1, "anon", "given-up");
}

/* ---- processes ---------------------------------------------------------------------------------------------------- */

/* A child from before the start, which writes to pages that it shares with nobody any more. */
static struct child {
	char *area;
	int go[2], done[2];
	pid_t pid;
} * cow;

static void cow_child(struct tally *t)
{
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* locking memory makes it the child's own: not this, which was only read then */
	mprotect(cow->area, nf.n * nf.page, PROT_READ);
	lock_all();
	munlock(cow->area, nf.n * nf.page); /* first: a locked range that becomes writable is copied at once */
	mprotect(cow->area, nf.n * nf.page, RW);
	touch(t, (char *)t, 1, 1, true, ANY); /* what touch() itself writes to */
	if (write(cow->done[1], "r", 1) != 1 || read(cow->go[0], &c, 1) != 1)
		_exit(1);
	name_self("nf-fork-cow");
	touch(t, cow->area, nf.n, nf.page, true, (long)nf.n);
	name_self(NOISE);
	if (write(cow->done[1], "d", 1) != 1 || read(cow->go[0], &c, 1) < 0)
		_exit(1);
	_exit(0);
}

static struct tally *cow_tally; /* the child's own, before run_all() hands out the job's */

static bool cow_start(void)
{
	char c, line[40];
	pid_t pid;
	int len;

	cow = mmap(NULL, sizeof(*cow), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cow_tally = mmap(NULL, sizeof(*cow_tally), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (cow == MAP_FAILED || cow_tally == MAP_FAILED || pipe(cow->go) || pipe(cow->done))
		die("cannot make a child");
	memset(cow_tally, 0, sizeof(*cow_tally));
	cow->area = anon(nf.n);
	memset(cow->area, 1, nf.n * nf.page);
	pid = fork();
	if (!pid)
		cow_child(cow_tally);
	if (pid < 0 || read(cow->done[0], &c, 1) != 1)
		die("cannot make a child");
	munmap(cow->area, nf.n * nf.page);
	close(cow->go[0]);
	close(cow->done[1]);
	len = snprintf(line, sizeof(line), "child %d\n", (int)pid);
	return write(STDOUT_FILENO, line, (size_t)len) == len;
}

static void cow_run(struct tally *t)
{
	char c;

	name_self(NOISE);
	if (write(cow->go[1], "g", 1) != 1 || read(cow->done[0], &c, 1) != 1)
		die("the child ended");
	*t = *cow_tally;
	expect("cow", (long)nf.n, "anon", "-");
}

/* Children made while faults are counted: of theirs, those of the loops go by the job's name. */
#define CHILDREN 3

static char *fork_area, *fork_cow, *fork_warm;

static bool fork_make(void)
{
	fork_area = anon(nf.n);
	fork_cow = anon(nf.n);
	fork_warm = anon(2);
	memset(fork_cow, 1, nf.n * nf.page);
	return true;
}

static void fork_child(struct tally *t)
{
	touch(t, fork_warm, 2, nf.page, true, ANY);
	name_self(NOISE);
	name_self("nf-fork");
	touch(t, fork_area, nf.n, nf.page, true, (long)nf.n);
	touch(t, fork_cow, nf.n, nf.page, true, (long)nf.n);
	name_self(NOISE);
	_exit(0);
}

static void fork_run(struct tally *t)
{
	struct tally warm = { 0 };
	int status;

	name_self(NOISE);
	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		if (!pid)
			fork_child(t);
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			die("a child failed");
	}
	/* the copies are gone, but the pages are still write-protected */
	touch(&warm, fork_warm, 2, nf.page, true, ANY);
	name_self("nf-fork");
	touch(t, fork_cow, nf.n, nf.page, true, (long)nf.n);
	name_self(NOISE);
	expect("anon", CHILDREN * (long)nf.n, "anon", "-");
	expect("cow", (CHILDREN + 1) * (long)nf.n, "anon", "-");
}

/* ---- as many as there can be ------------------------------------------------------------------------------------- */

#define LOAD_PAGES 2048

static char *load_area;

static bool load_make(void)
{
	load_area = anon(LOAD_PAGES);
	return true;
}

static void load_run(struct tally *t)
{
	uint64_t end = now_ns() + nf.seconds * 1000000000ull;
	long n = 0;

	do {
		n += touch(t, load_area, LOAD_PAGES, nf.page, true, LOAD_PAGES);
		madvise(load_area, LOAD_PAGES * nf.page, MADV_DONTNEED);
	} while (now_ns() < end);
	expect("anon", n, "anon", "-");
}

/* ---- one address, another mapping each time ------------------------------------------------------------------------- */

static char *replace_area;

static bool replace_make(void)
{
	replace_area = anon(1);
	return true;
}

static void replace_run(struct tally *t)
{
	static const int flags[] = { MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED };
	long n[2] = { 0 };

	for (size_t i = 0; i < 2 * nf.n; i++) {
		if (mmap(replace_area, nf.page, RW, flags[i % 2], -1, 0) != replace_area)
			die("mmap");
		n[i % 2] += touch(t, replace_area, 1, nf.page, true, 1);
	}
	expect("anon", n[0], "anon", "-");
	expect("shm", n[1], "shm", "-");
}

const struct job task_jobs[] = {
	{ "nf-threads", threads_start, threads_make, threads_run, QUIET },
	{ "nf-race", threads_start, race_make, race_run, QUIET },
	{ "nf-signals", NULL, signals_make, signals_run, QUIET },
	{ "nf-sleep", sleep_start, sleep_make, sleep_run, QUIET },
	{ "nf-interrupt", sleep_start, sleep_make, interrupt_run, QUIET },
	{ "nf-fork-cow", cow_start, NULL, cow_run, QUIET },
	{ "nf-fork", NULL, fork_make, fork_run, NOISY },
	{ "nf-replace", NULL, replace_make, replace_run, QUIET },
	{ "nf-load", NULL, load_make, load_run, ALONE },
	{ NULL, NULL, NULL, NULL, QUIET },
};
