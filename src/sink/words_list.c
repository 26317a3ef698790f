// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The words of templates: what takes more than one field to say. */
#include "sink/words_list.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "event/flags.h"
#include "event/value.h"
#include "ledger/mapping.h"

// clang-format off
/* What is so usual that saying it every time would only hide the rest. */
static const uint32_t usual_origin[MMT_EV_MAX] = {
	[MMT_EV_VMA_MAP] = MMT_ORIGIN_MMAP,	   [MMT_EV_VMA_UNMAP] = MMT_ORIGIN_MUNMAP,
	[MMT_EV_VMA_PROT] = MMT_ORIGIN_MPROTECT,   [MMT_EV_VMA_GROW] = MMT_ORIGIN_STACK,
	[MMT_EV_EXIT] = MMT_ORIGIN_EXIT,
};
// clang-format on

static void dur(struct buf *b, const struct mmt_view *v)
{
	char s[NUM_FMT_LEN];

	buf_puts(b, v->h->have & MMT_HAVE_DUR ? num_fmt_duration(s, v->h->dur_ns) : "-");
}

static void put_offset(struct buf *b, uint64_t off)
{
	buf_puts(b, " @");
	buf_printf(b, off ? "0x%" PRIx64 : "%" PRIx64, off);
}

/* Offset in the file of the address that the event is about. */
static uint64_t offset(const struct mmt_view *v)
{
	uint64_t addr;

	if (v->ev->num == MMT_EV_MMAP)
		return ((const struct mmt_ev_mmap *)v->h)->off;
	if (value_get(v->h, v->ev, "addr", &addr) && addr >= v->map_start)
		return v->map_off + (addr - v->map_start);
	return v->map_off;
}

/* The mapping's name for life; "?" behind it: made while something was missed. */
static void id(struct buf *b, const struct mmt_view *v)
{
	if (!v->map)
		return;
	buf_puts(b, v->map_id);
	if (v->map->unsure)
		buf_putc(b, '?');
}

/* The same at the end of a line. */
static void in(struct buf *b, const struct mmt_view *v)
{
	if (v->map)
		buf_putc(b, ' ');
	id(b, v);
}

/* What is mapped, and where in it. */
static void place(struct buf *b, const struct mmt_view *v)
{
	if (!v->mapping) {
		buf_putc(b, '-');
		return;
	}
	buf_puts(b, v->mapping);
	if (v->mapping[0] != '[')
		put_offset(b, offset(v));
	if (v->map_guessed)
		buf_putc(b, '?');
}

static void what(struct buf *b, const struct mmt_view *v)
{
	if (v->map) {
		id(b, v);
		buf_putc(b, ' ');
	}
	place(b, v);
}

/* Its name alone, on lines with little room: the call that stands beside them says the offset. */
static void file(struct buf *b, const struct mmt_view *v)
{
	if (v->map) {
		id(b, v);
		buf_putc(b, ' ');
	}
	buf_puts(b, v->mapping ? v->mapping : "-");
}

/* prot and the type as /proc/PID/maps has them, then the flags that are left. */
static void perms(struct buf *b, const struct mmt_view *v)
{
	const struct mmt_ev_mmap *e = (const void *)v->h;

	if (v->h->have & MMT_HAVE(MMAP, prot) && v->h->have & MMT_HAVE(MMAP, flags))
		flags_mmap_perms(b, e->prot, e->flags);
	else
		buf_putc(b, '-');
}

#define MREMAP_MAYMOVE 1 /* include/uapi/linux/mman.h, 6.12: nearly every caller allows it */

static void rflags(struct buf *b, const struct mmt_view *v)
{
	uint64_t flags;

	if (!value_get(v->h, v->ev, "flags", &flags) || flags == MREMAP_MAYMOVE)
		return;
	buf_putc(b, ' ');
	flags_mremap(b, flags);
}

static void lockflags(struct buf *b, const struct mmt_view *v)
{
	const struct mmt_field *f = schema_field(v->ev, "flags");

	if (!value_has(v->h, f) || !value_u64(v->h, f, 0))
		return;
	buf_putc(b, ' ');
	value_show(b, v->h, f, NULL);
}

