/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* /proc/iomem as records of the stream (struct mmt_iomem, wire/names.h). */
#ifndef MMTRACE_PROBE_IOMEM_H
#define MMTRACE_PROBE_IOMEM_H

#include <stdbool.h>
#include "mmtrace/base.h"
#include "mmtrace/wire/names.h"

/*
 * Appends the record of one line. False: it has none to give: it is no such line, or its addresses are hidden (zero without
 * CAP_SYS_ADMIN: kernel/resource.c, 5.10 to 7.2).
 */
bool iomem_line(const char *line, struct buf *items);
/* Appends the records of a whole file; returns their number. 0: it cannot be read, or tells nothing. */
unsigned iomem_read(const char *path, struct buf *items);
/* The first record whose place is at or behind *at, which moves on behind it; NULL at the end. */
const struct mmt_iomem *iomem_next(const struct buf *items, size_t *at);
/* Registers of a device, by the form of the name the kernel gives: "0000:00:02.0", "fe650000.serial"; never memory. */
bool iomem_is_device(const struct mmt_iomem *r);

#endif
