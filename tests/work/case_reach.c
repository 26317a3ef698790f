// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Ways into memory that is another process's, and one's own by the same ways. */
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect_remote(const char *how, const char *addr, size_t len, bool write, long ret, pid_t target)
{
	char named[40] = "";

	if (ret > 0) /* by the address space that is reached into */
		snprintf(named, sizeof(named), " mapping.name=[anon]");
	out("expect remote addr=0x%lx len=%zu write=%d how=%s ret=%ld target=%d pid=%d%s", (unsigned long)addr, len,
	    write, how, ret, (int)target, (int)getpid(), named);
}

static long w_process_vm(pid_t pid, const struct iovec *v, size_t n, bool write)
{
	static char bytes[256];
	struct iovec local = { bytes, sizeof(bytes) };
	long ret = syscall(write ? SYS_process_vm_writev : SYS_process_vm_readv, pid, &local, 1, v, n, 0);
	size_t len = 0;

	if (ret < 0)
		ret = -errno;
	for (size_t i = 0; i < n; i++)
		len += v[i].iov_len;
	expect_remote("process_vm", v->iov_base, len, write, ret, pid);
	return ret;
}

static void w_mem(int fd, char *addr, size_t len, bool write, pid_t target)
{
	static char bytes[256];
	long ret = write ? pwrite(fd, bytes, len, (off_t)(unsigned long)addr) :
			   pread(fd, bytes, len, (off_t)(unsigned long)addr);

	if (ret < 0)
		ret = -errno;
	expect_remote("/proc/PID/mem sort=mem", addr, len, write, ret, target);
}

static void w_ptrace(pid_t pid, char *addr, bool write)
{
	long word = 1, ret;

	if (write)
		ret = syscall(SYS_ptrace, PTRACE_POKEDATA, pid, addr, word);
	else
		ret = syscall(SYS_ptrace, PTRACE_PEEKDATA, pid, addr, &word);
	expect_remote("ptrace", addr, sizeof(word), write, ret < 0 ? -errno : (long)sizeof(word), pid);
}

static int open_mem(pid_t pid)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("cannot open %s", path);
	return fd;
}

/* Also what strace can watch: no ptrace. */
static void reach_self(void)
{
	size_t p = w.page;
	pid_t me = getpid();
	int fd = open_mem(me);

	w_anon(0, 4);
	w_touch(at(0), 4, p, true, "class=anon kind=anon mode=user maj=0");
	w_process_vm(me, (struct iovec[]){ { at(0), 16 } }, 1, false);
	w_process_vm(me, (struct iovec[]){ { at(1), 16 }, { at(3), 24 }, { at(0), 8 } }, 3, false);
	w_process_vm(me, (struct iovec[]){ { at(2), 32 } }, 1, true);
	w_process_vm(me, (struct iovec[]){ { at(16), 16 } }, 1, false); /* EFAULT */
	w_mem(fd, at(0), 100, false, me);
	w_mem(fd, at(1), 100, true, me);
	w_mem(fd, at(16), 1, false, me); /* EIO */
	w_munmap(at(0), 4 * p, 4 * p);
	close(fd);
}

static void child_stops(void)
{
	if (ptrace(PTRACE_TRACEME, 0, 0, 0) || raise(SIGSTOP))
		_exit(1);
}

static void reach_child(void)
{
	size_t p = w.page;
	int fd, status;
	char more[80];
	pid_t pid;

	w_anon(0, 4);
	w_touch(at(0), 4, p, true, "class=anon kind=anon mode=user maj=0");
	pid = w_fork(child_stops);
	out("expect vma_dup addr=0x%lx len=%zu pid=%d", (unsigned long)at(0), 4 * p, (int)getpid());
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		die("child %d did not stop", (int)pid);
	fd = open_mem(pid);
	w_ptrace(pid, at(0), false);
	w_ptrace(pid, at(1), true);
	w_ptrace(pid, at(16), false); /* EIO */
	/* one that is the child's own by now: pinning another for reading copies it, since 5.19 */
	w_process_vm(pid, (struct iovec[]){ { at(1) + 8, 16 } }, 1, false);
	w_mem(fd, at(0), 64, false, pid);
	w_mem(fd, at(2), 64, true, pid);
	/* The child's pages are the parent's until they are written. */
	snprintf(more, sizeof(more), "sort=gup class=anon kind=remote mode=gup pid=%d", (int)getpid());
	expect_faults(at(1), 2, p, true, more);
	close(fd);
	if (ptrace(PTRACE_CONT, pid, 0, 0))
		die("ptrace(PTRACE_CONT)");
	w_wait(pid);
	w_munmap(at(0), 4 * p, 4 * p);
}

const struct work_case reach_cases[] = {
	{ "reach_self", reach_self },
	{ "reach_child", reach_child },
	{ NULL, NULL },
};
