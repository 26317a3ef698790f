// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What events say, without what is another number in each run. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "diff/canon.h"
#include "event/flags.h"
#include "event/value.h"
#include "ledger/mapping.h"
#include "mmtrace/base.h"

#define HAS(h, ev, field) ((h)->have & MMT_HAVE(ev, field))

/* Every event with a VMA begins with MMT_FIELDS_VMA (event_table.h), as this one does; the installs go on with MMT_FIELDS_RUN. */
typedef struct mmt_ev_vma_new vma_part;
typedef struct mmt_ev_pfn_map run_part;

enum how {
	AS_SHOWN = 1, /* as value_show() has it */
	AS_PAGES,     /* bytes */
	AS_PLACE,     /* an address, in pages from the beginning of the mapping */
	AS_RESULT,    /* 0, a count, or an error */
	AS_OK,	      /* "ok" or an error: what was got is another number each time */
	AS_SHAPE,     /* how many pieces of memory */
};

struct put {
	uint8_t what; /* enum canon_what */
	uint8_t how;
	const char *field;
};

// clang-format off
static const struct row {
	const char *key;       /* NULL: no entry */
	const char *key_field; /* the key is what this field shows, behind key */
	struct put puts[7];
} rows[MMT_EV_MAX] = {
	[MMT_EV_MUNMAP] = { "munmap", NULL, { { CANON_AT, AS_PLACE, "addr" }, { CANON_PAGES, AS_PAGES, "len" },
		{ CANON_RESULT, AS_RESULT, "ret" } } },
	[MMT_EV_MPROTECT] = { "mprotect", NULL, { { CANON_AT, AS_PLACE, "addr" }, { CANON_PAGES, AS_PAGES, "len" },
		{ CANON_PERMS, AS_SHOWN, "prot" }, { CANON_RESULT, AS_RESULT, "ret" } } },
	[MMT_EV_MREMAP] = { "mremap", NULL, { { CANON_PAGES, AS_PAGES, "len" }, { CANON_FLAGS, AS_SHOWN, "flags" },
		{ CANON_RESULT, AS_OK, "ret" } } },
	[MMT_EV_MSYNC] = { "msync", NULL, { { CANON_AT, AS_PLACE, "addr" }, { CANON_PAGES, AS_PAGES, "len" },
		{ CANON_FLAGS, AS_SHOWN, "flags" }, { CANON_RESULT, AS_RESULT, "ret" } } },
	[MMT_EV_MADVISE] = { "madvise", "advice", { { CANON_AT, AS_PLACE, "addr" }, { CANON_PAGES, AS_PAGES, "len" },
		{ CANON_RESULT, AS_RESULT, "ret" } } },
	[MMT_EV_MLOCK] = { "", "op", { { CANON_AT, AS_PLACE, "addr" }, { CANON_PAGES, AS_PAGES, "len" },
		{ CANON_FLAGS, AS_SHOWN, "flags" }, { CANON_RESULT, AS_RESULT, "ret" } } },
	[MMT_EV_SHMGET] = { "shmget", NULL, { { CANON_PAGES, AS_PAGES, "len" }, { CANON_FLAGS, AS_SHOWN, "flags" },
		{ CANON_RESULT, AS_OK, "ret" } } },
	[MMT_EV_SHMAT] = { "shmat", NULL, { { CANON_FLAGS, AS_SHOWN, "flags" }, { CANON_RESULT, AS_OK, "ret" } } },
	[MMT_EV_SHMDT] = { "shmdt", NULL, { { CANON_RESULT, AS_RESULT, "ret" } } },
	[MMT_EV_MEMFD] = { "memfd_create", "name", { { CANON_FLAGS, AS_SHOWN, "flags" }, { CANON_RESULT, AS_OK, "ret" } } },
	[MMT_EV_REMAP_FILE] = { "remap_file_pages", NULL, { { CANON_AT, AS_PLACE, "addr" },
		{ CANON_PAGES, AS_PAGES, "len" }, { CANON_OFFSET, AS_SHOWN, "pgoff" }, { CANON_RESULT, AS_RESULT, "ret" } } },
	[MMT_EV_EXEC] = { "exec", NULL, { { CANON_ARG, AS_SHOWN, "file" } } },
	[MMT_EV_FORK] = { "fork", NULL, { { 0 } } },
	[MMT_EV_DRIVER_MMAP] = { "->mmap", NULL, { { CANON_FUNC, AS_SHOWN, "func" }, { CANON_RESULT, AS_RESULT, "ret" } } },
	[MMT_EV_DRIVER_OPEN] = { "vm_open", NULL, { { CANON_FUNC, AS_SHOWN, "func" } } },
	[MMT_EV_DRIVER_CLOSE] = { "vm_close", NULL, { { CANON_FUNC, AS_SHOWN, "func" } } },
	[MMT_EV_DRIVER_ACCESS] = { "vm_ops->access", NULL, { { CANON_FUNC, AS_SHOWN, "func" }, { CANON_AT, AS_PLACE, "addr" },
		{ CANON_RESULT, AS_RESULT, "ret" } } },
	[MMT_EV_DRIVER_SPLIT] = { "may_split", NULL, { { CANON_FUNC, AS_SHOWN, "func" }, { CANON_AT, AS_PLACE, "addr" },
		{ CANON_RESULT, AS_RESULT, "ret" } } },
	[MMT_EV_PFN_MAP] = { "", "helper", { { CANON_AT, AS_PLACE, "addr" }, { CANON_PAGES, AS_SHOWN, "pages" },
		{ CANON_SHAPE, AS_SHAPE, "segs" }, { CANON_CALLS, AS_SHOWN, "calls" }, { CANON_RESULT, AS_RESULT, "ret" } } },
	[MMT_EV_PAGE_MAP] = { "", "helper", { { CANON_AT, AS_PLACE, "addr" }, { CANON_PAGES, AS_SHOWN, "pages" },
		{ CANON_SHAPE, AS_SHAPE, "segs" }, { CANON_CALLS, AS_SHOWN, "calls" }, { CANON_RESULT, AS_RESULT, "ret" } } },
	[MMT_EV_DMA_MAP] = { "", "helper", { { CANON_AT, AS_PLACE, "addr" }, { CANON_PAGES, AS_SHOWN, "pages" },
		{ CANON_SHAPE, AS_SHAPE, "segs" }, { CANON_CALLS, AS_SHOWN, "calls" }, { CANON_FLAGS, AS_SHOWN, "attrs" },
		{ CANON_ARG, AS_SHOWN, "device" }, { CANON_RESULT, AS_RESULT, "ret" } } },
	[MMT_EV_OBJ_MAP] = { "", "helper", { { CANON_PAGES, AS_PAGES, "size" }, { CANON_ARG, AS_SHOWN, "name" },
		{ CANON_RESULT, AS_RESULT, "ret" } } },
	[MMT_EV_REMOTE] = { "", "how", { { CANON_AT, AS_PLACE, "addr" }, { CANON_ARG, AS_SHOWN, "write" },
		{ CANON_RESULT, AS_RESULT, "ret" } } },
	[MMT_EV_SIGNAL] = { "", "signo", { { CANON_AT, AS_PLACE, "addr" }, { CANON_ARG, AS_SHOWN, "code" } } },
};
// clang-format on

