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

	for (size_t i = 0; i < n; i++) {
		for (unsigned f = 0; f < ev[i].nfields; f++) {
			const struct mmt_field *field = &ev[i].fields[f];

			if (field->look != MMT_LOOK_KSYM || s->fields[ev[i].num].n == SYMBOLS_FIELDS)
				continue;
			s->fields[ev[i].num].field[s->fields[ev[i].num].n++] = field;
			if (s->ask)
				s->have[ev[i].num] |= 1ULL << field->index;
		}
	}
}

void symbols_free(struct symbols *s)
{
	map_free(&s->nameless);
}

static int inject(struct symbols *s, uint32_t kind, uint64_t key, const char *text)
{
	size_t len = strnlen(text, MMT_NAME_MAX - 1), size = (offsetof(struct mmt_name, text) + len + 1 + 7) & ~7UL;
	union {
		struct mmt_name n;
		char room[sizeof(struct mmt_name) + MMT_NAME_MAX + 8];
	} u = { .n = { .type = MMT_ITEM_NAME, .size = (uint16_t)size, .kind = kind, .key = key } };

	memcpy(u.n.text, text, len);
	names_put(s->names, key, u.n.text);
	return s->tap(s->tap_ctx, &u, size);
}

static int name_one(struct symbols *s, uint64_t addr, uint16_t event)
{
	const char *text;

	if (!addr || names_get(s->names, addr) || map_get(&s->nameless, addr))
		return 0;
	text = s->ask(s->ask_ctx, addr);
	if (text)
		return inject(s, MMT_NAME_KSYM, addr, text);
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

/* What is at an address of a process may be something else than it was. */
static int name_user(struct symbols *s, const struct mmt_stack *stack, unsigned i, bool *code)
{
	const char *text = s->ask_user(s->ask_user_ctx, stack, i), *old;
	uint64_t key;

	s->lost[0] += !text;
	if (!text)
		return 0;
	*code = *text;
	stacks_symbol(stack, i, &key);
	old = names_get(s->names, key);
	return old && !strcmp(old, text) ? 0 : inject(s, MMT_NAME_USYM, key, text);
}

static int name_users(struct symbols *s, const struct mmt_stack *stack)
{
	bool code = true;
	int err = 0;

	for (unsigned i = 0; i < stacks_symbols(stack) && !err; i++) {
		if (!code && i < stack->nr)
			continue; /* behind an address that is none nothing is shown but the link register */
		err = name_user(s, stack, i, &code);
		code |= !i; /* a jump to where no code is: who jumped is told */
	}
	return err;
}

int symbols_stack(struct symbols *s, const struct mmt_stack *stack)
{
	uint64_t key;
	int err = 0;

	if (stack->kind == MMT_STACK_USER)
		return s->ask_user ? name_users(s, stack) : 0;
	for (unsigned i = 0; s->ask && i < stack->nr && !err; i++)
		err = name_one(s, stacks_symbol(stack, i, &key), 0);
	return err;
}
