// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The page that doctor prints for a person: what there is, what there is not, why, and what would help. */
#include <limits.h>
#include <string.h>
#include "cli/doctor.h"
#include "enrich/memtype.h"
#include "event/schema.h"

#define COL_TIER   10
#define COL_EVENTS 24
#define COL_HOOKS  14

size_t doctor_width = DOCTOR_WIDTH;

static size_t line_start(const struct buf *out)
{
	size_t at = out->len;

	while (at && out->data[at - 1] != '\n')
		at--;
	return at;
}

void doctor_wrap(struct buf *out, size_t left, const char *text, size_t len)
{
	const char *end = text + len;
	size_t line = line_start(out);

	while (text < end) {
		const char *space = memchr(text, ' ', (size_t)(end - text));
		size_t n = (size_t)((space ? space : end) - text), column = out->len - line;

		if (column > left && column + 1 + n > doctor_width) {
			buf_putc(out, '\n');
			line = out->len;
			buf_pad(out, line + left);
		} else if (column >= left && column) {
			buf_puts(out, column > left ? " " : "");
		} else {
			buf_pad(out, line + left);
		}
		buf_put(out, text, n);
		text += n + (space != NULL);
	}
	buf_putc(out, '\n');
}

static void wrap(struct buf *out, size_t left, struct buf *text)
{
	const char *s = buf_str(text);

	doctor_wrap(out, left, s, strlen(s));
	buf_reset(text);
}

/* ---- the machine --------------------------------------------------------------------------------------------- */

static void put_way(struct buf *out, const char *name, int err, const char *none)
{
	buf_printf(out, "%-10s%s%s%s\n", name, err ? "no" : "yes", err ? ": " : "",
		   !err ? "" :
		   none ? none :
			  strerror(err == -524 ? 95 : -err)); /* ENOTSUPP is no errno of user space */
}

/* Mappings of one's own that read as what they are. */
static void put_seen(const struct mmt_memtype *m, struct buf *text)
{
	static const struct {
		uint32_t check;
		const char *arm64, *x86;
	} seen[] = {
		{ MMT_MEMTYPE_SAW_NORMAL, "Normal", "WB" },
		{ MMT_MEMTYPE_SAW_DEVICE, "Device", "UC-" },
		{ MMT_MEMTYPE_SAW_NC, "Normal-NC", "WC" },
	};
	unsigned n = (unsigned)__builtin_popcount(m->checks), put = 0;

	for (size_t i = 0; i < MMT_COUNT(seen); i++) {
		if (!(m->checks & seen[i].check))
			continue;
		buf_puts(text, !put ? " " : put + 1 == n ? " and " : ", ");
		buf_puts(text, m->table == MMT_MEMTYPE_X86_PAT ? seen[i].x86 : seen[i].arm64);
		put++;
	}
}

static void put_memtype(const struct doctor *d, struct buf *out)
{
	const struct mmt_memtype *m = d->memtype;
	const struct hook_choice *c = &d->choice[MMT_HOOK_MEMTYPE];
	struct buf text = { 0 };

	if (!memtype_table_text(m->table)) {
		buf_puts(&text, "not shown: no table is known for this machine");
	} else if (m->checks & MMT_MEMTYPE_WRONG) {
		buf_printf(&text, "not shown, this kernel has others: %s", d->memtype_wrong);
	} else if (!m->checks) {
		buf_printf(&text, "%s by release, unchecked: %s", memtype_table_text(m->table),
			   c->try < 0 && c->why[0] ? c->why : "mappings of one's own could not be read");
	} else {
		buf_puts(&text, memtype_table_text(m->table));
		buf_puts(&text, memtype_checked(m->checks) ? ", checked against own" :
							     " by release, only checked against own");
		put_seen(m, &text);
		buf_puts(&text, m->checks & (m->checks - 1) ? " mappings" : " memory");
		if (!memtype_checked(m->checks))
			buf_puts(&text, " (no PCI resource file and no /dev/mem here)");
	}
	buf_puts(out, "memtype   ");
	wrap(out, COL_TIER, &text);
	buf_free(&text);
}

