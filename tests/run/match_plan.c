// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Reads what the workload expects (tests/work/work.h has the format) and what a tier may lack. */
#include "match.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bad_file(const char *path, unsigned long line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "match: %s:%lu: ", path, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	exit(2);
}

/* ---- tiers ---- */

bool tier_lacks_event(const struct tier *t, const char *event, const char *sort)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct lack *l = &t->lacks[i];

		if (!l->field && !strcmp(l->event, event) && (!l->sort || !strcmp(l->sort, sort)))
			return true;
	}
	return false;
}

const struct lack *tier_field(const struct tier *t, const char *event, const char *field)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct lack *l = &t->lacks[i];

		if (l->field && !strcmp(l->event, event) && !strcmp(l->field, field))
			return l;
	}
	return NULL;
}

/* "absent EVENT", "absent EVENT@SORT", "absent EVENT.FIELD", "unknown EVENT.FIELD": nothing else */
static void tier_line(struct tier *t, char *line, const char *path, unsigned long no)
{
	char *save, *verb = strtok_r(line, " \t", &save), *what = strtok_r(NULL, " \t", &save), *dot, *sort;
	struct lack *l = &t->lacks[t->n];

	if (!verb)
		return;
	if (t->n == sizeof(t->lacks) / sizeof(t->lacks[0]))
		bad_file(path, no, "too many lines");
	if (!what || strtok_r(NULL, " \t", &save) || (strcmp(verb, "absent") && strcmp(verb, "unknown")))
		bad_file(path, no, "only 'absent EVENT[.FIELD]' and 'unknown EVENT.FIELD' may stand here");
	l->kind = *verb == 'a' ? LACK_ABSENT : LACK_UNKNOWN;
	dot = strchr(what, '.');
	sort = strchr(what, '@');
	if (l->kind == LACK_UNKNOWN ? !dot || sort : dot && sort)
		bad_file(path, no, "'%s' names no field that can be unknown", what);
	if (dot)
		*dot++ = 0;
	if (sort)
		*sort++ = 0;
	*l = (struct lack){ .kind = l->kind, .event = what, .field = dot, .sort = sort };
	t->n++;
}

void tier_load(struct tier *t, const char *path)
{
	char *line, *next = read_whole(path);
	unsigned long no = 0;

	while ((line = strsep(&next, "\n"))) {
		no++;
		line[strcspn(line, "#")] = 0;
		tier_line(t, line, path, no);
	}
}

/* ---- expectations ---- */

struct reader {
	struct plan *plan;
	const struct tier *tier;
	const char *path;
	unsigned long line;
	struct tcase *c;
	size_t items_room, cases_room;
};

/* Next word; double quotes hold blanks together and are taken away. NULL: none. */
static char *word(char **at)
{
	char *p = *at + strspn(*at, " "), *start = p, *to = p;
	bool quoted = false;

	if (!*p)
		return NULL;
	for (; *p && (quoted || *p != ' '); p++) {
		if (*p == '"')
			quoted = !quoted;
		else
			*to++ = *p;
	}
	*at = *p ? p + 1 : p;
	*to = 0;
	return start;
}

static uint64_t want_number(struct reader *r, const char *text)
{
	uint64_t v;

	if (!number(text, &v))
		bad_file(r->path, r->line, "'%s' is not a number", text ? text : "");
	return v;
}

/* "field=value" and the other operators; cuts the word in two. */
static bool parse_cond(struct cond *c, char *text)
{
	static const struct {
		const char *sign;
		enum op op;
	} ops[] = { { ">=", OP_GE }, { "<=", OP_LE }, { "!~", OP_HAS_NOT }, { "~", OP_HAS }, { "=", OP_EQ } };
	char *at = text + strcspn(text, "><!~=");

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		size_t len = strlen(ops[i].sign);

		if (at == text || strncmp(at, ops[i].sign, len))
			continue;
		*at = 0;
		*c = (struct cond){ .field = text, .value = at + len, .op = ops[i].op };
		return true;
	}
	return false;
}

static void add_item(struct reader *r, const struct expect *e, uint64_t addr, unsigned int count)
{
	struct plan *p = r->plan;

	if (p->n_items == r->items_room) {
		r->items_room = r->items_room ? 2 * r->items_room : 1024;
		p->items = realloc(p->items, r->items_room * sizeof(*p->items));
		if (!p->items)
			exit(2);
	}
	p->items[p->n_items++] = (struct item){ .e = e, .addr = addr, .left = count };
}

