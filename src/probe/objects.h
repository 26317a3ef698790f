/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The two BPF objects, plain and core, as one: opened, told their knobs, loaded with just the programs that were chosen, sharing maps.
 * Only objects.c sees the skeletons.
 */
#ifndef MMTRACE_PROBE_OBJECTS_H
#define MMTRACE_PROBE_OBJECTS_H

#include "tiers.h"

struct bpf_program;
struct objects;

struct objects_opts {
	const struct mmt_knobs *knobs;
	const char *btf;
	const struct ksyms *ksyms; /* NULL: not known, every function exists */
	uint64_t ring_bytes;	   /* 0: no ring */
	uint32_t slots;
	uint32_t stacks;					   /* ids of stacks remembered */
	uint32_t threads, insts;				   /* 0: as many as usual */
	uint32_t total_tkeys, total_rows, total_cells, total_keys; /* 0: no totals */
};

/*
 * Loads what the choice needs. 0 or -errno; when one hook's program was refused, *refused is that hook and its why is filled, so
 * that the caller can choose again.
 */
int objects_load(struct objects **out, struct hook_choice c[MMT_HOOK_MAX], const struct objects_opts *opts,
		 int *refused);
void objects_free(struct objects *o);
struct bpf_object;
struct bpf_object *objects_body(const struct objects *o, int object); /* NULL: not in use */
struct bpf_program *objects_prog(const struct objects *o, int object, const char *name);
int objects_map(const struct objects *o, const char *name); /* file descriptor, or -ENOENT */
void objects_switch(struct objects *o, bool on);
/* What was under way when they were switched off goes into the ring; the number of threads of which it could not. */
uint64_t objects_drain(const struct objects *o);
bool objects_fired(const struct objects *o, int hook);
/* Runs that the kernel skipped since the program was running on that CPU already, over all programs. */
uint64_t objects_recursion(const struct objects *o);
/* Kernel memory of all maps as the kernel accounts for it; in text the largest, "ring 16M, cells 1.1M". */
uint64_t objects_bytes(const struct objects *o, char *text, size_t size);
/* What the last failed load printed, one line. */
const char *objects_error(void);

#endif
