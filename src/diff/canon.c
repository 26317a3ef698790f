// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The sink: which process and mapping an event belongs to, and when it is known what it is part of. */
#include "diff/canon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "event/schema.h"
#include "event/value.h"
#include "ledger/mapping.h"
#include "ledger/ranges.h"
#include "mmtrace/base.h"

#define HAS(h, ev, field) ((h)->have & MMT_HAVE(ev, field))
#define PENDING		  16

/*
 * What a thread's call has done so far and may be part of a fault, or of a call that fails: of that there is no mapping that
 * it could belong to before the call is over.
 */
struct held {
	struct canon_map *map; /* NULL: none yet */
	struct canon_entry entry;
	uint64_t pages;
};

struct pending {
	uint32_t call, n;
	struct canon_proc *proc;
	struct canon_map *last; /* that the call was about */
	const char *name;	/* of the file that it was about, NULL: unknown */
	struct held held[PENDING];
};

struct canon_sink {
	struct mmt_sink s;
	struct canon c;
	struct map pending; /* by tid */
};

struct canon *canon_of(struct mmt_sink *s)
{
	return &((struct canon_sink *)s)->c;
}

/* ---- installs that wait ---- */

static const char *attr_text(const struct canon_entry *e, unsigned what)
{
	const struct canon_attr *a = canon_attr_of(&e->attrs, what);

	return a ? a->value : NULL;
}

/* In a fault they are counted, since faults come in any order and in other numbers. */
static void count_held(struct canon_sink *k, const struct held *h, struct canon_map *m)
{
	const char *ret = attr_text(&h->entry, CANON_RESULT);
	struct canon_count one = { .event = h->entry.event, .n = h->pages };
	bool refused = ret && strcmp(ret, "0");
	char text[160];

	if (h->entry.inner || !m)
		return;
	snprintf(text, sizeof(text), "pages by %s in faults%s%s", h->entry.key, refused ? ", refused with " : "",
		 refused ? ret : "");
	one.key = texts_get(k->c.texts, text);
	canon_count(&k->c, &m->counts, &one);
}

/* m: the mapping of what has none of its own; NULL: it is the process's. */
static void flush(struct canon_sink *k, struct pending *p, bool fault, struct canon_map *m)
{
	for (uint32_t i = 0; i < p->n; i++) {
		struct canon_map *of = p->held[i].map ? p->held[i].map : m;

		if (fault)
			count_held(k, &p->held[i], of);
		else
			canon_entry(&k->c, of ? &of->entries : &p->proc->entries, &p->held[i].entry);
	}
	p->n = 0;
}

static struct pending *pending_of(struct canon_sink *k, uint32_t tid)
{
	struct pending *p = map_get(&k->pending, tid);

	if (p || !tid)
		return p;
	p = calloc(1, sizeof(*p));
	if (p && map_put(&k->pending, tid, p)) {
		free(p);
		return NULL;
	}
	return p;
}

static bool in_fault(unsigned event)
{
	return event == MMT_EV_FAULT || event == MMT_EV_DRIVER_FAULT || event == MMT_EV_DRIVER_MKWRITE;
}

/* ---- whose it is ---- */

static struct canon_map *map_of(struct canon_sink *k, struct canon_proc *p, const struct mmt_view *v)
{
	struct canon *c = &k->c;
	struct canon_map *m = v->map ? map_get(&c->by_serial, v->map->serial) : NULL;

	if (m || !v->map)
		return m;
	m = canon_map_new(c, p);
	if (!m)
		return NULL;
	m->serial = v->map->serial;
	m->id = texts_get(c->texts, v->map->id);
	m->mm = v->map->mm;
	m->pid = v->map->pid;
	m->start = v->map->start;
	m->copied = v->map->parent_serial != 0;
	if (map_put(&c->by_serial, m->serial, m))
		c->dropped++;
	return m;
}

/* Who runs in it; fork and others tell of a space before anybody does. */
static void know_process(struct canon_sink *k, struct canon_proc *p, const struct mmt_view *v)
{
	bool own = v->ev->family == MMT_FAM_CALL || v->ev->num == MMT_EV_EXEC || v->ev->num == MMT_EV_FAULT;

	if (!p->comm || own)
		p->comm = texts_get(k->c.texts, v->comm);
	if (!own)
		return;
	if (!p->tid) {
		p->tid = v->h->tid;
		p->pid = v->h->pid;
	}
	p->threads |= p->tid != v->h->tid && p->pid == v->h->pid;
}

static void put_end(struct canon *c, struct canon_map *m, const char *how)
{
	if (m->ended)
		return;
	m->ended = true;
	m->failed = !strcmp(how, mapping_reason(MAPPING_FAILED));
	canon_attr(&m->attrs, CANON_END, texts_get(c->texts, how));
}

