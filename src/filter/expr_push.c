// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What of an expression can be told to those who send events. */
#include <string.h>
#include "filter/expr_impl.h"

static bool field_is(const struct node *n, unsigned field)
{
	return n->path->fixed && n->path->object == MMT_OBJ_EVENT && n->path->fixed->index == field;
}

/* A list of ids: only one, of one of its terms, since two would have to be intersected. */
static bool push_ids(const struct node *n, bool *has, uint32_t *count, uint32_t *id)
{
	const struct literals *l = n->lits[n->lits_of[0]];

	if (*has || (n->cmp != CMP_EQ && n->cmp != CMP_IN) || l->n > EXPR_PUSH_MAX)
		return false;
	for (unsigned i = 0; i < l->n; i++)
		if (!l->v[i].v.num || l->v[i].v.num > NUM_PID_MAX)
			return false;
	for (unsigned i = 0; i < l->n; i++)
		id[i] = (uint32_t)l->v[i].v.num;
	*count = l->n;
	*has = true;
	return true;
}

static bool push_comm(const struct node *n, struct expr_push *out)
{
	const char *comm = n->cmp == CMP_EQ ? n->lits[n->lits_of[0]]->v[0].v.text : NULL;

	if (!comm || !*comm || out->comm)
		return false;
	out->comm = comm;
	return true;
}

static bool push_time(const struct node *n, struct expr_push *out)
{
	uint64_t ns;

	if (n->cmp != CMP_GE && n->cmp != CMP_GT)
		return false;
	ns = n->lits[n->lits_of[0]]->v[0].v.num + (n->cmp == CMP_GT);
	if (!ns)
		return false; /* also what takes no time has to have one */
	if (ns > out->slower_ns)
		out->slower_ns = ns;
	return true;
}

static bool push_term(const struct node *n, struct expr_push *out)
{
	if (field_is(n, MMT_O_EVENT_pid))
		return push_ids(n, &out->has_pids, &out->npids, out->pid);
	if (field_is(n, MMT_O_EVENT_tid))
		return push_ids(n, &out->has_tids, &out->ntids, out->tid);
	if (field_is(n, MMT_O_EVENT_comm))
		return push_comm(n, out);
	if (field_is(n, MMT_O_EVENT_lat) || field_is(n, MMT_O_EVENT_dur))
		return push_time(n, out);
	return false;
}

/* Only what must hold whatever else does: terms that are joined by and. */
static bool push(struct node *n, struct expr_push *out, bool take)
{
	bool a, b;

	if (n->kind == NODE_CMP) {
		a = push_term(n, out);
		n->taken |= a && take;
		return a;
	}
	if (n->kind != NODE_AND)
		return false;
	a = push(n->a, out, take);
	b = push(n->b, out, take);
	return a && b;
}

void expr_push(const struct expr *e, struct expr_push *out)
{
	memset(out, 0, sizeof(*out));
	out->only = push(e->root, out, false);
}

void expr_push_take(struct expr *e, struct expr_push *out)
{
	memset(out, 0, sizeof(*out));
	out->only = push(e->root, out, true);
}

static bool tell(const struct node *n, bool (*fn)(void *ctx, const struct expr_use *u), void *ctx)
{
	const struct expr_path *p = n->path;
	struct expr_use u = { .text = p->text, .own = !p->fixed, .object = p->object };

	u.field = p->fixed ? p->fixed->name : NULL;
	for (unsigned i = 0; !u.field && i < MMT_EV_MAX; i++)
		u.field = p->own[i] ? p->own[i]->name : NULL;
	return fn(ctx, &u);
}

bool expr_each(const struct expr *e, bool (*fn)(void *ctx, const struct expr_use *u), void *ctx)
{
	for (unsigned i = 0; i < e->n; i++)
		if (e->nodes[i]->kind == NODE_CMP && !e->nodes[i]->taken && !tell(e->nodes[i], fn, ctx))
			return false;
	return true;
}
