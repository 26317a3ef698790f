/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What /proc/PID/maps says, as records. */
#ifndef MMTRACE_PROBE_MAPS_TEXT_H
#define MMTRACE_PROBE_MAPS_TEXT_H

#include <stdint.h>
#include "mmtrace/source.h"
#include "mmtrace/wire/event.h"

/*
 * Takes text apart, which is changed by that, and hands names and records of type vma_import, or vma_walk, to fn. Lines that are none
 * are passed over. Number of mappings, or what fn returned other than 0.
 */
int maps_text_tell(char *text, uint16_t type, uint32_t pid, uint32_t mm, mmt_item_fn fn, void *ctx);

#endif
