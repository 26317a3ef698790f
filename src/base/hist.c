// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <mmtrace/base.h>

#define EXACT	  64u /* values below have a bucket each */
#define SUB_BITS  5u  /* 32 buckets per power of two above */
#define SUB	  (1u << SUB_BITS)
#define FIRST_EXP 6u /* log2(EXACT) */

unsigned hist_index(uint64_t value)
{
	unsigned exp;

	if (value < EXACT)
		return (unsigned)value;
	exp = 63u - (unsigned)__builtin_clzll(value);
	return EXACT + (exp - FIRST_EXP) * SUB + (unsigned)((value >> (exp - SUB_BITS)) & (SUB - 1));
}

uint64_t hist_low(unsigned index)
{
	unsigned exp, sub;

	if (index < EXACT)
		return index;
	if (index >= HIST_BUCKETS)
		return UINT64_MAX;
	exp = (index - EXACT) / SUB + FIRST_EXP;
	sub = (index - EXACT) % SUB;
	return (uint64_t)(SUB + sub) << (exp - SUB_BITS);
}

uint64_t hist_high(unsigned index)
{
	return index + 1 >= HIST_BUCKETS ? UINT64_MAX : hist_low(index + 1) - 1;
}

static uint64_t add_sat(uint64_t a, uint64_t b)
{
	uint64_t r;

	return __builtin_add_overflow(a, b, &r) ? UINT64_MAX : r;
}

void hist_add(struct hist *h, uint64_t value, uint64_t times)
{
	uint64_t all;

	if (!times)
		return;
	if (!h->n || value < h->min)
		h->min = value;
	if (!h->n || value > h->max)
		h->max = value;
	h->n += times;
	h->sum = add_sat(h->sum, __builtin_mul_overflow(value, times, &all) ? UINT64_MAX : all);
	h->bucket[hist_index(value)] += times;
}

void hist_merge(struct hist *into, const struct hist *from)
{
	if (!from->n)
		return;
	if (!into->n || from->min < into->min)
		into->min = from->min;
	if (!into->n || from->max > into->max)
		into->max = from->max;
	into->n += from->n;
	into->sum = add_sat(into->sum, from->sum);
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
}

uint64_t hist_quantile(const struct hist *h, uint32_t ppm)
{
	uint64_t rank, seen = 0, mid;
	unsigned i;

	if (!h->n)
		return 0;
	if (ppm >= 1000000)
		return h->max;
	/* The rank-th smallest value, counted from 1; integers, so that p99.9 of 1000 is the 999th. */
	rank = (uint64_t)(((unsigned __int128)h->n * ppm + 999999) / 1000000);
	if (rank <= 1)
		return h->min;
	for (i = 0; i < HIST_BUCKETS - 1; i++) {
		seen += h->bucket[i];
		if (seen >= rank)
			break;
	}
	mid = hist_low(i) + (hist_high(i) - hist_low(i)) / 2;
	return mid < h->min ? h->min : mid > h->max ? h->max : mid;
}
