// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What stands behind the event of a statement. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "event/schema.h"
#include "expect/statement.h"

/* What a line has had so far; a thing said twice is a slip. */
struct had {
	size_t form, place, within, by; /* where it stood, from 1; 0: not there */
	size_t key;			/* of `by` */
	const char *form_word;
};

static int twice(struct reader *r, size_t *had, const char *what)
{
	if (*had)
		return reader_bad(r, "a second '%s' in one statement", what);
	*had = r->at + 1;
	return 0;
}

static void scope_of(const struct step *s, bool events[MMT_EV_MAX], struct expr_scope *out)
{
	memset(events, 0, MMT_EV_MAX * sizeof(*events));
	*out = (struct expr_scope){ .events = events };
	if (s->about < MMT_EV_MAX)
		events[s->about] = true;
	else
		out->about = s->about == ABOUT_MAPPING ? EXPR_MAPPING : EXPR_PROCESS;
}

/* ---- by ---- */

/* A field may be one of some events only: the key is read for each step, from where it stands. */
static int read_key(struct reader *r, struct step *st, size_t at, size_t *used)
{
	bool events[MMT_EV_MAX];
	struct expr_scope scope;
	struct expr_error err = { 0 };

	scope_of(st, events, &scope);
	st->path = expr_path_parse(r->line + at, r->len - at, &scope, used, &err);
	return st->path ? 0 : reader_flaw(r, at + err.at, err.len, err.near, "%s", err.text);
}

static int read_by(struct reader *r, struct statement *s, struct had *h)
{
	size_t used = 0;

	if (reader_takes(r, "run")) {
		s->whole_run = true;
		return 0;
	}
	if (!reader_word(r))
		return reader_bad(r, "by what? a field, like mapping.id or tid, or 'run'");
	h->key = r->at;
	if (read_key(r, &s->step[0], r->at, &used))
		return -EINVAL;
	r->at += used;
	return 0;
}

/* The other steps may be behind it. */
static int read_keys(struct reader *r, struct statement *s, const struct had *h)
{
	size_t used;
	int err = 0;

	for (unsigned i = 1; i < s->nsteps && h->key && !err; i++)
		err = read_key(r, &s->step[i], h->key, &used);
	return err;
}

/* ---- within ---- */

static int read_within(struct reader *r, struct statement *s)
{
	size_t len = reader_word(r);
	const char *why = "a time is needed, like 5s or 100us";
	char text[32] = "";

	if (len && len < sizeof(text)) {
		memcpy(text, r->line + r->at, len);
		/* a bare number would be seconds, which nobody means here */
		if (text[len - 1] >= '0' && text[len - 1] <= '9')
			return reader_bad(r, "a time needs its unit, like 5s or 100us");
		if (!num_parse_duration(text, &s->within_ns, &why) && s->within_ns) {
			r->at += len;
			return 0;
		}
	}
	return reader_bad(r, "%s", why);
}

/* ---- what is compared ---- */

static int read_count(struct reader *r, struct statement *s)
{
	s->form = FORM_COUNT;
	if (!reader_cmp(r, &s->cmp))
		return reader_bad(r, "count needs a comparison: count >= 1");
	return reader_number(r, &s->bound);
}

static const struct {
	const char *name;
	uint8_t metric;
} functions[] = { { "min", METRIC_MIN }, { "max", METRIC_MAX }, { "mean", METRIC_MEAN }, { "sum", METRIC_SUM } };

/* "p99.9" as 999000 of a million; false: not such a word. */
static bool quantile(const char *s, size_t len, uint32_t *ppm)
{
	uint32_t v = 0, scale = 1000000;
	bool dot = false;

	if (len < 2 || len > 8 || s[0] != 'p')
		return false;
	for (size_t i = 1; i < len; i++) {
		if (s[i] == '.' && !dot && i > 1) {
			dot = true;
			continue;
		}
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(s[i] - '0');
		if (dot)
			scale /= 10;
	}
	if (s[len - 1] == '.' || scale < 100)
		return false;
	*ppm = (uint32_t)((uint64_t)v * scale / 100);
	return *ppm && *ppm < 1000000;
}

static bool is_function(struct reader *r, struct statement *s)
{
	size_t len = reader_word(r);
	bool known = len && quantile(r->line + r->at, len, &s->ppm);

	s->metric = METRIC_QUANTILE;
	for (size_t i = 0; i < MMT_COUNT(functions) && !known; i++) {
		if (!reader_sees(r, functions[i].name))
			continue;
		s->metric = functions[i].metric;
		known = true;
	}
	return known && r->at + len < r->len && r->line[r->at + len] == '(';
}

