// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "enrich/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "mmtrace/base.h"
#include "mmtrace/map.h"

struct names {
	struct map map; /* key -> text */
	struct buf path;
	size_t bytes;
	uint64_t lost;
};

struct names *names_new(void)
{
	return calloc(1, sizeof(struct names));
}

void names_free(struct names *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->map.cap; i++)
		free(n->map.slots[i].val);
	map_free(&n->map);
	buf_free(&n->path);
	free(n);
}

static int keep(struct names *n, uint64_t key, const char *text)
{
	size_t len = strlen(text) + 1;
	char *old = map_get(&n->map, key), *copy;
	int err;

	if (old && !strcmp(old, text))
		return 0;
	if (n->bytes + len > NAMES_BYTES_MAX)
		return -ENOSPC;
	copy = malloc(len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, len);
	err = map_put(&n->map, key, copy);
	if (err) {
		free(copy);
		return err;
	}
	n->bytes += len - (old ? strlen(old) + 1 : 0);
	free(old);
	return 0;
}

int names_put(struct names *n, uint64_t key, const char *text)
{
	int err = keep(n, key, text);

	n->lost += err != 0;
	return err;
}

/*
 * A file of no directory, as /proc/PID/maps calls it: what shmem makes has no link (mm/shmem.c, mm/memfd.c, ipc/shm.c,
 * 6.12), names of anonymous inodes stand in brackets (fs/anon_inodes.c, 6.12).
 */
static void pseudo(struct buf *b, const char *name)
{
	static const char *const unlinked[] = { "memfd:", "SYSV", "dev/zero" };

	buf_printf(b, "%s%s", name[0] == '[' ? "anon_inode:" : "/", name);
	for (size_t i = 0; i < MMT_COUNT(unlinked); i++)
		if (!strncmp(name, unlinked[i], strlen(unlinked[i])))
			buf_puts(b, " (deleted)");
}

/* Leaf first in the item, root first for a reader. */
int names_path(struct buf *b, const struct mmt_path *p)
{
	size_t end = p->used;

	if (p->deleted == MMT_PATH_PSEUDO) {
		pseudo(b, p->text);
		return b->err;
	}
	if (p->truncated)
		buf_puts(b, "…");
	if (!end)
		buf_putc(b, '/');
	while (end) {
		size_t start = end - 1;

		while (start && p->text[start - 1])
			start--;
		if (p->text[start]) {
			buf_putc(b, '/');
			buf_puts(b, p->text + start);
		}
		end = start;
	}
	if (p->deleted == MMT_PATH_DELETED)
		buf_puts(b, " (deleted)");
	return b->err;
}

int names_item(struct names *n, const struct decoded *d)
{
	if (d->name)
		return names_put(n, d->name->key, d->name->text);
	if (!d->path)
		return -EINVAL;
	buf_reset(&n->path);
	if (names_path(&n->path, d->path)) {
		n->lost++;
		return -ENOMEM;
	}
	return names_put(n, d->path->key, buf_str(&n->path));
}

const char *names_get(const void *names, uint64_t key)
{
	return map_get(&((const struct names *)names)->map, key);
}

uint64_t names_lost(const struct names *n)
{
	return n->lost;
}
