/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which way each hook attaches. Pure: facts in, choice out. */
#ifndef MMTRACE_PROBE_TIERS_H
#define MMTRACE_PROBE_TIERS_H

#include "caps.h"

#define TIER_WHY 120

struct hook_choice {
	bool wanted;	     /* an event asked for needs it */
	int try;	     /* index of hook_table[].tries, -1: nothing attaches */
	uint32_t bad;	     /* bit i: try i was refused when it was really tried */
	char why[TIER_WHY];  /* why the try before the chosen one, or all of them, did not serve; "" best */
	const char *variant; /* of programs that come in several: what '%' in their names stands for; NULL: none */
	int better;	     /* index of the best try that did not serve, -1: has the best */
};

/* The name of a program of the chosen try as it is in the object, without '?' and with the variant; in buf if it differs. */
#define TIERS_PROG_LEN 64
const char *tiers_prog(const struct hook_choice *c, const char *name, char buf[TIERS_PROG_LEN]);
/* Marks the hooks that the events need. */
void tiers_want(struct hook_choice c[MMT_HOOK_MAX], const bool want[MMT_EV_MAX]);
/*
 * Chooses for every hook. `forced`: "tier" for all that can, or "hook=tier" (a hook's whole name, or a prefix up to a dot);
 * NULL-terminated or NULL. 0, or -EINVAL with the reason in why.
 */
int tiers_choose(struct hook_choice c[MMT_HOOK_MAX], const struct caps *caps, const char *const *forced, char *why,
		 size_t size);
/* Can a hook's try serve, as far as the facts say? 0, or -errno with the reason in why. */
int tiers_check(int hook, int try, const struct caps *caps, char why[TIER_WHY]);
/* Does this machine let any hook attach by the tier? 0, or -errno with the reason in why. */
int tiers_able(int tier, const struct caps *caps, char why[TIER_WHY]);
#define TIERS_NO_BTF "the kernel has no BTF" /* of a try whose programs need it */
const char *tier_name(int tier);
int tier_by_name(const char *name);

#endif