/* Only what can be measured has a p99: an address or a set of flags has none. */
static bool measurable(int look)
{
	return look == MMT_LOOK_NSEC || look == MMT_LOOK_SIZE || look == MMT_LOOK_DEC || look == MMT_LOOK_PAGES ||
	       look == MMT_LOOK_RET;
}

static int read_literal(struct reader *r, struct statement *s)
{
	struct expr_value v = { 0 };
	struct expr_error err = { 0 };
	size_t len = reader_word(r);

	if (!len)
		return reader_bad(r, "a value is needed here");
	if (expr_path_literal(s->field, r->line + r->at, len, &v, &err))
		return reader_flaw(r, r->at + err.at, err.len, err.near, "%s", err.text);
	if (v.is_text || v.negative)
		return reader_bad(r, "a number is needed here");
	s->bound = v.num;
	r->at += len;
	return 0;
}

static int read_function(struct reader *r, struct statement *s)
{
	bool events[MMT_EV_MAX];
	struct expr_scope scope;
	struct expr_error err = { 0 };
	size_t used = 0, at;

	s->form = FORM_VALUE;
	scope_of(&s->step[0], events, &scope);
	r->at += reader_word(r) + 1;
	reader_blanks(r);
	at = r->at;
	s->field = expr_path_parse(r->line + at, r->len - at, &scope, &used, &err);
	if (!s->field)
		return reader_flaw(r, at + err.at, err.len, err.near, "%s", err.text);
	r->at += used;
	if (!measurable(expr_path_look(s->field)))
		return reader_flaw(r, at, used, NULL,
				   "%s is no amount: only times, sizes and numbers can be compared so",
				   expr_path_text(s->field));
	reader_blanks(r);
	if (r->at >= r->len || r->line[r->at] != ')')
		return reader_bad(r, "')' is needed here");
	r->at++;
	if (!reader_cmp(r, &s->cmp))
		return reader_bad(r, "a comparison is needed here: < 50us");
	return read_literal(r, s);
}

static int read_that(struct reader *r, struct statement *s, enum form form)
{
	s->form = (uint8_t)form;
	return reader_expr(r, &s->step[0], &s->that);
}

/* ---- the order of things ---- */

static int read_other(struct reader *r, struct statement *s)
{
	s->nsteps = 2;
	return reader_step(r, &s->step[1], false);
}

/* ---- one clause ---- */

enum { CL_COUNT, CL_ALL, CL_ANY, CL_NONE, CL_BALANCED, CL_FOLLOWS, CL_AFTER, CL_BEFORE, CL_WITHIN, CL_BY };

static const char *const words[] = {
	[CL_COUNT] = "count",	    [CL_ALL] = "all",	      [CL_ANY] = "any",	    [CL_NONE] = "none",
	[CL_BALANCED] = "balanced", [CL_FOLLOWS] = "follows", [CL_AFTER] = "after", [CL_BEFORE] = "before",
	[CL_WITHIN] = "within",	    [CL_BY] = "by",
};

static int no_clause(struct reader *r, bool object)
{
	size_t len = reader_word(r);
	struct near near = { 0 };
	char word[64];

	snprintf(word, sizeof(word), "%.*s", (int)len, r->line + r->at);
	near.word = word;
	near_try(&near, "where");
	for (size_t i = 0; i < MMT_COUNT(words); i++)
		near_try(&near, words[i]);
	if (reader_sees(r, "where"))
		return reader_bad(r, "a second 'where'; join conditions by 'and'");
	if (!len && r->line[r->at] == '=')
		return reader_bad(r, "write '=='");
	if (reader_sees(r, "and") || reader_sees(r, "or"))
		return reader_bad(r, "'%s' joins conditions of 'where' only; a second statement is a second line",
				  word);
	return reader_flaw(r, r->at, len ? len : 1, near.best,
			   object ? "count, all, any, none, balanced or a function like p99(bytes) is needed here" :
				    "count, all, any, none, after, before, follows, within, by or a function like "
				    "p99(lat) is needed here");
}

static int form_clause(struct reader *r, struct statement *s, struct had *h, unsigned cl)
{
	if (h->form)
		return reader_bad(r, "'%s' stands here already: one statement, one thing", h->form_word);
	if (cl == CL_FOLLOWS && s->nsteps > 1)
		return reader_bad(r, "'after' and 'before' say what comes first; leave 'follows' out");
	if (cl == CL_FOLLOWS && s->never)
		return reader_bad(r, "say 'never ... after ...'");
	if (s->never)
		return reader_bad(r, "'never' says how often: none; begin with 'expect'");
	h->form = r->at + 1;
	h->form_word = words[cl];
	r->at += strlen(words[cl]);
	switch (cl) {
	case CL_COUNT:
		return read_count(r, s);
	case CL_ALL:
		return read_that(r, s, FORM_ALL);
	case CL_ANY:
		return read_that(r, s, FORM_ANY);
	case CL_NONE:
		return read_that(r, s, FORM_NONE);
	case CL_BALANCED:
		s->form = FORM_BALANCED;
		return 0;
	default:
		s->form = FORM_FOLLOWS;
		return read_other(r, s);
	}
}

