// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "ledger/ranges.h"

#include <stdlib.h>
#include "ledger/take.h"

struct ranges *ranges_new(uint32_t page_size)
{
	struct ranges *l = calloc(1, sizeof(*l));

	if (l) {
		l->page_size = page_size;
		l->seed = 0x2545f4914f6cdd1dULL;
	}
	return l;
}

void ranges_free(struct ranges *l)
{
	if (!l)
		return;
	coming_end(l, 0);
	for (size_t i = 0; i < l->spaces.cap; i++)
		if (l->spaces.slots[i].val)
			space_free(l, l->spaces.slots[i].val);
	mapping_forget_closed(l);
	map_free(&l->spaces);
	map_free(&l->by_pid);
	map_free(&l->by_serial);
	free(l);
}

void ranges_ask_comm(struct ranges *l, ranges_comm_fn fn, void *ctx)
{
	l->ask_comm = fn;
	l->ask_ctx = ctx;
}

/* The call is over: what its driver has told of and what has not come never will. */
static void on_mmap(struct ranges *l, const struct mmt_hdr *h)
{
	deeds_mmap(l, h);
	guess_mmap(l, h);
}

static void on_fork(struct ranges *l, const struct mmt_hdr *h)
{
	change_fork(l, h);
	guess_fork(l, h);
}

static void (*const handlers[MMT_EV_MAX])(struct ranges *l, const struct mmt_hdr *h) = {
	[MMT_EV_VMA_MAP] = change_map,
	[MMT_EV_VMA_UNMAP] = change_unmap,
	[MMT_EV_VMA_PROT] = change_prot,
	[MMT_EV_VMA_MOVE] = change_move,
	[MMT_EV_VMA_DUP] = change_dup,
	[MMT_EV_VMA_GROW] = change_grow,
	[MMT_EV_VMA_IMPORT] = change_import,
	[MMT_EV_VMA_WALK] = walk_vma,
	[MMT_EV_EXEC] = change_exec,
	[MMT_EV_EXIT] = change_exit,
	[MMT_EV_FORK] = on_fork,
	[MMT_EV_MMAP] = on_mmap,
	[MMT_EV_MUNMAP] = guess_munmap,
	[MMT_EV_MPROTECT] = guess_mprotect,
	[MMT_EV_MREMAP] = guess_mremap,
	[MMT_EV_BRK] = guess_brk,
	[MMT_EV_MADVISE] = guess_madvise,
	[MMT_EV_SHMGET] = guess_shmget,
	[MMT_EV_SHMAT] = guess_shmat,
	[MMT_EV_SHMDT] = guess_shmdt,
	[MMT_EV_REMAP_FILE] = guess_remap_file,
	[MMT_EV_VMA_NEW] = deeds_vma_new,
	[MMT_EV_DRIVER_MMAP] = deeds_driver_mmap,
	[MMT_EV_DRIVER_OPEN] = deeds_driver_open,
	[MMT_EV_PFN_MAP] = deeds_install,
	[MMT_EV_PAGE_MAP] = deeds_install,
	[MMT_EV_DMA_MAP] = deeds_install,
	[MMT_EV_FAULT] = deeds_fault,
};

void ranges_event(struct ranges *l, const struct mmt_hdr *h)
{
	if (h->type >= MMT_EV_MAX || !handlers[h->type])
		return;
	l->now_ns = h->ts_ns;
	l->pid = h->pid;
	l->tid = h->tid;
	handlers[h->type](l, h);
}

static const struct range *live(const struct space *s, uint64_t addr)
{
	return s && !s->dead ? tree_at(&s->tree, addr) : NULL;
}

/* What was unmapped there first since ts_ns: others may have come and gone there before a call was over. Else what was last. */
static const struct gone *gone(const struct space *s, uint64_t addr, uint64_t ts_ns)
{
	const struct gone *found = NULL;

	for (unsigned i = 1; s && s->gone && i <= GONE; i++) {
		const struct gone *g = &s->gone[(s->next_gone - i) % GONE];

		if (addr < g->r.start || addr >= g->r.end)
			continue;
		if (found && g->ts_ns <= ts_ns)
			break;
		found = g;
	}
	return found;
}

static const struct range *was_at(const struct space *s, const struct mmt_hdr *h, uint64_t addr)
{
	const struct gone *g = gone(s, addr, h->ts_ns);
	const struct range *r;

	/* unmapped since the event began: what is there now is newer than it */
	if (g && g->ts_ns > h->ts_ns)
		return &g->r;
	r = s ? tree_at(&s->tree, addr) : NULL; /* of one that has ended: what its end found there */
	return r || !g ? r : &g->r;
}

