// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * calls32 - the system calls of memory mapping as a 32-bit ARM program makes them: other numbers, and mmap2's offset in units
 * of 4 KiB. Without libc, so that nothing but a compiler for ARM is needed. tests/run/part-compat has what must be seen.
 *
 * Exit: 0, or the number of the first call whose result is not the one expected there.
 */

/* arch/arm/tools/syscall.tbl, 6.12 */
enum { EXIT = 1, OPEN = 5, BRK = 45, MUNMAP = 91, MPROTECT = 125, MREMAP = 163, MMAP2 = 192 };

#define AT	   0x20000000l
#define RW	   3	/* PROT_READ | PROT_WRITE */
#define ANON_FIXED 0x32 /* MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS */
#define PRIV_FIXED 0x12 /* MAP_PRIVATE | MAP_FIXED */

static long call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r7 __asm__("r7") = nr;
	register long r0 __asm__("r0") = a;
	register long r1 __asm__("r1") = b;
	register long r2 __asm__("r2") = c;
	register long r3 __asm__("r3") = d;
	register long r4 __asm__("r4") = e;
	register long r5 __asm__("r5") = f;

	__asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5) : "memory");
	return r0;
}

static int run(void)
{
	long fd = call(OPEN, (long)"/proc/self/exe", 0, 0, 0, 0, 0), top;

	if (call(MMAP2, AT, 8192, RW, ANON_FIXED, -1, 0) != AT)
		return 1;
	if (call(MMAP2, AT + 0x100000, 4096, 1, PRIV_FIXED, fd, 3) != AT + 0x100000)
		return 2;
	if (call(MMAP2, AT, 0, RW, ANON_FIXED, -1, 0) != -22) /* EINVAL */
		return 3;
	if (call(MPROTECT, AT, 4096, 1, 0, 0, 0))
		return 4;
	if (call(MREMAP, AT + 4096, 4096, 12288, 0, 0, 0) != AT + 4096)
		return 5;
	if (call(MUNMAP, AT, 16384, 0, 0, 0, 0))
		return 6;
	top = call(BRK, 0, 0, 0, 0, 0, 0);
	if (call(BRK, top + 4096, 0, 0, 0, 0, 0) != top + 4096)
		return 7;
	return 0;
}

void _start(void)
{
	call(EXIT, run(), 0, 0, 0, 0, 0);
	__builtin_unreachable();
}
