/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * texts: one pointer for each text, so that equal texts are equal pointers. What two runs have in common is kept once.
 */
#ifndef MMTRACE_DIFF_TEXTS_H
#define MMTRACE_DIFF_TEXTS_H

#include "mmtrace/map.h"

struct text;

struct texts {
	struct map by_hash; /* -> struct text, which form chains */
	int err;	    /* -ENOMEM sticks */
};

/* Never NULL: "" when there is no memory, which t->err remembers. s may not be NULL. */
const char *texts_get(struct texts *t, const char *s);
void texts_free(struct texts *t);

#endif
