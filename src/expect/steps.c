// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* after, before, follows, sequence: what of each key came before, and what that makes of the next. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "expect/judge.h"

#define WAITING_MAX (1u << 18) /* entries that wait for another, of all keys together */
#define KEYS_MAX    (1u << 18)
#define KEYS_SHOWN  8192

struct waiting {
	struct waiting *next;
	uint64_t ts_ns;
	struct hit hit; /* its witness is held */
};

struct queue {
	struct waiting *first, **end; /* end NULL: nothing was put in yet */
};

/* What is known of one key. */
struct key {
	bool other; /* after: the other was there, last at: */
	uint64_t other_ts;
	/* sequence: of the first n steps in a row, when the last such row began; and what made it so long. */
	unsigned reached;
	uint64_t began[STEPS_MAX];
	struct witness *w[STEPS_MAX];
	/* Before, follows: until the other comes, in [0]. Sequence ... all: what waits for step i, since the row began. */
	struct queue queue[];
};

static unsigned nqueues(const struct state *st)
{
	return st->s->each ? st->s->nsteps : 1;
}

struct order_keys {
	struct map map;
	unsigned waiting;
};

static struct key *key_of(struct state *st, uint64_t value)
{
	struct order_keys *all = st->keys;
	uint64_t at = value ? value : UINT64_MAX; /* a map has no key 0 */
	struct key *k;

	if (!all)
		all = st->keys = calloc(1, sizeof(*all));
	k = all ? map_get(&all->map, at) : NULL;
	if (k || !all)
		return k;
	if (all->map.n == KEYS_MAX) {
		st->overflow = true;
		return NULL;
	}
	k = calloc(1, sizeof(*k) + nqueues(st) * sizeof(*k->queue));
	if (k && map_put(&all->map, at, k)) {
		free(k);
		k = NULL;
	}
	st->overflow |= !k;
	return k;
}

bool steps_many(const struct state *st)
{
	return st->keys && (st->keys->map.n > KEYS_SHOWN || st->keys->waiting > KEYS_SHOWN);
}

static bool in_time(const struct statement *s, uint64_t from, uint64_t to)
{
	return !s->within_ns || to < from || to - from <= s->within_ns;
}

static void put_last(struct queue *q, struct waiting *first, struct waiting **end)
{
	*(q->end ? q->end : &q->first) = first;
	q->end = end;
}

static void wait_for(struct state *st, struct queue *q, const struct order_entry *e)
{
	struct waiting *w = st->keys->waiting < WAITING_MAX ? calloc(1, sizeof(*w)) : NULL;

	if (!w) {
		st->overflow = true;
		return;
	}
	w->ts_ns = e->ts_ns;
	w->hit = e->hit;
	witness_hold(w->hit.w);
	put_last(q, w, &w->next);
	st->keys->waiting++;
}

/* The first that waits, taken out; its witness is the caller's. */
static bool next_waiting(struct state *st, struct queue *q, struct waiting *out)
{
	struct waiting *w = q->first;

	if (!w)
		return false;
	*out = *w;
	q->first = w->next;
	if (!q->first)
		q->end = NULL;
	free(w);
	st->keys->waiting--;
	return true;
}

static int after(struct state *st, struct key *k, const struct order_entry *e)
{
	if (e->step == 1) {
		k->other = true;
		k->other_ts = e->ts_ns;
		return 0;
	}
	return k->other && in_time(st->s, k->other_ts, e->ts_ns) ? state_hit(st, &e->hit) : 0;
}

static int before(struct state *st, struct key *k, const struct order_entry *e)
{
	struct waiting w;
	int err = 0;

	if (e->step == 0) {
		wait_for(st, k->queue, e);
		return 0;
	}
	while (next_waiting(st, k->queue, &w)) {
		if (!err && in_time(st->s, w.ts_ns, e->ts_ns))
			err = state_hit(st, &w.hit);
		witness_drop(w.hit.w);
	}
	return err;
}

/* Of what came, after all, as step i. */
static char *late_note(const struct state *st, unsigned i, uint64_t ns)
{
	char took[NUM_FMT_LEN], *note = NULL;

	if (asprintf(&note, "%s came %s later", about_name(st->s->step[i].about), num_fmt_duration(took, ns)) < 0)
		return NULL;
	return note;
}

/* All that waits has its answer: event e, in time or too late. */
static void answer(struct state *st, struct queue *q, const struct order_entry *e)
{
	struct waiting w;

	while (next_waiting(st, q, &w)) {
		st->seen++;
		if (in_time(st->s, w.ts_ns, e->ts_ns)) {
			st->met++;
		} else {
			st->unmet++;
			state_offend(st, w.hit.w, late_note(st, e->step, e->ts_ns - w.ts_ns));
		}
		witness_drop(w.hit.w);
	}
}

static void follows(struct state *st, struct key *k, const struct order_entry *e)
{
	if (e->step == 1)
		wait_for(st, k->queue, e);
	else
		answer(st, k->queue, e);
}

/* ---- sequence ---- */

static void forget_row(struct key *k)
{
	for (unsigned i = 0; i < k->reached; i++) {
		witness_drop(k->w[i]);
		k->w[i] = NULL;
	}
	k->reached = 0;
}

