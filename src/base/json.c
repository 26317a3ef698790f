// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Streaming JSON writer: what it lets through is valid, misuse is an error, not bad output. */
#include <mmtrace/base.h>

#include <errno.h>
#include <string.h>

void json_init(struct json *j, struct buf *out)
{
	*j = (struct json){ .out = out };
}

/*
 * Length of the UTF-8 sequence at s, 0 if it is none: overlong forms, surrogates and
 * code points past U+10FFFF are none (RFC 3629, section 4).
 */
static size_t utf8_len(const unsigned char *s, size_t n)
{
	static const struct {
		unsigned char first, last, low, high; /* of the first byte, of the second */
		unsigned char len;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	if (s[0] < 0x80)
		return 1;
	for (size_t i = 0; i < MMT_COUNT(forms); i++) {
		if (s[0] < forms[i].first || s[0] > forms[i].last)
			continue;
		if (n < forms[i].len || s[1] < forms[i].low || s[1] > forms[i].high)
			return 0;
		for (size_t k = 2; k < forms[i].len; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].len;
	}
	return 0;
}

static void put_escaped(struct buf *out, unsigned char c)
{
	static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: byte, letter behind the backslash */

	for (size_t i = 0; i + 1 < sizeof(names); i += 2) {
		if ((unsigned char)names[i] != c)
			continue;
		buf_putc(out, '\\');
		buf_putc(out, names[i + 1]);
		return;
	}
	buf_printf(out, "\\u%04x", c);
}

static bool needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

static void put_string(struct buf *out, const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + n;

	buf_putc(out, '"');
	while (p < end) {
		const unsigned char *run = p;
		size_t len = 1;

		while (p < end && !needs_escape(*p) && (len = utf8_len(p, (size_t)(end - p))) != 0)
			p += len;
		buf_put(out, run, (size_t)(p - run));
		if (p == end)
			break;
		if (needs_escape(*p))
			put_escaped(out, *p);
		else
			buf_puts(out, "\\ufffd");
		p++;
	}
	buf_putc(out, '"');
}

/* Comma and key in front of a value; false: the value must not be written. */
static bool start_value(struct json *j, const char *key)
{
	bool in_object = j->depth && j->open[j->depth - 1] == '{';

	if (j->err)
		return false;
	/* At the top there is one value per line: a second one would not be a JSON text. */
	if (in_object != (key != NULL) || (!j->depth && j->comma)) {
		j->err = -EINVAL;
		return false;
	}
	if (j->comma)
		buf_putc(j->out, ',');
	if (key) {
		put_string(j->out, key, strlen(key));
		buf_putc(j->out, ':');
	}
	j->comma = true;
	return true;
}

static void open_level(struct json *j, const char *key, char bracket)
{
	if (j->depth == JSON_DEPTH_MAX && !j->err)
		j->err = -EINVAL;
	if (!start_value(j, key))
		return;
	j->open[j->depth++] = bracket;
	j->comma = false;
	buf_putc(j->out, bracket);
}

void json_obj(struct json *j, const char *key)
{
	open_level(j, key, '{');
}

void json_arr(struct json *j, const char *key)
{
	open_level(j, key, '[');
}

void json_end(struct json *j)
{
	if (!j->depth && !j->err)
		j->err = -EINVAL;
	if (j->err)
		return;
	buf_putc(j->out, j->open[--j->depth] == '{' ? '}' : ']');
	j->comma = true;
}

/* By hand: an event line is mostly numbers, and printf reads its format again for each. */
static void put_number(struct buf *out, uint64_t v, unsigned base)
{
	char digits[20], *p = digits + sizeof(digits); /* UINT64_MAX has 20 */

	do
		*--p = "0123456789abcdef"[v % base];
	while (v /= base);
	buf_put(out, p, (size_t)(digits + sizeof(digits) - p));
}

void json_u64(struct json *j, const char *key, uint64_t v)
{
	if (start_value(j, key))
		put_number(j->out, v, 10);
}

void json_i64(struct json *j, const char *key, int64_t v)
{
	if (!start_value(j, key))
		return;
	if (v < 0)
		buf_putc(j->out, '-');
	put_number(j->out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10);
}

void json_hex(struct json *j, const char *key, uint64_t v)
{
	if (!start_value(j, key))
		return;
	buf_puts(j->out, "\"0x");
	put_number(j->out, v, 16);
	buf_putc(j->out, '"');
}

void json_thousandths(struct json *j, const char *key, uint64_t v)
{
	if (!start_value(j, key))
		return;
	put_number(j->out, v / 1000, 10);
	buf_printf(j->out, ".%03u", (unsigned)(v % 1000));
}

void json_bool(struct json *j, const char *key, bool v)
{
	if (start_value(j, key))
		buf_puts(j->out, v ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
	if (start_value(j, key))
		buf_puts(j->out, "null");
}

void json_str(struct json *j, const char *key, const char *s)
{
	if (s)
		json_strn(j, key, s, strlen(s));
	else
		json_null(j, key);
}

void json_strn(struct json *j, const char *key, const char *s, size_t n)
{
	if (start_value(j, key))
		put_string(j->out, s, n);
}

int json_line(struct json *j)
{
	int err = j->err;

	if (!err && (j->depth || !j->comma))
		err = -EINVAL;
	if (!err)
		buf_putc(j->out, '\n');
	if (!err)
		err = j->out->err;
	json_init(j, j->out);
	return err;
}
