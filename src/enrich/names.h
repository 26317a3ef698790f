/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * names: what the keys in events stand for. Fed by name and path items of the stream, and by nothing else.
 */
#ifndef MMTRACE_ENRICH_NAMES_H
#define MMTRACE_ENRICH_NAMES_H

#include "event/decode.h"
#include "event/value.h"

#define NAMES_BYTES_MAX (64u << 20) /* of text; past it names are counted as lost */

struct names;

struct names *names_new(void); /* NULL: no memory */
void names_free(struct names *n);
/* A name or path item. 0, -EINVAL when it is neither, -ENOMEM or -ENOSPC when it was not kept (counted). */
int names_item(struct names *n, const struct decoded *d);
/* A later text replaces an earlier one. */
int names_put(struct names *n, uint64_t key, const char *text);
/* NULL when unknown. Valid until the next item. Fits value_name_fn. */
const char *names_get(const void *names, uint64_t key);
uint64_t names_lost(const struct names *n);

/* Writes the path of an item, root first. The buffer's error is the only one. */
struct buf;
int names_path(struct buf *b, const struct mmt_path *p);

#endif
