// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * scenarios - the table of scenarios, what a workload did, and what was traced of it: the trace must have in the
 * workload's ranges what the row says, as often as it says, and nothing else of installs, callbacks and faults
 *
 *   scenarios [-n KERNEL/RUN] [-v] TABLE USED TRACE.ndjson
 *   scenarios -f [-n KERNEL/RUN] [-v] TABLE USED FLOW.ndjson    the same of the tree of each mapping
 *   scenarios -m [-n KERNEL/RUN] [-v] TABLE USED MAPS.ndjson    of what the ledger says of each when it is closed
 *   scenarios -r TABLE             the runs of the workload that the table names, each once
 *
 *   -n  for the output, and for lines of the table that hold for some kernels or runs
 *   -v  every difference, not only the first of a row
 *
 * TABLE: kmod-demo/scenarios says how it is written. USED: what mmdemo-use or tests/work/stock printed. The trace needs
 * the calls mmap, munmap, mremap and the event fork.
 * Prints "ok ROW@NAME", "not ok ROW@NAME: ...", "skip ROW@NAME: ..." and totals. Exit: 0 all as the rows say, 1 not,
 * 2 usage or bad input.
 */
#include "match.h"
#include "scenarios.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct table table;
static struct used used;
static struct trace trace;
static char *kernel, *run;
static bool verbose, flow, maps; /* flow, maps: what is compared is not a trace */

void bad_input(const char *path, unsigned long line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "scenarios: %s:%lu: ", path, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	exit(2);
}

void differ(struct row *row, const char *fmt, ...)
{
	char *text, *what;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		exit(2);
	va_end(ap);
	what = strstr(text, ": ") ?: text;
	for (unsigned int i = 0; i < row->n_errors; i++)
		if (!strcmp(strstr(row->errors[i].text, ": ") ?: row->errors[i].text, what)) {
			row->errors[i].times++;
			free(text);
			return;
		}
	if (row->n_errors < sizeof(row->errors) / sizeof(row->errors[0]))
		row->errors[row->n_errors++] = (struct difference){ .text = text, .times = 1 };
}

/* ---- one event against the lines of its row ---- */

static const char *const tally_names[] = {
#define TALLY_NAME(id, name) name,
	TALLIES(TALLY_NAME)
#undef TALLY_NAME
};

static bool look_tally(const int64_t *n, const char *name, int64_t *out)
{
	if (!strcmp(name, "P"))
		name = "pages";
	for (size_t i = 0; i < N_TALLIES; i++)
		if (!strcmp(name, tally_names[i])) {
			*out = n[i];
			return true;
		}
	*out = (int64_t)trace.page;
	return !strcmp(name, "page");
}

bool mapping_number(const void *of, const char *name, int64_t *out)
{
	const struct mapping *m = of;
	uint64_t v;

	if (number(mapping_var(m, name), &v)) {
		*out = (int64_t)v;
		return true;
	}
	return look_tally(m->n, name, out);
}

bool row_number(const void *of, const char *name, int64_t *out)
{
	int64_t n[N_TALLIES] = { 0 };

	for (unsigned int i = 0; i < used.n_maps; i++)
		for (unsigned int k = 0; k < N_TALLIES && used.maps[i]->row == of; k++)
			n[k] += used.maps[i]->n[k];
	return look_tally(n, name, out);
}

/* $kind, and $ident: the same as it stands in C names */
static void put_names(char *to, size_t room, const char *text, const struct mapping *m)
{
	size_t n = 0;

	while (*text && n + 1 < room) {
		bool ident = !strncmp(text, "$ident", 6);

		if (!ident && strncmp(text, "$kind", 5)) {
			to[n++] = *text++;
			continue;
		}
		for (const char *k = m->kind; *k && n + 1 < room; k++)
			to[n++] = (char)(ident && *k == '-' ? '_' : *k);
		text += ident ? 6 : 5;
	}
	to[n] = 0;
}

/* One of the alternatives: a text, a beginning with '*', "null", or a number, which may be an expression. */
static bool is_one(const char *want, const char *got, const struct mapping *m)
{
	size_t len = strlen(want);
	uint64_t have;
	int64_t v;

	if (!got)
		return !strcmp(want, "null");
	if (number(got, &have) && !expr_eval(want, mapping_number, m, &v))
		return (uint64_t)v == have;
	if (len && want[len - 1] == '*')
		return !strncmp(want, got, len - 1);
	return !strcmp(want, got);
}

bool cond_holds(const struct pair *c, const char *got, const struct mapping *m)
{
	char want[256], *rest = want, *one;

	put_names(want, sizeof(want), c->value, m);
	while ((one = strsep(&rest, "|")))
		if (is_one(one, got, m))
			return true;
	return false;
}

