// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What the ledger says of each mapping once it is closed, with its life: it must be there once, with the driver, helper,
 * pages, memory type and faults of its row, and have lived as the workload says.
 */
#include "scenarios.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct closed {
	uint32_t pid;
	uint64_t made, born_ns; /* made: address of its beginning */
	char *line;
	struct mapping *m;
	char id[32], parent[32];
} * all;
static size_t n_all;
static struct used *used;

/* How often its life has this word; the address that it was made at. */
static int64_t lived(const struct object *o, const char *what, uint64_t *made)
{
	char *copy = strdup(object_get(o, "history", NULL) ?: ""), *rest = copy, *one;
	static struct object act;
	int64_t n = 0;

	while (copy && (one = next_object(&rest)) && !object_parse(&act, one)) {
		if (made && !strcmp(object_get(&act, "what", NULL) ?: "", "made"))
			number(object_get(&act, "start", NULL), made);
		n += !strcmp(object_get(&act, "what", NULL) ?: "", what);
	}
	free(copy);
	return n;
}

static bool take_closed(const struct object *o, const char *type, const char *line)
{
	struct closed *c;
	uint64_t pid;

	if (strcmp(type, "closed") || *(object_get(o, "mapping", NULL) ?: "") != '/')
		return true; /* alive at the end, or a place that was only reserved */
	if (!(n_all & (n_all - 1)))
		all = realloc(all, 2 * (n_all + 1) * sizeof(*all));
	if (!all)
		exit(2);
	c = &all[n_all++];
	*c = (struct closed){ .line = strdup(line) };
	if (!c->line || !number(object_get(o, "pid", NULL), &pid) ||
	    !number(object_get(o, "born_ns", NULL), &c->born_ns) || lived(o, "made", &c->made) != 1)
		return false;
	c->pid = (uint32_t)pid;
	snprintf(c->id, sizeof(c->id), "%s", object_get(o, "id", NULL) ?: "");
	snprintf(c->parent, sizeof(c->parent), "%s", object_get(o, "parent", NULL) ?: "");
	return true;
}

static const struct object *parsed(const struct closed *c)
{
	static struct object o;
	static char *copy;

	free(copy);
	copy = strdup(c->line);
	if (!copy || object_parse(&o, copy))
		exit(2);
	return &o;
}

/* The first made there that no earlier line told of; one that was never closed has none, which is told later. */
static bool maps_find(struct call *call)
{
	struct closed *first = NULL;

	if (strcmp(call->event, "mmap"))
		return true;
	for (size_t i = 0; i < n_all; i++) {
		struct closed *c = &all[i];

		if (!c->m && !*c->parent && c->pid == call->pid && c->made == call->value &&
		    (!first || c->born_ns < first->born_ns))
			first = c;
	}
	if (first)
		first->m = used->maps[used->n_maps - 1];
	return true;
}

static const char *cond_of(const struct line *l, const char *field)
{
	for (unsigned int i = 0; i < l->conds; i++)
		if (!strcmp(l->cond[i].field, field))
			return l->cond[i].value;
	return NULL;
}

/* Of those lines of the row for the event, the field must be like one. */
static void compare_field(struct row *row, const struct closed *c, const char *event, const char *field,
			  const char *got, const char *const names[2])
{
	const char *want = NULL;

	for (unsigned int i = 0; i < row->n_lines; i++) {
		const struct line *l = &row->lines[i];
		struct pair cond = { .field = field, .value = cond_of(l, field) };

		if (strcmp(l->event, event) || !cond.value || !table_holds(l->only, names[0], names[1]))
			continue;
		if (cond_holds(&cond, got, c->m))
			return;
		want = cond.value;
	}
	if (want)
		differ(row, "%s closed: expected %s=%s of its %s, got %s", c->id, field, want, event, got ?: "nothing");
}

static void compare_number(struct row *row, const struct closed *c, const char *what, int64_t want, const char *got)
{
	uint64_t n = 0;

	if ((got && !number(got, &n)) || (int64_t)n != want)
		differ(row, "%s closed: expected %s %" PRId64 ", got %s", c->id, what, want, got ?: "nothing");
}

/* Outer helpers only: what one calls is within its pages. */
static bool is_install(const struct line *l)
{
	static const char *const installs[] = { "pfn_map", "page_map", "dma_map" };
	const char *nested = cond_of(l, "nested");

	for (size_t i = 0; i < sizeof(installs) / sizeof(installs[0]); i++)
		if (!strcmp(l->event, installs[i]))
			return nested && !strcmp(nested, "0");
	return false;
}

