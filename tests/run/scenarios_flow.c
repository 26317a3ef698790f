// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The flow tree that scenarios compares: one block per mapping, its nodes one within the other. Each must be like a line of
 * the mapping's row, as far as its text says, stand where the row says, and be there as often.
 */
#include "scenarios.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
	const char *event, *text;
	bool failed, timed;
	const struct node *up;
};

static struct block {
	uint32_t pid;
	uint64_t start, faults, left_out;
	char *steps;
	bool refused;
	struct mapping *m;
} * blocks;
static size_t n_blocks;
static struct used *used;
static uint64_t faults_told;
static bool untimed; /* a driver's function in the step that nobody timed: what ran in it may stand beside it */

char *next_object(char **array)
{
	char *p = *array, *start;
	int depth = 0;
	bool quoted = false;

	start = p ? strchr(p, '{') : NULL;
	for (p = start; p && *p; p++) {
		if (quoted && *p == '\\' && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && *p == '{')
			depth++;
		else if (!quoted && *p == '}' && !--depth)
			break;
	}
	if (!p || !*p)
		return NULL;
	*array = p + 1 + (p[1] != 0);
	p[1] = 0;
	return start;
}

/* The mapping's address is the end of its call's text. */
static void take_start(struct block *b)
{
	char *copy = strdup(b->steps), *at = copy, *first = copy ? next_object(&at) : NULL;
	static struct object o;
	const char *text, *ret = NULL;

	if (first && !object_parse(&o, first)) {
		text = object_get(&o, "text", NULL) ?: "";
		while ((text = strstr(text, ") = ")))
			ret = text += 4;
	}
	b->refused = !number(ret, &b->start) || *ret == '-';
	free(copy);
}

static bool take_block(const struct object *o, const char *type, const char *line)
{
	const char *steps = object_get(o, "steps", NULL);
	struct block *b;
	uint64_t pid;

	(void)line;
	if (strcmp(type, "flow"))
		return true;
	if (!(n_blocks & (n_blocks - 1)))
		blocks = realloc(blocks, 2 * (n_blocks + 1) * sizeof(*blocks));
	if (!blocks)
		exit(2);
	b = &blocks[n_blocks++];
	*b = (struct block){ .steps = steps ? strdup(steps) : NULL };
	if (!b->steps || !number(object_get(o, "pid", NULL), &pid) ||
	    !number(object_get(o, "faults", NULL), &b->faults) ||
	    !number(object_get(o, "left_out", NULL), &b->left_out))
		return false;
	b->pid = (uint32_t)pid;
	take_start(b);
	return true;
}

/* Blocks stand in the order of their calls; only those have something to find. */
static bool flow_find(struct call *c)
{
	for (size_t i = 0; i < n_blocks && !strcmp(c->event, "mmap"); i++) {
		struct block *b = &blocks[i];

		if (b->m || b->refused || b->pid != c->pid || b->start != c->value)
			continue;
		b->m = used->maps[used->n_maps - 1];
		return true;
	}
	return strcmp(c->event, "mmap") != 0;
}

static bool is_install(const char *event)
{
	return !strcmp(event, "pfn_map") || !strcmp(event, "page_map") || !strcmp(event, "dma_map");
}

static bool inside(const struct node *n, bool (*is)(const char *event))
{
	for (n = n->up; n; n = n->up)
		if (is(n->event))
			return true;
	return false;
}

static bool is_driver(const char *event)
{
	return !strncmp(event, "driver_", 7);
}

/* What stands between two double blanks and begins like a memory type, in small letters. */
static void memtype_of(char *to, size_t room, const char *text)
{
	const char *at = strstr(text, "  Normal") ?: strstr(text, "  Device");
	size_t n = 0;

	for (at = at ? at + 2 : ""; *at && *at != ' ' && *at != '?' && n + 1 < room; at++)
		to[n++] = (char)tolower((unsigned char)*at);
	to[n] = 0;
}

/* Of a fault, "first touch +0x0000 write  driver-page": where no kind is known, the file's class stands in its place. */
static void kind_of(char *to, size_t room, const char *text)
{
	const char *at = strstr(text, "  ");

	at = at ? at + 2 : "";
	snprintf(to, room, "%.*s", (int)strcspn(at, " "), at);
	if (!strchr(to, '-'))
		snprintf(to, room, "unknown");
}

