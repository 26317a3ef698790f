// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What a change of the kernel would give: the choice is made again with one fact changed, and compared. */
#include <string.h>
#include "cli/doctor.h"
#include "event/schema.h"

/* A kernel with BTF knows its functions: as many arguments as each try hopes for. */
static void with_btf(struct caps *c)
{
	for (int h = 0; h < MMT_HOOK_MAX; h++)
		for (int i = 0; i < HOOK_TRIES; i++)
			if (c->fn[h][i].nargs < 0)
				c->fn[h][i].nargs = hook_table[h].tries[i].nargs;
	c->btf = c->kernel_btf = true;
}

static void with_kprobes(struct caps *c)
{
	c->kprobe_err = 0;
}

static void with_fentry(struct caps *c)
{
	with_btf(c);
	c->fentry_err = 0;
}

static void with_perf(struct caps *c)
{
	c->perf_err = 0;
}

static void with_tracefs(struct caps *c)
{
	c->fork_child_off = c->fork_child_off ? c->fork_child_off : 1;
}

static bool lacks_btf(const struct caps *c)
{
	return !c->kernel_btf;
}

static bool lacks_kprobes(const struct caps *c)
{
	return c->kprobe_err != 0;
}

static bool lacks_fentry(const struct caps *c)
{
	return c->fentry_err != 0;
}

static bool lacks_perf(const struct caps *c)
{
	return c->perf_err != 0;
}

static bool lacks_tracefs(const struct caps *c)
{
	return !c->fork_child_off;
}

static const struct remedy {
	const char *name;
	const char *lines[3]; /* of the configuration, NULL at the end */
	const char *arm64;    /* said on arm64 */
	bool (*needed)(const struct caps *c);
	void (*apply)(struct caps *c);
} remedies[] = {
	{ "BTF", { "CONFIG_DEBUG_INFO_BTF=y" }, NULL, lacks_btf, with_btf },
	{ "kprobes", { "CONFIG_KPROBES=y", "CONFIG_KPROBE_EVENTS=y" }, NULL, lacks_kprobes, with_kprobes },
	/* arm64 selects HAVE_DYNAMIC_FTRACE_WITH_DIRECT_CALLS since 6.4 (arch/arm64/Kconfig) */
	{ "fentry",
	  { "CONFIG_DEBUG_INFO_BTF=y", "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y" },
	  "Linux 6.4 or later",
	  lacks_fentry,
	  with_fentry },
	{ "perf", { "CONFIG_PERF_EVENTS=y" }, NULL, lacks_perf, with_perf },
	{ "tracefs", { "mount -t tracefs tracefs /sys/kernel/tracing" }, NULL, lacks_tracefs, with_tracefs },
};

/* What a remedy would add: whole events, and by event what it would have more. */
struct gain {
	struct items events;
	struct items fields[MMT_EV_MAX];
	bool whole[MMT_EV_MAX]; /* the fields are all that the event lacks */
	bool any;
};

static void gain_of(const struct doctor *d, const struct remedy *r, struct gain *g)
{
	struct hook_choice before[MMT_HOOK_MAX], after[MMT_HOOK_MAX];
	const struct mmt_schema_event *ev;
	struct caps caps = *d->caps;
	char why[TIER_WHY];
	size_t n;

	memcpy(before, d->choice, sizeof(before));
	memcpy(after, d->choice, sizeof(after));
	/* both by the facts alone: what the session itself switched off (a module not loaded) is the same in both */
	tiers_choose(before, d->caps, d->forced, why, sizeof(why));
	r->apply(&caps);
	tiers_choose(after, &caps, d->forced, why, sizeof(why));
	ev = schema_events(&n);
	for (size_t i = 0; i < n; i++) {
		struct items had = { 0 }, has = { 0 };

		if (doctor_event_lost(before, ev[i].num)) {
			if (!doctor_event_lost(after, ev[i].num))
				items_add(&g->events, ev[i].name, strlen(ev[i].name));
			continue;
		}
		doctor_event_lacks(d->caps, before, ev[i].num, &had);
		doctor_event_lacks(d->caps, after, ev[i].num, &has);
		for (unsigned k = 0; k < had.n; k++)
			if (!items_have(&has, had.s[k]))
				items_add(&g->fields[ev[i].num], had.s[k], strlen(had.s[k]));
		g->whole[ev[i].num] = had.n && g->fields[ev[i].num].n == had.n;
		g->any |= g->fields[ev[i].num].n > 0;
	}
	g->any |= g->events.n > 0;
}

