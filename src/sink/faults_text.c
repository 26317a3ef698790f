// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Tables of faults. Short keys come first, then numbers; what can be long (mappings, files, functions) comes last and is never
 * cut: it moves nothing out of its column.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sink/faults.h"
#include "sink/words.h"

#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define NORMAL "\033[0m"

#define ROWS_MAX 40 /* of a table; what is left is summed up */
#define PPM	 1000000u

static const uint32_t shown_ppm[] = { 500000, 900000, 990000, 999000 };
static const char *const shown_name[] = { "P50", "P90", "P99", "P99.9" };

/* In the middle of a line, in front: those that are never long. */
static bool is_short(unsigned dim)
{
	return dim == FAULTS_KIND || dim == FAULTS_COMM || dim == FAULTS_CPU || dim == FAULTS_CLUSTER;
}

static bool is_right(unsigned dim)
{
	return dim == FAULTS_CPU;
}

/* What a person wants to read of it. */
static void put_dim(struct buf *b, const struct faults_show *k, const struct faults_cell *c, unsigned dim)
{
	char text[FAULTS_TEXT];
	const char *s = faults_book_text(k->book, c, dim, text);

	if (dim != FAULTS_KIND && faults_is_other(k->opts, c)) {
		buf_puts(b, "(other)");
		return;
	}
	words_visible(b, s ? s : "-");
	if (dim == FAULTS_MAPPING && c->row->mapping) {
		buf_putc(b, ' ');
		words_visible(b, c->row->mapping);
	}
}

void faults_text_key(struct buf *b, const struct faults_show *k, const struct faults_group *g)
{
	char text[FAULTS_TEXT];

	if (!k->opts->nby)
		buf_puts(b, "all");
	for (unsigned i = 0; i < k->opts->nby; i++) {
		if (i)
			buf_puts(b, ", ");
		if (k->opts->by[i] == FAULTS_CPU && g->cell->row->cpu >= 0)
			buf_puts(b, "CPU ");
		if (faults_book_text(k->book, g->cell, k->opts->by[i], text) || faults_is_other(k->opts, g->cell))
			put_dim(b, k, g->cell, k->opts->by[i]);
		else
			buf_printf(b, "(unknown %s)", faults_dim_name(k->opts->by[i]));
	}
}

const char *faults_text_ns(const struct faults_style *s, bool known, uint64_t ns, char buf[NUM_FMT_LEN])
{
	char text[NUM_FMT_LEN];

	if (!known)
		return "-";
	if (ns >= s->clock_ns)
		return num_fmt_duration(buf, ns);
	snprintf(buf, NUM_FMT_LEN, "<%.20s", num_fmt_duration(text, s->clock_ns));
	return buf;
}

/* Three digits or so: 51.2, 2400, 240k */
static const char *put_rate(char buf[NUM_FMT_LEN], uint64_t count, uint64_t span_ns)
{
	unsigned __int128 milli = span_ns ? (unsigned __int128)count * 1000000000000ull / span_ns : 0;
	uint64_t m = milli > UINT64_MAX ? UINT64_MAX : (uint64_t)milli;

	if (!span_ns)
		return "-";
	if (m < 100000)
		snprintf(buf, NUM_FMT_LEN, "%" PRIu64 ".%" PRIu64, m / 1000, m / 100 % 10);
	else if (m < 100000000)
		snprintf(buf, NUM_FMT_LEN, "%" PRIu64, m / 1000);
	else if (m < 100000000000)
		snprintf(buf, NUM_FMT_LEN, "%" PRIu64 "k", m / 1000000);
	else
		snprintf(buf, NUM_FMT_LEN, "%" PRIu64 ".%" PRIu64 "M", m / 1000000000, m / 100000000 % 10);
	return buf;
}

const char *faults_text_share(char buf[NUM_FMT_LEN], uint64_t part, uint64_t all, bool known)
{
	uint64_t permille = all ? (uint64_t)(((unsigned __int128)part * 1000 + all / 2) / all) : 0;

	if (!known || !all)
		return "-";
	if (part && !permille)
		return "<0.1%";
	if (part < all && permille == 1000)
		permille = 999; /* not all of it */
	snprintf(buf, NUM_FMT_LEN, "%" PRIu64 ".%" PRIu64 "%%", permille / 10, permille % 10);
	return buf;
}

/* ---- the table ---- */

struct columns {
	unsigned width[FAULTS_DIMS]; /* of the short ones, by place in by[] */
	bool tail;		     /* there are long ones */
};

