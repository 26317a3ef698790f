// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The ledger compared with the kernel. A walk tells the VMAs of an address space one by one, each at the place in the stream
 * where it was true, so each is compared as it comes: between the one before and its start nothing may be mapped, and what
 * the ledger has in its range must agree with it byte by byte, however both sides are cut up.
 *
 * A difference is held back until the next change of that space. Where unmap_region tells of an unmap (5.10, 6.1) its lock
 * may have been shared already, and a walk meets the hole before the word of it: while the walk goes on or behind its end
 * the unmap is told, and there was no difference. What is left is told, and then the kernel is believed.
 */
#include <stdlib.h>
#include "event/flags.h"
#include "ledger/take.h"

/* As the kernel shows them to everyone: /proc/PID/maps has these four. */
static unsigned perms(uint64_t vm_flags)
{
	unsigned shared = vm_flags & (FLAGS_VM_SHARED | FLAGS_VM_MAYSHARE) ? 8 : 0;

	return shared | (vm_flags & (FLAGS_VM_READ | FLAGS_VM_WRITE | FLAGS_VM_EXEC));
}

/* A call knows a descriptor and not what it was open on. */
static bool knows_file(const struct range *r)
{
	return !r->guessed || r->ino || r->fd < 0;
}

static bool same_file(const struct range *r, const struct range *kernel, uint64_t at)
{
	if (!knows_file(r))
		return kernel->ino != 0;
	if (r->guessed && !r->ino)
		return !kernel->ino || perms(r->vm_flags) & 8; /* shared anonymous memory is a file to the kernel */
	return r->ino == kernel->ino && r->dev == kernel->dev &&
	       (!r->ino || r->off + (at - r->start) == kernel->off + (at - kernel->start));
}

static bool agree(const struct range *r, const struct range *kernel, uint64_t at)
{
	return perms(r->vm_flags) == perms(kernel->vm_flags) && same_file(r, kernel, at);
}

/* What calls could not know, and the kernel tells. */
static void learn(struct range *r, const struct range *kernel, uint64_t at)
{
	if (!r->guessed || r->ino || !kernel->ino)
		return;
	r->ino = r->map->ino = kernel->ino;
	r->dev = r->map->dev = kernel->dev;
	r->file = r->map->file = kernel->file;
	r->off = kernel->off + (at - kernel->start) - (at - r->start);
}

static void differs(struct walk *w, uint64_t start, uint64_t end, const struct range *kernel)
{
	struct walk_diff *d = w->n ? &w->diff[w->n - 1] : NULL;

	if (d && d->end == start && !d->mapped && !kernel) {
		d->end = end;
		return;
	}
	if (w->n == WALK_DIFFS) {
		w->more++;
		return;
	}
	d = &w->diff[w->n++];
	*d = (struct walk_diff){ .start = start, .end = end, .mapped = kernel != NULL };
	if (kernel) {
		d->kernel = *kernel;
		d->kernel.off += start - kernel->start;
		d->kernel.start = start;
		d->kernel.end = end;
	}
}

/* Nothing may be mapped in [start, end). */
static void compare_hole(struct space *s, uint64_t start, uint64_t end)
{
	for (struct range *r = tree_from(&s->tree, start); r && r->start < end; r = tree_from(&s->tree, r->end))
		differs(s->walk, r->start > start ? r->start : start, r->end < end ? r->end : end, NULL);
}

/* Where no changes are seen, nobody says that a stack grew. */
static bool stack_above(struct ranges *l, struct space *s, const struct range *piece)
{
	struct range *r = tree_at(&s->tree, piece->end), new;

	if (s->truth || !r || r->kind != RANGE_STACK || perms(r->vm_flags) != perms(piece->vm_flags) || piece->ino)
		return false;
	new = *r;
	new.start = piece->start;
	new.end = piece->end;
	new.off -= r->start - piece->start;
	mapping_did(l, r->map, MAPPING_ACT_GROWN, new.start, new.end, MMT_ORIGIN_STACK);
	space_fill(l, s, &new);
	return true;
}

