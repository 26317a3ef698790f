// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include "sink/flow.h"

#define NODES_MAX 512 /* of one call or one mapping's life; more are counted and not kept */

struct flow_node *flow_add(struct flow_nodes *l, const struct flow_node *node, const char *text)
{
	struct flow_node *at;

	if (l->n == l->cap && l->n < NODES_MAX) {
		size_t cap = l->cap ? l->cap * 2 : 8;
		struct flow_node *v = realloc(l->v, cap * sizeof(*v));

		if (v) {
			l->v = v;
			l->cap = cap;
		}
	}
	if (l->n == l->cap) {
		l->dropped++;
		return NULL;
	}
	at = &l->v[l->n];
	*at = *node;
	at->text = strdup(text);
	if (!at->text) {
		l->dropped++;
		return NULL;
	}
	l->n++;
	return at;
}

void flow_clear(struct flow_nodes *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].text);
	l->n = l->dropped = 0;
}

void flow_free_nodes(struct flow_nodes *l)
{
	flow_clear(l);
	free(l->v);
	memset(l, 0, sizeof(*l));
}

void flow_move(struct flow_nodes *to, struct flow_nodes *from)
{
	for (size_t i = 0; i < from->n; i++)
		flow_add(to, &from->v[i], from->v[i].text);
	to->dropped += from->dropped;
	flow_clear(from);
}

static uint64_t end_of(const struct flow_node *n)
{
	return n->dur == FLOW_UNTIMED ? n->ts : n->ts + n->dur;
}

/* By begin; what began at the same time by length, so that who holds stands before what it holds. */
static int earlier(const void *a, const void *b)
{
	const struct flow_node *x = a, *y = b;

	if (x->ts != y->ts)
		return x->ts < y->ts ? -1 : 1;
	if (end_of(x) != end_of(y))
		return end_of(x) > end_of(y) ? -1 : 1;
	return (int)x->depth - (int)y->depth;
}

/*
 * Does a hold b? By time where a has one. One that nobody timed holds what came after it within the call: a driver's function
 * that no probe sat on is told of when it is about to run.
 */
static bool holds(const struct flow_node *a, const struct flow_node *b)
{
	if (!a->holds)
		return false;
	if (a->dur == FLOW_UNTIMED)
		return b->ts >= a->ts && b->holds && strcmp(a->event, b->event);
	return b->ts >= a->ts && b->ts <= end_of(a) && end_of(b) <= end_of(a);
}

void flow_join(struct flow_nodes *call)
{
	for (size_t i = 1; i + 1 < call->n; i++) {
		struct flow_node *outer = &call->v[i], *inner = &call->v[i + 1];
		size_t len = strlen(outer->text), at;

		if (inner->level != outer->level + 1 || strncmp(inner->text, outer->text, len) ||
		    strncmp(inner->text + len, "  ", 2))
			continue;
		free(outer->text);
		outer->text = inner->text;
		outer->failed |= inner->failed;
		if (outer->dur == FLOW_UNTIMED)
			outer->dur = inner->dur;
		memmove(inner, inner + 1, (call->n - i - 2) * sizeof(*inner));
		call->n--;
		for (at = i + 1; at < call->n && call->v[at].level > outer->level; at++)
			call->v[at].level--;
	}
}

void flow_nest(struct flow_nodes *call, size_t root)
{
	struct flow_node first = call->v[root];
	const struct flow_node *open[UINT8_MAX];
	unsigned depth = 0;

	memmove(&call->v[1], &call->v[0], root * sizeof(first));
	call->v[0] = first;
	call->v[0].level = 0;
	if (call->n > 2)
		qsort(&call->v[1], call->n - 1, sizeof(*call->v), earlier);
	for (size_t i = 1; i < call->n; i++) {
		while (depth && !holds(open[depth - 1], &call->v[i]))
			depth--;
		call->v[i].level = (uint8_t)(depth + 1);
		if (depth < UINT8_MAX - 1)
			open[depth++] = &call->v[i];
	}
}
