/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * space: one address space of the ledger, and what can happen to it. The ledger's own header.
 */
#ifndef MMTRACE_LEDGER_SPACE_H
#define MMTRACE_LEDGER_SPACE_H

#include "ledger/mapping.h"
#include "ledger/tree.h"
#include "mmtrace/map.h"

#define GONE   32 /* ranges unmapped last, remembered per space */
#define DEAD   64 /* address spaces that ended last, remembered: their drivers' ->close comes behind their end */
#define COMING 64 /* mappings of which something was told before they were there */
#define BY_PID 65536

struct gone {
	struct range r; /* its map is held */
	uint64_t ts_ns;
};

#define WALK_DIFFS 64 /* differences of one walk that are told one by one */

struct walk_diff {
	uint64_t start, end;
	bool mapped;	     /* the kernel has something there: */
	struct range kernel; /* without a mapping */
};

/* A comparison with the kernel, going on or not yet settled (walk.c). */
struct walk {
	bool on;	 /* between its begin and its end */
	bool whole;	 /* it came to its end */
	bool changed;	 /* the space was, since the last VMA */
	bool fresh;	 /* the ledger has the space because of it only */
	uint64_t cursor; /* what is below has been compared */
	unsigned n;
	uint64_t more; /* differences that found no room */
	struct walk_diff diff[WALK_DIFFS];
};

struct space {
	struct tree tree;
	uint64_t key;
	uint32_t mm, pid;
	bool truth;    /* has change events: calls are not asked */
	bool dead;     /* it was torn down; what is in the tree was its end */
	bool gap;      /* something was missed since it was last known whole */
	uint32_t gaps; /* times that happened */
	uint64_t
		asked_ns; /* when the kernel was last asked what is there: calls told later may be in the answer; 0: never */
	uint64_t heap;	   /* guessed: where the break was last */
	uint32_t tid;	   /* guessed: who called last */
	bool threads;	   /* guessed: several do, and their calls end in another order than they happened */
	struct gone *gone; /* GONE of them, from the first unmap on */
	unsigned next_gone;
	/* the last move: what is mapped there now is a copy of what went */
	struct mapping *moved;
	uint64_t moved_from, moved_len;
	struct walk *walk; /* NULL: none */
};

/* A mapping that is being made: its driver's ->mmap ran, or installed pages, and its vma_map is still to come. */
struct coming {
	struct mapping *map; /* held; NULL: free */
	uint64_t key;	     /* of its space */
	uint64_t start, end;
	uint32_t tid, call;
};

/* What shmget said of a segment; shmat does not say how long it is. */
#define SHM_KNOWN 64
struct shm_known {
	int32_t id;
	uint64_t len; /* 0: free */
};

struct ranges {
	struct map spaces; /* mm, or PID_SPACE | pid -> struct space */
	struct map by_pid; /* pid -> the space it runs in */
	uint64_t page_size;
	uint64_t seed;
	uint64_t count, conflicts, dropped; /* see ranges.h */
	uint64_t dead_count;		    /* ranges of dead spaces */
	uint64_t dead[DEAD];		    /* their keys */
	unsigned next_dead;
	/* mappings */
	struct map by_serial;
	uint64_t serials, numbers;
	struct mapping *closed, *last_closed; /* oldest first */
	uint64_t nclosed, forgotten;
	struct coming coming[COMING];
	unsigned next_coming;
	struct shm_known shm[SHM_KNOWN];
	unsigned next_shm;
	ranges_comm_fn ask_comm;
	void *ask_ctx;
	uint64_t npfns, pfns_dropped; /* segments of PFNs of all mappings */
	struct ranges_walks walks;
	ranges_diff_fn on_diff;
	void *on_diff_ctx;
	/* the event that is being taken */
	uint64_t now_ns;
	uint32_t pid, tid;
};

#define PID_SPACE (1ULL << 32) /* mm is 32 bits wide */

