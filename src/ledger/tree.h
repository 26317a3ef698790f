/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * tree: ranges that do not overlap, ordered by address. A treap: its shape comes from random priorities, so every
 * operation is O(log n) whatever order programs map in. Knows nothing of events.
 */
#ifndef MMTRACE_LEDGER_TREE_H
#define MMTRACE_LEDGER_TREE_H

#include "ledger/ranges.h"

struct tree {
	struct range *root;
};

/* The range that contains addr, NULL when none. */
struct range *tree_at(const struct tree *t, uint64_t addr);
/* The first range that ends behind addr. */
struct range *tree_from(const struct tree *t, uint64_t addr);
/* r overlaps nothing in t and has a priority. */
void tree_add(struct tree *t, struct range *r);
/* Takes [start, end) out of t; ranges that reach over its ends must have been cut there. */
struct range *tree_take(struct tree *t, uint64_t start, uint64_t end);
/* Puts back what tree_take() took, unchanged in its bounds. */
void tree_put_back(struct tree *t, struct range *taken);
/* Every range below root in order; fn may free its argument. */
void tree_each(struct range *root, void (*fn)(void *ctx, struct range *r), void *ctx);

#endif