static void ranges(struct buf *b, const struct mmt_view *v)
{
	uint64_t n, pidfd;

	if (value_get(v->h, v->ev, "ranges", &n) && value_get(v->h, v->ev, "pidfd", &pidfd))
		buf_printf(b, " first of %" PRIu64 " by pidfd %d", n, (int)pidfd);
}

static void rw(struct buf *b, const struct mmt_view *v)
{
	uint64_t write;

	buf_puts(b, !value_get(v->h, v->ev, "write", &write) ? "-" : write ? "write" : "read");
}

static void by(struct buf *b, const struct mmt_view *v)
{
	uint64_t origin;

	if (!value_get(v->h, v->ev, "origin", &origin) || origin == usual_origin[v->ev->num])
		return;
	buf_puts(b, b->len ? " by " : "by ");
	value_show_raw(b, MMT_LOOK_ORIGIN, origin, NULL);
}

static void vmflags(struct buf *b, const struct mmt_view *v)
{
	uint64_t flags;

	if (value_get(v->h, v->ev, "vm_flags", &flags))
		flags_vm_short(b, flags);
	else
		buf_putc(b, '-');
}

static void vmasize(struct buf *b, const struct mmt_view *v)
{
	char s[NUM_FMT_LEN];
	uint64_t start, end;

	if (value_get(v->h, v->ev, "vma_start", &start) && value_get(v->h, v->ev, "vma_end", &end))
		buf_puts(b, num_fmt_size(s, end - start));
	else
		buf_putc(b, '-');
}

/* Only where what was mapped is not what was asked for. */
static void torn(struct buf *b, const struct mmt_view *v)
{
	char s[NUM_FMT_LEN];
	uint64_t len, bytes;

	if (value_get(v->h, v->ev, "len", &len) && value_get(v->h, v->ev, "bytes", &bytes) && len != bytes)
		buf_printf(b, " (%s mapped)", num_fmt_size(s, bytes));
}

static void span(struct buf *b, const struct mmt_view *v)
{
	char s[NUM_FMT_LEN];
	uint64_t start, end;

	if (value_get(v->h, v->ev, "addr", &start) && value_get(v->h, v->ev, "end", &end) && end > start)
		buf_puts(b, num_fmt_size(s, end - start));
}

/* First and last byte, as /proc/iomem names a range, and its name there; where it is in pieces, the lowest and the highest. */
static void phys(struct buf *b, const struct mmt_view *v)
{
	uint64_t segs;

	if (!v->phys_known) {
		buf_puts(b, "phys -");
		return;
	}
	buf_printf(b, "phys 0x%" PRIx64 "-0x%" PRIx64, v->phys_start, v->phys_end - 1);
	if (value_get(v->h, v->ev, "segs", &segs) && segs > 1)
		buf_printf(b, " in %" PRIu64 " pieces", segs);
	if (v->phys_name)
		buf_printf(b, " %s", v->phys_name);
}

/* With a mark when it is only what the release promises. */
static void memtype(struct buf *b, const struct mmt_view *v)
{
	if (v->memtype)
		buf_printf(b, " %s%s", v->memtype, v->memtype_checked ? "" : "?");
}

static void helper(struct buf *b, const struct mmt_view *v)
{
	uint64_t h, nested = 0;

	if (!value_get(v->h, v->ev, "helper", &h))
		return;
	value_get(v->h, v->ev, "nested", &nested);
	/* the usual one of its event goes without saying */
	if (!nested && (h == MMT_HELPER_REMAP_PFN_RANGE || h == MMT_HELPER_DMA_MMAP_ATTRS))
		return;
	buf_puts(b, nested ? " by an inner " : " ");
	value_show_raw(b, MMT_LOOK_HELPER, h, NULL);
}

static void device(struct buf *b, const struct mmt_view *v)
{
	const struct mmt_field *f = schema_field(v->ev, "device");

	if (!value_has(v->h, f))
		return;
	buf_putc(b, ' ');
	value_show(b, v->h, f, v->names);
}

