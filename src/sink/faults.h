/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * faults: latencies of page faults by what one asks for. The parts of that view; commands use faults_open() of sinks.h.
 *
 *   faults.c       the sink              faults_book.c  what was told: rows (keys), cells (their totals), groups of them
 *   faults_sum.c   totals, added up      faults_text.c  tables            faults_bars.c  histograms and shares, drawn
 *   faults_json.c  objects               faults_slow.c  the slowest       faults_gate.c  what --slo makes of it
 */
#ifndef MMTRACE_SINK_FAULTS_H
#define MMTRACE_SINK_FAULTS_H

#include "mmtrace/base.h"
#include "mmtrace/map.h"
#include "sink/sinks.h"

/* ---- totals ---- */

/* Buckets that are not empty, by index. */
struct faults_hist {
	uint32_t n, room;
	struct mmt_bucket *b;
};

struct faults_sum {
	uint64_t count, timed; /* timed: those with a latency, which are in hist */
	uint64_t sum_ns, max_ns;
	uint32_t shares; /* bit n: share_ns[n] is known of all of them */
	bool max_about;	 /* max_ns is the end of a bucket: the longest of an interval is known no better */
	uint64_t share_ns[MMT_SHARES];
	struct faults_hist hist;
};

/* What a total said so far, and what it had said when the interval began. */
struct faults_part {
	const struct mmt_total *now, *old; /* old NULL: nothing */
};

int faults_sum_add(struct faults_sum *s, const struct faults_part *p); /* 0, -ENOMEM */
int faults_sum_merge(struct faults_sum *s, const struct faults_sum *from);
void faults_sum_free(struct faults_sum *s);
/* The bucket that a share of ppm/1e6 lies below, as its bounds; high never above the maximum. False when nothing is timed. */
bool faults_sum_quantile(const struct faults_sum *s, uint32_t ppm, uint64_t *low, uint64_t *high);
uint64_t faults_sum_mean(const struct faults_sum *s); /* 0 when nothing is timed */
/* What is left of the time when all shares are taken; false: one is unknown. */
bool faults_sum_rest(const struct faults_sum *s, uint64_t *rest_ns);
/* A total that counts one more fault of dur_ns; grows it. NULL: no memory, *t is as it was. */
struct mmt_total *faults_total_count(struct mmt_total *t, uint64_t dur_ns, bool timed);

/* ---- what was told ---- */

#define FAULTS_CLASSES 8 /* room for enum mmt_fclass */

/* A key of the kernel's, as the reader knows it. Strings NULL: unknown; "": there is none. */
struct faults_row {
	uint32_t row;
	bool told; /* a fault_key was there; else it is a row of a CPU, or its key was lost */
	bool other;
	int cpu; /* -1: not told apart */
	uint32_t pid;
	uint64_t start; /* of the mapping */
	uint8_t class;
	char *id, *mapping, *file, *driver, *comm;
	char *kstack, *ustack; /* "outer;inner" */
	/* faults_match.c: by class, and bits by kind, which are asked for; which may be */
	uint32_t yes[FAULTS_CLASSES], maybe[FAULTS_CLASSES];
};

struct faults_cell {
	struct faults_row *row;
	uint8_t kind, class;
	struct mmt_total *now, *old;
};

struct faults_book {
	struct map rows, cells; /* by their numbers */
	struct faults_cell **cell;
	size_t ncells, cells_room;
	const char *const *cluster; /* of each CPU */
	unsigned ncpus;
	const struct faults_opts *opts; /* for judge; NULL: all faults are asked for */
	uint64_t start_ns;
	uint64_t hash_row; /* next number of a row that events made */
};

void faults_book_free(struct faults_book *b);
int faults_book_total(struct faults_book *b, const struct mmt_total *t);
int faults_book_key(struct faults_book *b, const struct mmt_view *v);
int faults_book_event(struct faults_book *b, const struct mmt_view *v); /* a fault nobody has counted */
int faults_book_tick(struct faults_book *b);				/* an interval ends: what there is now is old */

/* Which kinds of faults of a row are asked for; v: its key, NULL: nothing is known of it. */
void faults_match_row(const struct faults_book *b, struct faults_row *r, const struct mmt_view *v);
enum faults_match { FAULTS_NO, FAULTS_YES, FAULTS_MAYBE };
enum faults_match faults_match(const struct faults_book *b, const struct faults_cell *c);
/* Of a fault that nobody has added up. */
bool faults_match_event(const struct faults_book *b, const struct mmt_view *v);

