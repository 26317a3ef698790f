/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What mmdemo-use.c and mmdemo-bad.c share. Functions returning int give the number of things that went wrong. */
#ifndef MMDEMO_USE_H
#define MMDEMO_USE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "mmdemo_uapi.h"

enum use_steps { USE_FORK = 1, USE_SPLIT = 2, USE_BAD = 4, USE_HOLD = 8, USE_LIST = 16 };

struct use;

struct use_kind {
	const char *name;
	unsigned int id;
	bool raw; /* no file content: shared only, never executable */
	int (*use)(struct use *u);
};

struct use {
	const struct use_kind *kind;
	int fd;
	size_t page;
	size_t size;	   /* bytes the driver offers */
	unsigned int base; /* mappings of this kind that lived before this program's */
	void *addr;
};

/* One line on stdout; one more on stderr if not `good`. */
int use_say(const struct use *u, const char *step, bool good, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
const char *use_errno(int err);		/* "EINVAL"; "ok" for 0 */
int use_open(struct use *u, int flags); /* 0 or errno */
void *use_mmap(const struct use *u, size_t len, off_t off, int prot, int flags);
int use_munmap(const struct use *u, void *addr, size_t len);
int use_maps(const struct use *u, unsigned int want);
int use_refusals(struct use *u);

#endif
