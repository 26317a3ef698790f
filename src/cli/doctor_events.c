// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* From hooks to events: which there are, by which tier, and what they lack. */
#include <string.h>
#include "cli/doctor.h"
#include "event/schema.h"

bool items_have(const struct items *l, const char *text)
{
	for (unsigned i = 0; i < l->n; i++)
		if (!strcmp(l->s[i], text))
			return true;
	return false;
}

void items_add(struct items *l, const char *text, size_t len)
{
	char s[ITEM_LEN];

	snprintf(s, sizeof(s), "%.*s", (int)len, text);
	if (*s && l->n < ITEMS_MAX && !items_have(l, s))
		memcpy(l->s[l->n++], s, sizeof(s));
}

void items_drop(struct items *from, const struct items *what)
{
	struct items rest = { 0 };

	for (unsigned i = 0; i < from->n; i++)
		if (!items_have(what, from->s[i]))
			items_add(&rest, from->s[i], strlen(from->s[i]));
	*from = rest;
}

void items_join(const struct items *l, const char *between, const char *ev, struct buf *out)
{
	size_t len = strlen(ev);

	for (unsigned i = 0; i < l->n; i++) {
		const char *s = l->s[i], *at = strstr(s, ev);

		buf_puts(out, i ? between : "");
		/* "fault.flags" and "some of fault.kind" without the event's name */
		if (len && at && at[len] == '.' && (at == s || at[-1] == ' ')) {
			buf_put(out, s, (size_t)(at - s));
			s = at + len + 1;
		}
		buf_puts(out, s);
	}
}

static const struct hook_try *chosen(const struct hook_choice *c, int h)
{
	return c[h].try >= 0 ? &hook_table[h].tries[c[h].try] : NULL;
}

static bool gives(int h, unsigned ev)
{
	for (int i = 0; i < HOOK_GIVES && hook_table[h].gives[i]; i++)
		if (hook_table[h].gives[i] == ev)
			return true;
	return false;
}

bool doctor_hook_exists(const struct caps *caps, int hook)
{
	const struct hook_row *row = &hook_table[hook];

	for (int i = 0; i < HOOK_TRIES && row->tries[i].tier; i++)
		if (!row->tries[i].fn || caps->fn[hook][i].exists)
			return true;
	return false;
}

/* The event that a word names: "fault", "fault.flags", "driver_mmap's"; 0: none. */
static unsigned event_named(const char *word, size_t len)
{
	const struct mmt_schema_event *ev;
	size_t n, l = strcspn(word, ".', ");

	ev = schema_events(&n);
	for (size_t i = 0; i < n && l <= len; i++)
		if (strlen(ev[i].name) == l && !memcmp(ev[i].name, word, l))
			return ev[i].num;
	return 0;
}

/* One thing lacking, as hook_table.c words it. Either it names the event it is about, or it is about all the hook gives (0). */
typedef void (*lack_fn)(void *ctx, unsigned ev, const char *text, size_t len);

static size_t word_len(const char *s)
{
	return strcspn(s, ", ");
}

/* Is a piece up to the next comma nothing but fields and events: "fault.flags fault.result"? */
static bool all_names(const char *s)
{
	for (; *s && *s != ','; s += word_len(s), s += *s == ' ')
		if (!event_named(s, word_len(s)))
			return false;
	return true;
}

static unsigned first_named(const char *s)
{
	unsigned ev = 0;

	for (; !ev && *s && *s != ','; s += word_len(s), s += *s == ' ')
		ev = event_named(s, word_len(s));
	return ev;
}

static void each_lack(const char *s, lack_fn fn, void *ctx)
{
	while (s && *s) {
		if (all_names(s)) {
			for (; *s && *s != ','; s += word_len(s), s += *s == ' ')
				fn(ctx, event_named(s, word_len(s)), s, word_len(s));
		} else {
			size_t len = strcspn(s, ",");

			fn(ctx, first_named(s), s, len);
			s += len;
		}
		s += strspn(s, ", ");
	}
}

struct lacking {
	unsigned ev;
	int hook;
	struct items *out;
	bool all; /* the event itself */
};

static void lack(void *ctx, unsigned ev, const char *text, size_t len)
{
	struct lacking *l = ctx;

	if (ev ? ev != l->ev : !gives(l->hook, l->ev))
		return;
	if (ev && len == strlen(schema_event(l->ev)->name))
		l->all = true;
	else if (l->out)
		items_add(l->out, text, len);
}

