// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * check-totals - what mmtrace faults -j --by comm,kind added up, against what nfaults did
 *
 *   check-totals -n NAME [-a SORT]... [-u] [-c] [-q] [-t] EXPECTED TOTALS
 *
 *   -a  faults of this sort (nfaults.h) are not seen by the tier; or, with a leading '?', may be missing: all or none
 *   -u  the tier may not know the kind: what is unknown and what is known add up to what there were, class by class
 *   -c  nor the class
 *   -q  nothing but the jobs faulted: the sum of all keys is the sum of all jobs
 *   -t  the tier has no names of commands: that sum is all that is compared
 *
 * Prints "ok", "not ok" and "skip" lines. The time of a job's faults is at most what the job needed by its own clock, and at
 * least what it made them sleep. Exit: 0 all fine, 1 not, 2 usage or input that is none.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "match.h"

#define MAX_ROWS  512
#define MAX_SORTS 8

struct want {
	char job[24], kind[24], class[16], sort[16];
	uint64_t count;
};

struct job {
	char name[24];
	uint64_t own_ns, least_ns;
};

struct row {
	char comm[24], kind[24], class[16];
	uint64_t count, timed, sum_ns, max_ns, buckets;
	bool has_sum;
};

static struct want wants[MAX_ROWS];
static struct job jobs[MAX_ROWS];
static struct row rows[MAX_ROWS];
static unsigned int nwants, njobs, nrows, nabsent;
static const char *absent[MAX_SORTS], *name = "";
static bool kind_unknown, class_unknown, quiet, total_only, failed;
static uint64_t want_total, got_total, total_count, lost;
static bool has_total, has_summary;

static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "check-totals: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	exit(2);
}

static void say(bool good, const char *what, const char *fmt, ...)
{
	va_list ap;

	printf("%s %s@%s", good ? "ok" : "not ok", what, name);
	if (!good) {
		printf(": ");
		va_start(ap, fmt);
		vprintf(fmt, ap);
		va_end(ap);
	}
	printf("\n");
	failed |= !good;
}

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

/* ---- input ------------------------------------------------------------------------------------------------------- */

static void read_expected(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		struct want w = { 0 };
		struct job j = { 0 };
		unsigned long long a, b;
		char job[24];
		int at = 0;

		if (nwants == MAX_ROWS || njobs == MAX_ROWS)
			die("too many lines in %s", path);
		if (sscanf(line, "expect %23s %23s %llu %15s %15s", w.job, w.kind, &a, w.class, w.sort) == 5) {
			w.count = a;
			wants[nwants++] = w;
		} else if (sscanf(line, "job %23s page=%*u own_ns=%llu least_ns=%llu", j.name, &a, &b) == 3) {
			j.own_ns = a;
			j.least_ns = b;
			jobs[njobs++] = j;
		} else if (sscanf(line, "skip %23s %n", job, &at) == 1 && at) {
			printf("skip totals-%s@%s: %s", job + 3, name, line + at);
		} else if (sscanf(line, "total %llu", &a) == 1) {
			want_total = a;
			has_total = true;
		}
	}
	if (!f || !has_total)
		die("%s is not what nfaults says at its end", path);
	fclose(f);
}

/* [[low, high, count], ...]: the sum of counts */
static uint64_t bucket_sum(const char *text)
{
	uint64_t sum = 0;

	for (const char *s = text ? strchr(text + 1, '[') : NULL; s; s = strchr(s + 1, '[')) {
		unsigned long long low, high, count;

		if (sscanf(s, "[%llu,%llu,%llu]", &low, &high, &count) != 3 || high < low || !count)
			die("a bucket that is none: %.60s", s);
		sum += count;
	}
	return sum;
}

static uint64_t must(const struct object *o, const char *key)
{
	uint64_t v;

	if (!number(object_get(o, key, NULL), &v))
		die("no number %s in a line of %s", key, object_get(o, "type", NULL));
	return v;
}

static void read_row(const struct object *o)
{
	struct row *r = &rows[nrows++];
	bool there;

	if (nrows == MAX_ROWS)
		die("too many keys");
	copy(r->comm, sizeof(r->comm), object_get(o, "key.comm", &there));
	if (!there)
		die("a key without comm");
	copy(r->kind, sizeof(r->kind), object_get(o, "key.kind", &there));
	copy(r->class, sizeof(r->class), object_get(o, "key.class", NULL));
	r->count = must(o, "count");
	r->timed = must(o, "timed");
	r->has_sum = number(object_get(o, "sum_ns", NULL), &r->sum_ns);
	number(object_get(o, "max_ns", NULL), &r->max_ns);
	r->buckets = bucket_sum(object_get(o, "buckets", NULL));
}

