// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What mmdemo-use (or stock) printed, as mappings with their places and numbers. Each of its calls is looked up in the
 * trace too, so that an address which served twice is told apart by time.
 */
#include "match.h"
#include "scenarios.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct words {
	const char *step;
	struct pair kv[24];
	unsigned int n;
};

static struct {
	struct used *u;
	struct table *t;
	const char *path;
	unsigned long no;
	uint64_t page, size; /* size: of what the driver offers, by its last line info */
	find_call find;
	struct words ways; /* chosen since the last open */
} r;

static const char *get(const struct words *w, const char *name)
{
	for (unsigned int i = 0; i < w->n; i++)
		if (!strcmp(w->kv[i].field, name))
			return w->kv[i].value;
	return NULL;
}

static uint64_t get_number(const struct words *w, const char *name)
{
	uint64_t v;

	if (!number(get(w, name), &v))
		bad_input(r.path, r.no, "%s without a number %s=", w->step, name);
	return v;
}

const char *mapping_var(const struct mapping *m, const char *name)
{
	for (unsigned int i = 0; i < m->n_vars; i++)
		if (!strcmp(m->vars[i].field, name))
			return m->vars[i].value;
	return NULL;
}

static struct place *add_place(struct mapping *m, uint32_t pid, uint64_t start, uint64_t len, uint64_t from_ns)
{
	struct place *p = &r.u->places[r.u->n_places++];

	if (r.u->n_places == sizeof(r.u->places) / sizeof(r.u->places[0]))
		bad_input(r.path, r.no, "too many mappings");
	*p = (struct place){ .m = m, .pid = pid, .start = start, .end = start + len, .from_ns = from_ns };
	p->to_ns = UINT64_MAX;
	p->pages = calloc(len / r.page + 1, 1);
	return p;
}

const struct place *used_place(const struct used *u, uint32_t pid, uint64_t addr, uint64_t ts_ns)
{
	const struct place *last = NULL;

	for (unsigned int i = 0; i < u->n_places; i++) {
		const struct place *p = &u->places[i];

		if (p->pid == pid && addr >= p->start && addr < p->end && ts_ns >= p->from_ns && ts_ns <= p->to_ns)
			last = p;
	}
	return last;
}

/* Where it lies as the workload goes on: the youngest that has not ended. */
static struct place *live_place(uint32_t pid, uint64_t addr)
{
	for (unsigned int i = r.u->n_places; i--;) {
		struct place *p = &r.u->places[i];

		if (p->pid == pid && addr >= p->start && addr < p->end && p->to_ns == UINT64_MAX)
			return p;
	}
	return NULL;
}

static struct call traced(const struct words *w, struct call c)
{
	if (!r.find(&c))
		bad_input(r.path, r.no, "the trace has no %s of process %u with %s 0x%llx, which its line %s tells of",
			  c.event, c.pid, c.field, (unsigned long long)c.value, w->step);
	return c;
}

static bool has_row(const struct row *row, const struct mapping *m)
{
	if (!row->conds)
		return !strcmp(row->name, m->kind);
	for (unsigned int i = 0; i < row->conds; i++)
		if (strcmp(mapping_var(m, row->cond[i].field) ?: "0", row->cond[i].value))
			return false;
	return true;
}

static void step_mmap(const struct words *w, uint32_t pid)
{
	struct mapping *m = calloc(1, sizeof(*m));
	uint64_t addr = get_number(w, "addr"), len = get_number(w, "len");
	struct call c;

	memcpy(m->vars, w->kv, w->n * sizeof(*w->kv));
	m->n_vars = w->n;
	for (unsigned int i = 0; i < r.ways.n && m->n_vars < sizeof(m->vars) / sizeof(*m->vars); i++)
		m->vars[m->n_vars++] = r.ways.kv[i];
	m->kind = get(w, "kind");
	m->n[N_MAPS] = 1;
	m->n[N_PAGES] = (int64_t)((len + r.page - 1) / r.page);
	for (unsigned int i = 0; i < r.t->n && !m->row; i++)
		if (has_row(&r.t->rows[i], m))
			m->row = &r.t->rows[i];
	if (!m->row)
		bad_input(r.path, r.no, "no row of the table is for this mapping of kind %s", m->kind);
	m->row->used = true;
	r.u->maps[r.u->n_maps++] = m;
	c = traced(w, (struct call){ "mmap", pid, "ret", addr, len, 0, 0 });
	add_place(m, pid, addr, (uint64_t)m->n[N_PAGES] * r.page, c.ts_ns);
}

