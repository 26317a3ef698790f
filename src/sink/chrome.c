// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Chrome's trace format, which Perfetto and others read, as its "Trace Event Format" describes the JSON object form: what takes
 * time are complete events ("X"), nested by their times on the track of their thread. Each mapping has a track of its own with
 * its life and the faults in it; where two faults overlap, as those of two threads do, the second is on another track.
 */
#include "sink/chrome.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "event/schema.h"
#include "event/value.h"
#include "ledger/mapping.h"
#include "sink/json_args.h"
#include "sink/sinks.h"

#define HAS(h, ev, field) ((h)->have & MMT_HAVE(ev, field))

/* ---- one event of the format ---- */

void chrome_put(struct chrome_sink *k, const struct chrome_event *e)
{
	struct json *j = &k->j;

	json_obj(j, NULL);
	json_str(j, "ph", e->phase);
	json_str(j, "name", e->name);
	if (e->category)
		json_str(j, "cat", e->category);
	json_u64(j, "pid", e->pid);
	json_u64(j, "tid", e->tid);
	if (*e->phase == 'M')
		return;
	json_thousandths(j, "ts", e->ts_ns);
	if (*e->phase == 'X')
		json_thousandths(j, "dur", e->dur_ns);
	else
		json_str(j, "s", "t"); /* an instant, of its thread */
}

int chrome_done(struct chrome_sink *k)
{
	json_end(&k->j);
	buf_putc(&k->out.b, '\n');
	return k->j.err ? k->j.err : out_spill(&k->out);
}

static void put_args(struct chrome_sink *k, const struct mmt_view *v)
{
	struct json *j = &k->j;
	unsigned err;

	json_obj(j, "args");
	json_str(j, "mapping", v->map_id);
	json_str(j, "mapping_name", v->mapping);
	if (v->memtype_key)
		json_str(j, "memtype", v->memtype_key);
	if (value_failed(v->h, v->ev, &err))
		json_bool(j, "failed", true);
	for (unsigned i = 0; i < v->ev->nfields; i++)
		if (!schema_field_hidden(&v->ev->fields[i]) && value_has(v->h, &v->ev->fields[i]))
			json_put_field(j, &k->text, v, &v->ev->fields[i]);
	if (v->kstack) {
		json_arr(j, "kstack");
		for (unsigned i = 0; i < v->nkstack; i++)
			json_str(j, NULL, v->kstack[i]);
		json_end(j);
	}
	if (v->ustack) {
		json_arr(j, "ustack");
		for (unsigned i = 0; i < v->nustack; i++)
			json_str(j, NULL, v->ustack[i]);
		json_end(j);
	}
	json_end(j);
}

/* ---- what an event is called ---- */

/* What tells events of this kind apart better than their name: the function, the helper, the fault's kind. */
static const struct {
	const char *field, *before;
} names[MMT_EV_MAX] = {
	[MMT_EV_DRIVER_MMAP] = { "func", "" },
	[MMT_EV_DRIVER_OPEN] = { "func", "" },
	[MMT_EV_DRIVER_CLOSE] = { "func", "" },
	[MMT_EV_DRIVER_FAULT] = { "func", "" },
	[MMT_EV_DRIVER_MKWRITE] = { "func", "" },
	[MMT_EV_DRIVER_ACCESS] = { "func", "" },
	[MMT_EV_DRIVER_SPLIT] = { "func", "" },
	[MMT_EV_PFN_MAP] = { "helper", "" },
	[MMT_EV_PAGE_MAP] = { "helper", "" },
	[MMT_EV_DMA_MAP] = { "helper", "" },
	[MMT_EV_OBJ_MAP] = { "helper", "" },
	[MMT_EV_FAULT] = { "kind", "fault " },
	[MMT_EV_MLOCK] = { "op", "" },
	[MMT_EV_MADVISE] = { "advice", "madvise " },
	[MMT_EV_SIGNAL] = { "signo", "" },
	[MMT_EV_REMOTE] = { "how", "remote " },
};

static const char *name_of(const struct mmt_view *v, struct buf *b)
{
	const char *field = names[v->ev->num].field;
	const struct mmt_field *f = field ? schema_field(v->ev, field) : NULL;

	if (!f || !value_has(v->h, f))
		return v->ev->name;
	buf_reset(b);
	buf_puts(b, names[v->ev->num].before);
	value_show(b, v->h, f, v->names);
	return buf_str(b);
}

/* ---- events ---- */

static int on_thread(struct chrome_sink *k, const struct mmt_view *v, const char *name)
{
	bool timed = v->h->have & MMT_HAVE_DUR;
	struct chrome_event e = {
		.phase = timed ? "X" : "i",
		.name = name,
		.category = schema_family(v->ev->family)->name,
		.pid = v->h->pid,
		.tid = v->h->tid,
		.ts_ns = v->h->ts_ns,
		.dur_ns = v->h->dur_ns,
	};

	chrome_put(k, &e);
	put_args(k, v);
	return chrome_done(k);
}

