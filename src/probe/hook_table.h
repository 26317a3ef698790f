/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The hook table: for each hook point, the ways to attach in order of preference, the programs of each, what each cannot
 * see, and which events the hook feeds. Choosing (tiers.c) is pure; facts come from caps.c; attaching from session.c.
 *
 * To add a hook: its id in include/mmtrace/wire/knobs.h, its programs in bpf/, a row in hook_table.c.
 */
#ifndef MMTRACE_PROBE_HOOK_TABLE_H
#define MMTRACE_PROBE_HOOK_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include "mmtrace/wire/event.h"
#include "mmtrace/wire/knobs.h"

enum hook_object { OBJ_PLAIN = 1, OBJ_CORE = 2 };

#define HOOK_TRIES 8
#define HOOK_PROGS 51
#define HOOK_FEEDS 50
#define HOOK_GIVES 16

struct hook_try {
	uint8_t tier;	       /* enum mmt_tier, MMT_TIER_NONE ends the list */
	uint8_t object;	       /* enum hook_object */
	uint8_t nargs;	       /* the function must have so many arguments by BTF; 0: any */
	bool nargs_or_unknown; /* also when BTF does not know the function */
	bool pages;	       /* it tells the PFN of a struct page, which takes a calibration (calibrate.h) */
	const char *fn;	       /* the kernel function it sits on, NULL: none */
	/* "?NAME": not where its function does not exist: of an ABI left out. '%' stands for the variant that was chosen. */
	const char *progs[HOOK_PROGS];
	const char *lacks; /* events and fields it cannot fill: "fault.flags fault.result", "" none */
};

struct hook_row {
	uint8_t id; /* enum mmt_hook */
	const char *name;
	const char *text;
	const char *config;	   /* what the kernel needs for the best tier */
	bool optional;		   /* its absence is normal: the function exists on some kernels only */
	uint8_t feeds[HOOK_FEEDS]; /* events that need it; 0 ends the list */
	uint8_t gives[HOOK_GIVES]; /* events that do not exist at all without it; 0 ends the list */
	const char *part;	   /* what events lack without it, in words, NULL: nothing more than those */
	struct hook_try tries[HOOK_TRIES];
};

extern const struct hook_row hook_table[MMT_HOOK_MAX];

#endif
