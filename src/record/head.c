// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "record/head.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "event/schema.h"

#define TEXT_MAX 32000 /* bytes of a string; a block's size has 16 bits */

/* ---- info ---- */

void rec_head_info(const struct rec_head *h, struct mmt_run_info *info)
{
	*info = (struct mmt_run_info){
		.version = h->text[REC_TOOL] ? h->text[REC_TOOL] : "",
		.release = h->text[REC_RELEASE] ? h->text[REC_RELEASE] : "",
		.machine = h->text[REC_MACHINE] ? h->text[REC_MACHINE] : "",
		.command = h->text[REC_COMMAND] ? h->text[REC_COMMAND] : "",
		.page_size = (uint32_t)h->num[REC_PAGE_SIZE],
		.cpus = (uint32_t)h->num[REC_CPUS],
		.start_mono_ns = h->num[REC_START_MONO],
		.start_real_ns = h->num[REC_START_REAL],
		.clock_res_ns = h->num[REC_CLOCK_RES],
		.kstack = h->num[REC_FLAGS] & REC_KSTACK,
		.ustack = h->num[REC_FLAGS] & REC_USTACK,
		.hooks = h->hooks,
		.nhooks = h->nhooks,
	};
}

void rec_head_fill(struct rec_head *h, const struct mmt_run_info *info)
{
	h->text[REC_TOOL] = info->version;
	h->text[REC_RELEASE] = info->release;
	h->text[REC_MACHINE] = info->machine;
	h->text[REC_COMMAND] = info->command;
	h->num[REC_PAGE_SIZE] = info->page_size;
	h->num[REC_CPUS] = info->cpus;
	h->num[REC_START_MONO] = info->start_mono_ns;
	h->num[REC_START_REAL] = info->start_real_ns;
	h->num[REC_CLOCK_RES] = info->clock_res_ns;
	h->num[REC_FLAGS] |= (info->kstack ? REC_KSTACK : 0) | (info->ustack ? REC_USTACK : 0);
	h->num[REC_HDR_SIZE] = sizeof(struct mmt_hdr);
	h->nhooks = info->nhooks < MMT_RUN_HOOKS ? info->nhooks : MMT_RUN_HOOKS;
	if (h->nhooks)
		memcpy(h->hooks, info->hooks, h->nhooks * sizeof(*h->hooks));
}

/* ---- writing ---- */

int rec_block_put(struct buf *b, const void *block, size_t size)
{
	static const char zeros[8];

	buf_put(b, block, size);
	return buf_put(b, zeros, -size & 7);
}

static size_t text_len(const char *text)
{
	return strnlen(text ? text : "", TEXT_MAX);
}

static int put_text(struct buf *b, uint32_t key, const char *text)
{
	size_t len = text_len(text);
	struct rec_text t = { .type = REC_TEXT, .size = (uint16_t)(sizeof(t) + len + 1), .key = key };
	static const char zeros[8];

	buf_put(b, &t, sizeof(t));
	buf_put(b, text, len);
	return buf_put(b, zeros, 1 + (-(size_t)t.size & 7));
}

int rec_hook_put(struct buf *b, const struct mmt_hook_item *hook)
{
	const char *text[] = { hook->name, hook->tier, hook->reason };
	struct rec_hook h = { .type = REC_HOOK, .enabled = hook->enabled != 0, .fired = hook->fired != 0 };
	static const char zeros[8];
	size_t size = sizeof(h);

	for (unsigned i = 0; i < 3; i++)
		size += strnlen(text[i] ? text[i] : "", TEXT_MAX / 2) + 1;
	h.size = (uint16_t)size;
	buf_put(b, &h, sizeof(h));
	for (unsigned i = 0; i < 3; i++) {
		buf_put(b, text[i], strnlen(text[i] ? text[i] : "", TEXT_MAX / 2));
		buf_put(b, zeros, 1);
	}
	return buf_put(b, zeros, -size & 7);
}

int rec_head_put(const struct rec_head *h, struct buf *b)
{
	for (uint32_t i = 1; i < REC_TEXTS; i++)
		if (h->text[i])
			put_text(b, i, h->text[i]);
	for (uint32_t i = 1; i < REC_NUMS; i++) {
		struct rec_num n = { .type = REC_NUM, .size = sizeof(n), .key = i, .value = h->num[i] };

		if (n.value)
			rec_block_put(b, &n, sizeof(n));
	}
	for (uint32_t i = 0; i < h->nhooks; i++)
		rec_hook_put(b, &h->hooks[i]);
	return b->err;
}

