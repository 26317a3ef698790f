// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sink/fold.h"

#include <string.h>

static void put(struct buf *b, const char *s, size_t len)
{
	if (b->len)
		buf_putc(b, ';');
	for (size_t i = 0; i < len; i++)
		buf_putc(b, s[i] == ';' || s[i] == '\n' ? ':' : s[i]);
}

void fold_name(struct buf *b, const char *name)
{
	put(b, name, strlen(name));
}

/* A frame without its offset, so that calls of one function from several places are one; of code without a file what it is. */
static void put_frame(struct buf *b, const char *frame)
{
	const char *blank = strchr(frame, ' '), *plus = strrchr(frame, '+'), *from = frame;

	if (!strncmp(frame, "0x", 2) && blank)
		from = blank + 1;
	put(b, from, plus && plus > from ? (size_t)(plus - from) : strlen(from));
}

void fold_put(struct buf *b, const char *const *frames, unsigned n)
{
	for (unsigned i = n; i--;)
		put_frame(b, frames[i]);
}
