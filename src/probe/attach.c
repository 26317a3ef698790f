/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "attach.h"
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "perf.h"

static int attach_perf(struct attached *a, const struct bpf_program *p, const char *name)
{
	enum perf_fault what = strstr(name, "_min")   ? PERF_FAULTS_MIN :
			       strstr(name, "_maj")   ? PERF_FAULTS_MAJ :
			       strstr(name, "_clock") ? PERF_CLOCK :
							PERF_FAULTS;
	int cpus = libbpf_num_possible_cpus(), opened = 0;

	for (int cpu = 0; cpu < cpus; cpu++) {
		int fd = perf_open_fault(what, cpu), err;

		if (fd == -ENODEV || fd == -ENXIO)
			continue; /* a CPU that is not there */
		if (fd >= 0 && a->nfds == PERF_MAX) {
			close(fd);
			fd = -ENOSPC;
		}
		if (fd < 0)
			return fd;
		a->fd[a->nfds++] = fd;
		err = perf_attach(fd, bpf_program__fd(p));
		if (err)
			return err;
		opened++;
	}
	return opened ? 0 : -ENODEV;
}

static int attach_one(struct attached *a, const struct objects *o, const struct hook_try *t, const char *name,
		      bool maybe)
{
	struct bpf_program *p = objects_prog(o, t->object, name);
	size_t len = strlen(name);
	struct bpf_link *link;

	if (maybe && p && bpf_program__fd(p) < 0)
		return 0;
	if (!p || bpf_program__fd(p) < 0)
		return -ENOENT;
	if (len > 6 && !strcmp(name + len - 6, "__iter"))
		return 0; /* read when it is wanted */
	if (len > 6 && !strcmp(name + len - 6, "__perf"))
		return attach_perf(a, p, name);
	if (a->nlinks == ATTACH_MAX)
		return -ENOSPC;
	link = bpf_program__attach(p);
	if (!link)
		return -errno;
	a->link[a->nlinks++] = link;
	return 0;
}

int attach_hook(struct attached *a, const struct objects *o, int hook, const struct hook_choice *c)
{
	const struct hook_try *t = &hook_table[hook].tries[c->try];
	char buf[TIERS_PROG_LEN];
	int links = a->nlinks, fds = a->nfds, n = 0, err = 0;

	while (n < HOOK_PROGS && t->progs[n])
		n++;
	/* ends before beginnings: a begin whose end is not yet watched would leave a frame behind */
	while (!err && n--)
		err = attach_one(a, o, t, tiers_prog(c, t->progs[n], buf), t->progs[n][0] == '?');
	if (!err)
		return 0;
	while (a->nlinks > links)
		bpf_link__destroy(a->link[--a->nlinks]);
	while (a->nfds > fds)
		close(a->fd[--a->nfds]);
	return err;
}

void attach_drop_all(struct attached *a)
{
	while (a->nlinks)
		bpf_link__destroy(a->link[--a->nlinks]);
	while (a->nfds)
		close(a->fd[--a->nfds]);
}
