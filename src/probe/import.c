/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "import.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "maps_text.h"
#include "mmtrace/base.h"
#include "mmtrace/wire/names.h"

int import_iter(const struct objects *o, uint32_t pid)
{
	struct bpf_program *p = objects_prog(o, OBJ_CORE, "import__iter");
	LIBBPF_OPTS(bpf_iter_attach_opts, opts);
	union bpf_iter_link_info info = {};
	struct bpf_link *link;
	char buf[256];
	int fd, err = 0;

	if (!p || bpf_program__fd(p) < 0)
		return -ENOENT;
	info.task.pid = pid;
	opts.link_info = &info;
	opts.link_info_len = sizeof(info);
	link = bpf_program__attach_iter(p, pid ? &opts : NULL);
	if (!link && pid)
		link = bpf_program__attach_iter(p, NULL); /* before 6.1 the iterator cannot name a task */
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0)
		err = -errno;
	/* the program writes to the ring, never to this file; reading drives it */
	while (fd >= 0) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n < 0 && errno == EAGAIN)
			continue;
		if (n < 0)
			err = -errno;
		if (n <= 0)
			break;
	}
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return err;
}

/* /proc/PID/maps as it is now; NULL and errno */
static char *read_maps(uint32_t pid)
{
	char path[64], *text = NULL;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return NULL;
	if (getdelim(&text, &size, '\0', f) < 0) {
		/* empty: it has no address space any more */
		free(text);
		text = NULL;
		errno = ESRCH;
	}
	fclose(f);
	return text;
}

int import_proc(uint32_t pid, uint32_t mm, mmt_item_fn fn, void *ctx)
{
	char *text = read_maps(pid);
	int n = text ? maps_text_tell(text, MMT_EV_VMA_IMPORT, pid, mm, fn, ctx) : -errno;

	free(text);
	return n;
}

static int tell_sync(uint32_t what, uint32_t pid, uint32_t mm, mmt_item_fn fn, void *ctx)
{
	struct mmt_sync m = { .type = MMT_ITEM_SYNC, .size = sizeof(m), .what = what, .mm = mm, .pid = pid };
	struct mmt_item item = { .kind = MMT_I_RECORD, .data = &m, .size = sizeof(m) };

	m.ts_ns = clock_now_ns();
	return fn(ctx, &item);
}

int walk_proc(uint32_t tid, uint32_t pid, uint32_t mm, mmt_item_fn fn, void *ctx)
{
	char *text = read_maps(tid); /* the thread that leads the process may have gone */
	int n = text ? tell_sync(MMT_SYNC_WALK_BEGIN, pid, mm, fn, ctx) : -errno;

	if (!n)
		n = maps_text_tell(text, MMT_EV_VMA_WALK, pid, mm, fn, ctx);
	free(text);
	return n < 0 ? n : tell_sync(MMT_SYNC_WALK_END, pid, mm, fn, ctx);
}

/* ---- address spaces that were there at the start --------------------------------------------------------------- */

int spaces_add(struct spaces *s, uint32_t pid, uint32_t mm)
{
	struct space *v;

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].mm == mm)
			return 0;
	v = realloc(s->v, (s->n + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	s->v = v;
	v[s->n++] = (struct space){ .pid = pid, .mm = mm, .maps = read_maps(pid) };
	return 0;
}

static int number_each(const struct objects *o, int (*fn)(void *ctx, uint32_t pid, uint32_t mm), void *ctx)
{
	struct bpf_program *p = objects_prog(o, OBJ_CORE, "number__iter");
	struct bpf_link *link = p && bpf_program__fd(p) >= 0 ? bpf_program__attach_iter(p, NULL) : NULL;
	int fd = link ? bpf_iter_create(bpf_link__fd(link)) : -1, err = fd < 0 ? -errno : 0;
	uint32_t pair[2];

	while (!err && read(fd, pair, sizeof(pair)) == sizeof(pair))
		err = fn(ctx, pair[0], pair[1]);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return err;
}

static int add(void *ctx, uint32_t pid, uint32_t mm)
{
	return spaces_add(ctx, pid, mm);
}

int spaces_number(struct spaces *s, const struct objects *o)
{
	return number_each(o, add, s);
}

static int find(void *ctx, uint32_t pid, uint32_t mm)
{
	uint32_t *asked = ctx;

	if (asked[0] == pid)
		asked[1] = mm;
	return 0;
}

uint32_t spaces_number_of(const struct objects *o, uint32_t pid)
{
	uint32_t asked[2] = { pid, 0 };

	number_each(o, find, asked);
	return asked[1];
}

int spaces_tell(struct spaces *s, mmt_item_fn fn, void *ctx)
{
	int n = 0, got;

	for (; s->told < s->n; s->told++) {
		struct space *v = &s->v[s->told];

		got = v->maps ? maps_text_tell(v->maps, MMT_EV_VMA_IMPORT, v->pid, v->mm, fn, ctx) : 0;
		free(v->maps);
		v->maps = NULL;
		n += got > 0 ? got : 0;
	}
	return n;
}

void spaces_free(struct spaces *s)
{
	while (s->n)
		free(s->v[--s->n].maps);
	free(s->v);
	memset(s, 0, sizeof(*s));
}
