/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * map (base): u64 key -> pointer, open addressing. Start from {0}. Key 0 belongs to nobody.
 */
#ifndef MMTRACE_MAP_H
#define MMTRACE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_slot {
	uint64_t key; /* 0: free */
	void *val;
};

struct map {
	struct map_slot *slots;
	size_t n, cap; /* cap: 0 or a power of two */
};

void *map_get(const struct map *m, uint64_t key);    /* NULL when absent */
int map_put(struct map *m, uint64_t key, void *val); /* replaces; 0, -EINVAL for key 0, -ENOMEM */
void *map_del(struct map *m, uint64_t key);	     /* what was there, NULL when nothing */
void map_free(struct map *m);			     /* the slots; the values are the caller's */

#endif
