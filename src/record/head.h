/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* head: what a recording says of its run, in memory. */
#ifndef MMTRACE_RECORD_HEAD_H
#define MMTRACE_RECORD_HEAD_H

#include "mmtrace/base.h"
#include "mmtrace/view.h"
#include "record/format.h"

struct rec_head {
	const char *text[REC_TEXTS]; /* by enum rec_text_key; NULL: not said */
	uint64_t num[REC_NUMS];	     /* by enum rec_num_key; 0: not said */
	struct mmt_hook_item hooks[MMT_RUN_HOOKS];
	uint32_t nhooks;
	bool owned; /* strings are its own: made by rec_head_block() */
};

/* As a pipeline is told of it; strings are the head's. */
void rec_head_info(const struct rec_head *h, struct mmt_run_info *info);
/* The other way: texts, numbers and hooks that info has. */
void rec_head_fill(struct rec_head *h, const struct mmt_run_info *info);

/* Appends the blocks of a HEAD, without the schema; 0 or -errno. */
int rec_head_put(const struct rec_head *h, struct buf *b);
int rec_schema_put(struct buf *b);
int rec_hook_put(struct buf *b, const struct mmt_hook_item *hook);
/* Whatever block: padded to a multiple of 8. */
int rec_block_put(struct buf *b, const void *block, size_t size);

/* Takes a TEXT, NUM or HOOK block of size bytes. 0, -EBADMSG: it is not what it says; -ENOMEM. */
int rec_head_block(struct rec_head *h, const void *block, size_t size);
/* Reads a HOOK block; the strings are in it. 0 or -EBADMSG. */
int rec_hook_get(const void *block, size_t size, struct mmt_hook_item *hook);
void rec_head_free(struct rec_head *h);

#endif