static void sequence_done(struct state *st, struct key *k)
{
	st->seen++;
	st->met++;
	for (unsigned i = 0; i < st->s->nsteps && st->s->never; i++)
		state_offend(st, k->w[i], NULL);
	forget_row(k);
}

/* A later beginning is as good as an earlier one, and better where there is a limit in time. */
static void sequence(struct state *st, struct key *k, const struct order_entry *e)
{
	unsigned i = e->step;

	if (i > k->reached)
		return;
	k->began[i] = i ? k->began[i - 1] : e->ts_ns;
	if (i + 1 == st->s->nsteps && !in_time(st->s, k->began[i], e->ts_ns))
		return;
	witness_drop(k->w[i]);
	k->w[i] = witness_hold(e->hit.w);
	if (i == k->reached)
		k->reached++;
	if (k->reached == st->s->nsteps)
		sequence_done(st, k);
}

/* Each that began has to come to its end. One event may be the next step of several. */
static void rows(struct state *st, struct key *k, const struct order_entry *e)
{
	struct queue *q = &k->queue[e->step];

	if (!e->step) {
		wait_for(st, &k->queue[1], e);
	} else if (e->step + 1u == st->s->nsteps) {
		answer(st, q, e);
	} else if (q->first) {
		put_last(&q[1], q->first, q->end);
		*q = (struct queue){ 0 };
	}
}

int steps_take(struct state *st, struct order_entry *e)
{
	struct key *k = key_of(st, e->key);

	if (!k)
		return 0;
	st->other += e->step == 1;
	if (st->s->form == FORM_SEQUENCE)
		(st->s->each ? rows : sequence)(st, k, e);
	else if (st->s->form == FORM_FOLLOWS)
		follows(st, k, e);
	else
		return st->s->place == AFTER ? after(st, k, e) : before(st, k, e);
	return 0;
}

/* ---- at the end ---- */

static struct key *nth(const struct state *st, size_t i)
{
	return st->keys && st->keys->map.slots[i].key ? st->keys->map.slots[i].val : NULL;
}

static size_t nkeys(const struct state *st)
{
	return st->keys ? st->keys->map.cap : 0;
}

/* What waits for step i. */
struct left {
	struct waiting w;
	unsigned step;
};

static int by_time(const void *a, const void *b)
{
	const struct left *x = a, *y = b;

	return x->w.ts_ns < y->w.ts_ns ? -1 : x->w.ts_ns > y->w.ts_ns;
}

static void unanswered(struct state *st, const struct left *l)
{
	char *note = NULL;

	st->seen++;
	st->unmet++;
	if (asprintf(&note, "no %s came behind it", about_name(st->s->step[l->step].about)) < 0)
		note = NULL;
	state_offend(st, l->w.hit.w, note);
	witness_drop(l->w.hit.w);
}

/* What still waits, of all keys, in the order of its coming. */
static int waiting_end(struct state *st)
{
	unsigned n = 0, all = st->keys ? st->keys->waiting : 0;
	struct left *l = all ? calloc(all, sizeof(*l)) : NULL;

	if (!l)
		return all ? -ENOMEM : 0;
	for (size_t i = 0; i < nkeys(st); i++)
		for (unsigned q = 0; nth(st, i) && q < nqueues(st); q++)
			while (next_waiting(st, &nth(st, i)->queue[q], &l[n].w))
				l[n++].step = q;
	if (n)
		qsort(l, n, sizeof(*l), by_time);
	for (unsigned i = 0; i < n; i++)
		unanswered(st, &l[i]);
	free(l);
	return 0;
}

/* How far a row came that did not come to its end. */
static void broken_off(struct state *st, const struct key *k)
{
	char *note = NULL;

	for (unsigned i = 0; i < k->reached; i++) {
		if (i + 1 == k->reached &&
		    asprintf(&note, "no %s came behind it%s", about_name(st->s->step[i + 1].about),
			     st->s->within_ns ? " in time" : "") < 0)
			note = NULL;
		state_offend(st, k->w[i], note);
		note = NULL;
	}
}

/* Where none came to its end, the row that came furthest. */
static void sequence_end(struct state *st)
{
	const struct key *best = NULL;

	for (size_t i = 0; i < nkeys(st); i++) {
		const struct key *k = nth(st, i);

		if (k && k->reached &&
		    (!best || k->reached > best->reached ||
		     (k->reached == best->reached && k->began[0] < best->began[0])))
			best = k;
	}
	if (best && !st->s->never && !st->met)
		broken_off(st, best);
}

int steps_end(struct state *st)
{
	if (st->s->form == FORM_FOLLOWS || st->s->each)
		return waiting_end(st);
	if (st->s->form == FORM_SEQUENCE)
		sequence_end(st);
	return 0;
}

void steps_free(struct state *st)
{
	struct waiting w;

	for (size_t i = 0; i < nkeys(st); i++) {
		struct key *k = nth(st, i);

		if (!k)
			continue;
		for (unsigned q = 0; q < nqueues(st); q++)
			while (next_waiting(st, &k->queue[q], &w))
				witness_drop(w.hit.w);
		forget_row(k);
		free(k);
	}
	if (st->keys)
		map_free(&st->keys->map);
	free(st->keys);
	st->keys = NULL;
}