void doctor_machine(struct doctor *d, struct buf *out)
{
	const struct caps *c = d->caps;

	buf_printf(out, "%-10s%s %s, pages of %uK, %u CPUs\n", "kernel", d->release, d->machine, d->page_size >> 10,
		   d->cpus);
	if (!c)
		return;
	buf_printf(out, "%-10s%s%s\n", "BTF",
		   c->kernel_btf ? "the kernel's own" :
		   d->btf_file	 ? "for mmtrace only: " :
				   "no, neither the kernel's nor by --btf",
		   !c->kernel_btf && d->btf_file ? d->btf_file : "");
	put_way(out, "fentry", c->fentry_err, c->kernel_btf ? NULL : "it needs the kernel's own BTF");
	put_way(out, "kprobes", c->kprobe_err, c->kprobe_type < 0 ? "this kernel has no kprobe events" : NULL);
	put_way(out, "perf", c->perf_err, NULL);
	if (d->memtype)
		put_memtype(d, out);
	buf_printf(out, "%-10s%s\n", "config",
		   d->config_path ? d->config_path : "not readable (neither /proc/config.gz nor /boot/config-*)");
}

/* ---- events -------------------------------------------------------------------------------------------------- */

/* What is said of an event: events of a family of which the same is said share a line. */
struct said {
	const struct mmt_schema_event *ev;
	struct buf tiers, lacks;
	bool lost;
};

static void say(const struct doctor *d, const struct mmt_schema_event *ev, struct said *s)
{
	struct items l = { 0 };

	*s = (struct said){ .ev = ev, .lost = doctor_event_lost(d->choice, ev->num) };
	if (s->lost)
		return;
	doctor_event_tiers(d->choice, ev->num, &l);
	items_join(&l, " ", "", &s->tiers);
	l.n = 0;
	doctor_event_lacks(d->caps, d->choice, ev->num, &l);
	items_join(&l, ", ", ev->name, &s->lacks);
}

static bool alike(struct said *a, struct said *b)
{
	return a->lost == b->lost && a->ev->family == b->ev->family &&
	       !strcmp(buf_str(&a->tiers), buf_str(&b->tiers)) && !strcmp(buf_str(&a->lacks), buf_str(&b->lacks));
}

/* Which events of the rest are said the same of: they go with the first, and are done. */
static void put_alike(struct said *all, size_t n, size_t first, bool done[], unsigned *family, struct buf *out)
{
	struct said *a = &all[first];
	size_t line = out->len;
	struct buf names = { 0 };

	for (size_t i = first; i < n; i++) {
		if (done[i] || !alike(a, &all[i]))
			continue;
		buf_printf(&names, "%s%s", names.len ? " " : "", all[i].ev->name);
		done[i] = true;
	}
	if (a->ev->family != *family)
		buf_puts(out, schema_family(a->ev->family)->name);
	*family = a->ev->family;
	buf_pad(out, line + COL_TIER);
	if (!a->lost) {
		buf_puts(out, buf_str(&a->tiers));
		buf_putc(out, ' ');
		buf_pad(out, line + COL_EVENTS);
	}
	wrap(out, a->lost ? COL_TIER : COL_EVENTS, &names);
	if (a->lacks.len) {
		buf_puts(&names, "without ");
		buf_puts(&names, buf_str(&a->lacks));
		wrap(out, COL_EVENTS, &names);
	}
	buf_free(&names);
}

static void put_events(struct said *all, size_t n, bool lost, const char *title, struct buf *out)
{
	bool done[MMT_EV_MAX] = { false };
	unsigned family = UINT_MAX; /* named in the line before */
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (done[i] || all[i].lost != lost)
			continue;
		if (!any)
			buf_puts(out, title);
		any = true;
		put_alike(all, n, i, done, &family, out);
	}
}

static void put_all_events(const struct doctor *d, struct buf *out)
{
	struct said all[MMT_EV_MAX];
	const struct mmt_schema_event *ev;
	size_t n;

	ev = schema_events(&n);
	for (size_t i = 0; i < n; i++)
		say(d, &ev[i], &all[i]);
	put_events(all, n, false, "\nEVENTS    BY            WHAT THERE IS\n", out);
	put_events(all, n, true, "\nNOT HERE\n", out);
	for (size_t i = 0; i < n; i++) {
		buf_free(&all[i].tiers);
		buf_free(&all[i].lacks);
	}
}

/* ---- reasons ------------------------------------------------------------------------------------------------- */

