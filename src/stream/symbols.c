// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/symbols.h"

#include <stddef.h>
#include <string.h>
#include "enrich/names.h"
#include "enrich/stacks.h"
#include "event/schema.h"
#include "event/value.h"

void symbols_init(struct symbols *s)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	for (size_t i = 0; i < n; i++)
		for (unsigned f = 0; f < ev[i].nfields; f++)
			if (ev[i].fields[f].look == MMT_LOOK_KSYM && s->fields[ev[i].num].n < SYMBOLS_FIELDS)
				s->fields[ev[i].num].field[s->fields[ev[i].num].n++] = &ev[i].fields[f];
}

void symbols_free(struct symbols *s)
{
	map_free(&s->nameless);
}

static int inject(struct symbols *s, uint64_t addr, const char *text)
{
	size_t len = strnlen(text, MMT_NAME_MAX - 1), size = (offsetof(struct mmt_name, text) + len + 1 + 7) & ~7UL;
	union {
		struct mmt_name n;
		char room[sizeof(struct mmt_name) + MMT_NAME_MAX + 8];
	} u = { .n = { .type = MMT_ITEM_NAME, .size = (uint16_t)size, .kind = MMT_NAME_KSYM, .key = addr } };

	memcpy(u.n.text, text, len);
	names_put(s->names, addr, u.n.text);
	return s->tap(s->tap_ctx, &u, size);
}

static int name_one(struct symbols *s, uint64_t addr, uint16_t event)
{
	const char *text;

	if (!addr || names_get(s->names, addr) || map_get(&s->nameless, addr))
		return 0;
	text = s->ask(s->ask_ctx, addr);
	if (text)
		return inject(s, addr, text);
	s->lost[event]++;
	map_put(&s->nameless, addr, s);
	return 0;
}

int symbols_event(struct symbols *s, const struct mmt_hdr *h)
{
	int err = 0;

	for (unsigned i = 0; s->ask && i < s->fields[h->type].n && !err; i++) {
		const struct mmt_field *f = s->fields[h->type].field[i];
		uint64_t addr = value_has(h, f) ? value_u64(h, f, 0) : 0;

		if (addr == s->last)
			continue;
		s->last = addr;
		err = name_one(s, addr, h->type);
	}
	return err;
}

int symbols_stack(struct symbols *s, const struct mmt_stack *stack)
{
	int err = 0;

	for (unsigned i = 0; s->ask && stack->kind == MMT_STACK_KERNEL && i < stack->nr && !err; i++)
		err = name_one(s, stacks_symbol(stack, i), 0);
	return err;
}
