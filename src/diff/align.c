// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "diff/align.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PAIR, SKIP_A, SKIP_B };

struct window {
	align_like_fn like;
	void *ctx;
	size_t i0, j0, n, m; /* a[i0 .. i0+n), b[j0 .. j0+m) */
	uint32_t *best;	     /* two rows of m + 1 */
	uint8_t *way;	     /* (n + 1) rows of m + 1 */
};

/* From the end to the beginning, so that the walk back goes forward. */
static void fill(struct window *w)
{
	size_t row = w->m + 1;
	uint32_t *below = w->best, *now = w->best + row;

	memset(below, 0, row * sizeof(*below));
	for (size_t i = w->n; i--;) {
		now[w->m] = 0;
		for (size_t j = w->m; j--;) {
			unsigned like = w->like(w->ctx, w->i0 + i, w->j0 + j);
			uint32_t pair = like ? below[j + 1] + like : 0;
			uint8_t *way = &w->way[i * row + j];

			now[j] = below[j];
			*way = SKIP_A;
			if (now[j + 1] > now[j]) {
				now[j] = now[j + 1];
				*way = SKIP_B;
			}
			if (like && pair >= now[j]) {
				now[j] = pair;
				*way = PAIR;
			}
		}
		uint32_t *t = below;

		below = now;
		now = t;
	}
}

/* Pairs of the window; *i and *j stand behind the last that is kept: all of them in the last window, else those of its first half. */
static void walk(const struct window *w, uint32_t *pair, size_t *i, size_t *j, size_t keep)
{
	size_t a = 0, b = 0;

	while (a < w->n && b < w->m && a < keep && b < keep) {
		switch (w->way[a * (w->m + 1) + b]) {
		case PAIR:
			pair[w->i0 + a++] = (uint32_t)(w->j0 + b++);
			break;
		case SKIP_A:
			a++;
			break;
		default:
			b++;
		}
	}
	*i = w->i0 + a;
	*j = w->j0 + b;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

int align(size_t n, size_t m, align_like_fn like, void *ctx, uint32_t *pair)
{
	size_t i = 0, j = 0, rows = least(n, ALIGN_WINDOW), row = least(m, ALIGN_WINDOW) + 1;
	struct window w = { .like = like, .ctx = ctx };
	int err;

	for (size_t k = 0; k < n; k++)
		pair[k] = ALIGN_NONE;
	w.best = malloc(2 * row * sizeof(*w.best));
	w.way = malloc((rows + 1) * row);
	while (w.best && w.way && i < n && j < m) {
		if (like(ctx, i, j) == ALIGN_MOST) { /* nothing later can do better for either */
			pair[i++] = (uint32_t)j++;
			continue;
		}
		w.i0 = i;
		w.j0 = j;
		w.n = least(n - i, ALIGN_WINDOW);
		w.m = least(m - j, ALIGN_WINDOW);
		fill(&w);
		walk(&w, pair, &i, &j, i + w.n == n && j + w.m == m ? ALIGN_WINDOW : ALIGN_WINDOW / 2);
		if (i == w.i0 && j == w.j0)
			break;
	}
	err = w.best && w.way ? 0 : -ENOMEM;
	free(w.best);
	free(w.way);
	return err;
}
