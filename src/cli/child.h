/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * child: the command behind "--". Forked early and stopped before exec, so that it can be made a target first.
 */
#ifndef MMTRACE_CLI_CHILD_H
#define MMTRACE_CLI_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct hold;

struct child {
	pid_t pid;	   /* 0: none */
	int go;		   /* closing it without a byte makes the child go away */
	int broken;	   /* its errno comes through when exec fails */
	int error;	   /* errno of an exec that failed */
	bool seized;	   /* will stop behind its exec */
	bool at_exec;	   /* it has */
	struct hold *hold; /* it and all that it starts is held (cli/hold.h): that sees its end. NULL: it is not */
	bool released;
	bool over;
	int status; /* as a shell has it, when over: 128 + signal; 126, 127 */
};

/* Forks. 0 or -errno. */
int child_fork(struct child *c, char *const argv[]);
/*
 * Lets it exec, as the user who called sudo when there is one. 0, or -errno of exec: nothing runs, status is 126 or 127 and
 * over is set.
 */
int child_release(struct child *c);
/*
 * Before the release: let it stop once it has execed, its new program mapped and not one instruction of it run. Where that is
 * not allowed (ptrace), it will just run. After the release at_exec says whether it stands there, and child_go() sends it on.
 */
void child_hold(struct child *c);
void child_go(struct child *c);
/* Has it ended? Never waits. */
bool child_over(struct child *c);
/* Waits for its end. */
void child_wait(struct child *c);
/* If it was not released: it goes without having run anything. */
void child_drop(struct child *c);

#endif
