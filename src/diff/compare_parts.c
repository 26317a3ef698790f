// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "diff/align.h"
#include "diff/compare.h"
#include "event/schema.h"

#define LACKS_A 1u
#define LACKS_B 2u

static struct difference start(const struct pair *p, unsigned what, const struct canon_entry *e)
{
	const struct canon_map *m = p->ma ? p->ma : p->mb;
	struct difference d = { .what = (uint8_t)what, .proc = p->pa ? p->pa->comm : p->pb->comm };

	if (m) {
		d.map = m->name ? m->name : "something unknown";
		d.nth = m->nth;
		d.copied = m->copied;
		d.id_a = p->ma ? p->ma->id : NULL;
		d.id_b = p->mb ? p->mb->id : NULL;
	}
	if (e) {
		d.event = e->event;
		d.key = e->key;
		d.said = e->said;
		d.inner = e->inner;
	}
	return d;
}

static const char *number(struct comparison *k, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	return texts_get(k->texts, text);
}

bool compare_seen(const struct comparison *k, unsigned i, unsigned event)
{
	return !k->seen[i] || k->seen[i][event];
}

bool compare_can_see(const struct comparison *k, unsigned i, const struct canon_entry *e)
{
	const struct canon *c = k->run[i];
	char hook[96];

	if (!compare_seen(k, i, e->event))
		return false;
	if (!canon_is_install(e->event))
		return true;
	snprintf(hook, sizeof(hook), "install.%s", e->key);
	for (unsigned n = 0; n < c->nhooks; n++)
		if (!strcmp(c->hooks[n].name, hook))
			return strcmp(c->hooks[n].tier, "none");
	return true;
}

/* ---- attributes ---- */

/* What is not told of memory is that it is shared with nothing, where any memory is told of. */
static const char *memory_of(struct comparison *k, const struct canon_map *m, const char *value)
{
	return value || !m || !m->nsegs ? value : texts_get(k->texts, "memory that no earlier mapping of it has");
}

static void compare_attr(struct comparison *k, const struct pair *p, const struct canon_attr *a,
			 const struct canon_attr *b, const struct canon_entry *entry)
{
	static const char *const names[] = {
#define X(id, name, map, entry) #name,
		CANON_WHATS(X)
#undef X
	};
	unsigned what = a ? a->what : b->what;
	struct difference d = start(p, what, entry);
	char name[96];

	d.a = a ? a->value : NULL;
	d.b = b ? b->value : NULL;
	if (what == CANON_SHAPE && (!a || !b))
		return; /* as it happens, in one of them */
	if (what == CANON_MEMORY) {
		d.a = memory_of(k, p->ma, d.a);
		d.b = memory_of(k, p->mb, d.b);
	}
	if (d.a == d.b)
		return;
	if (d.a && d.b) {
		d.open = what == CANON_END && (k->run[0]->cut || k->run[1]->cut);
		difference_add(k, &d);
		return;
	}
	snprintf(name, sizeof(name), "%s.%s", entry ? entry->key : "mapping", names[what]);
	incomparable_add(k, name, d.a ? LACKS_B : LACKS_A);
}

void compare_attrs(struct comparison *k, const struct pair *p, const struct canon_attrs *a, const struct canon_attrs *b,
		   const struct canon_entry *entry)
{
	const struct canon_attr *ra = canon_attr_of(a, CANON_RESULT), *rb = canon_attr_of(b, CANON_RESULT);
	bool failed = !entry && ra && rb && ra->value != rb->value;

	for (unsigned i = 0; i < a->n; i++)
		if (!failed || a->v[i].what == CANON_RESULT)
			compare_attr(k, p, &a->v[i], canon_attr_of(b, a->v[i].what), entry);
	for (unsigned i = 0; i < b->n && !failed; i++)
		if (!canon_attr_of(a, b->v[i].what))
			compare_attr(k, p, NULL, &b->v[i], entry);
}

/* ---- entries ---- */

struct lists {
	const struct canon_list *a, *b;
};

static unsigned alike(const struct canon_attrs *a, const struct canon_attrs *b)
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->n; i++) {
		const struct canon_attr *o = canon_attr_of(b, a->v[i].what);

		n += o && o->value == a->v[i].value;
	}
	return n;
}

