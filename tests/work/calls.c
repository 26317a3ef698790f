// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* System calls and touches that say what a tracer must have seen. Raw calls: libc checks and changes arguments. */
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEX(p) ((unsigned long)(p))

static long raw(long ret)
{
	return ret < 0 ? -errno : ret;
}

size_t whole_pages(size_t len)
{
	return (len + w.page - 1) & ~(w.page - 1);
}

/* "ret=..." as the trace has it: an address, 0 or -errno */
static const char *ret_text(char buf[32], long ret)
{
	if (ret < 0)
		snprintf(buf, 32, "%ld", ret);
	else
		snprintf(buf, 32, "0x%lx", ret);
	return buf;
}

struct word {
	unsigned long bit;
	const char *text;
};

/* The words mmtrace has for them, written down once more on purpose; the values are libc's. */
static const struct word map_words[] = {
	{ MAP_FIXED, "fixed" },
	{ MAP_ANONYMOUS, "anonymous" },
	{ MAP_GROWSDOWN, "growsdown" },
	{ MAP_NORESERVE, "noreserve" },
	{ MAP_POPULATE, "populate" },
	{ MAP_FIXED_NOREPLACE, "fixed_noreplace" },
	{ 0, NULL },
};
static const struct word mremap_words[] = {
	{ MREMAP_MAYMOVE, "maymove" },
	{ MREMAP_FIXED, "fixed" },
	{ MREMAP_DONTUNMAP, "dontunmap" },
	{ 0, NULL },
};

static void add_word(char buf[128], const char *text)
{
	if (*buf)
		strcat(buf, "|");
	strcat(buf, text);
}

static const char *words(char buf[128], const struct word *w, unsigned long v)
{
	char hex[24];

	for (; w->text; w++)
		if (v & w->bit) {
			add_word(buf, w->text);
			v &= ~w->bit;
		}
	snprintf(hex, sizeof(hex), "0x%lx", v);
	if (v)
		add_word(buf, hex);
	return *buf ? buf : "0";
}

static const char *map_flags(char buf[128], int flags)
{
	int type = flags & 15;

	strcpy(buf, type == MAP_SHARED ? "shared" : type == MAP_PRIVATE ? "private" : "");
	return words(buf, map_words, (unsigned long)(flags & ~15));
}

static const char *prot_text(char buf[4], int prot)
{
	buf[0] = prot & PROT_READ ? 'r' : '-';
	buf[1] = prot & PROT_WRITE ? 'w' : '-';
	buf[2] = prot & PROT_EXEC ? 'x' : '-';
	buf[3] = 0;
	return buf;
}

static long map(void *addr, size_t len, int prot, int flags, int fd, off_t off, size_t over, const char *more)
{
	long ret = raw(syscall(SYS_mmap, addr, len, prot, flags, fd, off));
	char text[32], file[64] = "", p[4], f[128];

	if (!(flags & MAP_ANONYMOUS))
		snprintf(file, sizeof(file), " fd=%d off=%lld", fd, (long long)off);
	out("expect mmap addr=0x%lx len=%zu prot=%s flags=%s%s ret=%s %s", HEX(addr), len, prot_text(p, prot),
	    map_flags(f, flags), file, ret_text(text, ret), more);
	if (ret < 0)
		return ret;
	if (over)
		out("expect vma_unmap addr=0x%lx len=%zu bytes=%zu origin=mmap", HEX(addr), whole_pages(len), over);
	out("expect vma_map addr=0x%lx len=%zu origin=mmap %s", ret, whole_pages(len), more);
	return ret;
}

long w_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	return map(addr, len, prot, flags, fd, off, 0, "");
}

long w_mmap_more(void *addr, size_t len, int prot, int flags, int fd, off_t off, const char *more)
{
	return map(addr, len, prot, flags, fd, off, 0, more);
}

long w_mmap_over(void *addr, size_t len, int prot, int flags, int fd, off_t off, size_t over)
{
	return map(addr, len, prot, flags, fd, off, over, "");
}

