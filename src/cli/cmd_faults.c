// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace faults: latencies of page faults, added up in the kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/faults_filter.h"
#include "cli/run.h"
#include "cli/run_serve.h"
#include "probe/clusters.h"
#include "sink/slo.h"

#define CLUSTERS_MAX 1024

/* Of this command's one run. */
static struct {
	struct faults_opts f;
	struct slos slos;
	struct clusters clusters;
	const char *cluster[CLUSTERS_MAX]; /* of a recording's CPUs */
	char *cluster_text;
	struct faults_filter filter;
	uint32_t by; /* enum mmt_by bits */
	int code;    /* what of it made no sense; said */
} it;

static const uint32_t by_bits[FAULTS_DIMS] = {
	[FAULTS_KIND] = MMT_BY_KIND,	 [FAULTS_MAPPING] = MMT_BY_MAPPING, [FAULTS_FILE] = MMT_BY_FILE,
	[FAULTS_DRIVER] = MMT_BY_DRIVER, [FAULTS_COMM] = MMT_BY_COMM,	    [FAULTS_CPU] = MMT_BY_CPU,
	[FAULTS_CLUSTER] = MMT_BY_CPU,
};

/* ---- what was typed ---- */

static int no_key(const char *word)
{
	struct near n = { .word = word };

	for (unsigned i = 0; faults_dim_name(i); i++)
		near_try(&n, faults_dim_name(i));
	if (n.best)
		mmt_err("--by: no key '%s', did you mean '%s'?", word, n.best);
	else
		mmt_err("--by: no key '%s'; there are kind, mapping, file, driver, comm, cpu, cluster", word);
	return EXIT_USAGE;
}

static int add_key(const char *word)
{
	for (unsigned dim = 0; faults_dim_name(dim); dim++) {
		if (strcmp(faults_dim_name(dim), word))
			continue;
		for (unsigned i = 0; i < it.f.nby; i++)
			if (it.f.by[i] == dim)
				return 0;
		it.f.by[it.f.nby++] = (uint8_t)dim;
		it.by |= by_bits[dim];
		return 0;
	}
	return no_key(word);
}

static int read_keys(const struct opt_strings *all)
{
	char word[32];
	int code = 0;

	for (uint32_t i = 0; i < all->n && !code; i++) {
		const char *at = all->s[i];

		bool more;

		do {
			size_t len = strcspn(at, ",");

			snprintf(word, sizeof(word), "%.*s", (int)(len < sizeof(word) ? len : sizeof(word) - 1), at);
			code = add_key(word);
			more = at[len] == ',';
			at += len + more;
		} while (more && !code);
	}
	return code;
}

static int read_slo(const struct opt_strings *all)
{
	struct buf err = { 0 };
	int code = 0;

	for (uint32_t i = 0; i < all->n && !code; i++) {
		if (!slo_parse(&it.slos, all->s[i], &err))
			continue;
		mmt_err("%s", buf_str(&err));
		code = EXIT_USAGE;
	}
	for (unsigned i = 0; i < it.slos.n; i++)
		if (it.slos.slo[i].dim >= 0)
			it.by |= by_bits[it.slos.slo[i].dim];
	buf_free(&err);
	return code;
}

static bool by_name(void)
{
	return it.by & (MMT_BY_MAPPING | MMT_BY_FILE | MMT_BY_DRIVER);
}

static bool is_folded(const struct run_opts *o)
{
	return run_opts_given(o, "folded");
}

/* --folded alone: the kernel's and the program's */
static bool user_stacks(const struct run_opts *o)
{
	return o->v.user_stack || (is_folded(o) && !o->v.kernel_stack);
}

static bool kernel_stacks(const struct run_opts *o)
{
	return o->v.kernel_stack || (is_folded(o) && !o->v.user_stack);
}

static void events(const struct run_opts *o, bool want[MMT_EV_MAX], bool target)
{
	static const uint8_t names[] = { MMT_EV_VMA_IMPORT, MMT_EV_VMA_MAP, MMT_EV_VMA_UNMAP, MMT_EV_VMA_PROT,
					 MMT_EV_VMA_MOVE,   MMT_EV_VMA_DUP, MMT_EV_VMA_GROW };
	static const uint8_t lives[] = { MMT_EV_EXEC, MMT_EV_EXIT, MMT_EV_FORK };

	(void)target;
	memset(want, 0, MMT_EV_MAX * sizeof(*want));
	it.code = read_keys(&o->v.by);
	if (!it.code)
		it.code = read_slo(&o->v.slo);
	if (!it.code)
		it.code = faults_filter_read(&it.filter, o, run_serve_records(o));
	it.by |= it.filter.by;
	if (kernel_stacks(o) || user_stacks(o))
		it.by |= MMT_BY_STACK;
	if (it.by & MMT_BY_STACK)
		it.by |= MMT_BY_COMM; /* the root of each */
	want[MMT_EV_FAULT_KEY] = true;
	want[MMT_EV_FAULT] = o->v.slowest != 0 || run_serve_records(o);
	for (size_t i = 0; i < MMT_COUNT(names); i++)
		want[names[i]] = by_name() || o->v.slowest || user_stacks(o);
	for (size_t i = 0; i < MMT_COUNT(lives); i++)
		want[lives[i]] = (it.by & ~(uint32_t)(MMT_BY_KIND | MMT_BY_CPU)) || o->v.slowest;
}

