// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * calls32 - the system calls of memory mapping as a 32-bit program makes them: other numbers, and mmap2's offset in units of
 * 4 KiB; on i386 also the old calls with their arguments in memory and behind ipc(2). Without libc, so that nothing but a compiler for the machine is
 * needed. tests/run/part-compat has what must be seen.
 *
 * Exit: 0, or the number of the first call whose result is not the one expected there.
 */

#if defined(__arm__)
/* arch/arm/tools/syscall.tbl, 6.12 */
enum {
	EXIT = 1,
	OPEN = 5,
	GETPID = 20,
	BRK = 45,
	MUNMAP = 91,
	MPROTECT = 125,
	MSYNC = 144,
	MLOCK = 150,
	MUNLOCK = 151,
	MUNLOCKALL = 153,
	MREMAP = 163,
	MMAP2 = 192,
	MADVISE = 220,
	REMAP_FILE_PAGES = 253,
	SHMAT = 305,
	SHMDT = 306,
	SHMGET = 307,
	SHMCTL = 308,
	PROCESS_VM_READV = 376,
	MEMFD_CREATE = 385,
	MLOCK2 = 390,
	PKEY_MPROTECT = 394,
	PROCESS_MADVISE = 440,
};
#define PRIVATE_SEGMENT 0600

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
#else
/* arch/x86/entry/syscalls/syscall_32.tbl, 6.12 */
enum {
	EXIT = 1,
	OPEN = 5,
	GETPID = 20,
	BRK = 45,
	OLD_MMAP = 90,
	MUNMAP = 91,
	IPC = 117,
	MPROTECT = 125,
	MSYNC = 144,
	MLOCK = 150,
	MUNLOCK = 151,
	MUNLOCKALL = 153,
	MREMAP = 163,
	MMAP2 = 192,
	MADVISE = 219,
	REMAP_FILE_PAGES = 257,
	PROCESS_VM_READV = 347,
	MEMFD_CREATE = 356,
	MLOCK2 = 376,
	PKEY_MPROTECT = 380,
	SHMGET = 395,
	SHMCTL = 396,
	SHMAT = 397,
	SHMDT = 398,
	PROCESS_MADVISE = 440,
};

static long call(long nr, long a, long b, long c, long d, long e, long f)
{
	long regs[] = { f, nr }, ret;

	/* the sixth argument goes into the frame pointer */
	__asm__ volatile("push %%ebp\n\tmov 4(%%eax), %%ebp\n\tpush %%ebp\n\tmov (%%eax), %%ebp\n\tpop %%eax\n\t"
			 "int $0x80\n\tpop %%ebp"
			 : "=a"(ret)
			 : "a"(regs), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory");
	return ret;
}
#endif

#define AT	   0x20000000l
#define SHM_AT	   0x30000000l
#define FILE_AT	   0x38000000l
#define RW	   3	/* PROT_READ | PROT_WRITE */
#define ANON_FIXED 0x32 /* MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS */
#define PRIV_FIXED 0x12 /* MAP_PRIVATE | MAP_FIXED */
#define EINVAL	   22
#define ENOSYS	   38
#define IPC_RMID   0

struct iovec32 {
	unsigned long base, len;
};

static int maps(void)
{
	long fd = call(OPEN, (long)"/proc/self/exe", 0, 0, 0, 0, 0), top;

	if (call(MMAP2, AT, 8192, RW, ANON_FIXED, -1, 0) != AT)
		return 1;
	if (call(MMAP2, AT + 0x100000, 4096, 1, PRIV_FIXED, fd, 3) != AT + 0x100000)
		return 2;
	if (call(MMAP2, AT, 0, RW, ANON_FIXED, -1, 0) != -EINVAL)
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

/* Calls about what is mapped: the answers of keys and of reaching depend on the kernel, so they may be refused. */
static int advises(void)
{
	struct iovec32 v[2] = { { AT, 4096 }, { AT + 4096, 8192 } }, local = { AT, 64 };

	if (call(MMAP2, AT, 16384, RW, ANON_FIXED, -1, 0) != AT)
		return 10;
	if (call(MSYNC, AT, 4096, 4, 0, 0, 0)) /* MS_SYNC */
		return 11;
	if (call(MADVISE, AT, 8192, 4, 0, 0, 0)) /* MADV_DONTNEED */
		return 12;
	if (call(MLOCK, AT, 4096, 0, 0, 0, 0) || call(MLOCK2, AT + 4096, 4096, 1, 0, 0, 0) ||
	    call(MUNLOCK, AT, 8192, 0, 0, 0, 0) || call(MUNLOCKALL, 0, 0, 0, 0, 0, 0))
		return 13;
	call(PKEY_MPROTECT, AT, 4096, RW, -1, 0, 0);
	if (call(PROCESS_MADVISE, -1, (long)v, 2, 20, 0, 0) != -9) /* MADV_COLD; EBADF */
		return 14;
	call(PROCESS_VM_READV, call(GETPID, 0, 0, 0, 0, 0, 0), (long)&local, 1, (long)v, 2, 0);
	if (call(MUNMAP, AT, 16384, 0, 0, 0, 0))
		return 15;
	return 0;
}

static int shares(void)
{
	long id = call(SHMGET, 0, 8192, 0600, 0, 0, 0), fd;

	if (id < 0)
		return 20;
	if (call(SHMAT, id, SHM_AT, 010000, 0, 0, 0) != SHM_AT || call(SHMDT, SHM_AT, 0, 0, 0, 0, 0) ||
	    call(SHMCTL, id, IPC_RMID, 0, 0, 0, 0))
		return 21;
	fd = call(MEMFD_CREATE, (long)"calls32", 1, 0, 0, 0, 0);
	if (fd < 0)
		return 22;
	if (call(REMAP_FILE_PAGES, FILE_AT, 4096, 0, 5, 0, 0) != -EINVAL) /* nothing there */
		return 23;
	return 0;
}

#if defined(__i386__)
/* ipc(2) and mmap with its arguments in memory: ipc/syscall.c, arch/x86/kernel/sys_ia32.c, 6.12 */
static int old_calls(void)
{
	unsigned long mmap[6] = { AT, 4096, RW, ANON_FIXED, -1ul, 0 }, got = 0;
	long id;

	if (call(OLD_MMAP, (long)mmap, 0, 0, 0, 0, 0) != AT)
		return 30;
	id = call(IPC, 23, 0, 4096, 0640, 0, 0);
	if (id < 0)
		return 31;
	if (call(IPC, 21, id, 0, (long)&got, SHM_AT, 0) || got != SHM_AT)
		return 32;
	if (call(IPC, 22, 0, 0, 0, SHM_AT, 0))
		return 33;
	if (call(IPC, 24, id, IPC_RMID, 0, 0, 0)) /* no call about memory */
		return 34;
	return 0;
}
#else
static int old_calls(void)
{
	return 0;
}
#endif

void _start(void)
{
	int bad = maps();

	if (!bad)
		bad = advises();
	if (!bad)
		bad = shares();
	if (!bad)
		bad = old_calls();
	call(EXIT, bad, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}
