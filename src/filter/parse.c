// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "filter/filter.h"

#include <errno.h>
#include <string.h>
#include "event/schema.h"
#include "mmtrace/base.h"

/* What comes with page faults is too much of a whole machine. */
static bool filter_hot(unsigned event)
{
	return event == MMT_EV_FAULT || event == MMT_EV_DRIVER_FAULT || event == MMT_EV_DRIVER_MKWRITE;
}

void filter_defaults(bool want[MMT_EV_MAX], bool target)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	memset(want, 0, MMT_EV_MAX * sizeof(*want));
	for (size_t i = 0; i < n; i++)
		want[ev[i].num] = ev[i].family != MMT_FAM_OBJECT && ev[i].family != MMT_FAM_TOTAL &&
				  (!filter_hot(ev[i].num) || target);
}

/* Records that options and commands ask for, never -e: "all" is without them. */
static bool filter_by_option(const struct mmt_schema_event *ev)
{
	return ev->family == MMT_FAM_TOTAL;
}

static bool named_by_option(const char *word)
{
	const struct mmt_schema_event *one = schema_event_by_name(word);

	return one ? filter_by_option(one) : !strcmp(word, schema_family(MMT_FAM_TOTAL)->name);
}

/* Every event that a word means; their number. An event's own name wins over a family's. */
static unsigned set_events(bool want[MMT_EV_MAX], const char *word, bool on)
{
	size_t n;
	const struct mmt_schema_event *all = schema_events(&n), *one = schema_event_by_name(word);
	unsigned hit = 0;

	if (one) {
		want[one->num] = on;
		return 1;
	}
	for (size_t i = 0; i < n; i++) {
		if (strcmp(word, "all") && strcmp(word, schema_family(all[i].family)->name))
			continue;
		if (filter_by_option(&all[i]))
			continue;
		want[all[i].num] = on;
		hit++;
	}
	return hit;
}

static void near_event(struct filter_error *err)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);
	struct near near = { .word = err->word + (err->word[0] == '-') };

	for (size_t i = 0; i < n; i++)
		if (!filter_by_option(&ev[i]))
			near_try(&near, ev[i].name);
	for (unsigned i = 0; schema_family(i); i++)
		if (i != MMT_FAM_TOTAL)
			near_try(&near, schema_family(i)->name);
	near_try(&near, "all");
	err->near = near.best;
}

/* The next word of a list; NULL at its end. An empty word or one that is too long stays as it is and is nobody's name. */
static const char *next_word(const char *at, struct filter_error *err)
{
	size_t len = strcspn(at, ","), keep = len < FILTER_WORD_MAX ? len : FILTER_WORD_MAX - 1;

	memcpy(err->word, at, keep);
	err->word[keep] = '\0';
	return at[len] ? at + len + 1 : NULL;
}

int filter_events(bool want[MMT_EV_MAX], const char *text, bool first, struct filter_error *err)
{
	err->near = NULL;
	if (first && text[0] != '-')
		memset(want, 0, MMT_EV_MAX * sizeof(*want));
	while (text) {
		bool drop;

		text = next_word(text, err);
		drop = err->word[0] == '-';
		if (named_by_option(err->word + drop))
			return -ENOTSUP;
		if (!set_events(want, err->word + drop, !drop)) {
			near_event(err);
			return -EINVAL;
		}
	}
	return 0;
}

/* Bit of a word in an enumeration, without its "unknown"; 0 when it is not in it. */
static uint32_t enum_bit(unsigned look, const char *word, struct near *near)
{
	const char *name;

	for (unsigned i = 1; (name = schema_enum(look, i)); i++) {
		if (!strcmp(name, word))
			return 1u << i;
		near_try(near, name);
	}
	return 0;
}

int filter_kinds(struct filter *f, const char *text, struct filter_error *err)
{
	while (text) {
		struct near near = { .word = err->word };
		uint32_t class, kind;

		text = next_word(text, err);
		class = enum_bit(MMT_LOOK_FCLASS, err->word, &near);
		kind = enum_bit(MMT_LOOK_FKIND, err->word, &near);
		/* "anon" and "shm" name a class and a kind: the class is what is meant, it holds the kind. */
		f->classes |= class;
		f->kinds |= class ? 0 : kind;
		err->near = near.best;
		if (!class && !kind)
			return -EINVAL;
	}
	return 0;
}