bool canon_is_install(unsigned event)
{
	return event == MMT_EV_PFN_MAP || event == MMT_EV_PAGE_MAP || event == MMT_EV_DMA_MAP ||
	       event == MMT_EV_OBJ_MAP;
}

/* ---- values ---- */

static const char by_chance[] = ""; /* as it happens: not compared */

static const char *number(struct canon *c, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	return texts_get(c->texts, text);
}

/* A name that nobody knows is no text: the number in its place is another one each time. */
static const char *shown(struct canon *c, const struct mmt_view *v, const struct mmt_field *f)
{
	uint64_t key = value_u64(v->h, f, 0);
	struct buf b = { 0 };
	const char *text;

	if (f->look == MMT_LOOK_NAME || f->look == MMT_LOOK_KSYM) {
		text = key ? v->names->get(v->names->ctx, key) : "nothing";
		return text ? texts_get(c->texts, text) : NULL;
	}
	value_show(&b, v->h, f, v->names);
	text = texts_get(c->texts, buf_str(&b));
	buf_free(&b);
	return text;
}

static const char *place(struct canon *c, const struct canon_map *m, const struct mmt_view *v, uint64_t addr)
{
	const vma_part *e = (const void *)v->h;

	if (!m && !strcmp(v->ev->fields[0].name, "vma_start") && HAS(v->h, VMA_NEW, vma_start) && addr >= e->vma_start)
		return number(c, (addr - e->vma_start) / v->page_size);
	if (!m || !m->start)
		return NULL;
	if (addr < m->start || (m->len && addr - m->start >= m->len))
		return texts_get(c->texts, "outside");
	return number(c, (addr - m->start) / v->page_size);
}