static void read_expect(struct reader *r, char *at)
{
	struct expect *e = calloc(1, sizeof(*e));
	uint64_t addr = 0, n = 1, step = 0, count = 1;
	char *w;

	if (!e || !r->c)
		bad_file(r->path, r->line, "an expectation outside a case");
	e->event = word(&at);
	e->sort = "";
	while ((w = word(&at))) {
		struct cond c;

		if (!parse_cond(&c, w) || e->conds == MAX_CONDS)
			bad_file(r->path, r->line, "cannot understand '%s'", w);
		if (!strcmp(c.field, "sort"))
			e->sort = c.value;
		else if (!strcmp(c.field, "n"))
			n = want_number(r, c.value);
		else if (!strcmp(c.field, "step"))
			step = want_number(r, c.value);
		else if (!strcmp(c.field, "count"))
			count = want_number(r, c.value);
		else if (!strcmp(c.field, "addr"))
			addr = want_number(r, c.value);
		else
			e->cond[e->conds++] = c;
	}
	if (!e->event)
		bad_file(r->path, r->line, "an expectation of nothing");
	if (tier_lacks_event(r->tier, e->event, e->sort))
		return;
	for (uint64_t i = 0; i < n; i++)
		add_item(r, e, addr + i * step, (unsigned int)count);
}

static void read_case(struct reader *r, char *at)
{
	struct plan *p = r->plan;
	struct cond begin, end;
	char *name = word(&at), *b = word(&at), *e = word(&at);

	if (!e || !parse_cond(&begin, b) || !parse_cond(&end, e))
		bad_file(r->path, r->line, "case NAME begin=ADDR end=ADDR is what must stand here");
	if (p->n_cases == r->cases_room) {
		r->cases_room = r->cases_room ? 2 * r->cases_room : 64;
		p->cases = realloc(p->cases, r->cases_room * sizeof(*p->cases));
		if (!p->cases)
			exit(2);
	}
	r->c = &p->cases[p->n_cases++];
	*r->c = (struct tcase){ .name = name,
				.begin = want_number(r, begin.value),
				.end = want_number(r, end.value),
				.first = p->n_items };
	r->c->pids[r->c->n_pids++] = p->pid;
}

static void read_in_case(struct reader *r, const char *what, char *at)
{
	struct tcase *c = r->c;

	if (!c)
		bad_file(r->path, r->line, "'%s' outside a case", what);
	if (!strcmp(what, "range") && c->n_ranges < 4) {
		c->ranges[c->n_ranges].start = want_number(r, word(&at));
		c->ranges[c->n_ranges++].end = want_number(r, word(&at));
	} else if (!strcmp(what, "pid") && c->n_pids < 16) {
		c->pids[c->n_pids++] = (uint32_t)want_number(r, word(&at));
	} else if (!strcmp(what, "proc")) {
		c->proc = true;
	} else if (!strcmp(what, "skip")) {
		c->skip = at;
	} else if (!strcmp(what, "count") && r->plan->n_counts < 8) {
		struct count *n = &r->plan->counts[r->plan->n_counts++];

		n->event = word(&at);
		n->n = want_number(r, word(&at));
	} else if (!strcmp(what, "endcase")) {
		c->last = r->plan->n_items;
		r->c = NULL;
	} else {
		bad_file(r->path, r->line, "cannot understand '%s'", what);
	}
}

static void read_line(struct reader *r, char *line)
{
	char *at = line, *what = word(&at);
	struct cond c;

	if (!what || *what == '#')
		return;
	if (!strcmp(what, "work")) {
		char *w = word(&at);

		if (!w || !parse_cond(&c, w))
			bad_file(r->path, r->line, "work pid=N is what must stand here");
		r->plan->pid = (uint32_t)want_number(r, c.value);
	} else if (!strcmp(what, "case")) {
		read_case(r, at);
	} else if (!strcmp(what, "expect")) {
		read_expect(r, at);
	} else if (!strcmp(what, "end")) {
		r->plan->complete = true;
	} else {
		read_in_case(r, what, at);
	}
}

void plan_load(struct plan *p, const char *path, const struct tier *t)
{
	struct reader r = { .plan = p, .tier = t, .path = path };
	char *line, *next = read_whole(path);

	while ((line = strsep(&next, "\n"))) {
		r.line++;
		read_line(&r, line);
	}
	if (!p->complete || r.c || !p->n_cases)
		bad_file(path, r.line, "not complete: the workload did not get to its end");
}
