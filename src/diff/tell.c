// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "diff/compare.h"

static const struct {
	const char *name, *map, *entry;
} whats[] = {
#define X(id, name, map, entry) [CANON_##id] = { #name, map, entry },
	CANON_WHATS(X)
#undef X
};

/* A file name must not be able to forge a line or to paint the terminal. */
static void visible(struct buf *b, const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			buf_printf(b, "\\x%02x", (unsigned char)*s);
		else
			buf_putc(b, *s);
	}
}

static void put_phrase(struct buf *b, const char *phrase, const struct difference *d)
{
	for (; *phrase; phrase++) {
		const char *value = phrase[0] != '%' ? NULL : phrase[1] == 'a' ? d->a : d->b;

		if (*phrase != '%') {
			buf_putc(b, *phrase);
			continue;
		}
		visible(b, value ? value : "-");
		phrase++;
	}
}

static void put_map(struct buf *b, const struct difference *d)
{
	buf_puts(b, d->copied ? "the copy by fork of " : "");
	visible(b, d->map);
	if (d->times > 1)
		buf_printf(b, " (%u mappings)", d->times);
	else if (d->nth > 1)
		buf_printf(b, " (number %u)", d->nth);
}

/* "doubled (120 -> 244)" */
static void put_change(struct buf *b, uint64_t a, uint64_t to)
{
	const char *how = to > a ? "rose" : "fell";

	if (!a)
		how = "new";
	else if (!to)
		how = "gone";
	else if (to * 10 >= a * 19 && to * 10 <= a * 21)
		how = "doubled";
	else if (a * 10 >= to * 19 && a * 10 <= to * 21)
		how = "halved";
	buf_printf(b, "%s (%" PRIu64 " -> %" PRIu64 ")", how, a, to);
}

static void put_count(struct buf *b, const struct difference *d)
{
	bool any = !strncmp(d->key, "any", 3);

	if (d->event == MMT_EV_FAULT && any)
		buf_printf(b, "faults%s", d->key + 3);
	else if (d->event == MMT_EV_FAULT)
		buf_printf(b, "faults of kind %s", d->key);
	else
		visible(b, d->key);
	if (d->map) {
		buf_puts(b, " in ");
		put_map(b, d);
	}
	if (d->event != MMT_EV_FAULT)
		buf_putc(b, ':');
	else if (!strcmp(d->a, "0") || !strcmp(d->b, "0"))
		buf_puts(b, " are");
	buf_putc(b, ' ');
	put_change(b, strtoull(d->a, NULL, 10), strtoull(d->b, NULL, 10));
}

static void put_process(struct buf *b, const struct difference *d)
{
	if (d->what == CANON_RESULT) {
		buf_printf(b, "the command now ends with %s (was %s)", d->b, d->a);
		return;
	}
	if (d->what == CANON_ORDER) {
		buf_puts(b, "its mappings are made in another order");
		return;
	}
	buf_puts(b, "the process ");
	visible(b, d->proc);
	buf_printf(b, d->b ? " is new (%s)" : " is missing (%s)", d->b ? d->b : d->a);
	if (d->times > 1)
		buf_printf(b, ", %u times", d->times);
}

void tell_difference(const struct difference *d, struct buf *b)
{
	bool there = d->what == CANON_THERE;

	if (d->what == CANON_COUNT) {
		put_count(b, d);
		return;
	}
	if (!d->map && !d->key) {
		put_process(b, d);
		return;
	}
	if (d->key) {
		visible(b, d->said);
		buf_puts(b, d->map ? " of " : "");
	} else {
		buf_puts(b, d->what == CANON_RESULT ? "mmap of " : "mapping of ");
	}
	if (d->map)
		put_map(b, d);
	buf_putc(b, ' ');
	if (there && !d->key)
		buf_printf(b, d->b ? "is new (%s)" : "is missing (%s)", d->b ? d->b : d->a);
	else if (there)
		buf_puts(b, d->b ? "is new" : "is missing");
	else
		put_phrase(b, d->key ? whats[d->what].entry : whats[d->what].map, d);
}

/* ---- for people ---- */

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void put_run(struct buf *b, const struct canon *c, char letter, const char *name)
{
	buf_printf(b, "%c  ", letter);
	visible(b, name);
	buf_puts(b, "  ");
	visible(b, *c->command ? c->command : "(no command)");
	buf_printf(b, "  Linux %s  %u process%s, %u mapping%s, %" PRIu64 " event%s", c->release, c->nprocs,
		   c->nprocs == 1 ? "" : "es", c->nmaps, plural(c->nmaps), c->events, plural(c->events));
	buf_puts(b, c->cut ? ", not all of the run" : "");
	buf_puts(b, compare_lossy(c) && !c->cut ? ", not all seen" : "");
	buf_putc(b, '\n');
}

static void put_differences(struct buf *b, const struct comparison *k, const struct tell *t)
{
	const char *proc = "", *bold = t->color ? "\033[1m" : "", *dim = t->color ? "\033[2m" : "",
		   *plain = t->color ? "\033[0m" : "";

	for (size_t i = 0; i < k->n; i++) {
		const struct difference *d = &k->v[i];

		if (d->known && !t->all)
			continue;
		if (d->proc && d->proc != proc) {
			buf_puts(b, bold);
			visible(b, d->proc);
			buf_printf(b, "%s\n", plain);
			proc = d->proc;
		}
		buf_puts(b, d->proc ? "  " : "");
		buf_puts(b, d->known ? dim : "");
		tell_difference(d, b);
		if (d->known)
			buf_printf(b, "  [known: %s]%s", d->known->id, plain);
		else if (d->open)
			buf_puts(b, "  [or it was lost]");
		buf_putc(b, '\n');
	}
}