static void measure(struct columns *c, const struct faults_show *k, const struct faults_groups *g)
{
	struct buf one = { 0 };

	*c = (struct columns){ 0 };
	for (unsigned i = 0; i < k->opts->nby; i++) {
		unsigned dim = k->opts->by[i];

		c->tail |= !is_short(dim);
		c->width[i] = (unsigned)strlen(faults_dim_name(dim));
		for (size_t n = 0; n < g->n && n < ROWS_MAX; n++) {
			buf_reset(&one);
			put_dim(&one, k, g->g[n].cell, dim);
			if (one.len > c->width[i])
				c->width[i] = (unsigned)one.len;
		}
		/* the first column also says "all" and "other", and does not jump from interval to interval */
		if (c->width[i] < 7 && !is_right(dim))
			c->width[i] = 7;
		if (dim == FAULTS_KIND && c->width[i] < 12)
			c->width[i] = 12;
	}
	buf_free(&one);
}

static void put_cell(struct buf *b, const char *text, unsigned width, bool right)
{
	size_t from = b->len, len = strlen(text);

	for (size_t gap = right && len < width ? width - len : 0; gap; gap--)
		buf_putc(b, ' ');
	words_visible(b, text);
	buf_pad(b, from + width);
	buf_putc(b, ' ');
}

static void put_head(struct buf *b, const struct faults_show *k, const struct columns *c)
{
	char name[16];

	buf_puts(b, k->style.color ? BOLD : "");
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < k->opts->nby; i++) {
			unsigned dim = k->opts->by[i];
			size_t n = 0;

			if (is_short(dim) != !pass)
				continue;
			for (const char *s = faults_dim_name(dim); *s; s++)
				name[n++] = (char)(*s - 'a' + 'A');
			name[n] = '\0';
			if (pass)
				buf_printf(b, " %s", name);
			else
				put_cell(b, name, c->width[i], is_right(dim));
		}
		if (pass)
			break;
		buf_printf(b, "%8s %7s %7s %6s", "COUNT", "RATE/s", "TOTAL", "SHARE");
		for (unsigned i = 0; i < MMT_COUNT(shown_ppm); i++)
			buf_printf(b, " %6s", shown_name[i]);
		buf_printf(b, " %7s", "MAX");
		if (k->style.mean)
			buf_printf(b, " %6s", "MEAN");
	}
	buf_puts(b, k->style.color ? NORMAL "\n" : "\n");
}

static void put_numbers(struct buf *b, const struct faults_show *k, const struct faults_sum *s, uint64_t all_ns)
{
	char rate[NUM_FMT_LEN], total[NUM_FMT_LEN], share[NUM_FMT_LEN], text[NUM_FMT_LEN], max[NUM_FMT_LEN + 1];
	bool timed = s->timed != 0;
	uint64_t low, high;

	buf_printf(b, "%8" PRIu64 " %7s %7s %6s", s->count, put_rate(rate, s->count, k->span_ns),
		   timed ? num_fmt_duration(total, s->sum_ns) : "-",
		   faults_text_share(share, s->sum_ns, all_ns, timed));
	for (unsigned i = 0; i < MMT_COUNT(shown_ppm); i++) {
		bool known = faults_sum_quantile(s, shown_ppm[i], &low, &high);

		buf_printf(b, " %6s", faults_text_ns(&k->style, known, known ? low + (high - low) / 2 : 0, text));
	}
	snprintf(max, sizeof(max), "%s%s", s->max_about ? "~" : "", faults_text_ns(&k->style, timed, s->max_ns, text));
	buf_printf(b, " %7s", max);
	if (k->style.mean)
		buf_printf(b, " %6s", faults_text_ns(&k->style, timed, faults_sum_mean(s), text));
}

static void put_row(struct buf *b, const struct faults_show *k, const struct columns *c, const struct faults_group *g,
		    uint64_t all_ns)
{
	struct buf one = { 0 };

	for (unsigned i = 0; i < k->opts->nby; i++) {
		if (!is_short(k->opts->by[i]))
			continue;
		buf_reset(&one);
		put_dim(&one, k, g->cell, k->opts->by[i]);
		put_cell(b, buf_str(&one), c->width[i], is_right(k->opts->by[i]));
	}
	put_numbers(b, k, &g->sum, all_ns);
	for (unsigned i = 0; i < k->opts->nby; i++) {
		if (is_short(k->opts->by[i]))
			continue;
		buf_putc(b, ' ');
		put_dim(b, k, g->cell, k->opts->by[i]);
	}
	buf_putc(b, '\n');
	buf_free(&one);
}