static void compare_vma(struct ranges *l, struct space *s, const struct range *kernel, uint64_t from)
{
	for (uint64_t at = from, to; at < kernel->end; at = to) {
		struct range *r = tree_from(&s->tree, at), piece = *kernel;

		to = r && r->start <= at ? r->end : r ? r->start : kernel->end;
		to = to < kernel->end ? to : kernel->end;
		piece.start = at;
		piece.end = to;
		if (r && r->start <= at && agree(r, kernel, at))
			learn(r, kernel, at);
		else if ((r && r->start <= at) || !stack_above(l, s, &piece))
			differs(s->walk, at, to, kernel);
	}
}

/*
 * A process in the middle of an exec has such a stack: nobody was told of the new address space yet, so there is nothing to
 * compare. VM_STACK_INCOMPLETE_SETUP, include/linux/mm.h, 5.10 to 7.1
 */
#define VM_SEQ_READ_  0x8000
#define VM_RAND_READ_ 0x10000

static bool in_exec(const struct range *kernel)
{
	return kernel->has_flags && !(~kernel->vm_flags & (VM_SEQ_READ_ | VM_RAND_READ_));
}

/* As if nobody had walked there. */
static void forget(struct ranges *l, struct space *s)
{
	bool fresh = s->walk->fresh;

	free(s->walk);
	s->walk = NULL;
	l->walks.walks--;
	if (fresh && !s->tree.root)
		space_free(l, map_del(&l->spaces, s->key));
}

void walk_vma(struct ranges *l, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_walk *e = (const void *)h;
	struct space *s = space_find(l, space_key(h->mm, h->pid));
	struct range kernel = change_describe(l, h, e->addr, e->len, MMT_ORIGIN_IMPORT);
	struct walk *w = s ? s->walk : NULL;

	if (!w || !w->on || kernel.start >= kernel.end)
		return;
	if (in_exec(&kernel)) {
		forget(l, s);
		return;
	}
	if (kernel.start > w->cursor)
		compare_hole(s, w->cursor, kernel.start);
	if (kernel.end <= w->cursor)
		return; /* told once more, after the lock was let go */
	compare_vma(l, s, &kernel, kernel.start > w->cursor ? kernel.start : w->cursor);
	w->cursor = kernel.end;
	w->changed = false;
	l->walks.vmas++;
}

/* ---- telling and believing ----------------------------------------------------------------------------------- */

static bool missed_some(const struct space *s)
{
	return s->gap || (!s->truth && s->threads);
}

static void tell(struct ranges *l, const struct space *s, const struct walk_diff *d)
{
	const struct range *r = tree_at(&s->tree, d->start);
	struct ranges_diff out = { .mm = s->mm, .pid = s->pid, .start = d->start, .end = d->end };

	out.gap = missed_some(s);
	out.ledger = r;
	out.kernel = d->mapped ? &d->kernel : NULL;
	if (out.gap)
		l->walks.gaps++;
	else
		l->walks.diffs++;
	if (l->on_diff)
		l->on_diff(l->on_diff_ctx, &out);
}

static void believe(struct ranges *l, struct space *s, const struct walk_diff *d)
{
	struct range *r = tree_at(&s->tree, d->start), new = d->kernel;

	if (!d->mapped) {
		space_unmap(l, s, d->start, d->end, MAPPING_GAP);
		return;
	}
	if (r && same_file(r, &d->kernel, d->start) && (perms(r->vm_flags) ^ perms(d->kernel.vm_flags)) < 8) {
		space_prot(l, s, d->start, d->end, d->kernel.vm_flags, d->kernel.has_flags);
		return;
	}
	space_unmap(l, s, d->start, d->end, MAPPING_GAP);
	new.map = mapping_new(l, s, &new, MMT_ORIGIN_IMPORT);
	if (!new.map)
		return;
	new.map->imported = new.map->unsure = true;
	mapping_did(l, new.map, MAPPING_ACT_MADE, new.start, new.end, MMT_ORIGIN_IMPORT);
	space_map(l, s, &new, false);
	mapping_put(l, new.map);
}

static void settle(struct ranges *l, struct space *s)
{
	struct walk *w = s->walk;

	if (!w || w->on)
		return;
	for (unsigned i = 0; i < w->n; i++) {
		tell(l, s, &w->diff[i]);
		believe(l, s, &w->diff[i]);
	}
	if (missed_some(s))
		l->walks.gaps += w->more;
	else
		l->walks.diffs += w->more;
	if (w->whole && !w->more)
		s->gap = false;
	free(w);
	s->walk = NULL;
}

