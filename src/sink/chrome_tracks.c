// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ledger/mapping.h"
#include "sink/chrome.h"

/* ---- mappings ---- */

static void put_name(struct chrome_track *t, const char *name)
{
	char *copy;

	/* a file is known later than that it is mapped */
	if (!name || (t->name && (t->name[0] != '[' || name[0] == '[')))
		return;
	copy = strdup(name);
	if (!copy)
		return;
	free(t->name);
	t->name = copy;
}

/* Whoever looks for those of a space looks at what is open only: a long run has closed many. */
static void put_open(struct chrome_sink *k, struct chrome_track *t)
{
	t->before = k->open_last;
	*(k->open_last ? &k->open_last->behind : &k->open) = t;
	k->open_last = t;
}

static void drop_open(struct chrome_sink *k, struct chrome_track *t)
{
	*(t->before ? &t->before->behind : &k->open) = t->behind;
	*(t->behind ? &t->behind->before : &k->open_last) = t->before;
}

struct chrome_track *chrome_track(struct chrome_sink *k, const struct mmt_view *v)
{
	const struct mapping *m = v->map;
	struct chrome_track *t = map_get(&k->tracks, m->serial);

	if (t) {
		put_name(t, v->mapping);
		return t;
	}
	t = calloc(1, sizeof(*t));
	if (!t || map_put(&k->tracks, m->serial, t)) {
		free(t);
		return NULL;
	}
	memcpy(t->id, m->id, sizeof(t->id));
	t->mm = m->mm;
	t->pid = m->pid;
	t->first_ns = m->imported ? k->start_ns : m->born_ns;
	t->tid[0] = k->next_tid++;
	t->nlanes = 1;
	put_name(t, v->mapping);
	*(k->last ? k->last : &k->first) = t;
	k->last = &t->next;
	put_open(k, t);
	return t;
}

/* What ends later is told later: a lane whose last has ended is free. When all are taken the last one has to do. */
uint32_t chrome_lane(struct chrome_sink *k, struct chrome_track *t, uint64_t start, uint64_t end)
{
	unsigned i = 0;

	while (i < t->nlanes && t->end_ns[i] > start)
		i++;
	if (i == t->nlanes && t->nlanes < CHROME_LANES)
		t->tid[t->nlanes++] = k->next_tid++;
	i = i < t->nlanes ? i : t->nlanes - 1;
	if (i == 0 && start < t->first_ns)
		t->first_ns = start;
	t->end_ns[i] = end > t->end_ns[i] ? end : t->end_ns[i];
	return t->tid[i];
}

int chrome_close_track(struct chrome_sink *k, struct chrome_track *t, uint64_t end_ns, const char *why)
{
	uint64_t end = end_ns > t->end_ns[0] ? end_ns : t->end_ns[0];
	struct chrome_event e = {
		.phase = "X", .name = t->name ? t->name : t->id, .category = "mapping", .pid = t->pid, .tid = t->tid[0]
	};

	if (t->closed)
		return 0;
	t->closed = true;
	drop_open(k, t);
	t->end_ns[0] = UINT64_MAX; /* what is told of it yet overlaps its end */
	e.ts_ns = t->first_ns;
	e.dur_ns = end > t->first_ns ? end - t->first_ns : 0;
	chrome_put(k, &e);
	json_obj(&k->j, "args");
	json_str(&k->j, "mapping", t->id);
	json_str(&k->j, "end", why);
	json_end(&k->j);
	return chrome_done(k);
}

int chrome_close_space(struct chrome_sink *k, uint32_t mm, uint32_t pid, uint64_t end_ns, const char *why)
{
	struct chrome_track *t = k->open, *behind;
	int err = 0;

	for (; t && !err; t = behind) {
		behind = t->behind;
		if (mm ? t->mm == mm : !t->mm && t->pid == pid)
			err = chrome_close_track(k, t, end_ns, why);
	}
	return err;
}

/* ---- names ---- */

int chrome_know_thread(struct chrome_sink *k, uint32_t pid, uint32_t tid, const char *comm)
{
	uint64_t key = (uint64_t)pid << 32 | tid;
	struct chrome_thread *t = key ? map_get(&k->threads, key) : NULL;

	if (!t && key) {
		t = calloc(1, sizeof(*t));
		if (!t || map_put(&k->threads, key, t)) {
			free(t);
			return -ENOMEM;
		}
		t->pid = pid;
		t->tid = tid;
		*(k->last_thread ? k->last_thread : &k->first_thread) = t;
		k->last_thread = &t->next;
	}
	if (t)
		snprintf(t->comm, sizeof(t->comm), "%s", comm); /* the last is the program's, not its parent's */
	return 0;
}

static int put_names(struct chrome_sink *k, const char *what, uint32_t pid, uint32_t tid, const char *name)
{
	struct chrome_event e = { .phase = "M", .name = what, .pid = pid, .tid = tid };

	chrome_put(k, &e);
	json_obj(&k->j, "args");
	json_str(&k->j, "name", name);
	json_end(&k->j);
	return chrome_done(k);
}

/* Behind the threads of the process, in the order of their making. */
static int put_place(struct chrome_sink *k, uint32_t pid, uint32_t tid)
{
	struct chrome_event e = { .phase = "M", .name = "thread_sort_index", .pid = pid, .tid = tid };

	chrome_put(k, &e);
	json_obj(&k->j, "args");
	json_u64(&k->j, "sort_index", tid);
	json_end(&k->j);
	return chrome_done(k);
}

static int name_track(struct chrome_sink *k, const struct chrome_track *t)
{
	char text[256];
	int err = 0;

	for (unsigned i = 0; i < t->nlanes && !err; i++) {
		if (i)
			snprintf(text, sizeof(text), "%s %s (%u)", t->id, t->name ? t->name : "", i + 1);
		else
			snprintf(text, sizeof(text), "%s %s", t->id, t->name ? t->name : "");
		err = put_names(k, "thread_name", t->pid, t->tid[i], text);
		if (!err)
			err = put_place(k, t->pid, t->tid[i]);
	}
	return err;
}

int chrome_finish(struct chrome_sink *k)
{
	int err = 0;

	for (struct chrome_track *t = k->first; t && !err; t = t->next) {
		err = chrome_close_track(k, t, k->last_ns, "still mapped");
		if (!err)
			err = name_track(k, t);
	}
	for (const struct chrome_thread *t = k->first_thread; t && !err; t = t->next) {
		err = put_names(k, "thread_name", t->pid, t->tid, t->comm);
		/* the first thread's name is the process's; of one that was not heard of, some other's */
		if (!err && (t->tid == t->pid || !map_get(&k->threads, (uint64_t)t->pid << 32 | t->pid)))
			err = put_names(k, "process_name", t->pid, t->tid, t->comm);
	}
	return err;
}

void chrome_free_tracks(struct chrome_sink *k)
{
	while (k->first) {
		struct chrome_track *t = k->first;

		k->first = t->next;
		free(t->name);
		free(t);
	}
	while (k->first_thread) {
		struct chrome_thread *t = k->first_thread;

		k->first_thread = t->next;
		free(t);
	}
	map_free(&k->tracks);
	map_free(&k->threads);
}
