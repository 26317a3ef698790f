// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What the steps of mmdemo-use are made of: one call each, and the line about it. */
#include "mmdemo-use.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

const char *use_errno(int err)
{
	return err ? strerrorname_np(err) : "ok";
}

int use_say(const struct use *u, const char *step, bool good, const char *fmt, ...)
{
	char rest[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(rest, sizeof(rest), fmt, ap);
	va_end(ap);
	printf("%s kind=%s pid=%d %s\n", step, u->kind->name, (int)getpid(), rest);
	if (!good)
		fprintf(stderr, "mmdemo-use: %s of %s went wrong: %s\n", step, u->kind->name, rest);
	return good ? 0 : 1;
}

int use_result(const struct use *u, const char *name, int want, int got)
{
	return use_say(u, "refused", want == got, "case=%s want=%s got=%s result=%s", name, use_errno(want),
		       use_errno(got), want == got ? "ok" : "wrong");
}

int use_open(struct use *u, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/mmdemo/%s", u->kind->name);
	u->fd = open(path, flags | O_CLOEXEC);
	return u->fd < 0 ? errno : 0;
}

void *use_place(const struct use *u, size_t len)
{
	size_t align = u->kind->ops->traits & USE_ALIGNED ? u->size : u->page;
	void *room = mmap(NULL, len + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room == MAP_FAILED)
		return NULL;
	munmap(room, len + align);
	return (char *)room + (align - (uintptr_t)room % align) % align;
}

void *use_mmap(const struct use *u, size_t len, off_t off, int prot, int flags)
{
	void *hint = u->kind->ops->traits & USE_ALIGNED ? use_place(u, len) : NULL;
	void *addr = mmap(hint, len, prot, flags, u->fd, off);
	int err = addr == MAP_FAILED ? errno : 0;

	use_say(u, "mmap", !err, "addr=0x%lx len=%zu off=%lld prot=%c%c%c flags=%s result=%s",
		err ? 0ul : (unsigned long)addr, len, (long long)off, prot & PROT_READ ? 'r' : '-',
		prot & PROT_WRITE ? 'w' : '-', prot & PROT_EXEC ? 'x' : '-', flags & MAP_SHARED ? "shared" : "private",
		use_errno(err));
	return addr;
}

int use_munmap(const struct use *u, void *addr, size_t len)
{
	int err = munmap(addr, len) ? errno : 0;

	return use_say(u, "munmap", !err, "addr=0x%lx len=%zu result=%s", (unsigned long)addr, len, use_errno(err));
}

/* Compares the driver's count of live mappings, above what lived before this program, with ours. */
int use_maps(const struct use *u, unsigned int want)
{
	struct mmdemo_info info = { 0 };
	int err = ioctl(u->fd, MMDEMO_IOC_INFO, &info) ? errno : 0;
	unsigned int now = info.maps - u->base;
	const char *result = use_errno(err);

	if (!err && now != want)
		result = "wrong";
	return use_say(u, "maps", !err && now == want, "now=%u want=%u result=%s", now, want, result);
}

int use_ioctl(const struct use *u, const char *name, unsigned long cmd, void *arg, unsigned long value)
{
	int err = ioctl(u->fd, cmd, arg) ? errno : 0;

	return use_say(u, "way", !err, "name=%s value=%lu result=%s", name, value, use_errno(err));
}

/* How many pages a run of len bytes from the start of a page touches. */
static size_t use_pages(const struct use *u, size_t len)
{
	return (len + u->page - 1) / u->page;
}

/* The word that belongs at index i; `seed` tells one writer from another. */
static uint32_t use_word(uint32_t seed, size_t i)
{
	return (uint32_t)(i * 2654435761u) ^ (seed * 0x01000193u + 0x5bd1e995u);
}

int use_write(const struct use *u, void *addr, size_t len, uint32_t seed)
{
	volatile uint32_t *w = addr;

	for (size_t i = 0; i < len / 4; i++)
		w[i] = use_word(seed, i);
	return use_say(u, "write", true, "addr=0x%lx len=%zu pages=%zu unit=4 result=ok", (unsigned long)addr, len,
		       use_pages(u, len));
}

int use_verify(const struct use *u, void *addr, size_t len, uint32_t seed, size_t first)
{
	const volatile uint32_t *w = addr;
	size_t bad = 0;

	for (size_t i = 0; i < len / 4; i++)
		bad += w[i] != use_word(seed, first + i);
	return use_say(u, "read", !bad, "addr=0x%lx len=%zu pages=%zu unit=4 wrong=%zu result=%s", (unsigned long)addr,
		       len, use_pages(u, len), bad * 4, bad ? "wrong" : "ok");
}

int use_mark(const struct use *u, size_t len, uint32_t seed)
{
	return u->kind->ops->mark ? u->kind->ops->mark(u, len, seed) : use_write(u, u->addr, len, seed);
}

int use_seen(const struct use *u, size_t len, uint32_t seed)
{
	return u->kind->ops->seen ? u->kind->ops->seen(u, len, seed) : use_verify(u, u->addr, len, seed, 0);
}

int use_words(struct use *u)
{
	size_t half = u->size / 2;
	int bad = use_write(u, u->addr, u->size, 1);
	void *again = use_mmap(u, half, (off_t)half, PROT_READ, MAP_SHARED);

	if (again == MAP_FAILED)
		return bad + 1;
	bad += use_verify(u, again, half, 1, half / 4);
	bad += use_maps(u, 2);
	bad += use_munmap(u, again, half);
	return bad;
}
