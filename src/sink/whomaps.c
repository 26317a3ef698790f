// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * who maps a physical page: every install that is seen to cover it, every copy of one by fork, and what the caller finds by other
 * ways. One row each: who, where, how, and whether the page is counted (a driver that maps bare PFNs takes no reference).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "event/schema.h"
#include "event/value.h"
#include "ledger/pfns.h"
#include "sink/json_run.h"
#include "sink/out.h"
#include "sink/sinks.h"
#include "sink/words.h"

struct whomaps {
	struct mmt_sink s;
	struct out out;
	struct json j;
	struct whomaps_opts opts;
	uint64_t rows, now;
};

/* What every install begins with: see bpf/run.bpf.h. */
typedef struct mmt_ev_pfn_map run;

/* Bytes from the run's first address to page pfn. false: the run does not have it; *maybe: it may, behind the segments that it names. */
static bool covers(const run *e, uint64_t pfn, uint64_t page, uint64_t *off, bool *maybe)
{
	uint64_t at = 0;
	bool all = e->h.have & MMT_HAVE(PFN_MAP, segs); /* else the rest of a long list was not looked at */
	uint32_t segs = all && e->segs < 8 ? e->segs : 8;

	*maybe = false;
	for (uint32_t i = 0; i < segs; i++) {
		if (pfn >= e->seg_pfn[i] && pfn - e->seg_pfn[i] < e->seg_pages[i]) {
			*off = (at + pfn - e->seg_pfn[i]) * page;
			return true;
		}
		at += e->seg_pages[i];
	}
	*maybe = all && e->segs > 8 && pfn >= e->pfn_lo && pfn <= e->pfn_hi;
	*off = 0;
	return *maybe;
}

static void head(struct whomaps *k)
{
	if (!k->rows++ && !k->opts.json)
		buf_printf(&k->out.b, "%-10s %6s %-7s %-14s %-22s %s\n", "COMM", "PID", "ID", "ADDRESS", "HOW", "WHAT");
}

static int put(struct whomaps *k, const struct whomaps_row *r)
{
	struct buf *b = &k->out.b;
	size_t from;

	head(k);
	if (k->opts.json) {
		json_obj(&k->j, NULL);
		json_str(&k->j, "type", "mapped");
		json_str(&k->j, "comm", r->comm);
		json_u64(&k->j, "pid", r->pid);
		json_str(&k->j, "id", r->id);
		json_hex(&k->j, "addr", r->addr);
		json_str(&k->j, "how", r->how);
		json_bool(&k->j, "refcounted", r->refcounted);
		json_bool(&k->j, "maybe", r->maybe);
		json_str(&k->j, "memtype", r->memtype_key);
		if (r->memtype_key)
			json_bool(&k->j, "memtype_checked", r->memtype_checked);
		else
			json_null(&k->j, "memtype_checked");
		json_str(&k->j, "mapping", r->what);
		json_end(&k->j);
		return json_line(&k->j);
	}
	from = b->len;
	words_visible(b, r->comm);
	buf_pad(b, from + 10);
	buf_printf(b, " %6u %-7s 0x%012" PRIx64 " %-22s ", r->pid, r->id ? r->id : "-", r->addr, r->how);
	words_visible(b, r->what ? r->what : "-");
	if (r->memtype)
		buf_printf(b, ", %s%s", r->memtype, r->memtype_checked ? "" : "?");
	buf_printf(b, "%s%s\n", r->refcounted ? "" : ", not counted", r->maybe ? ", maybe: one of many pieces" : "");
	return out_spill(&k->out);
}

int whomaps_put(struct mmt_sink *s, const struct whomaps_row *r)
{
	return put((struct whomaps *)s, r);
}

static int whomaps_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct whomaps *k = (struct whomaps *)s;

	return k->opts.json ? json_put_header(&k->j, info) : 0;
}

struct copies {
	struct whomaps *k;
	const struct mmt_view *v;
	int err;
};