static void fail(struct buf *b, const struct mmt_view *v)
{
	unsigned err;

	if (!value_failed(v->h, v->ev, &err))
		return;
	buf_puts(b, " = ");
	value_show_raw(b, MMT_LOOK_RET, (uint64_t) - (int64_t)err, NULL);
}

static void access_of(struct buf *b, const struct mmt_view *v)
{
	uint64_t flags;

	if (!value_get(v->h, v->ev, "flags", &flags))
		buf_putc(b, '-');
	else if (flags & FLAGS_FAULT_INSTRUCTION)
		buf_putc(b, 'x');
	else
		buf_putc(b, flags & FLAGS_FAULT_WRITE ? 'w' : 'r');
}

/* The kind says more than the class; where it is not known the class stands for it. */
static void kind(struct buf *b, const struct mmt_view *v)
{
	const struct mmt_ev_fault *e = (const void *)v->h;
	bool class = v->h->have & MMT_HAVE(FAULT, class) && e->class, kind = v->h->have & MMT_HAVE(FAULT, kind);
	const char *c = schema_enum(MMT_LOOK_FCLASS, class ? e->class : v->map_class);

	if (kind && e->kind)
		value_show_raw(b, MMT_LOOK_FKIND, e->kind, NULL);
	else
		buf_puts(b, c ? c : "?");
}

/* What most faults are, user and minor, is left out; what is not known is said. */
static void mode(struct buf *b, const struct mmt_view *v)
{
	const struct mmt_ev_fault *e = (const void *)v->h;

	if (!(v->h->have & MMT_HAVE(FAULT, mode)) || !e->mode) {
		buf_puts(b, " mode=-");
	} else if (e->mode != MMT_FMODE_USER) {
		buf_putc(b, ' ');
		value_show_raw(b, MMT_LOOK_FMODE, e->mode, NULL);
	}
}

static void severity(struct buf *b, const struct mmt_view *v)
{
	uint64_t maj;

	if (!value_get(v->h, v->ev, "maj", &maj))
		buf_puts(b, " maj=-");
	else if (maj)
		buf_puts(b, " major");
}

static void tries(struct buf *b, const struct mmt_view *v)
{
	uint64_t n;

	if (value_get(v->h, v->ev, "attempts", &n) && n > 1)
		buf_printf(b, " %" PRIu64 " tries", n);
}

static void result(struct buf *b, const struct mmt_view *v)
{
	uint64_t r;

	if (!value_get(v->h, v->ev, "result", &r) || !flags_fault_failed(r))
		return;
	buf_putc(b, ' ');
	flags_result(b, r);
}

/* What is left of a fault's time when every share of it is known. */
static void rest(struct buf *b, const struct mmt_view *v)
{
	static const char *const shares[] = { "lock", "driver", "offcpu", "alloc" };
	uint64_t left, ns;
	bool known = value_get(v->h, v->ev, "total", &left);
	char s[NUM_FMT_LEN];

	for (size_t i = 0; i < MMT_COUNT(shares) && known; i++) {
		known = value_get(v->h, v->ev, shares[i], &ns) && ns <= left;
		left -= known ? ns : 0;
	}
	buf_puts(b, known ? num_fmt_duration(s, left) : "-");
}

/* ---- of the flow view ---- */

/* The address asked for, where one was. */
static void asked(struct buf *b, const struct mmt_view *v)
{
	uint64_t addr;

	if (value_get(v->h, v->ev, "addr", &addr) && addr)
		buf_printf(b, "addr=0x%" PRIx64 ", ", addr);
}

/* rw-, shared|fixed */
static void protword(struct buf *b, const struct mmt_view *v)
{
	const struct mmt_ev_mmap *e = (const void *)v->h;

	if (!(v->h->have & MMT_HAVE(MMAP, prot)) || !(v->h->have & MMT_HAVE(MMAP, flags))) {
		buf_putc(b, '-');
		return;
	}
	flags_prot(b, e->prot);
	buf_puts(b, ", ");
	flags_mmap(b, e->flags);
}

