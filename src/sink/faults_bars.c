// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Histograms and shares, drawn. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sink/faults.h"

#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define CYAN   "\033[36m"
#define NORMAL "\033[0m"

#define KEYS_MAX  6   /* keys that get a histogram */
#define LIGHT	  100 /* what has less than this part of the time gets none */
#define LINES	  16  /* rows of one: finer ones where the whole lies close together */
#define FINEST	  4   /* rows of a power of two at most: each is 8 buckets */
#define BAR_MIN	  10
#define EMPTY_MAX 2 /* rows without a fault in a row: more of them are one */
#define BAR_MAX	  60

/* ---- one bar ---- */

static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };

/* What is there is seen: never less than the thinnest mark. Returns the columns it took. */
static unsigned put_bar(struct buf *b, const struct faults_style *style, uint64_t part, uint64_t whole, unsigned width)
{
	uint64_t steps = style->ascii ? 1 : 8,
		 n = whole ? (uint64_t)((unsigned __int128)part * width * steps / whole) : 0;
	unsigned used;

	if (part && !n)
		n = 1;
	used = (unsigned)((n + steps - 1) / steps);
	buf_puts(b, style->color && part ? CYAN : "");
	for (uint64_t i = 0; i < n / steps; i++)
		buf_puts(b, style->ascii ? "#" : "█");
	if (!style->ascii)
		buf_puts(b, eighths[n % steps]);
	buf_puts(b, style->color && part ? NORMAL : "");
	for (unsigned i = used; i < width; i++)
		buf_putc(b, ' ');
	return used;
}

/* ---- a histogram ---- */

/* Rows are cut where buckets end, so that every count is exact. */
struct grid {
	unsigned per_octave; /* rows of a power of two: 1, 2, 4 */
	unsigned first, last;
	unsigned low; /* row of the clock's granularity: what is below is one row with it */
};

/* Number of the row that a bucket lies in. */
static unsigned row_of(const struct grid *g, uint32_t index)
{
	uint64_t low = hist_low(index);
	unsigned exp = low ? 63u - (unsigned)__builtin_clzll(low) : 0;
	uint64_t within = low ? low - (1ull << exp) : 0;

	return exp * g->per_octave + (unsigned)((within * g->per_octave) >> exp);
}

static uint64_t row_low(const struct grid *g, unsigned row)
{
	unsigned exp = row / g->per_octave, part = row % g->per_octave;

	return row ? (1ull << exp) + ((1ull << exp) * part) / g->per_octave : 0;
}

static unsigned clamped(const struct grid *g, uint32_t index)
{
	unsigned row = row_of(g, index);

	return row < g->low ? g->low : row;
}

static void lay_grid(struct grid *g, const struct faults_hist *h, uint64_t clock_ns)
{
	for (g->per_octave = FINEST;; g->per_octave /= 2) {
		g->low = row_of(g, hist_index(clock_ns));
		/* a row no wider than the clock's step says nothing of its own: those are taken together */
		while (clock_ns > 1 && row_low(g, g->low + 2) - row_low(g, g->low + 1) < clock_ns)
			g->low++;
		g->first = clamped(g, h->b[0].index);
		g->last = clamped(g, h->b[h->n - 1].index);
		/* no finer than what would hide the shortest below the clock's step */
		if (g->per_octave == 1 || (g->last - g->first < LINES && row_of(g, h->b[0].index) > g->low))
			return;
	}
}

/* Which of the quantiles lie in this row: " <- p50 p90" */
static void put_marks(struct buf *b, const struct faults_show *k, const struct grid *g, const struct faults_sum *s,
		      unsigned row)
{
	static const struct {
		uint32_t ppm;
		const char *name;
	} marks[] = {
		{ 500000, "p50" }, { 900000, "p90" }, { 990000, "p99" }, { 999000, "p99.9" }, { 1000000, "max" }
	};
	bool any = false;

	for (unsigned i = 0; i < MMT_COUNT(marks); i++) {
		uint64_t low, high;

		if (!faults_sum_quantile(s, marks[i].ppm, &low, &high) || clamped(g, hist_index(low)) != row)
			continue;
		if (!any)
			buf_printf(b, "  %s%s", k->style.color ? DIM : "", k->style.ascii ? "<-" : "←");
		any = true;
		buf_printf(b, " %s", marks[i].name);
	}
	buf_puts(b, any && k->style.color ? NORMAL : "");
}

