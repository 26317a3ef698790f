// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * called - maps, touches and unmaps memory in functions that are known to call each other
 *
 *   called [TIMES]        main > chain_outer > chain_middle > chain_inner > chain_map, chain_touch, chain_unmap, each once or
 *                         so often
 *
 * Compiled with frame pointers. The three last call nothing: on arm64 they have no frame, and only the link register knows their
 * caller; on x86 gcc makes one for what keeps something on its stack. The system calls are the functions' own: what libc has
 * may be built without frame pointers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define CHAIN __attribute__((noinline, noclone))
#define LEN   (7 * 65536ul)

static long system_call(long nr, long a, long b, long c, long d, long e, long f)
{
#if defined(__aarch64__)
	register long x8 __asm__("x8") = nr, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
#else
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "+a"(nr)
			 : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return nr;
#endif
}

CHAIN char *chain_map(void)
{
	volatile long len = LEN;

	return (char *)system_call(SYS_mmap, 0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

CHAIN void chain_touch(volatile char *at)
{
	volatile char value = 1;

	*at = value;
}

CHAIN long chain_unmap(char *at)
{
	volatile long len = LEN;

	return system_call(SYS_munmap, (long)at, len, 0, 0, 0, 0);
}

CHAIN long chain_inner(void)
{
	char *at = chain_map();

	if ((unsigned long)at > -4096ul)
		return 1;
	chain_touch(at);
	return chain_unmap(at);
}

CHAIN long chain_middle(void)
{
	return chain_inner() + 2;
}

CHAIN long chain_outer(void)
{
	return chain_middle() - 2;
}

int main(int argc, char **argv)
{
	long bad = 0;

	for (int n = argc > 1 ? atoi(argv[1]) : 1; n > 0; n--)
		bad += chain_outer();
	if (bad)
		fprintf(stderr, "called: mmap or munmap failed\n");
	return bad != 0;
}