static void put_copy(void *ctx, const struct pfn_user *u)
{
	struct copies *c = ctx;
	const struct mmt_view *v = c->v;
	struct whomaps_row r = {
		.comm = v->comm, .pid = u->map->pid, .id = u->map->id, .what = v->mapping, .addr = u->addr
	};

	if (u->map != v->map || c->err)
		return;
	r.how = "copied by fork";
	r.refcounted = u->refcounted;
	r.maybe = u->maybe;
	c->err = put(c->k, &r);
}

/* A fork's copy has the page without any helper being called. */
static int take_copy(struct whomaps *k, const struct mmt_view *v)
{
	struct copies c = { .k = k, .v = v };

	pfns_at(k->s.state->ledger, k->opts.pfn, put_copy, &c);
	return c.err;
}

static int whomaps_event(struct mmt_sink *s, const struct mmt_view *v)
{
	struct whomaps *k = (struct whomaps *)s;
	const run *e = (const void *)v->h;
	struct whomaps_row r = { .comm = v->comm, .pid = v->h->pid, .id = v->map_id, .what = v->mapping };
	uint64_t off;

	if (v->ev->num == MMT_EV_VMA_DUP)
		return take_copy(k, v);
	if (v->ev->family != MMT_FAM_INSTALL || !(v->h->have & MMT_HAVE(PFN_MAP, pfn)) ||
	    v->ev->num == MMT_EV_OBJ_MAP || e->nested || e->ret ||
	    !covers(e, k->opts.pfn, v->page_size, &off, &r.maybe))
		return 0;
	r.addr = e->addr + off;
	r.how = schema_enum(MMT_LOOK_HELPER, e->helper);
	r.refcounted = v->ev->num == MMT_EV_PAGE_MAP;
	r.memtype = v->memtype;
	r.memtype_key = v->memtype_key;
	r.memtype_checked = v->memtype_checked;
	return put(k, &r);
}

static int whomaps_flush(struct mmt_sink *s)
{
	return out_flush(&((struct whomaps *)s)->out);
}

static void put_now(void *ctx, const struct pfn_user *u)
{
	struct whomaps *k = ctx;

	if (k->opts.json) {
		json_obj(&k->j, NULL);
		json_str(&k->j, "type", "mapped_now");
		json_str(&k->j, "id", u->map->id);
		json_u64(&k->j, "pid", u->map->pid);
		json_hex(&k->j, "addr", u->addr);
		json_bool(&k->j, "maybe", u->maybe);
		json_end(&k->j);
		json_line(&k->j);
	} else {
		buf_printf(&k->out.b, "%s%s of %u", k->now++ ? ", " : "at the end still by ", u->map->id, u->map->pid);
	}
}

/* Which of those that were told of still have it. */
static void tell_now(struct whomaps *k)
{
	const struct ranges *ledger = k->s.state ? k->s.state->ledger : NULL;
	uint64_t n;

	if (!ledger || !k->rows)
		return;
	n = pfns_at(ledger, k->opts.pfn, put_now, k);
	if (!k->opts.json)
		buf_puts(&k->out.b, n ? "\n" : "at the end by none of them\n");
	if (pfns_dropped(ledger))
		mmt_warn("%" PRIu64 " pieces of mappings found no room: not every answer is here",
			 pfns_dropped(ledger));
}

static int whomaps_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	struct whomaps *k = (struct whomaps *)s;
	int err;

	tell_now(k);
	err = k->opts.more ? k->opts.more(k->opts.ctx, s) : 0;
	if (!err && k->opts.json)
		err = json_put_summary(&k->j, sum);
	if (!k->rows && !err && !k->opts.json)
		buf_puts(&k->out.b, "nobody was seen to map it\n");
	return err ? err : whomaps_flush(s);
}

static void whomaps_free(struct mmt_sink *s)
{
	out_free(&((struct whomaps *)s)->out);
	free(s);
}

struct mmt_sink *whomaps_open(const struct whomaps_opts *opts, const struct sink_opts *to)
{
	struct whomaps *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	out_init(&k->out, to->fd);
	json_init(&k->j, &k->out.b);
	k->opts = *opts;
	k->s = (struct mmt_sink){ .begin = whomaps_begin,
				  .event = whomaps_event,
				  .flush = whomaps_flush,
				  .end = whomaps_end,
				  .free = whomaps_free };
	return &k->s;
}
