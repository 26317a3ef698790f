// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The reckoning of calibrate.h, which needs no kernel. */
#include <errno.h>
#include <stdbool.h>
#include "calibrate.h"

/* struct page is 56 bytes at least, and 64 on every usual kernel; debugging options make it larger. */
#define PAGE_STRUCT_MIN 32
#define PAGE_STRUCT_MAX 512

int calibrate_fit(const struct page_sample *s, size_t n, uint64_t known, uint64_t *base, uint64_t *size)
{
	uint64_t dpage = 0, dpfn = 0, bytes;

	if (n < CALIBRATE_SAMPLES)
		return -ENODATA;
	for (size_t i = 1; i < n && !dpfn; i++) {
		bool up = s[i].pfn > s[0].pfn;

		dpfn = up ? s[i].pfn - s[0].pfn : s[0].pfn - s[i].pfn;
		dpage = up ? s[i].page - s[0].page : s[0].page - s[i].page;
	}
	if (!dpfn)
		return -ENODATA;
	bytes = dpage / dpfn;
	if (bytes < PAGE_STRUCT_MIN || bytes > PAGE_STRUCT_MAX || bytes * dpfn != dpage || (known && bytes != known))
		return -ERANGE;
	for (size_t i = 1; i < n; i++)
		if (s[i].page - s[i].pfn * bytes != s[0].page - s[0].pfn * bytes)
			return -ERANGE;
	*base = s[0].page - s[0].pfn * bytes;
	*size = bytes;
	return 0;
}
