/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Totals of faults, from the maps that BPF adds them up in. */
#include "session_total.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "mmtrace/base.h"
#include "mmtrace/wire/total.h"

#define BY_KEY	      (MMT_BY_MAPPING | MMT_BY_FILE | MMT_BY_DRIVER | MMT_BY_COMM | MMT_BY_STACK)
#define BYTES_DEFAULT (12u << 20) /* of cells, where there are keys */
#define BYTES_MIN     (1u << 20)
#define KEYS_DEFAULT  2048
#define KINDS_USUAL   12
#define TKEYS	      16384 /* TSLOTS, bpf/total.bpf.h */

static bool asked(const struct session_opts *o)
{
	return o->want[MMT_EV_FAULT_KEY];
}

bool session_needs_ring(const struct session_opts *o)
{
	if (!asked(o) || o->slowest || o->by & BY_KEY)
		return true;
	for (int e = 0; e < MMT_EV_MAX; e++)
		if (o->want[e] && e != MMT_EV_FAULT_KEY && e != MMT_EV_FAULT_SPLIT)
			return true;
	return false;
}

#define RING_TOTALS    (4u << 20)
#define SLOTS_TOTALS   1024 /* calls are numbered there */
#define THREADS_TOTALS 2048
#define INSTS_TOTALS   128

uint64_t total_ring(const struct session_opts *o, uint64_t usual)
{
	return asked(o) && !o->dry ? RING_TOTALS : usual;
}

uint32_t total_slots(const struct session_opts *o, uint32_t usual)
{
	return asked(o) && !o->dry && !o->split ? SLOTS_TOTALS : usual;
}

/* TOTAL_PROGS in bpf/total.bpf.c */
static const char *variant(const struct session *s)
{
	const struct session_opts *o = &s->opts;

	/* the others take a fault without marks for what most are */
	if ((o->by & ~MMT_BY_CPU && !session_marks_live(s)) || o->split || o->slowest || o->slower_ns ||
	    o->by & MMT_BY_STACK)
		return "full";
	if (o->by & BY_KEY)
		return "keyed";
	return o->by & MMT_BY_KIND ? "kind" : "plain";
}

void total_want(struct session *s)
{
	struct hook_choice *c = s->choice;

	if (!asked(&s->opts))
		return;
	if (s->opts.dry)
		return; /* all that could be */
	if (s->opts.by & (MMT_BY_MAPPING | MMT_BY_FILE | MMT_BY_DRIVER))
		c[MMT_HOOK_VMA_FREE].wanted = true; /* what was there is not what comes there */
	c[MMT_HOOK_FAULT].wanted = false;	    /* the slowest are told by whoever adds up */
	c[MMT_HOOK_TOTAL].wanted = !s->opts.count;
	c[MMT_HOOK_COUNT].wanted = c[MMT_HOOK_SAMPLE].wanted = s->opts.count;
}

/* Where a return cannot be had, software events alone cost less than with a kprobe; what that would add is not asked for. */
void total_choose(struct session *s)
{
	struct hook_choice *c = &s->choice[MMT_HOOK_TOTAL];
	const struct hook_try *t = hook_table[MMT_HOOK_TOTAL].tries;
	char why[TIER_WHY];

	c->variant = variant(s);
	if (!chosen(s, MMT_HOOK_TOTAL) || s->opts.by & ~MMT_BY_CPU || s->opts.slowest || s->opts.split ||
	    s->opts.tier || t[c->try].tier != MMT_TIER_KPROBE_PERF)
		return;
	for (int i = c->try + 1; i < HOOK_TRIES && t[i].tier; i++) {
		if (t[i].tier != MMT_TIER_PERF || c->bad & 1u << i || tiers_check(MMT_HOOK_TOTAL, i, &s->caps, why))
			continue;
		c->try = i;
		return;
	}
}

