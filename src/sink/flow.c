// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sink/flow.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "event/flags.h"
#include "event/value.h"
#include "sink/json_run.h"
#include "sink/words.h"

#define PENDING_MAX 4096 /* calls whose end has not come */

/* Events of one thread's call, until that is over; or what fork copied, until it has a child. */
struct pending {
	struct flow_nodes nodes;
	bool driver;	/* something that only a driver does is among them */
	bool hit;	/* so is something that was asked for */
	unsigned opens; /* of VMAs that are not mapped yet: they are of the mapping that is closed or told next */
};

struct flow_sink {
	struct mmt_sink s;
	struct flow_book book;
	struct flow_opts opts;
	struct map pending; /* of calls: tid << 32 | call */
	struct map forks;   /* child's mm */
	bool hit;	    /* the event that is being taken is one that was asked for */
	uint64_t start_ns;
	uint64_t lost;	 /* calls whose end never came */
	uint64_t hidden; /* calls that mapped what no driver had a hand in */
	struct buf text;
};

enum role {
	ROLE_NONE,
	ROLE_PART,  /* runs inside a call or a fault */
	ROLE_MAKES, /* a call that makes a mapping */
	ROLE_LIFE,  /* a call or happening that finds one */
	ROLE_FAULT,
	ROLE_DUP,
	ROLE_FORK,
};

// clang-format off
static const struct {
	enum role role;
	bool holds, driver; /* others run inside it; it means that a driver is at work */
	const char *text;
} events[MMT_EV_MAX] = {
	[MMT_EV_MMAP] =           { ROLE_MAKES, true, false, "mmap({$asked}len={len}, {$protword}, {$place}) = {ret}" },
	[MMT_EV_SHMAT] =          { ROLE_MAKES, true, true, "shmat(id={id}, {$place}) = {ret}" },
	[MMT_EV_VMA_MAP] =        { ROLE_PART, false, false, "VMA  {$vmattrs}{$type}" },
	[MMT_EV_DRIVER_MMAP] =    { ROLE_PART, true, false, "{func}{$fail}" },
	[MMT_EV_DRIVER_OPEN] =    { ROLE_PART, true, false, "{func}" },
	[MMT_EV_DRIVER_CLOSE] =   { ROLE_PART, true, false, "{func}" },
	[MMT_EV_DRIVER_FAULT] =   { ROLE_PART, true, false, "{func}{$result}" },
	[MMT_EV_DRIVER_MKWRITE] = { ROLE_PART, true, false, "{func}{$result}" },
	[MMT_EV_DRIVER_ACCESS] =  { ROLE_PART, true, true, "{func}  {len} = {ret}" },
	[MMT_EV_DRIVER_SPLIT] =   { ROLE_PART, true, true, "{func}{$fail}" },
	[MMT_EV_PFN_MAP] =        { ROLE_PART, true, true, "{helper}  {$pagecount}  {$pfns}{$type}{$fail}" },
	[MMT_EV_PAGE_MAP] =       { ROLE_PART, true, true, "{helper}  {$pagecount}  {$pfns}{$type}{$fail}" },
	[MMT_EV_DMA_MAP] =        { ROLE_PART, true, true, "{helper}  {$pagecount}  {$pfns}{$type}{$for}{$fail}" },
	[MMT_EV_OBJ_MAP] =        { ROLE_PART, true, true, "{helper}  {size} {name}{$fail}" },
	[MMT_EV_BRK] =            { ROLE_LIFE, true, false, "brk = {ret}" },
	[MMT_EV_MUNMAP] =         { ROLE_LIFE, true, false, "munmap {$rel}{len}{$fail}" },
	[MMT_EV_SHMDT] =          { ROLE_LIFE, true, false, "shmdt{$fail}" },
	[MMT_EV_MPROTECT] =       { ROLE_LIFE, true, false, "mprotect {$rel}{len} {prot}{$fail}" },
	[MMT_EV_MREMAP] =         { ROLE_LIFE, true, false, "mremap {old_len} to {len} = {ret}" },
	[MMT_EV_MADVISE] =        { ROLE_LIFE, true, false, "madvise {$rel}{len} {advice}{$fail}" },
	[MMT_EV_MLOCK] =          { ROLE_LIFE, true, false, "{op} {$rel}{len}{$fail}" },
	[MMT_EV_MSYNC] =          { ROLE_LIFE, true, false, "msync {$rel}{len} {flags}{$fail}" },
	[MMT_EV_REMAP_FILE] =     { ROLE_LIFE, true, false, "remap_file_pages {$rel}{len}{$fail}" },
	[MMT_EV_REMOTE] =         { ROLE_LIFE, true, false, "{how} {$rel}{len} = {ret}" },
	[MMT_EV_SIGNAL] =         { ROLE_LIFE, false, false, "{signo} {code} {$rel}" },
	[MMT_EV_FAULT] =          { ROLE_FAULT, true, false, "{$accessword}  {$kind}{$mode}{$tries}{$result}" },
	[MMT_EV_VMA_DUP] =        { ROLE_DUP, true, false, "fork" },
	[MMT_EV_FORK] =           { ROLE_FORK, true, false, "" },
};
// clang-format on

