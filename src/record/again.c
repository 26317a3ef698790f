// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "record/again.h"

#include <string.h>
#include "mmtrace/wire/names.h"

void again_note(struct again *g, const void *event, size_t size)
{
	g->n = (size + 7) / 8;
	if (g->n > AGAIN_WORDS)
		g->n = 0;
	if (g->n)
		g->word[g->n - 1] = 0;
	memcpy(g->word, event, g->n ? size : 0);
}

bool again_take(struct again *g, const void *block, size_t size)
{
	const struct rec_again *r = block;
	const struct rec_block_head *h = (const void *)g->word;
	size_t at = 0, n = (size - sizeof(*r)) / 8;

	if (size < sizeof(*r) || (size - sizeof(*r)) % 8 || !g->n || n != (size_t)__builtin_popcount(r->mask) ||
	    (uint64_t)r->mask >> g->n)
		return false;
	for (size_t i = 0; i < g->n; i++)
		if (r->mask >> i & 1)
			g->word[i] = r->word[at++];
	/* its first word says how long it is */
	return h->type < MMT_ITEM_FIRST && (h->size + 7u) / 8 == g->n;
}