static void word_of(char *to, size_t room, const char *text)
{
	if (!strncmp(text, "exit  ", 6))
		text += 6;
	snprintf(to, room, "%.*s", (int)strcspn(text, " "), text);
}

/* The field as the node's text and place tell it; false: they do not. */
static bool told(char *to, size_t room, const char *field, const struct node *n)
{
	const char *at;

	if (!strcmp(field, "func") || !strcmp(field, "helper")) {
		word_of(to, room, n->text);
	} else if (!strcmp(field, "nested")) {
		snprintf(to, room, "%d", inside(n, is_install));
	} else if (!strcmp(field, "memtype")) {
		memtype_of(to, room, n->text);
		return !inside(n, is_install); /* said once, by the outer */
	} else if (!strcmp(field, "pages")) {
		at = strstr(n->text, "  ");
		snprintf(to, room, "%.*s", at ? (int)strcspn(at + 2, " ") : 0, at ? at + 2 : "");
	} else if (!strcmp(field, "segs")) {
		at = strstr(n->text, " in ");
		snprintf(to, room, "%.*s", at ? (int)strcspn(at + 4, " ") : 1, at ? at + 4 : "1");
	} else if (!strcmp(field, "kind")) {
		kind_of(to, room, n->text);
	} else if (!strcmp(field, "result")) {
		at = strchr(n->text, ' ');
		snprintf(to, room, "%s", at ? at + 1 : "nopage"); /* nothing is said of what is as usual */
	} else if (!strcmp(field, "name")) {
		at = strrchr(n->text, ' ');
		snprintf(to, room, "%s", at ? at + 1 : "");
	} else {
		return false;
	}
	return true;
}

static const struct pair *first_unlike(const struct line *l, const struct node *n, const struct mapping *m, char *got,
				       size_t room)
{
	for (unsigned int i = 0; i < l->conds; i++)
		if (told(got, room, l->cond[i].field, n) && !cond_holds(&l->cond[i], got, m))
			return &l->cond[i];
	return NULL;
}

static const struct {
	const char *node, *event; /* the row speaks of what the call did */
} calls[] = { { "mremap", "vma_move" }, { "mprotect", "vma_prot" } };

static bool in_tree(const char *event)
{
	static const char *const all[] = { "obj_map", "fault", "remote", "vma_dup", "vma_map", "vma_move", "vma_prot" };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(event, all[i]))
			return true;
	return is_install(event) || is_driver(event);
}

/* Within what each must stand: NULL for anything. */
static const char *wrong_place(const struct node *n)
{
	static const struct {
		const char *event, *root;
	} in[] = { { "driver_mmap", "mmap" },
		   { "vma_map", "mmap" },
		   { "driver_fault", "fault" },
		   { "driver_mkwrite", "fault" },
		   { "driver_access", "remote" } };
	const struct node *root = n;

	while (root->up)
		root = root->up;
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		if (!strcmp(n->event, in[i].event) && strcmp(root->event, in[i].root))
			return in[i].root;
	if ((is_install(n->event) || !strcmp(n->event, "obj_map")) && !untimed && !inside(n, is_driver))
		return "the driver's function";
	return NULL;
}

static void compare_node(struct row *row, const struct mapping *m, const struct node *n, const char *kernel,
			 const char *run)
{
	const char *event = n->event, *place = wrong_place(n);
	const struct pair *wrong = NULL;
	char got[200], last[500] = "";

	if (place)
		differ(row, "%s: expected inside %s, is in %s: %s", event, place, n->up ? n->up->event : "nothing",
		       n->text);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(event, calls[i].node))
			event = calls[i].event;
	if (!in_tree(event) || (event != n->event && n->failed))
		return;
	for (unsigned int i = 0; i < row->n_lines; i++) {
		struct line *l = &row->lines[i];

		if (strcmp(l->event, event) || !table_holds(l->only, kernel, run))
			continue;
		wrong = first_unlike(l, n, m, got, sizeof(got));
		if (!wrong) {
			l->seen++;
			return;
		}
		snprintf(last, sizeof(last), "%s=%s, got %s", wrong->field, wrong->value, got);
	}
	if (*last)
		differ(row, "%s in the tree: expected %s: %s", event, last, n->text);
	else
		differ(row, "%s in the tree: expected none, got %s", event, n->text);
}