/*
 * Pages that a driver allocates and puts in one by one lie side by side or do not, as it happens: it is told only of many, and where
 * they clearly are.
 */
#define MANY_PAGES 64

static const char *shape(struct canon *c, const struct mmt_view *v)
{
	const run_part *e = (const void *)v->h;
	bool single = v->ev->num == MMT_EV_PAGE_MAP || (HAS(v->h, PFN_MAP, calls) && e->calls > 1);

	if (!single)
		return texts_get(c->texts, e->segs > 1 ? "memory in several pieces" : "memory in one piece");
	if (e->pages < MANY_PAGES || (e->segs > e->pages / 8 && e->segs <= e->pages / 2))
		return by_chance;
	return texts_get(c->texts, e->segs > e->pages / 2 ? "scattered pages" : "pages in a few pieces");
}

static const char *value(struct canon *c, const struct canon_map *m, const struct mmt_view *v, const struct put *put)
{
	const struct mmt_field *f = schema_field(v->ev, put->field);
	uint64_t n;

	if (!f || !value_has(v->h, f))
		return NULL;
	n = value_u64(v->h, f, 0);
	switch (put->how) {
	case AS_PAGES:
		return number(c, (n + v->page_size - 1) / v->page_size);
	case AS_PLACE:
		return place(c, m, v, n);
	case AS_SHAPE:
		return n ? shape(c, v) : NULL;
	case AS_OK:
		if (!value_errno(f->look, (int64_t)n))
			return texts_get(c->texts, "0");
		return shown(c, v, f);
	default:
		return shown(c, v, f);
	}
}

/* ---- entries ---- */

/* include/linux/dma-mapping.h, 6.12: dma_mmap_coherent() and dma_mmap_wc() are dma_mmap_attrs() by other names. */
#define ATTR_WRITE_COMBINE 4 /* DMA_ATTR_WRITE_COMBINE, the same file */

static const char *called(const struct mmt_view *v)
{
	const struct mmt_ev_dma_map *e = (const void *)v->h;

	if (v->ev->num != MMT_EV_DMA_MAP || !HAS(v->h, DMA_MAP, helper) || e->helper != MMT_HELPER_DMA_MMAP_ATTRS ||
	    !HAS(v->h, DMA_MAP, attrs))
		return NULL;
	return e->attrs == 0 ? "dma_mmap_coherent" : e->attrs == ATTR_WRITE_COMBINE ? "dma_mmap_wc" : NULL;
}

bool canon_entry_of(struct canon *c, const struct canon_map *m, const struct mmt_view *v, struct canon_entry *e)
{
	const struct row *row = &rows[v->ev->num];
	const struct mmt_field *f = row->key_field ? schema_field(v->ev, row->key_field) : NULL;
	const run_part *run = (const void *)v->h;
	const char *said = called(v), *key;
	char text[128];

	if (!row->key)
		return false;
	key = f && value_has(v->h, f) ? shown(c, v, f) : NULL;
	snprintf(text, sizeof(text), "%s%s%s", row->key, *row->key && key ? " " : "",
		 key	   ? key :
		 *row->key ? "" :
			     v->ev->name);
	*e = (struct canon_entry){ .key = texts_get(c->texts, text), .event = (uint8_t)v->ev->num };
	e->said = said ? texts_get(c->texts, said) : e->key;
	e->memtype = v->memtype ? texts_get(c->texts, v->memtype) : NULL;
	e->inner = canon_is_install(v->ev->num) && v->ev->num != MMT_EV_OBJ_MAP && HAS(v->h, PFN_MAP, nested) &&
		   run->nested;
	for (unsigned i = 0; i < MMT_COUNT(row->puts) && row->puts[i].how; i++) {
		const char *text = value(c, m, v, &row->puts[i]);

		if (text != by_chance)
			canon_attr(&e->attrs, row->puts[i].what, text);
	}
	return true;
}

#define VM_FAULT_FALLBACK 0x800 /* include/linux/mm_types.h, 5.10 to 6.12 */

static const char *result_of(struct buf *b, const struct mmt_view *v)
{
	const struct mmt_field *f = schema_field(v->ev, "result");

	buf_reset(b);
	value_show(b, v->h, f, v->names);
	return buf_str(b);
}

