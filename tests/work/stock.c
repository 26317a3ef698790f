// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * stock - maps what drivers give that every kernel has, one process for each, and prints what it did
 *
 *   stock [KIND...]
 *
 * Lines, `<step> kind=<k> pid=<n> name=value ...`, as mmdemo-use has them:
 *
 *   mmap addr len pages off path [phys] result=ok     phys: physical address of the first page, where sysfs tells it
 *   read addr len pages result=ok                     one byte of each page was loaded
 *   munmap addr len result=ok
 *   skip reason why                                   what this machine lacks
 *   done wrong=N                                      the last line
 *
 * What a tracer must say about each stands in tests/run/stock.rows. Exit: 0, 1 when something failed, 2 usage.
 */
#include "stock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

size_t stock_page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

int stock_skip(const struct stock *s, const char *what)
{
	printf("skip kind=%s pid=%d reason=%s why=\"%s\"\n", s->kind, (int)getpid(), strerrorname_np(errno) ?: "0",
	       what);
	return 0;
}

int stock_failed(const struct stock *s, const char *what)
{
	fprintf(stderr, "stock: %s: %s: %s\n", s->kind, what, strerror(errno));
	return 1;
}

int stock_map(const struct stock *s, const struct stock_map *m)
{
	size_t page = stock_page(), pages = (m->len + page - 1) / page;
	volatile char *p = mmap(NULL, m->len, m->prot, MAP_SHARED, m->fd, m->off);

	if (p == MAP_FAILED)
		return stock_failed(s, "mmap");
	printf("mmap kind=%s pid=%d addr=%p len=%zu pages=%zu off=%lld path=%s", s->kind, (int)getpid(), (void *)p,
	       m->len, pages, (long long)m->off, m->path);
	if (m->phys)
		printf(" phys=0x%llx", (unsigned long long)m->phys);
	printf(" result=ok\n");
	for (size_t i = 0; m->touch && i < pages; i++)
		(void)p[i * page];
	if (m->touch)
		printf("read kind=%s pid=%d addr=%p len=%zu pages=%zu result=ok\n", s->kind, (int)getpid(), (void *)p,
		       m->len, pages);
	if (munmap((void *)p, m->len))
		return stock_failed(s, "munmap");
	printf("munmap kind=%s pid=%d addr=%p len=%zu result=ok\n", s->kind, (int)getpid(), (void *)p, m->len);
	return 0;
}

static bool asked(const struct stock *s, char **kinds)
{
	for (char **k = kinds; *k; k++)
		if (!strcmp(*k, s->kind))
			return true;
	return !*kinds;
}

/* In a process of its own, so that no two share an address. */
static int use(const struct stock *s)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		status = s->use(s);
		_exit(fflush(stdout) ? 1 : status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return stock_failed(s, "fork");
	if (status) {
		fprintf(stderr, "stock: %s: its process ended with status 0x%x\n", s->kind, status);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct stock *const all[] = { stock_devices, stock_kernel };
	int bad = 0, used = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (const struct stock *s = all[i]; s->kind; s++)
			if (asked(s, argv + 1)) {
				bad += use(s);
				used++;
			}
	if (used < argc - 1) {
		fprintf(stderr, "stock: unknown kind\nusage: stock [KIND...]\n");
		return 2;
	}
	printf("done wrong=%d\n", bad);
	return fflush(stdout) || bad;
}
