// LINK: filter event base enrich/memtype
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The language of -f: whatever is written, and asked of a few events. The first byte says of what, and of which events. */
#include <string.h>
#include "event/schema.h"
#include "filter/expr.h"
#include "fuzz.h"
#include "ledger/mapping.h"
#include "mmtrace/base.h"

static struct mapping map = { .serial = 1, .id = "m1", .comm = "demo", .bytes = 4096, .fd = -1 };

static void ask(const struct expr *e, const struct mmt_schema_event *ev)
{
	static _Alignas(8) char record[1024];
	struct mmt_hdr *h = (struct mmt_hdr *)record;
	struct mmt_view v = { .h = h, .ev = ev, .comm = "demo" };
	struct expr_subject s = { .view = &v, .start_ns = 1 };
	enum expr_truth is;

	memset(record, 0, sizeof(record));
	h->type = ev->num;
	/* as stream/view.c has it: what is of no address is of no mapping */
	if (schema_field(ev, "addr") || schema_field(ev, "vma_start")) {
		v.mapping = "/dev/mmdemo/shared";
		v.map = &map;
	}
	for (h->have = 0;; h->have = UINT64_MAX) {
		is = expr_eval(e, &s);
		/* what the kernel is not asked for must not have been true */
		if (is == EXPR_TRUE && !expr_may_match(e, ev->num))
			abort();
		if (h->have)
			break;
	}
	expr_uses(e, ev->num);
}

static void try_path(const char *text, size_t size, const struct expr_scope *scope)
{
	struct expr_error err;
	struct expr_value v;
	size_t used = 0;
	struct expr_path *p = expr_path_parse(text, size, scope, &used, &err);

	if (!p)
		return;
	if (used > size)
		abort();
	expr_path_look(p);
	expr_path_literal(p, text + used, size - used, &v, &err);
	expr_path_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const bool faults[MMT_EV_MAX] = { [MMT_EV_FAULT] = true, [MMT_EV_MMAP] = true };
	struct expr_scope scope = { .about = EXPR_EVENT };
	struct expr_error err;
	struct expr_push push;
	const char *text;
	struct expr *e;
	size_t n, used = 0;
	const struct mmt_schema_event *ev = schema_events(&n);

	if (!size)
		return 0;
	scope.about = data[0] % 4 == 3 ? EXPR_MAPPING : data[0] % 8 == 2 ? EXPR_PROCESS : EXPR_EVENT;
	scope.events = data[0] % 2 ? faults : NULL;
	text = (const char *)data + 1;
	size--;
	e = expr_parse_some(text, size, &scope, &used, &err);
	if (!e && (err.at > size || err.len > size - err.at || !err.text[0] || strnlen(err.near, 48) == 48))
		abort();
	if (e && used > size)
		abort();
	if (e)
		expr_push(e, &push);
	for (size_t i = data[0]; e && scope.about == EXPR_EVENT && i < data[0] + 4u; i++)
		ask(e, &ev[i % n]);
	expr_free(e);
	try_path(text, size, &scope);
	return 0;
}