static void put_all(struct buf *b, const struct faults_show *k, const struct columns *c, const struct faults_groups *g)
{
	bool said = false;

	buf_puts(b, k->style.color ? DIM : "");
	for (unsigned i = 0; i < k->opts->nby; i++) {
		if (!is_short(k->opts->by[i]))
			continue;
		put_cell(b, said ? "" : "all", c->width[i], false);
		said = true;
	}
	put_numbers(b, k, &g->all, g->all.sum_ns);
	buf_puts(b, said ? "" : " all");
	buf_puts(b, k->style.color ? NORMAL "\n" : "\n");
}

static void put_left_out(struct buf *b, const struct faults_groups *g)
{
	char share[NUM_FMT_LEN], total[NUM_FMT_LEN];
	uint64_t count = 0, ns = 0;

	for (size_t i = ROWS_MAX; i < g->n; i++) {
		count += g->g[i].sum.count;
		ns += g->g[i].sum.sum_ns;
	}
	buf_printf(b, "... and %zu more keys with %" PRIu64 " faults, %s (%s); -j has them all\n", g->n - ROWS_MAX,
		   count, num_fmt_duration(total, ns), faults_text_share(share, ns, g->all.sum_ns, true));
}

/* What the table does not show, with its number. */
static void put_notes(struct buf *b, const struct faults_show *k, const struct faults_groups *g)
{
	char text[NUM_FMT_LEN];

	if (g->other)
		buf_printf(b,
			   "%" PRIu64
			   " faults are (other): no room for their keys (--mem), or no way to tell them here\n",
			   g->other);
	if (g->unnamed)
		buf_printf(b, "%" PRIu64 " faults have keys whose names were lost\n", g->unnamed);
	if (g->all.timed < g->all.count)
		buf_printf(b, "%" PRIu64 " faults were counted and not timed\n", g->all.count - g->all.timed);
	if (k->opts->slower_ns)
		buf_printf(b, "only faults of %s and more\n", num_fmt_duration(text, k->opts->slower_ns));
}

void faults_text_table(struct buf *b, const struct faults_show *k, const struct faults_groups *g)
{
	struct columns c;

	if (!g->n) {
		buf_puts(b, k->opts->slower_ns ? "no page fault that slow\n" : "no page fault\n");
		return;
	}
	measure(&c, k, g);
	put_head(b, k, &c);
	for (size_t i = 0; i < g->n && i < ROWS_MAX; i++)
		put_row(b, k, &c, &g->g[i], g->all.sum_ns);
	if (g->n > ROWS_MAX)
		put_left_out(b, g);
	if (g->n > 1)
		put_all(b, k, &c, g);
	put_notes(b, k, g);
}

/* ---- stacks ---- */

#define STACKS_MAX 5

static void put_frames(struct buf *b, const char *stack)
{
	/* innermost first, as one reads them */
	for (size_t end = strlen(stack); end;) {
		size_t from = end;
		struct buf one = { 0 };

		while (from && stack[from - 1] != ';')
			from--;
		buf_put(&one, stack + from, end - from);
		buf_puts(b, "        ");
		words_visible(b, buf_str(&one));
		buf_putc(b, '\n');
		buf_free(&one);
		end = from ? from - 1 : 0;
	}
}

void faults_text_stacks(struct buf *b, const struct faults_show *k, const struct faults_groups *g)
{
	char share[NUM_FMT_LEN], total[NUM_FMT_LEN];

	buf_printf(b, "\n%sThe heaviest stacks%s\n", k->style.color ? BOLD : "", k->style.color ? NORMAL : "");
	for (size_t i = 0; i < g->n && i < STACKS_MAX; i++) {
		const struct faults_sum *s = &g->g[i].sum;

		buf_printf(b, "%6s  %s in %" PRIu64 " fault%s\n",
			   faults_text_share(share, s->sum_ns, g->all.sum_ns, s->timed != 0),
			   s->timed ? num_fmt_duration(total, s->sum_ns) : "-", s->count, s->count == 1 ? "" : "s");
		put_frames(b, g->g[i].key);
	}
	if (g->n > STACKS_MAX)
		buf_printf(b, "... and %zu more; --folded has them all\n", g->n - STACKS_MAX);
}

void faults_text_folded(struct buf *b, const struct faults_show *k, const struct faults_groups *g)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct faults_sum *s = &g->g[i].sum;

		buf_printf(b, "%s %" PRIu64 "\n", g->g[i].key,
			   k->opts->form == FAULTS_FOLDED_COUNT ? s->count : s->sum_ns);
	}
}
