// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/hold.h"
#include "mmtrace/base.h"

#define GROUPS_MAX 64

/*
 * The caller's groups from /etc/group. By hand: initgroups() of a static binary wants the shared libraries of the libc it
 * was built with.
 */
static int set_groups(const char *user, gid_t gid)
{
	FILE *f = fopen("/etc/group", "re");
	gid_t groups[GROUPS_MAX] = { gid };
	size_t n = 1, cap = 0;
	char *line = NULL;

	while (f && n < GROUPS_MAX && getline(&line, &cap, f) > 0) {
		char *rest = line, *id, *member;
		const char *why;
		uint32_t number;

		line[strcspn(line, "\n")] = '\0';
		strsep(&rest, ":"); /* name:password:gid:user,user */
		strsep(&rest, ":");
		id = strsep(&rest, ":");
		if (!rest || num_parse_u32(id, &number, &why))
			continue;
		while ((member = strsep(&rest, ",")))
			if (!strcmp(member, user) && number != gid && n < GROUPS_MAX)
				groups[n++] = number;
	}
	free(line);
	if (f)
		fclose(f);
	return setgroups(n, groups) ? -errno : 0;
}

/* Root only for what needs it: under sudo the command is run as whoever called sudo. 0 or -errno. */
static int become_caller(void)
{
	const char *uid_text = getenv("SUDO_UID"), *gid_text = getenv("SUDO_GID"), *user = getenv("SUDO_USER"), *why;
	uint32_t uid, gid;
	int err;

	if (geteuid() != 0 || !uid_text || !gid_text)
		return 0;
	if (num_parse_u32(uid_text, &uid, &why) || num_parse_u32(gid_text, &gid, &why))
		return -EINVAL;
	if (uid == 0)
		return 0;
	err = set_groups(user ? user : "", gid);
	if (err)
		return err;
	if (setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

static void run(int go, int broken, char *const argv[])
{
	sigset_t none;
	char byte = 0; /* stays so when mmtrace goes away first */
	int err;

	while (read(go, &byte, 1) < 0 && errno == EINTR)
		;
	if (byte != 'g')
		_exit(EXIT_OWN);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	err = -become_caller();
	if (!err) {
		execvp(argv[0], argv);
		err = errno;
	}
	if (write(broken, &err, sizeof(err)) < 0)
		_exit(EXIT_OWN);
	_exit(err == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN);
}

int child_fork(struct child *c, char *const argv[])
{
	int go[2], broken[2], err;

	*c = (struct child){ 0 };
	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(broken, O_CLOEXEC)) {
		err = -errno;
		close(go[0]);
		close(go[1]);
		return err;
	}
	c->pid = fork();
	err = c->pid < 0 ? -errno : 0;
	if (c->pid == 0) {
		close(go[1]);
		close(broken[0]);
		run(go[0], broken[1], argv);
	}
	close(go[0]);
	close(broken[1]);
	c->go = go[1];
	c->broken = broken[0];
	if (!err)
		return 0;
	close(c->go);
	close(c->broken);
	c->pid = 0;
	return err;
}

static void ended(struct child *c, int status)
{
	c->over = true;
	c->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool child_over(struct child *c)
{
	int status;

	if (c->pid && !c->over && c->hold && c->hold->over)
		ended(c, c->hold->status);
	else if (c->pid && !c->over && !c->hold && waitpid(c->pid, &status, WNOHANG) == c->pid)
		ended(c, status);
	return c->over;
}

static void wait_held(struct child *c)
{
	bool more = true;

	while (!child_over(c) && more) {
		hold_poll(c->hold);
		more = c->hold->over || hold_wait(c->hold);
	}
}

void child_wait(struct child *c)
{
	int status;

	if (c->hold) {
		wait_held(c);
		return;
	}

	while (c->pid && !c->over) {
		if (waitpid(c->pid, &status, 0) == c->pid)
			ended(c, status);
		else if (errno != EINTR)
			ended(c, EXIT_OWN << 8);
		else
			break; /* the caller looks at what interrupted it */
	}
}

void child_hold(struct child *c)
{
	c->seized = !ptrace(PTRACE_SEIZE, c->pid, 0, PTRACE_O_TRACEEXEC);
}

void child_go(struct child *c)
{
	if (c->at_exec)
		ptrace(PTRACE_DETACH, c->pid, 0, 0);
	c->at_exec = c->seized = false;
}

/* Until its exec, or its end. Signals on the way reach it; a stop of its whole group does not hold it here. */
static void wait_exec(struct child *c)
{
	int status, event;

	while (!c->over && !c->at_exec) {
		if (waitpid(c->pid, &status, 0) != c->pid) {
			if (errno != EINTR)
				return;
			continue;
		}
		event = status >> 16;
		if (!WIFSTOPPED(status))
			ended(c, status);
		else if (event == PTRACE_EVENT_EXEC)
			c->at_exec = true;
		else
			ptrace(PTRACE_CONT, c->pid, 0, event ? 0 : WSTOPSIG(status));
	}
}

int child_release(struct child *c)
{
	ssize_t n;
	int err = 0;

	if (write(c->go, "g", 1) != 1)
		err = errno;
	close(c->go);
	if (c->hold)
		hold_until_exec(c->hold);
	else if (c->seized)
		wait_exec(c);
	/* Closed by exec: no bytes mean that it runs. */
	do
		n = read(c->broken, &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	close(c->broken);
	c->released = true;
	c->error = err;
	while (n == sizeof(err) && !c->over)
		child_wait(c);
	return -err;
}

void child_drop(struct child *c)
{
	if (!c->pid || c->released)
		return;
	/* a word, not the pipe's end alone: who detaches the hooks for us was forked meanwhile and has it open too */
	if (write(c->go, "x", 1) != 1)
		kill(c->pid, SIGKILL);
	close(c->go);
	close(c->broken);
	while (!c->over)
		child_wait(c);
}