static int on_track(struct chrome_sink *k, struct chrome_track *t, const struct mmt_view *v, const char *name)
{
	struct chrome_event e = {
		.phase = v->h->have & MMT_HAVE_DUR ? "X" : "i",
		.name = name,
		.category = schema_family(v->ev->family)->name,
		.pid = t->pid,
		.ts_ns = v->h->ts_ns,
		.dur_ns = v->h->have & MMT_HAVE_DUR ? v->h->dur_ns : 0,
	};

	e.tid = chrome_lane(k, t, e.ts_ns, e.ts_ns + e.dur_ns);
	chrome_put(k, &e);
	put_args(k, v);
	return chrome_done(k);
}

/* Of a copy that fork makes, whose process is not known yet: its track begins when something happens to it there. */
static bool copies(unsigned ev)
{
	return ev == MMT_EV_VMA_DUP || ev == MMT_EV_DRIVER_OPEN;
}

/* Told by others: parts of them, or what was there before. */
static bool skipped(unsigned ev)
{
	return ev == MMT_EV_VMA_IMPORT || ev == MMT_EV_VMA_WALK || ev == MMT_EV_FAULT_SPLIT || ev == MMT_EV_FAULT_KEY ||
	       ev == MMT_EV_DEMO || ev == MMT_EV_VMA_NEW || ev == MMT_EV_VMA_FREE || ev == MMT_EV_VMA_DUP;
}

static int chrome_event(struct mmt_sink *s, const struct mmt_view *v)
{
	struct chrome_sink *k = (struct chrome_sink *)s;
	uint64_t end = v->h->ts_ns + (v->h->have & MMT_HAVE_DUR ? v->h->dur_ns : 0);
	bool vma = v->ev->family == MMT_FAM_CHANGE && v->map;
	struct chrome_track *t;
	const char *name;
	int err = 0;

	if (skipped(v->ev->num))
		return 0;
	k->last_ns = end > k->last_ns ? end : k->last_ns;
	err = chrome_know_thread(k, v->h->pid, v->h->tid, v->comm);
	t = v->map && !copies(v->ev->num) ? chrome_track(k, v) : NULL;
	if (err || (v->map && !t && !copies(v->ev->num)))
		return -ENOMEM;
	name = name_of(v, &k->name);
	if (t && (vma || v->ev->num == MMT_EV_FAULT))
		err = on_track(k, t, v, name);
	if (!err && !vma)
		err = on_thread(k, v, name);
	if (!err && t && v->map->reason != MAPPING_LIVE)
		err = chrome_close_track(k, t, end, mapping_reason(v->map->reason));
	return err;
}

static int chrome_leaving(struct mmt_sink *s, const struct mmt_hdr *h)
{
	const struct mmt_ev_exit *e = (const void *)h;
	bool exec = HAS(h, EXIT, origin) && e->origin == MMT_ORIGIN_EXEC;

	return chrome_close_space((struct chrome_sink *)s, h->mm, h->pid, h->ts_ns,
				  mapping_reason(exec ? MAPPING_EXEC : MAPPING_EXIT));
}

static int chrome_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct chrome_sink *k = (struct chrome_sink *)s;
	struct json *j = &k->j;

	k->start_ns = k->last_ns = info->start_mono_ns;
	json_obj(j, NULL);
	json_str(j, "displayTimeUnit", "ns");
	json_obj(j, "otherData");
	json_str(j, "tool", "mmtrace");
	json_str(j, "version", info->version);
	json_str(j, "kernel", info->release);
	json_str(j, "machine", info->machine);
	json_str(j, "command", info->command && *info->command ? info->command : NULL);
	json_str(j, "clock", "CLOCK_MONOTONIC");
	json_end(j);
	json_arr(j, "traceEvents");
	buf_putc(&k->out.b, '\n');
	return j->err ? j->err : out_spill(&k->out);
}

static int chrome_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	struct chrome_sink *k = (struct chrome_sink *)s;
	int err = chrome_finish(k), last;

	json_end(&k->j);
	json_obj(&k->j, "lost");
	for (unsigned i = 0; schema_loss(i); i++)
		if (sum->lost[i])
			json_u64(&k->j, schema_loss(i)->name, sum->lost[i]);
	json_end(&k->j);
	json_end(&k->j);
	last = json_line(&k->j);
	err = err ? err : last;
	return err ? err : out_flush(&k->out);
}

static void chrome_free(struct mmt_sink *s)
{
	struct chrome_sink *k = (struct chrome_sink *)s;

	chrome_free_tracks(k);
	out_free(&k->out);
	buf_free(&k->text);
	buf_free(&k->name);
	free(k);
}

struct mmt_sink *chrome_open(const struct sink_opts *to)
{
	struct chrome_sink *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	out_init(&k->out, to->fd);
	json_init(&k->j, &k->out.b);
	k->next_tid = CHROME_TRACKS;
	k->s = (struct mmt_sink){ .begin = chrome_begin,
				  .event = chrome_event,
				  .leaving = chrome_leaving,
				  .end = chrome_end,
				  .free = chrome_free };
	return &k->s;
}