/* All that the kernel calls in the course of a fault is called by one of them. */
static void fault_functions(const struct session *s, struct mmt_knobs *k)
{
	static const char *const names[][2] = { { "handle_mm_fault", NULL }, { "do_mem_abort", "exc_page_fault" } };
	struct ksym sym;

	for (size_t i = 0; i < MMT_COUNT(names); i++) {
		uint64_t lo = 0, len = 0;

		for (size_t n = 0; n < 2 && names[i][n] && !lo; n++)
			if (!s->caps.ksyms || ksyms_named(s->caps.ksyms, names[i][n], &lo) != 1)
				lo = 0;
		for (uint64_t step = 1 << 16; lo && step; step /= 2)
			if (!ksyms_at(s->caps.ksyms, lo + len + step, &sym) && sym.addr == lo)
				len += step;
		k->fault_lo[i] = lo;
		k->fault_len[i] = lo ? len + 1 : 0;
	}
}

void total_knobs(const struct session *s, struct mmt_knobs *k)
{
	int tier = tier_of(s, s->opts.count ? MMT_HOOK_COUNT : MMT_HOOK_TOTAL);
	struct objects_opts sizes = { 0 };

	if (!asked(&s->opts))
		return;
	total_sizes(&s->opts, &sizes);
	k->totals = s->opts.count ? MMT_TOTALS_COUNT : MMT_TOTALS_TIME;
	k->by = s->opts.by;
	k->total_flags = tier == MMT_TIER_FENTRY || tier == MMT_TIER_KPROBE_PERF;
	k->total_cells = sizes.total_cells;
	k->total_rows = sizes.total_rows;
	if (s->opts.count)
		fault_functions(s, k);
	k->slowest = s->opts.slowest < MMT_SLOWEST_MAX ? s->opts.slowest : MMT_SLOWEST_MAX;
	k->total_slower = s->opts.slower_ns;
}

