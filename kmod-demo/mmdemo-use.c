// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Uses the demo driver from user space, one kind of mapping after the other, checks every byte, and prints
 * what it did: one line per call, `<step> kind=<k> pid=<n> name=value ...`, from the call's own results.
 * A test compares a trace with these lines. Steps are taken in the order in which they stand here, whatever
 * the order of the arguments; --hold is the last for a kind.
 *
 *   mmdemo-use [KIND ...|all] [--fork] [--mremap] [--mprotect] [--hold] [--split] [--bad] [--list]
 *              [--way=NAME]                           kinds that can map in the way so named (see their use_*.c) do
 *
 * The last value of a line is always result=: ok, an errno's name, or wrong. Steps and what they name besides:
 *
 *   open path | info id size | close                  mmap addr len off prot flags | munmap addr len
 *   write addr len pages unit                         every 4-byte word of the range stored, in order of address
 *   read addr len pages unit wrong                    every word loaded; wrong = bytes that differ
 *   register name addr got want                       (device) one 4-byte load
 *   dma_copy src dst len                              (dma-*) the device copied, offsets in the buffer
 *   way name value                                    an ioctl that chooses how the kind maps or answers
 *   huge asked large small                            (huge) the kernel asked for huge ones; entries of a first touch
 *   slow addr len pages ns least                      (pfn-fault) one first load, the driver sleeping in it
 *   remote how addr len got                           (access) through /proc/self/mem
 *   written got want                                  (write-notify) a bit for each page written since last asked
 *   export | send child | receive                     (dma-buf) its descriptor made, sent, got by another process
 *   compare addr with len wrong                       two mappings of the same memory, word by word
 *   fork child addr len | wait child status           the child's own lines carry its pid
 *   mremap addr len newlen to want                    (--mremap) moved there; then once more, to grow: refused, to=0x0
 *   mprotect addr len prot                            (--mprotect) to r-- and back to rw-
 *   maps now want                                     the driver's count of VMAs, so this wants to run alone
 *   refused case want got                             (--bad, --split) a call that must fail
 *   hold addr len                                     (--hold) the file is closed, until stdin ends
 *   skip reason why                                   no result: this machine or user cannot use the kind
 *   done wrong=N                                      the last line: how many steps went wrong
 *
 * Pages are touched first by `write`, by `read` in a mapping of its own, and by a child's `write`; --mremap moves
 * them touched.
 * Exit: 0 all as it must be, 1 a byte or a result is wrong, 2 usage, 3 the driver is not loaded.
 */
#include "mmdemo-use.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define USE_OPS(ID, ident, number, name, mode, about, shows) extern const struct use_ops use_##ident;
MMDEMO_KINDS(USE_OPS)

#define USE_ROW(ID, ident, number, name, mode, about, shows) { name, MMDEMO_##ID, about, shows, &use_##ident },
static const struct use_kind use_kinds[] = { MMDEMO_KINDS(USE_ROW) };

#define NKINDS (sizeof(use_kinds) / sizeof(use_kinds[0]))

static int use_mapped(struct use *u, unsigned int steps)
{
	static const struct {
		unsigned int step;
		int (*take)(struct use *u);
	} table[] = {
		{ USE_FORK, use_fork }, { USE_MREMAP, use_mremap }, { USE_MPROTECT, use_mprotect },
		{ USE_HOLD, use_hold }, { USE_SPLIT, use_split },
	};
	int bad;

	u->addr = use_mmap(u, u->size, 0, PROT_READ | PROT_WRITE, MAP_SHARED);
	if (u->addr == MAP_FAILED)
		return 1;
	bad = use_maps(u, 1) + u->kind->ops->use(u);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (steps & table[i].step)
			bad += table[i].take(u);
		if (u->fd < 0) /* held, and over */
			return bad;
	}
	bad += use_munmap(u, u->addr, u->size);
	return bad + use_maps(u, 0);
}

static const char *use_why(const struct use_kind *kind, int err)
{
	if (err == EPERM || err == EACCES)
		return "needs root with CAP_SYS_RAWIO";
	return kind->ops->lacks ? kind->ops->lacks : "the machine lacks the device (QEMU's edu); dmesg says more";
}

/* Finds the kind's way of that name. */
static bool use_way(const struct use_kind *kind, const char *name, uint32_t *way)
{
	const char *const *ways = kind->ops->ways;

	for (uint32_t w = 0; ways && ways[w]; w++)
		if (!strcmp(ways[w], name)) {
			*way = w;
			return true;
		}
	return false;
}

