// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "mmtrace/map.h"

#include <errno.h>
#include <stdlib.h>

#define MAP_FIRST_CAP 64

/* Fibonacci hashing: kernel addresses and small ordinals alike spread over the upper bits. */
static size_t home(const struct map *m, uint64_t key)
{
	return (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 32) & (m->cap - 1);
}

static size_t find(const struct map *m, uint64_t key)
{
	size_t i = home(m, key);

	while (m->slots[i].key && m->slots[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return i;
}

static int grow(struct map *m)
{
	struct map bigger = { .cap = m->cap ? m->cap * 2 : MAP_FIRST_CAP, .n = m->n };

	bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].key)
			bigger.slots[find(&bigger, m->slots[i].key)] = m->slots[i];
	free(m->slots);
	*m = bigger;
	return 0;
}

void *map_get(const struct map *m, uint64_t key)
{
	if (!key || !m->cap)
		return NULL;
	return m->slots[find(m, key)].val;
}

int map_put(struct map *m, uint64_t key, void *val)
{
	size_t i;

	if (!key)
		return -EINVAL;
	if ((m->n + 1) * 4 > m->cap * 3) {
		int err = grow(m);

		if (err)
			return err;
	}
	i = find(m, key);
	m->n += !m->slots[i].key;
	m->slots[i] = (struct map_slot){ key, val };
	return 0;
}

void *map_del(struct map *m, uint64_t key)
{
	size_t hole, i;
	void *val;

	if (!key || !m->cap)
		return NULL;
	hole = find(m, key);
	val = m->slots[hole].val;
	if (!m->slots[hole].key)
		return NULL;
	/* Close the hole: pull back every later slot of the cluster that could not be found across it. */
	for (i = (hole + 1) & (m->cap - 1); m->slots[i].key; i = (i + 1) & (m->cap - 1)) {
		size_t want = home(m, m->slots[i].key);

		if (((i - want) & (m->cap - 1)) < ((i - hole) & (m->cap - 1)))
			continue;
		m->slots[hole] = m->slots[i];
		hole = i;
	}
	m->slots[hole] = (struct map_slot){ 0 };
	m->n--;
	return val;
}

void map_free(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}