void total_sizes(const struct session_opts *o, struct objects_opts *sizes)
{
	uint64_t bytes = o->total_bytes ? o->total_bytes : BYTES_DEFAULT;
	uint32_t cpus = (uint32_t)libbpf_num_possible_cpus(), all;

	if (!asked(o))
		return;
	if (!o->dry)
		sizes->threads = THREADS_TOTALS, sizes->insts = INSTS_TOTALS;
	if (o->by & BY_KEY) {
		sizes->total_tkeys = TKEYS;
		sizes->total_keys = KEYS_DEFAULT;
		sizes->total_rows = MMT_ROW_KEYS + KEYS_DEFAULT;
	} else {
		sizes->total_rows = MMT_ROW_CPU + cpus;
	}
	if (sizes->total_rows > MMT_ROW_KEYS && !(o->by & BY_KEY))
		sizes->total_rows = MMT_ROW_KEYS;
	bytes = bytes < BYTES_MIN ? BYTES_MIN : bytes;
	if (!(o->by & BY_KEY) && !o->total_bytes && bytes < (uint64_t)cpus * KINDS_USUAL * sizeof(struct mmt_cell))
		bytes = (uint64_t)cpus * KINDS_USUAL * sizeof(struct mmt_cell);
	sizes->total_cells = bytes / sizeof(struct mmt_cell);
	all = 1 + (o->by & BY_KEY ? KEYS_DEFAULT : cpus) * MMT_CELL_KINDS;
	if (sizes->total_cells > all)
		sizes->total_cells = all;
	sizes->total_cells += MMT_CELL_KINDS; /* kept for what finds no other */
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

/* What is known of a cell. Of several with one owner, taken by CPUs at once, the first leads a chain. */
struct cell_read {
	uint32_t owner;		  /* 0: not known yet */
	uint32_t next;		  /* 0: none */
	bool led;		  /* it is in the chain of another */
	uint64_t sum_ns, untimed; /* told last */
};

struct totals {
	const struct mmt_cell *cells; /* mapped */
	size_t bytes;
	uint32_t ncells;
	struct cell_read *read;
	struct mmt_cell sum; /* of a chain */
	struct mmt_total *item;
};

static struct totals *totals_new(const struct session *s)
{
	struct objects_opts sizes = { 0 };
	struct totals *t = calloc(1, sizeof(*t));
	void *at;

	if (!t)
		return NULL;
	total_sizes(&s->opts, &sizes);
	t->ncells = sizes.total_cells;
	t->bytes = (size_t)t->ncells * sizeof(struct mmt_cell);
	t->read = calloc(t->ncells, sizeof(*t->read));
	t->item = malloc(sizeof(*t->item) + MMT_TOTAL_BUCKETS * sizeof(struct mmt_bucket));
	at = mmap(NULL, t->bytes, PROT_READ, MAP_SHARED, objects_map(s->objects, "cells"), 0);
	if (!t->read || !t->item || at == MAP_FAILED) {
		if (at != MAP_FAILED)
			munmap(at, t->bytes);
		free(t->read);
		free(t->item);
		free(t);
		return NULL;
	}
	t->cells = at;
	return t;
}

void total_close(struct session *s)
{
	struct totals *t = s->totals;

	if (!t)
		return;
	munmap((void *)t->cells, t->bytes);
	free(t->read);
	free(t->item);
	free(t);
	s->totals = NULL;
}

#define READ(x) (*(const volatile __typeof__(x) *)&(x))

static void add_up(struct totals *t, uint32_t i)
{
	struct mmt_cell *to = &t->sum;

	memset(to, 0, sizeof(*to));
	for (; i; i = t->read[i].next) {
		const struct mmt_cell *c = &t->cells[i];
		uint64_t max = READ(c->max_ns);

		to->sum_ns += READ(c->sum_ns);
		to->untimed += READ(c->untimed);
		to->max_ns = max > to->max_ns ? max : to->max_ns;
		to->shares_unknown |= READ(c->shares_unknown);
		for (int k = 0; k < MMT_SHARES; k++)
			to->share_ns[k] += READ(c->share_ns[k]);
		for (uint32_t k = 0; k < MMT_TOTAL_BUCKETS; k++)
			to->bucket[k] += READ(c->bucket[k]);
	}
}

/* Whose cell is this? Nobody's as long as nothing is told. */
static void find_owner(struct totals *t, int owners, uint32_t i, uint32_t n)
{
	struct cell_read *r = &t->read[i];
	uint32_t k;

	if (r->owner)
		return;
	if (bpf_map_lookup_elem(owners, &i, &r->owner)) {
		r->owner = 0;
		return;
	}
	for (k = 1; k < n && (k == i || t->read[k].led || t->read[k].owner != r->owner); k++)
		;
	if (k < n) {
		r->led = true;
		r->next = t->read[k].next;
		t->read[k].next = i;
	}
}

/* Cells of which numbers were taken so far, the first that nobody has included. */
static uint32_t taken(const struct session *s, const struct totals *t)
{
	struct {
		uint32_t next_cell, next_row, no_cells, zero0;
	} st = { 0 }; /* struct total_state, bpf/total.bpf.h */

	if (bpf_map_lookup_elem(objects_map(s->objects, "total_state"), &(uint32_t){ 0 }, &st))
		return t->ncells;
	return st.next_cell + 1 < t->ncells ? st.next_cell + 1 : t->ncells;
}

static bool changed(struct totals *t, uint32_t i)
{
	bool any = false;

	for (; i; i = t->read[i].next) {
		struct cell_read *r = &t->read[i];
		uint64_t sum = READ(t->cells[i].sum_ns), untimed = READ(t->cells[i].untimed);

		any |= r->sum_ns != sum || r->untimed != untimed;
		r->sum_ns = sum;
		r->untimed = untimed;
	}
	return any;
}

/* The shares that hooks of this run tell. */
static uint32_t shares_live(const struct session *s)
{
	uint32_t live = 0;

	for (int i = 0; s->opts.split && i < MMT_SHARES; i++)
		if (chosen(s, MMT_HOOK_SPLIT_LOCK + i))
			live |= 1u << i;
	return live;
}

static void fill(const struct session *s, const struct totals *w, uint32_t owner)
{
	uint32_t kind = owner % MMT_CELL_KINDS;
	const struct mmt_cell *c = &w->sum;
	struct mmt_total *t = w->item;

	*t = (struct mmt_total){ .type = MMT_ITEM_TOTAL, .row = owner / MMT_CELL_KINDS };
	t->kind = kind < MMT_CELL_CLASS ? kind : 0;
	t->class = kind < MMT_CELL_CLASS ? 0 : kind - MMT_CELL_CLASS;
	t->count = c->untimed;
	t->sum_ns = c->sum_ns;
	t->max_ns = c->max_ns;
	t->shares = shares_live(s) & ~c->shares_unknown;
	memcpy(t->share_ns, c->share_ns, sizeof(t->share_ns));
	for (uint32_t i = 0; i < MMT_TOTAL_BUCKETS; i++) {
		if (!c->bucket[i])
			continue;
		t->bucket[t->nbuckets++] = (struct mmt_bucket){ .index = i, .count = c->bucket[i] };
		t->count += c->bucket[i];
	}
	/* of two CPUs that raised it at once the lower may have come last */
	if (t->nbuckets && t->max_ns < hist_low(t->bucket[t->nbuckets - 1].index))
		t->max_ns = hist_low(t->bucket[t->nbuckets - 1].index);
	t->size = sizeof(*t) + t->nbuckets * sizeof(t->bucket[0]);
}

static int tell_samples(const struct session *s, mmt_item_fn fn, void *ctx)
{
	struct mmt_samples told = { .type = MMT_ITEM_SAMPLES, .size = sizeof(told) };
	struct mmt_item item = { .kind = MMT_I_RECORD, .data = &told, .size = sizeof(told) };
	int cpus = libbpf_num_possible_cpus(), map = objects_map(s->objects, "samples"), err = 0;
	struct {
		uint64_t all, in_fault, stack[48];
	} *all = calloc(cpus > 0 ? cpus : 1, sizeof(*all)); /* struct sample_room, bpf/count.bpf.c */

	if (!all)
		return -ENOMEM;
	if (!bpf_map_lookup_elem(map, &(uint32_t){ 0 }, all)) {
		for (int i = 0; i < cpus; i++) {
			told.all += all[i].all;
			told.in_fault += all[i].in_fault;
		}
		err = fn(ctx, &item);
	}
	free(all);
	return err;
}

int session__totals(struct session *s, bool all, mmt_item_fn fn, void *ctx)
{
	struct totals *t;
	int owners, n = 0, err;
	uint32_t last;

	if (!asked(&s->opts) || !s->objects)
		return 0;
	if (!s->totals)
		s->totals = totals_new(s);
	t = s->totals;
	if (!t)
		return -ENOMEM;
	err = chosen(s, MMT_HOOK_SAMPLE) ? tell_samples(s, fn, ctx) : 0;
	if (err)
		return err;
	owners = objects_map(s->objects, "cell_owners");
	last = taken(s, t);
	for (uint32_t i = 1; i < last; i++)
		find_owner(t, owners, i, last);
	for (uint32_t i = 1; i < last; i++) {
		struct mmt_item item = { .kind = MMT_I_RECORD, .data = t->item };

		if (!t->read[i].owner || t->read[i].led || !(changed(t, i) || all))
			continue;
		add_up(t, i);
		fill(s, t, t->read[i].owner);
		item.size = t->item->size;
		err = t->item->count ? fn(ctx, &item) : 0;
		if (err)
			return err;
		n++;
	}
	return n;
}

uint64_t session__map_bytes(const struct session *s, const char **words)
{
	static char text[1024];

	text[0] = 0;
	if (words)
		*words = text;
	return s->objects ? objects_bytes(s->objects, text, sizeof(text)) : 0;
}
