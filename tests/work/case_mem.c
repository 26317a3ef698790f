// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Calls about memory that is mapped already, and memory that several may have: refusals too. */
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE)
#define GUP  "sort=gup class=anon kind=remote mode=gup maj=0"

static void msyncs(void)
{
	size_t p = w.page;
	char path[512];
	int fd = make_file("work.msync", 2, path);

	w_mmap(at(0), 2 * p, RW, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
	w_msync(at(0), 2 * p, MS_SYNC, "sync");
	w_msync(at(0), p, MS_ASYNC | MS_INVALIDATE, "async|invalidate");
	w_msync(at(1), p, 0, "0");
	w_msync(at(0), p, MS_ASYNC | MS_SYNC, "async|sync"); /* EINVAL */
	w_msync(at(0) + 1, p, MS_SYNC, "sync");		     /* EINVAL */
	w_msync(at(1), 2 * p, MS_SYNC, "sync");		     /* ENOMEM: half of it is not mapped */
	w_msync(at(0), p, 0x100, "0x100");		     /* EINVAL */
	w_munmap(at(0), 2 * p, 2 * p);
	close(fd);
	unlink(path);
}

static void madvises(void)
{
	size_t p = w.page;
	int pidfd;

	w_anon(0, 4);
	w_touch(at(0), 4, p, true, "class=anon kind=anon mode=user maj=0");
	w_madvise(at(0), 2 * p, MADV_DONTNEED);
	w_touch(at(0), 2, p, true, "class=anon kind=anon mode=user maj=0");
	w_madvise(at(0), 0, MADV_NORMAL);
	w_madvise(at(0), p, 12345);		/* EINVAL */
	w_madvise(at(0) + 1, p, MADV_DONTNEED); /* EINVAL */
	w_madvise(at(3), 2 * p, MADV_WILLNEED); /* ENOMEM: beyond the end */
	w_madvise(at(16), p, MADV_DONTNEED);	/* ENOMEM */
	pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (pidfd < 0)
		die("pidfd_open");
	w_process_madvise(pidfd, (struct iovec[]){ { at(1), p }, { at(3), p } }, 2, MADV_COLD);
	w_process_madvise(pidfd, (struct iovec[]){ { at(2), p } }, 1, 12345);  /* EINVAL */
	w_process_madvise(-1, (struct iovec[]){ { at(2), p } }, 1, MADV_COLD); /* EBADF */
	close(pidfd);
	w_munmap(at(0), 4 * p, 4 * p);
}

static void mlocks(void)
{
	size_t p = w.page;

	out("proc");
	w_mlockall(MCL_CURRENT | MCL_ONFAULT, "current|onfault");
	w_munlockall();
	w_mlockall(8, "0x8"); /* EINVAL */
	w_anon(0, 4);
	w_mlock(at(0), 2 * p);
	expect_faults(at(0), 2, p, true, GUP);
	w_mlock2(at(2), p, MLOCK_ONFAULT, "onfault");
	w_mlock2(at(3), p, 2, "0x2"); /* EINVAL */
	w_munlock(at(0), 4 * p);
	w_mlock(at(8), p); /* ENOMEM */
	w_munlock(at(8), p);
	w_munmap(at(0), 4 * p, 4 * p);
}

#define SEGMENT 65536ul /* a whole number of pages, whatever their size; shmat wants as much of the address: SHMLBA */

static void sysv_shm(void)
{
	int key = 0x6d6d0000 | (getpid() & 0xffff), id;
	char *a = w.base, *b = w.base + 4 * SEGMENT, *c = w.base + 8 * SEGMENT;

	out("proc");
	id = (int)w_shmget(IPC_PRIVATE, SEGMENT, 0600, "0600");
	if (id < 0) {
		skip("shmget(2): error %d", -id);
		return;
	}
	w_shmat(id, 0, a, SEGMENT, 0, "0");
	touch(a, 1, 1, true);
	expect_faults(a, 1, 1, true, "class=shm kind=shm mode=user");
	w_shmat(id, 0, b, SEGMENT, SHM_RDONLY, "rdonly");
	w_madvise(a, SEGMENT, MADV_WILLNEED);
	w_shmdt(a, 0, SEGMENT);
	w_shmdt(a, 0, 0); /* EINVAL: nothing there any more */
	w_shmdt(b, 0, SEGMENT);
	if (shmctl(id, IPC_RMID, NULL))
		die("shmctl(IPC_RMID)");
	w_shmat(id, 0, a, SEGMENT, SHM_RND | SHM_EXEC, "rnd|exec"); /* EINVAL: it is gone */
	w_shmget(key, SEGMENT, 0600, "0600");			    /* ENOENT */
	id = (int)w_shmget(key, SEGMENT - 1, IPC_CREAT | IPC_EXCL | 0640, "create|excl|0640");
	w_shmat(id, key, c, SEGMENT, SHM_REMAP, "remap");
	w_shmdt(c, key, SEGMENT);
	if (shmctl(id, IPC_RMID, NULL))
		die("shmctl(IPC_RMID)");
}

static void memfds(void)
{
	size_t p = w.page;
	const char *map = "file=\"/memfd:mmtrace work (deleted)\"";
	int fd;

	out("proc");
	w_memfd((const char *)1, 0, "0");		  /* EFAULT */
	w_memfd("mmtrace bad", 0x40000000, "0x40000000"); /* EINVAL */
	fd = (int)w_memfd("mmtrace work", MFD_CLOEXEC | MFD_ALLOW_SEALING, "cloexec|allow_sealing");
	if (fd < 0 || ftruncate(fd, (off_t)(4 * p)))
		die("memfd");
	w_mmap_more(at(0), 2 * p, RW, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0, map);
	w_remap_file_pages(at(0), p, 3, MAP_NONBLOCK, "nonblock");
	w_remap_file_pages(at(8), p, 0, 0, "0"); /* EINVAL: nothing there */
	w_munmap(at(0), 2 * p, 2 * p);
	close(fd);
}

const struct work_case mem_cases[] = {
	{ "msyncs", msyncs },	  { "madvises", madvises }, { "mlocks", mlocks },
	{ "sysv_shm", sysv_shm }, { "memfds", memfds },	    { NULL, NULL },
};
