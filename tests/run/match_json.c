// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* One line of JSON, in place, as a flat list. Small on purpose: it must not share the writer's mistakes. */
#include "match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	struct object *o;
	char *p;
};

static const char *parse_object(struct parser *s, const char *prefix);

static void blanks(struct parser *s)
{
	while (*s->p == ' ' || *s->p == '\t')
		s->p++;
}

static char *put_utf8(char *to, unsigned long c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 63));
	} else {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	}
	return to;
}

/* At the opening quote; the text ends where its closing quote stood. NULL: not a string. */
static char *parse_string(struct parser *s)
{
	static const char from[] = "nrtbf", mean[] = "\n\r\t\b\f";
	char *start = s->p + 1, *to = start, *q = start;

	if (*s->p != '"')
		return NULL;
	for (; *q && *q != '"'; q++) {
		const char *e;

		if (*q != '\\') {
			*to++ = *q;
			continue;
		}
		q++;
		e = *q ? strchr(from, *q) : NULL;
		if (*q == 'u') {
			char hex[5] = "", *end;

			strncpy(hex, q + 1, 4);
			to = put_utf8(to, strtoul(hex, &end, 16));
			if (end != hex + 4)
				return NULL;
			q += 4;
		} else if (e) {
			*to++ = mean[e - from];
		} else if (*q) {
			*to++ = *q;
		} else {
			return NULL;
		}
	}
	if (*q != '"')
		return NULL;
	*to = 0;
	s->p = q + 1;
	return start;
}

static const char *joined(struct object *o, const char *prefix, const char *key)
{
	size_t need = strlen(prefix) + strlen(key) + 2;
	char *at = o->names + o->names_used;

	if (!*prefix)
		return key;
	if (o->names_used + need > sizeof(o->names))
		return NULL;
	strcpy(at, prefix);
	strcat(at, ".");
	strcat(at, key);
	o->names_used += need;
	return at;
}

/* An array is kept as its own text: nobody compares one. */
static const char *parse_array(struct parser *s, char **text)
{
	unsigned int depth = 0;

	*text = s->p;
	for (; *s->p; s->p++) {
		if (*s->p == '"') {
			char *p = s->p + 1;

			for (; *p && *p != '"'; p++)
				if (*p == '\\' && p[1])
					p++;
			if (!*p)
				break;
			s->p = p;
			continue;
		}
		depth += *s->p == '[';
		if (*s->p == ']' && !--depth) {
			s->p++;
			return NULL;
		}
	}
	return "an array without its end";
}

static const char *parse_value(struct parser *s, const char *key)
{
	struct object *o = s->o;
	char *text, *end;
	const char *err;

	blanks(s);
	if (*s->p == '{')
		return parse_object(s, !strcmp(key, "args") ? "" : key);
	if (o->n == MAX_VALUES)
		return "too many members";
	if (*s->p == '"') {
		text = parse_string(s);
		if (!text)
			return "a broken string";
	} else if (*s->p == '[') {
		err = parse_array(s, &text);
		if (err)
			return err;
	} else {
		text = s->p;
		end = text + strcspn(text, ",}] \t");
		if (end == text)
			return "a member without a value";
		s->p = end;
		if (!strncmp(text, "null", 4) && end == text + 4)
			text = NULL;
	}
	o->v[o->n++] = (struct value){ .key = key, .text = text };
	return NULL;
}

static const char *parse_object(struct parser *s, const char *prefix)
{
	s->p++;
	for (;;) {
		const char *key, *err;
		char *name, after;

		blanks(s);
		if (*s->p == '}')
			break;
		name = parse_string(s);
		if (!name)
			return "a member without a name";
		blanks(s);
		if (*s->p++ != ':')
			return "a name without ':'";
		key = joined(s->o, prefix, name);
		if (!key)
			return "names too long";
		err = parse_value(s, key);
		if (err)
			return err;
		blanks(s);
		after = *s->p;
		if (after != ',' && after != '}')
			return "neither ',' nor '}' after a value";
		*s->p = 0; /* ends a number */
		if (after == '}')
			break;
		s->p++;
	}
	s->p++;
	return NULL;
}

const char *object_parse(struct object *o, char *line)
{
	struct parser s = { .o = o, .p = line };
	const char *err;

	o->n = o->names_used = 0;
	blanks(&s);
	if (*s.p != '{')
		return "not an object";
	err = parse_object(&s, "");
	if (!err) {
		blanks(&s);
		if (*s.p && *s.p != '\n')
			err = "text behind the object";
	}
	return err;
}

const char *object_get(const struct object *o, const char *key, bool *there)
{
	for (size_t i = 0; i < o->n; i++)
		if (!strcmp(o->v[i].key, key)) {
			if (there)
				*there = true;
			return o->v[i].text;
		}
	if (there)
		*there = false;
	return NULL;
}

bool number(const char *text, uint64_t *out)
{
	char *end;

	if (!text || !*text || (*text != '-' && (*text < '0' || *text > '9')))
		return false;
	errno = 0;
	*out = *text == '-' ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
	return !errno && !*end;
}
