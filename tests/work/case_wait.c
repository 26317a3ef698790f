// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Faults that wait: a userfaultfd handler that takes its time, and a signal that comes meanwhile. */
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WAIT_NS 50000000ull

static struct handler {
	pthread_t thread;
	int fd;
	pid_t signal_to; /* first answers the fault with a signal to this thread */
	bool failed;
} handler;

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000000000ull + (unsigned long long)t.tv_nsec;
}

static void on_usr1(int sig)
{
	(void)sig;
}

/* Takes one fault, waits the whole time, and puts a page there. */
static bool serve(struct handler *h)
{
	struct timespec t = { .tv_nsec = WAIT_NS };
	struct uffdio_zeropage zero = { 0 };
	struct uffd_msg msg;

	if (read(h->fd, &msg, sizeof(msg)) != sizeof(msg) || msg.event != UFFD_EVENT_PAGEFAULT)
		return false;
	if (h->signal_to) {
		pid_t to = h->signal_to;

		h->signal_to = 0;
		/* The fault gives up; once the signal's handler is done it comes again. */
		return !syscall(SYS_tgkill, getpid(), to, SIGUSR1) && serve(h);
	}
	while (nanosleep(&t, &t))
		;
	zero.range.start = msg.arg.pagefault.address & ~(w.page - 1);
	zero.range.len = w.page;
	return !ioctl(h->fd, UFFDIO_ZEROPAGE, &zero);
}

static void *handler_run(void *arg)
{
	struct handler *h = arg;

	h->failed = !serve(h);
	return NULL;
}

/* A region whose missing pages the handler provides; false when this process may not do that. */
static bool handler_start(size_t pages, pid_t signal_to)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	handler.fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (handler.fd < 0) {
		skip("userfaultfd(2): %s", strerrorname_np(errno));
		return false;
	}
	w_anon(0, pages);
	reg.range.start = (unsigned long)at(0);
	reg.range.len = pages * w.page;
	if (ioctl(handler.fd, UFFDIO_API, &api) || ioctl(handler.fd, UFFDIO_REGISTER, &reg))
		die("userfaultfd");
	handler.signal_to = signal_to;
	if ((errno = pthread_create(&handler.thread, NULL, handler_run, &handler)))
		die("pthread_create");
	return true;
}

static void handler_end(size_t pages)
{
	pthread_join(handler.thread, NULL);
	if (handler.failed)
		die("the userfaultfd handler failed");
	close(handler.fd);
	w_munmap(at(0), pages * w.page, pages * w.page);
}

/* The handler sleeps 50 ms before it answers, so the fault took longer than that, and less than we had to wait. */
static void uffd_sleeps(void)
{
	unsigned long long before, waited;
	char more[160];

	if (!handler_start(2, 0))
		return;
	before = now_ns();
	touch(at(0), 1, 1, true);
	waited = now_ns() - before;
	snprintf(more, sizeof(more), "class=anon kind=userfaultfd mode=user dur_ns>=%llu dur_ns<=%llu", WAIT_NS,
		 waited);
	expect_faults(at(0), 1, 1, true, more);
	handler_end(2);
}

static void signal_during_retry(void)
{
	struct sigaction sa = { .sa_handler = on_usr1 }, old;

	sigaction(SIGUSR1, &sa, &old);
	if (!handler_start(1, (pid_t)syscall(SYS_gettid)))
		return;
	touch(at(0), 1, 1, true);
	expect_faults(at(0), 1, 1, true, "class=anon kind=abandoned mode=user");
	expect_faults(at(0), 1, 1, true, "class=anon kind=userfaultfd mode=user dur_ns>=50000000");
	handler_end(1);
	sigaction(SIGUSR1, &old, NULL);
}

const struct work_case wait_cases[] = {
	{ "uffd_sleeps", uffd_sleeps },
	{ "signal_during_retry", signal_during_retry },
	{ NULL, NULL },
};
