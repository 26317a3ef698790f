/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * doctor: what a machine allows, worked out from the facts and the choice of hooks (src/probe). Everything here but
 * doctor_config_read() is pure: facts in, text out.
 */
#ifndef MMTRACE_CLI_DOCTOR_H
#define MMTRACE_CLI_DOCTOR_H

#include "mmtrace/base.h"
#include "mmtrace/wire/names.h"
#include "probe/tiers.h"

/* A set of short texts in order of arrival. */
#define ITEMS_MAX 64
#define ITEM_LEN  88
struct items {
	unsigned n;
	char s[ITEMS_MAX][ITEM_LEN];
};

struct doctor {
	const struct caps *caps;
	const struct hook_choice *choice; /* MMT_HOOK_MAX of them, every event wanted */
	const char *const *forced;	  /* --tier, NULL-terminated or NULL */
	const char *btf_file;		  /* --btf, NULL */
	const char *release, *machine;
	uint32_t page_size, cpus;
	const struct mmt_memtype *memtype; /* how memory types are read, NULL: nothing was tried */
	const char *memtype_wrong;	   /* what the check found */
	struct buf config;		   /* the kernel's configuration, empty: not readable */
	const char *config_path;	   /* where from, NULL: nowhere */
	struct items told;		   /* what the page has explained in brackets */
};

void items_add(struct items *l, const char *text, size_t len);
/* All with `between` between them; "ev." in front of a field is left out. */
void items_join(const struct items *l, const char *between, const char *ev, struct buf *out);
bool items_have(const struct items *l, const char *text);
void items_drop(struct items *from, const struct items *what);

/* doctor_events.c: what is seen of an event with these hooks. */

/* Can the hook be there at all: does this kernel have one of its functions? */
bool doctor_hook_exists(const struct caps *caps, int hook);
/* Is there no such event? */
bool doctor_event_lost(const struct hook_choice *c, unsigned ev);
/* Tiers of the hooks that give it. */
void doctor_event_tiers(const struct hook_choice *c, unsigned ev, struct items *out);
/* Fields ("fault.flags") and cases ("vma_map by brk") that it lacks. */
void doctor_event_lacks(const struct caps *caps, const struct hook_choice *c, unsigned ev, struct items *out);
/* What is gone with a hook that attaches nowhere: its events, and what others lack; "vma_prot; some of fault.kind". */
void doctor_hook_lost(int hook, struct buf *out);
/* Why the hook has no better tier, or none: without names of functions, so that equal reasons are equal texts. */
void doctor_reason(const struct doctor *d, int hook, struct items *out);
/* Is it the machine's, for every hook that would attach so? */
bool doctor_machine_reason(const struct doctor *d, const char *reason);

/* doctor_config.c: fills d->config and config_path, from files. */
void doctor_config_read(struct doctor *d);

/* doctor_gain.c: what could be had, asked of the very code that chooses. */
enum config_state { CONFIG_UNKNOWN, CONFIG_OFF, CONFIG_ON };
/* State of one line, "CONFIG_KPROBES=y": =m is on as well. */
enum config_state doctor_config(struct doctor *d, const char *line);
void doctor_gains(struct doctor *d, struct buf *out);

/* doctor_why.c */
void doctor_why(const struct doctor *d, struct buf *out);

/* doctor_page.c */
/* Columns of the page: the terminal's, within reason. Set before any page is made. */
#define DOCTOR_WIDTH_MIN 72
#define DOCTOR_WIDTH	 96
extern size_t doctor_width;
/* Words of text behind what stands in the line, wrapped to column `left`; ends the line. */
void doctor_wrap(struct buf *out, size_t left, const char *text, size_t len);
/* items_join() with commas; what is in brackets is told once on a page. */
void doctor_items(struct doctor *d, const struct items *l, const char *ev, struct buf *out);
void doctor_machine(struct doctor *d, struct buf *out);
void doctor_page(struct doctor *d, struct buf *out);

#endif