/* What the kernel made of the VMA: permissions, and all flags that are not merely what mprotect may still do. */
static void vmattrs(struct buf *b, const struct mmt_view *v)
{
	struct buf all = { 0 };
	const char *at;
	uint64_t flags;

	if (!value_get(v->h, v->ev, "vm_flags", &flags)) {
		buf_putc(b, '-');
		return;
	}
	flags_vm(&all, flags);
	for (at = buf_str(&all); *at; at += *at == '|') {
		size_t len = strcspn(at, "|");

		if (strncmp(at, "may", 3))
			buf_printf(b, "%s%.*s", at == all.data ? "" : " ", (int)len, at);
		at += len;
	}
	buf_free(&all);
}

static void pagecount(struct buf *b, const struct mmt_view *v)
{
	uint64_t n;

	if (value_get(v->h, v->ev, "pages", &n))
		buf_printf(b, "%" PRIu64 " page%s", n, n == 1 ? "" : "s");
	else
		buf_puts(b, "- pages");
}

static void pfns(struct buf *b, const struct mmt_view *v)
{
	uint64_t pfn, lo, hi, segs;

	if (!value_get(v->h, v->ev, "pfn", &pfn)) {
		buf_puts(b, "pfn -");
		return;
	}
	if (value_get(v->h, v->ev, "segs", &segs) && segs > 1 && value_get(v->h, v->ev, "pfn_lo", &lo) &&
	    value_get(v->h, v->ev, "pfn_hi", &hi))
		buf_printf(b, "pfn 0x%" PRIx64 "-0x%" PRIx64 " in %" PRIu64 " pieces", lo, hi, segs);
	else
		buf_printf(b, "pfn 0x%" PRIx64, pfn);
}

/* Where it lies and how the CPU sees it: "  System RAM  Normal-WB". A helper inside another one has the same to say. */
static void type(struct buf *b, const struct mmt_view *v)
{
	uint64_t nested;

	if (value_get(v->h, v->ev, "nested", &nested) && nested)
		return;
	if (v->phys_name)
		buf_printf(b, "  %s", v->phys_name);
	if (v->memtype)
		buf_printf(b, "  %s%s", v->memtype, v->memtype_checked ? "" : "?");
}

/* The device that a DMA buffer is for; the outer helper has said it. */
static void for_device(struct buf *b, const struct mmt_view *v)
{
	const struct mmt_field *f = schema_field(v->ev, "device");
	uint64_t nested;

	if (!value_has(v->h, f) || (value_get(v->h, v->ev, "nested", &nested) && nested))
		return;
	buf_puts(b, "  for ");
	value_show(b, v->h, f, v->names);
}

static void accessword(struct buf *b, const struct mmt_view *v)
{
	uint64_t flags;

	if (!value_get(v->h, v->ev, "flags", &flags))
		buf_puts(b, "access -");
	else if (flags & FLAGS_FAULT_INSTRUCTION)
		buf_puts(b, "exec");
	else
		buf_puts(b, flags & FLAGS_FAULT_WRITE ? "write" : "read");
}

const struct word words_list[] = {
	{ "dur", dur },
	{ "what", what },
	{ "file", file },
	{ "perms", perms },
	{ "rflags", rflags },
	{ "by", by },
	{ "vmflags", vmflags },
	{ "vmasize", vmasize },
	{ "torn", torn },
	{ "span", span },
	{ "phys", phys },
	{ "helper", helper },
	{ "device", device },
	{ "fail", fail },
	{ "access", access_of },
	{ "kind", kind },
	{ "tries", tries },
	{ "rest", rest },
	{ "severity", severity },
	{ "result", result },
	{ "mode", mode },
	{ "memtype", memtype },
	{ "in", in },
	{ "lockflags", lockflags },
	{ "ranges", ranges },
	{ "rw", rw },
	{ "place", place },
	{ "asked", asked },
	{ "protword", protword },
	{ "vmattrs", vmattrs },
	{ "pagecount", pagecount },
	{ "pfns", pfns },
	{ "accessword", accessword },
	{ "type", type },
	{ "for", for_device },
};

const size_t words_list_n = MMT_COUNT(words_list);