static void look_ended(void *ctx, const struct mapping *l)
{
	struct canon_sink *k = ctx;
	struct canon_map *m = l->reason != MAPPING_LIVE ? map_get(&k->c.by_serial, l->serial) : NULL;

	if (m)
		put_end(&k->c, m, mapping_reason(l->reason));
}

/* ---- events ---- */

/* Which pages of memory it shows: what was put in from outside, page after page. */
static void put_memory(struct canon_sink *k, struct canon_proc *p, struct canon_map *m, const struct mmt_view *v)
{
	const struct mmt_ev_pfn_map *e = (const void *)v->h;
	uint64_t page, left;

	if (v->ev->num == MMT_EV_OBJ_MAP || (HAS(v->h, PFN_MAP, nested) && e->nested) ||
	    (HAS(v->h, PFN_MAP, ret) && e->ret < 0) || !HAS(v->h, PFN_MAP, seg_pfn) || !HAS(v->h, PFN_MAP, addr) ||
	    e->addr < m->start)
		return;
	page = (e->addr - m->start) / v->page_size;
	left = e->pages;
	for (unsigned i = 0; i < 8 && i < e->segs && left; i++) {
		struct canon_seg seg = { .pfn = e->seg_pfn[i], .page = page, .pages = e->seg_pages[i] };

		if (!seg.pages || seg.pages > left)
			return;
		canon_memory(&k->c, p, m, &seg);
		page += seg.pages;
		left -= seg.pages;
	}
}

/* A call that made nothing: its mapping is what the driver was told of in it, or one that never was. */
static struct canon_map *failed_map(struct canon_sink *k, struct canon_proc *p, struct pending *w,
				    const struct mmt_view *v)
{
	struct canon_map *m = w && w->last && w->call == v->h->call && v->h->call ? w->last : canon_map_new(&k->c, p);

	if (!m)
		return NULL;
	put_end(&k->c, m, mapping_reason(MAPPING_FAILED));
	m->ended = m->failed = true;
	return m;
}

static bool holds(const struct canon_map *m, const struct mmt_view *v)
{
	unsigned ev = v->ev->num;

	if (canon_is_install(ev))
		return true;
	return !m && v->h->call && v->ev->family == MMT_FAM_DRIVER && !in_fault(ev);
}

static void hold(struct pending *w, struct canon_proc *p, struct canon_map *m, const struct canon_entry *e,
		 const struct mmt_view *v)
{
	const struct mmt_ev_pfn_map *run = (const void *)v->h;
	bool pages = canon_is_install(v->ev->num) && v->ev->num != MMT_EV_OBJ_MAP;

	w->proc = p;
	w->held[w->n++] = (struct held){ m, *e, pages ? run->pages : 0 };
}

static void take(struct canon_sink *k, struct canon_proc *p, struct canon_map *m, struct pending *w,
		 const struct mmt_view *v)
{
	struct canon_count one;
	struct canon_entry e;

	if (canon_count_of(&k->c, v, &one)) {
		if (one.n)
			canon_count(&k->c, m ? &m->counts : &p->counts, &one);
		return;
	}
	if (!canon_entry_of(&k->c, m, v, &e))
		return;
	if (holds(m, v) && w && w->n < PENDING)
		hold(w, p, m, &e, v);
	else
		canon_entry(&k->c, m ? &m->entries : &p->entries, &e);
}

static bool silent(unsigned event)
{
	return event == MMT_EV_DEMO || event == MMT_EV_VMA_NEW || event == MMT_EV_VMA_FREE ||
	       event == MMT_EV_FAULT_SPLIT || event == MMT_EV_FAULT_KEY || event == MMT_EV_VMA_WALK;
}

static struct canon_proc *proc_of(struct canon_sink *k, const struct mmt_view *v)
{
	struct canon_proc *p;

	if (v->ev->num == MMT_EV_EXEC && !v->h->mm)
		p = canon_proc_new(&k->c, 0, v->h->pid);
	else
		p = canon_proc(&k->c, v->h->mm, v->h->pid);
	if (p)
		know_process(k, p, v);
	return p;
}

/* What the thread's call is about, for its end. */
static void follow(struct canon_sink *k, struct pending *w, struct canon_map *m, const struct mmt_view *v)
{
	if (w->call != v->h->call) {
		w->call = v->h->call;
		w->last = NULL;
		w->name = NULL;
	}
	if (v->ev->family == MMT_FAM_CALL)
		return;
	if (m)
		w->last = m;
	if (v->mapping && v->mapping[0] != '[')
		w->name = texts_get(k->c.texts, v->mapping);
}

