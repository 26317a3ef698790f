// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/run_gone.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct gone_one {
	uint32_t pid;
	int fd; /* pidfd, which no later process can take over; -1: a thread, or no descriptor to be had */
	bool gone;
};

static void add(struct gone *g, const struct num_pids *l)
{
	for (uint32_t i = 0; i < l->n; i++) {
		/* a descriptor of a thread that leads none: PIDFD_THREAD, 6.9; before it is EINVAL */
		int fd = (int)syscall(SYS_pidfd_open, (pid_t)l->pid[i], 0);

		g->one[g->n++] = (struct gone_one){ .pid = l->pid[i], .fd = fd };
		g->left++;
	}
}

int gone_watch(struct gone *g, const struct num_pids *pids, const struct num_pids *tids)
{
	*g = (struct gone){ 0 };
	if (!pids->n && !tids->n)
		return 0;
	g->one = calloc(pids->n + tids->n, sizeof(*g->one));
	if (!g->one)
		return -ENOMEM;
	add(g, pids);
	add(g, tids);
	return 0;
}

/* A process that its parent did not wait for yet has ended: kill() would still find it. */
static bool ended(const struct gone_one *o)
{
	struct pollfd p = { .fd = o->fd, .events = POLLIN };

	if (o->fd >= 0)
		return poll(&p, 1, 0) == 1 && p.revents & POLLIN;
	return kill((pid_t)o->pid, 0) && errno == ESRCH;
}

bool gone_all(struct gone *g)
{
	for (size_t i = 0; g->left && i < g->n; i++) {
		struct gone_one *o = &g->one[i];

		if (o->gone || !ended(o))
			continue;
		o->gone = true;
		g->left--;
	}
	return g->n && !g->left;
}

void gone_free(struct gone *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->one[i].fd >= 0)
			close(g->one[i].fd);
	free(g->one);
	*g = (struct gone){ 0 };
}
