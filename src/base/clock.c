// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <mmtrace/base.h>

#include <time.h>

#define NSEC_SEC 1000000000ull
#define READINGS 2000

static uint64_t read_ns(clockid_t id)
{
	struct timespec t;

	/* Cannot fail: the clock exists on every Linux and t is ours. */
	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * NSEC_SEC + (uint64_t)t.tv_nsec;
}

uint64_t clock_now_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_real_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}

/* The frequency of the counter that the kernel's clock reads; programs may read it: Documentation/arch/arm64/booting.rst, 6.12. */
static uint64_t counter_hz(void)
{
#ifdef __aarch64__
	uint64_t hz;

	__asm__("mrs %0, cntfrq_el0" : "=r"(hz));
	return hz;
#else
	return 0;
#endif
}

/* Readings one after the other: where some are the same, the smallest step is the clock's own and not what a reading takes. */
static uint64_t step_ns(void)
{
	uint64_t last = clock_now_ns(), step = 0;
	unsigned same = 0;

	for (unsigned i = 0; i < READINGS; i++) {
		uint64_t now = clock_now_ns();

		if (now == last)
			same++;
		else if (!step || now - last < step)
			step = now - last;
		last = now;
	}
	return same ? step : 0;
}

uint64_t clock_granularity_ns(void)
{
	uint64_t hz = counter_hz(), step;
	struct timespec t = { 0 };

	if (hz)
		return (NSEC_SEC + hz - 1) / hz;
	step = step_ns();
	clock_getres(CLOCK_MONOTONIC, &t);
	return step ? step : (uint64_t)t.tv_sec * NSEC_SEC + (uint64_t)t.tv_nsec;
}
