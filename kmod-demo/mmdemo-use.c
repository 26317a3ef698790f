// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Uses the demo driver from user space, one kind of mapping after the other, checks every byte, and prints
 * what it did: one line per call, `<step> kind=<k> pid=<n> name=value ...`, from the call's own results.
 * A test compares a trace with these lines. Calls that must fail (--bad) are in mmdemo-bad.c.
 *
 *   mmdemo-use [KIND ...|all] [--fork] [--split] [--bad] [--hold] [--list]
 *
 * The last value of a line is always result=: ok, an errno's name, or wrong. Steps and what they name besides:
 *
 *   open path | info id size | close                  mmap addr len off prot flags | munmap addr len
 *   write addr len pages unit                         every 4-byte word of the range stored, in order of address
 *   read addr len pages unit wrong                    every word loaded; wrong = bytes that differ
 *   register name addr got want                       (device) one 4-byte load
 *   dma_copy src dst len                              (dma) the device copied, offsets in the buffer
 *   fork child addr len | wait child status           the child's own lines carry its pid
 *   maps now want                                     the driver's count of VMAs, so this wants to run alone
 *   refused case want got                             (--bad) | hold addr len (--hold: file closed, until stdin ends)
 *   skip reason why                                   no result: this machine or user cannot use the kind
 *   done wrong=N                                      the last line: how many steps went wrong
 *
 * Pages are touched first by `write`, by `read` in a mapping of its own, and by a child's `write`.
 * Exit: 0 all as it must be, 1 a byte or a result is wrong, 2 usage, 3 the driver is not loaded.
 */
#include "mmdemo-use.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Registers of the edu device, QEMU docs/specs/edu. */
#define EDU_ID	      0x00
#define EDU_ALIVE     0x04
#define EDU_FACTORIAL 0x08
#define EDU_STATUS    0x20
#define EDU_COMPUTING 0x01

#define DMA_BYTES 4096 /* whatever the page size: the device takes its time for each piece */

static int use_words(struct use *u);
static int use_device(struct use *u);
static int use_dma(struct use *u);

static const struct use_kind use_kinds[] = {
	{ "file", MMDEMO_FILE, false, use_words },
	{ "device", MMDEMO_DEVICE, true, use_device },
	{ "dma", MMDEMO_DMA, true, use_dma },
	{ "shared", MMDEMO_SHARED, true, use_words },
};

#define NKINDS (sizeof(use_kinds) / sizeof(use_kinds[0]))

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

/* The word that belongs at index i; `seed` tells one writer from another. */
static uint32_t use_word(uint32_t seed, size_t i)
{
	return (uint32_t)(i * 2654435761u) ^ (seed * 0x01000193u + 0x5bd1e995u);
}