static void put_incomparable(struct buf *b, const struct comparison *k)
{
	static const char *const who[] = { "", "A", "B", "A, B" };

	if (!k->ninc)
		return;
	buf_puts(b, "not comparable: ");
	for (size_t i = 0; i < k->ninc; i++) {
		buf_puts(b, i ? ", " : "");
		visible(b, k->inc[i].name);
		buf_printf(b, " (not seen in %s)", who[k->inc[i].who & 3]);
	}
	buf_putc(b, '\n');
}

static void put_known(struct buf *b, const struct comparison *k)
{
	const struct known *r;

	for (unsigned i = 0; (r = known_row(i)); i++) {
		size_t n = 0;

		for (size_t d = 0; d < k->n; d++)
			n += k->v[d].known == r;
		if (n)
			buf_printf(b, "known: %s: %s (%zu difference%s)\n", r->id, r->text, n, plural(n));
	}
}

void tell_text(const struct comparison *k, const struct tell *t, struct buf *out)
{
	size_t n = k->n - k->known;

	put_run(out, k->run[0], 'A', t->name[0]);
	put_run(out, k->run[1], 'B', t->name[1]);
	if (k->run[0]->page_size != k->run[1]->page_size)
		buf_printf(out, "pages of %u bytes, and of %u: what is so many pages is another size\n",
			   k->run[0]->page_size, k->run[1]->page_size);
	put_differences(out, k, t);
	put_incomparable(out, k);
	if (t->all)
		put_known(out, k);
	if (n)
		buf_printf(out, "%zu difference%s", n, plural(n));
	else
		buf_puts(out, "no difference");
	if (k->known)
		buf_printf(out, "; %zu more that Linux %s and %s are known for%s", k->known, k->run[0]->release,
			   k->run[1]->release, t->all ? "" : " (--all tells them)");
	if (compare_verdict(k) == 4)
		buf_puts(out, "; but not everything was seen, so that nothing is sure");
	buf_putc(out, '\n');
}

/* ---- for programs ---- */

static void json_run(struct json *j, const char *key, const struct canon *c, const char *name)
{
	json_obj(j, key);
	json_str(j, "file", name);
	json_str(j, "kernel", c->release);
	json_str(j, "machine", c->machine);
	json_str(j, "command", *c->command ? c->command : NULL);
	json_u64(j, "page_size", c->page_size);
	json_u64(j, "processes", c->nprocs);
	json_u64(j, "mappings", c->nmaps);
	json_u64(j, "events", c->events);
	json_bool(j, "whole", !compare_lossy(c));
	json_end(j);
}

static int json_difference(struct json *j, const struct difference *d)
{
	struct buf text = { 0 };

	tell_difference(d, &text);
	json_obj(j, NULL);
	json_str(j, "type", "difference");
	json_str(j, "what", whats[d->what].name);
	json_str(j, "comm", d->proc);
	json_str(j, "mapping", d->map);
	json_str(j, "id_a", d->id_a);
	json_str(j, "id_b", d->id_b);
	json_str(j, "subject", d->key);
	json_str(j, "a", d->a);
	json_str(j, "b", d->b);
	json_u64(j, "times", d->times);
	json_str(j, "known", d->known ? d->known->id : NULL);
	json_bool(j, "open", d->open);
	json_str(j, "text", buf_str(&text));
	json_end(j);
	buf_free(&text);
	return json_line(j);
}

static int json_incomparable(struct json *j, const struct incomparable *n)
{
	json_obj(j, NULL);
	json_str(j, "type", "not_comparable");
	json_str(j, "what", n->name);
	json_bool(j, "lacking_a", n->who & 1);
	json_bool(j, "lacking_b", n->who & 2);
	json_u64(j, "times", n->times);
	json_end(j);
	return json_line(j);
}

int tell_json(const struct comparison *k, const struct tell *t, struct buf *out)
{
	static const char *const verdicts[] = { [0] = "same", [1] = "different", [4] = "open" };
	struct json j;
	int err;

	json_init(&j, out);
	json_obj(&j, NULL);
	json_str(&j, "type", "header");
	json_str(&j, "tool", "mmtrace");
	json_str(&j, "version", t->version);
	json_run(&j, "a", k->run[0], t->name[0]);
	json_run(&j, "b", k->run[1], t->name[1]);
	json_end(&j);
	err = json_line(&j);
	for (size_t i = 0; i < k->n && !err; i++)
		if (t->all || !k->v[i].known)
			err = json_difference(&j, &k->v[i]);
	for (size_t i = 0; i < k->ninc && !err; i++)
		err = json_incomparable(&j, &k->inc[i]);
	json_obj(&j, NULL);
	json_str(&j, "type", "summary");
	json_str(&j, "verdict", verdicts[compare_verdict(k)]);
	json_u64(&j, "differences", k->n - k->known);
	json_u64(&j, "known", k->known);
	json_u64(&j, "open", k->open);
	json_end(&j);
	return err ? err : json_line(&j);
}
