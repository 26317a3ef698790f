// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <mmtrace/base.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 128

/* Room for n more bytes and a NUL behind them. */
static int buf_grow(struct buf *b, size_t n)
{
	size_t need, cap;
	char *data;

	if (b->err)
		return b->err;
	if (b->max && (n > b->max || b->len > b->max - n))
		return b->err = -ENOSPC;
	if (__builtin_add_overflow(b->len, n, &need) || __builtin_add_overflow(need, 1, &need))
		return b->err = -ENOMEM;
	if (need <= b->cap)
		return 0;
	cap = b->cap ? b->cap : FIRST_CAP;
	while (cap < need && !__builtin_mul_overflow(cap, 2, &cap))
		;
	if (cap < need)
		cap = need;
	data = realloc(b->data, cap);
	if (!data)
		return b->err = -ENOMEM;
	b->data = data;
	b->cap = cap;
	return 0;
}

int buf_put(struct buf *b, const void *bytes, size_t n)
{
	int err = buf_grow(b, n);

	if (err)
		return err;
	if (n)
		memcpy(b->data + b->len, bytes, n);
	b->len += n;
	return 0;
}

char *buf_room(struct buf *b, size_t n)
{
	return buf_grow(b, n) ? NULL : b->data + b->len;
}

int buf_puts(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s));
}

int buf_putc(struct buf *b, char c)
{
	return buf_put(b, &c, 1);
}

int buf_pad(struct buf *b, size_t len)
{
	size_t n = b->len < len ? len - b->len : 0;
	int err = buf_grow(b, n);

	if (err)
		return err;
	if (n)
		memset(b->data + b->len, ' ', n);
	b->len += n;
	return 0;
}

int buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	size_t room;
	int n, err;

	err = buf_grow(b, 0);
	if (err)
		return err;
	room = b->cap - b->len;
	va_copy(again, ap);
	n = vsnprintf(b->data + b->len, room, fmt, ap);
	err = n < 0 ? (b->err = -EINVAL) : buf_grow(b, (size_t)n);
	/* Mostly it fitted at once; a limit (max) is only known to buf_grow, so it has the word. */
	if (!err && (size_t)n >= room)
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
	if (!err)
		b->len += (size_t)n;
	va_end(again);
	return err;
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = buf_vprintf(b, fmt, ap);
	va_end(ap);
	return err;
}

const char *buf_str(struct buf *b)
{
	if (!b->data)
		return "";
	b->data[b->len] = '\0'; /* buf_grow always keeps this byte */
	return b->data;
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->err = 0;
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ .max = b->max };
}