/* false: no use in going on. What the machine or the kernel cannot do is no fault of the driver. */
static bool use_choose(struct use *u, const char *name, int *bad)
{
	int err;

	if (!name || !use_way(u->kind, name, &u->way))
		return true;
	err = ioctl(u->fd, MMDEMO_IOC_WAY, &u->way) ? errno : 0;
	if (err == ENOMEM || err == EOPNOTSUPP)
		use_say(u, "skip", true, "reason=%s why=\"%s\"", use_errno(err),
			err == ENOMEM ? "no memory of that size in one piece (CMA pool); dmesg says more" :
					"this kernel does not have the function");
	else
		*bad += use_say(u, "way", !err, "name=%s value=%u result=%s", name, u->way, use_errno(err));
	return !err;
}

/* One kind from open to close: number of things that went wrong. */
static int use_kind(const struct use_kind *kind, unsigned int steps, const char *way)
{
	struct use u = { .kind = kind, .page = (size_t)sysconf(_SC_PAGESIZE) };
	struct mmdemo_info info = { 0 };
	int bad, err = use_open(&u, O_RDWR);

	if (err == ENODEV || err == EPERM || err == EACCES || (err == ENOMEM && kind->ops->lacks)) {
		use_say(&u, "skip", true, "reason=%s why=\"%s\"", use_errno(err), use_why(kind, err));
		return 0;
	}
	bad = use_say(&u, "open", !err, "path=/dev/mmdemo/%s result=%s", kind->name, use_errno(err));
	if (err)
		return bad;
	if (!use_choose(&u, way, &bad)) {
		close(u.fd);
		return bad;
	}
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
	for (size_t k = 0; k < NKINDS; k++)
		printf("%-13s about: %s\n%-13s shows: %s\n", use_kinds[k].name, use_kinds[k].about, use_kinds[k].name,
		       use_kinds[k].shows);
	return 0;
}

static const struct {
	const char *name;
	unsigned int step;
} use_options[] = {
	{ "--fork", USE_FORK },	  { "--mremap", USE_MREMAP }, { "--mprotect", USE_MPROTECT }, { "--hold", USE_HOLD },
	{ "--split", USE_SPLIT }, { "--bad", USE_BAD },	      { "--list", USE_LIST },
};

#define NOPTIONS (sizeof(use_options) / sizeof(use_options[0]))

static int use_usage(const char *arg)
{
	if (arg)
		fprintf(stderr, "mmdemo-use: unknown argument '%s'\n", arg);
	fprintf(stderr, "usage: mmdemo-use [KIND|all]");
	for (size_t i = 0; i < NOPTIONS; i++)
		fprintf(stderr, " [%s]", use_options[i].name);
	fprintf(stderr, " [--way=NAME]\nkinds:");
	for (size_t k = 0; k < NKINDS; k++)
		fprintf(stderr, " %s", use_kinds[k].name);
	for (size_t k = 0; k < NKINDS; k++) {
		const char *const *ways = use_kinds[k].ops->ways;

		if (ways)
			fprintf(stderr, "\nways of %s:", use_kinds[k].name);
		for (; ways && *ways; ways++)
			fprintf(stderr, " %s", *ways);
	}
	fprintf(stderr, "\n");
	return 2;
}

/* Adds what one argument asks for; false if it means nothing. */
static bool use_argument(const char *arg, unsigned int *steps, unsigned int *kinds, const char **way)
{
	uint32_t w;

	if (!strncmp(arg, "--way=", 6)) {
		*way = arg + 6;
		for (size_t k = 0; k < NKINDS; k++)
			if (use_way(&use_kinds[k], *way, &w))
				return true;
		return false;
	}
	for (size_t i = 0; i < NOPTIONS; i++)
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
	const char *way = NULL;
	int bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0); /* one write per line, and nothing left to print twice after a fork */
	for (int i = 1; i < argc; i++)
		if (!use_argument(argv[i], &steps, &kinds, &way))
			return use_usage(argv[i]);
	if (steps & USE_LIST)
		return use_list();
	if (access("/dev/mmdemo", F_OK)) {
		fprintf(stderr, "mmdemo-use: no /dev/mmdemo: the demo driver is not loaded, try sudo make load-demo\n");
		return 3;
	}
	for (size_t k = 0; k < NKINDS; k++)
		if (!kinds || kinds & (1u << k))
			bad += use_kind(&use_kinds[k], steps, way);
	printf("done wrong=%d\n", bad);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "mmdemo-use: cannot write the results: %s\n", strerror(errno));
		return 1;
	}
	return bad ? 1 : 0;
}
