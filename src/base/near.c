// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <mmtrace/base.h>

#include <limits.h>
#include <string.h>

#define WORD_MAX 63

static unsigned min2(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: edits, with a swap of neighbours as one (the most common slip). */
unsigned near_distance(const char *a, const char *b)
{
	unsigned row[3][WORD_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return UINT_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *now = row[i % 3], *last = row[(i - 1) % 3], *before = row[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned d = last[j - 1] + (a[i - 1] != b[j - 1]);

			d = min2(d, min2(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d = min2(d, before[j - 2] + 1);
			now[j] = d;
		}
	}
	return row[la % 3][lb];
}

/* The letters of a word. */
static uint64_t letters(const char *s)
{
	uint64_t set = 0;

	for (; *s; s++)
		set |= 1ULL << (*s & 63);
	return set;
}

/* An edit brings no more than one letter that was not there, and takes no more than one: mostly that is enough to know. */
static bool far_apart(const char *a, const char *b, unsigned limit)
{
	uint64_t la = letters(a), lb = letters(b);

	return (unsigned)__builtin_popcountll(la & ~lb) > limit || (unsigned)__builtin_popcountll(lb & ~la) > limit;
}

void near_try(struct near *n, const char *candidate)
{
	size_t len = strlen(n->word);
	unsigned limit = len < 4 ? 1 : len < 8 ? 2 : 3;
	bool begins = len >= 2 && !strncmp(n->word, candidate, len);
	unsigned dist;

	if (!begins && far_apart(n->word, candidate, limit))
		return;
	dist = near_distance(n->word, candidate);
	/* Someone who typed a beginning meant the whole: as good as one edit. */
	if (begins && dist > 1)
		dist = 1;
	if (dist > limit || (n->best && dist >= n->best_dist))
		return;
	n->best = candidate;
	n->best_dist = dist;
}
