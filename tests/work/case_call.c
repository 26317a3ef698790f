// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What programs ask for, refusals first. Nothing is touched here. */
#include "work.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE)

static void refused_mmap(void)
{
	char path[512];
	int fd = make_file("work.refused", 1, path), ro = open(path, O_RDONLY | O_CLOEXEC);

	w_mmap(at(0), w.page, RW, MAP_PRIVATE | MAP_FIXED_NOREPLACE, -1, 0);   /* EBADF */
	w_mmap(at(0), 0, RW, ANON, -1, 0);				       /* EINVAL: no length */
	w_mmap(at(0), w.page, RW, MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0); /* EINVAL: neither shared nor private */
	w_mmap(at(0), 1ul << 60, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);      /* ENOMEM */
	w_mmap(at(0), w.page, RW, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 1);    /* EINVAL: offset */
	w_mmap(at(0), w.page, RW, MAP_SHARED | MAP_FIXED_NOREPLACE, ro, 0);    /* EACCES */
	w_mmap(at(0) + 1, w.page, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0); /* EINVAL: address */
	w_mmap(at(4), w.page, RW, ANON, -1, 0);
	w_mmap(at(3), 2 * w.page, RW, ANON, -1, 0); /* EEXIST */
	w_munmap(at(4), w.page, w.page);
	close(ro);
	close(fd);
	unlink(path);
}

static void refused_others(void)
{
	char path[512];
	int fd = make_file("work.refused2", 1, path), ro = open(path, O_RDONLY | O_CLOEXEC);

	w_munmap(at(0) + 1, w.page, 0);		       /* EINVAL */
	w_munmap(at(0), 0, 0);			       /* EINVAL */
	w_mprotect(at(0), w.page, RW);		       /* ENOMEM: nothing there */
	w_mprotect(at(0) + 1, w.page, RW);	       /* EINVAL */
	w_mremap(at(0), w.page, 2 * w.page, 0, NULL);  /* EFAULT */
	w_mremap(at(0), w.page, 2 * w.page, 64, NULL); /* EINVAL: unknown flag */
	w_mmap(at(8), w.page, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, ro, 0);
	w_mprotect(at(8), w.page, RW); /* EACCES */
	w_mmap(at(9), w.page, RW, ANON, -1, 0);
	w_mremap(at(8), w.page, 2 * w.page, 0, NULL); /* ENOMEM: the next page is taken */
	/* ENOMEM, but what lies before the hole has changed by then */
	if (w_mprotect(at(9), 2 * w.page, PROT_READ) < 0)
		expect_prot(at(9), w.page);
	w_munmap(at(8), 2 * w.page, 2 * w.page);
	close(ro);
	close(fd);
	unlink(path);
}

static void map_unmap(void)
{
	w_mmap(at(0), 5 * w.page - 100, RW, ANON, -1, 0); /* not whole pages */
	w_munmap(at(0), 5 * w.page - 100, 5 * w.page);
	w_mmap(at(16), w.page, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	w_mmap(at(32), w.page, PROT_READ | PROT_EXEC, ANON, -1, 0);
	w_munmap(at(16), w.page, w.page);
	w_munmap(at(32), w.page, w.page);
	w_munmap(at(64), 4 * w.page, 0); /* a hole: fine, and nothing happens */
}

static void brk_moves(void)
{
	char *old = (char *)syscall(SYS_brk, 0), *base = (char *)whole_pages((unsigned long)old);

	base += w.page; /* away from what libc has */
	if ((char *)syscall(SYS_brk, base) != base) {
		skip("brk(2) refuses to grow");
		return;
	}
	out("range 0x%lx 0x%lx", (unsigned long)base, (unsigned long)base + 64 * w.page);
	/* The one call before this line that answers from inside the range. */
	out("expect brk addr=0x%lx ret=0x%lx", (unsigned long)base, (unsigned long)base);
	w_brk(NULL);
	w_brk((char *)1); /* refused: answers where it is */
	w_brk(base + 8 * w.page);
	out("expect vma_map addr=0x%lx len=%zu origin=brk", (unsigned long)base, 8 * w.page);
	w_touch(base, 8, w.page, true, "class=anon kind=anon mode=user maj=0");
	w_brk(base + 8 * w.page + 1); /* not whole pages */
	out("expect vma_map addr=0x%lx len=%zu origin=brk", (unsigned long)base + 8 * w.page, w.page);
	w_brk(base + 2 * w.page);
	out("expect vma_unmap addr=0x%lx len=%zu bytes=%zu origin=brk", (unsigned long)base + 2 * w.page, 7 * w.page,
	    7 * w.page);
	w_brk(base);
	out("expect vma_unmap addr=0x%lx len=%zu bytes=%zu origin=brk", (unsigned long)base, 2 * w.page, 2 * w.page);
	syscall(SYS_brk, old);
}

const struct work_case call_cases[] = {
	{ "refused_mmap", refused_mmap },
	{ "refused_others", refused_others },
	{ "map_unmap", map_unmap },
	{ "brk", brk_moves },
	{ NULL, NULL },
};
