// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Reads the table of scenarios. kmod-demo/scenarios says how it is written. */
#include "match.h"
#include "scenarios.h"

#include <string.h>

struct reader {
	struct table *t;
	const char *path;
	unsigned long no;
};

static void conds(struct reader *r, char **save, struct pair *c, unsigned int *n)
{
	for (char *w; (w = strtok_r(NULL, " \t", save));) {
		char *eq = strchr(w, '=');

		if (!eq || eq == w || *n == MAX_CONDS)
			bad_input(r->path, r->no, "'%s' is not name=value, or one too many", w);
		*eq = 0;
		c[(*n)++] = (struct pair){ .field = w, .value = eq + 1 };
	}
}

static void row_head(struct reader *r, char *text)
{
	struct row *row = &r->t->rows[r->t->n];
	char *save;

	if (r->t->n == sizeof(r->t->rows) / sizeof(r->t->rows[0]))
		bad_input(r->path, r->no, "too many rows");
	memset(row, 0, sizeof(*row));
	row->no = r->no;
	row->name = strtok_r(text, " \t", &save);
	conds(r, &save, row->cond, &row->conds);
	r->t->n++;
}

static void row_line(struct reader *r, char *text)
{
	struct row *row = &r->t->rows[r->t->n - 1];
	struct line *l = &row->lines[row->n_lines];
	char *save, *w = strtok_r(text, " \t", &save);

	if (!strcmp(w, "run") || !strcmp(w, "text")) {
		*(*w == 'r' ? &row->run : &row->text) = save + strspn(save, " \t");
		return;
	}
	if (row->n_lines == sizeof(row->lines) / sizeof(row->lines[0]))
		bad_input(r->path, r->no, "too many lines in a row");
	memset(l, 0, sizeof(*l));
	l->no = r->no;
	if (*w == '[') {
		l->only = w + 1;
		w[strcspn(w, "]")] = 0;
		w = strtok_r(NULL, " \t", &save);
	}
	l->event = w;
	l->count = strtok_r(NULL, " \t", &save);
	if (!l->count)
		bad_input(r->path, r->no, "an event and how many of it are wanted");
	conds(r, &save, l->cond, &l->conds);
	row->n_lines++;
}

/* What the first row says of every kind holds for events of which the row itself says nothing. */
static void add_every(struct reader *r, struct row *row, const struct row *every)
{
	unsigned int own = row->n_lines;

	for (unsigned int i = 0; i < every->n_lines; i++) {
		bool said = false;

		for (unsigned int k = 0; k < own; k++)
			said |= !strcmp(row->lines[k].event, every->lines[i].event);
		if (said)
			continue;
		if (row->n_lines == sizeof(row->lines) / sizeof(row->lines[0]))
			bad_input(r->path, row->no, "too many lines in a row");
		row->lines[row->n_lines++] = every->lines[i];
	}
	if (!row->run)
		row->run = every->run;
}

void table_load(struct table *t, const char *path)
{
	struct reader r = { .t = t, .path = path };
	char *line, *next = read_whole(path);

	while ((line = strsep(&next, "\n"))) {
		r.no++;
		line[strcspn(line, "#")] = 0;
		if (!line[strspn(line, " \t")])
			continue;
		if (*line != ' ' && *line != '\t')
			row_head(&r, line);
		else if (!t->n)
			bad_input(path, r.no, "a line before the first row");
		else
			row_line(&r, line);
	}
	if (!t->n)
		bad_input(path, r.no, "no row");
	for (unsigned int i = 1; i < t->n && !strcmp(t->rows[0].name, "every"); i++)
		add_every(&r, &t->rows[i], &t->rows[0]);
}

/* "6.1" stands for "6.1-nobtf" too, not for "6.12". */
static bool names(const char *word, size_t len, const char *what)
{
	return what && !strncmp(word, what, len) && (!what[len] || what[len] == '-');
}

bool table_holds(const char *only, const char *kernel, const char *run)
{
	bool none = only && *only == '!', named = false;

	if (!only)
		return true;
	for (const char *p = only + none; *p;) {
		size_t len = strcspn(p, ",");

		named |= names(p, len, kernel) || names(p, len, run);
		p += len + (p[len] == ',');
	}
	return named != none;
}

const char *row_kind(const struct row *row)
{
	for (unsigned int i = 0; i < row->conds; i++)
		if (!strcmp(row->cond[i].field, "kind"))
			return row->cond[i].value;
	return row->name;
}