/* Nothing is wrong with the machine: the function is of other kernels, or the module is not loaded. */
static bool normal(const struct doctor *d, int h)
{
	const struct hook_choice *c = &d->choice[h];
	char why[TIER_WHY];

	if (c->try >= 0 || !hook_table[h].optional)
		return false;
	return !doctor_hook_exists(d->caps, h) || (c->better >= 0 && !tiers_check(h, c->better, d->caps, why));
}

static bool poor(const struct doctor *d, int h)
{
	const struct hook_choice *c = &d->choice[h];

	return hook_table[h].name && (c->try < 0 || c->better >= 0) && !normal(d, h);
}

static const char *tier_of(const struct doctor *d, int h)
{
	return d->choice[h].try >= 0 ? tier_name(hook_table[h].tries[d->choice[h].try].tier) : "";
}

/* Hooks of one family, by what is before the first dot, that took the same way: "map commit", "exit (raw_tp)". */
static void put_way_taken(const struct doctor *d, const bool in[MMT_HOOK_MAX], int first, bool done[], struct buf *out)
{
	const char *name = hook_table[first].name, *tier = tier_of(d, first);
	size_t len = strcspn(name, ".");
	struct buf names = { 0 };

	for (int h = first; h < MMT_HOOK_MAX; h++) {
		const char *n = hook_table[h].name;

		if (!in[h] || done[h] || strncmp(n, name, len) || (n[len] && n[len] != '.') ||
		    strcmp(tier, tier_of(d, h)))
			continue;
		done[h] = true;
		buf_printf(&names, "%s%s", names.len ? " " : "", n[len] ? n + len + 1 : n);
	}
	if (*tier)
		buf_printf(&names, " (%s)", tier);
	wrap(out, COL_HOOKS, &names);
	buf_free(&names);
}

static void put_groups(const struct doctor *d, const bool in[MMT_HOOK_MAX], struct buf *out)
{
	bool done[MMT_HOOK_MAX] = { false };
	const char *last = "";

	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		const char *name = hook_table[h].name;
		size_t len = name ? strcspn(name, ".") : 0, line = out->len;

		if (!in[h] || done[h])
			continue;
		if (strncmp(last, name, len) || (last[len] && last[len] != '.'))
			buf_printf(out, "    %.*s ", (int)len, name);
		last = name;
		buf_pad(out, line + COL_HOOKS);
		put_way_taken(d, in, h, done, out);
	}
}

static void put_title(struct buf *out, bool *done)
{
	if (!*done)
		buf_puts(out, "\nWHY NOT, OR NOT THE BEST WAY (hooks; in brackets the way they took)\n");
	*done = true;
}

/* In one line or two: nobody has to do anything about these. */
static void put_normal(const struct doctor *d, bool *titled, struct buf *out)
{
	struct buf line = { 0 };

	for (int h = 0; h < MMT_HOOK_MAX; h++)
		if (hook_table[h].name && normal(d, h))
			buf_printf(&line, " %s", hook_table[h].name);
	if (line.len) {
		put_title(out, titled);
		buf_puts(out, "  normal: of other kernels, or of a module that is not loaded:");
		doctor_wrap(out, 4, buf_str(&line) + 1, line.len - 1);
	}
	buf_free(&line);
}

/* Each reason once, with every hook that has it; in brackets the lesser way that a hook took. */
static void put_reasons(const struct doctor *d, struct buf *out)
{
	bool done[MMT_HOOK_MAX] = { false }, titled = false;
	struct buf why = { 0 }, other = { 0 };

	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		bool in[MMT_HOOK_MAX] = { false };

		if (done[h] || !poor(d, h))
			continue;
		buf_reset(&why);
		doctor_reason(d, h, &why);
		for (int k = h; k < MMT_HOOK_MAX; k++) {
			buf_reset(&other);
			if (!done[k] && poor(d, k))
				doctor_reason(d, k, &other);
			in[k] = other.len && !strcmp(buf_str(&why), buf_str(&other));
			done[k] |= in[k];
		}
		put_title(out, &titled);
		buf_puts(out, "  ");
		wrap(out, 2, &why);
		put_groups(d, in, out);
	}
	buf_free(&why);
	buf_free(&other);
	put_normal(d, &titled, out);
}

void doctor_page(struct doctor *d, struct buf *out)
{
	doctor_machine(d, out);
	put_all_events(d, out);
	put_reasons(d, out);
	doctor_gains(d, out);
	buf_puts(out, "\n'mmtrace doctor -v' lists every hook, -j the same as JSON.\n");
}