static bool covers_items(const struct items *all, const struct items *some)
{
	for (unsigned i = 0; i < some->n; i++)
		if (!items_have(all, some->s[i]))
			return false;
	return true;
}

/* Does one give all fields that the other gives, and most of the events? Those that it does not are put to `but`. */
static bool covers(const struct gain *most, const struct gain *some, struct items *but)
{
	for (int e = 0; e < MMT_EV_MAX; e++)
		if (!covers_items(&most->fields[e], &some->fields[e]))
			return false;
	*but = some->events;
	items_drop(but, &most->events);
	return 2 * but->n <= some->events.n;
}

static void drop(struct gain *from, const struct gain *what)
{
	items_drop(&from->events, &what->events);
	from->any = from->events.n > 0;
	for (int e = 0; e < MMT_EV_MAX; e++) {
		from->whole[e] &= !what->fields[e].n;
		items_drop(&from->fields[e], &what->fields[e]);
		from->any |= from->fields[e].n > 0;
	}
}

enum config_state doctor_config(struct doctor *d, const char *line)
{
	size_t len = strcspn(line, "= ");
	const char *at = buf_str(&d->config);

	if (!d->config.len)
		return CONFIG_UNKNOWN;
	for (; at; at = strchr(at, '\n'), at = at ? at + 1 : NULL)
		if (!strncmp(at, line, len) && at[len] == '=')
			return at[len + 1] == 'y' || at[len + 1] == 'm' ? CONFIG_ON : CONFIG_OFF;
	return CONFIG_OFF;
}

static bool asks(const struct remedy *r, const char *line)
{
	for (int i = 0; r && r->lines[i]; i++)
		if (!strcmp(r->lines[i], line))
			return true;
	return false;
}

/* What it takes beside what the remedy takes that it is said to add to. */
static void put_lines(struct doctor *d, const struct remedy *r, const struct remedy *than, struct buf *out)
{
	static const char *const states[] = { "", "off here", "on here" };
	static const char none[] =
		"so the configuration is not what forbids it: lockdown, or the machine below the kernel";
	bool all_on = true;

	for (int i = 0; r->lines[i]; i++) {
		enum config_state s = CONFIG_UNKNOWN;

		if (!strncmp(r->lines[i], "CONFIG_", 7))
			s = doctor_config(d, r->lines[i]);
		all_on = all_on && s == CONFIG_ON;
		if (asks(than, r->lines[i]))
			continue;
		buf_printf(out, *states[s] ? "  %-44s %s\n" : "  %s\n", r->lines[i], states[s]);
	}
	if (r->arm64 && (!strcmp(d->machine, "aarch64") || !strcmp(d->machine, "arm64")))
		buf_printf(out, "  %s\n", r->arm64);
	else if (all_on)
		doctor_wrap(out, 2, none, sizeof(none) - 1);
}

#define NAMES_AT  4
#define FIELDS_AT 8
#define NAMED_MIN 8 /* of so many that are not here, and all but so few to be had, these are named */
#define REST_MAX  2
#define WHOLE_MIN 4 /* of so many events that would lack nothing more, the fields are not repeated */

/* "all that is lacking of mmap, munmap"; what the page says of them above. */
static void put_whole(const struct gain *g, bool done[MMT_EV_MAX], struct buf *out)
{
	const struct mmt_schema_event *ev;
	struct items names = { 0 };
	struct buf line = { 0 };
	size_t n;

	ev = schema_events(&n);
	for (size_t i = 0; i < n; i++)
		if (g->whole[ev[i].num])
			items_add(&names, ev[i].name, strlen(ev[i].name));
	if (names.n < WHOLE_MIN)
		return;
	memcpy(done, g->whole, sizeof(g->whole));
	buf_puts(&line, "all that is lacking of ");
	items_join(&names, " ", "", &line);
	doctor_wrap(out, FIELDS_AT, buf_str(&line), line.len);
	buf_free(&line);
}

