/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* residents (stream): what of processes was in memory when that was asked last, as the stream's items told it. Start from {0}. */
#ifndef MMTRACE_STREAM_RESIDENTS_H
#define MMTRACE_STREAM_RESIDENTS_H

#include "mmtrace/map.h"
#include "mmtrace/view.h"
#include "mmtrace/wire/names.h"

#define RESIDENTS_MAX (1u << 20) /* ranges kept; past it more are not */

struct residents {
	struct map of; /* process -> struct residents_list */
	size_t n;
};

int residents_item(struct residents *r, const struct mmt_resident *item); /* 0 or -ENOMEM, -ENOSPC: not kept */
/* Every range of a process as it was told: 0, take's own, or -ENOENT: nobody told. */
int residents_each(const struct residents *r, uint32_t pid, mmt_resident_fn take, void *ctx);
void residents_free(struct residents *r);

#endif
