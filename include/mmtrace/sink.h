/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A sink consumes read-only views and writes one output format. One file per format, src/sink/sinks.h is the list.
 */
#ifndef MMTRACE_SINK_H
#define MMTRACE_SINK_H

#include <stddef.h>
#include <stdint.h>
#include "source.h"
#include "view.h"
#include "wire/total.h"

struct mmt_sink {
	/* All return 0 or -errno; the first failure ends the run (a closed pipe, a full disk). Any may be NULL. */
	int (*begin)(struct mmt_sink *s, const struct mmt_run_info *info);
	int (*event)(struct mmt_sink *s, const struct mmt_view *v);
	int (*raw)(struct mmt_sink *s, const void *record, size_t size); /* wire records, before ledger and filter */
	/* The same, many of them; NULL: they come one by one. Some come one by one in any case. */
	int (*raws)(struct mmt_sink *s, const struct mmt_record *r, size_t n);
	int (*item)(struct mmt_sink *s, const struct mmt_item *item); /* loss, hook */
	int (*total)(struct mmt_sink *s, const struct mmt_total *t);  /* a total of faults, as it is so far */
	int (*samples)(struct mmt_sink *s, const struct mmt_samples *n);
	int (*leaving)(struct mmt_sink *s,
		       const struct mmt_hdr *exit); /* an address space ends: the ledger still has it */
	int (*tick)(struct mmt_sink *s,
		    uint64_t now_ns);	  /* an interval is over, and all totals of it were handed over */
	int (*flush)(struct mmt_sink *s); /* no more records for now: whoever reads the output sees all there is */
	int (*end)(struct mmt_sink *s, const struct mmt_summary *sum); /* flushes, and checks that it was written */
	void (*free)(struct mmt_sink *s);
	const struct mmt_state *state; /* set by the pipeline before begin */
	int verdict;		       /* exit code this sink asks for, 0: none */
};

#endif
