// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sink/words.h"

#include <stdlib.h>
#include <string.h>
#include "event/value.h"
#include "sink/words_list.h"

static void put_field(struct buf *b, const struct mmt_view *v, const char *name, size_t len)
{
	char field[32];
	const struct mmt_field *f = NULL;

	if (len < sizeof(field)) {
		memcpy(field, name, len);
		field[len] = '\0';
		f = schema_field(v->ev, field);
	}
	if (f)
		value_show(b, v->h, f, v->names);
	else
		buf_putc(b, '?');
}

static void put_word(struct buf *b, const struct mmt_view *v, const char *name, size_t len)
{
	for (size_t i = 0; i < words_list_n; i++) {
		if (strlen(words_list[i].name) == len && !memcmp(words_list[i].name, name, len)) {
			words_list[i].put(b, v);
			return;
		}
	}
	buf_putc(b, '?');
}

/* What stands between the braces: a field or a $word, and how wide it is to be. */
static void put_part(struct buf *b, const struct mmt_view *v, const char *part)
{
	size_t len = strcspn(part, ":}"), from = b->len, width = 0, got;
	bool right = part[len] == ':' && part[len + 1] == '>';

	if (part[len] == ':')
		width = strtoul(part + len + 1 + right, NULL, 10);
	if (*part == '$')
		put_word(b, v, part + 1, len - 1);
	else
		put_field(b, v, part, len);
	got = b->len - from;
	if (got >= width || b->err)
		return;
	buf_pad(b, from + width);
	if (right && !b->err) {
		memmove(b->data + from + width - got, b->data + from, got);
		memset(b->data + from, ' ', width - got);
	}
}

/* An event without a template shows all it has. */
static void put_all(struct buf *b, const struct mmt_view *v)
{
	for (unsigned i = 0; i < v->ev->nfields; i++) {
		const struct mmt_field *f = &v->ev->fields[i];

		if (schema_field_hidden(f) || !value_has(v->h, f))
			continue;
		buf_printf(b, "%s%s=", i ? " " : "", f->name);
		value_show(b, v->h, f, v->names);
	}
}

void words_put(struct buf *b, const struct mmt_view *v, const char *template)
{
	if (!template) {
		put_all(b, v);
		return;
	}
	for (; *template; template ++) {
		if (*template != '{') {
			buf_putc(b, *template);
			continue;
		}
		put_part(b, v, template + 1);
		template += strcspn(template, "}");
	}
}

void words_visible(struct buf *b, const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			buf_printf(b, "\\x%02x", (unsigned char)*s);
		else
			buf_putc(b, *s);
	}
}
