/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the maps take, from what /proc says of their descriptors. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mmtrace/base.h"
#include "objects.h"

#define WORTH_TELLING 65536

struct sized {
	char name[32];
	uint32_t id;
	uint64_t bytes;
};

/* "memlock:" has been what the map takes since 6.3 (map_mem_usage, kernel/bpf/syscall.c), and its accounted pages before. */
static uint64_t bytes_of(int fd)
{
	uint64_t bytes = 0;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %" SCNu64, &bytes) == 1)
			break;
	fclose(f);
	return bytes;
}

static int by_size(const void *a, const void *b)
{
	const struct sized *x = a, *y = b;

	return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 : 0;
}

/* Two objects share most of their maps: each counts once. */
static size_t gather(struct bpf_object *obj, struct sized *all, size_t n, size_t room)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, obj) {
		struct bpf_map_info info = {};
		uint32_t len = sizeof(info);
		size_t i;

		if (bpf_map__fd(m) < 0 || n == room || bpf_obj_get_info_by_fd(bpf_map__fd(m), &info, &len))
			continue;
		for (i = 0; i < n && all[i].id != info.id; i++)
			;
		if (i < n)
			continue;
		snprintf(all[n].name, sizeof(all[n].name), "%s", bpf_map__name(m));
		all[n].id = info.id;
		all[n].bytes = bytes_of(bpf_map__fd(m));
		n++;
	}
	return n;
}

uint64_t objects_bytes(const struct objects *o, char *text, size_t size)
{
	struct sized all[128];
	uint64_t sum = 0;
	size_t n = 0, at = 0;

	for (int i = OBJ_PLAIN; i <= OBJ_CORE; i++)
		if (objects_body(o, i))
			n = gather(objects_body(o, i), all, n, MMT_COUNT(all));
	qsort(all, n, sizeof(all[0]), by_size);
	if (size)
		text[0] = 0;
	for (size_t i = 0; i < n; i++) {
		char word[NUM_FMT_LEN];

		sum += all[i].bytes;
		if (all[i].bytes >= WORTH_TELLING && at < size)
			at += snprintf(text + at, size - at, "%s%s %s", at ? ", " : "", all[i].name,
				       num_fmt_size(word, all[i].bytes));
	}
	return sum;
}
