/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What is learnt about the machine before the first event, and enters the stream before it: how memory types are read, /proc/iomem. */
#ifndef MMTRACE_PROBE_FACTS_H
#define MMTRACE_PROBE_FACTS_H

#include "memtype.h"
#include "mmtrace/source.h"

struct facts {
	struct mmt_memtype memtype;
	char wrong[MEMTYPE_WRONG_LEN]; /* what the check of memory types found, "" when nothing is wrong */
	struct buf iomem;	       /* records */
	unsigned told;		       /* of all */
	size_t at;		       /* in iomem */
};

/* memtype_prog: the iterator that the check needs, NULL: there is none */
void facts_gather(struct facts *f, const struct objects *o, const char *memtype_prog);
/* Hands over what has not been yet. Number of records, or fn's -errno. */
int facts_tell(struct facts *f, mmt_item_fn fn, void *ctx);
void facts_free(struct facts *f);

#endif