static const struct pair *first_wrong(const struct line *l, const struct object *o, const struct mapping *m)
{
	for (unsigned int i = 0; i < l->conds; i++)
		if (!cond_holds(&l->cond[i], object_get(o, l->cond[i].field, NULL), m))
			return &l->cond[i];
	return NULL;
}

/* Families of which a row tells everything, whether it has a line for the event or not. */
static bool told_of(const char *event)
{
	static const char *const all[] = { "pfn_map", "page_map", "dma_map", "obj_map", "fault", "signal", "remote" };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(event, all[i]))
			return true;
	return !strncmp(event, "driver_", 7);
}

/* Says which condition of the line that comes nearest does not hold. */
static void no_such_line(struct row *row, const struct event *e, const struct object *o, const struct mapping *m)
{
	const struct pair *wrong = NULL;
	char want[256];
	long best = -1;

	for (unsigned int i = 0; i < row->n_lines; i++) {
		const struct line *l = &row->lines[i];
		const struct pair *c;

		if (strcmp(l->event, e->name) || !table_holds(l->only, kernel, run))
			continue;
		c = first_wrong(l, o, m);
		if (c - l->cond > best) {
			best = c - l->cond;
			wrong = c;
		}
	}
	if (!wrong) {
		differ(row, "%s at 0x%" PRIx64 ": expected none, got one (%s)", e->name, e->addr,
		       object_get(o, "helper", NULL) ?: e->name);
		return;
	}
	put_names(want, sizeof(want), wrong->value, m);
	differ(row, "%s at 0x%" PRIx64 ": expected %s=%s, got %s", e->name, e->addr, wrong->field, want,
	       object_get(o, wrong->field, NULL) ?: "nothing");
}

/*
 * One mapping has one name from its mmap to its end, moved and protected as it may be; a forked child's is that name, a dot
 * and a number.
 */
static void compare_id(const struct place *p, const struct event *e, const struct object *o)
{
	static const char *const with[] = { "fault",   "driver_fault", "vma_prot", "vma_move",
					    "pfn_map", "page_map",     "dma_map" };
	const char *id = object_get(o, "mapping.id", NULL) ?: "nothing";
	size_t len = strlen(p->m->id);
	bool named = false;

	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
		named |= !strcmp(e->name, with[i]);
	if (!named)
		return;
	if (!len && !p->child)
		snprintf(p->m->id, sizeof(p->m->id), "%s", id);
	else if (p->child ? len && (strncmp(id, p->m->id, len) || id[len] != '.') : strcmp(id, p->m->id) != 0)
		differ(p->m->row, "%s at 0x%" PRIx64 ": expected of mapping %s%s, got %s", e->name, e->addr, p->m->id,
		       p->child ? ".N" : "", id);
}

/* No two mappings share a name. */
static void compare_ids(void)
{
	for (unsigned int i = 0; i < used.n_maps; i++)
		for (unsigned int k = 0; k < i; k++)
			if (*used.maps[i]->id && !strcmp(used.maps[i]->id, used.maps[k]->id))
				differ(used.maps[i]->row, "two mappings are called %s", used.maps[i]->id);
}

static void compare(const struct event *e)
{
	const struct place *p = used_place(&used, e->pid, e->addr, e->ts_ns);
	struct row *row = p ? p->m->row : NULL;
	const struct object *o;
	bool said = false;

	if (!p)
		return;
	o = event_parsed(e);
	if (trace.has_ids)
		compare_id(p, e, o);
	for (unsigned int i = 0; i < row->n_lines; i++) {
		struct line *l = &row->lines[i];

		if (strcmp(l->event, e->name))
			continue;
		said = true;
		if (!table_holds(l->only, kernel, run) || first_wrong(l, o, p->m))
			continue;
		l->seen++;
		return;
	}
	if (said || told_of(e->name))
		no_such_line(row, e, o, p->m);
}

/* ---- verdict ---- */

bool count_of_each(const struct line *l)
{
	static const struct mapping nothing = { .kind = "" };
	int64_t n;

	return !expr_eval(l->count, mapping_number, &nothing, &n) && !n;
}

