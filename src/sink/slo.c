// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sink/slo.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "event/schema.h"
#include "sink/faults.h"

static const struct {
	const char *name;
	uint32_t ppm; /* 0: no quantile */
} metrics[SLO_METRICS] = {
	[SLO_P50] = { "p50", 500000 },	  [SLO_P90] = { "p90", 900000 }, [SLO_P99] = { "p99", 990000 },
	[SLO_P999] = { "p99.9", 999000 }, [SLO_MAXIMUM] = { "max", 0 },	 [SLO_MEAN] = { "mean", 0 },
	[SLO_COUNT] = { "count", 0 },	  [SLO_RATE] = { "rate", 0 },
};

bool slo_is_time(const struct slo *s)
{
	return s->metric < SLO_COUNT;
}

const char *slo_verdict(enum slo_verdict v)
{
	static const char *const words[] = { [SLO_MET] = "met", [SLO_MISSED] = "missed", [SLO_OPEN] = "open" };

	return words[v];
}

/* ---- reading ---- */

struct reading {
	const char *text, *at;
	struct buf *err;
};

static int bad(const struct reading *r, const char *what)
{
	buf_printf(r->err, "--slo '%s': %s at '%s' (position %zu); as in p99<50us or kind=cow:max<=1ms", r->text, what,
		   r->at, (size_t)(r->at - r->text) + 1);
	return -EINVAL;
}

static int no_kind(const struct reading *r, const char *key)
{
	struct near n = { .word = key };
	const char *name;
	char text[96];

	for (uint64_t i = 0; (name = schema_enum(MMT_LOOK_FKIND, i)); i++) {
		if (!strcmp(name, key))
			return 0;
		near_try(&n, name);
	}
	snprintf(text, sizeof(text), n.best ? "no such kind of fault, did you mean '%s'?" : "no such kind of fault",
		 n.best);
	return bad(r, text);
}

/* Of what is one of a known few: a limit on what cannot be would always be met. */
static int no_value(const struct reading *r, const struct slo *s)
{
	const char *why;
	uint32_t cpu;

	if (s->dim == FAULTS_KIND)
		return no_kind(r, s->key);
	if (s->dim == FAULTS_CPU && num_parse_u32(s->key, &cpu, &why))
		return bad(r, "a CPU is a number");
	return 0;
}

/* "kind=cow:" in front; len is that of the whole expression. */
static int read_prefix(struct reading *r, size_t len, struct slo *s)
{
	const char *colon = NULL;
	size_t name;

	for (size_t i = 0; i < len; i++)
		if (r->at[i] == ':')
			colon = r->at + i;
	s->dim = -1;
	if (!colon)
		return 0;
	name = strcspn(r->at, "=");
	if (r->at + name >= colon)
		return bad(r, "a key needs a value, kind=cow:");
	for (unsigned dim = 0; faults_dim_name(dim); dim++)
		if (strlen(faults_dim_name(dim)) == name && !memcmp(faults_dim_name(dim), r->at, name))
			s->dim = (int)dim;
	if (s->dim < 0)
		return bad(r, "no such key (kind, mapping, file, driver, comm, cpu, cluster)");
	r->at += name + 1;
	if (colon == r->at || (size_t)(colon - r->at) >= sizeof(s->key))
		return bad(r, "a key needs a value, kind=cow:");
	memcpy(s->key, r->at, (size_t)(colon - r->at));
	if (no_value(r, s))
		return -EINVAL;
	r->at = colon + 1;
	return 0;
}

static int read_metric(struct reading *r, struct slo *s)
{
	size_t len = strcspn(r->at, "<>=,");

	for (unsigned i = 0; i < SLO_METRICS; i++) {
		if (strlen(metrics[i].name) != len || memcmp(metrics[i].name, r->at, len))
			continue;
		s->metric = (uint8_t)i;
		r->at += len;
		return 0;
	}
	return bad(r, "not one of p50 p90 p99 p99.9 max mean count rate");
}

static int read_op(struct reading *r, struct slo *s)
{
	bool equal = (*r->at == '<' || *r->at == '>') && r->at[1] == '=';

	if (*r->at != '<' && *r->at != '>')
		return bad(r, "one of < <= > >= is needed");
	s->op = (uint8_t)(*r->at == '<' ? (equal ? SLO_LE : SLO_LT) : (equal ? SLO_GE : SLO_GT));
	r->at += 1 + equal;
	return 0;
}

static int read_bound(struct reading *r, const char *end, struct slo *s)
{
	const char *why = "";
	char text[SLO_TEXT], said[SLO_TEXT];
	size_t len = (size_t)(end - r->at);
	int err;

	if (!len || len >= sizeof(text))
		return bad(r, slo_is_time(s) ? "a time is needed, like 50us" : "a number is needed");
	memcpy(text, r->at, len);
	text[len] = '\0';
	/* a bare number would be seconds, which nobody means here */
	if (slo_is_time(s) && text[len - 1] >= '0' && text[len - 1] <= '9')
		return bad(r, "a time needs its unit, like 50us");
	err = slo_is_time(s) ? num_parse_duration(text, &s->bound, &why) : num_parse_u64(text, &s->bound, &why);
	if (!err) {
		r->at = end;
		return 0;
	}
	snprintf(said, sizeof(said), "%s", why);
	return bad(r, said);
}