/* Rows without a fault from this one on. */
static unsigned empty_rows(const uint64_t *rows, unsigned from, unsigned last)
{
	unsigned n = 0;

	while (from + n < last && !rows[from + n])
		n++;
	return n;
}

static void put_rows(struct buf *b, const struct faults_show *k, const struct faults_sum *s)
{
	uint64_t rows[LINES * 4] = { 0 }, most = 0;
	unsigned width = k->style.width > 42 ? k->style.width - 42 : BAR_MIN;
	struct grid g;

	lay_grid(&g, &s->hist, k->style.clock_ns);
	for (uint32_t i = 0; i < s->hist.n; i++) {
		unsigned at = clamped(&g, s->hist.b[i].index) - g.first;

		if (at < MMT_COUNT(rows))
			rows[at] += s->hist.b[i].count;
	}
	for (unsigned i = 0; i < MMT_COUNT(rows); i++)
		most = rows[i] > most ? rows[i] : most;
	width = width > BAR_MAX ? BAR_MAX : width < BAR_MIN ? BAR_MIN : width;
	for (unsigned row = g.first; row <= g.last; row++) {
		char text[NUM_FMT_LEN], label[NUM_FMT_LEN + 1];
		unsigned empty = empty_rows(rows, row - g.first, g.last - g.first);
		uint64_t low = row_low(&g, row);

		if (empty > EMPTY_MAX) {
			buf_printf(b, "%9s %s\n", "", k->style.ascii ? ":" : "⋮");
			row += empty - 1;
			continue;
		}

		if (row == g.low && k->style.clock_ns > 1)
			snprintf(label, sizeof(label), "<%s", num_fmt_duration(text, row_low(&g, row + 1)));
		else
			snprintf(label, sizeof(label), "%s", num_fmt_duration(text, low));
		buf_printf(b, "%9s %s", label, k->style.ascii ? "|" : "│");
		put_bar(b, &k->style, rows[row - g.first], most, width);
		buf_printf(b, " %9" PRIu64, rows[row - g.first]);
		put_marks(b, k, &g, s, row);
		buf_putc(b, '\n');
	}
}

void faults_text_bars(struct buf *b, const struct faults_show *k, const struct faults_groups *g)
{
	size_t drawn = 0;
	char mean[NUM_FMT_LEN];

	for (size_t i = 0; i < g->n && drawn < KEYS_MAX; i++) {
		const struct faults_sum *s = &g->g[i].sum;

		if (!s->timed || (drawn && s->sum_ns < g->all.sum_ns / LIGHT))
			continue;
		buf_printf(b, "\n%s", k->style.color ? BOLD : "");
		faults_text_key(b, k, &g->g[i]);
		buf_printf(b, "%s: %" PRIu64 " fault%s, mean %s\n", k->style.color ? NORMAL : "", s->count,
			   s->count == 1 ? "" : "s", faults_text_ns(&k->style, true, faults_sum_mean(s), mean));
		put_rows(b, k, s);
		drawn++;
	}
	if (drawn && drawn < g->n)
		buf_printf(b, "\n(%zu of %zu keys are drawn: the heaviest)\n", drawn, g->n);
}

/* ---- where the time went ---- */

#define SPLIT_MAX  40
#define SPLIT_KEYS 20
#define KEY_WIDE   32
#define HEADING	   "Where the time went"

/* In the order of enum mmt_share, the rest last, then what is not known. */
static const struct {
	const char *name, *mark, *plain, *color;
} parts[] = {
	{ "lock", "█", "L", "\033[31m" },  { "driver", "▓", "D", "\033[33m" }, { "off-cpu", "▒", "O", "\033[35m" },
	{ "alloc", "░", "A", "\033[36m" }, { "rest", "·", ".", "\033[2m" },
};
#define REST MMT_SHARES

