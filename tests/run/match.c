// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * match - compares what a workload must have caused with what a tracer saw, exactly
 *
 *   match [-t TIERFILE] [-n NAME] [-c] [-v] EXPECTED TRACE.ndjson
 *
 *   -t  what the tier may lack: lines 'absent EVENT[.FIELD]', 'absent EVENT@SORT', 'unknown EVENT.FIELD'
 *   -n  KERNEL/TIER, for the output
 *   -c  counts only: events seen plus events counted as lost equal the workload's own counters ('count' lines)
 *   -v  every difference, not only the first of a case
 *
 * Prints "ok CASE@NAME", "not ok CASE@NAME: ...", "skip CASE@NAME: ..." and totals. Exit: 0 all as expected, 1 not,
 * 2 usage or bad input.
 */
#include "match.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct plan plan;
static struct tier tier;
static const char *name = "?";
static bool verbose, counts_only;
static struct tcase *current;
static struct {
	bool seen;
	uint64_t lost, bad;
	char text[200];
} summary;

/* Events that are compared, and how they are found: by their address, or (fork, exec, exit, …) by their process. */
static const struct {
	const char *event;
	bool by_address;
} compared[] = {
	{ "mmap", true },
	{ "munmap", true },
	{ "mprotect", true },
	{ "mremap", true },
	{ "brk", true },
	{ "vma_map", true },
	{ "vma_unmap", true },
	{ "vma_prot", true },
	{ "vma_move", true },
	{ "vma_dup", true },
	{ "vma_grow", true },
	{ "fault", true },
	{ "fork", false },
	{ "exec", false },
	{ "exit", false },
	{ "msync", true },
	{ "madvise", true },
	{ "mlock", true },
	{ "shmat", true },
	{ "shmdt", true },
	{ "remote", true },
	{ "signal", true },
	{ "shmget", false },
	{ "memfd_create", false },
	{ "remap_file_pages", true },
};

static void differ(struct tcase *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void differ(struct tcase *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (c->n_errors < MAX_ERRORS && vasprintf(&c->errors[c->n_errors], fmt, ap) < 0)
		exit(2);
	va_end(ap);
	c->n_errors++;
}

/* ---- one event against one expectation ---- */

/* Is `word` one of the words of text, which '|' separates? */
static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = text; p; p = strchr(p, '|'), p = p ? p + 1 : NULL)
		if (!strncmp(p, word, len) && (!p[len] || p[len] == '|'))
			return true;
	return false;
}

/* The same words, in any order. */
static bool same_words(const char *a, const char *b)
{
	char copy[256], *save, *w;

	if (strlen(a) != strlen(b) || strlen(a) >= sizeof(copy))
		return false;
	strcpy(copy, a);
	for (w = strtok_r(copy, "|", &save); w; w = strtok_r(NULL, "|", &save))
		if (!has_word(b, w))
			return false;
	return true;
}

static bool holds(const struct cond *c, const char *got)
{
	uint64_t want, have;

	if (!got)
		return false;
	switch (c->op) {
	case OP_EQ:
		if (number(c->value, &want) && number(got, &have))
			return want == have;
		return !strcmp(c->value, got) || same_words(c->value, got);
	case OP_GE:
		return number(c->value, &want) && number(got, &have) && have >= want;
	case OP_LE:
		return number(c->value, &want) && number(got, &have) && have <= want;
	case OP_HAS:
		return has_word(got, c->value);
	case OP_HAS_NOT:
		return !has_word(got, c->value);
	}
	return false;
}

static const char *sign(enum op op)
{
	static const char *const signs[] = { "=", ">=", "<=", "~", "!~" };

	return signs[op];
}

/* The first condition that does not hold, or NULL. */
static const struct cond *first_wrong(const struct expect *e, const struct object *o, const char **why)
{
	for (unsigned int i = 0; i < e->conds; i++) {
		const struct cond *c = &e->cond[i];
		const struct lack *l = tier_field(&tier, e->event, c->field);
		const char *got = object_get(o, c->field, NULL);

		*why = "";
		if (l && l->kind == LACK_ABSENT) {
			if (!got)
				continue;
			*why = ", though the tier's file calls it absent";
			return c;
		}
		if (l && (!got || !strcmp(got, "unknown")))
			continue;
		if (!holds(c, got))
			return c;
	}
	return NULL;
}

/* ---- finding what an event belongs to ---- */

static bool has_pid(const struct tcase *c, uint64_t pid)
{
	for (unsigned int i = 0; i < c->n_pids; i++)
		if (c->pids[i] == pid)
			return true;
	return false;
}

static bool in_ranges(const struct tcase *c, uint64_t addr, unsigned int n)
{
	for (unsigned int i = 0; i < n && i < c->n_ranges; i++)
		if (addr >= c->ranges[i].start && addr < c->ranges[i].end)
			return true;
	return false;
}

