/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * space: one address space of the ledger, and what can happen to it. The ledger's own header.
 */
#ifndef MMTRACE_LEDGER_SPACE_H
#define MMTRACE_LEDGER_SPACE_H

#include "ledger/tree.h"
#include "mmtrace/map.h"

#define GONE 4 /* ranges unmapped last, remembered per space */

struct space {
	struct tree tree;
	bool truth;    /* has change events: calls are not asked */
	uint64_t heap; /* guessed: where the break was last */
	struct range gone[GONE];
	unsigned next_gone;
};

struct ranges {
	struct map spaces; /* mm, or PID_SPACE | pid -> struct space */
	uint64_t page_size;
	uint64_t seed;
	uint64_t count, conflicts, dropped; /* see ranges.h */
};

#define PID_SPACE (1ULL << 32) /* mm is 32 bits wide */

uint64_t space_key(uint32_t mm, uint32_t pid);
/* Makes it when it is not there; NULL (counted) when there is no room. */
struct space *space_get(struct ranges *l, uint64_t key);
void space_drop_range(struct ranges *l, struct range *r); /* it is in no tree */
void space_empty(struct ranges *l, struct space *s);
void space_drop(struct ranges *l, uint64_t key);

/* No range reaches over addr afterwards. */
void space_cut(struct ranges *l, struct space *s, uint64_t addr);
/* strict: nothing may be mapped there, else it is a conflict. What is there makes room in any case. */
void space_map(struct ranges *l, struct space *s, const struct range *new, bool strict);
void space_unmap(struct ranges *l, struct space *s, uint64_t start, uint64_t end);
/* whole: vm_flags is the kernel's own, else only its bits of prot and sharing are known. */
void space_prot(struct ranges *l, struct space *s, uint64_t start, uint64_t end, uint64_t vm_flags, bool whole);

/* Where no change events come: a space from what calls asked for and got (guess.c). */
void guess_mmap(struct ranges *l, const struct mmt_hdr *h);
void guess_munmap(struct ranges *l, const struct mmt_hdr *h);
void guess_mprotect(struct ranges *l, const struct mmt_hdr *h);
void guess_mremap(struct ranges *l, const struct mmt_hdr *h);
void guess_brk(struct ranges *l, const struct mmt_hdr *h);
void guess_fork(struct ranges *l, const struct mmt_hdr *h);

#endif
