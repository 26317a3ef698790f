/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Are memory types read right on this kernel? Mappings of one's own, whose types are known beforehand, are made only for their
 * vm_page_prot to be read by an iterator; nobody touches them, and they are gone on return.
 */
#ifndef MMTRACE_PROBE_MEMTYPE_H
#define MMTRACE_PROBE_MEMTYPE_H

#include "mmtrace/base.h"
#include "mmtrace/wire/names.h"
#include "objects.h"

#define MEMTYPE_TABLE_ENV "MMTRACE_MEMTYPE_TABLE" /* forces a table, by its name: for tests */
#define MEMTYPE_WRONG_LEN 200

/*
 * Fills the record. prog: the iterator, NULL when there is none (nothing is checked then). iomem: records of /proc/iomem, to find
 * registers by. *wrong says what did not fit when checks has MMT_MEMTYPE_WRONG, else it is empty.
 */
void memtype_check(struct mmt_memtype *out, char wrong[MEMTYPE_WRONG_LEN], const struct objects *o, const char *prog,
		   const struct buf *iomem);

#endif
