// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Which faults are asked for. Totals are of many faults: an expression can be asked of what they have in common, their key and kind.
 * It is asked once of each key, for every kind that its faults may be of.
 */
#include <string.h>
#include "event/schema.h"
#include "event/value.h"
#include "sink/faults.h"

#define KINDS 32 /* bits of a mask; enum mmt_fkind is below */

_Static_assert(sizeof(struct mmt_ev_fault) >= offsetof(struct mmt_ev_vma_new, cause), "a fault begins with its VMA");

/* The VMA of a key, as a fault has it. */
static void copy_vma(struct mmt_ev_fault *e, const struct mmt_hdr *key)
{
	const size_t vma = offsetof(struct mmt_ev_fault, addr) - sizeof(e->h);
	uint64_t func;

	memcpy((char *)e + sizeof(e->h), (const char *)key + sizeof(e->h), vma);
	e->h.cpu = key->cpu;
	e->h.pid = key->pid;
	e->h.mm = key->mm;
	e->h.have = key->have & (MMT_HAVE(FAULT, addr) - 1);
	/* the driver's own function says more than the first of its vm_ops */
	if (!value_get(key, schema_event(MMT_EV_FAULT_KEY), "func", &func) || !func)
		return;
	e->ops = func;
	e->h.have |= MMT_HAVE(FAULT, ops);
}

static void fill(struct mmt_view *out, struct mmt_ev_fault *e, const struct faults_row *r, const struct mmt_view *key)
{
	memset(e, 0, sizeof(*e));
	*out = (struct mmt_view){ .comm = "?" };
	if (key) {
		*out = *key;
		copy_vma(e, key->h);
		out->comm = r->comm ? r->comm : "?";
	}
	if (r->cpu >= 0)
		e->h.cpu = (uint16_t)r->cpu;
	e->h.type = MMT_EV_FAULT;
	e->h.size = sizeof(*e);
	out->h = &e->h;
	out->ev = schema_event(MMT_EV_FAULT);
}

/* What is unknown of a fault is not 0. */
static int ask(const struct faults_book *b, const struct mmt_view *v, struct mmt_ev_fault *e, unsigned kind,
	       unsigned class)
{
	e->kind = (uint8_t)kind;
	e->class = (uint8_t) class;
	e->h.have &= ~(MMT_HAVE(FAULT, kind) | MMT_HAVE(FAULT, class));
	e->h.have |= kind ? MMT_HAVE(FAULT, kind) : 0;
	e->h.have |= class ? MMT_HAVE(FAULT, class) : 0;
	return b->opts->judge(b->opts->judge_ctx, v, b->start_ns);
}

void faults_match_row(const struct faults_book *b, struct faults_row *r, const struct mmt_view *key)
{
	struct mmt_ev_fault e;
	struct mmt_view v;

	memset(r->yes, 0, sizeof(r->yes));
	memset(r->maybe, 0, sizeof(r->maybe));
	if (!b->opts || !b->opts->judge)
		return;
	fill(&v, &e, r, key);
	for (unsigned class = 0; class < FAULTS_CLASSES; class ++) {
		for (unsigned kind = 0; kind < KINDS && (!kind || schema_enum(MMT_LOOK_FKIND, kind)); kind++) {
			int is = b->opts->judge_cpu && r->cpu < 0 ? FAULTS_MAYBE : ask(b, &v, &e, kind, class);

			r->yes[class] |= (uint32_t)(is == FAULTS_YES) << kind;
			r->maybe[class] |= (uint32_t)(is == FAULTS_MAYBE) << kind;
		}
	}
}

enum faults_match faults_match(const struct faults_book *b, const struct faults_cell *c)
{
	if (!b->opts || !b->opts->judge || b->opts->records)
		return FAULTS_YES;
	if (c->class >= FAULTS_CLASSES || c->kind >= KINDS)
		return FAULTS_MAYBE;
	if (c->row->yes[c->class] >> c->kind & 1)
		return FAULTS_YES;
	return c->row->maybe[c->class] >> c->kind & 1 ? FAULTS_MAYBE : FAULTS_NO;
}

bool faults_match_event(const struct faults_book *b, const struct mmt_view *v)
{
	return !b->opts || !b->opts->judge || b->opts->judge(b->opts->judge_ctx, v, b->start_ns) == FAULTS_YES;
}
