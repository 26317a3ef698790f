// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The steps that every kind can take, whatever it maps: each leaves a mark, does to the mapping what the kernel does
 * without asking the driver's ->mmap, and looks for the mark.
 */
#include "mmdemo-use.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: what it inherited is there, a mark of it is seen by the parent, and it unmaps for itself. */
static int use_child(struct use *u)
{
	int bad = use_maps(u, 2);

	bad += use_mark(u, u->page, 7);
	bad += use_munmap(u, u->addr, u->size);
	bad += use_maps(u, 1);
	return bad;
}

int use_fork(struct use *u)
{
	int status, bad, code;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return use_say(u, "fork", false, "result=%s", use_errno(errno));
	if (!pid)
		_exit(use_child(u));
	use_say(u, "fork", true, "child=%d addr=0x%lx len=%zu result=ok", (int)pid, (unsigned long)u->addr, u->size);
	if (waitpid(pid, &status, 0) != pid)
		return use_say(u, "wait", false, "child=%d result=%s", (int)pid, use_errno(errno));
	code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	bad = use_say(u, "wait", !code, "child=%d status=%d result=%s", (int)pid, code, code ? "wrong" : "ok");
	bad += use_seen(u, u->page, 7);
	return bad + use_maps(u, 1);
}

/* to NULL: let the kernel choose, if it has to move. `want` is an errno; new address or MAP_FAILED. */
static void *steps_mremap(const struct use *u, size_t len, void *to, int want, int *bad)
{
	void *now = mremap(u->addr, u->size, len, MREMAP_MAYMOVE | (to ? MREMAP_FIXED : 0), to);
	int err = now == MAP_FAILED ? errno : 0;

	*bad += use_say(u, "mremap", err == want, "addr=0x%lx len=%zu newlen=%zu to=0x%lx want=%s result=%s",
			(unsigned long)u->addr, u->size, len, err ? 0ul : (unsigned long)now, use_errno(want),
			use_errno(err));
	return now;
}

/*
 * The whole mapping moves: the kernel moves the entries and opens a VMA for the new place before it closes the old
 * one. It must not grow: what lies behind the end is not the driver's to give.
 */
int use_mremap(struct use *u)
{
	void *to = use_place(u, u->size), *now;
	int bad = use_mark(u, u->size, 11);

	if (!to)
		return bad + use_say(u, "mremap", false, "result=%s", use_errno(ENOMEM));
	now = steps_mremap(u, u->size, to, 0, &bad);
	if (now == MAP_FAILED)
		return bad;
	u->addr = now;
	bad += use_seen(u, u->size, 11);
	bad += use_maps(u, 1);
	now = steps_mremap(u, u->size + u->page, NULL, EFAULT, &bad);
	if (now != MAP_FAILED) {
		munmap((char *)now + u->size, u->page);
		u->addr = now;
	}
	return bad;
}

static int steps_mprotect(const struct use *u, int prot)
{
	int err = mprotect(u->addr, u->size, prot) ? errno : 0;

	return use_say(u, "mprotect", !err, "addr=0x%lx len=%zu prot=r%c- result=%s", (unsigned long)u->addr, u->size,
		       prot & PROT_WRITE ? 'w' : '-', use_errno(err));
}

/* Read-only for a while: what was there stays, and afterwards it can be written again. */
int use_mprotect(struct use *u)
{
	int bad = use_mark(u, u->size, 13);

	bad += steps_mprotect(u, PROT_READ);
	bad += use_seen(u, u->size, 13);
	bad += steps_mprotect(u, PROT_READ | PROT_WRITE);
	bad += use_mark(u, u->size, 17);
	bad += use_seen(u, u->size, 17);
	return bad + use_maps(u, 1);
}

/*
 * A hole in the middle makes two mappings of one; the last munmap then ends both at once. A driver whose mapping
 * means nothing in parts refuses.
 */
int use_split(struct use *u)
{
	bool whole = u->kind->ops->traits & USE_WHOLE;
	int bad = use_mark(u, u->page, 19);

	if (whole)
		bad += use_result(u, "split", EINVAL, munmap((char *)u->addr + u->page, u->page) ? errno : 0);
	else
		bad += use_munmap(u, (char *)u->addr + u->page, u->page);
	bad += use_maps(u, whole ? 1 : 2);
	return bad + use_seen(u, u->page, 19);
}

/* Keeps the mapping, and only the mapping, until stdin ends: the file is closed. */
int use_hold(struct use *u)
{
	char c;

	close(u->fd);
	u->fd = -1;
	use_say(u, "hold", true, "addr=0x%lx len=%zu result=ok", (unsigned long)u->addr, u->size);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return use_munmap(u, u->addr, u->size);
}