/* [start, end) of the holes that were found is explained; what is left of them waits on. Was anything? */
static bool explain(struct walk *w, uint64_t start, uint64_t end)
{
	unsigned n = w->n;
	bool any = false;

	for (unsigned i = 0; i < n; i++) {
		struct walk_diff *d = &w->diff[i], above = *d;

		if (d->mapped || d->end <= start || end <= d->start)
			continue;
		any = true;
		above.start = end;
		d->end = start > d->start ? start : d->start;
		if (end >= above.end)
			continue;
		if (d->start == d->end)
			*d = above;
		else if (w->n < WALK_DIFFS)
			w->diff[w->n++] = above;
		else
			w->more++;
	}
	n = w->n;
	w->n = 0;
	for (unsigned i = 0; i < n; i++)
		if (w->diff[i].start < w->diff[i].end)
			w->diff[w->n++] = w->diff[i];
	return any;
}

/* The unmap that a difference was waiting for explains it; any other change says that there is none to come. */
void walk_before(struct ranges *l, struct space *s, const struct mmt_hdr *h)
{
	const struct mmt_ev_vma_unmap *e = (const void *)h;
	struct walk *w = s->walk;

	if (!w)
		return;
	w->changed = true;
	/* another may be to come, also while the walk goes on */
	if (h->type == MMT_EV_VMA_UNMAP && explain(w, e->addr, e->addr + e->len) && w->n)
		return;
	settle(l, s);
}

void walk_end_of(struct ranges *l, struct space *s)
{
	if (!s->walk)
		return;
	s->walk->on = false;
	settle(l, s);
}

static void begin(struct ranges *l, const struct mmt_sync *m)
{
	bool known = space_find(l, space_key(m->mm, m->pid)) != NULL;
	struct space *s = space_get(l, m->mm, m->pid);

	if (!s)
		return;
	if (!known)
		space_gap(s);
	walk_end_of(l, s);
	s->walk = calloc(1, sizeof(*s->walk));
	if (!s->walk) {
		l->dropped++;
		return;
	}
	s->walk->on = true;
	s->walk->fresh = !known;
	l->walks.walks++;
}

static void end(struct ranges *l, struct space *s, bool whole)
{
	struct walk *w = s->walk;

	w->whole = whole;
	w->on = false;
	l->walks.cut += !whole;
	/* behind the last: nobody held a lock between that and the end */
	if (whole && !w->changed)
		compare_hole(s, w->cursor, UINT64_MAX);
	/* where something is known to be missing there is nothing to wait for */
	if (s->gap || !w->n)
		settle(l, s);
}

void ranges_sync(struct ranges *l, const struct mmt_sync *m)
{
	struct space *s = space_find(l, space_key(m->mm, m->pid));

	l->now_ns = m->ts_ns;
	l->pid = m->pid;
	l->tid = m->pid;
	if (m->what == MMT_SYNC_WALK_BEGIN)
		begin(l, m);
	else if (s && s->walk && s->walk->on && (m->what == MMT_SYNC_WALK_END || m->what == MMT_SYNC_WALK_CUT))
		end(l, s, m->what == MMT_SYNC_WALK_END);
}

void ranges_on_diff(struct ranges *l, ranges_diff_fn fn, void *ctx)
{
	l->on_diff = fn;
	l->on_diff_ctx = ctx;
}

void ranges_settle(struct ranges *l)
{
	for (size_t i = 0; i < l->spaces.cap; i++) {
		struct space *s = l->spaces.slots[i].val;

		if (s && s->walk && s->walk->on)
			l->walks.cut++; /* its end was lost */
		if (s && !s->dead)
			walk_end_of(l, s);
	}
}

void ranges_lost(struct ranges *l)
{
	for (size_t i = 0; i < l->spaces.cap; i++) {
		struct space *s = l->spaces.slots[i].val;

		if (s && !s->dead)
			space_gap(s);
	}
}

const struct ranges_walks *ranges_walks(const struct ranges *l)
{
	return &l->walks;
}
