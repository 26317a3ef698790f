// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The trace that scenarios compares: every event, in order of time. */
#include "scenarios.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct trace t;

const struct object *event_parsed(const struct event *e)
{
	static struct object o;
	static char *copy;

	free(copy);
	copy = strdup(e->line);
	if (!copy || object_parse(&o, copy))
		exit(2);
	return &o;
}

static void take_event(const struct object *o, const char *text)
{
	const char *addr = object_get(o, "addr", NULL) ?: object_get(o, "vma_start", NULL);
	uint64_t pid, dur = 0;
	struct event *e;

	if (!(t.n & (t.n - 1)))
		t.events = realloc(t.events, 2 * (t.n + 1) * sizeof(*t.events));
	if (!t.events)
		exit(2);
	e = &t.events[t.n];
	*e = (struct event){ .name = strdup(object_get(o, "event", NULL) ?: "?"), .line = strdup(text) };
	if (!number(object_get(o, "pid", NULL), &pid) || !number(object_get(o, "ts_ns", NULL), &e->ts_ns))
		return;
	number(object_get(o, "dur_ns", NULL), &dur);
	number(addr, &e->addr);
	e->pid = (uint32_t)pid;
	t.has_ids |= object_get(o, "mapping.id", NULL) != NULL;
	e->end_ns = e->ts_ns + dur;
	t.n++;
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return x->ts_ns < y->ts_ns ? -1 : x->ts_ns > y->ts_ns;
}

void lines_load(struct trace *to, const char *path, take_line_fn take)
{
	FILE *f = fopen(path, "re");
	static struct object o;
	char *line = NULL, *copy;
	unsigned long no = 0;
	size_t room = 0;

	if (!f)
		bad_input(path, 0, "cannot be read");
	while (getline(&line, &room, f) > 0) {
		const char *err, *type;

		copy = strdup(line);
		err = copy ? object_parse(&o, copy) : "no memory";
		no++;
		if (err)
			bad_input(path, no, "%s", err);
		type = object_get(&o, "type", NULL) ?: "";
		if (!strcmp(type, "header"))
			number(object_get(&o, "page_size", NULL), &to->page);
		else if (!strcmp(type, "summary")) {
			to->summary = o;
			continue; /* keeps the copy */
		} else if (!take(&o, type, line)) {
			bad_input(path, no, "a %s that lacks something", type);
		}
		free(copy);
	}
	free(line);
	fclose(f);
	if (!to->page || !to->summary.n)
		bad_input(path, no, "no header with a page size, or no summary: it is not whole");
}

static bool take_line(const struct object *o, const char *type, const char *text)
{
	if (!strcmp(type, "event"))
		take_event(o, text);
	return true;
}

void trace_load(struct trace *trace, const char *path)
{
	lines_load(&t, path, take_line);
	qsort(t.events, t.n, sizeof(*t.events), by_time);
	*trace = t;
}

/* When the last call of each process was that its workload has told of. */
static struct {
	uint32_t pid;
	uint64_t ts_ns;
} told[256];

static uint64_t *told_by(uint32_t pid)
{
	size_t i = 0;

	while (i < sizeof(told) / sizeof(told[0]) - 1 && told[i].pid && told[i].pid != pid)
		i++;
	told[i].pid = pid;
	return &told[i].ts_ns;
}

static bool is_call(const struct event *e, const struct call *c)
{
	const struct object *o;
	uint64_t got;

	if (e->pid != c->pid || strcmp(e->name, c->event))
		return false;
	o = event_parsed(e);
	if (!number(object_get(o, c->field, NULL), &got) || got != c->value)
		return false;
	return !c->len || (number(object_get(o, "len", NULL), &got) && got == c->len);
}

/* The events are in order of time by now, and so are the lines of one process. */
bool trace_find(struct call *c)
{
	uint64_t *last = told_by(c->pid);

	for (size_t i = 0; i < t.n; i++)
		if (t.events[i].ts_ns > *last && is_call(&t.events[i], c)) {
			*last = c->ts_ns = t.events[i].ts_ns;
			c->end_ns = t.events[i].end_ns;
			return true;
		}
	return false;
}
