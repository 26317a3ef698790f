/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * statement: one expectation as it was read. The room's own header.
 */
#ifndef MMTRACE_EXPECT_STATEMENT_H
#define MMTRACE_EXPECT_STATEMENT_H

#include "expect/expect.h"
#include "filter/expr.h"
#include "mmtrace/base.h"

#define STEPS_MAX      8
#define STATEMENTS_MAX 1000
#define TEXT_MAX       4096 /* bytes of a line */

enum form {
	FORM_COUNT,
	FORM_ALL,
	FORM_ANY,
	FORM_NONE,
	FORM_VALUE, /* p99(lat) < 50us */
	FORM_FOLLOWS,
	FORM_SEQUENCE,
	FORM_BALANCED,
	FORM_EXIT,
};

enum place { ANYWHERE, AFTER, BEFORE };
enum cmp { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE, CMP_MAX };
enum metric { METRIC_QUANTILE, METRIC_MIN, METRIC_MAX, METRIC_MEAN, METRIC_SUM };

/* What a step is about besides events. */
#define ABOUT_MAPPING 0xfff0
#define ABOUT_PROCESS 0xfff1

/* EVENT [where EXPR] */
struct step {
	uint16_t about;		/* enum mmt_event, ABOUT_MAPPING or ABOUT_PROCESS */
	struct expr *where;	/* NULL: all of them */
	struct expr_path *path; /* by; NULL: the process */
};

struct statement {
	unsigned line;	  /* 0: implied */
	const char *text; /* as it stands in the file, without blanks and comment around it; the statement's own */
	uint8_t form;	  /* enum form */
	uint8_t place;	  /* enum place: of step[0] to step[1] */
	uint8_t cmp;	  /* enum cmp */
	uint8_t metric;	  /* enum metric */
	uint32_t ppm;	  /* of a quantile */
	bool never;
	bool each;	 /* sequence ... all */
	bool whole_run;	 /* by run */
	unsigned nsteps; /* step[0] is what it is about, step[1] what that is compared with; a sequence has more */
	struct step step[STEPS_MAX];
	struct expr *that;	   /* of all, any, none */
	struct expr_path *field;   /* of FORM_VALUE */
	uint64_t bound;		   /* of cmp: a number, or in the field's unit */
	uint64_t within_ns;	   /* 0: any time */
	uint8_t needs[MMT_EV_MAX]; /* events: EXPR_WANTS, EXPR_COUNTS */
	bool ledger;		   /* it is only as right as the ledger */
};

struct expect {
	char *file;
	struct statement *st;
	unsigned n, room;
};

bool cmp_holds(enum cmp cmp, uint64_t left, uint64_t right);
const char *cmp_text(enum cmp cmp);	/* "==" */
const char *about_name(unsigned about); /* "fault", "mapping" */

/* Does it matter to it what comes when? */
static inline bool statement_ordered(const struct statement *s)
{
	return s->form == FORM_FOLLOWS || s->form == FORM_SEQUENCE || s->place != ANYWHERE;
}

static inline bool statement_of_objects(const struct statement *s)
{
	return s->nsteps && s->step[0].about >= ABOUT_MAPPING;
}

/* Fills needs and ledger of what was read. */
void statement_needs(struct statement *s);

/* ---- reading: parse.c has lines and what they begin with, clause.c the rest ---- */

struct reader {
	const char *file;
	struct buf *said;
	unsigned flaws;
	unsigned no;	  /* of the line, from 1 */
	const char *line; /* the whole of it */
	size_t full;	  /* its length */
	size_t len;	  /* without its comment and blanks behind */
	size_t at;
};

/* One flaw, said. near: the word that was meant, NULL or "": none. Returns -EINVAL. */
int reader_flaw(struct reader *r, size_t at, size_t len, const char *near, const char *fmt, ...) MMT_PRINTF(5, 6);
/* The same of what stands next, or is missing there. */
int reader_bad(struct reader *r, const char *fmt, ...) MMT_PRINTF(2, 3);
void reader_blanks(struct reader *r);
/* Length of the word that stands next, 0: none. Blanks before it are passed over. */
size_t reader_word(struct reader *r);
/* Takes the word if it is what stands next. */
bool reader_takes(struct reader *r, const char *word);
bool reader_sees(struct reader *r, const char *word);
/* EVENT [where EXPR]. objects: also mapping and process. */
int reader_step(struct reader *r, struct step *s, bool objects);
int reader_expr(struct reader *r, const struct step *s, struct expr **out);
/* A comparison, if one stands next. */
bool reader_cmp(struct reader *r, uint8_t *cmp);
int reader_number(struct reader *r, uint64_t *out);
/* Everything behind the first step, or behind the word sequence. */
int reader_clauses(struct reader *r, struct statement *s);
int reader_sequence(struct reader *r, struct statement *s);

#endif
