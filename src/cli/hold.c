// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/hold.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#define FOLLOW \
	(PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)
#define STILL_MAX 4096 /* threads of a process that can be stopped at once */
#define STILL_MS  2000 /* that one is waited for */

static struct hold_task *find(const struct hold *h, pid_t tid)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->task[i].tid == tid)
			return &h->task[i];
	return NULL;
}

/* The process a thread is of; 0: it has ended, whoever still has to be told of it. */
static pid_t tgid_of(pid_t tid)
{
	char path[64], line[128], state = 'X';
	int tgid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	while (f && !tgid && fgets(line, sizeof(line), f))
		if (sscanf(line, "State: %c", &state) != 1)
			sscanf(line, "Tgid: %d", &tgid);
	if (f)
		fclose(f);
	return state == 'X' || state == 'Z' ? 0 : tgid;
}

/* What a thread does may be told before its parent tells of it. */
static void meet(struct hold *h, pid_t tid)
{
	pid_t tgid = find(h, tid) ? 0 : tgid_of(tid);

	if (!tgid)
		return;
	if (h->n == h->room) {
		size_t room = h->room ? h->room * 2 : 16;
		struct hold_task *more = realloc(h->task, room * sizeof(*more));

		if (!more)
			return; /* the worst that comes of it: a process is looked at while a thread still runs */
		h->task = more;
		h->room = room;
	}
	h->task[h->n++] = (struct hold_task){ .tid = tid, .tgid = tgid };
}

/* It has ended. The process it was of when nobody had seen it exit, else 0. */
static pid_t leave(struct hold *h, pid_t tid)
{
	struct hold_task *t = find(h, tid);
	pid_t tgid = t && !t->exits ? t->tgid : 0;

	if (t)
		*t = h->task[--h->n];
	return tgid;
}

static bool any_of(const struct hold *h, pid_t tgid)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->task[i].tgid == tgid && !h->task[i].exits)
			return true;
	return false;
}

/* The thread that execs is its process's only one now, and has its number. */
static void only_one(struct hold *h, pid_t tgid)
{
	for (size_t i = 0; i < h->n;) {
		if (h->task[i].tgid == tgid)
			h->task[i] = h->task[--h->n];
		else
			i++;
	}
	meet(h, tgid);
}

static void new_task(struct hold *h, pid_t parent)
{
	unsigned long tid = 0;

	if (!ptrace(PTRACE_GETEVENTMSG, parent, 0, &tid) && tid)
		meet(h, (pid_t)tid);
}

static int at_exit(struct hold *h, pid_t tid)
{
	struct hold_task *t;

	meet(h, tid);
	t = find(h, tid);
	if (!t)
		return 0;
	t->exits = true;
	return !any_of(h, t->tgid) && h->at_exit ? h->at_exit(h->ctx, tid) : 0;
}

static bool stops_group(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

static int stopped(struct hold *h, pid_t tid, int status)
{
	int event = status >> 16, sig = WSTOPSIG(status), err = 0;

	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		new_task(h, tid);
		break;
	case PTRACE_EVENT_EXEC:
		only_one(h, tid);
		err = h->at_exec ? h->at_exec(h->ctx, tid) : 0;
		break;
	case PTRACE_EVENT_EXIT:
		err = at_exit(h, tid);
		break;
	case PTRACE_EVENT_STOP:
		meet(h, tid);
		if (stops_group(sig)) {
			ptrace(PTRACE_LISTEN, tid, 0, 0);
			return 0;
		}
		break;
	default:
		break;
	}
	ptrace(PTRACE_CONT, tid, 0, event ? 0 : sig);
	return err;
}

int hold_start(struct hold *h, pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, 0, FOLLOW))
		return -errno;
	h->main = pid;
	meet(h, pid);
	return 0;
}

/* Signals on the way reach it; a stop of its whole group does not hold it here. */
void hold_until_exec(struct hold *h)
{
	int status;

	while (!h->over) {
		siginfo_t info = { 0 };

		if (waitid(P_PID, (id_t)h->main, &info, WEXITED | WSTOPPED | WNOWAIT | __WALL)) {
			if (errno != EINTR)
				return;
			continue;
		}
		if (info.si_code != CLD_TRAPPED)
			hold_poll(h);
		else if (info.si_status >> 8 == PTRACE_EVENT_EXEC)
			return;
		else if (info.si_status >> 8 == PTRACE_EVENT_STOP && waitpid(h->main, &status, __WALL) == h->main)
			ptrace(PTRACE_CONT, h->main, 0, 0);
		else if (waitpid(h->main, &status, __WALL) == h->main)
			stopped(h, h->main, status);
	}
}

