/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the files of mmdemo-use share. mmdemo-use.c has the options and goes from kind to kind; use_steps.c has the
 * steps that every kind can take; mmdemo-bad.c the refusals; use_kit.c what they all are made of. A kind's own way
 * is a struct use_ops in some use_*.c, found by its name from kinds.h: use_<ident>.
 *
 * Functions returning int give the number of things that went wrong, unless it says errno.
 */
#ifndef MMDEMO_USE_H
#define MMDEMO_USE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "mmdemo_uapi.h"

enum use_steps {
	USE_FORK = 1 << 0,
	USE_MREMAP = 1 << 1,
	USE_MPROTECT = 1 << 2,
	USE_HOLD = 1 << 3,
	USE_SPLIT = 1 << 4,
	USE_BAD = 1 << 5,
	USE_LIST = 1 << 6,
};

enum use_traits {
	USE_RAW = 1 << 0,     /* no file content: shared only, never executable */
	USE_ALIGNED = 1 << 1, /* to be mapped at a multiple of its size */
	USE_WHOLE = 1 << 2,   /* the driver refuses to have a mapping split */
};

struct use;

struct use_ops {
	unsigned int traits;
	const char *lacks;	 /* what the machine is without when open gives ENODEV or ENOMEM; NULL: QEMU's edu */
	const char *const *ways; /* names for --way, NULL at the end; MMDEMO_IOC_WAY takes the index. May be NULL */
	/* What is particular to the kind, with all of it mapped at u->addr. Leaves no other mapping. */
	int (*use)(struct use *u);
	/* Leaves something of `seed` in the first len bytes, and finds it there; NULL: 4-byte words of a pattern. */
	int (*mark)(const struct use *u, size_t len, uint32_t seed);
	int (*seen)(const struct use *u, size_t len, uint32_t seed);
	int (*refusals)(struct use *u); /* --bad, besides what every kind refuses; may be NULL */
};

struct use_kind {
	const char *name;
	unsigned int id;
	const char *about, *shows;
	const struct use_ops *ops;
};

struct use {
	const struct use_kind *kind;
	int fd;
	size_t page;
	size_t size;	   /* bytes the driver offers */
	unsigned int base; /* mappings of this kind that lived before this program's */
	void *addr;
	uint32_t way; /* index into ops->ways */
};

/* use_kit.c: each prints its line. One more on stderr if not `good`. */
int use_say(const struct use *u, const char *step, bool good, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int use_result(const struct use *u, const char *name, int want, int got); /* refused: errnos, 0 for success */
const char *use_errno(int err);						  /* "EINVAL"; "ok" for 0 */
int use_open(struct use *u, int flags);					  /* errno; prints nothing */
/* An address for len bytes that is free now, and as the kind wants it. Prints nothing; NULL: anywhere. */
void *use_place(const struct use *u, size_t len);
void *use_mmap(const struct use *u, size_t len, off_t off, int prot, int flags);
int use_munmap(const struct use *u, void *addr, size_t len);
int use_maps(const struct use *u, unsigned int want);
int use_write(const struct use *u, void *addr, size_t len, uint32_t seed);
/* `first` is the index of the pattern's word that must stand at addr. */
int use_verify(const struct use *u, void *addr, size_t len, uint32_t seed, size_t first);
int use_mark(const struct use *u, size_t len, uint32_t seed);
int use_seen(const struct use *u, size_t len, uint32_t seed);
/* An ioctl of the kind that must go well: `way kind= name= value= result=`. */
int use_ioctl(const struct use *u, const char *name, unsigned long cmd, void *arg, unsigned long value);
/* What many kinds do: write all, then read the second half through a read-only mapping of its own. */
int use_words(struct use *u);

/* use_steps.c */
int use_fork(struct use *u);
int use_mremap(struct use *u); /* u->addr is another afterwards */
int use_mprotect(struct use *u);
int use_split(struct use *u);
int use_hold(struct use *u); /* closes u->fd, which is -1 afterwards */

/* mmdemo-bad.c */
int use_refusals(struct use *u);

#endif
