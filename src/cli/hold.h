/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * hold: the command behind "--" and all that it starts, stopped for a moment where something is to be looked at: behind an
 * exec, and when the last thread of a process exits, its mappings still all there. By ptrace, and a thread has one tracer
 * only: a program among them that traces others (strace, gdb) or asks to be traced is refused that.
 */
#ifndef MMTRACE_CLI_HOLD_H
#define MMTRACE_CLI_HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct hold_task {
	pid_t tid, tgid;
	bool exits; /* was seen to; its end is still to come */
};

struct hold {
	pid_t main; /* 0: nothing is held */
	/* The process of thread tid stands there and changes nothing. 0 or -errno, which hold_poll() hands on. */
	int (*at_exec)(void *ctx, pid_t tid);
	int (*at_exit)(void *ctx, pid_t tid);
	void *ctx;
	bool over;	 /* main has ended, */
	int status;	 /* as waitpid() says */
	uint64_t missed; /* processes that were killed before they could be looked at */
	struct hold_task *task;
	size_t n, room;
};

/* Takes hold of a process that does not run yet. 0 or -errno. */
int hold_start(struct hold *h, pid_t pid);
/* Released, it runs until it stands behind its exec, which hold_poll() will meet, or has ended. */
void hold_until_exec(struct hold *h);
/* Is there something for hold_poll() to do? */
bool hold_pending(const struct hold *h);
/* Looks at all that have stopped and lets them go on. 0 or -errno of a callback. */
int hold_poll(struct hold *h);
/* Waits until one has; false: a signal came first. */
bool hold_wait(const struct hold *h);
void hold_free(struct hold *h);

/*
 * All threads of a process stopped while fn runs, whether h has hold of it or not. 0, -errno, or fn's own.
 */
int hold_still(struct hold *h, pid_t pid, int (*fn)(void *ctx, pid_t pid), void *ctx);

#endif
