// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <inttypes.h>
#include <string.h>
#include "event/flags.h"
#include "event/schema.h"
#include "event/value.h"
#include "sink/maps.h"
#include "sink/words.h"

#define DIM    "\033[2m"
#define BOLD   "\033[1m"
#define NORMAL "\033[0m"

void maps_text_process(struct buf *b, bool color, const struct maps_process *p)
{
	char size[NUM_FMT_LEN];

	buf_puts(b, color ? BOLD : "");
	words_visible(b, p->comm);
	buf_printf(b, " %u%s %s: %zu range%s, %s%s\n", p->pid, color ? NORMAL : "", p->state, p->ranges,
		   p->ranges == 1 ? "" : "s", num_fmt_size(size, p->bytes),
		   p->gap ? "; something was missed, so this may not be all, or not be right" : "");
	buf_printf(b, "%s%-7s %-14s %6s %-4s %-7s %6s %6s %6s %s%s\n", color ? DIM : "", "ID", "START", "SIZE", "PERM",
		   "KIND", "FAULTS", "RES", "AGE", "WHAT", color ? NORMAL : "");
}

static void put_size(struct buf *b, uint64_t bytes)
{
	char s[NUM_FMT_LEN];

	buf_printf(b, " %6s", bytes == MAPS_UNKNOWN ? "-" : num_fmt_size(s, bytes));
}

void maps_perms(char perms[MAPS_PERMS], uint64_t vm_flags)
{
	snprintf(perms, MAPS_PERMS, "%c%c%c%c", vm_flags & FLAGS_VM_READ ? 'r' : '-',
		 vm_flags & FLAGS_VM_WRITE ? 'w' : '-', vm_flags & FLAGS_VM_EXEC ? 'x' : '-',
		 vm_flags & (FLAGS_VM_SHARED | FLAGS_VM_MAYSHARE) ? 's' : 'p');
}

/* How long it has been there, or was. What was there before the trace is of unknown age. */
static void put_age(struct buf *b, const struct maps_row *row)
{
	uint64_t end = row->m->reason == MAPPING_LIVE ? row->now_ns : row->m->closed_ns;
	char s[NUM_FMT_LEN];

	if (row->again)
		buf_printf(b, " %6s", "");
	else
		buf_printf(b, " %6s",
			   row->m->imported || end < row->m->born_ns ? "-" :
								       num_fmt_duration(s, end - row->m->born_ns));
}

static void put_what(struct buf *b, const struct maps_row *row)
{
	const struct mmt_view *v = row->v;

	words_visible(b, v->mapping ? v->mapping : "-");
	if (v->mapping && v->mapping[0] != '[')
		buf_printf(b, v->map_off ? " @0x%" PRIx64 : " @%" PRIx64, v->map_off);
	if (v->map_guessed)
		buf_putc(b, '?');
}

static void comma(struct buf *b, size_t from)
{
	if (b->len > from)
		buf_puts(b, ", ");
}

/* What a driver did for it: who, by what, where it is and how the CPU sees it. */
static void put_driver(struct buf *b, const struct maps_row *row)
{
	const struct mapping *m = row->m;
	const struct mmt_view *v = row->v;
	const char *func = m->func ? v->names->get(v->names->ctx, m->func) : NULL;
	size_t from;

	buf_pad(b, b->len + 8);
	from = b->len;
	if (func && strchr(func, ':'))
		words_visible(b, func);
	if (m->installs.events) {
		comma(b, from);
		buf_printf(b, "%s %" PRIu64 " page%s", schema_enum(MMT_LOOK_HELPER, m->installs.helper),
			   m->installs.pages, m->installs.pages == 1 ? "" : "s");
	}
	if (v->phys_known) {
		comma(b, from);
		buf_printf(b, "phys 0x%" PRIx64 "-0x%" PRIx64, v->phys_start, v->phys_end - 1);
		if (v->phys_name) {
			buf_putc(b, ' ');
			words_visible(b, v->phys_name);
		}
	} else if (m->imported && v->map_flags & FLAGS_VM_PFNMAP && !m->installs.events) {
		comma(b, from);
		buf_puts(b, "filled before the trace: where it lies was not observed");
	}
	if (v->memtype) {
		comma(b, from);
		buf_printf(b, "%s%s", v->memtype, v->memtype_checked ? "" : "?");
	}
	if (m->unsure) {
		comma(b, from);
		buf_puts(b, "unsure: events were lost before it");
	}
}

void maps_text_row(struct buf *b, bool color, const struct maps_row *row)
{
	const struct mapping *m = row->m;
	const char *class = schema_enum(MMT_LOOK_FCLASS, row->v->map_class);

	buf_printf(b, "%-7s 0x%012" PRIx64, m->id, row->r ? row->r->start : m->start);
	put_size(b, row->r ? row->r->end - row->r->start : m->peak);
	buf_putc(b, ' ');
	buf_printf(b, "%-4s %-7s", row->perms, row->v->map_class && class ? class : "-");
	if (row->again)
		buf_printf(b, " %6s", "");
	else if (!row->faults)
		buf_printf(b, " %6s", "-");
	else
		buf_printf(b, " %6" PRIu64, m->faults);
	put_size(b, row->resident);
	put_age(b, row);
	buf_putc(b, ' ');
	put_what(b, row);
	buf_putc(b, '\n');
	if (row->again || !maps_by_driver(row))
		return;
	buf_puts(b, color ? DIM : "");
	put_driver(b, row);
	buf_puts(b, color ? NORMAL "\n" : "\n");
}

static void put_act(struct buf *b, const struct mapping *m, const struct mapping_act *a)
{
	char size[NUM_FMT_LEN], time[NUM_FMT_LEN];
	uint64_t since = a->ts_ns > m->born_ns ? a->ts_ns - m->born_ns : 0;

	buf_printf(b, "        +%-8s %s", num_fmt_duration(time, since), mapping_act(a->what));
	switch (a->what) {
	case MAPPING_ACT_CLOSED:
		buf_printf(b, " by %s", mapping_reason((unsigned)a->result));
		break;
	case MAPPING_ACT_MOVED:
		buf_printf(b, " to 0x%" PRIx64, a->result);
		break;
	case MAPPING_ACT_PROT:
		buf_putc(b, ' ');
		flags_prot(b, a->result & 7);
		break;
	case MAPPING_ACT_COPIED:
		buf_printf(b, " to %s.%" PRIu64, m->id, a->result);
		break;
	case MAPPING_ACT_MADE:
	case MAPPING_ACT_GROWN:
	case MAPPING_ACT_UNMAPPED:
		buf_puts(b, " by ");
		value_show_raw(b, MMT_LOOK_ORIGIN, a->result, NULL);
		break;
	default:
		break;
	}
	if (a->end > a->start)
		buf_printf(b, "  %s at 0x%" PRIx64, num_fmt_size(size, a->end - a->start), a->start);
	buf_putc(b, '\n');
}

void maps_text_history(struct buf *b, bool color, const struct mapping *m)
{
	buf_puts(b, color ? DIM : "");
	if (*m->parent)
		buf_printf(b, "        copy of %s\n", m->parent);
	for (uint32_t i = 0; i < m->nacts; i++) {
		put_act(b, m, &m->acts[i]);
		if (!i && m->acts_dropped)
			buf_printf(b, "        (%u more left out)\n", m->acts_dropped);
	}
	buf_puts(b, color ? NORMAL : "");
}