static struct flow_node node_of(const struct mmt_view *v)
{
	struct flow_node n = { .ts = v->h->ts_ns, .dur = FLOW_UNTIMED, .event = v->ev->name, .pid = v->h->pid };
	unsigned err;

	if (v->h->have & MMT_HAVE_DUR)
		n.dur = v->h->dur_ns;
	n.depth = v->h->depth;
	n.holds = events[v->ev->num].holds;
	n.failed = value_failed(v->h, v->ev, &err);
	snprintf(n.id, sizeof(n.id), "%s", v->map_id ? v->map_id : "");
	return n;
}

static struct flow_block *block_of(const struct flow_sink *f, const char *id)
{
	return flow_book_find(&f->book, id);
}

static void free_pending(struct pending *p)
{
	if (p)
		flow_free_nodes(&p->nodes);
	free(p);
}

static size_t forget_pending(struct map *m)
{
	size_t n = m->n;

	for (size_t i = 0; i < m->cap; i++)
		free_pending(m->slots[i].val);
	map_free(m);
	return n;
}

static struct pending *pending_get(struct flow_sink *f, struct map *m, uint64_t key)
{
	struct pending *p = map_get(m, key);

	if (p || !key)
		return p;
	if (m->n >= PENDING_MAX)
		f->lost += forget_pending(m);
	p = calloc(1, sizeof(*p));
	if (p && map_put(m, key, p)) {
		free(p);
		p = NULL;
	}
	return p;
}

static uint64_t call_key(const struct mmt_hdr *h)
{
	return h->call ? (uint64_t)h->tid << 32 | h->call : 0;
}

/* Where in the mapping the event is; of a call that begins where the mapping does, nothing. */
static void put_rel(struct buf *b, const struct mmt_view *v, const struct flow_block *k)
{
	uint64_t addr;

	if (!k || !value_get(v->h, v->ev, "addr", &addr) || addr < k->start)
		return;
	if (addr > k->start || v->ev->num == MMT_EV_FAULT)
		buf_printf(b, "+0x%04" PRIx64 " ", addr - k->start);
}

static const char *text_of(struct flow_sink *f, const struct mmt_view *v, const struct flow_block *k)
{
	const char *t = events[v->ev->num].text, *rel = strstr(t, "{$rel}");

	buf_reset(&f->text);
	if (!rel) {
		words_put(&f->text, v, t);
	} else {
		char before[32];

		snprintf(before, sizeof(before), "%.*s", (int)(rel - t), t);
		words_put(&f->text, v, before);
		put_rel(&f->text, v, k);
		words_put(&f->text, v, rel + strlen("{$rel}"));
	}
	return buf_str(&f->text);
}

/* What only drivers do, or what is mapped from a device. */
static bool by_driver(const struct flow_sink *f, const struct mmt_view *v)
{
	uint64_t rdev;

	if (events[v->ev->num].driver || (value_get(v->h, v->ev, "rdev", &rdev) && rdev))
		return true;
	return v->ev->num == MMT_EV_DRIVER_MMAP && strchr(buf_str((struct buf *)&f->text), ':');
}

static bool wanted(const struct flow_sink *f, const struct mmt_view *v, const struct pending *p)
{
	static const char *const places[] = { "/dev/", "anon_inode:", "/dmabuf:" };

	if (f->opts.all || (p && p->driver) || v->map_class == MMT_FCLASS_PFN || v->map_class == MMT_FCLASS_SHM ||
	    v->map_class == MMT_FCLASS_HUGETLB)
		return true;
	for (size_t i = 0; v->mapping && i < MMT_COUNT(places); i++)
		if (!strncmp(v->mapping, places[i], strlen(places[i])))
			return true;
	return false;
}

static void count_vmas(struct flow_sink *f, const struct mmt_view *v, struct pending *p, struct flow_block *k)
{
	if (v->ev->num == MMT_EV_DRIVER_OPEN) {
		if (k)
			k->vmas++;
		else if (p)
			p->opens++;
	}
	if (v->ev->num != MMT_EV_DRIVER_CLOSE || !k)
		return;
	if (p)
		k->vmas += p->opens;
	if (p)
		p->opens = 0;
	if (k->vmas && !--k->vmas)
		buf_puts(&f->text, " (last)");
}

/* Of the call that the event is in, or of the mapping. */
static void note_hit(const struct flow_sink *f, struct pending *p, struct flow_block *k)
{
	if (p)
		p->hit |= f->hit;
	if (k)
		k->hit |= f->hit || (p && p->hit);
}

