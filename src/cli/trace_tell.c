// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/trace_tell.h"

#include <inttypes.h>
#include <string.h>
#include "event/schema.h"
#include "mmtrace/base.h"

void trace_tell_ready(const struct mmt_run_info *info)
{
	unsigned live = 0;

	for (unsigned i = 0; i < info->nhooks; i++)
		live += strcmp(info->hooks[i].tier, "none") != 0;
	mmt_info("ready: %u of %u hooks live", live, info->nhooks);
}

static void tell_losses(const struct mmt_summary *sum)
{
	for (unsigned kind = 0; schema_loss(kind); kind++) {
		if (!sum->lost[kind])
			continue;
		mmt_warn("%" PRIu64 " lost (%s): %s%s", sum->lost[kind], schema_loss(kind)->name,
			 schema_loss(kind)->text, kind == MMT_LOSS_RING ? "; try a larger --buffer" : "");
	}
	if (sum->bad)
		mmt_warn("%" PRIu64 " records were not what the schema says and were left out", sum->bad);
}

void trace_tell_summary(const struct mmt_summary *sum)
{
	char ran[NUM_FMT_LEN];
	uint64_t lost = sum->bad;

	for (unsigned kind = 0; schema_loss(kind); kind++)
		lost += sum->lost[kind];
	mmt_info("%" PRIu64 " events in %s, %" PRIu64 " lost", sum->events, num_fmt_duration(ran, sum->ran_ns), lost);
	tell_losses(sum);
	if (*sum->absent)
		mmt_info("not on this machine: %s ('mmtrace doctor' says why)", sum->absent);
	if (*sum->silent)
		mmt_info("live, but saw nothing: %s", sum->silent);
}
