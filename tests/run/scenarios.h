/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Parts of scenarios: the table, what the workload said, and the numbers in both. */
#ifndef TESTS_RUN_SCENARIOS_H
#define TESTS_RUN_SCENARIOS_H

#include "match.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void bad_input(const char *path, unsigned long line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));

/* ---- the table: kmod-demo/scenarios says how it is written ---- */

struct pair {
	const char *field, *value;
};

/* One line of a row: so many events, each like this. */
struct line {
	const char *only;	   /* kernels and runs for which it holds, "!" in front: for all others; NULL: all */
	const char *event, *count; /* count: an expression, or "*" */
	struct pair cond[MAX_CONDS];
	unsigned int conds;
	unsigned long no; /* in the file */
	int64_t seen;
};

struct row {
	const char *name, *run, *text;
	struct pair cond[MAX_CONDS]; /* of a mapping */
	unsigned int conds;
	unsigned long no;
	struct line lines[48];
	unsigned int n_lines;
	unsigned int n_errors;
	struct difference {
		char *text;
		unsigned int times;
	} errors[20];	  /* different ones */
	const char *skip; /* the workload's own word */
	bool used;
};

struct table {
	struct row rows[64];
	unsigned int n;
};

void table_load(struct table *t, const char *path);
/* The kind that a row is about. */
const char *row_kind(const struct row *row);
/* Does `only` (a line's) name one of what is tested: a kernel, a run? */
bool table_holds(const char *only, const char *kernel, const char *run);

/* ---- what the workload did ---- */

/* A mapping from its mmap to its end; a place is where it lies, for as long as it lies there. */
struct mapping {
	struct row *row;
	const char *kind;
	struct pair vars[24]; /* of its line, and what ioctls had chosen before */
	unsigned int n_vars;
	int64_t n[24]; /* by enum tally */
	char id[32];   /* the ledger's name for it, once seen */
};

/* Numbers that a row may use, of one mapping or summed up over those of a row. */
// clang-format off
#define TALLIES(X) \
	X(MAPS, "maps") \
	X(PAGES, "pages") \
	X(FORKS, "forks") \
	X(HOLES, "holes") \
	X(MOVES, "moves") \
	X(PROTS, "prots") \
	X(UNMAPS, "unmaps") \
	X(READ, "first_read") \
	X(WRITTEN, "first_written") \
	X(UPGRADED, "read_then_written") \
	X(INHERITED, "inherited") \
	X(READ_UPPER, "first_read_upper") \
	X(WRITTEN_UPPER, "first_written_upper") \
	X(REACHES, "reaches") \
	X(REACHED, "reached") \
	X(TOLD, "told") \
	X(SPLITS_REFUSED, "splits_refused")
// clang-format on

enum tally {
#define TALLY_ID(id, name) N_##id,
	TALLIES(TALLY_ID)
#undef TALLY_ID
		N_TALLIES
};

struct place {
	struct mapping *m;
	uint32_t pid;
	uint64_t start, end;
	uint64_t from_ns, to_ns; /* in the trace; to_ns UINT64_MAX: for ever */
	unsigned char *pages;	 /* what the process did to each: PAGE_ */
	bool child;
};

#define PAGE_READ      1
#define PAGE_WRITTEN   2
#define PAGE_OF_PARENT 4 /* touched by the parent before the fork */

struct used {
	struct mapping *maps[512];
	unsigned int n_maps;
	struct place places[2048];
	unsigned int n_places;
	unsigned int done, wrong; /* last lines, "done wrong=0", and with another number */
};

/* ---- the trace ---- */

struct event {
	const char *name;
	uint32_t pid;
	uint64_t addr, ts_ns, end_ns;
	char *line; /* parsed anew for each look */
};

struct trace {
	struct event *events; /* in order of time */
	size_t n;
	uint64_t page;
	bool has_ids; /* of mappings */
	struct object summary;
};

void trace_load(struct trace *t, const char *path);
const struct object *event_parsed(const struct event *e); /* until the next call */

/* The trace as used_load() wants to know it: the next call of a process, after the ones it had, with these values. */
struct call {
	const char *event;
	uint32_t pid;
	const char *field;
	uint64_t value;
	uint64_t len;		/* 0: whatever */
	uint64_t ts_ns, end_ns; /* found */
};
typedef bool (*find_call)(struct call *c);
bool trace_find(struct call *c);

void used_load(struct used *u, struct table *t, const char *path, uint64_t page, find_call find);
const struct place *used_place(const struct used *u, uint32_t pid, uint64_t addr, uint64_t ts_ns);
const char *mapping_var(const struct mapping *m, const char *name);

/* ---- expressions: numbers, names, + - * / and parentheses ---- */

typedef bool (*look_up)(const void *of, const char *name, int64_t *out);
/* NULL, or what is wrong with it. */
const char *expr_eval(const char *text, look_up look, const void *of, int64_t *out);

/* ---- the flow tree and the ledger: what `mmtrace flow -j` and `mmtrace maps -j --history` tell of the same workload ---- */

/* paths: of the table, of what the workload printed, and of what is compared */
void flow_compare(struct used *u, struct table *t, struct trace *trace, const char *const *paths, const char *kernel,
		  const char *run);
void maps_compare(struct used *u, struct table *t, struct trace *trace, const char *const *paths, const char *kernel,
		  const char *run);

/* ---- what the comparisons need ---- */

/* false: something is not there that must be */
typedef bool (*take_line_fn)(const struct object *o, const char *type, const char *line);
/* Page size and summary of a file of JSON lines; the others are taken one by one. */
void lines_load(struct trace *to, const char *path, take_line_fn take);
/* The next object of an array, which it is cut out of; NULL behind the last. */
char *next_object(char **array);
/* Is the count a sum over mappings, so that each one can be asked? "1+first_read" is of all of them together. */
bool count_of_each(const struct line *l);

/* A difference; where it was stands in front of ": ", the rest tells differences apart. */
void differ(struct row *row, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool cond_holds(const struct pair *c, const char *got, const struct mapping *m);
/* Look-ups of expr_eval(), of a mapping and of a row: the sum over its mappings. */
bool mapping_number(const void *of, const char *name, int64_t *out);
bool row_number(const void *of, const char *name, int64_t *out);
/* Against what the line has seen. path: of the table */
void compare_count(struct row *row, const struct line *l, const char *path, look_up look, const void *of);

#endif
