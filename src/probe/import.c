/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "import.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>
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
	char perm[5];
	int at = 0;

	if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu %n", &start, &end, perm, &off, &maj, &min, &ino, &at) < 7)
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

_Static_assert(sizeof(struct mmt_ev_vma_walk) == sizeof(struct mmt_ev_vma_import) &&
		       (int)MMT_F_VMA_WALK_len == (int)MMT_F_VMA_IMPORT_len,
	       "vma_walk is not laid out like vma_import");

/* x86 shows it in every process; it is nobody's mapping (arch/x86/entry/vsyscall/vsyscall_64.c, 6.12) */
static bool is_gate(const char *name)
{
	return !strcmp(name, "[vsyscall]");
}

/* Takes text apart. type: vma_import, or vma_walk, which is the same. */
static int tell_maps(char *text, uint16_t type, uint32_t pid, uint32_t mm, mmt_item_fn fn, void *ctx)
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

int import_proc(uint32_t pid, uint32_t mm, mmt_item_fn fn, void *ctx)
{
	char *text = read_maps(pid);
	int n = text ? tell_maps(text, MMT_EV_VMA_IMPORT, pid, mm, fn, ctx) : -errno;

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
		n = tell_maps(text, MMT_EV_VMA_WALK, pid, mm, fn, ctx);
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

		got = v->maps ? tell_maps(v->maps, MMT_EV_VMA_IMPORT, v->pid, v->mm, fn, ctx) : 0;
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