void compare_count(struct row *row, const struct line *l, const char *path, look_up look, const void *of)
{
	char conds[400] = "";
	const char *err;
	int64_t want;

	if (!table_holds(l->only, kernel, run) || !strcmp(l->count, "*"))
		return;
	err = expr_eval(l->count, look, of, &want);
	if (err)
		bad_input(path, l->no, "%s: %s", l->count, err);
	if (l->seen == want)
		return;
	for (unsigned int k = 0; k < l->conds; k++) {
		size_t len = strlen(conds);

		snprintf(conds + len, sizeof(conds) - len, " %s=%s", l->cond[k].field, l->cond[k].value);
	}
	differ(row, "expected %" PRId64 " (%s) of %s%s, got %" PRId64, want, l->count, l->event, conds, l->seen);
}

static unsigned int passed, failed, skipped;

static void report(struct row *row, const char *path)
{
	unsigned int more = 0;

	if (!row->used) {
		if (row->skip) {
			printf("skip %s@%s/%s: %s\n", row->name, kernel, run, row->skip);
			skipped++;
		}
		return;
	}
	for (unsigned int i = 0; i < row->n_lines && !flow && !maps; i++)
		compare_count(row, &row->lines[i], path, row_number, row);
	if (!row->n_errors) {
		printf("ok %s@%s/%s\n", row->name, kernel, run);
		passed++;
		return;
	}
	failed++;
	for (unsigned int i = 0; i < row->n_errors; i++)
		more += row->errors[i].times;
	printf("not ok %s@%s/%s: %s", row->name, kernel, run, row->errors[0].text);
	if (more > 1)
		printf(" (and %u more)", more - 1);
	putchar('\n');
	for (unsigned int i = 0; verbose && i < row->n_errors; i++)
		printf("#   %s (%u times)\n", row->errors[i].text, row->errors[i].times);
}

static void report_losses(void)
{
	char text[200] = "";
	uint64_t n;

	for (size_t i = 0; i < trace.summary.n; i++)
		if ((!strncmp(trace.summary.v[i].key, "lost.", 5) || !strcmp(trace.summary.v[i].key, "bad_records")) &&
		    number(trace.summary.v[i].text, &n) && n) {
			size_t len = strlen(text);

			snprintf(text + len, sizeof(text) - len, " %s=%" PRIu64, trace.summary.v[i].key, n);
		}
	*(*text ? &failed : &passed) += 1;
	if (*text)
		printf("not ok nothing-lost@%s/%s:%s\n", kernel, run, text);
	else
		printf("ok nothing-lost@%s/%s\n", kernel, run);
}

static int print_runs(void)
{
	char text[64][200];
	unsigned int n = 0;

	for (unsigned int i = 0; i < table.n; i++) {
		struct mapping m = { .kind = row_kind(&table.rows[i]) };
		bool had = !table.rows[i].run || !strcmp(table.rows[i].name, "every");

		if (!had)
			put_names(text[n], sizeof(text[n]), table.rows[i].run, &m);
		for (unsigned int k = 0; k < n && !had; k++)
			had = !strcmp(text[k], text[n]);
		if (!had)
			puts(text[n++]);
	}
	return fflush(stdout) || !n;
}

static int usage(void)
{
	fprintf(stderr, "usage: scenarios [-n KERNEL/RUN] [-v] TABLE USED TRACE.ndjson\n       scenarios -f ... TABLE "
			"USED FLOW.ndjson\n"
			"       scenarios -r TABLE\n");
	return 2;
}

int main(int argc, char **argv)
{
	char *name = NULL;
	bool runs = false;
	int opt;

	while ((opt = getopt(argc, argv, "n:vrfm")) != -1) {
		if (opt == 'n')
			name = optarg;
		else if (opt == 'v')
			verbose = true;
		else if (opt == 'r')
			runs = true;
		else if (opt == 'f')
			flow = true;
		else if (opt == 'm')
			maps = true;
		else
			return usage();
	}
	if (argc - optind != (runs ? 1 : 3))
		return usage();
	kernel = strsep(&name, "/") ?: "?";
	run = name ?: "?";
	argv += optind;
	table_load(&table, argv[0]);
	if (runs)
		return print_runs();
	if (flow) {
		flow_compare(&used, &table, &trace, (const char *const *)argv, kernel, run);
	} else if (maps) {
		maps_compare(&used, &table, &trace, (const char *const *)argv, kernel, run);
	} else {
		trace_load(&trace, argv[2]);
		used_load(&used, &table, argv[1], trace.page, trace_find);
		for (size_t i = 0; i < trace.n; i++)
			compare(&trace.events[i]);
		compare_ids();
	}
	for (unsigned int i = 0; i < table.n; i++)
		report(&table.rows[i], argv[0]);
	report_losses();
	if (!used.done || used.wrong) {
		printf("not ok workload@%s/%s: its last line is not 'done wrong=0'\n", kernel, run);
		failed++;
	}
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed || !passed;
}
