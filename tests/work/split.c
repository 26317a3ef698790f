// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * split - makes faults whose time goes where it is known to, and prints a line for each: "WHAT addr least most". WHAT is "anon",
 * "uffd", "slow" or "locked"; least and most are nanoseconds by this program's own clock: what it slept at least, what the
 * fault took at most. Or "skip WHAT: why". Exit: 0, 1 when the machine is not as it has to be.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "../../kmod-demo/mmdemo_uapi.h"

#define SLEEP_NS 50000000ull
#define HOLD_US	 300000u
#define TRIES	 10

static size_t page;

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000000000ull + (unsigned long long)t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "split: %s: %s\n", what, strerror(errno));
	exit(1);
}

static volatile char *map(int flags, int fd)
{
	void *p = mmap(NULL, 8 * page, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

/* Touches one page and says how long that took at most. */
static void touch(const char *what, volatile char *at, unsigned long long least)
{
	unsigned long long before = now_ns();

	*at = 1;
	printf("%s 0x%lx %llu %llu\n", what, (unsigned long)at, least, now_ns() - before);
}

static void anon(void)
{
	volatile char *p = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);

	madvise((void *)p, 8 * page, MADV_NOHUGEPAGE);
	for (int i = 0; i < 8; i++)
		touch("anon", p + i * page, 0);
}

/* ---- a page that another thread gives, having slept ------------------------------------------------------------------ */

static int uffd;

/* On the same CPU as the fault: it does not begin to sleep before that is off the CPU. */
static void *give(void *arg)
{
	struct timespec t = { .tv_nsec = SLEEP_NS };
	struct uffdio_zeropage zero = { .range.len = page };
	struct uffd_msg msg;

	(void)arg;
	if (read(uffd, &msg, sizeof(msg)) != sizeof(msg))
		die("userfaultfd");
	while (nanosleep(&t, &t))
		;
	zero.range.start = msg.arg.pagefault.address & ~(page - 1);
	if (ioctl(uffd, UFFDIO_ZEROPAGE, &zero))
		die("UFFDIO_ZEROPAGE");
	return NULL;
}

static void given(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	volatile char *p = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	pthread_t thread;
	cpu_set_t one;

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0) {
		printf("skip uffd: userfaultfd(2): %s\n", strerror(errno));
		return;
	}
	reg.range.start = (uintptr_t)p;
	reg.range.len = 8 * page;
	if (ioctl(uffd, UFFDIO_API, &api) || ioctl(uffd, UFFDIO_REGISTER, &reg))
		die("userfaultfd");
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("sched_setaffinity");
	if (pthread_create(&thread, NULL, give, NULL))
		die("pthread_create");
	touch("uffd", p, SLEEP_NS);
	pthread_join(thread, NULL);
	close(uffd);
}

/* ---- a driver that sleeps ---------------------------------------------------------------------------------------------- */

static int open_driver(uint32_t sleep_us)
{
	int fd = open("/dev/mmdemo/pfn-fault", O_RDWR | O_CLOEXEC);

	if (fd >= 0 && ioctl(fd, MMDEMO_IOC_DELAY, &sleep_us))
		die("MMDEMO_IOC_DELAY");
	return fd;
}

static void slow(void)
{
	int fd = open_driver(SLEEP_NS / 1000);

	if (fd < 0) {
		printf("skip slow: the demo driver is not loaded\n");
		return;
	}
	touch("slow", map(MAP_SHARED, fd), SLEEP_NS);
	close(fd);
}

/* ---- a lock that others have ------------------------------------------------------------------------------------------- */

struct other {
	pthread_t thread;
	int wake[2];
	volatile pid_t tid;
	volatile int done;
	volatile char *at;
};

static void *hold(void *arg) /* sleeps in a driver's ->fault, with the lock for reading */
{
	struct other *o = arg;
	char c;

	o->tid = gettid();
	if (read(o->wake[0], &c, 1) == 1)
		*o->at = 1;
	o->done = 1;
	return NULL;
}

static void *want(void *arg) /* waits for it for writing: from then on readers wait too */
{
	struct other *o = arg;
	char c;

	o->tid = gettid();
	if (read(o->wake[0], &c, 1) == 1)
		munmap((void *)map(MAP_PRIVATE | MAP_ANONYMOUS, -1), 8 * page);
	o->done = 1;
	return NULL;
}

static void other_start(struct other *o, void *(*fn)(void *))
{
	if (pipe(o->wake) || pthread_create(&o->thread, NULL, fn, o))
		die("thread");
}

/* Lets it go, and waits until it sleeps and no signal would wake it. */
static void other_go(struct other *o)
{
	static char path[64], stat[64];

	if (write(o->wake[1], "", 1) != 1)
		die("pipe");
	while (!o->tid)
		sched_yield();
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", o->tid);
	while (!o->done) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd >= 0 ? read(fd, stat, sizeof(stat) - 1) : -1;

		close(fd);
		stat[n > 0 ? n : 0] = 0;
		if (strstr(stat, ") D"))
			return;
	}
}

static void other_end(struct other *o)
{
	pthread_join(o->thread, NULL);
	close(o->wake[0]);
	close(o->wake[1]);
}

/* false: the lock was free again before this thread wanted it. */
static bool wait_for_lock(int slow_fd, int fast_fd)
{
	volatile char *p = map(MAP_SHARED, fast_fd);
	struct other reader = { .at = map(MAP_SHARED, slow_fd) }, writer = { 0 };
	unsigned long long before, took;

	other_start(&reader, hold);
	other_start(&writer, want);
	other_go(&reader);
	other_go(&writer);
	before = now_ns();
	*p = 1;
	took = now_ns() - before;
	other_end(&reader);
	other_end(&writer);
	if (took < HOLD_US * 1000ull / 4)
		return false;
	printf("locked 0x%lx %llu %llu\n", (unsigned long)p, took / 2, took);
	return true;
}

static void locked(void)
{
	int slow_fd = open_driver(HOLD_US), fast_fd = open_driver(0);
	bool waited = false;

	if (slow_fd < 0) {
		printf("skip locked: the demo driver is not loaded\n");
		return;
	}
	for (int i = 0; i < TRIES && !waited; i++)
		waited = wait_for_lock(slow_fd, fast_fd);
	if (!waited)
		printf("skip locked: the lock was never waited for\n");
}

int main(void)
{
	page = (size_t)sysconf(_SC_PAGESIZE);
	setvbuf(stdout, NULL, _IOLBF, 0);
	anon();
	slow();
	locked();
	given(); /* last: it stays on one CPU */
	return 0;
}
