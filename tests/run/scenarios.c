// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * scenarios - the table of scenarios, what a workload did, and what was traced of it: the trace must have in the
 * workload's ranges what the row says, as often as it says, and nothing else of installs, callbacks and faults
 *
 *   scenarios [-n KERNEL/RUN] [-v] TABLE USED TRACE.ndjson
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

struct event {
	const char *name;
	uint32_t pid;
	uint64_t addr, ts_ns, end_ns;
	char *line; /* parsed anew for each look */
};

static struct table table;
static struct used used;
static struct event *events;
static size_t n_events;
static uint64_t page;
static char *kernel, *run;
static bool verbose;
static struct object summary;

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

/* Where it was stands in front of ": "; the rest tells differences apart. */
static void differ(struct row *row, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void differ(struct row *row, const char *fmt, ...)
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

/* ---- the trace ---- */

static const struct object *parsed(const struct event *e)
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

	if (!(n_events & (n_events - 1)))
		events = realloc(events, 2 * (n_events + 1) * sizeof(*events));
	if (!events)
		exit(2);
	e = &events[n_events];
	*e = (struct event){ .name = strdup(object_get(o, "event", NULL) ?: "?"), .line = strdup(text) };
	if (!number(object_get(o, "pid", NULL), &pid) || !number(object_get(o, "ts_ns", NULL), &e->ts_ns))
		return;
	number(object_get(o, "dur_ns", NULL), &dur);
	number(addr, &e->addr);
	e->pid = (uint32_t)pid;
	e->end_ns = e->ts_ns + dur;
	n_events++;
}

static void read_trace(const char *path)
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
			number(object_get(&o, "page_size", NULL), &page);
		else if (!strcmp(type, "event"))
			take_event(&o, line);
		else if (!strcmp(type, "summary")) {
			summary = o;
			continue; /* keeps the copy */
		}
		free(copy);
	}
	free(line);
	fclose(f);
	if (!page || !summary.n)
		bad_input(path, no, "no header with a page size, or no summary: the trace is not whole");
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return x->ts_ns < y->ts_ns ? -1 : x->ts_ns > y->ts_ns;
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
	o = parsed(e);
	if (!number(object_get(o, c->field, NULL), &got) || got != c->value)
		return false;
	return !c->len || (number(object_get(o, "len", NULL), &got) && got == c->len);
}

/* The events are in order of time by now, and so are the lines of one process. */
static bool find_event(struct call *c)
{
	uint64_t *last = told_by(c->pid);

	for (size_t i = 0; i < n_events; i++)
		if (events[i].ts_ns > *last && is_call(&events[i], c)) {
			*last = c->ts_ns = events[i].ts_ns;
			c->end_ns = events[i].end_ns;
			return true;
		}
	return false;
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
	*out = (int64_t)page;
	return !strcmp(name, "page");
}

static bool look_mapping(const void *of, const char *name, int64_t *out)
{
	const struct mapping *m = of;
	uint64_t v;

	if (number(mapping_var(m, name), &v)) {
		*out = (int64_t)v;
		return true;
	}
	return look_tally(m->n, name, out);
}

static bool look_row(const void *of, const char *name, int64_t *out)
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
	if (number(got, &have) && !expr_eval(want, look_mapping, m, &v))
		return (uint64_t)v == have;
	if (len && want[len - 1] == '*')
		return !strncmp(want, got, len - 1);
	return !strcmp(want, got);
}

static bool holds(const struct pair *c, const char *got, const struct mapping *m)
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
		if (!holds(&l->cond[i], object_get(o, l->cond[i].field, NULL), m))
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

static void compare(const struct event *e)
{
	const struct place *p = used_place(&used, e->pid, e->addr, e->ts_ns);
	struct row *row = p ? p->m->row : NULL;
	const struct object *o;
	bool said = false;

	if (!p)
		return;
	o = parsed(e);
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

static void compare_counts(struct row *row, const char *path)
{
	for (unsigned int i = 0; i < row->n_lines; i++) {
		struct line *l = &row->lines[i];
		char conds[400] = "";
		const char *err;
		int64_t want;

		if (!table_holds(l->only, kernel, run) || !strcmp(l->count, "*"))
			continue;
		err = expr_eval(l->count, look_row, row, &want);
		if (err)
			bad_input(path, l->no, "%s: %s", l->count, err);
		if (l->seen == want)
			continue;
		for (unsigned int k = 0; k < l->conds; k++) {
			size_t len = strlen(conds);

			snprintf(conds + len, sizeof(conds) - len, " %s=%s", l->cond[k].field, l->cond[k].value);
		}
		differ(row, "expected %" PRId64 " (%s) of %s%s, got %" PRId64, want, l->count, l->event, conds,
		       l->seen);
	}
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
	compare_counts(row, path);
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

	for (size_t i = 0; i < summary.n; i++)
		if ((!strncmp(summary.v[i].key, "lost.", 5) || !strcmp(summary.v[i].key, "bad_records")) &&
		    number(summary.v[i].text, &n) && n) {
			size_t len = strlen(text);

			snprintf(text + len, sizeof(text) - len, " %s=%" PRIu64, summary.v[i].key, n);
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
	fprintf(stderr, "usage: scenarios [-n KERNEL/RUN] [-v] TABLE USED TRACE.ndjson\n       scenarios -r TABLE\n");
	return 2;
}

int main(int argc, char **argv)
{
	char *name = NULL;
	bool runs = false;
	int opt;

	while ((opt = getopt(argc, argv, "n:vr")) != -1) {
		if (opt == 'n')
			name = optarg;
		else if (opt == 'v')
			verbose = true;
		else if (opt == 'r')
			runs = true;
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
	read_trace(argv[2]);
	qsort(events, n_events, sizeof(*events), by_time);
	used_load(&used, &table, argv[1], page, find_event);
	for (size_t i = 0; i < n_events; i++)
		compare(&events[i]);
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