bool canon_count_of(struct canon *c, const struct mmt_view *v, struct canon_count *one)
{
	const struct mmt_ev_fault *e = (const void *)v->h;
	const struct mmt_ev_driver_fault *d = (const void *)v->h;
	const char *func, *kind = NULL;
	struct buf b = { 0 };
	char text[160];

	*one = (struct canon_count){ .n = 1, .event = (uint8_t)v->ev->num };
	if (v->ev->num == MMT_EV_FAULT) {
		if (HAS(v->h, FAULT, kind) && e->kind != MMT_FKIND_UNKNOWN)
			kind = schema_enum(MMT_LOOK_FKIND, e->kind);
		one->kernel = HAS(v->h, FAULT, mode) && e->mode == MMT_FMODE_GUP;
		one->unknown = !kind;
		snprintf(text, sizeof(text), "%s%s", kind ? kind : "unknown", one->kernel ? CANON_KERNEL : "");
		one->key = texts_get(c->texts, text);
		return true;
	}
	if (v->ev->num != MMT_EV_DRIVER_FAULT && v->ev->num != MMT_EV_DRIVER_MKWRITE)
		return false;
	/* whether the kernel asks for a huge one that cannot be depends on what page tables are there already: on addresses */
	if (v->ev->num == MMT_EV_DRIVER_FAULT && d->huge && d->result & VM_FAULT_FALLBACK)
		one->n = 0;
	func = d->func ? v->names->get(v->names->ctx, d->func) : NULL;
	snprintf(text, sizeof(text), "%s returns %s", func ? func : v->ev->name, result_of(&b, v));
	buf_free(&b);
	one->key = texts_get(c->texts, text);
	return true;
}

/* ---- what the mapping is ---- */

/* "rw-s" of "rw-s|pfnmap|io|0x…", and what stands behind; bits without a name mean another thing on each kernel. */
static void put_vm_flags(struct canon *c, struct canon_map *m, uint64_t vm_flags)
{
	struct buf b = { 0 };
	const char *text, *rest;
	char perms[8];
	size_t len;

	flags_vm(&b, vm_flags);
	text = buf_str(&b);
	len = strcspn(text, "|");
	snprintf(perms, sizeof(perms), "%.*s", (int)len, text);
	canon_attr(&m->attrs, CANON_PERMS, texts_get(c->texts, perms));
	rest = text + len + (text[len] == '|');
	len = strlen(rest);
	for (const char *hex = strstr(rest, "0x"); hex; hex = NULL)
		len = (size_t)(hex - rest) - (hex > rest);
	b.data[rest - text + len] = '\0';
	canon_attr(&m->attrs, CANON_FLAGS, texts_get(c->texts, *rest ? rest : "none"));
	buf_free(&b);
}

static void put_memtype(struct canon *c, struct canon_map *m, const char *type, bool installed)
{
	const struct canon_attr *was = canon_attr_of(&m->attrs, CANON_MEMTYPE);
	char text[96];

	if (!type || (m->installed && !installed))
		return;
	if (!installed || !m->installed || !was || !was->value) {
		canon_attr(&m->attrs, CANON_MEMTYPE, texts_get(c->texts, type));
	} else if (!strstr(was->value, type)) {
		snprintf(text, sizeof(text), "%s and %s", was->value, type);
		canon_attr(&m->attrs, CANON_MEMTYPE, texts_get(c->texts, text));
	}
	m->installed |= installed;
}

static void put_once(struct canon_map *m, unsigned what, const char *value)
{
	const struct canon_attr *was = canon_attr_of(&m->attrs, what);

	if (!was || !was->value)
		canon_attr(&m->attrs, what, value);
}

static bool of_file(const struct mmt_view *v)
{
	return v->mapping && v->mapping[0] != '[';
}

