// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The slowest faults, one by one. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sink/faults.h"
#include "sink/words.h"

#define HAS(h, ev, field) ((h)->have & MMT_HAVE(ev, field))
#define FRAMES		  12 /* of a stack that are shown */

int faults_slows_init(struct faults_slows *l, uint32_t max)
{
	*l = (struct faults_slows){ .max = max };
	l->s = max ? calloc(max, sizeof(*l->s)) : NULL;
	return max && !l->s ? -ENOMEM : 0;
}

static void clear(struct faults_slow *s)
{
	free(s->comm);
	free(s->mapping);
	free(s->id);
	free(s->kstack);
	free(s->ustack);
}

void faults_slows_free(struct faults_slows *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		clear(&l->s[i]);
	free(l->s);
	*l = (struct faults_slows){ 0 };
}

static char *copy(const char *s)
{
	return s ? strdup(s) : NULL;
}

static char *join(const char *const *frames, unsigned n)
{
	struct buf b = { 0 };
	char *text;

	for (unsigned i = 0; frames && i < n && i < FRAMES; i++)
		buf_printf(&b, "%s%s", b.len ? ";" : "", frames[i]);
	text = b.len ? copy(buf_str(&b)) : NULL;
	buf_free(&b);
	return text;
}

static void fill(struct faults_slow *s, const struct mmt_view *v)
{
	const struct mmt_ev_fault *e = (const void *)v->h;

	*s = (struct faults_slow){ .dur_ns = v->h->dur_ns,
				   .ts_ns = v->h->ts_ns,
				   .addr = e->addr,
				   .ip = e->ip,
				   .has_ip = HAS(v->h, FAULT, ip),
				   .pid = v->h->pid,
				   .tid = v->h->tid,
				   .cpu = v->h->cpu };
	s->kind = HAS(v->h, FAULT, kind) ? e->kind : 0;
	s->class = v->map_class;
	s->comm = copy(v->comm);
	s->mapping = copy(v->mapping);
	s->id = copy(v->map_id);
	s->kstack = join(v->kstack, v->nkstack);
	s->ustack = join(v->ustack, v->nustack);
}

int faults_slows_event(struct faults_slows *l, const struct mmt_view *v)
{
	uint32_t at = l->n;

	if (!l->max || !(v->h->have & MMT_HAVE_DUR))
		return 0;
	while (at && l->s[at - 1].dur_ns < v->h->dur_ns)
		at--;
	if (at == l->max)
		return 0;
	if (l->n == l->max)
		clear(&l->s[--l->n]);
	memmove(&l->s[at + 1], &l->s[at], (l->n - at) * sizeof(*l->s));
	fill(&l->s[at], v);
	l->n++;
	return 0;
}

static void put_stack(struct buf *b, const char *stack)
{
	while (stack && *stack) {
		size_t len = strcspn(stack, ";");
		struct buf one = { 0 };

		buf_put(&one, stack, len);
		buf_puts(b, "            ");
		words_visible(b, buf_str(&one));
		buf_putc(b, '\n');
		buf_free(&one);
		stack += len + (stack[len] == ';');
	}
}

static void put_one(struct buf *b, const struct faults_show *k, const struct faults_slow *s)
{
	int64_t us = (int64_t)(s->ts_ns - k->start_ns) / 1000;
	uint64_t abs_us = (uint64_t)(us < 0 ? -us : us);
	char text[FAULTS_TEXT], time[32];
	const char *kind = faults_kind_text(s->kind, s->class, text);
	size_t from;

	buf_printf(b, "%7s ", num_fmt_duration(time, s->dur_ns));
	snprintf(time, sizeof(time), "%s%" PRIu64 ".%06" PRIu64, us < 0 ? "-" : "", abs_us / 1000000, abs_us % 1000000);
	buf_printf(b, "%11s %-12s ", time, kind ? kind : "-");
	from = b->len;
	words_visible(b, s->comm ? s->comm : "-");
	buf_pad(b, from + 10);
	buf_printf(b, " %6u %3u 0x%012" PRIx64 " ", s->tid, s->cpu, s->addr);
	if (s->has_ip)
		buf_printf(b, "0x%012" PRIx64 " ", s->ip);
	else
		buf_printf(b, "%-14s ", "-");
	buf_printf(b, "%s%s", s->id ? s->id : "", s->id ? " " : "");
	words_visible(b, s->mapping ? s->mapping : "-");
	buf_putc(b, '\n');
	put_stack(b, s->kstack);
	put_stack(b, s->ustack);
}

void faults_text_slow(struct buf *b, const struct faults_show *k, const struct faults_slows *l)
{
	const char *bold = k->style.color ? "\033[1m" : "", *normal = k->style.color ? "\033[0m" : "";

	if (!l->max)
		return;
	buf_printf(b, "\n%sThe slowest%s\n", bold, normal);
	if (!l->n) {
		buf_puts(b, "  none was told\n");
		return;
	}
	buf_printf(b, "%s%7s %11s %-12s %-10s %6s %3s %-14s %-14s %s%s\n", bold, "TOOK", "AT (s)", "KIND", "COMM",
		   "TID", "CPU", "ADDRESS", "BY", "MAPPING", normal);
	for (uint32_t i = 0; i < l->n; i++)
		put_one(b, k, &l->s[i]);
}