static int canon_event(struct mmt_sink *s, const struct mmt_view *v)
{
	struct canon_sink *k = (struct canon_sink *)s;
	struct pending *w = pending_of(k, v->h->tid);
	struct canon_proc *p = silent(v->ev->num) ? NULL : proc_of(k, v);
	struct canon_map *m = p ? map_of(k, p, v) : NULL;
	bool same = w && w->call == v->h->call;
	unsigned err;

	if (!p)
		return 0;
	k->c.events++;
	if (w && w->n && !same)
		flush(k, w, false, NULL);
	if (!m && v->ev->num == MMT_EV_MMAP && value_failed(v->h, v->ev, &err))
		m = failed_map(k, p, w, v);
	if (w && w->n && !holds(m, v))
		flush(k, w, in_fault(v->ev->num), m);
	if (m)
		canon_describe(&k->c, m, v);
	if (m && m->failed && same && w->name && (!m->name || !strncmp(m->name, "fd ", 3)))
		m->name = w->name;
	if (m && canon_is_install(v->ev->num))
		put_memory(k, p, m, v);
	if (w)
		follow(k, w, m, v);
	take(k, p, m, w, v);
	if (m && v->map && v->map->reason != MAPPING_LIVE)
		put_end(&k->c, m, mapping_reason(v->map->reason));
	return k->c.texts->err;
}

static int canon_leaving(struct mmt_sink *s, const struct mmt_hdr *h)
{
	struct canon_sink *k = (struct canon_sink *)s;
	const struct mmt_ev_exit *e = (const void *)h;
	struct canon_proc *p = canon_proc(&k->c, h->mm, h->pid);
	bool exec = HAS(h, EXIT, origin) && e->origin == MMT_ORIGIN_EXEC;

	ranges_each_closed(s->state->ledger, h->mm, h->pid, look_ended, k);
	for (uint32_t i = 0; p && i < p->nmaps; i++)
		put_end(&k->c, p->maps[i], mapping_reason(exec ? MAPPING_EXEC : MAPPING_EXIT));
	return 0;
}

static int canon_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct canon *c = canon_of(s);

	c->release = texts_get(c->texts, info->release ? info->release : "");
	c->machine = texts_get(c->texts, info->machine ? info->machine : "");
	c->command = texts_get(c->texts, info->command ? info->command : "");
	c->page_size = info->page_size;
	for (uint32_t i = 0; i < info->nhooks && i < MMT_RUN_HOOKS; i++)
		c->hooks[c->nhooks++] = (struct canon_hook){ texts_get(c->texts, info->hooks[i].name),
							     texts_get(c->texts, info->hooks[i].tier) };
	return c->texts->err;
}

static void number_maps(struct canon *c, struct canon_proc *p)
{
	struct map last = { 0 }; /* of each name */

	for (uint32_t i = 0; i < p->nmaps; i++) {
		struct canon_map *m = p->maps[i], *before = map_get(&last, (uintptr_t)m->name);

		m->nth = before ? before->nth + 1 : 1;
		if (m->name && map_put(&last, (uintptr_t)m->name, m))
			c->dropped++;
	}
	map_free(&last);
}

static int canon_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	struct canon_sink *k = (struct canon_sink *)s;
	struct canon *c = &k->c;

	for (size_t i = 0; i < k->pending.cap; i++)
		if (k->pending.slots[i].key)
			flush(k, k->pending.slots[i].val, false, NULL);
	ranges_each_mapping(s->state->ledger, look_ended, k);
	for (uint32_t i = 0; i < c->nprocs; i++) {
		for (uint32_t n = 0; n < c->procs[i]->nmaps; n++)
			put_end(c, c->procs[i]->maps[n], "the end of the recording");
		number_maps(c, c->procs[i]);
	}
	memcpy(c->lost, sum->lost, sizeof(c->lost));
	c->bad = sum->bad;
	c->child_status = sum->child_status;
	return c->texts->err;
}

static void canon_free_sink(struct mmt_sink *s)
{
	struct canon_sink *k = (struct canon_sink *)s;

	for (size_t i = 0; i < k->pending.cap; i++)
		if (k->pending.slots[i].key)
			free(k->pending.slots[i].val);
	map_free(&k->pending);
	canon_free(&k->c);
	free(k);
}

struct mmt_sink *canon_open(struct texts *texts)
{
	struct canon_sink *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->c.texts = texts;
	k->c.child_status = -1;
	k->s = (struct mmt_sink){ .begin = canon_begin,
				  .event = canon_event,
				  .leaving = canon_leaving,
				  .end = canon_end,
				  .free = canon_free_sink };
	return &k->s;
}
