// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Amounts: one by one as long as they are few, then in buckets that are 3.2 % wide at most. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "expect/judge.h"

static int to_hist(struct values *v)
{
	v->hist = calloc(1, sizeof(*v->hist));
	if (!v->hist)
		return -ENOMEM;
	for (uint64_t i = 0; i < v->n; i++)
		hist_add(v->hist, v->exact[i], 1);
	free(v->exact);
	v->exact = NULL;
	return 0;
}

static int keep(struct values *v, uint64_t value)
{
	if (!v->hist && v->n == VALUES_EXACT && to_hist(v))
		return -ENOMEM;
	if (v->hist) {
		hist_add(v->hist, value, 1);
		return 0;
	}
	if (v->n == v->room) {
		size_t room = v->room ? 2 * v->room : 64;
		uint64_t *more = realloc(v->exact, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		v->exact = more;
		v->room = room;
	}
	v->exact[v->n] = value;
	return 0;
}

int values_add(struct values *v, uint64_t value)
{
	int err = keep(v, value);

	if (err)
		return err;
	v->min = !v->n || value < v->min ? value : v->min;
	v->max = value > v->max ? value : v->max;
	v->sum = v->sum + value < v->sum ? UINT64_MAX : v->sum + value;
	v->n++;
	return 0;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The value of a rank, from 1; a bucket of them. */
static void at_rank(const struct values *v, uint64_t rank, uint64_t *low, uint64_t *high)
{
	uint64_t seen = 0;

	if (!v->hist) {
		*low = *high = v->exact[rank - 1];
		return;
	}
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		seen += v->hist->bucket[i];
		if (seen < rank)
			continue;
		*low = hist_low(i) < v->min ? v->min : hist_low(i);
		*high = hist_high(i) > v->max ? v->max : hist_high(i);
		return;
	}
	*low = *high = v->max;
}

/* Those that nobody knows may all lie below, or all above. */
static void quantile(struct values *v, uint32_t ppm, uint64_t unsure, uint64_t *low, uint64_t *high)
{
	uint64_t all = v->n + unsure, other;
	uint64_t rank = (uint64_t)(((unsigned __int128)all * ppm + 999999) / 1000000);

	if (v->exact)
		qsort(v->exact, v->n, sizeof(*v->exact), by_size);
	*low = 0;
	*high = UINT64_MAX;
	if (rank > unsure)
		at_rank(v, rank - unsure, low, &other);
	if (rank <= v->n)
		at_rank(v, rank, &other, high);
}

bool values_range(struct values *v, const struct statement *s, uint64_t unsure, uint64_t *low, uint64_t *high)
{
	if (!v->n && (s->metric != METRIC_SUM || unsure))
		return false;
	switch (s->metric) {
	case METRIC_QUANTILE:
		quantile(v, s->ppm, unsure, low, high);
		return true;
	case METRIC_MIN:
		*low = unsure ? 0 : v->min;
		*high = v->min;
		return true;
	case METRIC_MAX:
		*low = v->max;
		*high = unsure ? UINT64_MAX : v->max;
		return true;
	case METRIC_MEAN:
		*low = unsure ? 0 : v->sum / v->n;
		*high = unsure ? UINT64_MAX : v->sum / v->n;
		return true;
	default:
		*low = v->sum;
		*high = unsure ? UINT64_MAX : v->sum;
		return true;
	}
}

void values_free(struct values *v)
{
	free(v->exact);
	free(v->hist);
}
