// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "enrich/procs.h"

#include <stdlib.h>
#include <string.h>
#include "mmtrace/base.h"
#include "mmtrace/map.h"

struct procs {
	struct map map; /* pid -> char[PROCS_COMM] */
	procs_ask_fn ask;
	void *ctx;
	uint32_t told; /* whose name was told for the event to come */
};

struct procs *procs_new(procs_ask_fn ask, void *ctx)
{
	struct procs *p = calloc(1, sizeof(*p));

	if (p) {
		p->ask = ask;
		p->ctx = ctx;
	}
	return p;
}

static void forget(struct procs *p)
{
	for (size_t i = 0; i < p->map.cap; i++)
		free(p->map.slots[i].val);
	map_free(&p->map);
}

void procs_free(struct procs *p)
{
	if (!p)
		return;
	forget(p);
	free(p);
}

static const char *set(struct procs *p, uint32_t pid, const char *comm)
{
	char *c = map_get(&p->map, pid);

	if (!c) {
		if (p->map.n >= PROCS_MAX)
			forget(p);
		c = malloc(PROCS_COMM);
		if (!c || map_put(&p->map, pid, c)) {
			free(c);
			return "?";
		}
	}
	memset(c, 0, PROCS_COMM);
	memcpy(c, comm, strnlen(comm, PROCS_COMM - 1));
	return c;
}

const char *procs_comm(struct procs *p, uint32_t pid)
{
	const char *known = map_get(&p->map, pid);
	char comm[PROCS_COMM];

	if (known)
		return known;
	if (!pid)
		return "?";
	if (p->ask && !p->ask(p->ctx, pid, comm)) {
		comm[PROCS_COMM - 1] = '\0';
		return set(p, pid, comm);
	}
	/* Gone already: remembered too, so that its other events do not ask again. */
	return set(p, pid, "?");
}

void procs_each(const struct procs *p, procs_each_fn fn, void *ctx)
{
	for (size_t i = 0; i < p->map.cap; i++)
		if (p->map.slots[i].key)
			fn(ctx, (uint32_t)p->map.slots[i].key, p->map.slots[i].val);
}

uint32_t procs_lacks(const struct procs *p, const struct mmt_hdr *h, const struct value_names *names)
{
	uint64_t key;

	if (h->type == MMT_EV_EXEC)
		return value_get(h, schema_event(h->type), "comm", &key) && key && names->get(names->ctx, key) ? 0 :
														 h->pid;
	return map_get(&p->map, h->pid) ? 0 : h->pid;
}

void procs_told(struct procs *p, uint32_t pid, const char comm[PROCS_COMM])
{
	set(p, pid, comm);
	p->told = pid;
}

void procs_event(struct procs *p, const struct mmt_hdr *h, const struct value_names *names)
{
	const struct mmt_schema_event *ev;
	uint64_t key, child;
	uint32_t told = p->told;
	const char *comm;

	p->told = 0;
	if (h->type != MMT_EV_EXEC && h->type != MMT_EV_FORK)
		return;
	ev = schema_event(h->type);
	comm = value_get(h, ev, "comm", &key) && key ? names->get(names->ctx, key) : NULL;
	if (h->type == MMT_EV_EXEC) {
		if (comm)
			set(p, h->pid, comm);
		else if (told != h->pid)
			free(map_del(&p->map, h->pid)); /* the old name is wrong now: ask */
	} else if (value_get(h, ev, "child", &child) && child != h->pid) {
		char copy[PROCS_COMM] = "";

		if (comm && !map_get(&p->map, h->pid))
			set(p, h->pid, comm);
		strncpy(copy, comm ? comm : procs_comm(p, h->pid), PROCS_COMM - 1);
		set(p, (uint32_t)child, copy);
	}
}
