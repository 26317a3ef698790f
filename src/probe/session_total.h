/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The part of a session that has totals; only the other parts include it. */
#ifndef MMTRACE_PROBE_SESSION_TOTAL_H
#define MMTRACE_PROBE_SESSION_TOTAL_H

#include "objects.h"
#include "session_impl.h"

/* Nothing but totals is asked for, and they have no names to send: no event ever comes. */
bool session_needs_ring(const struct session_opts *o);
/* The ring and the slots that totals want: they tell little but names, and pair no events. */
uint64_t total_ring(const struct session_opts *o, uint64_t usual);
uint32_t total_slots(const struct session_opts *o, uint32_t usual);
/* Which hooks serve what is asked for, after tiers_want(). */
void total_want(struct session *s);
/* After the choice of tiers. */
void total_choose(struct session *s);
void total_knobs(const struct session *s, struct mmt_knobs *k);
void total_sizes(const struct session_opts *o, struct objects_opts *sizes);
void total_close(struct session *s);

#endif