static void compare_nodes(struct block *b, char *array, const struct node *up, const char *kernel, const char *run)
{
	struct object o;
	char *one;

	while ((one = next_object(&array))) {
		const char *err = object_parse(&o, one), *rest;
		struct node n = { .up = up };

		if (err)
			bad_input("flow", 0, "%s", err);
		n.event = object_get(&o, "event", NULL) ?: "?";
		n.text = object_get(&o, "text", NULL) ?: "";
		n.failed = !strcmp(object_get(&o, "failed", NULL) ?: "", "true");
		n.timed = object_get(&o, "dur_ns", NULL) != NULL;
		if (!up)
			untimed = false;
		faults_told += !strcmp(n.event, "fault");
		untimed |= is_driver(n.event) && !n.timed;
		compare_node(b->m->row, b->m, &n, kernel, run);
		rest = object_get(&o, "inside", NULL);
		compare_nodes(b, (char *)rest, &n, kernel, run);
	}
}

static void compare_faults(struct row *row, uint64_t faults, const char *kernel, const char *run)
{
	int64_t want = 0, n;

	for (unsigned int i = 0; i < row->n_lines; i++) {
		const struct line *l = &row->lines[i];

		if (strcmp(l->event, "fault") || !table_holds(l->only, kernel, run))
			continue;
		if (expr_eval(l->count, row_number, row, &n))
			return; /* any number */
		want += n;
	}
	if ((uint64_t)want != faults)
		differ(row, "the tree's number of faults: expected %lld, got %llu", (long long)want,
		       (unsigned long long)faults);
}

/* untold: faults that the tree only counts, and what ran inside them */
static void compare_line(struct row *row, const struct line *l, const char *path, look_up look, const void *of,
			 uint64_t untold)
{
	int64_t want;

	if (untold && !expr_eval(l->count, look, of, &want) && want == l->seen + (int64_t)untold)
		return;
	compare_count(row, l, path, look, of);
}

static uint64_t compare_block(struct row *row, struct block *b, const char *path, const char *kernel, const char *run)
{
	uint64_t untold;

	for (unsigned int k = 0; k < row->n_lines; k++)
		row->lines[k].seen = 0;
	faults_told = 0;
	compare_nodes(b, b->steps, NULL, kernel, run);
	untold = b->faults - faults_told;
	for (unsigned int k = 0; k < row->n_lines; k++)
		if (in_tree(row->lines[k].event) && count_of_each(&row->lines[k]))
			compare_line(row, &row->lines[k], path, mapping_number, b->m, untold);
	if (b->left_out)
		differ(row, "the tree: left out %llu lines", (unsigned long long)b->left_out);
	return untold;
}

static void compare_row(struct row *row, const char *path, const char *kernel, const char *run)
{
	int64_t total[sizeof(row->lines) / sizeof(row->lines[0])] = { 0 };
	uint64_t faults = 0, untold = 0;

	for (size_t i = 0; i < n_blocks; i++) {
		if (!blocks[i].m || blocks[i].m->row != row)
			continue;
		untold += compare_block(row, &blocks[i], path, kernel, run);
		faults += blocks[i].faults;
		for (unsigned int k = 0; k < row->n_lines; k++)
			total[k] += row->lines[k].seen;
	}
	for (unsigned int k = 0; k < row->n_lines; k++) {
		row->lines[k].seen = total[k];
		if (in_tree(row->lines[k].event) && !count_of_each(&row->lines[k]))
			compare_line(row, &row->lines[k], path, row_number, row, untold);
	}
	compare_faults(row, faults, kernel, run);
}

void flow_compare(struct used *u, struct table *t, struct trace *trace, const char *const *paths, const char *kernel,
		  const char *run)
{
	lines_load(trace, paths[2], take_block);
	used = u;
	used_load(u, t, paths[1], trace->page, flow_find);
	for (unsigned int i = 0; i < t->n; i++)
		if (t->rows[i].used)
			compare_row(&t->rows[i], paths[0], kernel, run);
}
