// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Why hooks have no way to attach, or not the best: each reason once, and behind it the hooks by the way they took. */
#include <string.h>
#include "cli/doctor.h"

#define COL_HOOKS 17
#define NAMED_MAX 3 /* of more hooks of a family that share a way, the number is said */

/* Nothing is wrong with the machine: the function is of other kernels, or the module is not loaded. */
static bool normal(const struct doctor *d, int h)
{
	const struct hook_choice *c = &d->choice[h];
	char why[TIER_WHY];

	if (c->try >= 0 || !hook_table[h].optional)
		return false;
	if (!doctor_hook_exists(d->caps, h))
		return true;
	/* it could attach, was not refused, and yet was not tried */
	for (int i = 0; !c->bad && i < HOOK_TRIES && hook_table[h].tries[i].tier; i++)
		if (!tiers_check(h, i, d->caps, why))
			return true;
	return false;
}

static bool poor(const struct doctor *d, int h)
{
	const struct hook_choice *c = &d->choice[h];

	return hook_table[h].name && (c->try < 0 || c->better >= 0) && !normal(d, h);
}

static int tier_of(const struct doctor *d, int h)
{
	return d->choice[h].try >= 0 ? hook_table[h].tries[d->choice[h].try].tier : MMT_TIER_NONE;
}

/* A family of hooks: those of the same name up to the first dot. */
static bool kin(int a, int b)
{
	const char *x = hook_table[a].name, *y = hook_table[b].name;
	size_t len = x ? strcspn(x, ".") : 0;

	return x && y && !strncmp(x, y, len) && (!y[len] || y[len] == '.');
}

static void put_names(const bool in[MMT_HOOK_MAX], struct buf *out)
{
	bool any = false;

	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		if (in[h])
			buf_printf(out, "%s%s", any ? ", " : "", hook_table[h].name);
		any |= in[h];
	}
}

/* Names of a few; of more, "install (all 30)", "change (10 of 11)" or, where there is no sense in all, "install (10)". */
static void put_family(const bool these[MMT_HOOK_MAX], int first, unsigned all, struct buf *out)
{
	unsigned here = 0;

	for (int h = 0; h < MMT_HOOK_MAX; h++)
		here += these[h];
	buf_puts(out, out->len ? ", " : "");
	if (here <= NAMED_MAX) {
		put_names(these, out);
		return;
	}
	buf_printf(out, "%.*s ", (int)strcspn(hook_table[first].name, "."), hook_table[first].name);
	if (here == all)
		buf_printf(out, "(all %u)", all);
	else if (all)
		buf_printf(out, "(%u of %u)", here, all);
	else
		buf_printf(out, "(%u)", here);
}

/* Hooks of the family of `first` that took the same way. */
static void put_same_way(const struct doctor *d, const bool in[MMT_HOOK_MAX], int first, bool done[], struct buf *out)
{
	bool these[MMT_HOOK_MAX] = { false };
	unsigned all = 0;

	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		if (!kin(first, h) || normal(d, h))
			continue;
		all++;
		these[h] = in[h] && tier_of(d, h) == tier_of(d, first);
		done[h] |= these[h];
	}
	put_family(these, first, all, out);
}

static void put_by_way(const struct doctor *d, const bool in[MMT_HOOK_MAX], struct buf *out)
{
	bool done[MMT_HOOK_MAX] = { false };
	struct buf names = { 0 };

	for (int way = 0; way < MMT_TIER_MAX; way++) {
		size_t line = out->len;

		for (int h = 0; h < MMT_HOOK_MAX; h++)
			if (in[h] && !done[h] && tier_of(d, h) == way)
				put_same_way(d, in, h, done, &names);
		if (!names.len)
			continue;
		buf_printf(out, "    %s ", way == MMT_TIER_NONE ? "left out" : tier_name(way));
		buf_pad(out, line + COL_HOOKS);
		doctor_wrap(out, COL_HOOKS, buf_str(&names), names.len);
		buf_reset(&names);
	}
	buf_free(&names);
}

static void put_title(struct buf *out, bool *done)
{
	if (!*done)
		buf_puts(out, "\nWHY NOT, OR NOT THE BEST WAY (the way that hooks took, and which)\n");
	*done = true;
}

/* In one line or two: nobody has to do anything about these. */
static void put_normal(const struct doctor *d, bool *titled, struct buf *out)
{
	bool done[MMT_HOOK_MAX] = { false };
	struct buf line = { 0 };

	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		bool these[MMT_HOOK_MAX] = { false };

		if (done[h] || !hook_table[h].name || !normal(d, h))
			continue;
		for (int k = h; k < MMT_HOOK_MAX; k++)
			done[k] |= these[k] = kin(h, k) && normal(d, k);
		put_family(these, h, 0, &line);
	}
	if (line.len) {
		put_title(out, titled);
		buf_puts(out, "  normal: of other kernels, or of a module that is not loaded:");
		doctor_wrap(out, 4, buf_str(&line), line.len);
	}
	buf_free(&line);
}

static void put_reason(const struct doctor *d, struct items *why, const bool in[MMT_HOOK_MAX], bool *titled,
		       struct buf *out)
{
	struct buf text = { 0 };

	items_join(why, "; ", "", &text);
	put_title(out, titled);
	buf_puts(out, "  ");
	doctor_wrap(out, 2, buf_str(&text), text.len);
	put_by_way(d, in, out);
	buf_free(&text);
}

/*
 * A machine that refuses a tier refuses it to every hook: those that have no other reason are told of together. Of a hook
 * that has one of its own, that one.
 */
static void hook_reason(const struct doctor *d, int h, struct items *own, struct items *machine)
{
	struct items all = { 0 };

	doctor_reason(d, h, &all);
	for (unsigned i = 0; i < all.n; i++)
		items_add(doctor_machine_reason(d, all.s[i]) ? machine : own, all.s[i], strlen(all.s[i]));
}

static bool same_items(const struct items *a, const struct items *b)
{
	for (unsigned i = 0; i < a->n; i++)
		if (!items_have(b, a->s[i]))
			return false;
	return a->n == b->n;
}

void doctor_why(const struct doctor *d, struct buf *out)
{
	static struct items own[MMT_HOOK_MAX]; /* too much for the stack; one thread makes pages */
	bool todo[MMT_HOOK_MAX] = { false }, in[MMT_HOOK_MAX] = { false }, titled = false;
	struct items machine = { 0 };

	memset(own, 0, sizeof(own));
	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		if (!poor(d, h))
			continue;
		hook_reason(d, h, &own[h], &machine);
		in[h] = !own[h].n;
		todo[h] = own[h].n > 0;
	}
	if (machine.n)
		put_reason(d, &machine, in, &titled, out);
	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		if (!todo[h])
			continue;
		for (int k = 0; k < MMT_HOOK_MAX; k++) {
			in[k] = todo[k] && same_items(&own[h], &own[k]);
			todo[k] &= !in[k];
		}
		put_reason(d, &own[h], in, &titled, out);
	}
	put_normal(d, &titled, out);
}