bool hold_pending(const struct hold *h)
{
	siginfo_t info = { 0 };

	return h->main && !waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) && info.si_pid;
}

bool hold_wait(const struct hold *h)
{
	siginfo_t info;

	return !h->main || h->over || !waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOWAIT | __WALL) || errno != EINTR;
}

static void ended(struct hold *h, pid_t tid, int status)
{
	pid_t tgid = leave(h, tid);

	h->missed += tgid && !any_of(h, tgid);
	if (tid == h->main) {
		h->over = true;
		h->status = status;
	}
}

int hold_poll(struct hold *h)
{
	int status, err = 0, one;
	pid_t tid;

	while (h->main && (tid = waitpid(-1, &status, __WALL | WNOHANG)) > 0) {
		if (WIFSTOPPED(status)) {
			one = stopped(h, tid, status);
			err = err ? err : one;
			continue;
		}
		ended(h, tid, status);
	}
	return err;
}

void hold_free(struct hold *h)
{
	free(h->task);
	*h = (struct hold){ 0 };
}

/* ---- somebody else's process ---------------------------------------------------------------------------------- */

struct still {
	struct hold *h;
	size_t n;
	struct still_task {
		pid_t tid;
		int status; /* what it stopped with */
		bool held;  /* by h, and it stays so */
	} task[STILL_MAX];
};

static bool is_still(const struct still *s, pid_t tid)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->task[i].tid == tid)
			return true;
	return false;
}

/* 1: it has stopped, 0: it has ended. Some do not stop when they are told to: a vfork's parent, until the child lets it. */
static int wait_stop(struct hold *h, pid_t tid, int *status)
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	for (unsigned i = 0; i < STILL_MS; i++) {
		pid_t got = waitpid(tid, status, __WALL | WNOHANG);

		if (got < 0)
			return 0;
		if (got && !WIFSTOPPED(*status))
			ended(h, tid, *status);
		if (got)
			return WIFSTOPPED(*status);
		nanosleep(&ms, NULL);
	}
	return -ETIMEDOUT;
}

static int stop_one(struct still *s, pid_t tid)
{
	struct still_task t = { .tid = tid, .held = !ptrace(PTRACE_INTERRUPT, tid, 0, 0) };
	struct hold_task *known;
	int err;

	if (t.held)
		meet(s->h, tid);
	known = find(s->h, tid);
	if (!tgid_of(tid) || (known && known->exits))
		return 0; /* its memory is not changed by it any more */
	if (!t.held && (ptrace(PTRACE_SEIZE, tid, 0, 0) || ptrace(PTRACE_INTERRUPT, tid, 0, 0)))
		return errno == ESRCH ? 0 : -errno;
	err = wait_stop(s->h, tid, &t.status);
	if (err > 0)
		s->task[s->n++] = t;
	return err < 0 ? err : 0;
}

/* What a held one stopped with is looked at now. */
static void let_go(struct still *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct still_task *t = &s->task[i];

		if (t->held)
			stopped(s->h, t->tid, t->status);
		else
			ptrace(PTRACE_DETACH, t->tid, 0, 0);
	}
}

/* Threads stopped that were not before, or -errno. */
static int stop_more(struct still *s, pid_t pid)
{
	size_t before = s->n;
	struct dirent *e;
	char path[64];
	int err = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	d = opendir(path);
	if (!d)
		return -errno;
	while (!err && (e = readdir(d))) {
		pid_t tid = (pid_t)atoi(e->d_name);

		if (tid <= 0 || is_still(s, tid))
			continue;
		err = s->n < STILL_MAX ? stop_one(s, tid) : -E2BIG;
	}
	closedir(d);
	return err ? err : (int)(s->n - before);
}

int hold_still(struct hold *h, pid_t pid, int (*fn)(void *ctx, pid_t pid), void *ctx)
{
	struct still *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->h = h;
	/* a thread may start another one before it is stopped itself */
	do
		err = stop_more(s, pid);
	while (err > 0);
	if (!err)
		err = s->n ? fn(ctx, pid) : -ESRCH;
	let_go(s);
	free(s);
	return err;
}
