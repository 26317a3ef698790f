// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "expect/golden.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "event/schema.h"
#include "event/value.h"
#include "expect/write.h"
#include "ledger/ranges.h"
#include "mmtrace/base.h"

#define ROWS_MAX       512
#define EXIT_OPEN      4
#define EXIT_UNWRITTEN 125

/* What was seen of one event in one file's mappings. A value that differed, or was absent once, is not said. */
struct row {
	uint16_t event;
	char *path;
	uint64_t count;
	uint32_t helper, kind;
	char memtype[24];
	bool helpers_differ, kinds_differ, memtypes_differ;
	bool all_fine; /* none failed, and of none that is unknown */
	bool nested;   /* helpers that another helper called: told by that */
	bool driver;   /* a module's function, or one that only drivers call */
};

struct golden {
	struct mmt_sink s;
	const char *path, *of;
	char release[72], machine[72];
	struct row row[ROWS_MAX];
	unsigned n;
	uint64_t left_out;     /* events for which there was no row */
	golden_blind_fn blind; /* NULL: everything is told */
	bool signals;	       /* there were some, or there may have been */
};

static bool told(const struct mmt_schema_event *ev)
{
	return ev->family == MMT_FAM_DRIVER || ev->family == MMT_FAM_INSTALL || ev->family == MMT_FAM_FAULT;
}

void golden_wants(bool want[MMT_EV_MAX])
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	for (size_t i = 0; i < n; i++)
		if (told(&ev[i]))
			want[ev[i].num] = true;
	want[MMT_EV_SIGNAL] = true;
}

static int golden_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct golden *g = (struct golden *)s;

	snprintf(g->release, sizeof(g->release), "%s", info->release ? info->release : "");
	snprintf(g->machine, sizeof(g->machine), "%s", info->machine ? info->machine : "");
	g->signals = g->blind && g->blind(NULL, info, MMT_EV_SIGNAL);
	return 0;
}

/* Not a path, but what stands in for one that is not known. */
static bool has_path(const struct mmt_view *v)
{
	return v->mapping && v->mapping[0] == '/';
}

static struct row *row_of(struct golden *g, unsigned event, const char *path, bool nested)
{
	struct row *r;

	for (unsigned i = 0; i < g->n; i++)
		if (g->row[i].event == event && g->row[i].nested == nested && !strcmp(g->row[i].path, path))
			return &g->row[i];
	if (g->n == ROWS_MAX)
		return NULL;
	r = &g->row[g->n];
	*r = (struct row){ .event = (uint16_t)event, .path = strdup(path), .nested = nested, .all_fine = true };
	if (!r->path)
		return NULL;
	g->n++;
	return r;
}

/* The one value that a field has in all events, as long as it has. */
static void same(uint32_t *have, bool *differ, bool first, bool known, uint64_t v)
{
	if (!known || (!first && *have != v))
		*differ = true;
	*have = (uint32_t)v;
}

/* "mmdemo:mmdemo_shared_mmap"; a filesystem's ->mmap in the kernel itself says nothing of drivers. */
static bool by_driver(const struct mmt_view *v)
{
	const char *func;
	uint64_t key;

	if (v->ev->family == MMT_FAM_INSTALL)
		return true;
	func = value_get(v->h, v->ev, "func", &key) && key ? v->names->get(v->names->ctx, key) : NULL;
	return func && strchr(func, ':');
}

static void add(struct row *r, const struct mmt_view *v)
{
	bool first = !r->count++, known;
	const struct mmt_field *ret = schema_field(v->ev, "ret");
	const char *type = v->memtype_key ? v->memtype_key : "";
	uint64_t value = 0;
	unsigned err;

	r->driver |= by_driver(v);
	known = value_get(v->h, v->ev, "helper", &value);
	same(&r->helper, &r->helpers_differ, first, known, value);
	known = v->ev->num == MMT_EV_FAULT && value_get(v->h, v->ev, "kind", &value) && value;
	same(&r->kind, &r->kinds_differ, first, known, value);
	if (!*type || (!first && strcmp(r->memtype, type)))
		r->memtypes_differ = true;
	snprintf(r->memtype, sizeof(r->memtype), "%s", type);
	if (!ret || !value_has(v->h, ret) || value_failed(v->h, v->ev, &err))
		r->all_fine = false;
}

static int golden_event(struct mmt_sink *s, const struct mmt_view *v)
{
	struct golden *g = (struct golden *)s;
	uint64_t nested = 0;
	struct row *r;

	if (v->ev->num == MMT_EV_SIGNAL) {
		g->signals = true;
		return 0;
	}
	if (!told(v->ev) || !has_path(v))
		return 0;
	value_get(v->h, v->ev, "nested", &nested);
	r = row_of(g, v->ev->num, v->mapping, nested != 0);
	if (r)
		add(r, v);
	else
		g->left_out++;
	return 0;
}

/* ---- writing ---- */

static void put_text(struct buf *b, const char *s)
{
	buf_putc(b, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_putc(b, '\\');
		buf_putc(b, *s);
	}
	buf_putc(b, '"');
}

static void put_head(struct buf *b, const struct row *r)
{
	bool install = schema_event(r->event)->family == MMT_FAM_INSTALL;

	buf_printf(b, "expect   %-13s where mapping.path == ", schema_event(r->event)->name);
	put_text(b, r->path);
	if (install && schema_field(schema_event(r->event), "nested"))
		buf_puts(b, " and nested == 0");
}

