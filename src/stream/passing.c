// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/passing.h"

#include "event/schema.h"

void passing_init(struct passing *p, const struct symbols *s, const struct asked *a)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	for (size_t i = 0; i < n; i++) {
		p->event[ev[i].num].size = ev[i].size;
		p->event[ev[i].num].stop = s->have[ev[i].num];
	}
	if (!a->tell || !a->ask_comm)
		return;
	p->pid = &a->last;
	p->event[MMT_EV_EXEC].size = p->event[MMT_EV_FORK].size = 0;
}

static bool passes(const struct passing *p, const struct mmt_record *r)
{
	const struct mmt_hdr *h = r->data;

	if (r->size < sizeof(*h) || h->type >= MMT_EV_MAX)
		return false;
	if (p->pid && h->pid != *p->pid)
		return false;
	return p->event[h->type].size && r->size >= p->event[h->type].size && !(h->have & p->event[h->type].stop);
}

int passing_take(const struct passing *p, const struct outlets *o, struct mmt_summary *sum, const struct mmt_record *r,
		 size_t n, int (*other)(void *ctx, const struct mmt_record *r), void *ctx)
{
	size_t from = 0;
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		if (passes(p, &r[i])) {
			sum->per_event[((const struct mmt_hdr *)r[i].data)->type]++;
			continue;
		}
		sum->events += i - from;
		err = outlets_raws(o, r + from, i - from);
		if (!err)
			err = other(ctx, &r[i]);
		from = i + 1;
	}
	if (err)
		return err;
	sum->events += n - from;
	return outlets_raws(o, r + from, n - from);
}
