// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What was told of faults: keys, their totals, and groups of those by what is asked for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "event/schema.h"
#include "event/value.h"
#include "ledger/mapping.h"
#include "sink/faults.h"
#include "sink/fold.h"

#define MADE_ROWS (1ull << 33) /* rows of events: behind all that a total can name */
#define UNIT	  '\x1f'       /* between the parts of a key; no name has it */

#define HAS(h, ev, field) ((h)->have & MMT_HAVE(ev, field))

static const char *const dims[FAULTS_DIMS] = { "kind", "mapping", "file", "driver", "comm", "cpu", "cluster" };

const char *faults_dim_name(unsigned dim)
{
	return dim < FAULTS_DIMS ? dims[dim] : NULL;
}

static void row_clear(struct faults_row *r)
{
	free(r->id);
	free(r->mapping);
	free(r->file);
	free(r->driver);
	free(r->comm);
	free(r->kstack);
	free(r->ustack);
}

void faults_book_free(struct faults_book *b)
{
	for (size_t i = 0; i < b->ncells; i++) {
		if (b->cell[i]->old != b->cell[i]->now)
			free(b->cell[i]->old);
		free(b->cell[i]->now);
		free(b->cell[i]);
	}
	free(b->cell);
	for (size_t i = 0; i < b->rows.cap; i++) {
		if (!b->rows.slots[i].key)
			continue;
		row_clear(b->rows.slots[i].val);
		free(b->rows.slots[i].val);
	}
	map_free(&b->rows);
	map_free(&b->cells);
}

/* ---- rows ---- */

static struct faults_row *row_at(struct faults_book *b, uint64_t number)
{
	struct faults_row *r = map_get(&b->rows, number + 1);

	if (r)
		return r;
	r = calloc(1, sizeof(*r));
	if (!r || map_put(&b->rows, number + 1, r)) {
		free(r);
		return NULL;
	}
	r->row = (uint32_t)number;
	r->cpu = -1;
	if (number >= MMT_ROW_CPU && number < MMT_ROW_KEYS)
		r->cpu = (int)(number - MMT_ROW_CPU);
	r->other = number == MMT_ROW_OTHER;
	faults_match_row(b, r, NULL);
	return r;
}

static char *copy(const char *s)
{
	return s ? strdup(s) : NULL;
}

/* Outermost first; NULL: none. */
static char *fold(const char *const *frames, unsigned n)
{
	struct buf b = { 0 };
	char *text;

	if (!frames)
		return NULL;
	fold_put(&b, frames, n);
	text = copy(buf_str(&b));
	buf_free(&b);
	return text;
}

static const char *name_of(const struct mmt_view *v, const char *field, bool *known)
{
	uint64_t key;

	*known = value_get(v->h, v->ev, field, &key);
	return *known && key ? v->names->get(v->names->ctx, key) : NULL;
}

/* Which file: what has none is told apart by what it is made of. */
static char *file_of(const struct mmt_view *v)
{
	const char *class = v->map_class ? schema_enum(MMT_LOOK_FCLASS, v->map_class) : NULL, *path;
	char text[FAULTS_TEXT];
	bool known;

	path = name_of(v, "file", &known);
	if (path)
		return copy(path);
	if (v->mapping && v->mapping[0] != '[')
		return copy(v->mapping);
	if (!class)
		return NULL;
	snprintf(text, sizeof(text), "[%s]", class);
	return copy(text);
}

/* Its ->fault; there is none of memory that has no functions at all, which is what makes it anonymous. */
static char *driver_of(const struct mmt_view *v)
{
	uint64_t key;

	if (value_get(v->h, v->ev, "func", &key) && key)
		return copy(v->names->get(v->names->ctx, key));
	return v->map_class == MMT_FCLASS_ANON ? copy("") : NULL;
}

static void row_fill(struct faults_row *r, const struct mmt_view *v)
{
	const char *text;
	uint64_t start;
	bool known;

	row_clear(r);
	r->told = true;
	r->pid = v->h->pid;
	r->class = v->map_class;
	r->id = copy(v->map_id);
	r->mapping = copy(v->mapping);
	r->start = value_get(v->h, v->ev, "vma_start", &start) ? start : v->map_start;
	r->file = file_of(v);
	r->driver = driver_of(v);
	text = name_of(v, "comm", &known);
	r->comm = copy(text ? text : v->comm && strcmp(v->comm, "?") ? v->comm : NULL);
	r->kstack = fold(v->kstack, v->nkstack);
	r->ustack = fold(v->ustack, v->nustack);
}

int faults_book_key(struct faults_book *b, const struct mmt_view *v)
{
	const struct mmt_ev_fault_key *e = (const void *)v->h;
	struct faults_row *r = row_at(b, e->row);

	if (!r)
		return -ENOMEM;
	row_fill(r, v);
	if (HAS(v->h, FAULT_KEY, by) && e->by & MMT_BY_CPU)
		r->cpu = v->h->cpu;
	faults_match_row(b, r, v);
	return 0;
}

/* ---- cells ---- */

static struct faults_cell *cell_at(struct faults_book *b, struct faults_row *r, uint64_t row, uint8_t kind,
				   uint8_t class)
{
	uint64_t number = (row << 16 | (uint64_t)kind << 8 | class) + 1;
	struct faults_cell *c = map_get(&b->cells, number);

	if (c)
		return c;
	if (b->ncells == b->cells_room) {
		size_t room = b->cells_room ? b->cells_room * 2 : 64;
		struct faults_cell **all = realloc(b->cell, room * sizeof(struct faults_cell *));

		if (!all)
			return NULL;
		b->cell = all;
		b->cells_room = room;
	}
	c = calloc(1, sizeof(*c));
	if (!c || map_put(&b->cells, number, c)) {
		free(c);
		return NULL;
	}
	*c = (struct faults_cell){ .row = r, .kind = kind, .class = class };
	b->cell[b->ncells++] = c;
	return c;
}