static int read_one(struct slos *all, struct reading *r, const char *end)
{
	struct slo *s = &all->slo[all->n];
	size_t len = (size_t)(end - r->at);
	int err;

	*s = (struct slo){ 0 };
	if (!len)
		return bad(r, "nothing");
	if (all->n == SLO_MAX || len >= sizeof(s->text))
		return bad(r, "too much");
	memcpy(s->text, r->at, len);
	err = read_prefix(r, len, s);
	if (!err)
		err = read_metric(r, s);
	if (!err)
		err = read_op(r, s);
	if (!err)
		err = read_bound(r, end, s);
	all->n += !err;
	return err;
}

int slo_parse(struct slos *all, const char *text, struct buf *err)
{
	struct reading r = { .text = text, .at = text, .err = err };

	for (;;) {
		const char *end = r.at + strcspn(r.at, ",");
		int bad_one = all->n == SLO_MAX ? bad(&r, "too many") : read_one(all, &r, end);

		if (bad_one)
			return bad_one;
		if (!*end)
			return 0;
		r.at = end + 1;
	}
}

/* ---- judging ---- */

static bool holds(enum slo_op op, uint64_t value, uint64_t bound)
{
	switch (op) {
	case SLO_LT:
		return value < bound;
	case SLO_LE:
		return value <= bound;
	case SLO_GT:
		return value > bound;
	default:
		return value >= bound;
	}
}

/* Somewhere in [low, high]: a condition on one side holds for all of it, for none, or nobody knows. */
static enum slo_verdict between(const struct slo *s, uint64_t low, uint64_t high)
{
	bool a = holds(s->op, low, s->bound), b = holds(s->op, high, s->bound);

	return a && b ? SLO_MET : a || b ? SLO_OPEN : SLO_MISSED;
}

/*
 * The value of that rank lies in a bucket; what is not known may all lie below it, or all above.
 */
static enum slo_verdict judge_quantile(const struct slo *s, const struct faults_sum *sum, uint64_t unknown)
{
	uint64_t all = sum->timed + unknown, seen = 0, low = 0, high = UINT64_MAX;
	uint64_t rank = (uint64_t)(((unsigned __int128)all * metrics[s->metric].ppm + 999999) / 1000000);
	bool low_found = false;

	for (uint32_t i = 0; i < sum->hist.n; i++) {
		uint32_t index = sum->hist.b[i].index;

		seen += sum->hist.b[i].count;
		/* with all unknown ones below, this is the lowest it can be */
		if (!low_found && seen + unknown >= rank) {
			low_found = true;
			low = unknown >= rank ? 0 : hist_low(index);
		}
		/* with all of them above, the highest */
		if (seen >= rank) {
			high = index == MMT_TOTAL_BUCKETS - 1 || hist_high(index) > sum->max_ns ? sum->max_ns :
												  hist_high(index);
			break;
		}
	}
	return between(s, low < high ? low : high, high);
}

static uint64_t per_second(uint64_t n, uint64_t span_ns)
{
	return span_ns ? (uint64_t)((unsigned __int128)n * 1000000000ull / span_ns) : 0;
}

/* n/span against a bound without rounding: n * 1e9 against bound * span. */
static enum slo_verdict judge_rate(const struct slo *s, uint64_t n, uint64_t unsure, uint64_t span_ns)
{
	unsigned __int128 bound = (unsigned __int128)s->bound * span_ns;
	struct slo scaled = *s;
	uint64_t value[2];

	if (!span_ns)
		return SLO_OPEN;
	scaled.bound = 1;
	for (unsigned i = 0; i < 2; i++) {
		unsigned __int128 v = (unsigned __int128)(n + (i ? unsure : 0)) * 1000000000ull;

		value[i] = v < bound ? 0 : v > bound ? 2 : 1;
	}
	return between(&scaled, value[0], value[1]);
}

enum slo_verdict slo_judge(const struct slo *s, const struct faults_sum *sum, uint64_t unsure, uint64_t span_ns,
			   uint64_t *value)
{
	uint64_t untimed = sum->count - sum->timed + unsure, low = 0, high = 0;

	switch (s->metric) {
	case SLO_COUNT:
		*value = sum->count;
		return between(s, sum->count, sum->count + unsure);
	case SLO_RATE:
		*value = per_second(sum->count, span_ns);
		return judge_rate(s, sum->count, unsure, span_ns);
	case SLO_MAXIMUM:
		*value = sum->max_ns;
		if (!sum->timed)
			return SLO_OPEN;
		return between(s, sum->max_ns, untimed ? UINT64_MAX : sum->max_ns);
	case SLO_MEAN:
		*value = faults_sum_mean(sum);
		return !sum->timed || untimed ? SLO_OPEN : between(s, *value, *value);
	default:
		if (!faults_sum_quantile(sum, metrics[s->metric].ppm, &low, &high))
			return SLO_OPEN;
		*value = low + (high - low) / 2;
		return judge_quantile(s, sum, untimed);
	}
}