int rec_schema_put(struct buf *b)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	for (size_t i = 0; i < n; i++) {
		struct rec_event e = { .type = REC_EVENT, .size = sizeof(e), .num = ev[i].num, .bytes = ev[i].size };

		strncpy(e.name, ev[i].name, REC_NAME - 1);
		rec_block_put(b, &e, sizeof(e));
		for (unsigned k = 0; k < ev[i].nfields; k++) {
			const struct mmt_field *f = &ev[i].fields[k];
			struct rec_field w = { .type = REC_FIELD,
					       .size = sizeof(w),
					       .offset = f->offset,
					       .wire = f->wire,
					       .count = f->count,
					       .have = f->index,
					       .look = f->look };

			strncpy(w.name, f->name, REC_NAME - 1);
			rec_block_put(b, &w, sizeof(w));
		}
	}
	return b->err;
}

/* ---- reading ---- */

/* The string at *at; *at is moved behind it. NULL: it does not end before end. */
static const char *string_at(const char **at, const char *end)
{
	const char *s = *at, *nul = s < end ? memchr(s, '\0', (size_t)(end - s)) : NULL;

	if (nul)
		*at = nul + 1;
	return nul ? s : NULL;
}

int rec_hook_get(const void *block, size_t size, struct mmt_hook_item *hook)
{
	const struct rec_hook *h = block;
	const char *at = h->text, *end = (const char *)block + size;

	if (size < sizeof(*h))
		return -EBADMSG;
	*hook = (struct mmt_hook_item){ .enabled = h->enabled, .fired = h->fired };
	hook->name = string_at(&at, end);
	hook->tier = hook->name ? string_at(&at, end) : NULL;
	hook->reason = hook->tier ? string_at(&at, end) : NULL;
	return hook->reason ? 0 : -EBADMSG;
}

static int take_text(struct rec_head *h, const void *block, size_t size)
{
	const struct rec_text *t = block;
	const char *at = t->text, *s = size > sizeof(*t) ? string_at(&at, (const char *)block + size) : NULL;

	if (!s)
		return -EBADMSG;
	if (!t->key || t->key >= REC_TEXTS)
		return 0; /* of a newer one */
	free((char *)h->text[t->key]);
	h->text[t->key] = strdup(s);
	return h->text[t->key] ? 0 : -ENOMEM;
}

static int take_num(struct rec_head *h, const void *block, size_t size)
{
	const struct rec_num *n = block;

	if (size < sizeof(*n))
		return -EBADMSG;
	if (n->key < REC_NUMS)
		h->num[n->key] = n->value;
	return 0;
}

static int take_hook(struct rec_head *h, const void *block, size_t size)
{
	struct mmt_hook_item hook;
	int err = rec_hook_get(block, size, &hook);

	if (err || h->nhooks == MMT_RUN_HOOKS)
		return err;
	hook.name = strdup(hook.name);
	hook.tier = strdup(hook.tier);
	hook.reason = strdup(hook.reason);
	h->hooks[h->nhooks++] = hook;
	return hook.name && hook.tier && hook.reason ? 0 : -ENOMEM;
}

int rec_head_block(struct rec_head *h, const void *block, size_t size)
{
	const struct rec_block_head *b = block;

	h->owned = true;
	switch (b->type) {
	case REC_TEXT:
		return take_text(h, block, size);
	case REC_NUM:
		return take_num(h, block, size);
	case REC_HOOK:
		return take_hook(h, block, size);
	default:
		return 0;
	}
}

void rec_head_free(struct rec_head *h)
{
	for (uint32_t i = 0; h->owned && i < REC_TEXTS; i++)
		free((char *)h->text[i]);
	for (uint32_t i = 0; h->owned && i < h->nhooks; i++) {
		free((char *)h->hooks[i].name);
		free((char *)h->hooks[i].tier);
		free((char *)h->hooks[i].reason);
	}
	*h = (struct rec_head){ 0 };
}
