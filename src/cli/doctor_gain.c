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

static bool whole_event(const struct mmt_schema_event *ev, const struct hook_choice *before,
			const struct hook_choice *after)
{
	return doctor_event_lost(before, ev->num) && !doctor_event_lost(after, ev->num);
}

/* "fault: flags, class": what an event that is there would have more. */
static void put_fields(const struct caps *caps, const struct mmt_schema_event *ev, const struct hook_choice *before,
		       const struct hook_choice *after, struct buf *out)
{
	struct items had = { 0 }, has = { 0 }, more = { 0 };

	if (doctor_event_lost(before, ev->num))
		return;
	doctor_event_lacks(caps, before, ev->num, &had);
	doctor_event_lacks(caps, after, ev->num, &has);
	for (unsigned i = 0; i < had.n; i++)
		if (!items_have(&has, had.s[i]))
			items_add(&more, had.s[i], strlen(had.s[i]));
	if (!more.n)
		return;
	buf_printf(out, "%s: ", ev->name);
	items_join(&more, ", ", ev->name, out);
	buf_putc(out, '\n');
}

/* Events in the first line, then a line per event that would have more. Nothing: it would not help. */
static void gain(const struct doctor *d, const struct remedy *r, struct buf *out)
{
	struct hook_choice before[MMT_HOOK_MAX], after[MMT_HOOK_MAX];
	const struct mmt_schema_event *ev;
	struct caps caps = *d->caps;
	char why[TIER_WHY];
	bool any = false;
	size_t n;

	memcpy(before, d->choice, sizeof(before));
	memcpy(after, d->choice, sizeof(after));
	tiers_choose(before, d->caps, d->forced, why, sizeof(why));
	r->apply(&caps);
	tiers_choose(after, &caps, d->forced, why, sizeof(why));
	ev = schema_events(&n);
	for (size_t i = 0; i < n; i++) {
		if (!whole_event(&ev[i], before, after))
			continue;
		buf_printf(out, "%s%s", any ? " " : "", ev[i].name);
		any = true;
	}
	if (any)
		buf_putc(out, '\n');
	for (size_t i = 0; i < n; i++)
		put_fields(d->caps, &ev[i], before, after, out);
}

static void put_lines(struct doctor *d, const struct remedy *r, struct buf *out)
{
	static const char *const states[] = { "", "off here", "on here" };
	bool all_on = true;

	for (int i = 0; r->lines[i]; i++) {
		enum config_state s = CONFIG_UNKNOWN;

		if (!strncmp(r->lines[i], "CONFIG_", 7))
			s = doctor_config(d, r->lines[i]);
		all_on = all_on && s == CONFIG_ON;
		buf_printf(out, *states[s] ? "  %-44s %s\n" : "  %s\n", r->lines[i], states[s]);
	}
	if (r->arm64 && (!strcmp(d->machine, "aarch64") || !strcmp(d->machine, "arm64")))
		buf_printf(out, "  %s\n", r->arm64);
	else if (all_on)
		buf_puts(out,
			 "  so the configuration is not what forbids it: lockdown, or the machine below the kernel\n");
}

static void put_gain(const struct remedy *r, const char *text, struct buf *out)
{
	buf_printf(out, "    %s would add", r->name);
	while (*text) {
		size_t len = strcspn(text, "\n");

		doctor_wrap(out, 8, text, len);
		text += len + (text[len] == '\n');
	}
}

void doctor_gains(struct doctor *d, struct buf *out)
{
	struct buf now = { 0 }, last = { 0 };
	const struct remedy *same = NULL;

	for (size_t i = 0; i < MMT_COUNT(remedies); i++) {
		const struct remedy *r = &remedies[i];

		buf_reset(&now);
		if (r->needed(d->caps))
			gain(d, r, &now);
		if (!now.len)
			continue;
		if (!same)
			buf_puts(out, "\nWHAT WOULD GIVE MORE\n");
		put_lines(d, r, out);
		if (same && !strcmp(buf_str(&last), buf_str(&now))) {
			buf_printf(out, "    %s would add the same as %s\n", r->name, same->name);
			continue;
		}
		put_gain(r, buf_str(&now), out);
		buf_reset(&last);
		buf_put(&last, now.data, now.len);
		same = r;
	}
	buf_free(&now);
	buf_free(&last);
}
