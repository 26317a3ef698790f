// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What --slo asked for, against what was seen. */
#include <inttypes.h>
#include <string.h>
#include "sink/faults.h"
#include "sink/slo.h"

enum { GATE_FAILED = 1, GATE_OPEN = 4 }; /* exit codes: README.md */

/* Faults one limit is about, and how many more may be among them. */
struct scope {
	struct faults_sum sum;
	uint64_t maybe;
};

enum match { NO, YES, MAYBE };

static enum match matches(const struct faults_show *k, const struct slo *s, const struct faults_cell *c)
{
	enum faults_match asked = faults_match(k->book, c);
	char buf[FAULTS_TEXT];
	const char *text;

	if (asked != FAULTS_YES)
		return asked == FAULTS_NO ? NO : MAYBE;
	if (s->dim < 0)
		return YES;
	/* a kind that nobody knows may be the one that is meant */
	if (s->dim == FAULTS_KIND && !c->kind)
		return MAYBE;
	if (s->dim != FAULTS_KIND && c->row->other)
		return MAYBE;
	text = faults_book_text(k->book, c, (unsigned)s->dim, buf);
	if (!text)
		return MAYBE;
	if (!strcmp(text, s->key))
		return YES;
	return s->dim == FAULTS_MAPPING && c->row->mapping && !strcmp(c->row->mapping, s->key) ? YES : NO;
}

static int gather(const struct faults_show *k, const struct slo *s, struct scope *out)
{
	int err = 0;

	for (size_t i = 0; i < k->book->ncells && !err; i++) {
		const struct faults_cell *c = k->book->cell[i];
		enum match m = c->now ? matches(k, s, c) : NO;
		struct faults_part part = { .now = c->now };

		if (m == YES)
			err = faults_sum_add(&out->sum, &part);
		else if (m == MAYBE)
			out->maybe += c->now->count;
	}
	return err;
}

static const char *why_open(const struct slo *s, const struct scope *in, uint64_t lost, char *buf, size_t size)
{
	if (!in->sum.count && !in->maybe && !lost)
		return "no such fault was seen";
	if (in->maybe)
		snprintf(buf, size, "%" PRIu64 " faults may be meant or not: what they are is unknown", in->maybe);
	else if (lost >= FAULTS_ANY)
		snprintf(buf, size, "faults of whole processes were not seen");
	else if (lost)
		snprintf(buf, size, "%" PRIu64 " faults were lost", lost);
	else if (in->sum.timed < in->sum.count)
		snprintf(buf, size, "%" PRIu64 " faults were not timed", in->sum.count - in->sum.timed);
	else
		snprintf(buf, size, "%s", slo_is_time(s) ? "the limit lies within a bucket" : "no time has passed");
	return buf;
}

static void say(const struct slo *s, enum slo_verdict v, const char *value, const char *why)
{
	if (v == SLO_MISSED)
		mmt_err("missed: %s (it is %s)", s->text, value);
	else if (v == SLO_OPEN)
		mmt_warn("open: %s (%s)", s->text, why);
	else
		mmt_info("met: %s (it is %s)", s->text, value);
}

static int put(struct json *j, const struct slo *s, enum slo_verdict v, const struct scope *in, uint64_t value,
	       const char *why)
{
	json_obj(j, NULL);
	json_str(j, "type", "slo");
	json_str(j, "limit", s->text);
	json_str(j, "verdict", slo_verdict(v));
	if (in->sum.count)
		json_u64(j, slo_is_time(s) ? "value_ns" : "value", value);
	else
		json_null(j, slo_is_time(s) ? "value_ns" : "value");
	json_u64(j, "count", in->sum.count);
	json_str(j, "why", v == SLO_OPEN ? why : NULL);
	json_end(j);
	return json_line(j);
}

int faults_gate(const struct faults_show *k, uint64_t unsure, struct json *j)
{
	const struct slos *all = k->opts->slos;
	int code = 0, err = 0;

	for (unsigned i = 0; all && i < all->n && !err; i++) {
		const struct slo *s = &all->slo[i];
		struct scope in = { 0 };
		char text[96], shown[NUM_FMT_LEN];
		uint64_t value = 0;
		enum slo_verdict v;
		const char *why;

		err = gather(k, s, &in);
		v = slo_judge(s, &in.sum, in.maybe + unsure, k->span_ns, &value);
		why = why_open(s, &in, unsure, text, sizeof(text));
		if (slo_is_time(s))
			num_fmt_duration(shown, value);
		else
			snprintf(shown, sizeof(shown), "%" PRIu64, value);
		say(s, v, shown, why);
		if (v == SLO_MISSED)
			code = GATE_FAILED;
		else if (v == SLO_OPEN && !code)
			code = GATE_OPEN;
		if (!err && j)
			err = put(j, s, v, &in, value, why);
		faults_sum_free(&in.sum);
	}
	return err ? err : code;
}
