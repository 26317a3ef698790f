/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * judge: what a run had to say about each statement, and what follows from it. The room's own header.
 */
#ifndef MMTRACE_EXPECT_JUDGE_H
#define MMTRACE_EXPECT_JUDGE_H

#include "expect/statement.h"
#include "mmtrace/map.h"

#define OFFENDERS_MAX 10
#define WHY_MAX	      200

/* ---- values.c: of FORM_VALUE ---- */

#define VALUES_EXACT 16384 /* kept one by one; of more there is a histogram */

struct values {
	uint64_t n, sum, min, max; /* sum saturates */
	uint64_t *exact;
	size_t room;
	struct hist *hist; /* once there are more than VALUES_EXACT */
};

int values_add(struct values *v, uint64_t value); /* 0 or -ENOMEM */
/*
 * Where the metric lies when `unsure` more values may be anything: at least *low, at most *high (UINT64_MAX: nobody knows). False:
 * there is none, as nothing was seen.
 */
bool values_range(struct values *v, const struct statement *s, uint64_t unsure, uint64_t *low, uint64_t *high);
void values_free(struct values *v);

/* ---- what is known of a statement ---- */

/* An event as it was when it came: its line, and behind that line's end its stack, a line for each function. */
struct witness {
	uint32_t refs;
	const char *stack; /* "" without */
	char line[];
};

struct witness *witness_hold(struct witness *w); /* NULL stays NULL */
void witness_drop(struct witness *w);

struct offender {
	struct witness *w;
	char *note; /* what is wrong with it, when that is not plain; NULL */
};

struct order_keys; /* order.c */

struct state {
	const struct statement *s;
	uint64_t seen;		     /* what it is about */
	uint64_t maybe;		     /* may be that: a field that decides is absent */
	uint64_t met, unmet, unsure; /* of those of all, any, none, follows and sequences */
	uint64_t harmless;	     /* may be that, and would make no difference but that they are there */
	char missing[48];	     /* a field that was absent */
	uint64_t loose;		     /* events that something must follow, and nobody knows of what key they are */
	uint64_t other;		     /* events of the second step */
	struct values values;
	struct offender off[OFFENDERS_MAX];
	unsigned noff;
	uint64_t offended; /* all of them */
	struct order_keys *keys;
	bool overflow;	  /* more keys than are kept */
	bool disordered;  /* events of one call came too far apart to be put into order */
	uint64_t lost;	  /* that may matter */
	uint32_t gap_pid; /* a process of which something was missed; 0: none */
	bool unbounded;	  /* what is not known may stand for any number */
	char lost_what[80];
	const char *blind; /* name of an event that nothing here can tell; NULL */
	enum expect_verdict verdict;
	char said[WHY_MAX]; /* what it came to: "12 events", "p99 is 18us"; or why it failed, or is open */
};

/* What an event is to a statement: its subject, in full. */
struct hit {
	enum expr_truth that; /* of all, any, none */
	bool has_value;
	uint64_t value;
	struct witness *w;
};

/* Adds what is of the statement's kind, in the place that it wants. */
int state_hit(struct state *st, const struct hit *h);
/* Adds an offender; note is taken over. w and note may be NULL. */
void state_offend(struct state *st, struct witness *w, char *note);
/* Remembers which of the fields an expression asks for an event lacks. */
void state_missing(struct state *st, uint64_t uses, const struct mmt_view *v);
void state_free(struct state *st);

/* verdict.c: fills verdict and said. */
struct run_facts {
	int child_status;    /* -1: none */
	uint64_t bad;	     /* records nobody could read */
	const char *partial; /* why this is not all of the run; NULL: it is */
	bool recorded;
};
void state_judge(struct state *st, const struct run_facts *f);
const char *verdict_name(enum expect_verdict v); /* "pass", "fail", "inconclusive", "cannot observe", "not asked" */
/* The exit code of all. */
int verdict_code(const struct state *st, unsigned n);

/* ---- order.c ---- */

/* An event that is one step of a statement. */
struct order_entry {
	uint64_t slot; /* its place in the stream */
	uint64_t ts_ns, key;
	uint32_t tid, call;
	uint16_t st; /* index of the statement */
	uint16_t step;
	struct hit hit;
};

#define ORDER_WINDOW 8192 /* entries among which those of a call are put into order */

struct order {
	struct order_entry *e;
	unsigned n;
	struct map last; /* thread -> what of its last call was let go */
	struct state *states;
};

int order_add(struct order *o,
	      const struct order_entry *e); /* takes over the hit's witness, also when it fails: -ENOMEM */
int order_end(struct order *o);		    /* nothing follows */
void order_free(struct order *o);

/* steps.c: one entry after the other, in order. */
int steps_take(struct state *st, struct order_entry *e);
int steps_end(struct state *st);
/* So many keys that lines of what may turn out wrong in them would take too much memory. */
bool steps_many(const struct state *st);
void steps_free(struct state *st);

/* ---- objects.c: mappings and processes, as the ledger has them at the end ---- */

int objects_judge(struct state *st, const struct mmt_state *of, uint64_t start_ns);
/* A process is about to end; the ledger still has its address space. */
int objects_leave(struct state *st, const struct mmt_state *of, uint64_t start_ns, const struct mmt_hdr *exit);

/* ---- reports ---- */

struct report {
	const struct expect *expect;
	const struct state *states;
	const struct expect_opts *opts;
	const struct mmt_run_info *info;
	const struct mmt_summary *sum;
	const char *release, *machine;
	uint64_t start_real_ns;
	const char *unseen; /* events that the hooks do not tell, a line each: "fault: those of mode gup"; "" */
	unsigned count[EXPECT_SKIP + 1]; /* by verdict */
};

int report_text(struct buf *b, const struct report *r);
int report_tap(struct buf *b, const struct report *r);
int report_json(struct buf *b, const struct report *r);
int report_junit(struct buf *b, const struct report *r);
/* A statement's text with single blanks. */
void report_statement(struct buf *b, const char *text);
/* Each of an offender's stack, without a newline at its end. */
typedef void (*report_line_fn)(void *ctx, const char *line, size_t len);
void report_each_line(const char *text, report_line_fn fn, void *ctx);

#endif
