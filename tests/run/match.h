/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Parts of match: JSON lines as flat lists of values, expectations, and what a tier may lack. */
#ifndef TESTS_RUN_MATCH_H
#define TESTS_RUN_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_VALUES 160
#define MAX_CONDS  16

/* ---- one line of JSON ---- */

struct value {
	const char *key;  /* "addr", "mapping.name": members of "args" stand by their own name */
	const char *text; /* NULL: null */
};

struct object {
	size_t n;
	struct value v[MAX_VALUES];
	size_t names_used;
	char names[4096]; /* room for keys made of two */
};

/* Parses one object in place. NULL, or what is wrong with it. */
const char *object_parse(struct object *o, char *line);
/* NULL when there is no such member, or when it is null: *there tells these apart. */
const char *object_get(const struct object *o, const char *key, bool *there);
/* Decimal, hex or negative; the whole text or nothing. */
bool number(const char *text, uint64_t *out);

/* ---- expectations ---- */

enum op { OP_EQ, OP_GE, OP_LE, OP_HAS, OP_HAS_NOT };

struct cond {
	const char *field, *value;
	enum op op;
};

struct expect {
	const char *event, *sort; /* sort: "" when it has none */
	struct cond cond[MAX_CONDS];
	unsigned int conds;
};

struct item {
	const struct expect *e;
	uint64_t addr; /* 0: by process */
	unsigned int left;
};

struct range {
	uint64_t start, end;
};

#define MAX_ERRORS 40

struct tcase {
	const char *name, *skip;
	uint64_t begin, end;
	struct range ranges[4];
	unsigned int n_ranges;
	uint32_t pids[16];
	unsigned int n_pids;
	bool proc;
	bool seen_begin, seen_end;
	size_t first, last; /* items */
	unsigned int n_errors;
	char *errors[MAX_ERRORS];
};

struct count {
	const char *event;
	uint64_t n, seen;
};

struct plan {
	uint32_t pid;
	bool complete;
	struct tcase *cases;
	size_t n_cases;
	struct item *items;
	size_t n_items;
	struct count counts[8];
	size_t n_counts;
};

/* ---- what a tier may lack ---- */

enum lack_kind { LACK_ABSENT, LACK_UNKNOWN };

struct lack {
	enum lack_kind kind;
	const char *event;
	const char *field; /* NULL: the whole event, or the sort */
	const char *sort;  /* NULL: every sort */
};

struct tier {
	struct lack lacks[200];
	size_t n;
};

const struct lack *tier_field(const struct tier *t, const char *event, const char *field);
bool tier_lacks_event(const struct tier *t, const char *event, const char *sort);

/* Both end the program with 2 after a line on stderr when the file is not what it must be. */
void tier_load(struct tier *t, const char *path);
void plan_load(struct plan *p, const char *path, const struct tier *t);

/* Whole file, NUL-terminated; ends the program when it cannot be read. */
char *read_whole(const char *path);
void bad_file(const char *path, unsigned long line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));

#endif
