/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * slo: what latencies have to be: "p99<50us", "kind=anon:max<1ms,rate<1000". Parsed before anything starts; the verdict knows
 * what it does not know: a bound inside a bucket, or faults that were not timed, may leave it open.
 */
#ifndef MMTRACE_SINK_SLO_H
#define MMTRACE_SINK_SLO_H

#include <stdbool.h>
#include <stdint.h>
#include "mmtrace/base.h"

#define SLO_MAX	 16
#define SLO_TEXT 160

enum slo_metric { SLO_P50, SLO_P90, SLO_P99, SLO_P999, SLO_MAXIMUM, SLO_MEAN, SLO_COUNT, SLO_RATE, SLO_METRICS };
enum slo_op { SLO_LT, SLO_LE, SLO_GT, SLO_GE };
enum slo_verdict { SLO_MET, SLO_MISSED, SLO_OPEN };

struct slo {
	char text[SLO_TEXT]; /* as it was written */
	int dim;	     /* enum faults_dim of the faults it is about, -1: all of them */
	char key[SLO_TEXT];  /* what they have there */
	uint8_t metric, op;
	uint64_t bound; /* ns, faults, or faults per second */
};

struct slos {
	unsigned n;
	struct slo slo[SLO_MAX];
};

/* Expressions with commas between them are added. 0, or -EINVAL with one line in err: what is wrong, the text, and where. */
int slo_parse(struct slos *all, const char *text, struct buf *err);

struct faults_sum;
/*
 * sum: the faults it is about. unsure: so many more may be among them, with a latency that nobody knows. span_ns: the time they
 * came in. *value: of the metric, as far as it is known.
 */
enum slo_verdict slo_judge(const struct slo *s, const struct faults_sum *sum, uint64_t unsure, uint64_t span_ns,
			   uint64_t *value);
const char *slo_verdict(enum slo_verdict v); /* "met" */
bool slo_is_time(const struct slo *s);	     /* is its value one of nanoseconds? */

#endif
