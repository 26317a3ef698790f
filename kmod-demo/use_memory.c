// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Kinds that are the kernel's memory: words go in and come out again. Those with choices are in use_ways.c. */
#include "mmdemo-use.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

const struct use_ops use_file = { .use = use_words };
const struct use_ops use_shared = { .traits = USE_RAW, .use = use_words };
const struct use_ops use_contig = { .traits = USE_RAW, .use = use_words };
const struct use_ops use_vmalloc_fault = { .traits = USE_RAW, .use = use_words };
const struct use_ops use_vmalloc_remap = { .traits = USE_RAW, .use = use_words };
const struct use_ops use_mixed = { .traits = USE_RAW, .use = use_words };

/* huge: the whole of it by one touch; whether that was one entry is the kernel's decision, and the driver's to tell. */
static int huge_use(struct use *u)
{
	struct mmdemo_huge_made made = { 0 };
	int bad = use_write(u, u->addr, u->page, 1);
	int err = ioctl(u->fd, MMDEMO_IOC_HUGE, &made) ? errno : 0;

	bool good = !err && (made.asked ? made.large == 1 && !made.small : !made.large && made.small == 1);

	if (good && !made.asked)
		use_say(u, "skip", true, "reason=%s why=\"%s\"", use_errno(ENOTSUP),
			"the kernel did not ask for a huge entry (6.0 to 6.5 never do here; else transparent_hugepage: "
			"never)");
	bad += use_say(u, "huge", good, "asked=%u large=%u small=%u result=%s", made.asked, made.large, made.small,
		       err  ? use_errno(err) :
		       good ? "ok" :
			      "wrong");
	return bad + use_words(u);
}

const struct use_ops use_huge = {
	.traits = USE_RAW | USE_ALIGNED | USE_WHOLE,
	.lacks = "no transparent huge pages, or no contiguous memory of that size; dmesg says which",
	.use = huge_use,
};

/* A range of this process through /proc/self/mem, as a debugger reaches another's. */
static int access_mem(const struct use *u, const char *how, int fd, void *buf, size_t len)
{
	ssize_t n = *how == 'r' ? pread(fd, buf, len, (off_t)(uintptr_t)u->addr) :
				  pwrite(fd, buf, len, (off_t)(uintptr_t)u->addr);
	int err = n < 0 ? errno : 0;

	return use_say(u, "remote", n == (ssize_t)len, "how=%s addr=0x%lx len=%zu got=%zd result=%s", how,
		       (unsigned long)u->addr, len, n, use_errno(err));
}

static int access_use(struct use *u)
{
	void *copy = mmap(NULL, u->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	int bad;

	if (copy == MAP_FAILED || fd < 0)
		return use_say(u, "remote", false, "how=open result=%s", use_errno(errno));
	bad = use_words(u);
	bad += access_mem(u, "read", fd, copy, u->size);
	bad += use_verify(u, copy, u->size, 1, 0);
	bad += use_write(u, copy, u->size, 2);
	bad += access_mem(u, "write", fd, copy, u->size);
	bad += use_verify(u, u->addr, u->size, 2, 0);
	close(fd);
	munmap(copy, u->size);
	return bad;
}

/* What .access does not open: reading by page, and writing what the program itself may not write. */
static int access_refusals(struct use *u)
{
	void *addr = mmap(NULL, u->page, PROT_READ, MAP_SHARED, u->fd, 0);
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	char word[4] = { 0 };
	struct iovec to = { word, sizeof(word) }, from = { addr, sizeof(word) };
	int bad;

	if (addr == MAP_FAILED || fd < 0)
		return use_result(u, "map_one_page", 0, errno);
	bad = use_result(u, "process_vm_readv", EFAULT,
			 process_vm_readv(getpid(), &to, 1, &from, 1, 0) < 0 ? errno : 0);
	bad += use_result(u, "remote_write_of_read_only", EIO,
			  pwrite(fd, word, sizeof(word), (off_t)(uintptr_t)addr) < 0 ? errno : 0);
	close(fd);
	munmap(addr, u->page);
	return bad;
}

const struct use_ops use_access = {
	.traits = USE_RAW,
	.lacks = "the kernel never calls a driver's .access (CONFIG_HAVE_IOREMAP_PROT)",
	.use = access_use,
	.refusals = access_refusals,
};

/* Asks which pages were written since it was last asked; each has a bit. */
static int notify_written(const struct use *u, uint64_t want)
{
	uint64_t got = 0;
	int err = ioctl(u->fd, MMDEMO_IOC_WRITTEN, &got) ? errno : 0;
	bool good = !err && got == want;

	return use_say(u, "written", good, "got=0x%llx want=0x%llx result=%s", (unsigned long long)got,
		       (unsigned long long)want,
		       err  ? use_errno(err) :
		       good ? "ok" :
			      "wrong");
}

/* write-notify: all, then some of both halves, then the same again; reading is not told. */
static int notify_use(struct use *u)
{
	unsigned int last = (unsigned int)(u->size / u->page) - 1;
	char *end = (char *)u->addr + last * u->page;
	int bad = use_words(u);

	bad += notify_written(u, (2ull << last) - 1);
	for (uint32_t seed = 2; seed < 4; seed++) {
		bad += use_write(u, u->addr, u->page, seed);
		bad += use_write(u, end, u->page, seed);
		bad += notify_written(u, 1ull << last | 1);
	}
	bad += use_verify(u, u->addr, u->page, 3, 0);
	bad += use_verify(u, end, u->page, 3, 0);
	return bad + notify_written(u, 0);
}

const struct use_ops use_write_notify = { .traits = USE_RAW, .use = notify_use };
