// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "event/decode.h"

#include <string.h>

/* What every record begins with. */
struct head {
	uint16_t type;
	uint16_t size;
};

static enum decode_result decode_event(const void *data, size_t size, struct decoded *out)
{
	const struct mmt_hdr *h = data;
	const struct mmt_schema_event *ev;

	if (size < sizeof(struct head))
		return DECODE_SHORT;
	ev = schema_event(h->type);
	if (!ev)
		return DECODE_UNKNOWN;
	if (h->size != ev->size)
		return DECODE_SIZE;
	if (size < ev->size)
		return DECODE_SHORT;
	if (h->tier >= MMT_TIER_MAX)
		return DECODE_RANGE;
	if (h->have & ~(MMT_HAVE_DUR | ((1ULL << ev->nfields) - 1)))
		return DECODE_RANGE;
	out->event = h;
	out->ev = ev;
	return DECODE_OK;
}

/* Bytes of text that a record of this size has behind its fixed part, or -1 when its size cannot be. */
static long text_room(const struct head *h, size_t size, size_t fixed)
{
	return h->size < fixed || size < h->size ? -1 : (long)(h->size - fixed);
}

static enum decode_result decode_name(const void *data, size_t size, struct decoded *out)
{
	const struct mmt_name *n = data;
	long room = text_room(data, size, offsetof(struct mmt_name, text));

	if (room < 0)
		return DECODE_SHORT;
	if (!memchr(n->text, '\0', room))
		return DECODE_RANGE;
	out->name = n;
	return DECODE_OK;
}

static enum decode_result decode_path(const void *data, size_t size, struct decoded *out)
{
	const struct mmt_path *p = data;
	long room = text_room(data, size, offsetof(struct mmt_path, text));

	if (room < 0)
		return DECODE_SHORT;
	if (room > (long)sizeof(p->text)) /* more than any kernel side writes */
		return DECODE_SIZE;
	if (p->deleted == MMT_PATH_PSEUDO ? !memchr(p->text, '\0', room) :
					    p->used > room || (p->used && p->text[p->used - 1]))
		return DECODE_RANGE;
	out->path = p;
	return DECODE_OK;
}

static enum decode_result decode_stack(const void *data, size_t size, struct decoded *out)
{
	const struct mmt_stack *s = data;
	size_t fixed = offsetof(struct mmt_stack, addr);

	if (size < fixed || s->size < fixed || size < s->size)
		return DECODE_SHORT;
	if (!s->id || !s->nr || s->nr > MMT_STACK_DEPTH || s->kind < MMT_STACK_KERNEL || s->kind > MMT_STACK_USER)
		return DECODE_RANGE;
	if (s->size != fixed + s->nr * sizeof(s->addr[0]))
		return DECODE_SIZE;
	out->stack = s;
	return DECODE_OK;
}

static enum decode_result decode_iomem(const void *data, size_t size, struct decoded *out)
{
	const struct mmt_iomem *r = data;
	long room = text_room(data, size, offsetof(struct mmt_iomem, text));

	if (room < 0)
		return DECODE_SHORT;
	if (!memchr(r->text, '\0', room) || r->end <= r->start)
		return DECODE_RANGE;
	out->iomem = r;
	return DECODE_OK;
}

static enum decode_result decode_total(const void *data, size_t size, struct decoded *out)
{
	const struct mmt_total *t = data;
	size_t fixed = offsetof(struct mmt_total, bucket);

	if (size < fixed || t->size < fixed || size < t->size)
		return DECODE_SHORT;
	if (t->nbuckets > MMT_TOTAL_BUCKETS || t->size != fixed + t->nbuckets * sizeof(t->bucket[0]))
		return DECODE_SIZE;
	if (t->shares >> MMT_SHARES)
		return DECODE_RANGE;
	for (unsigned i = 0; i < t->nbuckets; i++)
		if (t->bucket[i].index >= MMT_TOTAL_BUCKETS)
			return DECODE_RANGE;
	out->total = t;
	return DECODE_OK;
}

/* Those without a variable part. */
static enum decode_result decode_fixed(const void *data, size_t size, struct decoded *out)
{
	const struct head *h = data;
	const struct {
		uint16_t type;
		size_t size;
		const void **to;
	} all[] = {
		{ MMT_ITEM_FUNC, sizeof(struct mmt_func), (const void **)&out->func },
		{ MMT_ITEM_SYNC, sizeof(struct mmt_sync), (const void **)&out->sync },
		{ MMT_ITEM_MEMTYPE, sizeof(struct mmt_memtype), (const void **)&out->memtype },
		{ MMT_ITEM_SAMPLES, sizeof(struct mmt_samples), (const void **)&out->samples },
		{ MMT_ITEM_COMM, sizeof(struct mmt_comm), (const void **)&out->comm },
		{ MMT_ITEM_RESIDENT, sizeof(struct mmt_resident), (const void **)&out->resident },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (h->type != all[i].type)
			continue;
		if (h->size != all[i].size)
			return DECODE_SIZE;
		if (size < h->size)
			return DECODE_SHORT;
		*all[i].to = data;
		return DECODE_OK;
	}
	return DECODE_UNKNOWN;
}

static enum decode_result decode_item(const void *data, size_t size, struct decoded *out)
{
	const struct head *h = data;

	switch (h->type) {
	case MMT_ITEM_NAME:
		return decode_name(data, size, out);
	case MMT_ITEM_PATH:
		return decode_path(data, size, out);
	case MMT_ITEM_STACK:
		return decode_stack(data, size, out);
	case MMT_ITEM_IOMEM:
		return decode_iomem(data, size, out);
	case MMT_ITEM_TOTAL:
		return decode_total(data, size, out);
	default:
		return decode_fixed(data, size, out);
	}
}

enum decode_result decode_record(const void *data, size_t size, struct decoded *out)
{
	const struct head *h = data;

	memset(out, 0, sizeof(*out));
	if (size < sizeof(*h))
		return DECODE_SHORT;
	return h->type >= MMT_ITEM_FIRST ? decode_item(data, size, out) : decode_event(data, size, out);
}

const char *decode_text(enum decode_result r)
{
	static const char *const text[DECODE_RESULTS] = {
		[DECODE_OK] = "fine",
		[DECODE_SHORT] = "cut short",
		[DECODE_UNKNOWN] = "of an unknown kind",
		[DECODE_SIZE] = "of the wrong size",
		[DECODE_RANGE] = "with a value out of range",
	};

	return r < DECODE_RESULTS ? text[r] : "?";
}
