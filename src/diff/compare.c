// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "diff/compare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "diff/align.h"

/* ---- mappings ---- */

/* What tells mappings of one file apart, and by how much; two that differ in pages and offset are rather not one. */
static const struct {
	uint16_t what, weight;
} telling[] = {
	{ CANON_PAGES, 300 },  { CANON_OFFSET, 250 }, { CANON_PERMS, 150 },
	{ CANON_RESULT, 100 }, { CANON_ORIGIN, 50 },  { CANON_ARG, 50 },
};
#define OF_NAME 100 /* the rest up to ALIGN_MOST */

static unsigned maps_alike(const struct canon_map *a, const struct canon_map *b)
{
	unsigned n = OF_NAME;

	if (a->name != b->name || a->copied != b->copied)
		return 0;
	for (unsigned t = 0; t < MMT_COUNT(telling); t++) {
		const struct canon_attr *x = canon_attr_of(&a->attrs, telling[t].what),
					*y = canon_attr_of(&b->attrs, telling[t].what);

		n += (x ? x->value : NULL) == (y ? y->value : NULL) ? telling[t].weight : 0;
	}
	return n;
}

/* Those that are to be paired, and which of them are left. */
struct lists {
	const struct pair *p;
	uint32_t *a, *b;
};

static unsigned maps_like(void *ctx, size_t i, size_t j)
{
	const struct lists *l = ctx;

	return maps_alike(l->p->pa->maps[l->a[i]], l->p->pb->maps[l->b[j]]);
}

/* pair has those that are found already; the others by their order. */
static int pair_maps(const struct pair *p, uint32_t *pair)
{
	uint32_t n = 0, m = 0, *found = malloc((p->pa->nmaps + 1) * sizeof(*found));
	bool *taken = calloc(p->pb->nmaps + 1, sizeof(*taken));
	struct lists l = { p, malloc((p->pa->nmaps + 1) * sizeof(*l.a)), malloc((p->pb->nmaps + 1) * sizeof(*l.b)) };
	int err = found && taken && l.a && l.b ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < p->pa->nmaps && !err; i++) {
		if (pair[i] != ALIGN_NONE)
			taken[pair[i]] = true;
		else
			l.a[n++] = i;
	}
	for (uint32_t j = 0; j < p->pb->nmaps && !err; j++)
		if (!taken[j])
			l.b[m++] = j;
	if (!err)
		err = align(n, m, maps_like, &l, found);
	for (uint32_t i = 0; i < n && !err; i++)
		pair[l.a[i]] = found[i] != ALIGN_NONE ? l.b[found[i]] : ALIGN_NONE;
	free(found);
	free(taken);
	free(l.a);
	free(l.b);
	return err;
}

static int find_pairs(const struct pair *p, uint32_t *pair)
{
	bool any_order = p->pa->threads || p->pb->threads;
	int err = compare_same_maps(p, pair);

	/* fork copies in the order of addresses, which are chance, too */
	for (uint32_t i = 0; i < p->pa->nmaps && !any_order && !err; i++)
		pair[i] = p->pa->maps[i]->copied ? pair[i] : ALIGN_NONE;
	return err ? err : pair_maps(p, pair);
}

/* Of one that could not be made what came later is missing, and means nothing. */
static void compare_map(struct comparison *k, struct pair *p)
{
	compare_attrs(k, p, &p->ma->attrs, &p->mb->attrs, NULL);
	p->quiet = p->ma->failed == p->mb->failed ? 0 : p->ma->failed ? 2 : 1;
	compare_entries(k, p, &p->ma->entries, &p->mb->entries);
	if (!p->quiet)
		compare_counts(k, p, &p->ma->counts, &p->mb->counts);
	p->quiet = 0;
}

static void lone_map(struct comparison *k, const struct pair *p)
{
	const struct canon_map *m = p->ma ? p->ma : p->mb;
	const struct canon_attr *pages = canon_attr_of(&m->attrs, CANON_PAGES),
				*perms = canon_attr_of(&m->attrs, CANON_PERMS);
	struct difference d = { .what = CANON_THERE, .proc = p->pa->comm, .nth = m->nth, .copied = m->copied };
	const char *text;
	char is[96];

	snprintf(is, sizeof(is), "%s pages %s", pages && pages->value ? pages->value : "?",
		 perms && perms->value ? perms->value : "?");
	text = texts_get(k->texts, is);
	d.map = m->name ? m->name : "something unknown";
	d.a = p->ma ? text : NULL;
	d.b = p->ma ? NULL : text;
	d.id_a = p->ma ? m->id : NULL;
	d.id_b = p->ma ? NULL : m->id;
	d.open = compare_lossy(k->run[p->ma != NULL]);
	difference_add(k, &d);
}

/* One that has no partner in its place, but elsewhere one that is the same. */
static uint32_t other_place(struct pair *p, size_t i, const bool *taken)
{
	for (uint32_t j = 0; j < p->pb->nmaps; j++)
		if (!taken[j] && maps_alike(p->pa->maps[i], p->pb->maps[j]) == ALIGN_MOST)
			return j;
	return ALIGN_NONE;
}

static void order(struct comparison *k, const struct pair *p)
{
	struct difference d = { .what = CANON_ORDER, .proc = p->pa->comm };

	d.open = compare_lossy(k->run[0]) || compare_lossy(k->run[1]);
	if (!p->pa->threads && !p->pb->threads)
		difference_add(k, &d);
}