const struct range *ranges_at(const struct ranges *l, const struct mmt_hdr *h, uint64_t addr)
{
	const struct range *r = live(map_get(&l->spaces, space_key(h->mm, h->pid)), addr);

	return r || !h->mm ? r : live(map_get(&l->spaces, space_key(0, h->pid)), addr);
}

const struct range *ranges_was_at(const struct ranges *l, const struct mmt_hdr *h, uint64_t addr)
{
	const struct range *r = was_at(map_get(&l->spaces, space_key(h->mm, h->pid)), h, addr);

	return r || !h->mm ? r : was_at(map_get(&l->spaces, space_key(0, h->pid)), h, addr);
}

const struct mapping *ranges_mapping(const struct ranges *l, const struct mmt_hdr *h, uint64_t addr, bool back)
{
	const struct mapping *m = coming_at(l, h, addr);
	const struct range *r = m ? NULL : back ? ranges_was_at(l, h, addr) : ranges_at(l, h, addr);

	return r ? r->map : m;
}

/* ---- all of it ------------------------------------------------------------------------------------------------ */

static int by_pid_and_mm(const void *a, const void *b)
{
	const struct space *x = *(struct space *const *)a, *y = *(struct space *const *)b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->mm > y->mm) - (x->mm < y->mm);
}

static int by_serial(const void *a, const void *b)
{
	const struct mapping *x = *(struct mapping *const *)a, *y = *(struct mapping *const *)b;

	return (x->serial > y->serial) - (x->serial < y->serial);
}

/* The values of a map that are wanted (NULL: all), ordered; the caller frees them. */
static void **sorted(const struct map *m, int (*cmp)(const void *, const void *), size_t *n,
		     bool (*wanted)(const void *value, const void *ctx), const void *ctx)
{
	void **v = calloc(m->n + 1, sizeof(*v));

	*n = 0;
	for (size_t i = 0; v && i < m->cap; i++)
		if (m->slots[i].val && (!wanted || wanted(m->slots[i].val, ctx)))
			v[(*n)++] = m->slots[i].val;
	if (v)
		qsort(v, *n, sizeof(*v), cmp);
	return v;
}

void ranges_each_space(const struct ranges *l, ranges_space_fn fn, void *ctx)
{
	size_t n;
	struct space **v = (struct space **)sorted(&l->spaces, by_pid_and_mm, &n, NULL, NULL);

	for (size_t i = 0; v && i < n; i++) {
		struct ranges_space about = {
			.mm = v[i]->mm, .pid = v[i]->pid, .truth = v[i]->truth, .gap = v[i]->gap, .gaps = v[i]->gaps
		};

		if (!v[i]->dead)
			fn(ctx, &about);
	}
	free(v);
}

struct handing {
	ranges_range_fn fn;
	void *ctx;
};

static void hand(void *ctx, struct range *r)
{
	struct handing *to = ctx;

	to->fn(to->ctx, r);
}

void ranges_each(const struct ranges *l, uint32_t mm, uint32_t pid, ranges_range_fn fn, void *ctx)
{
	const struct space *s = space_find(l, space_key(mm, pid));
	struct handing to = { fn, ctx };

	if (s)
		tree_each(s->tree.root, hand, &to);
}

void ranges_each_mapping(const struct ranges *l, ranges_mapping_fn fn, void *ctx)
{
	size_t n;
	struct mapping **v = (struct mapping **)sorted(&l->by_serial, by_serial, &n, NULL, NULL);

	for (size_t i = 0; v && i < n; i++)
		fn(ctx, v[i]);
	free(v);
}

struct whose {
	uint32_t mm, pid;
};

static bool closed_of(const void *value, const void *whose)
{
	const struct mapping *m = value;
	const struct whose *w = whose;

	return m->reason != MAPPING_LIVE && m->mm == w->mm && (m->mm || m->pid == w->pid);
}

void ranges_each_closed(const struct ranges *l, uint32_t mm, uint32_t pid, ranges_mapping_fn fn, void *ctx)
{
	const struct whose w = { mm, pid };
	size_t n;
	struct mapping **v = (struct mapping **)sorted(&l->by_serial, by_serial, &n, closed_of, &w);

	for (size_t i = 0; v && i < n; i++)
		fn(ctx, v[i]);
	free(v);
}

uint64_t ranges_conflicts(const struct ranges *l)
{
	return l->conflicts;
}

uint64_t ranges_dropped(const struct ranges *l)
{
	return l->dropped;
}

uint64_t ranges_count(const struct ranges *l)
{
	return l->count;
}

uint64_t ranges_forgotten(const struct ranges *l)
{
	return l->forgotten;
}