static int take_part(struct flow_sink *f, const struct mmt_view *v)
{
	struct flow_node n = node_of(v);
	struct flow_block *k = block_of(f, v->map_id);
	const char *text = text_of(f, v, k);
	uint64_t key = call_key(v->h);
	struct flow_nodes alone = { 0 };
	struct pending *p;
	int err = 0;

	if (v->ev->num == MMT_EV_DRIVER_OPEN && !key) { /* fork */
		p = pending_get(f, &f->forks, v->h->mm);
		if (p)
			flow_add(&p->nodes, &n, text);
		note_hit(f, NULL, k);
		return 0;
	}
	p = pending_get(f, &f->pending, key);
	note_hit(f, p, p ? NULL : k);
	count_vmas(f, v, p, k);
	text = buf_str(&f->text);
	if (p) {
		p->driver |= by_driver(f, v);
		flow_add(&p->nodes, &n, text);
	} else if (k) {
		char with[256];

		snprintf(with, sizeof(with), "%s%s", v->ev->num == MMT_EV_DRIVER_CLOSE ? "exit  " : "", text);
		flow_add(&alone, &n, with);
		err = flow_book_add(&f->book, k, &alone, true);
		flow_free_nodes(&alone);
	}
	return err;
}

/* The call's own node on top of what ran inside. */
static void close_call(struct flow_sink *f, const struct mmt_view *v, struct pending *p, const char *text,
		       struct flow_nodes *step)
{
	struct flow_node n = node_of(v);

	if (p)
		flow_move(step, &p->nodes);
	if (flow_add(step, &n, text))
		flow_nest(step, step->n - 1);
	if (p)
		free_pending(map_del(&f->pending, call_key(v->h)));
}

static bool has_install(const struct flow_nodes *l)
{
	static const char *const installs[] = { "pfn_map", "page_map", "dma_map" };

	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < MMT_COUNT(installs); k++)
			if (!strcmp(l->v[i].event, installs[k]))
				return true;
	return false;
}

static int take_maker(struct flow_sink *f, const struct mmt_view *v)
{
	struct pending *p = map_get(&f->pending, call_key(v->h));
	struct flow_nodes step = { 0 };
	struct flow_block *k;
	int err;

	if (!wanted(f, v, p)) {
		f->hidden++;
		free_pending(map_del(&f->pending, call_key(v->h)));
		return 0;
	}
	k = flow_book_new(&f->book, v);
	if (!k)
		return -ENOMEM;
	note_hit(f, p, k);
	close_call(f, v, p, text_of(f, v, k), &step);
	k->installed = has_install(&step);
	err = flow_book_add(&f->book, k, &step, false);
	flow_free_nodes(&step);
	return err;
}

static int take_life(struct flow_sink *f, const struct mmt_view *v)
{
	struct pending *p = map_get(&f->pending, call_key(v->h));
	struct flow_block *k = block_of(f, v->map_id);
	struct flow_nodes step = { 0 };
	uint64_t ret;
	int err;

	/* where it was called on has no name any more, what the driver did there has */
	for (size_t i = 0; p && !k && i < p->nodes.n; i++)
		k = block_of(f, p->nodes.v[i].id);
	if (!k) {
		free_pending(map_del(&f->pending, call_key(v->h)));
		return 0;
	}
	if (p)
		k->vmas += p->opens;
	note_hit(f, p, k);
	close_call(f, v, p, text_of(f, v, k), &step);
	err = flow_book_add(&f->book, k, &step, true);
	flow_free_nodes(&step);
	if (v->ev->num == MMT_EV_MREMAP && value_get(v->h, v->ev, "ret", &ret) &&
	    !value_errno(MMT_LOOK_RETADDR, (int64_t)ret))
		k->start = ret;
	return err;
}

static int take_fault(struct flow_sink *f, const struct mmt_view *v)
{
	struct pending *p = map_get(&f->pending, call_key(v->h));
	struct flow_block *k = block_of(f, v->map_id);
	struct flow_nodes step = { 0 };
	struct buf line = { 0 };
	int err;

	note_hit(f, p, k);
	if (!k || k->faults++ >= (f->opts.json ? FLOW_FAULTS_JSON : FLOW_FAULTS_TOLD)) {
		free_pending(map_del(&f->pending, call_key(v->h)));
		if (k && v->h->have & MMT_HAVE_DUR) {
			k->slowest = v->h->dur_ns > k->slowest ? v->h->dur_ns : k->slowest;
			k->fastest = v->h->dur_ns < k->fastest ? v->h->dur_ns : k->fastest;
		}
		return 0;
	}
	buf_puts(&line, k->faults == 1 ? "first touch " : "touch ");
	put_rel(&line, v, k);
	buf_puts(&line, text_of(f, v, k));
	close_call(f, v, p, buf_str(&line), &step);
	buf_free(&line);
	err = flow_book_add(&f->book, k, &step, true);
	flow_free_nodes(&step);
	return err;
}