long w_munmap(void *addr, size_t len, size_t bytes)
{
	long ret = raw(syscall(SYS_munmap, addr, len));
	char torn[32] = "";

	if (!ret)
		snprintf(torn, sizeof(torn), " bytes=%zu", bytes);
	out("expect munmap addr=0x%lx len=%zu ret=%ld%s", HEX(addr), len, ret, torn);
	if (!ret && bytes)
		out("expect vma_unmap addr=0x%lx len=%zu bytes=%zu origin=munmap", HEX(addr), whole_pages(len), bytes);
	return ret;
}

void expect_prot(void *addr, size_t len)
{
	out("expect vma_prot addr=0x%lx len=%zu origin=mprotect", HEX(addr), len);
}

long w_mprotect(void *addr, size_t len, int prot)
{
	long ret = raw(syscall(SYS_mprotect, addr, len, prot));
	char p[4];

	out("expect mprotect addr=0x%lx len=%zu prot=%s pkey=-1 ret=%ld", HEX(addr), len, prot_text(p, prot), ret);
	return ret;
}

long w_pkey_mprotect(void *addr, size_t len, int prot, int pkey)
{
	long ret = raw(syscall(SYS_pkey_mprotect, addr, len, (long)prot, (long)pkey));
	char p[4];

	out("expect mprotect addr=0x%lx len=%zu prot=%s pkey=%d ret=%ld", HEX(addr), len, prot_text(p, prot), pkey,
	    ret);
	return ret;
}

long w_mremap(void *addr, size_t old_len, size_t len, int flags, void *new_addr)
{
	long ret = raw(syscall(SYS_mremap, addr, old_len, len, flags, new_addr));
	char text[32], to[40] = "", f[128] = "";

	if (flags & MREMAP_FIXED)
		snprintf(to, sizeof(to), " new_addr=0x%lx", HEX(new_addr));
	out("expect mremap addr=0x%lx old_len=%zu len=%zu flags=%s%s ret=%s", HEX(addr), old_len, len,
	    words(f, mremap_words, (unsigned long)flags), to, ret_text(text, ret));
	return ret;
}

long w_brk(void *addr)
{
	long ret = syscall(SYS_brk, addr);

	out("expect brk addr=0x%lx ret=0x%lx", HEX(addr), ret);
	return ret;
}

void no_huge(void *addr, size_t len)
{
	long ret = w_madvise(addr, len, MADV_NOHUGEPAGE);

	if (ret && ret != -EINVAL) /* EINVAL: a kernel without huge pages */
		die("madvise(MADV_NOHUGEPAGE): error %ld", -ret);
}

char *w_anon(size_t first_page, size_t pages)
{
	char *addr = at(first_page);
	long ret = w_mmap(addr, pages * w.page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (ret != (long)addr)
		die("cannot map %zu pages at %p", pages, (void *)addr);
	no_huge(addr, pages * w.page);
	return addr;
}

void touch(char *addr, size_t n, size_t step, bool write)
{
	for (size_t i = 0; i < n; i++) {
		volatile char *p = addr + i * step;

		if (write)
			*p = 1;
		else
			(void)*p;
	}
}

void expect_faults(const char *addr, size_t n, size_t step, bool write, const char *more)
{
	out("expect fault addr=0x%lx n=%zu step=0x%zx flags%swrite %s", HEX(addr), n, step, write ? "~" : "!~", more);
}

void w_touch(char *addr, size_t n, size_t step, bool write, const char *more)
{
	touch(addr, n, step, write);
	expect_faults(addr, n, step, write, more);
}

int make_file(const char *name, size_t pages, char path[512])
{
	static char bytes[65536];
	int fd;

	if (snprintf(path, 512, "%s/%s", w.dir, name) >= 512)
		die("path too long: %s/%s", w.dir, name);
	unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		die("cannot make %s", path);
	for (size_t i = 0; i < pages; i++)
		if (write(fd, bytes, w.page) != (ssize_t)w.page)
			die("cannot write %s", path);
	return fd;
}

pid_t w_fork(void (*fn)(void))
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		fn();
		_exit(0);
	}
	out("proc");
	out("pid %d", (int)pid);
	out("expect fork pid=%d child=%d", (int)parent, (int)pid);
	out("expect exit pid=%d origin=exit", (int)pid);
	return pid;
}

void w_wait(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	errno = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		die("child %d ended with status 0x%x", (int)pid, status);
}
