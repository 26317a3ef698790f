/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* take: what the ledger makes of each event. The ledger's own header. */
#ifndef MMTRACE_LEDGER_TAKE_H
#define MMTRACE_LEDGER_TAKE_H

#include "ledger/space.h"

typedef void take_fn(struct ranges *l, const struct mmt_hdr *h);

/* What the kernel did (change.c). */
take_fn change_map, change_unmap, change_prot, change_move, change_dup, change_grow, change_import, change_exec,
	change_exit, change_fork;

/* The range that an event's VMA and [addr, addr + len) describe, without a mapping. */
struct range change_describe(const struct ranges *l, const struct mmt_hdr *h, uint64_t addr, uint64_t len,
			     unsigned origin);

/* A move within s; without its VMA's fields, of what is known there. */
void change_moved(struct ranges *l, struct space *s, const struct mmt_ev_vma_move *e);

/* What the kernel has (walk.c). */
take_fn walk_vma;

/* What a mapping has gone through without having changed (deeds.c). deeds_mmap: the call is over. */
take_fn deeds_fault, deeds_install, deeds_driver_mmap, deeds_driver_open, deeds_vma_new, deeds_mmap;

/* Where no change events come: a space from what calls asked for and got (guess.c). */
take_fn guess_mmap, guess_munmap, guess_mprotect, guess_mremap, guess_brk, guess_fork, guess_madvise, guess_shmget,
	guess_shmat, guess_shmdt, guess_remap_file;

#endif
