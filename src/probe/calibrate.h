/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * From the address of a struct page to its PFN. Where the kernel keeps the array of struct page differs by version, by
 * configuration and from boot to boot, so it is measured: pages are allocated, and the tracepoint kmem:mm_page_alloc tells
 * both numbers of each. Two with different PFNs give the size of a struct page and the array's origin; the others must fit.
 */
#ifndef MMTRACE_PROBE_CALIBRATE_H
#define MMTRACE_PROBE_CALIBRATE_H

#include <stddef.h>
#include <stdint.h>

struct page_sample {
	uint64_t page; /* address of the struct page */
	uint64_t pfn;
};

#define CALIBRATE_SAMPLES 8 /* at least so many are asked for */

/*
 * page = *base + pfn * *size for every sample; known: the size that BTF tells, 0 when it does not. 0; -ENODATA: too few samples,
 * or all of one PFN; -ERANGE: they do not fit, or the size is not BTF's (a kernel without one array for all: SPARSEMEM
 * without VMEMMAP).
 */
int calibrate_fit(const struct page_sample *s, size_t n, uint64_t known, uint64_t *base, uint64_t *size);

/*
 * Measures on this machine: 50 to 250 ms, nearly all of it the kernel's wait until nobody runs the programs any more.
 * pfn_off: offset of the field pfn in the tracepoint's record. 0 or -errno; *base and *size are left alone on error.
 */
int calibrate(uint32_t pfn_off, uint64_t known, uint64_t *base, uint64_t *size);

#endif
