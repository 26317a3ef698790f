/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* state (stream): what the ledger, the names and the memory know now, as sinks that show a state may see it. */
#ifndef MMTRACE_STREAM_STATE_H
#define MMTRACE_STREAM_STATE_H

#include "enrich/procs.h"
#include "stream/memory.h"
#include "stream/residents.h"
#include "stream/view.h"

struct state {
	struct mmt_state st; /* first: sinks get its address */
	const struct memory *memory;
	struct procs *procs;
	struct view_scratch scratch;
	const struct residents *residents;
	int (*ask_resident)(void *pipeline, uint32_t pid); /* before they are looked at */
	void *pipeline;
};

void state_init(struct state *s, const struct ranges *ledger, const struct value_names *names,
		const struct memory *memory, struct procs *procs, uint32_t page_size);

#endif
