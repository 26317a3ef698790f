// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Processes and threads: fork, exec, exit, and many faults at once. */
#include "work.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW	 (PROT_READ | PROT_WRITE)
#define ANON	 (MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE)
#define ANON_YES "class=anon kind=anon mode=user maj=0"

static void expect_dup(char *addr, size_t pages)
{
	out("expect vma_dup addr=0x%lx len=%zu pid=%d", (unsigned long)addr, pages * w.page, (int)getpid());
}

static void child_unmaps(void)
{
	if (munmap(at(0), 2 * w.page) || mmap(at(64), w.page, RW, ANON, -1, 0) != at(64))
		_exit(1);
}

static void fork_copies(void)
{
	size_t p = w.page;
	pid_t pid;

	w_anon(0, 4);
	w_mmap(at(8), 2 * p, PROT_READ, ANON, -1, 0);
	w_mmap(at(16), p, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	w_mmap(at(24), p, RW, ANON, -1, 0);
	if (w_madvise(at(24), p, MADV_DONTFORK)) /* stays behind */
		die("madvise(MADV_DONTFORK)");
	w_anon(32, 2);
	if (w_madvise(at(32), 2 * p, MADV_WIPEONFORK)) /* the child has it empty */
		die("madvise(MADV_WIPEONFORK)");
	pid = w_fork(child_unmaps);
	w_wait(pid);
	expect_dup(at(0), 4);
	expect_dup(at(8), 2);
	expect_dup(at(16), 1);
	expect_dup(at(32), 2);
	/* What the child did. */
	out("expect munmap addr=0x%lx len=%zu ret=0 bytes=%zu pid=%d", (unsigned long)at(0), 2 * p, 2 * p, (int)pid);
	out("expect vma_unmap addr=0x%lx len=%zu bytes=%zu origin=munmap pid=%d", (unsigned long)at(0), 2 * p, 2 * p,
	    (int)pid);
	out("expect mmap addr=0x%lx len=%zu ret=0x%lx pid=%d", (unsigned long)at(64), p, (unsigned long)at(64),
	    (int)pid);
	out("expect vma_map addr=0x%lx len=%zu origin=mmap pid=%d", (unsigned long)at(64), p, (int)pid);
	w_munmap(at(0), 34 * p, 10 * p);
}

/* In the new program: one page, mapped, touched, and left to exit. */
int work_exec_child(char **argv)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *addr = argv[2] ? (char *)strtoul(argv[2], NULL, 0) : NULL;

	if (!addr || mmap(addr, page, RW, ANON, -1, 0) != addr)
		return 1;
	*(volatile char *)addr = 1;
	return 0;
}

static void child_execs(void)
{
	char text[32];

	snprintf(text, sizeof(text), "%p", (void *)at(32));
	execl(w.self, "work", "--exec-child", text, NULL);
	_exit(1);
}

static void exec_self(void)
{
	const char *slash = strrchr(w.self, '/');
	pid_t pid;

	w_anon(0, 2);
	pid = w_fork(child_execs);
	w_wait(pid);
	expect_dup(at(0), 2);
	out("expect exit pid=%d origin=exec", (int)pid);
	out("expect exec pid=%d file=\"%s\" comm=%.15s", (int)pid, w.self, slash ? slash + 1 : w.self);
	out("expect mmap addr=0x%lx len=%zu ret=0x%lx pid=%d", (unsigned long)at(32), w.page, (unsigned long)at(32),
	    (int)pid);
	out("expect vma_map addr=0x%lx len=%zu origin=mmap pid=%d", (unsigned long)at(32), w.page, (int)pid);
	out("expect fault addr=0x%lx pid=%d flags~write %s", (unsigned long)at(32), (int)pid, ANON_YES);
	w_munmap(at(0), 2 * w.page, 2 * w.page);
}

#define THREADS	     8
#define THREAD_PAGES 64

static pthread_barrier_t start_line;
static pid_t tids[THREADS];

static void *thread_touches(void *arg)
{
	size_t i = (size_t)arg;

	tids[i] = (pid_t)syscall(SYS_gettid);
	pthread_barrier_wait(&start_line);
	touch(at(i * THREAD_PAGES), THREAD_PAGES, w.page, true);
	return NULL;
}

static void threads(void)
{
	pthread_t t[THREADS];

	w_anon(0, THREADS * THREAD_PAGES);
	if (pthread_barrier_init(&start_line, NULL, THREADS))
		die("pthread_barrier_init");
	for (size_t i = 0; i < THREADS; i++)
		if ((errno = pthread_create(&t[i], NULL, thread_touches, (void *)i)))
			die("pthread_create");
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	for (size_t i = 0; i < THREADS; i++) {
		char more[96];

		snprintf(more, sizeof(more), "%s tid=%d", ANON_YES, (int)tids[i]);
		expect_faults(at(i * THREAD_PAGES), THREAD_PAGES, w.page, true, more);
	}
	pthread_barrier_destroy(&start_line);
	w_munmap(at(0), THREADS * THREAD_PAGES * w.page, THREADS * THREAD_PAGES * w.page);
}

const struct work_case proc_cases[] = {
	{ "fork_copies", fork_copies },
	{ "exec_self", exec_self },
	{ "threads", threads },
	{ NULL, NULL },
};
