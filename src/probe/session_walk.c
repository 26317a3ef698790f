// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What is mapped in a process now, as the kernel has it: for the ledger to be compared with. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "mmtrace/base.h"
#include "session_impl.h"

#define TRIES	 16	      /* the kernel lets go of a reader after a million VMAs: kernel/bpf/bpf_iter.c, 6.12 */
#define TGID_KEY (1ULL << 62) /* bpf/task.bpf.h: an address space without BTF */

/* struct vma_walk, bpf/import.bpf.c */
struct walk_asked {
	uint32_t tid, mm, pid, lost;
};

static struct bpf_link *attach_walk(const struct bpf_program *p, uint32_t tid)
{
	LIBBPF_OPTS(bpf_iter_attach_opts, opts);
	union bpf_iter_link_info info = {};
	struct bpf_link *link;

	info.task.tid = tid;
	opts.link_info = &info;
	opts.link_info_len = sizeof(info);
	link = bpf_program__attach_iter(p, &opts);
	/* before 6.1 the iterator cannot name a task; the program picks it */
	return link ? link : bpf_program__attach_iter(p, NULL);
}

/* The program writes to the ring, never to this file; reading drives it. */
static int drive(int fd)
{
	char none[64];
	ssize_t n;

	for (int tries = 0; tries < TRIES; tries++) {
		n = read(fd, none, sizeof(none));
		if (n == 0)
			return 0;
		if (n < 0 && errno != EAGAIN)
			return -errno;
	}
	return -EAGAIN;
}

static int walk_iter(struct session *s, uint32_t tid, mmt_item_fn fn, void *ctx)
{
	struct bpf_program *p = objects_prog(s->objects, OBJ_CORE, "walk__iter");
	struct walk_asked w = { .tid = tid };
	int map = objects_map(s->objects, "walk_asked"), fd, err;
	struct bpf_link *link;
	uint32_t zero = 0;

	if (!p || bpf_program__fd(p) < 0 || bpf_map_update_elem(map, &zero, &w, BPF_ANY))
		return -ENOENT;
	link = attach_walk(p, tid);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	err = fd < 0 ? -errno : drive(fd);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	if (!err && !bpf_map_lookup_elem(map, &zero, &w) && !w.mm)
		err = w.lost ? -ENOSPC : -ESRCH; /* lost: no number was left for its address space, which is counted */
	if (!err)
		err = session__drain(s, fn, ctx);
	return err < 0 ? err : 0;
}

/* The number that the hooks know its address space by, 0: none. */
static uint32_t number_of(const struct session *s, uint32_t pid)
{
	const struct hook_choice *c = &s->choice[MMT_HOOK_IMPORT];
	uint64_t key = TGID_KEY | pid;
	uint32_t number = 0;

	if (c->try >= 0 && hook_table[MMT_HOOK_IMPORT].tries[c->try].object == OBJ_CORE)
		return spaces_number_of(s->objects, pid);
	bpf_map_lookup_elem(objects_map(s->objects, "mms"), &key, &number);
	return number;
}

static uint32_t process_of(uint32_t tid)
{
	char path[64], line[128];
	uint32_t pid = tid;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/status", tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %u", &pid) == 1)
			break;
	if (f)
		fclose(f);
	return pid;
}

bool session__walks_live(const struct session *s)
{
	const struct hook_choice *c = &s->choice[MMT_HOOK_IMPORT];

	return c->try >= 0 && hook_table[MMT_HOOK_IMPORT].tries[c->try].tier == MMT_TIER_ITER;
}

int session__walk(struct session *s, pid_t tid, mmt_item_fn fn, void *ctx)
{
	int err = session__drain(s, fn, ctx);
	uint32_t pid;

	if (err < 0)
		return err;
	err = session__losses(s, fn, ctx);
	if (err)
		return err;
	if (session__walks_live(s))
		return walk_iter(s, (uint32_t)tid, fn, ctx);
	pid = process_of((uint32_t)tid);
	return walk_proc((uint32_t)tid, pid, number_of(s, pid), fn, ctx);
}
