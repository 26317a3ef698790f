/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * expr: the language of -f and of `where`: a question about an event, a mapping or a process. Small and typed: every name, word,
 * unit and type is checked when it is read, so that what is accepted means something; README.md has it on one page.
 *
 *   kind == driver-pfn and lat > 50us            mapping.path ~ "^/dev/" or not vm_flags has VM_PFNMAP
 */
#ifndef MMTRACE_FILTER_EXPR_H
#define MMTRACE_FILTER_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mmtrace/view.h"

#define EXPR_TEXT_MAX 4096 /* bytes of an expression */

/* What it is asked of: names mean something else in each. */
enum expr_about { EXPR_EVENT, EXPR_MAPPING, EXPR_PROCESS };

struct expr_scope {
	enum expr_about about;
	const bool *events; /* EXPR_EVENT: of these (by enum mmt_event); NULL: of all. Needed while it is read only */
};

struct expr_error {
	unsigned at,
		len;	/* the bytes that are wrong, from 0; at may be the text's length: something is missing there */
	char text[160]; /* "no field 'knid'", without the near one */
	char near[48];	/* what may have been meant; "": nothing is near */
};

/* A process, as ranges_each_space() and ranges_each() tell it. */
struct expr_process {
	uint32_t pid, mm;
	const char *comm; /* NULL: unknown */
	bool gap;	  /* something of it was missed */
	uint64_t mappings, bytes;
};

struct expr_subject {
	/* EXPR_EVENT: the event. EXPR_MAPPING: the mapping, in map, as mmt_state.range() fills it. Else NULL. */
	const struct mmt_view *view;
	const struct expr_process *process; /* EXPR_PROCESS; else NULL */
	uint64_t start_ns; /* when the hooks were live (mmt_run_info): what ts counts from; 0: unknown */
};

struct expr;

/*
 * Reads and checks text[0, len); NULL with *err filled. What is read does not depend on text or scope any more. expr_parse_some()
 * reads as far as an expression goes, and says in *used how far that was.
 */
struct expr *expr_parse(const char *text, size_t len, const struct expr_scope *scope, struct expr_error *err);
struct expr *expr_parse_some(const char *text, size_t len, const struct expr_scope *scope, size_t *used,
			     struct expr_error *err);
void expr_free(struct expr *e);

/* Unknown: it lacks a field that decides. Unknown is neither: a filter drops it, an expectation cannot be said to hold. */
enum expr_truth { EXPR_FALSE, EXPR_TRUE, EXPR_UNKNOWN };
enum expr_truth expr_eval(const struct expr *e, const struct expr_subject *s);

/* Can it be true of such an event at all? False where every way to it asks for fields that the event does not have. */
bool expr_may_match(const struct expr *e, unsigned event);
/* Does it ask for anything that the ledger knows of mappings, or for drivers? */
bool expr_asks_mappings(const struct expr *e);
/*
 * Adds to needs, by enum mmt_event, what events those of the ledger's fields that it asks for are made of. True: it asks for some,
 * and is only as right as the ledger. The same of a path.
 */
#define EXPR_WANTS  1 /* without such events they are unknown, or not as well known */
#define EXPR_COUNTS 2 /* they count such events: where there could be none, 0 is not known either */
bool expr_needs(const struct expr *e, uint8_t needs[MMT_EV_MAX]);
/* The event's own fields that it asks for, as bits of mmt_hdr.have (MMT_HAVE_DUR: lat). */
uint64_t expr_uses(const struct expr *e, unsigned event);

/* ---- one field, for `by`, percentiles, `all` ---- */

struct expr_path;

struct expr_value {
	bool is_text, negative; /* negative: num is one of two's complement */
	uint8_t look;		/* how it is shown: enum mmt_look, and those of event/objects.h */
	uint64_t num;
	const char *text; /* valid as long as what it was asked of */
};

/* "lat", "mapping.id", "fault.kind"; as expr_parse() and expr_parse_some(); used NULL: all of it must be one path. */
struct expr_path *expr_path_parse(const char *text, size_t len, const struct expr_scope *scope, size_t *used,
				  struct expr_error *err);
void expr_path_free(struct expr_path *p);
const char *expr_path_text(const struct expr_path *p); /* as it was written */
/* False: absent, which is not 0. */
bool expr_path_get(const struct expr_path *p, const struct expr_subject *s, struct expr_value *out);
/* Nanoseconds, bytes, … (enum mmt_look) of numbers; -1: text, or not the same for all events of the scope. */
int expr_path_look(const struct expr_path *p);
bool expr_path_needs(const struct expr_path *p, uint8_t needs[MMT_EV_MAX]);
uint64_t expr_path_uses(const struct expr_path *p, unsigned event);
/* What is compared with it ("50us", "16K", "SIGBUS", "cow", "\"text\""): 0, or -EINVAL with *err filled. At most one look. */
int expr_path_literal(const struct expr_path *p, const char *text, size_t len, struct expr_value *out,
		      struct expr_error *err);
bool expr_value_equal(const struct expr_value *a, const struct expr_value *b);
int expr_value_cmp(const struct expr_value *a, const struct expr_value *b); /* of two numbers or two texts */
struct buf;
void expr_value_show(struct buf *b, const struct expr_value *v); /* as it is written, a text without quotes */

/* ---- what a session can be told, so that the kernel sends less ---- */

#define EXPR_PUSH_MAX 64

/*
 * Terms that must all hold, whatever else does. The filter stays right without them; where they are told, what is not sent would
 * have been dropped.
 */
struct expr_push {
	bool has_pids, has_tids;
	uint32_t npids, ntids;
	uint32_t pid[EXPR_PUSH_MAX], tid[EXPR_PUSH_MAX];
	const char *comm;   /* the expression's own; NULL: any */
	uint64_t slower_ns; /* only what took so long or longer; 0: any */
	bool only;	    /* these terms are all that it says */
};
void expr_push(const struct expr *e, struct expr_push *out);
/* The same; expr_eval() takes what was told for true from then on. */
void expr_push_take(struct expr *e, struct expr_push *out);

/* A field that is asked for; of events where field is one of a record. */
struct expr_use {
	const char *text; /* as it was written */
	bool own;	  /* of the event's record; else of object */
	unsigned object;  /* enum mmt_object */
	const char *field;
};
/* Each field but of terms that were taken, until fn says false; that is returned. */
bool expr_each(const struct expr *e, bool (*fn)(void *ctx, const struct expr_use *u), void *ctx);

#endif