/* The place for a newer total; what the interval began with is kept. */
static void make_room(struct faults_cell *c)
{
	if (c->now != c->old)
		free(c->now);
	c->now = NULL;
}

int faults_book_total(struct faults_book *b, const struct mmt_total *t)
{
	struct faults_row *r = row_at(b, t->row);
	struct faults_cell *c = r ? cell_at(b, r, t->row, t->kind, t->class) : NULL;
	struct mmt_total *now = c ? malloc(t->size) : NULL;

	if (!now)
		return -ENOMEM;
	memcpy(now, t, t->size);
	make_room(c);
	c->now = now;
	return 0;
}

static uint64_t hash(const char *s, uint64_t h)
{
	for (; s && *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3ull; /* FNV-1a */
	return (h ^ UNIT) * 0x100000001b3ull;
}

/* A row of all that can tell events apart. */
static struct faults_row *row_of_event(struct faults_book *b, const struct mmt_view *v, uint64_t *number)
{
	struct faults_row one = { 0 }, *r;
	uint64_t h = 0xcbf29ce484222325ull;

	row_fill(&one, v);
	h = hash(one.id, h);
	h = hash(one.mapping, h);
	h = hash(one.driver, h);
	h = hash(one.comm, h);
	h = hash(one.kstack, h);
	h = hash(one.ustack, h);
	h = (h ^ (v->h->cpu + 1u)) * 0x100000001b3ull;
	*number = MADE_ROWS | (h & (MADE_ROWS - 1));
	r = row_at(b, *number);
	if (r && !r->told) {
		*r = one;
		r->cpu = v->h->cpu;
		return r;
	}
	row_clear(&one);
	return r;
}

int faults_book_event(struct faults_book *b, const struct mmt_view *v)
{
	const struct mmt_ev_fault *e = (const void *)v->h;
	uint8_t kind = HAS(v->h, FAULT, kind) ? e->kind : 0, class = kind ? 0 : v->map_class;
	struct mmt_total *t;
	struct faults_row *r;
	struct faults_cell *c;
	uint64_t number;

	r = row_of_event(b, v, &number);
	c = r ? cell_at(b, r, number, kind, class) : NULL;
	if (!c)
		return -ENOMEM;
	if (c->now == c->old) {
		size_t size = c->old ? c->old->size : offsetof(struct mmt_total, bucket);

		t = calloc(1, size);
		if (!t)
			return -ENOMEM;
		if (c->old)
			memcpy(t, c->old, size);
		t->size = (uint16_t)size;
		c->now = t;
	}
	t = faults_total_count(c->now, v->h->dur_ns, v->h->have & MMT_HAVE_DUR);
	if (!t)
		return -ENOMEM;
	c->now = t;
	return 0;
}

int faults_book_tick(struct faults_book *b)
{
	for (size_t i = 0; i < b->ncells; i++) {
		struct faults_cell *c = b->cell[i];

		if (c->old != c->now)
			free(c->old);
		c->old = c->now;
	}
	return 0;
}

/* ---- what a cell is ---- */

const char *faults_kind_text(uint8_t kind, uint8_t class, char buf[FAULTS_TEXT])
{
	const char *name = schema_enum(kind ? MMT_LOOK_FKIND : MMT_LOOK_FCLASS, kind ? kind : class);

	if (!kind && !class)
		return NULL;
	if (kind && name)
		return name;
	if (name)
		snprintf(buf, FAULTS_TEXT, "%s (?)", name); /* of memory of that kind; what was done is unknown */
	else
		snprintf(buf, FAULTS_TEXT, "%u", kind ? kind : class);
	return buf;
}

static const char *mapping_text(const struct faults_row *r, char buf[FAULTS_TEXT])
{
	if (r->id || !r->told || !r->start)
		return r->id;
	snprintf(buf, FAULTS_TEXT, "0x%llx of %u", (unsigned long long)r->start, r->pid);
	return buf;
}

static const char *driver_text(const struct faults_row *r)
{
	return r->driver && !*r->driver ? "(none)" : r->driver;
}

const char *faults_book_text(const struct faults_book *b, const struct faults_cell *c, unsigned dim,
			     char buf[FAULTS_TEXT])
{
	const struct faults_row *r = c->row;

	switch (dim) {
	case FAULTS_KIND:
		return faults_kind_text(c->kind, c->class, buf);
	case FAULTS_MAPPING:
		return mapping_text(r, buf);
	case FAULTS_FILE:
		return r->file;
	case FAULTS_DRIVER:
		return driver_text(r);
	case FAULTS_COMM:
		return r->comm;
	case FAULTS_CPU:
		snprintf(buf, FAULTS_TEXT, "%d", r->cpu);
		return r->cpu < 0 ? NULL : buf;
	case FAULTS_CLUSTER:
		return r->cpu < 0 || (unsigned)r->cpu >= b->ncpus ? NULL : b->cluster[r->cpu];
	default:
		return NULL;
	}
}

void faults_book_stack(const struct faults_row *r, struct buf *b)
{
	buf_puts(b, r->comm ? r->comm : r->other ? "(other)" : "(unknown)");
	if (r->ustack && *r->ustack)
		buf_printf(b, ";%s", r->ustack);
	if (r->kstack && *r->kstack)
		buf_printf(b, ";%s", r->kstack);
}
