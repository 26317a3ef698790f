// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/hooks.h"

#include <string.h>

void hooks_item(struct hooks *hooks, const struct mmt_hook_item *h)
{
	struct hook_state *at = hooks->v;

	while (at < hooks->v + hooks->n && strncmp(at->name, h->name, HOOK_NAME - 1))
		at++;
	if (at == hooks->v + MMT_RUN_HOOKS)
		return;
	if (at == hooks->v + hooks->n) {
		strncpy(at->name, h->name, HOOK_NAME - 1);
		hooks->n++;
	}
	at->absent = h->enabled && !strcmp(h->tier, "none");
	at->silent = h->enabled && !at->absent && !h->fired;
}

static void list(struct buf *b, const char *name)
{
	if (b->len)
		buf_puts(b, ", ");
	buf_puts(b, name);
}

void hooks_list(struct hooks *hooks, const char **silent, const char **absent)
{
	for (unsigned i = 0; i < hooks->n; i++)
		if (hooks->v[i].absent || hooks->v[i].silent)
			list(hooks->v[i].absent ? &hooks->absent : &hooks->silent, hooks->v[i].name);
	*silent = buf_str(&hooks->silent);
	*absent = buf_str(&hooks->absent);
}

void hooks_free(struct hooks *hooks)
{
	buf_free(&hooks->silent);
	buf_free(&hooks->absent);
}
