/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where the time of faults goes: which hooks know it. */
#include <stdio.h>
#include "mmtrace/wire/total.h"
#include "session_impl.h"

static const uint8_t hooks[MMT_SHARES] = {
	[MMT_SHARE_LOCK] = MMT_HOOK_SPLIT_LOCK,
	[MMT_SHARE_DRIVER] = MMT_HOOK_SPLIT_DRIVER,
	[MMT_SHARE_OFFCPU] = MMT_HOOK_SPLIT_OFFCPU,
	[MMT_SHARE_ALLOC] = MMT_HOOK_SPLIT_ALLOC,
};

static bool asked(const struct session *s)
{
	return s->opts.split || s->opts.want[MMT_EV_FAULT_SPLIT];
}

/* Does the fault begin before the lock is taken? Then how long that takes cannot be told from the rest. */
static bool begins_early(const struct session *s, int hook)
{
	int try = s->choice[hook].try;

	return s->choice[hook].wanted && try >= 0 && hook_table[hook].tries[try].tier == MMT_TIER_PERF;
}

void session__want_split(struct session *s)
{
	struct hook_choice *lock = &s->choice[MMT_HOOK_SPLIT_LOCK];

	/* totals and records need the same hooks */
	for (int i = 0; i < MMT_SHARES; i++)
		s->choice[hooks[i]].wanted = asked(s);
	if (lock->try >= 0 && (begins_early(s, MMT_HOOK_FAULT) || begins_early(s, MMT_HOOK_TOTAL))) {
		lock->try = -1;
		lock->better = 0;
		snprintf(lock->why, sizeof(lock->why),
			 "faults begin before the lock here (tier perf): it is in their time");
	}
}

uint32_t session__split_knob(const struct session *s)
{
	uint32_t knob = MMT_SPLIT_ON;

	if (!asked(s))
		return 0;
	for (int i = 0; i < MMT_SHARES; i++)
		if (s->choice[hooks[i]].wanted && s->choice[hooks[i]].try >= 0)
			knob |= 1u << i;
	return knob;
}
