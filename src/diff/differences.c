// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "diff/compare.h"

static uint64_t mix(uint64_t h, uint64_t v)
{
	return (h ^ v) * 0x9e3779b97f4a7c15ull ^ h >> 29;
}

/* Texts are the same pointers. */
static uint64_t hash(const struct difference *d)
{
	uint64_t h = mix(1, d->what | d->event << 8 | (unsigned)d->copied << 16);

	h = mix(h, (uintptr_t)d->proc);
	h = mix(h, (uintptr_t)d->map);
	h = mix(h, (uintptr_t)d->key);
	h = mix(h, (uintptr_t)d->a);
	h = mix(h, (uintptr_t)d->b);
	return h ? h : 1;
}

static bool alike(const struct difference *x, const struct difference *y)
{
	return x->what == y->what && x->event == y->event && x->copied == y->copied && x->proc == y->proc &&
	       x->map == y->map && x->key == y->key && x->a == y->a && x->b == y->b && x->open == y->open;
}

static bool make_room(void **v, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 32;
	void *new;

	if (n < *room)
		return true;
	new = realloc(*v, more * size);
	if (!new)
		return false;
	*v = new;
	*room = more;
	return true;
}

void difference_add(struct comparison *k, const struct difference *d)
{
	uint64_t h = hash(d);
	size_t at = (size_t)(uintptr_t)map_get(&k->by_hash, h);
	struct difference *new;

	if (at && alike(&k->v[at - 1], d)) {
		k->v[at - 1].times++;
		return;
	}
	if (!make_room((void **)&k->v, k->n, &k->room, sizeof(*k->v)) ||
	    map_put(&k->by_hash, h, (void *)(uintptr_t)(k->n + 1))) {
		k->err = -ENOMEM;
		return;
	}
	new = &k->v[k->n++];
	*new = *d;
	new->times = 1;
	new->known = known_find(d, k->run[0]->release, k->run[1]->release);
}

static const struct known *explained(const struct comparison *k, const struct difference *d)
{
	for (size_t i = 0; i < k->n; i++) {
		const struct difference *o = &k->v[i];

		if (o->known && o->known->counts && o->proc == d->proc && o->map == d->map && o->copied == d->copied)
			return o->known;
	}
	return NULL;
}

void differences_explain(struct comparison *k)
{
	for (size_t i = 0; i < k->n; i++) {
		struct difference *d = &k->v[i];

		if (!d->known && d->what == CANON_COUNT && d->map)
			d->known = explained(k, d);
		k->known += d->known != NULL;
		k->open += !d->known && d->open;
	}
}

void incomparable_add(struct comparison *k, const char *name, unsigned who)
{
	for (size_t i = 0; i < k->ninc; i++) {
		if (!strcmp(k->inc[i].name, name)) {
			k->inc[i].who |= who;
			k->inc[i].times++;
			return;
		}
	}
	if (make_room((void **)&k->inc, k->ninc, &k->inc_room, sizeof(*k->inc)))
		k->inc[k->ninc++] = (struct incomparable){ texts_get(k->texts, name), who, 1 };
	else
		k->err = -ENOMEM;
}

bool compare_lossy(const struct canon *c)
{
	/* without them names are missing, and what has no name is not compared */
	static const bool harmless[MMT_LOSS_MAX] = {
		[MMT_LOSS_STACK] = true, [MMT_LOSS_SYMBOL] = true, [MMT_LOSS_NAME] = true, [MMT_LOSS_TOTAL] = true
	};

	for (unsigned i = 0; i < MMT_LOSS_MAX; i++)
		if (c->lost[i] && !harmless[i])
			return true;
	return c->bad || c->cut || c->dropped;
}

int compare_verdict(const struct comparison *k)
{
	if (k->n > k->known + k->open)
		return 1;
	return compare_lossy(k->run[0]) || compare_lossy(k->run[1]) ? 4 : 0;
}

void compare_free(struct comparison *k)
{
	free(k->v);
	free(k->inc);
	map_free(&k->by_hash);
}
