// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/outlets.h"

#define EACH(o, call, ...)                                                      \
	({                                                                      \
		int err_ = 0;                                                   \
                                                                                \
		for (unsigned i_ = 0; i_ < (o)->n && !err_; i_++) {             \
			struct mmt_sink *s_ = (o)->sinks[i_];                   \
                                                                                \
			if (s_->call)                                           \
				err_ = s_->call(s_ __VA_OPT__(, ) __VA_ARGS__); \
		}                                                               \
		err_;                                                           \
	})

int outlets_begin(const struct outlets *o, const struct mmt_run_info *info)
{
	return EACH(o, begin, info);
}

int outlets_event(const struct outlets *o, const struct mmt_view *v)
{
	return EACH(o, event, v);
}

int outlets_raw(const struct outlets *o, const void *record, size_t size)
{
	return EACH(o, raw, record, size);
}

static int sink_raws(struct mmt_sink *s, const struct mmt_record *r, size_t n)
{
	int err = 0;

	if (s->raws)
		return s->raws(s, r, n);
	for (size_t i = 0; s->raw && i < n && !err; i++)
		err = s->raw(s, r[i].data, r[i].size);
	return err;
}

int outlets_raws(const struct outlets *o, const struct mmt_record *r, size_t n)
{
	int err = 0;

	for (unsigned i = 0; n && i < o->n && !err; i++)
		err = sink_raws(o->sinks[i], r, n);
	return err;
}

int outlets_item(const struct outlets *o, const struct mmt_item *item)
{
	return EACH(o, item, item);
}

int outlets_total(const struct outlets *o, const struct decoded *d)
{
	if (d->total)
		return EACH(o, total, d->total);
	return d->samples ? EACH(o, samples, d->samples) : 0;
}

int outlets_leaving(const struct outlets *o, const struct mmt_hdr *exit)
{
	return EACH(o, leaving, exit);
}

int outlets_tick(const struct outlets *o, uint64_t now_ns)
{
	return EACH(o, tick, now_ns);
}

int outlets_flush(const struct outlets *o)
{
	return EACH(o, flush);
}

int outlets_end(const struct outlets *o, const struct mmt_summary *sum)
{
	int err = 0;

	for (unsigned i = 0; i < o->n; i++) {
		struct mmt_sink *s = o->sinks[i];
		int one = s->end ? s->end(s, sum) : 0;

		err = err ? err : one;
	}
	return err;
}
