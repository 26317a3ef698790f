// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/run_signals.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t seen, last, from_terminal, writes;

static void note(int sig, siginfo_t *info, void *context)
{
	(void)context;
	last = sig;
	from_terminal = info->si_code == SI_KERNEL;
	seen = seen + 1;
}

static void note_write(int sig)
{
	(void)sig;
	writes = writes + 1;
}

static void wake(int sig)
{
	(void)sig;
}

void run_signals(void)
{
	/* The command's end, or its stop, ends the wait for events too: epoll_wait() is never restarted, other calls are. */
	struct sigaction child = { .sa_handler = wake, .sa_flags = SA_RESTART };
	/* No SA_RESTART: a wait must end. */
	struct sigaction act = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };

	sigemptyset(&act.sa_mask);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigemptyset(&child.sa_mask);
	sigaction(SIGCHLD, &child, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void run_signals_write(void)
{
	struct sigaction act = { .sa_handler = note_write, .sa_flags = SA_RESTART };

	sigemptyset(&act.sa_mask);
	sigaction(SIGUSR1, &act, NULL);
}

unsigned run_signals_writes(void)
{
	return (unsigned)writes;
}

unsigned run_signals_seen(void)
{
	return (unsigned)seen;
}

void run_signals_forward(pid_t to)
{
	if (to > 0 && last && !from_terminal)
		kill(to, last);
}