static int function_clause(struct reader *r, struct statement *s, struct had *h)
{
	if (h->form)
		return reader_bad(r, "'%s' stands here already: one statement, one thing", h->form_word);
	if (s->never)
		return reader_bad(r, "'never' says how often: none; begin with 'expect'");
	h->form = r->at + 1;
	h->form_word = "a function";
	return read_function(r, s);
}

static int order_clause(struct reader *r, struct statement *s, struct had *h, unsigned cl)
{
	size_t *had = cl == CL_WITHIN ? &h->within : cl == CL_BY ? &h->by : &h->place;

	if ((cl == CL_AFTER || cl == CL_BEFORE) && s->form == FORM_FOLLOWS)
		return reader_bad(r, "'follows' says what comes first; leave this out");
	if (twice(r, had, words[cl]))
		return -EINVAL;
	r->at += strlen(words[cl]);
	if (cl == CL_WITHIN)
		return read_within(r, s);
	if (cl == CL_BY)
		return read_by(r, s, h);
	s->place = cl == CL_AFTER ? AFTER : BEFORE;
	return read_other(r, s);
}

static int one_clause(struct reader *r, struct statement *s, struct had *h)
{
	bool object = statement_of_objects(s);

	if (is_function(r, s))
		return function_clause(r, s, h);
	for (unsigned cl = 0; cl < MMT_COUNT(words); cl++) {
		if (!reader_sees(r, words[cl]))
			continue;
		if (cl == CL_BALANCED && s->step[0].about != ABOUT_MAPPING)
			return reader_bad(r, "only mappings are balanced: 'expect mapping balanced'");
		if (cl >= CL_FOLLOWS && object)
			return reader_bad(r, "'%s' is of events; mappings and processes are judged at the end",
					  words[cl]);
		return cl <= CL_FOLLOWS ? form_clause(r, s, h, cl) : order_clause(r, s, h, cl);
	}
	return no_clause(r, object);
}

/* What each says alone and what makes no sense together. */
static int check(struct reader *r, struct statement *s, const struct had *h)
{
	if (h->by && s->form != FORM_FOLLOWS && s->form != FORM_SEQUENCE && !h->place)
		return reader_flaw(r, h->by - 1, 2, NULL, "'by' goes with follows, after, before and sequence");
	return 0;
}

int reader_clauses(struct reader *r, struct statement *s)
{
	struct had h = { 0 };
	int err = 0;

	s->form = FORM_COUNT;
	s->cmp = s->never ? CMP_EQ : CMP_GE;
	s->bound = s->never ? 0 : 1;
	while (!err) {
		reader_blanks(r);
		if (r->at >= r->len)
			break;
		err = one_clause(r, s, &h);
	}
	err = err ? err : check(r, s, &h);
	return err ? err : read_keys(r, s, &h);
}

int reader_sequence(struct reader *r, struct statement *s)
{
	struct had h = { 0 };
	int err;

	s->form = FORM_SEQUENCE;
	do {
		if (s->nsteps == STEPS_MAX)
			return reader_bad(r, "a sequence has at most %d steps", STEPS_MAX);
		err = reader_step(r, &s->step[s->nsteps++], false);
		reader_blanks(r);
	} while (!err && r->at < r->len && r->line[r->at] == ',' && ++r->at);
	if (!err && s->nsteps < 2 && r->at >= r->len)
		return reader_bad(r, "a sequence has two steps or more, with commas between them");
	while (!err) {
		reader_blanks(r);
		if (r->at >= r->len)
			break;
		if (s->nsteps > 1 && reader_sees(r, "by"))
			err = order_clause(r, s, &h, CL_BY);
		else if (s->nsteps > 1 && reader_sees(r, "within"))
			err = order_clause(r, s, &h, CL_WITHIN);
		else if (s->never && reader_sees(r, "all"))
			err = reader_bad(r, "'never' says how often: none; begin with 'expect'");
		else if (s->nsteps > 1 && !s->each && reader_takes(r, "all"))
			s->each = true;
		else
			err = reader_bad(r, "',' and another step, by, within or all is needed here");
	}
	return err ? err : read_keys(r, s, &h);
}