static int take_dup(struct flow_sink *f, const struct mmt_view *v)
{
	struct pending *p = block_of(f, v->map_id) ? pending_get(f, &f->forks, v->h->mm) : NULL;
	struct flow_node n = node_of(v);

	if (p)
		flow_add(&p->nodes, &n, "fork");
	note_hit(f, NULL, block_of(f, v->map_id));
	return 0;
}

/* What the driver was told of one copy: its open stands before the copy or behind it, by kernel. */
static int tell_copy(struct flow_sink *f, struct pending *p, size_t dup, const char *text)
{
	struct flow_block *k = block_of(f, p->nodes.v[dup].id);
	struct flow_nodes step = { 0 };
	size_t i;
	int err;

	if (!k)
		return 0;
	note_hit(f, NULL, k);
	flow_add(&step, &p->nodes.v[dup], text);
	for (i = 0; i < p->nodes.n; i++) {
		if (strcmp(p->nodes.v[i].event, "driver_open") ||
		    (*p->nodes.v[i].id && strcmp(p->nodes.v[i].id, step.v[0].id)))
			continue;
		flow_add(&step, &p->nodes.v[i], p->nodes.v[i].text);
		k->vmas++;
		p->nodes.v[i].event = "told";
		break;
	}
	if (step.n > 1)
		step.v[1].level = 1;
	err = flow_book_add(&f->book, k, &step, true);
	flow_free_nodes(&step);
	return err;
}

static int take_fork(struct flow_sink *f, const struct mmt_view *v)
{
	const struct mmt_ev_fork *e = (const void *)v->h;
	struct pending *p = v->h->have & MMT_HAVE(FORK, child_mm) ? map_get(&f->forks, e->child_mm) : NULL;
	char text[32];
	int err = 0;

	if (!p)
		return 0;
	snprintf(text, sizeof(text), "fork %s pid %u", f->opts.ascii ? "->" : "→", e->child);
	for (size_t i = 0; i < p->nodes.n && !err; i++)
		if (!strcmp(p->nodes.v[i].event, "vma_dup"))
			err = tell_copy(f, p, i, text);
	free_pending(map_del(&f->forks, e->child_mm));
	return err;
}

static int flow_event(struct mmt_sink *s, const struct mmt_view *v)
{
	static int (*const takes[])(struct flow_sink * f, const struct mmt_view *v) = {
		[ROLE_PART] = take_part,   [ROLE_MAKES] = take_maker, [ROLE_LIFE] = take_life,
		[ROLE_FAULT] = take_fault, [ROLE_DUP] = take_dup,     [ROLE_FORK] = take_fork,
	};
	enum role role = events[v->ev->num].role;
	struct flow_sink *f = (struct flow_sink *)s;

	if (role == ROLE_NONE)
		return 0;
	f->hit = !f->opts.match || f->opts.match(f->opts.match_ctx, v, f->start_ns);
	return takes[role](f, v);
}

static int flow_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct flow_sink *f = (struct flow_sink *)s;

	f->start_ns = info->start_mono_ns;
	return f->opts.json ? json_put_header(&f->book.j, info) : 0;
}

static int flow_flush(struct mmt_sink *s)
{
	return out_flush(&((struct flow_sink *)s)->book.out);
}

static int flow_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	struct flow_sink *f = (struct flow_sink *)s;
	int err;

	err = flow_book_end(&f->book);
	if (!err && f->opts.json)
		err = json_put_summary(&f->book.j, sum);
	if (f->lost)
		mmt_warn("%" PRIu64 " calls' ends were not seen: what happened inside them is missing", f->lost);
	if (f->hidden && !f->opts.json)
		mmt_info("%" PRIu64 " mappings of plain files and anonymous memory not shown; -a shows them",
			 f->hidden);
	if (f->book.unasked && !f->opts.json)
		mmt_info("%" PRIu64 " mappings not shown: nothing of them is what was asked for", f->book.unasked);
	return err ? err : flow_flush(s);
}

static void flow_free(struct mmt_sink *s)
{
	struct flow_sink *f = (struct flow_sink *)s;

	forget_pending(&f->pending);
	forget_pending(&f->forks);
	flow_book_free(&f->book);
	buf_free(&f->text);
	free(f);
}

struct mmt_sink *flow_open(const struct flow_opts *opts, const struct sink_opts *to)
{
	struct flow_sink *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	flow_book_init(&f->book, opts, to);
	f->opts = *opts;
	f->s = (struct mmt_sink){
		.begin = flow_begin, .event = flow_event, .flush = flow_flush, .end = flow_end, .free = flow_free
	};
	return &f->s;
}
