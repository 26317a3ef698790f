/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * filter: which events a user wants to see: by name (-e), by what the mapping is or the fault was (-k), failed (-x),
 * slow (-L), and by whatever they say (-f, expr.h).
 */
#ifndef MMTRACE_FILTER_FILTER_H
#define MMTRACE_FILTER_FILTER_H

#include <stdbool.h>
#include <stdint.h>
#include "filter/expr.h"
#include "mmtrace/view.h"

struct filter {
	bool want[MMT_EV_MAX];	 /* enum mmt_event */
	uint32_t classes;	 /* bit i: enum mmt_fclass; 0 with kinds 0: any */
	uint32_t kinds;		 /* bit i: enum mmt_fkind */
	bool failed;		 /* only what failed ... */
	uint32_t err;		 /* ... with this errno, 0: any */
	const struct expr *expr; /* NULL: any */
	uint64_t slower_ns;	 /* at least this long; 0: any, also without a duration */
};

#define FILTER_WORD_MAX 64

/* A word that was not understood, and the nearest that would be (NULL when none is near). */
struct filter_error {
	char word[FILTER_WORD_MAX];
	const char *near;
};

/*
 * EVENTS of -e: names of events and families, "all", "-name" to drop, separated by commas. The first text of a command line
 * replaces what want holds unless it begins with a drop; later ones (first false) add to it.
 * 0, or with *err filled -EINVAL, or -ENOTSUP for events that come by an option.
 */
int filter_events(bool want[MMT_EV_MAX], const char *text, bool first, struct filter_error *err);
/* KIND of -k: classes (anon,file,shm,pfn,hugetlb) and fault kinds (cow,zero-page,…), separated by commas. */
int filter_kinds(struct filter *f, const char *text, struct filter_error *err);
/* What trace shows unless asked: all but faults, objects and totals; faults too when it watches a target. */
void filter_defaults(bool want[MMT_EV_MAX], bool target);

/*
 * start_ns: when the hooks were live, 0: unknown. *unknown is set when it is expr that keeps the event out, and only since what
 * that asks for is not known of it, though such events can have it.
 */
bool filter_match(const struct filter *f, const struct mmt_view *v, uint64_t start_ns, bool *unknown);

#endif