static unsigned like(void *ctx, size_t i, size_t j)
{
	const struct lists *l = ctx;
	const struct canon_entry *a = &l->a->v[i], *b = &l->b->v[j];

	if (a->key != b->key || a->inner != b->inner)
		return 0;
	if (a->attrs.n == b->attrs.n && alike(&a->attrs, &b->attrs) == a->attrs.n)
		return ALIGN_MOST;
	return ALIGN_MOST / 2 + ALIGN_MOST / 2 / CANON_ATTRS * alike(&a->attrs, &b->attrs);
}

static void compare_pair(struct comparison *k, const struct pair *p, const struct canon_entry *a,
			 const struct canon_entry *b)
{
	struct difference d = start(p, CANON_TIMES, b);

	compare_attrs(k, p, &a->attrs, &b->attrs, b);
	if (a->times == b->times)
		return;
	d.a = number(k, a->times);
	d.b = number(k, b->times);
	d.open = compare_lossy(k->run[a->times > b->times]);
	difference_add(k, &d);
}

static void lone(struct comparison *k, const struct pair *p, const struct canon_entry *e, unsigned in)
{
	struct difference d = start(p, CANON_THERE, e);

	if (p->quiet & 1u << in)
		return;
	if (!compare_can_see(k, !in, e)) {
		incomparable_add(k, e->key, in ? LACKS_A : LACKS_B);
		return;
	}
	d.a = in ? NULL : number(k, e->times);
	d.b = in ? number(k, e->times) : NULL;
	d.open = compare_lossy(k->run[!in]);
	difference_add(k, &d);
}

/* Of an entry that has no partner in its place: one that is elsewhere in the other run. */
static bool elsewhere(struct comparison *k, const struct pair *p, const struct canon_entry *a,
		      const struct canon_list *b, bool *taken)
{
	struct difference d = start(p, CANON_ORDER, a);

	for (uint32_t j = 0; j < b->n; j++) {
		if (taken[j] || b->v[j].key != a->key || b->v[j].inner != a->inner)
			continue;
		taken[j] = true;
		compare_pair(k, p, a, &b->v[j]);
		d.open = compare_lossy(k->run[0]) || compare_lossy(k->run[1]);
		if (!p->pa->threads && !p->pb->threads)
			difference_add(k, &d);
		return true;
	}
	return false;
}

void compare_entries(struct comparison *k, const struct pair *p, const struct canon_list *a, const struct canon_list *b)
{
	struct lists l = { a, b };
	uint32_t *pair = malloc((a->n + 1) * sizeof(*pair));
	bool *taken = calloc(b->n + 1, sizeof(*taken));

	if (!pair || !taken || align(a->n, b->n, like, &l, pair)) {
		k->err = -ENOMEM;
		goto out;
	}
	for (uint32_t i = 0; i < a->n; i++)
		if (pair[i] != ALIGN_NONE)
			taken[pair[i]] = true;
	for (uint32_t i = 0; i < a->n; i++) {
		if (pair[i] != ALIGN_NONE)
			compare_pair(k, p, &a->v[i], &b->v[pair[i]]);
		else if (!elsewhere(k, p, &a->v[i], b, taken))
			lone(k, p, &a->v[i], 0);
	}
	for (uint32_t j = 0; j < b->n; j++)
		if (!taken[j])
			lone(k, p, &b->v[j], 1);
out:
	free(pair);
	free(taken);
}

/* ---- counts ---- */

/*
 * What a driver does for each page it is asked for is counted exactly. Of a program's own memory the counts depend on where things
 * lie, which is another place each time: less than half as much again, and 8, is none. A stack begins anywhere in its page, so
 * that what fits into one there takes two here, and in each child again.
 */
enum exactness { EXACT, ABOUT, TWICE };

static bool differs(uint64_t a, uint64_t b, enum exactness how)
{
	uint64_t low = a < b ? a : b, high = a < b ? b : a;

	return how == EXACT ? low != high : high >= low + (how == TWICE ? low : low / 2) + 8;
}

static enum exactness exactness(const struct pair *p, unsigned event)
{
	unsigned family = schema_event(event)->family;
	bool driver = p->ma && p->ma->driver && p->mb->driver;

