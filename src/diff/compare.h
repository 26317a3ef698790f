/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * compare: what is different in the second of two runs. Processes, mappings and what was done to them are paired in their order
 * (align.h) and the pairs compared. What one of the runs could not see is not different: it is named as not comparable.
 *
 *   compare.c        processes and mappings     compare_parts.c  attributes, entries, counts
 *   compare_blind.c  where mappings cannot be     differences.c    the list
 *   compare_threads.c  mappings that are the same, in any order
 *   known.c          what kernels are known to do differently
 *   tell.c           words and JSON
 */
#ifndef MMTRACE_DIFF_COMPARE_H
#define MMTRACE_DIFF_COMPARE_H

#include "diff/canon.h"
#include "mmtrace/base.h"

/* A difference between Linux releases, which no driver or program has made. */
struct known {
	const char *id;
	unsigned from, to; /* releases as 6012 for 6.12: those before `to`, 0: all from `from` on, are one side */
	const char *text;  /* what is so since then, and where the kernel says so */
	/* Which differences it is: all that are said must fit. */
	int what;	   /* enum canon_what, -1: any */
	unsigned event;	   /* enum mmt_event, 0: any */
	const char *map;   /* pattern of the mapping's name, NULL: any */
	const char *key;   /* pattern of the entry's or the count's key, NULL: any */
	const char *value; /* pattern of what one of both has, NULL: any */
	bool inner;	   /* only helpers that other helpers call */
	bool counts;	   /* it explains what else is counted otherwise in the same mapping, too */
};

struct difference {
	uint8_t what;  /* enum canon_what */
	uint8_t event; /* of an entry or a count, else 0 */
	bool inner, copied;
	bool open; /* may have come from what one of the runs lost */
	unsigned nth;
	uint32_t times;		 /* the same of as many mappings */
	const char *proc;	 /* name of the program */
	const char *map;	 /* NULL: of the process itself, or of the run */
	const char *id_a, *id_b; /* "m17", NULL: not there */
	const char *key, *said;	 /* of an entry or a count; NULL: of the mapping or the process */
	const char *a, *b;	 /* NULL: not there */
	const struct known *known;
};

/* What one run could not see, or not tell. */
struct incomparable {
	const char *name; /* "fault.kind", "vm_close" */
	unsigned who;	  /* bit 0: the first run lacks it, bit 1: the second */
	uint64_t times;
};

struct comparison {
	const struct canon *run[2];
	const bool *seen[2]; /* by enum mmt_event: what the run's hooks could see; NULL: everything */
	struct texts *texts;
	struct difference *v;
	size_t n, room;
	struct incomparable *inc;
	size_t ninc, inc_room;
	struct map by_hash; /* -> index + 1 of a difference */
	size_t known, open; /* of n */
	int err;
};

/* k has run, seen and texts. 0 or -ENOMEM. */
int compare(struct comparison *k);
void compare_free(struct comparison *k);
/* Something that matters here was lost by run i, or its recording is cut. */
bool compare_lossy(const struct canon *c);
/* 0 the same, 1 different, 4 what was lost leaves it open. */
int compare_verdict(const struct comparison *k);

/* differences.c */
void difference_add(struct comparison *k, const struct difference *d);
/* When all are there. */
void differences_explain(struct comparison *k);
void incomparable_add(struct comparison *k, const char *name, unsigned who);

/* Who is compared, for those that have parts. */
struct pair {
	const struct canon_proc *pa, *pb;
	const struct canon_map *ma, *mb; /* NULL: of the processes */
	unsigned quiet;			 /* bit i: what run i has more is not told */
	bool blind;			 /* compare_blind() */
};

/*
 * compare_blind.c: one of the runs was told of no changes. What is mapped was asked for now and then: which of the mappings of a
 * short life were seen, and so which one a fault or a call belongs to, is chance. Mappings are not compared then, but how often
 * each process called what with which result, and faulted.
 */
bool compare_blind(const struct comparison *k);
void compare_sums(struct comparison *k, const struct pair *p);

/* compare_parts.c */
/* Could run i see such events? Each helper has a hook of its own, which a kernel may not have, or not let be attached. */
bool compare_seen(const struct comparison *k, unsigned i, unsigned event);
bool compare_can_see(const struct comparison *k, unsigned i, const struct canon_entry *e);
void compare_attrs(struct comparison *k, const struct pair *p, const struct canon_attrs *a, const struct canon_attrs *b,
		   const struct canon_entry *entry);
void compare_entries(struct comparison *k, const struct pair *p, const struct canon_list *a,
		     const struct canon_list *b);
void compare_counts(struct comparison *k, const struct pair *p, const struct canon_counts *a,
		    const struct canon_counts *b);

/* known.c: the row that explains it, NULL: none. Rows by position, NULL past the last. */
const struct known *known_find(const struct difference *d, const char *release_a, const char *release_b);
const struct known *known_row(unsigned i);

/* compare_threads.c: pair[i] = the mapping of the second process that is as mapping i of the first, or ALIGN_NONE. 0 or -ENOMEM. */
int compare_same_maps(const struct pair *p, uint32_t *pair);

/* tell.c: names of the two are paths of files. all: the known ones, too. */
struct tell {
	const char *name[2];
	const char *version;
	bool all, color;
};
void tell_text(const struct comparison *k, const struct tell *t, struct buf *out);
int tell_json(const struct comparison *k, const struct tell *t, struct buf *out); /* 0, or the writer's error */
/* One difference in words, without a newline. */
void tell_difference(const struct difference *d, struct buf *out);

#endif
