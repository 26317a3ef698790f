/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * stacks: what the stack ids in events stand for. Fed by stack items of the stream, and by nothing else.
 */
#ifndef MMTRACE_ENRICH_STACKS_H
#define MMTRACE_ENRICH_STACKS_H

#include "event/value.h"
#include "mmtrace/wire/names.h"

#define STACKS_BYTES_MAX (32u << 20) /* kept; past it stacks are counted as lost */

struct stacks;

struct stacks *stacks_new(void); /* NULL: no memory */
void stacks_free(struct stacks *s);
/* A decoded item; a later one replaces an earlier one of its id. -ENOMEM or -ENOSPC when it was not kept (counted). */
int stacks_item(struct stacks *s, const struct mmt_stack *item);
/*
 * The addresses whose names say where a stack's frames are: *key that of the name item of the i-th, of stacks_symbols(). All frames
 * but the innermost are return addresses, which may be the first byte of whatever stands behind a function that ends in a call:
 * one less is within the call. The last of a user stack may be its link register.
 */
unsigned stacks_symbols(const struct mmt_stack *item);
uint64_t stacks_symbol(const struct mmt_stack *item, unsigned i, uint64_t *key);
/*
 * The frames of a stack as texts, innermost first: "module:function+0x1c", or the address in hex where nobody knows its name.
 * What is there only because it was traced (BPF programs, trampolines, the probes' own handlers) is left out; a user stack ends
 * where its addresses lie in no code (their name is ""), which is where the program keeps no frame pointers. NULL with *n = 0
 * when the id is not known. Valid until the next call for a stack of that kind.
 */
const char *const *stacks_frames(struct stacks *s, uint32_t id, const struct value_names *names, unsigned *n);
uint64_t stacks_lost(const struct stacks *s);

#endif
