/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "attach.h"
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "mmtrace/base.h"
#include "perf.h"
#include "tasks.h"

#define FILES 8192 /* PERF_MAX, ATTACH_MAX, maps, programs, and what is opened in passing */

void attach_raise_limit(void)
{
	struct rlimit has, want;

	if (getrlimit(RLIMIT_NOFILE, &has) || has.rlim_cur >= FILES)
		return;
	want.rlim_cur = FILES;
	want.rlim_max = has.rlim_max < FILES ? FILES : has.rlim_max;
	if (!setrlimit(RLIMIT_NOFILE, &want))
		return;
	has.rlim_cur = has.rlim_max;
	setrlimit(RLIMIT_NOFILE, &has);
}

#define THREADS_MAX 1000 /* of a target; events of CPUs are fewer then */
#define LOOKS_MAX   16	 /* at a target whose threads come and go */

/* What has to be put on each event. */
struct perf_prog {
	enum perf_fault what;
	int fd;
};

static void drop_fds(struct attached *a, int from)
{
	while (a->nfds > from)
		close(a->fd[--a->nfds]);
}

/* Takes over the event. 0 or -errno: it is closed. */
static int put_on(struct attached *a, const struct perf_prog *p, int event)
{
	int err;

	if (event < 0)
		return event;
	err = a->nfds == PERF_MAX ? -ENOSPC : perf_attach(event, p->fd);
	if (err)
		close(event);
	else
		a->fd[a->nfds++] = event;
	return err;
}

/* An event for each CPU: whoever faults there runs the program. */
static int attach_cpus(struct attached *a, const struct perf_prog *p)
{
	int cpus = libbpf_num_possible_cpus(), from = a->nfds, err;

	for (int cpu = 0; cpu < cpus; cpu++) {
		err = put_on(a, p, perf_open_fault(p->what, cpu));
		if (err && err != -ENODEV && err != -ENXIO) /* a CPU that is not there */
			return err;
	}
	return a->nfds > from ? 0 : -ENODEV;
}

static int attach_these(struct attached *a, const struct perf_prog *p, const struct tasks *t)
{
	int from = a->nfds, err;

	if (t->n > THREADS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < t->n; i++) {
		err = put_on(a, p, perf_open_task_fault(p->what, t->tid[i]));
		if (err && err != -ESRCH)
			return err;
	}
	return a->nfds > from ? 0 : -ESRCH;
}

/*
 * An event for each thread of the target, and by inheritance for all it will make; others pay nothing. Of a thread that comes
 * while the events are opened nobody knows whether its maker had one already: then all is done again. The list is read twice:
 * where a thread ends meanwhile, one reading may pass over another.
 */
static int attach_tasks(struct attached *a, const struct perf_prog *p)
{
	struct tasks was = { 0 }, is = { 0 };
	int from = a->nfds, err = tasks_read(&was, a->target);
	bool same = false;

	for (int i = 0; i < LOOKS_MAX && !err && !same; i++) {
		err = attach_these(a, p, &was);
		if (!err)
			err = tasks_read(&is, a->target);
		same = !err && tasks_same(&was, &is);
		if (same) {
			err = tasks_read(&is, a->target);
			same = !err && tasks_same(&was, &is);
		}
		if (!same) {
			struct tasks swap = was;

			was = is;
			is = swap;
			drop_fds(a, from);
		}
	}
	tasks_free(&was);
	tasks_free(&is);
	return err ? err : same ? 0 : -EAGAIN;
}

/* Where an entry is seen of every thread its end must be, too: those of programs that run as another user have no events. */
static int attach_perf(struct attached *a, const struct bpf_program *prog, const char *name, int tier)
{
	const struct perf_prog p = { .fd = bpf_program__fd(prog),
				     .what = strstr(name, "_min")   ? PERF_FAULTS_MIN :
					     strstr(name, "_maj")   ? PERF_FAULTS_MAJ :
					     strstr(name, "_clock") ? PERF_CLOCK :
								      PERF_FAULTS };
	int err;

	if (tier == MMT_TIER_PERF && tasks_asked(a->target)) {
		err = attach_tasks(a, &p);
		if (!err)
			return 0;
		mmt_debug("%s: watched on every CPU, not in the target's threads alone: %s", name,
			  err == -EAGAIN ? "they come and go too fast" :
			  err == -E2BIG	 ? "they are too many" :
					   strerror(-err));
	}
	return attach_cpus(a, &p);
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
		return attach_perf(a, p, name, t->tier);
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
	drop_fds(a, fds);
	return err;
}

void attach_drop_all(struct attached *a)
{
	while (a->nlinks)
		bpf_link__destroy(a->link[--a->nlinks]);
	drop_fds(a, 0);
}