static void compare_installs(struct row *row, const struct closed *c, const struct object *o,
			     const char *const names[2])
{
	const char *helper = object_get(o, "installs.helper", NULL);
	int64_t events = 0, pages = 0, n, each;
	bool like = false, any = false;

	for (unsigned int i = 0; i < row->n_lines; i++) {
		const struct line *l = &row->lines[i];
		struct pair cond = { .field = "helper", .value = cond_of(l, "helper") };

		if (!is_install(l) || !table_holds(l->only, names[0], names[1]))
			continue;
		any = true;
		like |= cond.value && cond_holds(&cond, helper, c->m);
		if (!count_of_each(l) || expr_eval(l->count, mapping_number, c->m, &n) ||
		    expr_eval(cond_of(l, "pages") ?: "P", mapping_number, c->m, &each))
			events = INT64_MIN / 2; /* the row counts over its mappings */
		else
			events += n, pages += n * each;
	}
	if (any && !like)
		differ(row, "%s closed: expected a helper of its row, got %s", c->id, helper ?: "nothing");
	if (events < 0)
		return;
	compare_number(row, c, "installs.events", events, object_get(o, "installs.events", NULL));
	compare_number(row, c, "installs.pages", pages, object_get(o, "installs.pages", NULL));
}

/* Its own and its copies'. */
static uint64_t faults_of(const struct closed *c)
{
	uint64_t sum = 0, n;

	for (size_t i = 0; i < n_all; i++)
		if ((&all[i] == c || !strcmp(all[i].parent, c->id)) &&
		    number(object_get(parsed(&all[i]), "faults", NULL), &n))
			sum += n;
	return sum;
}

static int64_t copies_of(struct row *row, const struct closed *c)
{
	int64_t n = 0;

	for (size_t i = 0; i < n_all; i++) {
		if (strcmp(all[i].parent, c->id))
			continue;
		n++;
		if (strcmp(object_get(parsed(&all[i]), "closed", NULL) ?: "", "munmap"))
			differ(row, "%s closed: not by munmap", all[i].id);
	}
	return n;
}

static void compare_closed(struct row *row, const struct closed *c, const char *const names[2])
{
	static const struct {
		const char *what;
		enum tally of;
	} lives[] = { { "moved", N_MOVES }, { "copied", N_FORKS }, { "protected", N_PROTS } };
	const struct object *o = parsed(c);
	const char *why = c->m->n[N_UNMAPS] ? "munmap" : "exit", *got = object_get(o, "closed", NULL) ?: "nothing";

	if (strcmp(got, why))
		differ(row, "%s closed: expected reason %s, got %s", c->id, why, got);
	compare_field(row, c, "driver_mmap", "func", object_get(o, "driver", NULL), names);
	compare_field(row, c, "vma_map", "memtype", object_get(o, "memtype", NULL), names);
	compare_installs(row, c, o, names);
	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++)
		if (lived(o, lives[i].what, NULL) != c->m->n[lives[i].of])
			differ(row, "%s closed: expected %" PRId64 " times %s in its life, got %" PRId64, c->id,
			       c->m->n[lives[i].of], lives[i].what, lived(o, lives[i].what, NULL));
	if (copies_of(row, c) != c->m->n[N_FORKS])
		differ(row, "%s closed: expected %" PRId64 " copies closed too, got %" PRId64, c->id, c->m->n[N_FORKS],
		       copies_of(row, c));
}

static void compare_row(struct row *row, const char *const names[2])
{
	int64_t want = 0, mappings = 0, closed = 0, n;
	uint64_t faults = 0;
	bool any = false;

	row_number(row, "maps", &mappings);
	for (size_t i = 0; i < n_all; i++) {
		if (!all[i].m || all[i].m->row != row)
			continue;
		closed++;
		faults += faults_of(&all[i]);
		compare_closed(row, &all[i], names);
	}
	if (closed != mappings)
		differ(row, "expected %" PRId64 " mappings closed, got %" PRId64, mappings, closed);
	for (unsigned int i = 0; i < row->n_lines; i++) {
		const struct line *l = &row->lines[i];

		if (strcmp(l->event, "fault") || !table_holds(l->only, names[0], names[1]))
			continue;
		any |= expr_eval(l->count, row_number, row, &n) != NULL;
		want += any ? 0 : n;
	}
	if (!any && (uint64_t)want != faults)
		differ(row, "closed mappings: expected %" PRId64 " faults, got %" PRIu64, want, faults);
}

/* What lies beside the workload's mappings and is the same driver's; it belongs to nobody, so some row takes it. */
static void compare_rest(struct table *t)
{
	struct row *row = NULL;

	for (unsigned int i = 0; i < t->n; i++)
		row = t->rows[i].used ? &t->rows[i] : row;
	for (size_t i = 0; row && i < n_all; i++)
		if (!all[i].m && !*all[i].parent &&
		    !strncmp(object_get(parsed(&all[i]), "mapping", NULL) ?: "", "/dev/", 5))
			differ(row, "%s closed: the workload does not tell of it", all[i].id);
}

void maps_compare(struct used *u, struct table *t, struct trace *trace, const char *const *paths, const char *kernel,
		  const char *run)
{
	const char *const names[2] = { kernel, run };

	lines_load(trace, paths[2], take_closed);
	used = u;
	used_load(u, t, paths[1], trace->page, maps_find);
	for (unsigned int i = 0; i < t->n; i++)
		if (t->rows[i].used)
			compare_row(&t->rows[i], names);
	compare_rest(t);
}
