// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "diff/texts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct text {
	struct text *next; /* of the same hash */
	char s[];
};

static uint64_t hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325ull; /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3ull;
	return h ? h : 1;
}

const char *texts_get(struct texts *t, const char *s)
{
	uint64_t h = hash(s);
	struct text *first = map_get(&t->by_hash, h), *new;
	size_t len = strlen(s) + 1;

	for (struct text *x = first; x; x = x->next)
		if (!strcmp(x->s, s))
			return x->s;
	new = malloc(sizeof(*new) + len);
	if (!new || map_put(&t->by_hash, h, new)) {
		free(new);
		t->err = -ENOMEM;
		return "";
	}
	memcpy(new->s, s, len);
	new->next = first;
	return new->s;
}

void texts_free(struct texts *t)
{
	for (size_t i = 0; i < t->by_hash.cap; i++) {
		struct text *x = t->by_hash.slots[i].key ? t->by_hash.slots[i].val : NULL;

		while (x) {
			struct text *next = x->next;

			free(x);
			x = next;
		}
	}
	map_free(&t->by_hash);
}
