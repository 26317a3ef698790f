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
 * The address whose name says where frame i is, the key of its name item. All frames but the innermost are return addresses,
 * which may be the first byte of whatever stands behind a function that ends in a call: one less is within the call.
 */
uint64_t stacks_symbol(const struct mmt_stack *item, unsigned i);
/*
 * The frames of a stack as texts, innermost first: "module:function+0x1c", or the address in hex where nobody knows its name.
 * What is there only because it was traced (BPF programs, trampolines, the probes' own handlers) is left out. NULL with *n = 0
 * when the id is not known. Valid until the next call.
 */
const char *const *stacks_frames(struct stacks *s, uint32_t id, const struct value_names *names, unsigned *n);
uint64_t stacks_lost(const struct stacks *s);

#endif