#define SLOWEST_MAX MMT_SLOWEST_MAX /* of each CPU */
#define MEM_MIN	    (1ULL << 20)
#define MEM_MAX	    (1ULL << 30)

static int check(const struct run_opts *o)
{
	int code = it.code ? it.code : faults_filter_check(&it.filter, o);

	if (code)
		return code;
	if (is_folded(o) && o->v.format == FORMAT_JSON)
		mmt_err("--folded and -j are two forms of output: leave one out");
	else if (is_folded(o) && o->v.interval_ns)
		mmt_err("--folded is one text at the end: it has no -i");
	else if (o->v.slowest > SLOWEST_MAX)
		mmt_err("--slowest %u: at most %d are kept; -L and 'mmtrace trace -e fault' show more", o->v.slowest,
			SLOWEST_MAX);
	else if (!o->v.slowest && run_opts_given(o, "slowest"))
		mmt_err("--slowest 0: none at all; leave it out");
	else if (it.slos.n && o->v.slower_ns)
		mmt_err("--slo judges all faults: it cannot go with -L, which leaves most of them out");
	else if (run_opts_given(o, "mem") && (o->v.total_bytes < MEM_MIN || o->v.total_bytes > MEM_MAX))
		mmt_err("--mem: from 1M to 1G; 12M is the default");
	else if (is_folded(o) && (o->v.slowest || o->v.split))
		mmt_err("--folded is stacks and nothing else: leave out --slowest and --split");
	else
		return 0;
	return EXIT_USAGE;
}

static void session(const struct run_opts *o, struct session_opts *s)
{
	s->by = it.by;
	s->slowest = o->v.slowest;
	s->slower_ns = o->v.slower_ns;
	s->total_bytes = o->v.total_bytes;
	s->kstack = kernel_stacks(o);
	s->ustack = user_stacks(o);
	faults_filter_push(&it.filter, s);
}

/* ---- what it is shown on ---- */

/* By the environment's word: the tool is linked statically, and need not find the locale's files. */
static bool utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *value = NULL, *dot;

	for (unsigned i = 0; i < MMT_COUNT(names) && !(value && *value); i++)
		value = getenv(names[i]);
	dot = value ? strchr(value, '.') : NULL;
	return dot && (!strncasecmp(dot, ".UTF-8", 6) || !strncasecmp(dot, ".utf8", 5));
}

static bool plain_characters(const struct run_opts *o)
{
	const char *term = getenv("TERM");

	return o->v.ascii || (term && !strcmp(term, "dumb")) || !utf8();
}

static unsigned width(int fd)
{
	const char *columns = getenv("COLUMNS"), *why;
	struct winsize w;
	uint32_t n;

	if (isatty(fd) && !ioctl(fd, TIOCGWINSZ, &w) && w.ws_col)
		return w.ws_col;
	return columns && !num_parse_u32(columns, &n, &why) && n >= 40 && n <= 1000 ? n : 0;
}

static void replay_clusters(const char *text)
{
	it.cluster_text = text ? strdup(text) : NULL;
	it.f.cluster = it.cluster;
	for (char *at = it.cluster_text; at && it.f.ncpus < CLUSTERS_MAX;) {
		char *comma = strchr(at, ',');

		if (comma)
			*comma++ = '\0';
		it.cluster[it.f.ncpus++] = *at ? at : NULL;
		at = comma;
	}
}

/* Which CPUs are alike; else they are unknown, and shown so. */
static void find_clusters(const struct run_opts *o)
{
	if (o->replay) {
		replay_clusters(o->replay->text[REC_CLUSTERS]);
		return;
	}
	clusters_read(&it.clusters, "/sys/devices/system/cpu");
	it.f.cluster = it.clusters.of;
	it.f.ncpus = (unsigned)it.clusters.ncpus;
}

static int serve(const struct run_opts *o)
{
	return run_serve_totals(o, it.by);
}

static struct mmt_sink *open_sink(const struct run_opts *o, const struct sink_opts *to)
{
	static const enum faults_form folded[] = {
		[FOLDED_TIME] = FAULTS_FOLDED_TIME, [FOLDED_COUNT] = FAULTS_FOLDED_COUNT
	};

	find_clusters(o);
	it.f.form = o->v.format == FORMAT_JSON ? FAULTS_JSON : is_folded(o) ? folded[o->v.folded] : FAULTS_TABLE;
	it.f.ascii = plain_characters(o);
	it.f.split = o->v.split != 0;
	it.f.stacks = o->v.kernel_stack || o->v.user_stack;
	it.f.interval = o->v.interval_ns != 0;
	it.f.slower_ns = o->v.slower_ns;
	it.f.slowest = o->v.slowest;
	it.f.width = width(to->fd);
	it.f.records = run_serve_records(o);
	it.f.judge = it.filter.expr ? faults_filter_judge : NULL;
	it.f.judge_ctx = &it.filter;
	it.f.judge_cpu = it.filter.cpu;
	if (it.filter.push.slower_ns)
		it.f.slower_ns = it.filter.push.slower_ns;
	it.f.slos = it.slos.n ? &it.slos : NULL;
	return faults_open(&it.f, to);
}

const struct run_kind faults_kind = { .events = events,
				      .check = check,
				      .open = open_sink,
				      .serve = serve,
				      .totals = true,
				      .need = MMT_EV_FAULT_KEY,
				      .session = session };

int cmd_faults(int argc, char **argv)
{
	int code = run_command(&faults_kind, argc, argv);

	clusters_free(&it.clusters);
	return code;
}
