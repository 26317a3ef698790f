// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <string.h>
#include "record/format.h"

/* Odd, so that multiplying by them loses nothing: the fractional bits of the roots of 2, 3, 5 and 7. */
#define M0 0x6a09e667f3bcc909ULL
#define M1 0xbb67ae8584caa73bULL
#define M2 0x3c6ef372fe94f82bULL
#define M3 0xa54ff53a5f1d36f1ULL

static uint64_t step(uint64_t lane, uint64_t word, uint64_t m)
{
	lane *= m;
	return (lane >> 29 | lane << 35) ^ word;
}

uint64_t rec_sum(uint64_t before, const void *data, size_t n)
{
	uint64_t a = before ^ n, b = M1, c = M2, d = M3, w[4];
	const unsigned char *at = data;

	for (; n; n -= n < sizeof(w) ? n : sizeof(w), at += sizeof(w)) {
		if (n >= sizeof(w)) {
			memcpy(w, at, sizeof(w));
		} else {
			memset(w, 0, sizeof(w));
			memcpy(w, at, n);
		}
		a = step(a, w[0], M0);
		b = step(b, w[1], M1);
		c = step(c, w[2], M2);
		d = step(d, w[3], M3);
	}
	return step(step(step(step(M0, a, M1), b, M2), c, M3), d, M0);
}