static int compare_maps(struct comparison *k, struct pair *p)
{
	uint32_t n = p->pa->nmaps, m = p->pb->nmaps, *pair = malloc((n + 1) * sizeof(*pair));
	bool *taken = calloc(m + 1, sizeof(*taken)), moved = false;
	int err = pair && taken ? find_pairs(p, pair) : -ENOMEM;

	for (uint32_t i = 0; i < n && !err; i++)
		if (pair[i] != ALIGN_NONE)
			taken[pair[i]] = true;
	for (uint32_t i = 0; i < n && !err; i++) {
		uint32_t j = pair[i] != ALIGN_NONE ? pair[i] : other_place(p, i, taken);

		moved |= pair[i] == ALIGN_NONE && j != ALIGN_NONE && !p->pa->maps[i]->copied;
		p->ma = p->pa->maps[i];
		p->mb = j != ALIGN_NONE ? p->pb->maps[j] : NULL;
		if (!p->mb) {
			lone_map(k, p);
			continue;
		}
		taken[j] = true;
		compare_map(k, p);
	}
	p->ma = NULL;
	for (uint32_t j = 0; j < m && !err; j++) {
		if (taken[j])
			continue;
		p->mb = p->pb->maps[j];
		lone_map(k, p);
	}
	p->mb = NULL;
	if (moved)
		order(k, p);
	free(pair);
	free(taken);
	return err;
}

/* ---- processes ---- */

static unsigned procs_like(void *ctx, size_t i, size_t j)
{
	const struct comparison *k = ctx;
	const struct canon_proc *a = k->run[0]->procs[i], *b = k->run[1]->procs[j];
	uint32_t low = a->nmaps < b->nmaps ? a->nmaps : b->nmaps, high = a->nmaps < b->nmaps ? b->nmaps : a->nmaps;

	if (a->comm != b->comm)
		return 0;
	return ALIGN_MOST / 2 + (high ? low * (uint64_t)(ALIGN_MOST / 2) / high : ALIGN_MOST / 2);
}

static void lone_proc(struct comparison *k, const struct canon_proc *p, unsigned in)
{
	struct difference d = { .what = CANON_THERE, .proc = p->comm };
	const char *text;
	char is[48];

	if (!p->nmaps && !p->entries.n)
		return;
	snprintf(is, sizeof(is), "%u mappings", p->nmaps);
	text = texts_get(k->texts, is);
	d.a = in ? NULL : text;
	d.b = in ? text : NULL;
	d.open = compare_lossy(k->run[!in]);
	difference_add(k, &d);
}

static int compare_proc(struct comparison *k, const struct canon_proc *a, const struct canon_proc *b)
{
	struct pair p = { .pa = a, .pb = b };
	int err;

	if (compare_blind(k)) {
		compare_sums(k, &p);
		return k->err;
	}
	err = compare_maps(k, &p);
	if (err)
		return err;
	compare_entries(k, &p, &a->entries, &b->entries);
	compare_counts(k, &p, &a->counts, &b->counts);
	return k->err;
}

/* Processes run side by side: which of two comes first means nothing. */
static uint32_t other_proc(const struct comparison *k, size_t i, const bool *taken)
{
	for (uint32_t j = 0; j < k->run[1]->nprocs; j++)
		if (!taken[j] && procs_like((void *)k, i, j))
			return j;
	return ALIGN_NONE;
}

static void compare_status(struct comparison *k)
{
	struct difference d = { .what = CANON_RESULT };
	char text[16];

	if (k->run[0]->child_status == k->run[1]->child_status || k->run[0]->child_status < 0 ||
	    k->run[1]->child_status < 0)
		return;
	snprintf(text, sizeof(text), "%d", k->run[0]->child_status);
	d.a = texts_get(k->texts, text);
	snprintf(text, sizeof(text), "%d", k->run[1]->child_status);
	d.b = texts_get(k->texts, text);
	difference_add(k, &d);
}

int compare(struct comparison *k)
{
	uint32_t n = k->run[0]->nprocs, m = k->run[1]->nprocs, *pair = malloc((n + 1) * sizeof(*pair));
	bool *taken = calloc(m + 1, sizeof(*taken));
	int err = pair && taken ? align(n, m, procs_like, k, pair) : -ENOMEM;

	for (uint32_t i = 0; i < n && !err; i++)
		if (pair[i] != ALIGN_NONE)
			taken[pair[i]] = true;
	for (uint32_t i = 0; i < n && !err; i++) {
		uint32_t j = pair[i] != ALIGN_NONE ? pair[i] : other_proc(k, i, taken);

		if (j == ALIGN_NONE) {
			lone_proc(k, k->run[0]->procs[i], 0);
			continue;
		}
		taken[j] = true;
		err = compare_proc(k, k->run[0]->procs[i], k->run[1]->procs[j]);
	}
	for (uint32_t j = 0; j < m && !err; j++)
		if (!taken[j])
			lone_proc(k, k->run[1]->procs[j], 1);
	if (!err) {
		compare_status(k);
		differences_explain(k);
	}
	free(pair);
	free(taken);
	return err ? err : k->err ? k->err : k->texts->err;
}
