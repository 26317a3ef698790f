/* SPDX-License-Identifier: GPL-2.0 */
/* The bucket that a fault's time falls into. */
#ifndef MMTRACE_BUCKET_BPF_H
#define MMTRACE_BUCKET_BPF_H

#include "core.bpf.h"
#include "mmtrace/wire/total.h"

/* What the compiler would work out again wherever it is used. */
#define KEEP(v) asm volatile("" : "+r"(v))

/* Position of the highest bit of 0 … 255. */
#define L1(n) n, n
#define L2(n) L1(n), L1(n)
#define L3(n) L2(n), L2(n)
#define L4(n) L3(n), L3(n)
#define L5(n) L4(n), L4(n)
#define L6(n) L5(n), L5(n)
static const __u8 top_bit[256] = { 0, 0, L1(1), L2(2), L3(3), L4(4), L5(5), L6(6), L6(7), L6(7) };

static __always_inline __u32 bit_of(__u64 v, __u32 from)
{
	return from + top_bit[(v >> from) & 255];
}

/*
 * Bucket of hist_index() in src/base/hist.c: with shift so that ns >> shift is 32 … 63 (below 64, shift 0) it is
 * shift * 32 + (ns >> shift).
 */
static __noinline __u32 bucket_shift(__u64 ns)
{
	if (ns < 64)
		return 0;
	if (ns < 1ULL << 16)
		return (ns < 256 ? bit_of(ns, 0) : bit_of(ns, 8)) - 5;
	if (ns < 1ULL << 32)
		return (ns < 1ULL << 24 ? bit_of(ns, 16) : bit_of(ns, 24)) - 5;
	return ns < 1ULL << 37 ? bit_of(ns, 32) - 5 : 32;
}

/* Two faults in a row mostly take about as long: the last one's shift is tried first. Below MMT_TOTAL_BUCKETS. */
static __always_inline __u32 bucket_of(__u64 ns, __u32 *last)
{
	__u32 shift = *last & 31;
	__u64 top = (ns >> shift) - 32;

	KEEP(top);
	if (top < 32)
		return (shift << 5) + 32 + (__u32)top;
	shift = bucket_shift(ns) & 63;
	top = ns >> shift;
	if (shift > 32 || top >= 64)
		return MMT_TOTAL_BUCKETS - 1;
	*last = shift;
	return (shift << 5) + (__u32)top;
}

#endif
