// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The page that doctor prints for a person: what there is, what there is not, why, and what would help. */
#include <limits.h>
#include <string.h>
#include "cli/doctor.h"
#include "enrich/memtype.h"
#include "event/schema.h"

#define COL_TIER   10
#define COL_EVENTS 24

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

void doctor_items(struct doctor *d, const struct items *l, const char *ev, struct buf *out)
{
	struct items shown = { 0 };

	for (unsigned i = 0; i < l->n; i++) {
		const char *what = l->s[i], *bracket = strstr(what, " (");
		bool told = bracket && items_have(&d->told, what);

		items_add(&shown, what, told ? (size_t)(bracket - what) : strlen(what));
		if (bracket)
			items_add(&d->told, what, strlen(what));
	}
	items_join(&shown, ", ", ev, out);
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

/* What is said of an event: those of a family that come the same way share a line. */
struct said {
	const struct mmt_schema_event *ev;
	struct buf tiers;
	struct items lacks;
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
	doctor_event_lacks(d->caps, d->choice, ev->num, &s->lacks);
}

static bool together(struct said *a, struct said *b)
{
	return a->lost == b->lost && a->ev->family == b->ev->family && !strcmp(buf_str(&a->tiers), buf_str(&b->tiers));
}

/* Moves what all of them lack to `common`. */
static void take_common(struct said *const with[], size_t n, struct items *common)
{
	for (unsigned k = 0; k < with[0]->lacks.n; k++) {
		const char *what = with[0]->lacks.s[k];
		size_t i = 1;

		while (i < n && items_have(&with[i]->lacks, what))
			i++;
		if (i == n)
			items_add(common, what, strlen(what));
	}
	for (size_t i = 0; i < n; i++)
		items_drop(&with[i]->lacks, common);
}

/* "all without this; mmap without that". */
static void put_lacks(struct doctor *d, struct said *const with[], size_t n, struct buf *out)
{
	struct items common = { 0 };
	struct buf text = { 0 };

	take_common(with, n, &common);
	if (common.n) {
		size_t i = 0;

		while (i < n && !with[i]->lacks.n)
			i++;
		buf_puts(&text, i < n ? "all without " : "without ");
		doctor_items(d, &common, n == 1 ? with[0]->ev->name : "", &text);
	}
	for (size_t i = 0; i < n; i++) {
		if (!with[i]->lacks.n)
			continue;
		buf_printf(&text, "%s%s without ", text.len ? "; " : "", with[i]->ev->name);
		doctor_items(d, &with[i]->lacks, with[i]->ev->name, &text);
	}
	if (text.len)
		wrap(out, COL_EVENTS, &text);
	buf_free(&text);
}

/* The events of the rest that go with the first: they are done. */
static void put_together(struct doctor *d, struct said *all, size_t n, size_t first, bool done[], unsigned *family,
			 struct buf *out)
{
	struct said *a = &all[first], *with[MMT_EV_MAX];
	size_t line = out->len, count = 0;
	struct buf names = { 0 };

	for (size_t i = first; i < n; i++) {
		if (done[i] || !together(a, &all[i]))
			continue;
		buf_printf(&names, "%s%s", names.len ? " " : "", all[i].ev->name);
		with[count++] = &all[i];
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
	put_lacks(d, with, count, out);
	buf_free(&names);
}

static void put_events(struct doctor *d, struct said *all, size_t n, bool lost, const char *title, struct buf *out)
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
		put_together(d, all, n, i, done, &family, out);
	}
}

static void put_all_events(struct doctor *d, struct buf *out)
{
	static struct said all[MMT_EV_MAX]; /* too much for the stack; one thread makes pages */
	const struct mmt_schema_event *ev;
	size_t n;

	ev = schema_events(&n);
	for (size_t i = 0; i < n; i++)
		say(d, &ev[i], &all[i]);
	put_events(d, all, n, false, "\nEVENTS    BY            WHAT THERE IS\n", out);
	put_events(d, all, n, true, "\nNOT HERE\n", out);
	for (size_t i = 0; i < n; i++)
		buf_free(&all[i].tiers);
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

void doctor_page(struct doctor *d, struct buf *out)
{
	d->told.n = 0;
	doctor_machine(d, out);
	put_all_events(d, out);
	doctor_why(d, out);
	doctor_gains(d, out);
	buf_puts(out, "\n'mmtrace doctor -v' lists every hook, -j the same as JSON.\n");
}
