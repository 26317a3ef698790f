// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <mmtrace/base.h>

#include <time.h>

uint64_t clock_now_ns(void)
{
	struct timespec t;

	/* Cannot fail: the clock exists on every Linux and t is ours. */
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
