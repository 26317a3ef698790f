// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Groups of totals by what is asked for, the heaviest first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "sink/faults.h"

/* NULL, "" and names that look alike stay apart. */
static void put_part(struct buf *b, const char *text)
{
	if (text)
		buf_puts(b, text);
	else
		buf_putc(b, '\x1e');
	buf_putc(b, '\x1f');
}

/* Kinds are told apart also where there was no room for keys. */
static bool is_other(const uint8_t *by, unsigned nby, const struct faults_cell *c)
{
	bool keys = false;

	for (unsigned i = 0; i < nby; i++)
		keys |= by[i] != FAULTS_KIND;
	return keys && c->row->other;
}

bool faults_is_other(const struct faults_opts *o, const struct faults_cell *c)
{
	return is_other(o->by, o->nby, c);
}

/* What is asked for besides stands innermost: a flame graph has the driver's function, or the kind, on top. */
static void put_leaves(const struct faults_book *b, const struct faults_pick *pick, const struct faults_cell *c,
		       struct buf *key)
{
	char buf[FAULTS_TEXT];

	for (unsigned i = 0; i < pick->nby; i++) {
		const char *text = faults_book_text(b, c, pick->by[i], buf);

		if (pick->by[i] == FAULTS_COMM || !text) /* the root of each */
			continue;
		buf_puts(key, ";[");
		for (; *text; text++)
			buf_putc(key, *text == ';' || *text == '\n' ? ':' : *text);
		buf_putc(key, ']');
	}
}

static void make_key(const struct faults_book *b, const struct faults_pick *pick, const struct faults_cell *c,
		     struct buf *key)
{
	char text[FAULTS_TEXT];

	buf_reset(key);
	if (pick->stacks) {
		faults_book_stack(c->row, key);
		put_leaves(b, pick, c, key);
		return;
	}
	if (is_other(pick->by, pick->nby, c))
		put_part(key, "(other)");
	for (unsigned i = 0; i < pick->nby; i++)
		put_part(key, is_other(pick->by, pick->nby, c) && pick->by[i] != FAULTS_KIND ?
				      NULL :
				      faults_book_text(b, c, pick->by[i], text));
}

/* Groups by the hash of their key; two keys with one hash sit behind each other. */
static uint64_t hash(const struct buf *key)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < key->len; i++)
		h = (h ^ (unsigned char)key->data[i]) * 0x100000001b3ull; /* FNV-1a */
	return h ? h : 1;
}

static struct faults_group *group_of(struct faults_groups *out, struct map *index, const struct faults_cell *c,
				     struct buf *key)
{
	uint64_t h = hash(key), at;

	while ((at = (uint64_t)(uintptr_t)map_get(index, h))) {
		if (!strcmp(out->g[at - 1].key, buf_str(key)))
			return &out->g[at - 1];
		h += h + 1 ? 1 : 2;
	}
	if (out->n == out->room) {
		size_t room = out->room ? out->room * 2 : 32;
		struct faults_group *g = realloc(out->g, room * sizeof(*g));

		if (!g)
			return NULL;
		out->g = g;
		out->room = room;
	}
	out->g[out->n] = (struct faults_group){ .cell = c, .key = strdup(buf_str(key)) };
	if (!out->g[out->n].key)
		return NULL;
	out->n++;
	return map_put(index, h, (void *)(uintptr_t)out->n) ? NULL : &out->g[out->n - 1];
}

static int compare(const void *a, const void *b)
{
	const struct faults_group *x = a, *y = b;

	if (x->cell->row->other != y->cell->row->other)
		return x->cell->row->other ? 1 : -1;
	if (x->sum.sum_ns != y->sum.sum_ns)
		return x->sum.sum_ns < y->sum.sum_ns ? 1 : -1;
	if (x->sum.count != y->sum.count)
		return x->sum.count < y->sum.count ? 1 : -1;
	return strcmp(x->key, y->key);
}

static int add_cell(const struct faults_book *b, const struct faults_pick *pick, const struct faults_cell *c,
		    struct faults_groups *out, struct map *index, struct buf *key)
{
	struct faults_part part = { .now = c->now, .old = pick->interval ? c->old : NULL };
	struct faults_sum one = { 0 };
	struct faults_group *g;
	int err;

	if (!c->now || faults_match(b, c) == FAULTS_NO)
		return 0;
	err = faults_sum_add(&one, &part);
	if (faults_match(b, c) == FAULTS_MAYBE) {
		out->maybe += one.count;
		one.count = 0;
	}
	if (!err && one.count) {
		make_key(b, pick, c, key);
		g = group_of(out, index, c, key);
		err = g ? faults_sum_merge(&g->sum, &one) : -ENOMEM;
		if (!err)
			err = faults_sum_merge(&out->all, &one);
		if (c->row->other)
			out->other += one.count;
		else if (!c->row->told && c->row->row >= MMT_ROW_KEYS)
			out->unnamed += one.count;
	}
	faults_sum_free(&one);
	return err;
}

int faults_book_groups(const struct faults_book *b, const struct faults_pick *pick, struct faults_groups *out)
{
	struct map index = { 0 };
	struct buf key = { 0 };
	int err = 0;

	for (size_t i = 0; i < b->ncells && !err; i++)
		err = add_cell(b, pick, b->cell[i], out, &index, &key);
	map_free(&index);
	buf_free(&key);
	if (out->n)
		qsort(out->g, out->n, sizeof(*out->g), compare);
	return err;
}

void faults_groups_free(struct faults_groups *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->g[i].key);
		faults_sum_free(&g->g[i].sum);
	}
	free(g->g);
	faults_sum_free(&g->all);
	*g = (struct faults_groups){ 0 };
}
