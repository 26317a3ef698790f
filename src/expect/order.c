// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Events come in the order in which they were emitted: one with a result at its end, so that a call comes behind what happened
 * in it. Among the entries of one call (a thread's system call or fault) it is the time of their beginning that counts: they
 * change places among each other, and the rest stays where it is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "expect/judge.h"

/* What was let go of a thread's last call. */
struct gone {
	uint32_t call;
	uint64_t ts_ns;
};

static int by_call(const void *a, const void *b)
{
	const struct order_entry *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	if (x->call != y->call)
		return x->call < y->call ? -1 : 1;
	if (x->ts_ns != y->ts_ns)
		return x->ts_ns < y->ts_ns ? -1 : 1;
	/* of one and the same event the later step comes first, so that it cannot be two steps in a row */
	if (x->slot == y->slot)
		return x->step == y->step ? 0 : x->step > y->step ? -1 : 1;
	return x->slot < y->slot ? -1 : 1;
}

static int by_slot(const void *a, const void *b)
{
	const struct order_entry *x = a, *y = b;

	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return by_call(a, b);
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The n entries of a call, by their beginning, take the places that they have together. */
static void share_slots(struct order_entry *e, unsigned n, uint64_t *slots)
{
	for (unsigned i = 0; i < n; i++)
		slots[i] = e[i].slot;
	qsort(slots, n, sizeof(*slots), by_number);
	for (unsigned i = 0; i < n; i++)
		e[i].slot = slots[i];
}

static int arrange(struct order *o)
{
	uint64_t *slots = malloc(o->n * sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	qsort(o->e, o->n, sizeof(*o->e), by_call);
	for (unsigned from = 0, to; from < o->n; from = to) {
		for (to = from + 1; to < o->n && o->e[to].tid == o->e[from].tid && o->e[to].call == o->e[from].call;)
			to++;
		if (o->e[from].call)
			share_slots(o->e + from, to - from, slots);
	}
	free(slots);
	qsort(o->e, o->n, sizeof(*o->e), by_slot);
	return 0;
}

/* Something of this call that began later may be gone already. */
static int note_gone(struct order *o, const struct order_entry *e)
{
	struct gone *g = map_get(&o->last, e->tid + 1ULL);

	if (!e->call)
		return 0;
	if (!g) {
		g = calloc(1, sizeof(*g));
		if (!g || map_put(&o->last, e->tid + 1ULL, g)) {
			free(g);
			return -ENOMEM;
		}
	}
	if (g->call == e->call && g->ts_ns > e->ts_ns)
		o->states[e->st].disordered = true;
	*g = (struct gone){ e->call, g->call == e->call && g->ts_ns > e->ts_ns ? g->ts_ns : e->ts_ns };
	return 0;
}

static int let_go(struct order *o, unsigned n)
{
	int err = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!err)
			err = note_gone(o, &o->e[i]);
		if (!err)
			err = steps_take(&o->states[o->e[i].st], &o->e[i]);
		witness_drop(o->e[i].hit.w);
	}
	o->n -= n;
	if (o->n)
		memmove(o->e, o->e + n, o->n * sizeof(*o->e));
	return err;
}

int order_add(struct order *o, const struct order_entry *e)
{
	int err = 0;

	if (!o->e)
		o->e = calloc(ORDER_WINDOW, sizeof(*o->e));
	if (!o->e) {
		witness_drop(e->hit.w);
		return -ENOMEM;
	}
	o->e[o->n++] = *e;
	if (o->n < ORDER_WINDOW)
		return 0;
	err = arrange(o);
	return err ? err : let_go(o, ORDER_WINDOW / 2);
}

int order_end(struct order *o)
{
	int err = o->n ? arrange(o) : 0;

	return err ? err : let_go(o, o->n);
}

void order_free(struct order *o)
{
	for (unsigned i = 0; i < o->n; i++)
		witness_drop(o->e[i].hit.w);
	for (size_t i = 0; i < o->last.cap; i++)
		free(o->last.slots[i].key ? o->last.slots[i].val : NULL);
	map_free(&o->last);
	free(o->e);
}
