// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "ledger/mapping.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ledger/space.h"
#include "mmtrace/base.h"

#define ACTS_FIRST 4

const char *mapping_reason(unsigned reason)
{
#define X(id, name) name,
	static const char *const names[] = { MAPPING_REASONS(X) };
#undef X

	return reason < MMT_COUNT(names) ? names[reason] : "?";
}

const char *mapping_act(unsigned what)
{
#define X(id, name) name,
	static const char *const names[] = { MAPPING_ACT_KINDS(X) };
#undef X

	return what < MMT_COUNT(names) ? names[what] : "?";
}

static void set_comm(struct ranges *l, struct mapping *m)
{
	const char *comm = l->ask_comm ? l->ask_comm(l->ask_ctx, m->pid) : NULL;

	if (comm)
		snprintf(m->comm, sizeof(m->comm), "%s", comm);
}

static struct mapping *make(struct ranges *l, const struct space *s, const struct range *like, unsigned origin)
{
	struct mapping *m = calloc(1, sizeof(*m));

	if (!m || map_put(&l->by_serial, l->serials + 1, m)) {
		free(m);
		l->dropped++;
		return NULL;
	}
	m->serial = ++l->serials;
	m->refs = 1;
	m->mm = s->mm;
	m->pid = l->pid;
	set_comm(l, m);
	m->origin = (uint8_t)origin;
	m->born_ns = l->now_ns;
	m->unsure = s->gap;
	m->fd = -1;
	if (like)
		mapping_describe(m, like);
	return m;
}

void mapping_describe(struct mapping *m, const struct range *r)
{
	m->kind = r->kind;
	m->guessed = r->guessed;
	m->file = r->file;
	m->ino = r->ino;
	m->ops = r->ops;
	m->dev = r->dev;
	m->rdev = r->rdev;
	m->fd = r->fd;
	m->vm_flags = r->vm_flags;
	m->start = r->start;
}

struct mapping *mapping_new(struct ranges *l, const struct space *s, const struct range *like, unsigned origin)
{
	struct mapping *m = make(l, s, like, origin);

	if (m)
		snprintf(m->id, sizeof(m->id), "m%" PRIu64, ++l->numbers);
	return m;
}

struct mapping *mapping_copy(struct ranges *l, const struct space *s, struct mapping *parent, const struct range *like,
			     unsigned origin)
{
	struct mapping *m = parent->last_copy_key == s->key && origin == MMT_ORIGIN_FORK ?
				    map_get(&l->by_serial, parent->last_copy) :
				    NULL;

	if (m) {
		mapping_get(m); /* a fork copies VMA by VMA; all that is of one mapping stays so */
		return m;
	}
	m = make(l, s, like, origin);
	if (!m)
		return NULL;
	parent->copies++;
	if (snprintf(m->id, sizeof(m->id), "%s.%u", parent->id, parent->copies) >= (int)sizeof(m->id))
		snprintf(m->id, sizeof(m->id), "m%" PRIu64, ++l->numbers);
	memcpy(m->parent, parent->id, sizeof(m->parent));
	m->parent_serial = parent->serial;
	m->func = parent->func;
	m->pgprot = parent->pgprot;
	m->has_pgprot = parent->has_pgprot;
	m->kind = parent->kind;
	if (origin == MMT_ORIGIN_FORK) {
		parent->last_copy = m->serial;
		parent->last_copy_key = s->key;
	}
	mapping_did(l, parent, MAPPING_ACT_COPIED, like ? like->start : 0, like ? like->end : 0, parent->copies);
	return m;
}

void mapping_did(struct ranges *l, struct mapping *m, unsigned what, uint64_t start, uint64_t end, uint64_t result)
{
	struct mapping_act a = {
		.ts_ns = l->now_ns, .start = start, .end = end, .result = result, .what = what, .tid = l->tid
	};

	if (m->nacts == m->nacts_room && m->nacts < MAPPING_ACTS) {
		uint32_t room = m->nacts_room ? m->nacts_room * 2 : ACTS_FIRST;
		struct mapping_act *more;

		room = room < MAPPING_ACTS ? room : MAPPING_ACTS;
		more = realloc(m->acts, room * sizeof(*more));
		if (more) {
			m->acts = more;
			m->nacts_room = room;
		}
	}
	if (m->nacts < m->nacts_room) {
		m->acts[m->nacts++] = a;
		return;
	}
	m->acts_dropped++;
	if (m->nacts < 2)
		return;
	memmove(m->acts + 1, m->acts + 2, (m->nacts - 2) * sizeof(*m->acts));
	m->acts[m->nacts - 1] = a;
}

void mapping_get(struct mapping *m)
{
	m->refs++;
}

void mapping_put(struct ranges *l, struct mapping *m)
{
	if (--m->refs)
		return;
	map_del(&l->by_serial, m->serial);
	pfns_free(l, m);
	free(m->acts);
	free(m);
}

static void drop_oldest(struct ranges *l)
{
	struct mapping *old = l->closed;

	l->closed = old->next_closed;
	if (!l->closed)
		l->last_closed = NULL;
	l->nclosed--;
	mapping_put(l, old);
}

void mapping_close(struct ranges *l, struct mapping *m, uint64_t start, uint64_t end, unsigned reason)
{
	if (m->reason != MAPPING_LIVE)
		return;
	m->reason = (uint8_t)reason;
	m->closed_ns = l->now_ns;
	mapping_did(l, m, MAPPING_ACT_CLOSED, start, end, reason);
	m->bytes = 0;
	m->ranges = 0;
	pfns_free(l, m);
	mapping_get(m);
	*(l->last_closed ? &l->last_closed->next_closed : &l->closed) = m;
	l->last_closed = m;
	if (++l->nclosed <= MAPPING_CLOSED_MAX)
		return;
	drop_oldest(l);
	l->forgotten++;
}

void mapping_forget_closed(struct ranges *l)
{
	while (l->closed)
		drop_oldest(l);
}

void mapping_hold(struct mapping *m, uint64_t bytes)
{
	mapping_get(m);
	if (m->reason != MAPPING_LIVE)
		return;
	m->ranges++;
	m->bytes += bytes;
	if (m->bytes > m->peak)
		m->peak = m->bytes;
}

void mapping_leave(struct ranges *l, struct mapping *m, uint64_t start, uint64_t end, unsigned reason)
{
	if (m->reason == MAPPING_LIVE && m->ranges == 1 && reason != MAPPING_LIVE) {
		mapping_close(l, m, start, end, reason);
	} else if (m->reason == MAPPING_LIVE) {
		m->ranges--;
		m->bytes -= end - start;
		if (reason != MAPPING_LIVE) {
			pfns_drop(l, m, start, end);
			mapping_did(l, m, MAPPING_ACT_UNMAPPED, start, end, reason);
		}
	}
	mapping_put(l, m);
}
