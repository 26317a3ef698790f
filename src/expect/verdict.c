// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* From what was seen, and what may have been missed, to the verdict and a few words about it. */
#include <inttypes.h>
#include <string.h>
#include "expect/judge.h"

#define EXIT_BY_SIGNAL 128 /* a shell's status of a command that a signal ended */

static const char *const names[] = {
	[EXPECT_PASS] = "pass",		[EXPECT_FAIL] = "fail",
	[EXPECT_OPEN] = "inconclusive", [EXPECT_BLIND] = "cannot observe",
	[EXPECT_SKIP] = "not asked",
};

const char *verdict_name(enum expect_verdict v)
{
	return names[v];
}

int verdict_code(const struct state *st, unsigned n)
{
	/* as README.md has them; of failures, what nobody can see and what is open, the first counts */
	static const struct {
		enum expect_verdict v;
		int code;
	} codes[] = { { EXPECT_FAIL, 1 }, { EXPECT_BLIND, 3 }, { EXPECT_OPEN, 4 } };

	for (unsigned c = 0; c < MMT_COUNT(codes); c++)
		for (unsigned i = 0; i < n; i++)
			if (st[i].verdict == codes[c].v)
				return codes[c].code;
	return 0;
}

static void MMT_PRINTF(3, 4) say(struct state *st, enum expect_verdict v, const char *fmt, ...)
{
	va_list ap;

	st->verdict = v;
	va_start(ap, fmt);
	vsnprintf(st->said, sizeof(st->said), fmt, ap);
	va_end(ap);
}

/* "3 faults", "1 mapping" */
static const char *many(char *dst, size_t size, uint64_t n, unsigned about)
{
	const char *name = about_name(about);
	size_t len = strlen(name);
	const char *more = n == 1 ? "" : len && name[len - 1] == 's' ? "es" : "s";

	if (about >= ABOUT_MAPPING)
		snprintf(dst, size, "%" PRIu64 " %s%s", n, name, more);
	else
		snprintf(dst, size, "%" PRIu64 " %s event%s", n, name, n == 1 ? "" : "s");
	return dst;
}

#define MANY 64

/* Somewhere in [low, high]: it holds for all of it, for none, or nobody knows. */
static enum expect_verdict between(enum cmp cmp, uint64_t low, uint64_t high, uint64_t bound)
{
	bool inside = bound >= low && bound <= high, at_low, at_high;

	if (cmp == CMP_EQ || cmp == CMP_NE) {
		if (low == high)
			return cmp_holds(cmp, low, bound) ? EXPECT_PASS : EXPECT_FAIL;
		return inside ? EXPECT_OPEN : cmp == CMP_NE ? EXPECT_PASS : EXPECT_FAIL;
	}
	at_low = cmp_holds(cmp, low, bound);
	at_high = cmp_holds(cmp, high, bound);
	return at_low && at_high ? EXPECT_PASS : at_low || at_high ? EXPECT_OPEN : EXPECT_FAIL;
}

/* More than was seen may be there. */
static uint64_t unseen(const struct state *st)
{
	return st->maybe + st->lost + (st->unbounded || st->overflow);
}

static void judge_count(struct state *st)
{
	char n[MANY];
	uint64_t high = st->overflow || st->unbounded ? UINT64_MAX : st->seen + unseen(st);
	enum expect_verdict v = between(st->s->cmp, st->seen, high, st->s->bound);

	many(n, sizeof(n), st->seen, st->s->step[0].about);
	if (v == EXPECT_PASS && st->s->never && st->s->place != ANYWHERE && !st->other)
		say(st, v, "none, but no %s came either", about_name(st->s->step[1].about));
	else if (v == EXPECT_PASS && !st->seen)
		say(st, v, "none");
	else if (v == EXPECT_FAIL && !st->seen)
		say(st, v, "no such %s was seen%s%s", st->s->step[0].about >= ABOUT_MAPPING ? "object" : "event",
		    st->s->place != ANYWHERE && !st->other ? ", and no " : "",
		    st->s->place != ANYWHERE && !st->other ? about_name(st->s->step[1].about) : "");
	else
		say(st, v, "%s", n);
}