static int item_order(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int by_event = strcmp(x->e->event, y->e->event);

	return by_event ? by_event : x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* First item of a case for this event and address; *n: how many there are. */
static struct item *items_of(const struct tcase *c, const char *event, uint64_t addr, size_t *n)
{
	struct expect e = { .event = event };
	struct item key = { .e = &e, .addr = addr };
	size_t lo = c->first, hi = c->last;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (item_order(&plan.items[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (*n = 0; lo + *n < c->last && !item_order(&plan.items[lo + *n], &key);)
		(*n)++;
	return plan.items + lo;
}

static void compare(struct tcase *c, const char *event, uint64_t addr, const struct object *o)
{
	const char *pid = object_get(o, "pid", NULL), *why = "";
	struct item *near = NULL;
	const struct cond *wrong;
	struct item *it;
	size_t n;

	if (tier_lacks_event(&tier, event, "")) {
		differ(c, "%s 0x%" PRIx64 ": the tier's file calls this event absent, but here is one", event, addr);
		return;
	}
	it = items_of(c, event, addr, &n);
	for (size_t i = 0; i < n; i++) {
		if (!it[i].left)
			continue;
		if (!first_wrong(it[i].e, o, &why)) {
			it[i].left--;
			return;
		}
		if (!near)
			near = &it[i];
	}
	if (!near) {
		differ(c, "%s 0x%" PRIx64 " of process %s: expected %s, got %s", event, addr, pid,
		       n ? "no more" : "none", n ? "another one" : "one");
		return;
	}
	near->left--; /* or it would be reported as missing too */
	wrong = first_wrong(near->e, o, &why);
	differ(c, "%s 0x%" PRIx64 ": expected %s%s%s, got %s%s", event, addr, wrong->field, sign(wrong->op),
	       wrong->value, object_get(o, wrong->field, NULL) ?: "nothing", why);
}

/* A change that a call brought about has that call's number; it comes before the call, which is told of when it is done. */
static void check_call(struct tcase *c, const char *event, const struct object *o)
{
	static uint64_t tid, call;
	static char origin[24];
	uint64_t mine, number_now;
	const char *by = object_get(o, "origin", NULL);

	if (!number(object_get(o, "tid", NULL), &mine) || !number(object_get(o, "call", NULL), &number_now))
		return;
	if (!strncmp(event, "vma_", 4)) {
		snprintf(origin, sizeof(origin), "%s", by ?: "");
		tid = mine;
		call = number_now;
	} else if (mine == tid && !strcmp(event, origin)) {
		*origin = 0;
		if (call != number_now)
			differ(c, "%s is call %" PRIu64 ", but its changes say %" PRIu64, event, number_now, call);
	}
}

/* A mark begins or ends a case. */
static bool take_mark(const char *event, uint64_t addr, uint64_t pid)
{
	if (strcmp(event, "mmap") || pid != plan.pid)
		return false;
	for (size_t i = 0; i < plan.n_cases; i++) {
		struct tcase *c = &plan.cases[i];

		if (addr == c->begin && !c->seen_begin) {
			c->seen_begin = true;
			current = c;
			return true;
		}
		if (addr == c->end && !c->seen_end) {
			c->seen_end = true;
			current = NULL;
			return true;
		}
	}
	return false;
}

static void take_event(const struct object *o)
{
	const char *event = object_get(o, "event", NULL);
	uint64_t pid = 0, addr = 0, ret = 0, old = 0;
	bool by_address = false, known = false;

	if (!event)
		return;
	for (size_t i = 0; i < plan.n_counts; i++)
		plan.counts[i].seen += !strcmp(event, plan.counts[i].event) &&
				       number(object_get(o, "pid", NULL), &pid) && pid == plan.pid;
	for (size_t i = 0; i < sizeof(compared) / sizeof(compared[0]); i++)
		if (!strcmp(event, compared[i].event)) {
			by_address = compared[i].by_address;
			known = true;
		}
	if (!known || !number(object_get(o, "pid", NULL), &pid))
		return;
	if (by_address && !number(object_get(o, "addr", NULL), &addr))
		by_address = false; /* it has none, as of mlockall */
	if (take_mark(event, addr, pid))
		return;
	for (size_t i = 0; i < plan.n_cases; i++) {
		struct tcase *c = &plan.cases[i];

		if (c != current && by_address && in_ranges(c, addr, 1) && has_pid(c, pid))
			differ(c, "%s 0x%" PRIx64 " came outside the case's marks", event, addr);
	}
	if (!current || !has_pid(current, pid))
		return;
	check_call(current, event, o);
	if (!strcmp(event, "brk"))
		number(object_get(o, "ret", NULL), &ret);
	if (!strcmp(event, "vma_move"))
		number(object_get(o, "old_addr", NULL), &old);
	if (by_address ? in_ranges(current, addr, 4) || (ret && in_ranges(current, ret, 4)) ||
				 (old && in_ranges(current, old, 4)) :
			 current->proc)
		compare(current, event, by_address ? addr : 0, o);
}

static void take_summary(const struct object *o)
{
	uint64_t n;

	summary.seen = true;
	number(object_get(o, "bad_records", NULL), &summary.bad);
	for (size_t i = 0; i < o->n; i++) {
		if (!strncmp(o->v[i].key, "lost.", 5) && number(o->v[i].text, &n) && n) {
			size_t len = strlen(summary.text);

			snprintf(summary.text + len, sizeof(summary.text) - len, " %s=%" PRIu64, o->v[i].key + 5, n);
			summary.lost += n;
		}
	}
	for (size_t k = 0; k < plan.n_counts; k++) {
		char key[64];

		snprintf(key, sizeof(key), "lost_by_event.%s", plan.counts[k].event);
		if (number(object_get(o, key, NULL), &n))
			plan.counts[k].seen += n;
	}
}

static void read_trace(const char *path)
{
	FILE *f = fopen(path, "re");
	static struct object o;
	unsigned long no = 0;
	char *line = NULL;
	size_t room = 0;

	if (!f)
		bad_file(path, 0, "cannot be read");
	while (getline(&line, &room, f) > 0) {
		const char *err = object_parse(&o, line), *type;

		if (err)
			bad_file(path, no + 1, "%s", err);
		no++;
		type = object_get(&o, "type", NULL);
		if (type && !strcmp(type, "event"))
			take_event(&o);
		else if (type && !strcmp(type, "summary"))
			take_summary(&o);
	}
	free(line);
	fclose(f);
	if (!summary.seen)
		bad_file(path, no, "no summary line: the trace is not whole");
}

/* ---- verdict ---- */

static void find_missing(struct tcase *c)
{
	if (!c->seen_begin || !c->seen_end) {
		c->n_errors = 0; /* whatever else there is to say, it comes from that */
		differ(c, "its %s mark is not in the trace", c->seen_begin ? "end" : "begin");
		return;
	}
	for (size_t i = c->first; i < c->last; i++) {
		const struct item *it = &plan.items[i];
		char conds[300] = "";

		if (!it->left)
			continue;
		for (unsigned int k = 0; k < it->e->conds; k++) {
			size_t len = strlen(conds);

			snprintf(conds + len, sizeof(conds) - len, " %s%s%s", it->e->cond[k].field,
				 sign(it->e->cond[k].op), it->e->cond[k].value);
		}
		differ(c, "%s 0x%" PRIx64 "%s: expected %u more, got none", it->e->event, it->addr, conds, it->left);
	}
}

static unsigned int passed, failed, skipped;

static void report(struct tcase *c)
{
	if (c->skip) {
		printf("skip %s@%s: %s\n", c->name, name, c->skip);
		skipped++;
		return;
	}
	find_missing(c);
	if (!c->n_errors) {
		printf("ok %s@%s\n", c->name, name);
		passed++;
		return;
	}
	failed++;
	printf("not ok %s@%s: %s", c->name, name, c->errors[0]);
	if (c->n_errors > 1)
		printf(" (and %u more)", c->n_errors - 1);
	putchar('\n');
	for (unsigned int i = 1; verbose && i < c->n_errors && i < MAX_ERRORS; i++)
		printf("#   %s\n", c->errors[i]);
}

static void report_one(bool good, const char *what, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void report_one(bool good, const char *what, const char *fmt, ...)
{
	va_list ap;

	*(good ? &passed : &failed) += 1;
	if (good) {
		printf("ok %s@%s\n", what, name);
		return;
	}
	printf("not ok %s@%s: ", what, name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void report_counts(void)
{
	for (size_t i = 0; i < plan.n_counts; i++) {
		const struct count *c = &plan.counts[i];
		char what[64];

		if (tier_lacks_event(&tier, c->event, ""))
			continue;
		snprintf(what, sizeof(what), "count-%s", c->event);
		report_one(c->seen == c->n, what, "expected %" PRIu64 " seen or counted as lost, got %" PRIu64, c->n,
			   c->seen);
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: match [-t TIERFILE] [-n NAME] [-c] [-v] EXPECTED TRACE.ndjson\n");
	return 2;
}

int main(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "t:n:cv")) != -1) {
		if (opt == 't')
			tier_load(&tier, optarg);
		else if (opt == 'n')
			name = optarg;
		else if (opt == 'c')
			counts_only = true;
		else if (opt == 'v')
			verbose = true;
		else
			return usage();
	}
	if (argc - optind != 2)
		return usage();
	plan_load(&plan, argv[optind], &tier);
	for (size_t i = 0; i < plan.n_cases; i++)
		qsort(plan.items + plan.cases[i].first, plan.cases[i].last - plan.cases[i].first, sizeof(*plan.items),
		      item_order);
	read_trace(argv[optind + 1]);
	if (counts_only) {
		report_counts();
	} else {
		for (size_t i = 0; i < plan.n_cases; i++)
			report(&plan.cases[i]);
		report_one(!summary.lost && !summary.bad, "nothing-lost", "lost%s, %" PRIu64 " bad records",
			   summary.text, summary.bad);
	}
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed ? 1 : 0;
}
