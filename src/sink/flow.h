/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * flow: one tree per mapping call, as every tutorial on a driver's mmap draws it by hand, and below it what became of the
 * mapping. The parts of that view; commands use flow_open() of sinks.h.
 *
 *   flow.c       takes events, knows which belong together
 *   flow_book.c  the mappings, and when they are told
 *   flow_tree.c  which of a call's events ran inside which
 *   flow_text.c  lines for people    flow_json.c  an object per mapping
 */
#ifndef MMTRACE_SINK_FLOW_H
#define MMTRACE_SINK_FLOW_H

#include "mmtrace/base.h"
#include "mmtrace/map.h"
#include "sink/out.h"
#include "sink/sinks.h"

#define FLOW_UNTIMED UINT64_MAX
#define FLOW_ID	     24

/* One event of a call, or one line of a mapping's life. */
struct flow_node {
	uint64_t ts, dur; /* FLOW_UNTIMED: not known */
	const char *event;
	char *text;
	char id[FLOW_ID]; /* "m17.1", "" when unknown */
	uint32_t pid;
	uint8_t depth; /* of the header */
	uint8_t level; /* in the tree: 0 the root */
	bool holds;    /* others may have run inside */
	bool failed;
};

struct flow_nodes {
	struct flow_node *v;
	size_t n, cap, dropped;
};

/* Copies all but text, which becomes its own. NULL: no memory or no room; counted in dropped. */
struct flow_node *flow_add(struct flow_nodes *l, const struct flow_node *node, const char *text);
void flow_clear(struct flow_nodes *l);
void flow_free_nodes(struct flow_nodes *l);
/* Moves all nodes of from behind those of to. */
void flow_move(struct flow_nodes *to, struct flow_nodes *from);

/* Brings a call's nodes into the order of reading and gives each its level; nodes[0] is the root afterwards. */
void flow_nest(struct flow_nodes *call, size_t root);

/*
 * For people: a driver's function that is the helper itself (dma_buf_mmap_internal is the ->mmap of every dma-buf) stands
 * there once. The nodes are nested.
 */
void flow_join(struct flow_nodes *call);

/* A call that was told, or what happened to its mapping later; lines of one of them stand together. */
struct flow_step {
	const struct flow_node *nodes; /* nested: nodes[0] is the root */
	size_t n;
	bool life; /* later than the call that made the mapping */
};

struct flow_style {
	bool ascii, color;
};

#define FLOW_FAULTS_TOLD 3  /* of a mapping, one by one; the others are summed up */
#define FLOW_FAULTS_JSON 64 /* the same for programs */
#define FLOW_COMM	 16

/* One mapping from its call on, with its copies in children. */
struct flow_block {
	struct flow_block *next;
	uint64_t root; /* 17 of m17.1; 0: it never came to be */
	char id[FLOW_ID];
	char comm[FLOW_COMM];
	uint32_t pid;
	uint64_t start;
	struct flow_nodes steps; /* nested; level 0 begins a step. Empty when they are told at once */
	bool installed;
	bool hit;      /* something of it is what the user asked for */
	unsigned vmas; /* that the driver knows of: its opens less its closes */
	uint64_t faults, slowest, fastest;
};

/* The mappings of a run, and how they are told: each whole at the end, or every step at once (live). */
struct flow_book {
	struct out out;
	struct json j;
	bool json, live;
	struct flow_style style;
	struct map blocks; /* root -> block */
	struct flow_block *first, **last;
	size_t n;
	uint32_t told_pid;
	uint64_t unasked; /* blocks that were not told: nothing of them was asked for */
};

void flow_book_init(struct flow_book *k, const struct flow_opts *opts, const struct sink_opts *to);
/* The block of mapping id or of the one it was copied from, NULL when there is none. */
struct flow_block *flow_book_find(const struct flow_book *k, const char *id);
/* Of the call that v tells of. NULL: no memory. */
struct flow_block *flow_book_new(struct flow_book *k, const struct mmt_view *v);
/* Empties step. life: later than the call that made the mapping. 0 or -errno of the output. */
int flow_book_add(struct flow_book *k, struct flow_block *to, struct flow_nodes *step, bool life);
int flow_book_end(struct flow_book *k); /* tells what is left */
void flow_book_free(struct flow_book *k);

/* The lines of one step. */
void flow_text_step(struct buf *b, const struct flow_style *style, const struct flow_step *step);
void flow_text_head(struct buf *b, const struct flow_style *style, const char *comm, uint32_t pid);
/* A mapping as one JSON object, without its newline. */
void flow_json_block(struct json *j, const struct flow_block *b);

#endif