	if ((driver || family == MMT_FAM_CALL || family == MMT_FAM_INSTALL) && !p->pa->threads && !p->pb->threads)
		return EXACT;
	return p->ma && p->ma->name && !strcmp(p->ma->name, "[stack]") ? TWICE : ABOUT;
}

static bool sees_kernel(const struct canon *c)
{
	for (unsigned i = 0; i < c->nhooks; i++)
		if (!strcmp(c->hooks[i].name, "fault"))
			return !strcmp(c->hooks[i].tier, "fentry") || !strcmp(c->hooks[i].tier, "fsession");
	return true;
}

static void compare_count(struct comparison *k, const struct pair *p, const struct canon_count *c, uint64_t a,
			  uint64_t b)
{
	struct canon_entry e = { .key = c->key, .said = c->key, .event = c->event };
	struct difference d = start(p, CANON_COUNT, &e);

	if (!compare_seen(k, 0, c->event) || !compare_seen(k, 1, c->event)) {
		if (a != b)
			incomparable_add(k, c->event == MMT_EV_FAULT ? "fault" : c->key,
					 compare_seen(k, 0, c->event) ? LACKS_B : LACKS_A);
		return;
	}
	if (c->kernel && (!sees_kernel(k->run[0]) || !sees_kernel(k->run[1]))) {
		incomparable_add(k, "faults of the kernel itself (mode gup)",
				 sees_kernel(k->run[0]) ? LACKS_B : LACKS_A);
		return;
	}
	if (!differs(a, b, exactness(p, c->event)))
		return;
	d.a = number(k, a);
	d.b = number(k, b);
	d.open = compare_lossy(k->run[a > b]);
	difference_add(k, &d);
}

static uint64_t count_of(const struct canon_counts *l, const struct canon_count *like)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->v[i].key == like->key && l->v[i].kernel == like->kernel)
			return l->v[i].n;
	return 0;
}

struct faults {
	uint64_t all, unknown;
};

static struct faults faults_of(const struct canon_counts *l, bool kernel)
{
	struct faults f = { 0 };

	for (uint32_t i = 0; i < l->n; i++) {
		if (l->v[i].event != MMT_EV_FAULT || l->v[i].kernel != kernel)
			continue;
		f.all += l->v[i].n;
		f.unknown += l->v[i].unknown ? l->v[i].n : 0;
	}
	return f;
}

/* Where a tier cannot tell the kind of all faults they are compared as one. False: by their kinds. */
static bool compare_kinds(struct comparison *k, const struct pair *p, const struct canon_counts *a,
			  const struct canon_counts *b, bool kernel)
{
	struct faults fa = faults_of(a, kernel), fb = faults_of(b, kernel);
	struct canon_count all = { .event = MMT_EV_FAULT, .kernel = kernel };

	if ((!fa.unknown && !fb.unknown) || !compare_seen(k, 0, MMT_EV_FAULT) || !compare_seen(k, 1, MMT_EV_FAULT))
		return false;
	if (fa.unknown != fb.unknown)
		incomparable_add(k, "fault.kind", (fa.unknown ? LACKS_A : 0) | (fb.unknown ? LACKS_B : 0));
	all.key = texts_get(k->texts, kernel ? "any" CANON_KERNEL : "any");
	compare_count(k, p, &all, fa.all, fb.all);
	return true;
}

void compare_counts(struct comparison *k, const struct pair *p, const struct canon_counts *a,
		    const struct canon_counts *b)
{
	bool summed[2] = { compare_kinds(k, p, a, b, false), compare_kinds(k, p, a, b, true) };

	for (uint32_t i = 0; i < a->n; i++)
		if (a->v[i].event != MMT_EV_FAULT || !summed[a->v[i].kernel])
			compare_count(k, p, &a->v[i], a->v[i].n, count_of(b, &a->v[i]));
	for (uint32_t i = 0; i < b->n; i++)
		if (!count_of(a, &b->v[i]) && (b->v[i].event != MMT_EV_FAULT || !summed[b->v[i].kernel]))
			compare_count(k, p, &b->v[i], 0, b->v[i].n);
}
