/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What session.c and session_report.c share; nobody else includes it. */
#ifndef MMTRACE_PROBE_SESSION_IMPL_H
#define MMTRACE_PROBE_SESSION_IMPL_H

#include "attach.h"
#include "cgroup.h"
#include "drivers.h"
#include "facts.h"
#include "import.h"
#include "mmtrace/session.h"
#include "ring.h"

struct session {
	struct session_opts opts;
	struct caps caps;
	struct hook_choice choice[MMT_HOOK_MAX];
	struct session_hook rows[MMT_HOOK_MAX];
	struct objects *objects;
	struct attached attached;
	struct drivers *drivers;
	struct ring ring;
	struct spaces spaces;
	struct facts facts;
	struct cgroup_place cgroup; /* with opts.cgroup */
	struct totals *totals;	    /* session_total.c */
	bool stopped;
	uint64_t runs_lost; /* open at the end, and not to be had */
	int items;	    /* of the poll going on */
	uint64_t ksyms_ns;  /* symbols were last read because one was missing */
	char ksym[320];
};
static inline bool chosen(const struct session *s, int hook)
{
	return s->choice[hook].wanted && s->choice[hook].try >= 0;
}

static inline int tier_of(const struct session *s, int hook)
{
	return chosen(s, hook) ? hook_table[hook].tries[s->choice[hook].try].tier : MMT_TIER_NONE;
}

/* Do hooks leave the marks that kinds of faults follow from? */
bool session_marks_live(const struct session *s);
/* Is all that is seen of faults events of the target's own threads? */
bool session__task_events(const struct session *s);
struct mmt_knobs;
/* What the programs are told before they are loaded. ring: bytes, 0 without one. */
void session_knobs(const struct session *s, struct mmt_knobs *k, uint32_t slots, uint64_t ring);
/* What is in the ring now, without waiting. Number of items or -errno. */
int session__drain(struct session *s, mmt_item_fn fn, void *ctx);
/*
 * Where the time of faults goes (session_split.c). After the choice of tiers: marks the hooks that part it. Then, for
 * knobs.split: what the chosen ones know.
 */
void session__want_split(struct session *s);
uint32_t session__split_knob(const struct session *s);

#endif
