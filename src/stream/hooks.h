/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* hooks: what the source says of its hooks, for the summary. Start from {0}. */
#ifndef MMTRACE_STREAM_HOOKS_H
#define MMTRACE_STREAM_HOOKS_H

#include "mmtrace/base.h"
#include "mmtrace/view.h"

#define HOOK_NAME 32

/* A hook's last word; sources tell it more than once. */
struct hook_state {
	char name[HOOK_NAME];
	bool silent, absent;
};

struct hooks {
	struct hook_state v[MMT_RUN_HOOKS];
	unsigned n;
	struct buf silent, absent;
};

void hooks_item(struct hooks *hooks, const struct mmt_hook_item *h);
/* Enabled ones that never fired, and those that the machine refused: names with ", " between. Valid until hooks_free(). */
void hooks_list(struct hooks *hooks, const char **silent, const char **absent);
void hooks_free(struct hooks *hooks);

#endif