/* What one dimension says of a cell: NULL unknown. Text lives as long as the book, or is in buf. */
const char *faults_book_text(const struct faults_book *b, const struct faults_cell *c, unsigned dim,
			     char buf[FAULTS_TEXT]);

struct faults_group {
	const struct faults_cell *cell; /* one of them, for what they have in common */
	char *key;
	struct faults_sum sum;
};

struct faults_groups {
	size_t n, room;
	struct faults_group *g;
	struct faults_sum all;
	uint64_t other;	  /* faults whose keys found no room */
	uint64_t unnamed; /* faults whose key was lost */
	uint64_t maybe;	  /* faults of which it is not known whether they are asked for: in no group */
};

struct faults_pick {
	const uint8_t *by;
	unsigned nby;
	bool stacks;   /* by their stacks instead */
	bool interval; /* only what came since the tick before */
};

/* Heaviest first. *out is {0} before; 0 or -ENOMEM. */
int faults_book_groups(const struct faults_book *b, const struct faults_pick *pick, struct faults_groups *out);
void faults_groups_free(struct faults_groups *g);
/* "comm;user frames;kernel frames" of a row; in buf. */
void faults_book_stack(const struct faults_row *r, struct buf *buf);

/* ---- the slowest ---- */

struct faults_slow {
	uint64_t dur_ns, ts_ns, addr, ip;
	bool has_ip;
	uint32_t pid, tid, cpu;
	uint8_t kind, class;
	char *comm, *mapping, *id;
	char *kstack, *ustack; /* "inner;outer"; NULL: none */
};

struct faults_slows {
	struct faults_slow *s; /* slowest first */
	uint32_t n, max;
};

int faults_slows_init(struct faults_slows *l, uint32_t max);
int faults_slows_event(struct faults_slows *l, const struct mmt_view *v);
void faults_slows_free(struct faults_slows *l);

/* ---- drawing ---- */

struct faults_style {
	bool color, ascii, mean;
	unsigned width;
	uint64_t clock_ns; /* nothing below is known */
};

struct faults_show {
	const struct faults_opts *opts;
	const struct faults_book *book;
	struct faults_style style;
	uint64_t start_ns, span_ns;
};

void faults_text_table(struct buf *b, const struct faults_show *k, const struct faults_groups *g);
void faults_text_bars(struct buf *b, const struct faults_show *k, const struct faults_groups *g);
void faults_text_split(struct buf *b, const struct faults_show *k, const struct faults_groups *g);
void faults_text_stacks(struct buf *b, const struct faults_show *k, const struct faults_groups *g);
void faults_text_slow(struct buf *b, const struct faults_show *k, const struct faults_slows *l);
void faults_text_key(struct buf *b, const struct faults_show *k, const struct faults_group *g); /* "anon, m17 /dev/x" */
void faults_text_folded(struct buf *b, const struct faults_show *k, const struct faults_groups *g);
const char *faults_kind_text(uint8_t kind, uint8_t class, char buf[FAULTS_TEXT]); /* NULL: unknown */
/* A latency, "<42ns" where the clock knows no more; "-" when unknown. */
const char *faults_text_ns(const struct faults_style *s, bool known, uint64_t ns, char buf[NUM_FMT_LEN]);
/* Is it of keys that found no room, where keys were asked for? */
bool faults_is_other(const struct faults_opts *o, const struct faults_cell *c);
/* "12.3%", of what is there never 0; "-" when unknown. */
const char *faults_text_share(char buf[NUM_FMT_LEN], uint64_t part, uint64_t all, bool known);

/* Each ends its line. */
int faults_json_group(struct json *j, const struct faults_show *k, const struct faults_group *g, const char *type);
int faults_json_total(struct json *j, const struct faults_show *k, const struct faults_groups *g, const char *type);
int faults_json_stack(struct json *j, const struct faults_group *g); /* outermost first */
int faults_json_slow(struct json *j, const struct faults_slow *s);

/* ---- the gate ---- */

#define FAULTS_ANY (1ULL << 62) /* nobody knows how many */
/* unsure: faults that the run lost. Verdict lines go to the log, and with j to the output. The exit code to ask for, or -errno. */
int faults_gate(const struct faults_show *k, uint64_t unsure, struct json *j);

#endif