void *use_mmap(const struct use *u, size_t len, off_t off, int prot, int flags)
{
	void *addr = mmap(NULL, len, prot, flags, u->fd, off);
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

/* How many pages a run of len bytes from the start of a page touches. */
static size_t use_pages(const struct use *u, size_t len)
{
	return (len + u->page - 1) / u->page;
}

static int use_write(const struct use *u, void *addr, size_t len, uint32_t seed)
{
	volatile uint32_t *w = addr;

	for (size_t i = 0; i < len / 4; i++)
		w[i] = use_word(seed, i);
	return use_say(u, "write", true, "addr=0x%lx len=%zu pages=%zu unit=4 result=ok", (unsigned long)addr, len,
		       use_pages(u, len));
}

/* `first` is the index of the pattern's word that must stand at addr. */
static int use_verify(const struct use *u, void *addr, size_t len, uint32_t seed, size_t first)
{
	const volatile uint32_t *w = addr;
	size_t bad = 0;

	for (size_t i = 0; i < len / 4; i++)
		bad += w[i] != use_word(seed, first + i);
	return use_say(u, "read", !bad, "addr=0x%lx len=%zu pages=%zu unit=4 wrong=%zu result=%s", (unsigned long)addr,
		       len, use_pages(u, len), bad * 4, bad ? "wrong" : "ok");
}

/* file, shared: write all, then read the second half through a read-only mapping of its own. */
static int use_words(struct use *u)
{
	size_t half = u->size / 2;
	int bad = use_write(u, u->addr, u->size, 1);
	void *again = use_mmap(u, half, (off_t)half, PROT_READ, MAP_SHARED);

	if (again == MAP_FAILED)
		return 1;
	bad += use_verify(u, again, half, 1, half / 4);
	bad += use_maps(u, 2);
	bad += use_munmap(u, again, half);
	return bad;
}

static int use_register(const struct use *u, const char *name, uint32_t off, uint32_t got, uint32_t want)
{
	return use_say(u, "register", got == want, "name=%s addr=0x%lx got=0x%x want=0x%x result=%s", name,
		       (unsigned long)u->addr + off, got, want, got == want ? "ok" : "wrong");
}

static int use_device(struct use *u)
{
	volatile uint32_t *regs = u->addr;
	uint32_t tries = 0;
	int bad = use_register(u, "id", EDU_ID, regs[EDU_ID / 4] & 0xffff, 0x00ed);

	regs[EDU_ALIVE / 4] = 0x12345678;
	bad += use_register(u, "alive", EDU_ALIVE, regs[EDU_ALIVE / 4], ~0x12345678u);
	regs[EDU_FACTORIAL / 4] = 10;
	while (regs[EDU_STATUS / 4] & EDU_COMPUTING && ++tries < 100000000)
		;
	bad += use_register(u, "factorial", EDU_FACTORIAL, regs[EDU_FACTORIAL / 4], 3628800);
	return bad;
}

/* The CPU writes the first half, the device copies it to the second, the CPU reads it there. */
static int use_dma(struct use *u)
{
	size_t half = u->size / 2;
	struct mmdemo_dma_copy c = { .src = 0, .dst = (uint32_t)half, .len = DMA_BYTES };
	char *dst = (char *)u->addr + half;
	int bad = use_write(u, u->addr, half, 3);
	int err;

	memset(dst, 0, c.len);
	err = ioctl(u->fd, MMDEMO_IOC_DMA_COPY, &c) ? errno : 0;
	bad += use_say(u, "dma_copy", !err, "src=%u dst=%u len=%u result=%s", c.src, c.dst, c.len, use_errno(err));
	bad += use_verify(u, dst, c.len, 3, 0);
	return bad;
}

/* In the child: what it inherited is there, a write of it is seen by the parent, and it unmaps for itself. */
static int use_child(struct use *u)
{
	bool words = u->kind->id != MMDEMO_DEVICE;
	int bad = use_maps(u, 2);

	if (words)
		bad += use_write(u, u->addr, u->page, 7);
	else
		((volatile uint32_t *)u->addr)[EDU_ALIVE / 4] = 7;
	bad += use_munmap(u, u->addr, u->size);
	bad += use_maps(u, 1);
	return bad;
}

static int use_fork(struct use *u)
{
	int status, bad, code;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return use_say(u, "fork", false, "result=%s", use_errno(errno));
	if (!pid)
		_exit(use_child(u));
	use_say(u, "fork", true, "child=%d addr=0x%lx len=%zu result=ok", (int)pid, (unsigned long)u->addr, u->size);
	if (waitpid(pid, &status, 0) != pid)
		return use_say(u, "wait", false, "child=%d result=%s", (int)pid, use_errno(errno));
	code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	bad = use_say(u, "wait", !code, "child=%d status=%d result=%s", (int)pid, code, code ? "wrong" : "ok");
	if (u->kind->id == MMDEMO_DEVICE)
		bad += use_register(u, "alive", EDU_ALIVE, ((volatile uint32_t *)u->addr)[EDU_ALIVE / 4], ~7u);
	else
		bad += use_verify(u, u->addr, u->page, 7, 0);
	return bad + use_maps(u, 1);
}

/* A hole in the middle makes two mappings of one; the last munmap then ends both at once. */
static int use_split(struct use *u)
{
	int bad = use_munmap(u, (char *)u->addr + u->page, u->page);

	return bad + use_maps(u, 2);
}

/* Keeps the mapping, and only the mapping, until stdin ends: the file is closed. */
static int use_hold(struct use *u)
{
	char c;

	close(u->fd);
	u->fd = -1;
	use_say(u, "hold", true, "addr=0x%lx len=%zu result=ok", (unsigned long)u->addr, u->size);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return use_munmap(u, u->addr, u->size);
}

static int use_mapped(struct use *u, unsigned int steps)
{
	int bad;

	u->addr = use_mmap(u, u->size, 0, PROT_READ | PROT_WRITE, MAP_SHARED);
	if (u->addr == MAP_FAILED)
		return 1;
	bad = use_maps(u, 1) + u->kind->use(u);
	if (steps & USE_FORK)
		bad += use_fork(u);
	if (steps & USE_HOLD)
		return bad + use_hold(u);
	if (steps & USE_SPLIT)
		bad += use_split(u);
	bad += use_munmap(u, u->addr, u->size);
	return bad + use_maps(u, 0);
}

int use_open(struct use *u, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/mmdemo/%s", u->kind->name);
	u->fd = open(path, flags | O_CLOEXEC);
	return u->fd < 0 ? errno : 0;
}

static const char *use_why(int err)
{
	switch (err) {
	case ENODEV:
		return "the machine lacks the device (QEMU's edu); dmesg says more";
	case EPERM:
	case EACCES:
		return "needs root with CAP_SYS_RAWIO";
	default:
		return "open failed";
	}
}

/* One kind from open to close: number of things that went wrong. */
static int use_kind(const struct use_kind *kind, unsigned int steps)
{
	struct use u = { .kind = kind, .page = (size_t)sysconf(_SC_PAGESIZE) };
	struct mmdemo_info info = { 0 };
	int bad, err = use_open(&u, O_RDWR);

	if (err == ENODEV || err == EPERM || err == EACCES) {
		use_say(&u, "skip", true, "reason=%s why=\"%s\"", use_errno(err), use_why(err));
		return 0;
	}
	bad = use_say(&u, "open", !err, "path=/dev/mmdemo/%s result=%s", kind->name, use_errno(err));
	if (err)
		return bad;
	err = ioctl(u.fd, MMDEMO_IOC_INFO, &info) ? errno : 0;
	u.size = info.size;
	u.base = info.maps;
	bad += use_say(&u, "info", !err && info.kind == kind->id, "id=%u size=%zu result=%s", info.kind, u.size,
		       use_errno(err));
	if (!bad)
		bad += use_mapped(&u, steps);
	if (steps & USE_BAD && u.fd >= 0)
		bad += use_refusals(&u);
	if (u.fd >= 0) {
		err = close(u.fd) ? errno : 0;
		bad += use_say(&u, "close", !err, "result=%s", use_errno(err));
	}
	return bad;
}

static int use_list(void)
{
	static const char *const texts[] = { "about", "shows" };

	for (size_t k = 0; k < NKINDS; k++)
		for (size_t t = 0; t < 2; t++) {
			char line[512] = "?\n";
			FILE *f;

			snprintf(line, sizeof(line), "/sys/class/mmdemo/%s/%s", use_kinds[k].name, texts[t]);
			f = fopen(line, "re");
			if (!f || !fgets(line, sizeof(line), f))
				snprintf(line, sizeof(line), "(driver not loaded)\n");
			if (f)
				fclose(f);
			printf("%-7s %s: %s", use_kinds[k].name, texts[t], line);
		}
	return 0;
}

static int use_usage(const char *arg)
{
	if (arg)
		fprintf(stderr, "mmdemo-use: unknown argument '%s'\n", arg);
	fprintf(stderr, "usage: mmdemo-use [KIND|all] [--fork] [--split] [--bad] [--hold] [--list]\nkinds:");
	for (size_t k = 0; k < NKINDS; k++)
		fprintf(stderr, " %s", use_kinds[k].name);
	fprintf(stderr, "\n");
	return 2;
}

static const struct {
	const char *name;
	unsigned int step;
} use_options[] = {
	{ "--fork", USE_FORK }, { "--split", USE_SPLIT }, { "--bad", USE_BAD },
	{ "--hold", USE_HOLD }, { "--list", USE_LIST },
};

/* Adds what one argument asks for; false if it means nothing. */
static bool use_argument(const char *arg, unsigned int *steps, unsigned int *kinds)
{
	for (size_t i = 0; i < sizeof(use_options) / sizeof(use_options[0]); i++)
		if (!strcmp(arg, use_options[i].name)) {
			*steps |= use_options[i].step;
			return true;
		}
	if (!strcmp(arg, "all")) {
		*kinds = ~0u;
		return true;
	}
	for (size_t k = 0; k < NKINDS; k++)
		if (!strcmp(arg, use_kinds[k].name)) {
			*kinds |= 1u << k;
			return true;
		}
	return false;
}

int main(int argc, char **argv)
{
	unsigned int steps = 0, kinds = 0;
	int bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0); /* one write per line, and nothing left to print twice after a fork */
	for (int i = 1; i < argc; i++)
		if (!use_argument(argv[i], &steps, &kinds))
			return use_usage(argv[i]);
	if (steps & USE_LIST)
		return use_list();
	if (access("/dev/mmdemo", F_OK)) {
		fprintf(stderr, "mmdemo-use: no /dev/mmdemo: the demo driver is not loaded, try sudo make load-demo\n");
		return 3;
	}
	for (size_t k = 0; k < NKINDS; k++)
		if (!kinds || kinds & (1u << k))
			bad += use_kind(&use_kinds[k], steps);
	printf("done wrong=%d\n", bad);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "mmdemo-use: cannot write the results: %s\n", strerror(errno));
		return 1;
	}
	return bad ? 1 : 0;
}