bool doctor_event_lost(const struct hook_choice *c, unsigned ev)
{
	struct lacking l = { .ev = ev };

	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		const struct hook_try *t = chosen(c, h);

		l.hook = h;
		if (!t && gives(h, ev))
			return true;
		if (t)
			each_lack(t->lacks, lack, &l);
	}
	return l.all;
}

void doctor_hook_lost(int hook, struct buf *out)
{
	const struct hook_row *row = &hook_table[hook];
	bool any = false;

	for (int i = 0; i < HOOK_GIVES && row->gives[i]; i++) {
		buf_printf(out, "%s%s", any ? " " : "", schema_event(row->gives[i])->name);
		any = true;
	}
	if (row->part)
		buf_printf(out, "%s%s", any ? "; " : "", row->part);
}

void doctor_event_tiers(const struct hook_choice *c, unsigned ev, struct items *out)
{
	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		const char *name = chosen(c, h) && gives(h, ev) ? tier_name(chosen(c, h)->tier) : "";

		items_add(out, name, strlen(name));
	}
}

void doctor_event_lacks(const struct caps *caps, const struct hook_choice *c, unsigned ev, struct items *out)
{
	struct lacking l = { .ev = ev, .out = out };

	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		const struct hook_try *t = chosen(c, h);

		l.hook = h;
		if (t)
			each_lack(t->lacks, lack, &l);
		else if (doctor_hook_exists(caps, h))
			each_lack(hook_table[h].part, lack, &l);
	}
}

/* Reasons that name a function or a program, and what they say for all of them. */
static const struct {
	const char *begin, *end, *text;
} general[] = {
	{ "this kernel has no single function ", "", "this kernel has no such function" },
	{ "", " is not in the kernel's BTF", "the kernel's BTF does not have the function" },
	{ "the arguments of ", "", "the function's arguments are not known without BTF" },
	{ "", " arguments here", "the function has other arguments here" },
};

static bool ends(const char *s, const char *end)
{
	size_t a = strlen(s), b = strlen(end);

	return a >= b && !strcmp(s + a - b, end);
}

static void generalize(struct items *out, const char *why)
{
	static const char refused[] = "the kernel refused to load ";
	char text[TIER_WHY + 40];

	for (size_t i = 0; i < MMT_COUNT(general); i++)
		if (!strncmp(why, general[i].begin, strlen(general[i].begin)) && ends(why, general[i].end))
			why = general[i].text;
	if (!strncmp(why, refused, sizeof(refused) - 1) && strchr(why, ':')) {
		snprintf(text, sizeof(text), "the kernel refused to load the program%s", strchr(why, ':'));
		why = text;
	}
	items_add(out, why, strlen(why));
}

bool doctor_machine_reason(const struct doctor *d, const char *reason)
{
	struct items refused = { 0 };
	char why[TIER_WHY];

	for (int tier = MMT_TIER_NONE + 1; tier < MMT_TIER_MAX; tier++)
		if (tiers_able(tier, d->caps, why))
			items_add(&refused, why, strlen(why));
	if (!d->caps->btf)
		items_add(&refused, TIERS_NO_BTF, strlen(TIERS_NO_BTF));
	return items_have(&refused, reason);
}

/* Is the next try the same but for PFNs of pages, which this machine does not tell? Then what forbids that one is the reason. */
static bool same_without_pages(const struct hook_try *t, const struct caps *caps)
{
	return t->pages && !caps->page_struct && t[1].tier == t->tier && t[1].object == t->object;
}

void doctor_reason(const struct doctor *d, int hook, struct items *out)
{
	const struct hook_choice *c = &d->choice[hook];
	const struct hook_try *tries = hook_table[hook].tries;
	char text[TIER_WHY];

	for (int i = 0; i < HOOK_TRIES && tries[i].tier && (c->try < 0 || i < c->try); i++) {
		bool bad = c->bad & 1u << i;

		/* another signature of the function by the tier that was chosen is no reason */
		if (c->try >= 0 && tries[i].tier == tries[c->try].tier && tries[i].object == tries[c->try].object)
			continue;
		if (!bad && i + 1 < HOOK_TRIES && same_without_pages(&tries[i], d->caps))
			continue;
		if (bad || i == c->better)
			generalize(out, c->why);
		else if (tiers_check(hook, i, d->caps, text))
			generalize(out, text);
		else if (d->forced && *d->forced)
			generalize(out, "another tier was asked for");
	}
}
