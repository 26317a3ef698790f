// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <string.h>
#include "sink/flow.h"
#include "sink/words.h"

#define DIM    "\033[2m"
#define BOLD   "\033[1m"
#define RED    "\033[31m"
#define NORMAL "\033[0m"

#define TIME_END 86 /* column that times end at, of 100; a longer line moves only its own */
#define INDENT	 6  /* what became of a mapping stands below the call that made it */
#define LEVELS	 16

struct strokes {
	const char *tee, *corner, *bar, *blank;
};

static const struct strokes lines = { "├─ ", "└─ ", "│  ", "   " }, plain = { "|- ", "`- ", "|  ", "   " };

/* Characters on the screen: UTF-8's continuation bytes take no room. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* Is there another node of this level below, before its parent ends? */
static bool has_next(const struct flow_step *s, size_t i, unsigned level)
{
	for (i++; i < s->n && s->nodes[i].level >= level; i++)
		if (s->nodes[i].level == level)
			return true;
	return false;
}

static void put_strokes(struct buf *b, const struct flow_style *style, const struct flow_step *s, size_t i)
{
	const struct strokes *k = style->ascii ? &plain : &lines;
	unsigned level = s->nodes[i].level;

	for (unsigned l = 1; l < level && l < LEVELS; l++)
		buf_puts(b, has_next(s, i, l) ? k->bar : k->blank);
	if (level)
		buf_puts(b, has_next(s, i, level) ? k->tee : k->corner);
}

static void put_tail(struct buf *b, const struct flow_style *style, const struct flow_node *n, size_t used)
{
	char dur[NUM_FMT_LEN] = "";
	size_t len;

	if (n->dur != FLOW_UNTIMED)
		num_fmt_duration(dur, n->dur);
	len = strlen(dur);
	if (!len && !*n->id)
		return;
	for (size_t gap = used + len + 2 < TIME_END ? TIME_END - used - len : 2; gap; gap--)
		buf_putc(b, ' ');
	buf_puts(b, dur);
	if (*n->id)
		buf_printf(b, "  %s%s%s", style->color ? DIM : "", n->id, style->color ? NORMAL : "");
}

static void put_node(struct buf *b, const struct flow_style *style, const struct flow_step *s, size_t i)
{
	const struct flow_node *n = &s->nodes[i];
	const char *paint = !style->color ? "" : n->failed ? RED : !i && !s->life ? BOLD : "";
	struct buf line = { 0 }, text = { 0 };

	if (s->life || i)
		buf_pad(&line, INDENT);
	put_strokes(&line, style, s, i);
	words_visible(&text, n->text);
	buf_puts(b, buf_str(&line));
	buf_puts(b, paint);
	buf_puts(b, buf_str(&text));
	buf_puts(b, *paint ? NORMAL : "");
	put_tail(b, style, n, width(buf_str(&line)) + width(buf_str(&text)));
	buf_putc(b, '\n');
	buf_free(&line);
	buf_free(&text);
}

void flow_text_step(struct buf *b, const struct flow_style *style, const struct flow_step *step)
{
	for (size_t i = 0; i < step->n; i++)
		put_node(b, style, step, i);
}

void flow_text_head(struct buf *b, const struct flow_style *style, const char *comm, uint32_t pid)
{
	buf_puts(b, style->color ? DIM : "");
	words_visible(b, comm);
	buf_printf(b, " %u%s\n", pid, style->color ? NORMAL : "");
}