static void read_totals(const char *path)
{
	static char line[1 << 20];
	static struct object o;
	FILE *f = fopen(path, "re");
	uint64_t v;

	while (f && fgets(line, sizeof(line), f)) {
		const char *err = object_parse(&o, line), *type = err ? NULL : object_get(&o, "type", NULL);

		if (err || !type)
			die("%s: %s", path, err ? err : "a line without type");
		if (!strcmp(type, "key")) {
			read_row(&o);
		} else if (!strcmp(type, "total")) {
			total_count = must(&o, "count");
		} else if (!strcmp(type, "summary")) {
			has_summary = true;
			for (size_t i = 0; i < o.n; i++)
				if (!strncmp(o.v[i].key, "lost.", 5) && number(o.v[i].text, &v))
					lost += v;
		}
	}
	if (!f || !has_summary)
		die("%s is not the whole output of mmtrace faults -j", path);
	fclose(f);
}

/* ---- comparison -------------------------------------------------------------------------------------------------- */

/* 0: must be there; 1: must not; 2: all of it or nothing */
static int absence(const struct want *w)
{
	for (unsigned int i = 0; i < nabsent; i++)
		if (!strcmp(w->sort, absent[i] + (*absent[i] == '?')))
			return *absent[i] == '?' ? 2 : 1;
	return 0;
}

static bool is(const char *want, const char *got)
{
	return !strcmp(want, "-") || !strcmp(want, got);
}

static uint64_t of_kind(const char *job, const char *kind)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < nrows; i++)
		if (!strcmp(rows[i].comm, job) && !strcmp(rows[i].kind, kind))
			n += rows[i].count;
	return n;
}

/* Each kind so often as it must, and no other kind. */
static void check_kinds(const struct job *j, const char *what)
{
	char wrong[400] = "";
	size_t len = 0;

	for (unsigned int i = 0; i < nwants; i++) {
		const struct want *w = &wants[i];
		uint64_t want = w->count, got = of_kind(j->name, w->kind);
		int gone = absence(w);

		if (strcmp(w->job, j->name))
			continue;
		if (gone == 1 || (gone == 2 && !got))
			want = 0;
		if (got != want && len < sizeof(wrong) - 80)
			len += (size_t)sprintf(wrong + len, "%s%s %llu instead of %llu", len ? ", " : "", w->kind,
					       (unsigned long long)got, (unsigned long long)want);
	}
	for (unsigned int i = 0; i < nrows; i++) {
		bool known = strcmp(rows[i].comm, j->name) != 0;

		for (unsigned int k = 0; k < nwants; k++)
			known |= !strcmp(wants[k].job, j->name) && !strcmp(wants[k].kind, rows[i].kind);
		if (!known && len < sizeof(wrong) - 80)
			len += (size_t)sprintf(wrong + len, "%s%llu of kind %s (%s)", len ? ", " : "",
					       (unsigned long long)rows[i].count,
					       *rows[i].kind ? rows[i].kind : "unknown", rows[i].class);
	}
	say(!len, what, "%s", wrong);
}

/* Of unknown kind, and a class that so many cannot be of? */
static bool too_many(const struct job *j, const struct row *r)
{
	uint64_t most = 0;

	for (unsigned int k = 0; k < nwants; k++)
		if (!strcmp(wants[k].job, j->name) && is(wants[k].class, r->class))
			most += wants[k].count;
	return !*r->kind && *r->class && strcmp(r->class, "unknown") && !class_unknown && r->count > most;
}