/* "fault: flags, class"; events of the same fields share the line. */
static void put_fields(struct doctor *d, const struct gain *g, struct buf *out)
{
	bool done[MMT_EV_MAX] = { false };
	const struct mmt_schema_event *ev;
	struct buf line = { 0 };
	size_t n;

	put_whole(g, done, out);
	ev = schema_events(&n);
	for (size_t i = 0; i < n; i++) {
		const struct items *f = &g->fields[ev[i].num];

		if (!f->n || done[ev[i].num])
			continue;
		buf_puts(&line, ev[i].name);
		for (size_t k = i + 1; k < n; k++) {
			if (!covers_items(f, &g->fields[ev[k].num]) || !covers_items(&g->fields[ev[k].num], f))
				continue;
			buf_printf(&line, " %s", ev[k].name);
			done[ev[k].num] = true;
		}
		buf_puts(&line, ": ");
		doctor_items(d, f, ev[i].name, &line);
		doctor_wrap(out, FIELDS_AT, buf_str(&line), line.len);
		buf_reset(&line);
	}
	buf_free(&line);
}

/* The events, by name; where nearly all are among them that the page lists as not here, by what is not. */
static void put_names(const struct doctor *d, const struct items *events, struct buf *line)
{
	const struct mmt_schema_event *ev;
	struct items rest = { 0 };
	size_t n, lost = 0;

	ev = schema_events(&n);
	for (size_t i = 0; i < n; i++) {
		if (!doctor_event_lost(d->choice, ev[i].num))
			continue;
		lost++;
		if (!items_have(events, ev[i].name))
			items_add(&rest, ev[i].name, strlen(ev[i].name));
	}
	if (lost < NAMED_MIN || rest.n > REST_MAX || lost != events->n + rest.n) {
		items_join(events, " ", "", line);
		return;
	}
	buf_puts(line, "all events that are not here");
	if (rest.n) {
		buf_puts(line, " but ");
		items_join(&rest, " ", "", line);
	}
}

static void put_gain(struct doctor *d, const struct remedy *r, const struct remedy *than, const struct items *but,
		     const struct gain *g, struct buf *out)
{
	struct buf line = { 0 };

	buf_printf(&line, "%s would add", r->name);
	if (than)
		buf_printf(&line, " what %s would", than->name);
	if (but->n) {
		buf_puts(&line, " but ");
		items_join(but, " ", "", &line);
	}
	if (than && g->any)
		buf_puts(&line, ", and");
	if (g->events.n)
		buf_putc(&line, ' ');
	put_names(d, &g->events, &line);
	doctor_wrap(out, NAMES_AT, buf_str(&line), line.len);
	put_fields(d, g, out);
	buf_free(&line);
}

void doctor_gains(struct doctor *d, struct buf *out)
{
	static struct gain all[MMT_COUNT(remedies)], rest; /* too much for the stack; one thread makes pages */
	bool titled = false;

	memset(all, 0, sizeof(all));
	for (size_t i = 0; i < MMT_COUNT(remedies); i++) {
		struct items but = { 0 };
		size_t than = 0;

		if (remedies[i].needed(d->caps))
			gain_of(d, &remedies[i], &all[i]);
		if (!all[i].any)
			continue;
		if (!titled)
			buf_puts(out, "\nWHAT WOULD GIVE MORE\n");
		titled = true;
		/* of a remedy that does what an earlier one does, only the rest is told */
		while (than < i && !(all[than].any && covers(&all[i], &all[than], &but)))
			than++;
		rest = all[i];
		if (than < i)
			drop(&rest, &all[than]);
		else
			but.n = 0;
		put_lines(d, &remedies[i], than < i ? &remedies[than] : NULL, out);
		put_gain(d, &remedies[i], than < i ? &remedies[than] : NULL, &but, &rest, out);
	}
}
