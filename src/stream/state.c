// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/state.h"

#include <errno.h>
#include <string.h>

/* What is no more has no range: one as it was made. */
static struct range as_made(const struct mapping *m)
{
	return (struct range){
		.map = (struct mapping *)m,
		.kind = m->kind,
		.guessed = m->guessed,
		.has_flags = !m->guessed,
		.start = m->start,
		.end = m->start + m->peak,
		.vm_flags = m->vm_flags,
		.file = m->file,
		.ops = m->ops,
		.ino = m->ino,
		.dev = m->dev,
		.rdev = m->rdev,
		.fd = m->fd,
	};
}

static void range_view(const struct mmt_state *st, const struct mapping *m, const struct range *r, struct mmt_view *v)
{
	struct state *s = (struct state *)st;
	struct range was;

	memset(v, 0, sizeof(*v));
	v->names = st->names;
	v->page_size = st->page_size;
	v->comm = procs_comm(s->procs, m->pid);
	if (!r)
		was = as_made(m);
	view_range(v, r ? r : &was, &s->scratch);
	memory_mapping(s->memory, v, m);
}

static const char *comm_of(const struct mmt_state *st, uint32_t pid)
{
	return procs_comm(((const struct state *)st)->procs, pid);
}

static int resident(const struct mmt_state *st, uint32_t pid, mmt_resident_fn take, void *ctx)
{
	const struct state *s = (const struct state *)st;
	int err = s->ask_resident ? s->ask_resident(s->pipeline, pid) : 0;

	return err ? err : s->residents ? residents_each(s->residents, pid, take, ctx) : -ENOENT;
}

void state_init(struct state *s, const struct ranges *ledger, const struct value_names *names,
		const struct memory *memory, struct procs *procs, uint32_t page_size)
{
	s->st = (struct mmt_state){ .ledger = ledger,
				    .names = names,
				    .page_size = page_size,
				    .range = range_view,
				    .comm = comm_of,
				    .resident = resident };
	s->memory = memory;
	s->procs = procs;
}
