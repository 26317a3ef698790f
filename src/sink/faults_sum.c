// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Totals of faults, added up: counts, times, shares, buckets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "sink/faults.h"

#define LAST_BUCKET (MMT_TOTAL_BUCKETS - 1)

static int hist_room(struct faults_hist *h, uint32_t n)
{
	struct mmt_bucket *b;

	if (n <= h->room)
		return 0;
	n = n < 64 ? 64 : n;
	b = realloc(h->b, n * sizeof(*b));
	if (!b)
		return -ENOMEM;
	h->b = b;
	h->room = n;
	return 0;
}

/* Both are in the order of their indexes; the result grows at the back, from the back. */
static int hist_join(struct faults_hist *h, const struct mmt_bucket *from, uint32_t n)
{
	uint32_t extra = 0, i = 0, k = 0, at;

	while (k < n) {
		if (i < h->n && h->b[i].index < from[k].index) {
			i++;
			continue;
		}
		extra += i >= h->n || h->b[i].index != from[k].index;
		k++;
	}
	if (hist_room(h, h->n + extra))
		return -ENOMEM;
	at = h->n + extra;
	i = h->n;
	h->n = at;
	while (k) {
		if (i && h->b[i - 1].index > from[k - 1].index) {
			h->b[--at] = h->b[--i];
		} else if (i && h->b[i - 1].index == from[k - 1].index) {
			h->b[--at] = h->b[--i];
			h->b[at].count += from[--k].count;
		} else {
			h->b[--at] = from[--k];
		}
	}
	return 0;
}

static uint64_t old_count(const struct mmt_total *old, uint16_t *at, uint32_t index)
{
	while (old && *at < old->nbuckets && old->bucket[*at].index < index)
		++*at;
	return old && *at < old->nbuckets && old->bucket[*at].index == index ? old->bucket[*at].count : 0;
}

/* What came since: the buckets that grew, and what they grew by. */
static struct mmt_bucket *pick_buckets(const struct faults_part *p, uint32_t *n, uint64_t *timed)
{
	struct mmt_bucket *b = malloc((p->now->nbuckets + 1u) * sizeof(*b));
	uint16_t at = 0;

	*n = 0;
	*timed = 0;
	for (uint16_t i = 0; b && i < p->now->nbuckets; i++) {
		struct mmt_bucket one = p->now->bucket[i];

		one.count -= old_count(p->old, &at, one.index);
		*timed += one.count;
		if (one.count)
			b[(*n)++] = one;
	}
	return b;
}

/* The longest of an interval is known when it is the longest of all, else by its bucket. */
static void add_max(struct faults_sum *s, const struct faults_part *p, const struct mmt_bucket *b, uint32_t n)
{
	uint64_t max = p->now->max_ns;
	bool about = p->old && p->old->max_ns == max;

	if (!n)
		return;
	if (about && b[n - 1].index < LAST_BUCKET && hist_high(b[n - 1].index) < max)
		max = hist_high(b[n - 1].index);
	else
		about = false;
	if (max > s->max_ns) {
		s->max_ns = max;
		s->max_about = about;
	}
}

static void add_shares(struct faults_sum *s, const struct faults_part *p)
{
	s->shares = s->count ? s->shares & p->now->shares : p->now->shares;
	for (unsigned i = 0; i < MMT_SHARES; i++)
		if (s->shares >> i & 1)
			s->share_ns[i] += p->now->share_ns[i] - (p->old ? p->old->share_ns[i] : 0);
}

int faults_sum_add(struct faults_sum *s, const struct faults_part *p)
{
	uint64_t count = p->now->count - (p->old ? p->old->count : 0), timed;
	struct mmt_bucket *b;
	uint32_t n;
	int err;

	if (!count)
		return 0;
	b = pick_buckets(p, &n, &timed);
	if (!b)
		return -ENOMEM;
	err = hist_join(&s->hist, b, n);
	if (!err) {
		add_shares(s, p);
		add_max(s, p, b, n);
		s->count += count;
		s->timed += timed;
		s->sum_ns += p->now->sum_ns - (p->old ? p->old->sum_ns : 0);
	}
	free(b);
	return err;
}

int faults_sum_merge(struct faults_sum *s, const struct faults_sum *from)
{
	if (!from->count)
		return 0;
	s->shares = s->count ? s->shares & from->shares : from->shares;
	for (unsigned i = 0; i < MMT_SHARES; i++)
		s->share_ns[i] += from->share_ns[i];
	if (from->max_ns > s->max_ns) {
		s->max_ns = from->max_ns;
		s->max_about = from->max_about;
	}
	s->count += from->count;
	s->timed += from->timed;
	s->sum_ns += from->sum_ns;
	return hist_join(&s->hist, from->hist.b, from->hist.n);
}

void faults_sum_free(struct faults_sum *s)
{
	free(s->hist.b);
	*s = (struct faults_sum){ 0 };
}

bool faults_sum_quantile(const struct faults_sum *s, uint32_t ppm, uint64_t *low, uint64_t *high)
{
	uint64_t rank = (uint64_t)(((unsigned __int128)s->timed * ppm + 999999) / 1000000), seen = 0;
	uint32_t i = 0;

	if (!s->timed || !s->hist.n)
		return false;
	while (i < s->hist.n - 1 && (seen += s->hist.b[i].count) < rank)
		i++;
	*low = hist_low(s->hist.b[i].index);
	*high = s->hist.b[i].index >= LAST_BUCKET ? s->max_ns : hist_high(s->hist.b[i].index);
	if (*high > s->max_ns)
		*high = s->max_ns;
	if (*low > *high)
		*low = *high;
	return true;
}

uint64_t faults_sum_mean(const struct faults_sum *s)
{
	return s->timed ? s->sum_ns / s->timed : 0;
}

bool faults_sum_rest(const struct faults_sum *s, uint64_t *rest_ns)
{
	uint64_t taken = 0;

	if (s->shares != (1u << MMT_SHARES) - 1)
		return false;
	for (unsigned i = 0; i < MMT_SHARES; i++)
		taken += s->share_ns[i];
	*rest_ns = taken < s->sum_ns ? s->sum_ns - taken : 0;
	return true;
}

static struct mmt_total *with_bucket(struct mmt_total *t, uint16_t at, uint32_t index)
{
	size_t fixed = offsetof(struct mmt_total, bucket);
	struct mmt_total *grown = realloc(t, fixed + (t->nbuckets + 1u) * sizeof(t->bucket[0]));

	if (!grown)
		return NULL;
	memmove(&grown->bucket[at + 1], &grown->bucket[at], (size_t)(grown->nbuckets - at) * sizeof(grown->bucket[0]));
	grown->bucket[at] = (struct mmt_bucket){ .index = index };
	grown->nbuckets++;
	grown->size = (uint16_t)(fixed + grown->nbuckets * sizeof(grown->bucket[0]));
	return grown;
}

struct mmt_total *faults_total_count(struct mmt_total *t, uint64_t dur_ns, bool timed)
{
	uint32_t index = hist_index(dur_ns);
	uint16_t at = 0;

	index = index > LAST_BUCKET ? LAST_BUCKET : index;
	while (timed && at < t->nbuckets && t->bucket[at].index < index)
		at++;
	if (timed && (at == t->nbuckets || t->bucket[at].index != index)) {
		t = with_bucket(t, at, index);
		if (!t)
			return NULL;
	}
	t->count++;
	if (!timed)
		return t;
	t->bucket[at].count++;
	t->sum_ns += dur_ns;
	if (dur_ns > t->max_ns)
		t->max_ns = dur_ns;
	return t;
}