static void judge_that(struct state *st)
{
	const struct statement *s = st->s;
	char n[MANY];

	many(n, sizeof(n), st->seen, s->step[0].about);
	if (s->form != FORM_ANY && st->unmet)
		say(st, EXPECT_FAIL, "%" PRIu64 " of %s %s %s", st->unmet, n, st->unmet == 1 ? "is" : "are",
		    s->form == FORM_NONE ? "so" : "not so");
	else if (s->form == FORM_ANY && st->met)
		say(st, EXPECT_PASS, "%" PRIu64 " of %s", st->met, n);
	else if (st->unsure)
		say(st, EXPECT_OPEN, "of %" PRIu64 " of %s it cannot be said", st->unsure, n);
	else if (unseen(st))
		say(st, EXPECT_OPEN, "%s", n);
	else if (!st->seen)
		say(st, st->harmless ? EXPECT_OPEN : EXPECT_FAIL, "no such %s was seen",
		    s->step[0].about >= ABOUT_MAPPING ? "object" : "event");
	else if (s->form == FORM_ANY)
		say(st, EXPECT_FAIL, "none of %s is so", n);
	else
		say(st, EXPECT_PASS, "%s", n);
}

/* "p99" */
static void put_metric(char *dst, size_t size, const struct statement *s)
{
	static const char *const words[] = {
		[METRIC_MIN] = "min", [METRIC_MAX] = "max", [METRIC_MEAN] = "mean", [METRIC_SUM] = "sum"
	};
	int len;

	if (s->metric != METRIC_QUANTILE) {
		snprintf(dst, size, "%s", words[s->metric]);
		return;
	}
	/* millionths as hundredths, "p99.9000", without the zeros behind */
	len = snprintf(dst, size, "p%u.%04u", s->ppm / 10000, s->ppm % 10000);
	while (dst[len - 1] == '0')
		dst[--len] = '\0';
	if (dst[len - 1] == '.')
		dst[len - 1] = '\0';
}

static void put_value(struct buf *b, const struct statement *s, uint64_t v)
{
	struct expr_value value = { .num = v, .look = (uint16_t)expr_path_look(s->field) };
	char text[NUM_FMT_LEN];
	int look = expr_path_look(s->field);

	if (v == UINT64_MAX)
		buf_puts(b, "any");
	else if (look == MMT_LOOK_NSEC)
		buf_puts(b, num_fmt_duration(text, v));
	else
		expr_value_show(b, &value);
}

#define ANY (UINT64_MAX / 4) /* values, more than there can be known ones */

static void judge_value(struct state *st)
{
	uint64_t low = 0, high = 0;
	enum expect_verdict v;
	struct buf b = { 0 };
	char metric[16], n[MANY];

	many(n, sizeof(n), st->seen, st->s->step[0].about);
	if (!values_range(&st->values, st->s, st->overflow || st->unbounded ? ANY : unseen(st), &low, &high)) {
		say(st, unseen(st) ? EXPECT_OPEN : EXPECT_FAIL, "no such %s was seen",
		    st->s->step[0].about >= ABOUT_MAPPING ? "object" : "event");
		return;
	}
	v = between(st->s->cmp, low, high, st->s->bound);
	put_metric(metric, sizeof(metric), st->s);
	put_value(&b, st->s, low);
	if (low != high) {
		buf_puts(&b, " to ");
		put_value(&b, st->s, high);
	}
	say(st, v, "%s is %s, of %s", metric, buf_str(&b), n);
	buf_free(&b);
}

static void judge_balanced(struct state *st)
{
	char n[MANY];

	many(n, sizeof(n), st->seen, ABOUT_MAPPING);
	if (st->unmet)
		say(st, EXPECT_FAIL, "%" PRIu64 " of %s did not end", st->unmet, n);
	else if (st->unsure)
		say(st, EXPECT_OPEN, "of %" PRIu64 " of %s the end was not seen", st->unsure, n);
	else if (!st->seen && !unseen(st))
		say(st, EXPECT_FAIL, "no such object was seen");
	else
		say(st, unseen(st) ? EXPECT_OPEN : EXPECT_PASS, "%s, all ended", n);
}

/* What is missing may have been among what was not seen, or not put into order. */
static bool in_doubt(const struct state *st)
{
	return unseen(st) > st->loose || st->disordered;
}

static void judge_follows(struct state *st)
{
	const char *x = about_name(st->s->step[0].about);
	char n[MANY];

	many(n, sizeof(n), st->seen, st->s->step[1].about);
	if (st->unmet)
		say(st, in_doubt(st) ? EXPECT_OPEN : EXPECT_FAIL, "%" PRIu64 " of %s without %s%s", st->unmet, n, x,
		    st->s->within_ns ? " in time" : "");
	else if (!st->seen)
		say(st, in_doubt(st) || st->loose ? EXPECT_OPEN : EXPECT_FAIL, "no %s was seen",
		    about_name(st->s->step[1].about));
	else
		say(st, st->loose ? EXPECT_OPEN : EXPECT_PASS, "%s", n);
}

