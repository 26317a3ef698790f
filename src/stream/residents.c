// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/residents.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct residents_list {
	size_t n, room;
	struct mmt_resident *v;
};

static struct residents_list *list_of(struct residents *r, uint32_t pid)
{
	struct residents_list *l = map_get(&r->of, pid);

	if (l)
		return l;
	l = calloc(1, sizeof(*l));
	if (l && map_put(&r->of, pid, l)) {
		free(l);
		return NULL;
	}
	return l;
}

static int make_room(struct residents_list *l)
{
	size_t room = l->room ? l->room * 2 : 64;
	struct mmt_resident *v;

	if (l->n < l->room)
		return 0;
	v = realloc(l->v, room * sizeof(*v));
	if (!v)
		return -ENOMEM;
	l->v = v;
	l->room = room;
	return 0;
}

int residents_item(struct residents *r, const struct mmt_resident *item)
{
	struct residents_list *l = list_of(r, item->pid);

	if (!l)
		return -ENOMEM;
	if (!item->nth) {
		r->n -= l->n;
		l->n = 0;
	}
	if (item->end <= item->start)
		return 0;
	if (r->n >= RESIDENTS_MAX)
		return -ENOSPC;
	if (make_room(l))
		return -ENOMEM;
	l->v[l->n++] = *item;
	r->n++;
	return 0;
}

int residents_each(const struct residents *r, uint32_t pid, mmt_resident_fn take, void *ctx)
{
	const struct residents_list *l = map_get(&r->of, pid);
	int err = 0;

	if (!l)
		return -ENOENT;
	for (size_t i = 0; i < l->n && !err; i++) {
		char perms[5] = "";

		memcpy(perms, l->v[i].perms, 4);
		err = take(ctx, l->v[i].start, l->v[i].end, l->v[i].bytes, perms);
	}
	return err;
}

void residents_free(struct residents *r)
{
	for (size_t i = 0; i < r->of.cap; i++) {
		struct residents_list *l = r->of.slots[i].val;

		if (r->of.slots[i].key && l) {
			free(l->v);
			free(l);
		}
	}
	map_free(&r->of);
	*r = (struct residents){ 0 };
}