static void put_percent(struct buf *b, bool known, uint64_t part, uint64_t all)
{
	char text[NUM_FMT_LEN];

	buf_printf(b, " %8s", faults_text_share(text, part, all, known));
}

static void put_stacked(struct buf *b, const struct faults_style *style, const uint64_t ns[REST + 1], uint64_t all,
			unsigned width)
{
	uint64_t sum = 0;
	unsigned at = 0;

	for (unsigned i = 0; i <= REST; i++) {
		unsigned end;

		sum += ns[i];
		end = all ? (unsigned)((unsigned __int128)(sum < all ? sum : all) * width / all) : 0;
		if (at >= end)
			continue;
		buf_puts(b, style->color ? parts[i].color : "");
		for (; at < end; at++)
			buf_puts(b, style->ascii ? parts[i].plain : parts[i].mark);
		buf_puts(b, style->color ? NORMAL : "");
	}
	for (; all && at < width; at++)
		buf_putc(b, '?');
}

static void put_split(struct buf *b, const struct faults_show *k, const struct faults_group *g, size_t key,
		      unsigned width)
{
	const struct faults_sum *s = &g->sum;
	uint64_t ns[REST + 1] = { 0 };
	bool rest = faults_sum_rest(s, &ns[REST]);
	size_t from = b->len;

	if (key)
		faults_text_key(b, k, g);
	buf_pad(b, from + key);
	for (unsigned i = 0; i < MMT_SHARES; i++) {
		bool known = s->shares >> i & 1;

		ns[i] = known ? s->share_ns[i] : 0;
		put_percent(b, known, ns[i], s->sum_ns);
	}
	put_percent(b, rest, ns[REST], s->sum_ns);
	buf_puts(b, "  ");
	put_stacked(b, &k->style, ns, s->timed ? s->sum_ns : 0, width);
	if (!key) {
		buf_puts(b, "  ");
		faults_text_key(b, k, g);
	}
	buf_putc(b, '\n');
}

/* Keys that are never long stand in front, others behind the bar. */
static size_t key_width(const struct faults_show *k, const struct faults_groups *g)
{
	struct buf one = { 0 };
	size_t width = sizeof(HEADING) - 1;

	for (size_t i = 0; i < g->n && i < SPLIT_KEYS; i++) {
		buf_reset(&one);
		faults_text_key(&one, k, &g->g[i]);
		width = one.len > width ? one.len : width;
	}
	buf_free(&one);
	return width > KEY_WIDE ? 0 : width;
}

void faults_text_split(struct buf *b, const struct faults_show *k, const struct faults_groups *g)
{
	const char *bold = k->style.color ? BOLD : "", *normal = k->style.color ? NORMAL : "";
	size_t key = key_width(k, g);
	unsigned width = k->style.width > key + 48 ? k->style.width - (unsigned)key - 48 : 0;

	width = !key || width > SPLIT_MAX ? SPLIT_MAX : width < BAR_MIN ? BAR_MIN : width;
	if (key)
		buf_printf(b, "\n%s%-*s", bold, (int)key, HEADING);
	else
		buf_printf(b, "\n%s" HEADING "\n", bold);
	for (unsigned i = 0; i <= REST; i++) {
		const char *mark = k->style.ascii ? parts[i].plain : parts[i].mark;

		buf_printf(b, " %*s%s", (int)(7 - strlen(parts[i].name) + strlen(mark)), mark, parts[i].name);
	}
	buf_printf(b, "%s\n", normal);
	for (size_t i = 0; i < g->n && i < SPLIT_KEYS; i++)
		put_split(b, k, &g->g[i], key, width);
	if (g->n > SPLIT_KEYS)
		buf_printf(b, "... and %zu more keys\n", g->n - SPLIT_KEYS);
}
