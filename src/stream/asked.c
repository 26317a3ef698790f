// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/asked.h"

#include <string.h>
#include "mmtrace/wire/names.h"

static int tell(struct asked *a, uint32_t pid, const char comm[PROCS_COMM])
{
	struct mmt_comm c = { .type = MMT_ITEM_COMM, .size = sizeof(c), .pid = pid };

	_Static_assert(sizeof(c.comm) == PROCS_COMM, "as the kernel has it");
	memcpy(c.comm, comm, PROCS_COMM);
	return a->tap(a->tap_ctx, &c, sizeof(c));
}

/* "?" when it has gone, which is an answer, too. */
static bool ask(struct asked *a, uint32_t pid, char comm[PROCS_COMM])
{
	bool there;

	memset(comm, 0, PROCS_COMM);
	there = !a->ask_comm(a->ctx, pid, comm);
	if (!there)
		memcpy(comm, "?", 2);
	comm[PROCS_COMM - 1] = '\0';
	return there;
}

int asked_comm(void *asked, uint32_t pid, char comm[PROCS_COMM])
{
	struct asked *a = asked;
	int err;

	if (!a->tell)
		return a->ask_comm(a->ctx, pid, comm);
	ask(a, pid, comm);
	err = tell(a, pid, comm);
	a->err = a->err ? a->err : err;
	return 0;
}

int asked_before(struct asked *a, const struct mmt_hdr *h, const struct value_names *names)
{
	uint32_t pid = a->tell && a->ask_comm ? procs_lacks(a->procs, h, names) : 0;
	char comm[PROCS_COMM];

	if (a->err || !pid)
		return a->err;
	ask(a, pid, comm);
	procs_told(a->procs, pid, comm);
	return tell(a, pid, comm);
}

static void meet(struct asked *a, uint32_t pid)
{
	if (a->met.n >= PROCS_MAX)
		map_free(&a->met);
	map_put(&a->met, pid, a); /* the worst that comes of no memory: asked again */
}

int asked_before_raw(struct asked *a, const struct mmt_hdr *h)
{
	const struct mmt_ev_exec *exec = (const void *)h;
	const struct mmt_ev_fork *fork = (const void *)h;
	bool life = h->type == MMT_EV_EXEC || h->type == MMT_EV_FORK, named;
	char comm[PROCS_COMM];
	int err = 0;

	if (!a->tell || !a->ask_comm || (h->pid == a->last && !life))
		return 0;
	named = h->type == MMT_EV_EXEC ? (h->have & MMT_HAVE(EXEC, comm) && exec->comm) : !!map_get(&a->met, h->pid);
	a->last = h->pid;
	if (!named && h->pid) {
		ask(a, h->pid, comm);
		err = tell(a, h->pid, comm);
	}
	meet(a, h->pid);
	if (h->type == MMT_EV_FORK && h->have & MMT_HAVE(FORK, child))
		meet(a, fork->child);
	return err;
}

void asked_free(struct asked *a)
{
	map_free(&a->met);
}
