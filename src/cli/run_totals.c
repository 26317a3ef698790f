// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/run_totals.h"

#define NSEC_MS 1000000ull

uint64_t run_totals_wait(const struct totals *t, uint64_t now, uint64_t ms)
{
	uint64_t left;

	if (!t->asked || !t->interval_ns)
		return ms;
	left = t->next_ns > now ? (t->next_ns - now + NSEC_MS - 1) / NSEC_MS : 0;
	return left < ms ? left : ms;
}

int run_totals_read(const struct totals *t)
{
	int n = t->asked ? session__totals(t->session, false, pipeline_item, t->pipeline) : 0;

	return n < 0 ? n : 0;
}

int run_totals_tick(struct totals *t, uint64_t now)
{
	int err;

	if (!t->asked || !t->interval_ns || now < t->next_ns)
		return 0;
	/* A reader that was held up does not make up for it. */
	t->next_ns += (now - t->next_ns) / t->interval_ns * t->interval_ns + t->interval_ns;
	err = run_totals_read(t);
	return err ? err : pipeline_tick(t->pipeline, now);
}