/* Some kinds may be unknown: what is known is no more than there were, and the rest is of the right class. */
static void check_sum(const struct job *j, const char *what)
{
	uint64_t least = 0, most = 0, got = 0, nameless = 0;
	const char *odd = NULL;

	for (unsigned int i = 0; i < nwants; i++) {
		int gone = absence(&wants[i]);

		if (strcmp(wants[i].job, j->name))
			continue;
		least += gone ? 0 : wants[i].count;
		most += gone == 1 ? 0 : wants[i].count;
		if (of_kind(j->name, wants[i].kind) > wants[i].count)
			odd = wants[i].kind;
	}
	for (unsigned int i = 0; i < nrows; i++) {
		bool fits = false;

		if (strcmp(rows[i].comm, j->name))
			continue;
		got += rows[i].count;
		if (!*rows[i].kind && (!*rows[i].class || !strcmp(rows[i].class, "unknown")))
			nameless += rows[i].count;
		for (unsigned int k = 0; k < nwants; k++)
			fits |= !strcmp(wants[k].job, j->name) &&
				(*rows[i].kind ? !strcmp(wants[k].kind, rows[i].kind) :
						 class_unknown || is(wants[k].class, rows[i].class));
		if (!fits || too_many(j, &rows[i]))
			odd = *rows[i].kind ? rows[i].kind : *rows[i].class ? rows[i].class : "no class";
	}
	/* of several threads, one may map while another faults: the VMA, and so the class, is not to be had then */
	if (nameless && (strstr(j->name, "threads") || strstr(j->name, "race")))
		odd = NULL, nameless = 0;
	say((got == least || got == most) && !odd && (!nameless || class_unknown), what,
	    "%llu faults instead of %llu, %llu of them without a class%s%s", (unsigned long long)got,
	    (unsigned long long)most, (unsigned long long)nameless, odd ? ", and some of " : "", odd ? odd : "");
}

static void check_time(const struct job *j, const char *what)
{
	uint64_t sum = 0, count = 0, timed = 0, max = 0;
	bool any = false, buckets = true;

	for (unsigned int i = 0; i < nrows; i++) {
		if (strcmp(rows[i].comm, j->name))
			continue;
		any = true;
		sum += rows[i].sum_ns;
		count += rows[i].count;
		timed += rows[i].timed;
		max = rows[i].max_ns > max ? rows[i].max_ns : max;
		buckets &= rows[i].buckets == rows[i].timed;
	}
	if (!any || !timed)
		return;
	say(buckets && timed <= count && sum <= j->own_ns && sum >= j->least_ns && max <= sum, what,
	    "%llu ns for %llu faults, %llu of them timed, the longest %llu; between %llu and %llu by the program's "
	    "clock%s",
	    (unsigned long long)sum, (unsigned long long)count, (unsigned long long)timed, (unsigned long long)max,
	    (unsigned long long)j->least_ns, (unsigned long long)j->own_ns,
	    buckets ? "" : "; the buckets add up to something else");
}

static void check_job(const struct job *j)
{
	char what[64];

	snprintf(what, sizeof(what), "totals-%s", j->name + 3);
	if (kind_unknown)
		check_sum(j, what);
	else
		check_kinds(j, what);
	snprintf(what, sizeof(what), "totals-time-%s", j->name + 3);
	check_time(j, what);
}

static void check_all(void)
{
	uint64_t of_jobs = 0, some = 0;

	for (unsigned int i = 0; i < nrows; i++) {
		bool known = false;

		got_total += rows[i].count;
		for (unsigned int k = 0; k < njobs; k++)
			known |= !strcmp(rows[i].comm, jobs[k].name);
		of_jobs += known || (total_only && !*rows[i].comm) ? rows[i].count : 0;
	}
	for (unsigned int i = 0; i < nwants; i++)
		some += absence(&wants[i]) == 1 || !strcmp(wants[i].sort, "-") ? 0 : wants[i].count;
	say(got_total == total_count, "totals-adds-up", "the keys have %llu faults, the total %llu",
	    (unsigned long long)got_total, (unsigned long long)total_count);
	say(of_jobs >= want_total && of_jobs <= want_total + some, "totals-jobs", "%llu faults, %llu by construction",
	    (unsigned long long)of_jobs, (unsigned long long)want_total);
	if (quiet)
		say(of_jobs == got_total, "totals-quiet", "%llu faults were nobody's",
		    (unsigned long long)(got_total - of_jobs));
	say(!lost, "totals-lost", "%llu lost", (unsigned long long)lost);
}

int main(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "n:a:ucqt")) != -1) {
		if (opt == 'n')
			name = optarg;
		else if (opt == 'a' && nabsent < MAX_SORTS)
			absent[nabsent++] = optarg;
		else if (opt == 'u')
			kind_unknown = true;
		else if (opt == 'c')
			class_unknown = true;
		else if (opt == 'q')
			quiet = true;
		else if (opt == 't')
			total_only = true;
		else
			return 2;
	}
	if (argc - optind != 2)
		die("usage: check-totals -n NAME [-a SORT]... [-u] [-c] [-q] [-t] EXPECTED TOTALS");
	read_expected(argv[optind]);
	read_totals(argv[optind + 1]);
	for (unsigned int i = 0; i < njobs && !total_only; i++)
		check_job(&jobs[i]);
	check_all();
	if (fflush(stdout))
		die("cannot write");
	return failed;
}
