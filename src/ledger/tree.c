// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "ledger/tree.h"

#include <stddef.h>

/* Into those that start below key and those that do not. */
static void split(struct range *t, uint64_t key, struct range **below, struct range **rest)
{
	while (t) {
		if (t->start < key) {
			*below = t;
			below = &t->right;
			t = t->right;
		} else {
			*rest = t;
			rest = &t->left;
			t = t->left;
		}
	}
	*below = NULL;
	*rest = NULL;
}

/* All of low lie below all of high. */
static struct range *join(struct range *low, struct range *high)
{
	struct range *root, **at = &root;

	while (low && high) {
		if (low->prio >= high->prio) {
			*at = low;
			at = &low->right;
			low = low->right;
		} else {
			*at = high;
			at = &high->left;
			high = high->left;
		}
	}
	*at = low ? low : high;
	return root;
}

struct range *tree_from(const struct tree *t, uint64_t addr)
{
	struct range *r = t->root, *best = NULL;

	while (r) {
		if (r->end > addr) {
			best = r;
			r = r->left;
		} else {
			r = r->right;
		}
	}
	return best;
}

struct range *tree_at(const struct tree *t, uint64_t addr)
{
	struct range *r = tree_from(t, addr);

	return r && r->start <= addr ? r : NULL;
}

void tree_add(struct tree *t, struct range *r)
{
	struct range *below, *rest;

	r->left = r->right = NULL;
	split(t->root, r->start, &below, &rest);
	t->root = join(join(below, r), rest);
}

struct range *tree_take(struct tree *t, uint64_t start, uint64_t end)
{
	struct range *below, *mid, *rest;

	split(t->root, start, &below, &rest);
	split(rest, end, &mid, &rest);
	t->root = join(below, rest);
	return mid;
}

void tree_put_back(struct tree *t, struct range *taken)
{
	struct range *below, *rest, *first = taken;

	if (!taken)
		return;
	while (first->left)
		first = first->left;
	split(t->root, first->start, &below, &rest);
	t->root = join(join(below, taken), rest);
}

void tree_each(struct range *root, void (*fn)(void *ctx, struct range *r), void *ctx)
{
	while (root) {
		struct range *right = root->right;

		tree_each(root->left, fn, ctx);
		fn(ctx, root);
		root = right;
	}
}
