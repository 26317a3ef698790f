/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* run_ask: what the pipeline of a live run asks this machine for (stream/pipeline.h). */
#ifndef MMTRACE_CLI_RUN_ASK_H
#define MMTRACE_CLI_RUN_ASK_H

#include "stream/pipeline.h"

struct session;
struct usyms;

struct run_ask {
	struct session *session;
	struct usyms *usyms; /* NULL: no user stacks */
};

/* ustack: user stacks are asked for. maps: no change events come. 0 or -ENOMEM. */
int run_ask_fill(struct run_ask *a, struct pipeline_opts *o, struct session *session, bool ustack, bool maps);
void run_ask_free(struct run_ask *a);

#endif
