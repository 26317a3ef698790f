// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The system calls about memory that is mapped already, SysV shared memory and memfd: what a tracer must have seen. */
#include "work.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define HEX(p) ((unsigned long)(p))

static long raw(long ret)
{
	return ret < 0 ? -errno : ret;
}

/* The words mmtrace has for them, written down once more on purpose; the values are libc's. */
static const struct {
	int advice;
	const char *text;
} advices[] = {
	{ MADV_NORMAL, "normal" },	   { MADV_WILLNEED, "willneed" },     { MADV_DONTNEED, "dontneed" },
	{ MADV_DONTFORK, "dontfork" },	   { MADV_NOHUGEPAGE, "nohugepage" }, { MADV_COLD, "cold" },
	{ MADV_WIPEONFORK, "wipeonfork" },
};

static const char *advice_text(char buf[16], int advice)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (advices[i].advice == advice)
			return advices[i].text;
	snprintf(buf, 16, "%d", advice);
	return buf;
}

long w_madvise(void *addr, size_t len, int advice)
{
	long ret = raw(syscall(SYS_madvise, addr, len, advice));
	char a[16];

	out("expect madvise addr=0x%lx len=%zu advice=%s ret=%ld", HEX(addr), len, advice_text(a, advice), ret);
	return ret;
}

long w_process_madvise(int pidfd, const struct iovec *v, size_t n, int advice)
{
	long ret = raw(syscall(SYS_process_madvise, pidfd, v, n, advice, 0));
	char a[16];

	out("expect madvise addr=0x%lx len=%zu advice=%s ranges=%zu pidfd=%d ret=%ld", HEX(v->iov_base), v->iov_len,
	    advice_text(a, advice), n, pidfd, ret);
	return ret;
}

long w_msync(void *addr, size_t len, int flags, const char *words)
{
	long ret = raw(syscall(SYS_msync, addr, len, flags));

	out("expect msync addr=0x%lx len=%zu flags=%s ret=%ld", HEX(addr), len, words, ret);
	return ret;
}

long w_mlock(void *addr, size_t len)
{
	long ret = raw(syscall(SYS_mlock, addr, len));

	out("expect mlock addr=0x%lx len=%zu op=mlock ret=%ld", HEX(addr), len, ret);
	return ret;
}

long w_mlock2(void *addr, size_t len, unsigned int flags, const char *words)
{
	long ret = raw(syscall(SYS_mlock2, addr, len, flags));

	out("expect mlock addr=0x%lx len=%zu op=mlock2 flags=%s ret=%ld", HEX(addr), len, words, ret);
	return ret;
}

long w_munlock(void *addr, size_t len)
{
	long ret = raw(syscall(SYS_munlock, addr, len));

	out("expect mlock addr=0x%lx len=%zu op=munlock ret=%ld", HEX(addr), len, ret);
	return ret;
}

/* No address: found by the process. */
long w_mlockall(int flags, const char *words)
{
	long ret = raw(syscall(SYS_mlockall, flags));

	out("expect mlock op=mlockall flags=%s ret=%ld", words, ret);
	return ret;
}

long w_munlockall(void)
{
	long ret = raw(syscall(SYS_munlockall));

	out("expect mlock op=munlockall ret=%ld", ret);
	return ret;
}

long w_shmget(int key, size_t len, int flags, const char *words)
{
	long ret = raw(syscall(SYS_shmget, key, len, flags));

	out("expect shmget len=%zu key=0x%x flags=%s ret=%ld", len, (unsigned int)key, words, ret);
	return ret;
}

long w_shmat(int id, int key, void *addr, size_t len, int flags, const char *words)
{
	long ret = raw(syscall(SYS_shmat, id, addr, flags));

	if (ret < 0) {
		out("expect shmat addr=0x%lx id=%d flags=%s ret=%ld", HEX(addr), id, words, ret);
		return ret;
	}
	out("expect shmat addr=0x%lx id=%d flags=%s ret=0x%lx mapping.name=\"/SYSV%08x (deleted)\"", HEX(addr), id,
	    words, ret, (unsigned int)key);
	out("expect vma_map addr=0x%lx len=%zu origin=shmat ino=%d file=\"/SYSV%08x (deleted)\"", ret, len, id,
	    (unsigned int)key);
	return ret;
}

long w_shmdt(void *addr, int key, size_t bytes)
{
	long ret = raw(syscall(SYS_shmdt, addr));

	if (ret) {
		out("expect shmdt addr=0x%lx ret=%ld", HEX(addr), ret);
		return ret;
	}
	out("expect shmdt addr=0x%lx ret=0 mapping.name=\"/SYSV%08x (deleted)\"", HEX(addr), (unsigned int)key);
	out("expect vma_unmap addr=0x%lx len=%zu bytes=%zu origin=shmdt", HEX(addr), bytes, bytes);
	return ret;
}

long w_memfd(const char *name, unsigned int flags, const char *words)
{
	long ret = raw(syscall(SYS_memfd_create, name, flags));

	if (ret == -EFAULT)
		out("expect memfd_create flags=%s ret=%ld", words, ret);
	else
		out("expect memfd_create name=\"%s\" flags=%s ret=%ld", name, words, ret);
	return ret;
}

long w_remap_file_pages(void *addr, size_t len, size_t pgoff, int flags, const char *words)
{
	long ret = raw(syscall(SYS_remap_file_pages, addr, len, 0, pgoff, flags));

	out("expect remap_file_pages addr=0x%lx len=%zu pgoff=%zu prot=--- flags=%s ret=%ld", HEX(addr), len, pgoff,
	    words, ret);
	if (ret)
		return ret;
	out("expect vma_unmap addr=0x%lx len=%zu bytes=%zu origin=remap_file_pages", HEX(addr), len, len);
	out("expect vma_map addr=0x%lx len=%zu origin=remap_file_pages pgoff=%zu", HEX(addr), len, pgoff);
	return ret;
}