static void judge_sequence(struct state *st)
{
	const struct statement *s = st->s;
	enum expect_verdict bad = in_doubt(st) ? EXPECT_OPEN : EXPECT_FAIL;

	if (s->never && st->met)
		say(st, EXPECT_FAIL, "%" PRIu64 " time%s", st->met, st->met == 1 ? "" : "s");
	else if (s->never)
		say(st, in_doubt(st) ? EXPECT_OPEN : EXPECT_PASS, "not once");
	else if (st->unmet)
		say(st, bad, "%" PRIu64 " of %" PRIu64 " broke off", st->unmet, st->seen);
	else if (!st->met)
		say(st, bad, "not once whole%s", st->noff ? "; the furthest it came" : "");
	else
		say(st, st->loose ? EXPECT_OPEN : EXPECT_PASS, "%" PRIu64 " time%s", st->met, st->met == 1 ? "" : "s");
}

static void judge_exit(struct state *st, int status, const char *partial)
{
	bool implied = !st->s->line;

	if (status < 0 && partial && !implied) {
		say(st, EXPECT_OPEN, "no end of a command was seen; %s", partial);
		return;
	}
	if (status < 0) {
		say(st, implied ? EXPECT_SKIP : EXPECT_BLIND, "no command was run, so there is no exit status");
		return;
	}
	say(st, cmp_holds(st->s->cmp, (uint64_t)status, st->s->bound) ? EXPECT_PASS : EXPECT_FAIL,
	    status > EXIT_BY_SIGNAL ? "the command ended with status %d: by signal %d" :
				      "the command ended with status %d",
	    status, status - EXIT_BY_SIGNAL);
}

/* Why it cannot be said, behind what was seen. */
static void add_why(struct state *st, const struct run_facts *f)
{
	size_t len = strlen(st->said);
	char *to = st->said + len;
	size_t room = sizeof(st->said) - len;

	if (f->partial)
		snprintf(to, room, "; %s", f->partial);
	else if (st->lost)
		snprintf(to, room, "; %" PRIu64 " lost (%s)", st->lost, st->lost_what);
	else if (f->bad)
		snprintf(to, room, "; %" PRIu64 " records could not be read", f->bad);
	else if (st->overflow)
		snprintf(to, room, "; more of them than are kept in mind");
	else if (st->disordered)
		snprintf(to, room, "; events of one call came too far apart to say which was first");
	else if (st->gap_pid)
		snprintf(to, room, "; something of process %u was missed", st->gap_pid);
	else if (*st->missing)
		snprintf(to, room, "; %s is not known%s", st->missing,
			 st->maybe + st->unsure > 1 ? " of some" : " of one");
	else if (st->maybe)
		snprintf(to, room, "; %" PRIu64 " more may be meant", st->maybe);
	else if (st->s->form == FORM_VALUE)
		snprintf(to, room, "; the limit lies within what is known");
}

void state_judge(struct state *st, const struct run_facts *f)
{
	static void (*const judges[])(struct state *) = {
		[FORM_COUNT] = judge_count,	  [FORM_ALL] = judge_that,	    [FORM_ANY] = judge_that,
		[FORM_NONE] = judge_that,	  [FORM_VALUE] = judge_value,	    [FORM_FOLLOWS] = judge_follows,
		[FORM_SEQUENCE] = judge_sequence, [FORM_BALANCED] = judge_balanced,
	};

	if (st->s->form == FORM_EXIT) {
		judge_exit(st, f->child_status, f->partial);
		return;
	}
	if (st->blind) {
		say(st, EXPECT_BLIND,
		    f->recorded ? "the recording has no %s events; they were not asked for, or could not be had" :
				  "nothing on this machine tells %s events; 'mmtrace doctor' says why",
		    st->blind);
		return;
	}
	st->lost += f->bad;
	st->unbounded |= f->bad || f->partial;
	judges[st->s->form](st);
	/* what was lost may have been what matters, and a passing verdict is a promise */
	if (st->verdict == EXPECT_PASS && (st->lost || st->overflow || st->disordered || f->partial))
		st->verdict = EXPECT_OPEN;
	st->lost -= f->bad;
	if (st->verdict == EXPECT_OPEN)
		add_why(st, f);
}