/* A whole mapping, what is left of one, or a hole in its middle. */
static void step_munmap(const struct words *w, uint32_t pid)
{
	uint64_t addr = get_number(w, "addr"), end = addr + get_number(w, "len");
	struct place *p = live_place(pid, addr);
	struct call c = traced(w, (struct call){ "munmap", pid, "addr", addr, end - addr, 0, 0 });

	if (!p)
		return; /* a place that was only reserved */
	if (addr > p->start && end < p->end) {
		p->m->n[N_HOLES]++;
		return;
	}
	p->m->n[N_UNMAPS]++;
	p->to_ns = c.end_ns;
}

static void step_fork(const struct words *w, uint32_t pid)
{
	uint32_t child = (uint32_t)get_number(w, "child");
	struct place *p = live_place(pid, get_number(w, "addr")), *q;
	struct call c;
	size_t pages;

	if (!p)
		bad_input(r.path, r.no, "a fork with no mapping");
	p->m->n[N_FORKS]++;
	pages = (size_t)((p->end - p->start) / r.page);
	c = traced(w, (struct call){ "fork", pid, "child", child, 0, 0, 0 });
	q = add_place(p->m, child, p->start, p->end - p->start, c.ts_ns);
	q->child = true;
	for (size_t i = 0; i < pages; i++)
		q->pages[i] = p->pages[i] ? p->pages[i] | PAGE_OF_PARENT : 0;
}

static void step_mremap(const struct words *w, uint32_t pid)
{
	uint64_t addr = get_number(w, "addr"), to = get_number(w, "to");
	struct place *p = live_place(pid, addr), *q;
	struct call c = traced(w, (struct call){ "mremap", pid, "addr", addr, get_number(w, "newlen"), 0, 0 });

	if (!p || !to)
		return; /* refused */
	p->m->n[N_MOVES]++;
	p->to_ns = c.end_ns;
	q = add_place(p->m, pid, to, p->end - p->start, c.ts_ns);
	memcpy(q->pages, p->pages, (p->end - p->start) / r.page);
}

static void step_mprotect(const struct words *w, uint32_t pid)
{
	struct place *p = live_place(pid, get_number(w, "addr"));

	if (p)
		p->m->n[N_PROTS]++;
}

static void touch_page(struct mapping *m, unsigned char *s, unsigned char how, bool upper)
{
	if (*s & PAGE_OF_PARENT) {
		m->n[N_INHERITED]++;
	} else if (!*s) {
		m->n[how == PAGE_READ ? N_READ : N_WRITTEN]++;
		m->n[how == PAGE_READ ? N_READ_UPPER : N_WRITTEN_UPPER] += upper;
	} else if (how == PAGE_WRITTEN && !(*s & PAGE_WRITTEN)) {
		m->n[N_UPGRADED]++;
	}
	*s &= (unsigned char)~PAGE_OF_PARENT;
	*s |= how;
}

static void touch(const struct words *w, uint32_t pid, unsigned char how)
{
	uint64_t addr = get_number(w, "addr"), len = get(w, "len") ? get_number(w, "len") : 1, off = 0;
	struct place *p = live_place(pid, addr);

	if (!p)
		return;
	number(mapping_var(p->m, "off"), &off);
	for (uint64_t i = (addr - p->start) / r.page; i <= (addr + len - 1 - p->start) / r.page; i++)
		touch_page(p->m, &p->pages[i], how, 2 * (off + i * r.page) >= r.size);
}

/* From outside, as a debugger does. */
static void step_remote(const struct words *w, uint32_t pid)
{
	struct place *p = live_place(pid, get_number(w, "addr"));

	if (!p)
		return;
	p->m->n[N_REACHES]++;
	p->m->n[N_REACHED] += (int64_t)(get_number(w, "len") / r.page);
}

static void step_info(const struct words *w, uint32_t pid)
{
	(void)pid;
	r.size = get_number(w, "size");
}

static void step_read(const struct words *w, uint32_t pid)
{
	touch(w, pid, PAGE_READ);
}

static void step_write(const struct words *w, uint32_t pid)
{
	touch(w, pid, PAGE_WRITTEN);
}

/* The youngest mapping of the line's kind that is the process's own. */
static struct place *live_of_kind(const struct words *w, uint32_t pid)
{
	for (unsigned int i = r.u->n_places; i--;) {
		struct place *p = &r.u->places[i];

		if (p->pid == pid && !p->child && p->to_ns == UINT64_MAX && !strcmp(p->m->kind, get(w, "kind") ?: ""))
			return p;
	}
	return NULL;
}

/* The driver took the entries away: each page will be touched for the first time again. */
static void forget_pages(const struct words *w, uint32_t pid)
{
	struct place *p = live_of_kind(w, pid);

	if (p)
		memset(p->pages, 0, (p->end - p->start) / r.page);
}

static void choose(const char *name, const char *value)
{
	for (unsigned int i = 0; i < r.ways.n; i++)
		if (!strcmp(r.ways.kv[i].field, name))
			r.ways.kv[i] = r.ways.kv[--r.ways.n];
	r.ways.kv[r.ways.n++] = (struct pair){ .field = name, .value = value };
}

