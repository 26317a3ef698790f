/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "tasks.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool tasks_asked(const struct session_opts *o)
{
	return o->npids || o->ntids || o->command;
}

static int add(struct tasks *t, pid_t tid)
{
	if (t->n == t->room) {
		size_t room = t->room ? 2 * t->room : 64;
		pid_t *p = realloc(t->tid, room * sizeof(*p));

		if (!p)
			return -ENOMEM;
		t->tid = p;
		t->room = room;
	}
	t->tid[t->n++] = tid;
	return 0;
}

static int add_process(struct tasks *t, pid_t pid)
{
	char path[32];
	struct dirent *e;
	int err = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	d = opendir(path);
	if (!d)
		return errno == ENOENT ? 0 : -errno;
	while (!err && (e = readdir(d)))
		if (e->d_name[0] != '.')
			err = add(t, atoi(e->d_name));
	closedir(d);
	return err;
}

static int by_number(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

int tasks_read(struct tasks *t, const struct session_opts *o)
{
	size_t kept = 0;
	int err = 0;

	t->n = 0;
	for (size_t i = 0; i < o->npids && !err; i++)
		err = add_process(t, (pid_t)o->pids[i]);
	for (size_t i = 0; i < o->ntids && !err; i++)
		err = add(t, (pid_t)o->tids[i]);
	if (o->command && !err)
		err = add_process(t, o->command);
	if (err || !t->n)
		return err;
	qsort(t->tid, t->n, sizeof(*t->tid), by_number);
	for (size_t i = 1; i < t->n; i++)
		if (t->tid[i] != t->tid[kept])
			t->tid[++kept] = t->tid[i];
	t->n = kept + 1;
	return 0;
}

bool tasks_same(const struct tasks *a, const struct tasks *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->tid, b->tid, a->n * sizeof(*a->tid)));
}

void tasks_free(struct tasks *t)
{
	free(t->tid);
	*t = (struct tasks){ 0 };
}
