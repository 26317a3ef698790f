// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What comes together for one statement while the run goes on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "event/schema.h"
#include "expect/judge.h"

struct witness *witness_hold(struct witness *w)
{
	if (w)
		w->refs++;
	return w;
}

void witness_drop(struct witness *w)
{
	if (w && !--w->refs)
		free(w);
}

void state_offend(struct state *st, struct witness *w, char *note)
{
	st->offended++;
	if (st->noff == OFFENDERS_MAX || (!w && !note)) {
		free(note);
		return;
	}
	st->off[st->noff++] = (struct offender){ witness_hold(w), note };
}

/* Can there be too many for the bound? Then those above it are what is wrong. */
static bool too_many(const struct statement *s, uint64_t seen)
{
	switch (s->cmp) {
	case CMP_EQ:
	case CMP_LE:
		return seen > s->bound;
	case CMP_LT:
		return seen >= s->bound;
	default:
		return false;
	}
}

static int hit_value(struct state *st, const struct hit *h)
{
	if (!h->has_value) {
		st->maybe++;
		return 0;
	}
	st->seen++;
	/* of a sum none by itself is to blame */
	if (st->s->metric != METRIC_SUM && !cmp_holds(st->s->cmp, h->value, st->s->bound))
		state_offend(st, h->w, NULL);
	return values_add(&st->values, h->value);
}

static void hit_that(struct state *st, const struct hit *h)
{
	bool bad = h->that == (st->s->form == FORM_NONE ? EXPR_TRUE : EXPR_FALSE);

	st->seen++;
	if (h->that == EXPR_UNKNOWN) {
		st->unsure++;
		return;
	}
	if (!bad) {
		st->met++;
		return;
	}
	st->unmet++;
	if (st->s->form != FORM_ANY)
		state_offend(st, h->w, NULL);
}

int state_hit(struct state *st, const struct hit *h)
{
	switch (st->s->form) {
	case FORM_VALUE:
		return hit_value(st, h);
	case FORM_ALL:
	case FORM_ANY:
	case FORM_NONE:
		hit_that(st, h);
		return 0;
	default:
		st->seen++;
		if (too_many(st->s, st->seen))
			state_offend(st, h->w, NULL);
		return 0;
	}
}

/* Header fields are always there, but for the duration. */
static const char *first_missing(const struct mmt_schema_event *ev, uint64_t missing)
{
	for (unsigned i = 0; i < ev->nfields; i++)
		if (missing >> ev->fields[i].index & 1)
			return ev->fields[i].name;
	return missing & MMT_HAVE_DUR ? "lat" : NULL;
}

void state_missing(struct state *st, uint64_t uses, const struct mmt_view *v)
{
	const char *name = first_missing(v->ev, uses & ~v->h->have);

	if (!*st->missing && name)
		snprintf(st->missing, sizeof(st->missing), "%s.%s", v->ev->name, name);
}

void state_free(struct state *st)
{
	for (unsigned i = 0; i < st->noff; i++) {
		witness_drop(st->off[i].w);
		free(st->off[i].note);
	}
	values_free(&st->values);
	steps_free(st);
}