/* Which function is to map, and settings beside that. */
static void step_way(const struct words *w, uint32_t pid)
{
	static const char *const settings[] = { "delay_us", "fresh", "sync_start", "sync_end" };
	const char *name = get(w, "name");

	if (!strcmp(name, "fresh"))
		forget_pages(w, pid);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (!strcmp(name, settings[i])) {
			choose(name, get(w, "value"));
			return;
		}
	choose("way", name);
}

/* From now on it is the dma-buf's descriptor that is mapped. */
static void step_descriptor(const struct words *w, uint32_t pid)
{
	(void)w;
	(void)pid;
	choose("way", "descriptor");
}

/* Which pages the driver was told of, a bit for each; it wants to be told again. */
static void step_written(const struct words *w, uint32_t pid)
{
	struct place *p = live_of_kind(w, pid);

	if (p)
		p->m->n[N_TOLD] += __builtin_popcountll(get_number(w, "got"));
	forget_pages(w, pid);
}

static void step_refused(const struct words *w, uint32_t pid)
{
	struct place *p = live_of_kind(w, pid);

	if (p && !strcmp(get(w, "case") ?: "", "split"))
		p->m->n[N_SPLITS_REFUSED]++;
}

static void step_open(const struct words *w, uint32_t pid)
{
	(void)w;
	(void)pid;
	r.ways.n = 0;
}

static void step_skip(const struct words *w, uint32_t pid)
{
	(void)pid;
	for (unsigned int i = 0; i < r.t->n; i++) {
		struct row *row = &r.t->rows[i];

		if (!strcmp(row_kind(row), get(w, "kind")))
			row->skip = get(w, "why") ?: get(w, "reason");
	}
}

static const struct {
	const char *step;
	void (*take)(const struct words *w, uint32_t pid);
} steps[] = {
	{ "open", step_open },	       { "info", step_info },
	{ "remote", step_remote },     { "way", step_way },
	{ "mmap", step_mmap },	       { "munmap", step_munmap },
	{ "fork", step_fork },	       { "mremap", step_mremap },
	{ "mprotect", step_mprotect }, { "read", step_read },
	{ "register", step_read },     { "write", step_write },
	{ "skip", step_skip },	       { "slow", step_read },
	{ "export", step_descriptor }, { "receive", step_descriptor },
	{ "written", step_written },   { "refused", step_refused },
};

/* In place; double quotes hold blanks together. */
static void split(struct words *w, char *line)
{
	w->step = strsep(&line, " ");
	w->n = 0;
	while (line && *line && w->n < sizeof(w->kv) / sizeof(*w->kv)) {
		char *name = line, *eq = strchr(line, '='), *value;

		if (!eq)
			return;
		*eq = 0;
		value = eq + 1;
		if (*value == '"') {
			line = ++value;
			strsep(&line, "\"");
			line += line && *line == ' ';
		} else {
			line = value;
			strsep(&line, " ");
		}
		w->kv[w->n++] = (struct pair){ .field = name, .value = value };
	}
}

/* A child may print before its parent tells of the fork. */
static void take_fork_of(struct words *w, size_t n, uint32_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", pid);
	for (size_t i = 0; i < n; i++)
		if (w[i].step && !strcmp(w[i].step, "fork") && get(&w[i], "child") &&
		    !strcmp(get(&w[i], "child"), text)) {
			step_fork(&w[i], (uint32_t)get_number(&w[i], "pid"));
			w[i].step = NULL;
		}
}

static void take_line(struct words *w, size_t left)
{
	const char *result = get(w, "result"), *step = w->step;
	uint32_t pid;

	if (!strcmp(step, "done"))
		*(get(w, "wrong") && !strcmp(get(w, "wrong"), "0") ? &r.u->done : &r.u->wrong) += 1;
	if (!get(w, "pid") || (result && strcmp(result, "ok") && strcmp(step, "mremap")))
		return;
	pid = (uint32_t)get_number(w, "pid");
	take_fork_of(w + 1, left, pid);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!strcmp(step, steps[i].step))
			steps[i].take(w, pid);
}

void used_load(struct used *u, struct table *t, const char *path, uint64_t page, find_call find)
{
	char *line, *next = read_whole(path);
	struct words *w = NULL;
	size_t n = 0;

	r.u = u;
	r.t = t;
	r.path = path;
	r.page = page;
	r.find = find;
	while ((line = strsep(&next, "\n"))) {
		if (!(n & (n - 1)))
			w = realloc(w, 2 * (n + 1) * sizeof(*w));
		if (!w)
			bad_input(path, n, "no memory");
		split(&w[n++], line);
	}
	for (size_t i = 0; i < n; i++) {
		r.no = i + 1;
		if (w[i].step)
			take_line(&w[i], n - i - 1);
	}
	free(w); /* but not the text, which the mappings keep */
}
