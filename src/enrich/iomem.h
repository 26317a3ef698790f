/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* iomem: what physical addresses are called, from the stream's iomem records: as /proc/iomem had it at the start. */
#ifndef MMTRACE_ENRICH_IOMEM_H
#define MMTRACE_ENRICH_IOMEM_H

#include <stdbool.h>
#include <stdint.h>
#include "mmtrace/base.h"
#include "mmtrace/wire/names.h"

#define IOMEM_MAX   16384 /* ranges kept */
#define IOMEM_DEPTH 16	  /* levels kept: deeper ones stand for what they lie in */

struct iomem;

struct iomem *iomem_new(void); /* NULL: no memory */
void iomem_free(struct iomem *m);
/* Outer ranges before those inside, as the kernel lists them. 0, -EINVAL: an empty range, -ENOSPC, -ENOMEM. */
int iomem_add(struct iomem *m, const struct mmt_iomem *r);
/*
 * The innermost range that has all of [start, start + len); NULL: none has, or nothing is known. What the boot allocator set aside
 * ("reserved" in System RAM, on arm64: the CMA pool too) is memory like any other: "System RAM". Valid until the next iomem_add().
 */
const char *iomem_name(const struct iomem *m, uint64_t start, uint64_t len);
/* The same with what it lies in: "PCI Bus 0000:00 > 0000:00:02.0 > virtio-pci-modern". False, and nothing written: none. */
bool iomem_path(const struct iomem *m, uint64_t start, uint64_t len, struct buf *out);

#endif
