// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "maps_text.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "mmtrace/base.h"
#include "mmtrace/wire/names.h"

static uint64_t key_of(const char *s)
{
	uint64_t h = 0xcbf29ce484222325ULL; /* FNV-1a, 64 bits */

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 0x100000001b3ULL;
	return h | 1;
}

static int send_name(uint64_t key, const char *text, mmt_item_fn fn, void *ctx)
{
	char buf[sizeof(struct mmt_name) + 4096 + 8] = "";
	struct mmt_name *n = (void *)buf;
	size_t len = strnlen(text, 4095);
	struct mmt_item item = { .kind = MMT_I_RECORD };

	n->type = MMT_ITEM_NAME;
	n->size = (sizeof(*n) + len + 1 + 7) / 8 * 8;
	n->kind = MMT_NAME_PATH;
	n->key = key;
	memcpy(n->text, text, len);
	item.data = buf;
	item.size = n->size;
	return fn(ctx, &item);
}

/* One line of /proc/PID/maps into an event; *path: behind the columns. Returns false for what is not one. */
static bool parse_line(const char *line, struct mmt_ev_vma_import *e, const char **path)
{
	unsigned long long start, end, off, ino;
	unsigned int maj, min;
	char perm[5] = "";
	int at = 0;

	if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu %n", &start, &end, perm, &off, &maj, &min, &ino, &at) < 7 ||
	    start >= end || strlen(perm) != 4)
		return false;
	*path = line + at;
	e->vma_start = e->addr = start;
	e->vma_end = end;
	e->len = end - start;
	e->pgoff = off / sysconf(_SC_PAGESIZE);
	/* VM_READ … VM_SHARED: include/linux/mm.h, 5.10 to 6.12. /proc shows no more of them. */
	e->vm_flags = (perm[0] == 'r') | (perm[1] == 'w') << 1 | (perm[2] == 'x') << 2 | (perm[3] == 's') << 3;
	e->h.have = MMT_HAVE(VMA_IMPORT, vma_start) | MMT_HAVE(VMA_IMPORT, vma_end) | MMT_HAVE(VMA_IMPORT, pgoff) |
		    MMT_HAVE(VMA_IMPORT, addr) | MMT_HAVE(VMA_IMPORT, len);
	if (ino) {
		e->ino = ino;
		e->dev = maj << 20 | min;
		e->h.have |= MMT_HAVE(VMA_IMPORT, ino) | MMT_HAVE(VMA_IMPORT, dev);
	}
	return true;
}

_Static_assert(sizeof(struct mmt_ev_vma_walk) == sizeof(struct mmt_ev_vma_import) &&
		       (int)MMT_F_VMA_WALK_len == (int)MMT_F_VMA_IMPORT_len,
	       "vma_walk is not laid out like vma_import");

/* x86 shows it in every process; it is nobody's mapping (arch/x86/entry/vsyscall/vsyscall_64.c, 6.12) */
static bool is_gate(const char *name)
{
	return !strcmp(name, "[vsyscall]");
}

int maps_text_tell(char *text, uint16_t type, uint32_t pid, uint32_t mm, mmt_item_fn fn, void *ctx)
{
	char *at = NULL;
	int n = 0, err = 0;

	for (char *line = strtok_r(text, "\n", &at); line && !err; line = strtok_r(NULL, "\n", &at)) {
		struct mmt_ev_vma_import e = {
			.h = { .type = type,
			       .size = sizeof(e),
			       .tier = MMT_TIER_PROC,
			       .pid = pid,
			       .tid = pid,
			       .mm = mm },
		};
		struct mmt_item item = { .kind = MMT_I_RECORD, .data = &e, .size = sizeof(e) };
		const char *name;

		if (!parse_line(line, &e, &name) || is_gate(name))
			continue;
		e.h.ts_ns = clock_now_ns();
		if (name[0]) {
			e.file = key_of(name);
			e.h.have |= MMT_HAVE(VMA_IMPORT, file);
			err = send_name(e.file, name, fn, ctx);
		}
		if (!err)
			err = fn(ctx, &item);
		n++;
	}
	return err ? err : n;
}