uint64_t space_key(uint32_t mm, uint32_t pid);
/* Makes it when it is not there; NULL (counted) when there is no room, or when it is dead. */
struct space *space_get(struct ranges *l, uint32_t mm, uint32_t pid);
/* NULL: not there, or dead. */
struct space *space_find(const struct ranges *l, uint64_t key);
void space_drop_range(struct ranges *l, struct range *r, unsigned reason); /* it is in no tree */
/* All of it ends. keep: what was there stays to be looked up for a while. */
void space_end(struct ranges *l, struct space *s, unsigned reason, bool keep);
void space_free(struct ranges *l, struct space *s);

/* No range reaches over addr afterwards. */
void space_cut(struct ranges *l, struct space *s, uint64_t addr);
/* new->map is set. strict: nothing may be mapped there, else it is a conflict. What is there makes room in any case. */
void space_map(struct ranges *l, struct space *s, const struct range *new, bool strict);
/* The same, but only where nothing is mapped. */
void space_fill(struct ranges *l, struct space *s, const struct range *new);
/* Is there no hole in it? */
bool space_full(const struct space *s, uint64_t start, uint64_t end);
void space_unmap(struct ranges *l, struct space *s, uint64_t start, uint64_t end, unsigned reason);
/* Takes what is there out of the tree; the mappings live on. The caller drops the ranges. */
struct range *space_take(struct ranges *l, struct space *s, uint64_t start, uint64_t end);
/* Remembers r as gone. */
void space_remember(struct ranges *l, struct space *s, const struct range *r);
/* whole: vm_flags is the kernel's own, else only its bits of prot count. */
void space_prot(struct ranges *l, struct space *s, uint64_t start, uint64_t end, uint64_t vm_flags, bool whole);
/* Something of it was missed. */
void space_gap(struct space *s);

/* A change of s is about to be taken; s is about to end (walk.c). */
void walk_before(struct ranges *l, struct space *s, const struct mmt_hdr *h);
void walk_end_of(struct ranges *l, struct space *s);

/* Mappings. What makes one returns it held once; NULL (counted): no memory. */
struct mapping *mapping_new(struct ranges *l, const struct space *s, const struct range *like, unsigned origin);
struct mapping *mapping_copy(struct ranges *l, const struct space *s, struct mapping *parent, const struct range *like,
			     unsigned origin);
void mapping_describe(struct mapping *m, const struct range *r);
void mapping_did(struct ranges *l, struct mapping *m, unsigned what, uint64_t start, uint64_t end, uint64_t result);
void mapping_get(struct mapping *m);
void mapping_put(struct ranges *l, struct mapping *m);
void mapping_close(struct ranges *l, struct mapping *m, uint64_t start, uint64_t end, unsigned reason);
void mapping_forget_closed(struct ranges *l);
/* A range of so many bytes is its own now; and no more. reason MAPPING_LIVE: it lives on without any. */
void mapping_hold(struct mapping *m, uint64_t bytes);
void mapping_leave(struct ranges *l, struct mapping *m, uint64_t start, uint64_t end, unsigned reason);

/*
 * What is told of a mapping before it is there (deeds.c). take: held, by its vma_map; end: of a space, key 0: of all.
 */
struct mapping *coming_take(struct ranges *l, const struct space *s, uint64_t start, uint64_t end);
const struct mapping *coming_at(const struct ranges *l, const struct mmt_hdr *h, uint64_t addr);
void coming_end(struct ranges *l, uint64_t key);

/* What is in a mapping's page tables (pfns.c). move: [start, end) is at to now. */
void pfns_add(struct ranges *l, struct mapping *m, const struct mmt_ev_pfn_map *e);
void pfns_drop(struct ranges *l, struct mapping *m, uint64_t start, uint64_t end);
void pfns_move(struct ranges *l, struct mapping *m, uint64_t start, uint64_t end, uint64_t to);
void pfns_copy(struct ranges *l, struct mapping *to, const struct mapping *from, uint64_t start, uint64_t end);
void pfns_free(struct ranges *l, struct mapping *m);

#endif