/* vma_map, vma_import and vma_dup say the same as far as this goes. */
static void from_range(struct canon *c, struct canon_map *m, const struct mmt_view *v)
{
	const struct mmt_ev_vma_map *e = (const void *)v->h;
	const char *origin = v->ev->num == MMT_EV_VMA_DUP ? "fork" : "import";

	if (canon_attr_of(&m->attrs, CANON_ORIGIN))
		return; /* a part of it more */
	if (v->ev->num == MMT_EV_VMA_MAP)
		origin = HAS(v->h, VMA_MAP, origin) ? schema_enum(MMT_LOOK_ORIGIN, e->origin) : NULL;
	if (v->map_class)
		canon_attr(&m->attrs, CANON_CLASS, texts_get(c->texts, schema_enum(MMT_LOOK_FCLASS, v->map_class)));
	m->copied = v->ev->num == MMT_EV_VMA_DUP;
	m->start = e->addr;
	m->len = e->len;
	canon_attr(&m->attrs, CANON_ORIGIN, origin ? texts_get(c->texts, origin) : NULL);
	canon_attr(&m->attrs, CANON_PAGES, number(c, e->len / v->page_size));
	if (HAS(v->h, VMA_NEW, vm_flags))
		put_vm_flags(c, m, e->vm_flags);
	if (of_file(v) && HAS(v->h, VMA_NEW, pgoff))
		canon_attr(&m->attrs, CANON_OFFSET, number(c, e->pgoff + (e->addr - e->vma_start) / v->page_size));
	if (v->ev->num != MMT_EV_VMA_DUP)
		put_memtype(c, m, v->memtype, false);
	m->driver |= HAS(v->h, VMA_NEW, rdev) && e->rdev;
}

static void from_mmap(struct canon *c, struct canon_map *m, const struct mmt_view *v)
{
	const struct mmt_ev_mmap *e = (const void *)v->h;
	const struct mmt_field *ret = schema_field(v->ev, "ret");
	struct buf b = { 0 };
	char perms[8];

	if (value_has(v->h, ret))
		canon_attr(&m->attrs, CANON_RESULT,
			   value_errno(ret->look, e->ret) ? shown(c, v, ret) : texts_get(c->texts, "0"));
	put_once(m, CANON_PAGES, number(c, (e->len + v->page_size - 1) / v->page_size));
	flags_mmap_perms(&b, e->prot, e->flags);
	snprintf(perms, sizeof(perms), "%.*s", (int)strcspn(buf_str(&b), "|"), buf_str(&b));
	put_once(m, CANON_PERMS, texts_get(c->texts, perms));
	buf_reset(&b);
	flags_mmap(&b, e->flags);
	canon_attr(&m->attrs, CANON_ARG, texts_get(c->texts, buf_str(&b)));
	if (!(e->flags & FLAGS_MAP_ANONYMOUS))
		put_once(m, CANON_OFFSET, number(c, e->off / v->page_size));
	put_once(m, CANON_ORIGIN, texts_get(c->texts, "mmap"));
	if (v->map_class)
		put_once(m, CANON_CLASS, texts_get(c->texts, schema_enum(MMT_LOOK_FCLASS, v->map_class)));
	buf_free(&b);
}

/* Deleted files and those that nobody can name have a number in their names. */
static const char *name_of(struct canon *c, const char *name)
{
	if (!strncmp(name, "inode ", 6))
		return texts_get(c->texts, "a file without a name");
	return texts_get(c->texts, name);
}

static void put_name(struct canon *c, struct canon_map *m, const struct mmt_view *v)
{
	bool poor = !m->name || !strncmp(m->name, "fd ", 3) || (m->name[0] == '[' && v->ev->num != MMT_EV_FAULT);

	if (v->mapping && poor && (!m->name || v->mapping[0] != '[' || m->name[0] != '['))
		m->name = name_of(c, v->mapping);
}

void canon_describe(struct canon *c, struct canon_map *m, const struct mmt_view *v)
{
	const struct mmt_ev_driver_mmap *d = (const void *)v->h;
	const char *func;

	put_name(c, m, v);
	switch (v->ev->num) {
	case MMT_EV_VMA_MAP:
	case MMT_EV_VMA_IMPORT:
	case MMT_EV_VMA_DUP:
		from_range(c, m, v);
		break;
	case MMT_EV_MMAP:
		from_mmap(c, m, v);
		break;
	case MMT_EV_DRIVER_MMAP:
		func = v->names->get(v->names->ctx, d->func);
		m->driver |= func && strchr(func, ':');
		if (!m->start) {
			m->start = d->addr;
			m->len = d->len;
		}
		break;
	case MMT_EV_PFN_MAP:
	case MMT_EV_PAGE_MAP:
	case MMT_EV_DMA_MAP:
		m->driver = true;
		if (!(HAS(v->h, PFN_MAP, nested) && ((const run_part *)v->h)->nested))
			put_memtype(c, m, v->memtype, true);
		break;
	default:
		break;
	}
}