static void put_row(struct buf *b, const struct row *r)
{
	const struct mmt_schema_event *ev = schema_event(r->event);
	const char *before = "   all ";

	put_head(b, r);
	buf_printf(b, "   count == %" PRIu64 "\n", r->count);
	if (ev->family == MMT_FAM_FAULT && r->kinds_differ)
		return;
	if (ev->family == MMT_FAM_DRIVER && !r->all_fine)
		return;
	if (ev->family == MMT_FAM_INSTALL && r->helpers_differ && r->memtypes_differ)
		return;
	put_head(b, r);
	if (ev->family == MMT_FAM_FAULT) {
		buf_printf(b, "%skind == %s\n", before, schema_enum(MMT_LOOK_FKIND, r->kind));
		return;
	}
	if (ev->family == MMT_FAM_DRIVER) {
		buf_printf(b, "%snot failed\n", before);
		return;
	}
	if (!r->helpers_differ) {
		buf_printf(b, "%shelper == %s", before, schema_enum(MMT_LOOK_HELPER, r->helper));
		before = " and ";
	}
	if (!r->memtypes_differ)
		buf_printf(b, "%smemtype == %s", before, r->memtype);
	buf_putc(b, '\n');
}

struct ends {
	const struct mmt_state *of;
	const char *path;
	unsigned ended, others;
};

static void count_end(void *ctx, const struct mapping *m)
{
	struct ends *e = ctx;
	struct mmt_view v;

	if (m->imported || m->reason == MAPPING_FAILED)
		return;
	e->of->range(e->of, m, NULL, &v);
	if (!v.mapping || strcmp(v.mapping, e->path))
		return;
	if (m->reason == MAPPING_LIVE || m->reason == MAPPING_GAP || m->unsure)
		e->others++;
	else
		e->ended++;
}

static void put_balance(struct buf *b, const struct golden *g, const char *path)
{
	struct ends e = { .of = g->s.state, .path = path };

	if (!e.of)
		return;
	ranges_each_mapping(e.of->ledger, count_end, &e);
	if (!e.ended || e.others)
		return;
	buf_printf(b, "expect   %-13s where path == ", "mapping");
	put_text(b, path);
	buf_puts(b, "   balanced\n");
}

/* A driver has to do with it: else its faults are the page cache's, and change with the weather. */
static bool of_driver(const struct golden *g, const char *path)
{
	for (unsigned i = 0; i < g->n; i++)
		if (g->row[i].driver && !strcmp(g->row[i].path, path))
			return true;
	return false;
}

/* What a file is about stands together, in the order in which files were met. */
static void put_files(struct buf *b, const struct golden *g)
{
	for (unsigned i = 0; i < g->n; i++) {
		const char *path = g->row[i].path;
		bool first = of_driver(g, path);

		for (unsigned k = 0; k < i; k++)
			first &= strcmp(g->row[k].path, path) != 0;
		if (!first)
			continue;
		buf_putc(b, '\n');
		for (unsigned k = i; k < g->n; k++)
			if (!strcmp(g->row[k].path, path) && !g->row[k].nested)
				put_row(b, &g->row[k]);
		put_balance(b, g, path);
	}
}

static uint64_t lost_of(const struct golden *g, const struct mmt_summary *sum)
{
	uint64_t lost = sum->bad + g->left_out;

	/* what a name or stack could not be had for was seen */
	for (unsigned kind = 0; schema_loss(kind); kind++)
		if (kind != MMT_LOSS_STACK && kind != MMT_LOSS_SYMBOL && kind != MMT_LOSS_NAME)
			lost += sum->lost[kind];
	return lost;
}

static void put_all(struct buf *b, const struct golden *g, const struct mmt_summary *sum, uint64_t lost)
{
	buf_printf(b, "%s: review it, and take out what may differ from run to run.\n", GOLDEN_MARK);
	buf_puts(b, "#   ");
	for (const char *s = g->of; *s; s++)
		buf_putc(b, (unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s);
	buf_printf(b, "\n#   on Linux %s, %s\n", g->release, g->machine);
	if (lost)
		buf_printf(b, "# %" PRIu64 " events were lost in it: counts are too small.\n", lost);
	put_files(b, g);
	buf_puts(b, "\n");
	if (!g->signals)
		buf_puts(b, "never    signal\n");
	if (sum->child_status >= 0)
		buf_printf(b, "expect   exit == %d\n", sum->child_status);
}

static int golden_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	struct golden *g = (struct golden *)s;
	uint64_t lost = lost_of(g, sum);
	struct buf b = { 0 };
	int err;

	put_all(&b, g, sum, lost);
	err = b.err ? b.err : write_file(g->path, b.data, b.len);
	buf_free(&b);
	if (err) {
		mmt_err("cannot write %s: %s", g->path, strerror(-err));
		s->verdict = EXIT_UNWRITTEN;
	} else if (lost) {
		mmt_warn("%s: %" PRIu64 " events were lost, so that its counts are too small; try a larger --buffer",
			 g->path, lost);
		s->verdict = EXIT_OPEN;
	} else {
		mmt_info("%s is written; review it", g->path);
	}
	return 0;
}

static void golden_free(struct mmt_sink *s)
{
	struct golden *g = (struct golden *)s;

	for (unsigned i = 0; i < g->n; i++)
		free(g->row[i].path);
	free(g);
}

struct mmt_sink *golden_open(const char *path, const char *of, golden_blind_fn blind)
{
	struct golden *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->s = (struct mmt_sink){
		.begin = golden_begin, .event = golden_event, .end = golden_end, .free = golden_free
	};
	g->path = path;
	g->of = of;
	g->blind = blind;
	return &g->s;
}
