// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "filter/filter.h"

#include "event/value.h"

static bool match_kind(const struct filter *f, const struct mmt_view *v)
{
	const struct mmt_ev_fault *e = (const void *)v->h;
	unsigned class = v->map_class;

	if (!f->classes && !f->kinds)
		return true;
	if (v->ev->num == MMT_EV_FAULT) {
		if (v->h->have & MMT_HAVE(FAULT, class) && e->class)
			class = e->class;
		if (v->h->have & MMT_HAVE(FAULT, kind) && e->kind < 32 && f->kinds >> e->kind & 1)
			return true;
	}
	/* Unknown is no kind: it matches nothing. */
	return class && f->classes >> class & 1;
}

static bool match_failed(const struct filter *f, const struct mmt_view *v)
{
	unsigned err;

	if (!f->failed)
		return true;
	return value_failed(v->h, v->ev, &err) && (!f->err || f->err == err);
}

bool filter_match(const struct filter *f, const struct mmt_view *v, uint64_t start_ns, bool *unknown)
{
	struct expr_subject s = { .view = v, .start_ns = start_ns };
	enum expr_truth is;

	if (!f->want[v->ev->num])
		return false;
	if (f->slower_ns && (!(v->h->have & MMT_HAVE_DUR) || v->h->dur_ns < f->slower_ns))
		return false;
	if (!match_failed(f, v) || !match_kind(f, v))
		return false;
	is = f->expr ? expr_eval(f->expr, &s) : EXPR_TRUE;
	*unknown |= is == EXPR_UNKNOWN && expr_may_match(f->expr, v->ev->num);
	return is == EXPR_TRUE;
}
