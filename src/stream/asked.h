/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * asked (stream): what a live run asks its machine for, put into the stream as items before what needs it, so that a recording has
 * the answers.
 */
#ifndef MMTRACE_STREAM_ASKED_H
#define MMTRACE_STREAM_ASKED_H

#include "enrich/procs.h"
#include "mmtrace/map.h"
#include "mmtrace/source.h"

struct asked {
	procs_ask_fn ask_comm; /* NULL: a recording, nobody to ask */
	void *ctx;
	bool tell;						/* answers are wanted in the stream */
	int (*tap)(void *ctx, const void *record, size_t size); /* takes the items made; 0 or -errno */
	void *tap_ctx;
	struct procs *procs; /* that learns them */
	/* asked.c's own */
	struct map met; /* processes whose names need no asking, where nobody decodes */
	uint32_t last;	/* most events are of the same process as the event before */
	int err;	/* of a tap, when nobody could be told */
};

/* A procs_ask_fn: asks when a name is needed, too late for the event that needs it. */
int asked_comm(void *asked, uint32_t pid, char comm[PROCS_COMM]);
/* Before an event is handed on: 0 or the tap's -errno. The second where nobody learns from the stream. */
int asked_before(struct asked *a, const struct mmt_hdr *h, const struct value_names *names);
int asked_before_raw(struct asked *a, const struct mmt_hdr *h);
void asked_free(struct asked *a);

#endif
