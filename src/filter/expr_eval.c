// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <string.h>
#include "event/value.h"
#include "filter/expr_impl.h"

bool expr_value_equal(const struct expr_value *a, const struct expr_value *b)
{
	if (a->is_text != b->is_text)
		return false;
	return a->is_text ? !strcmp(a->text, b->text) : a->num == b->num && a->negative == b->negative;
}

int expr_value_cmp(const struct expr_value *a, const struct expr_value *b)
{
	if (a->is_text && b->is_text)
		return strcmp(a->text, b->text);
	if (a->negative != b->negative)
		return a->negative ? -1 : 1;
	/* two's complement keeps the order among negative ones */
	return (a->num > b->num) - (a->num < b->num);
}

/* ---- comparing ---- */

/* A code means what it does of one signal only. */
static bool of_signal(const struct literal *l, const struct expr_subject *s)
{
	uint64_t signo;

	if (!l->mask || l->mask == l->v.num)
		return true;
	return value_get(s->view->h, s->view->ev, "signo", &signo) && signo == l->mask;
}

static bool equal(const struct expr_value *v, const struct literal *l, const struct expr_subject *s)
{
	if (v->look == MMT_LOOK_SICODE && !of_signal(l, s))
		return false;
	if (v->is_text || expr_shape(v->look) != SHAPE_FLAGS)
		return expr_value_equal(v, &l->v);
	return v->num == l->v.num;
}

static bool compare(const struct node *n, const struct literals *l, const struct expr_value *v,
		    const struct expr_subject *s)
{
	bool any = false, all = true;

	switch (n->cmp) {
	case CMP_IS:
		return v->num;
	case CMP_LT:
		return expr_value_cmp(v, &l->v[0].v) < 0;
	case CMP_LE:
		return expr_value_cmp(v, &l->v[0].v) <= 0;
	case CMP_GT:
		return expr_value_cmp(v, &l->v[0].v) > 0;
	case CMP_GE:
		return expr_value_cmp(v, &l->v[0].v) >= 0;
	case CMP_FINDS:
	case CMP_LIKE:
		return pattern_match(n->pattern, v->text);
	case CMP_MISSES:
		return !pattern_match(n->pattern, v->text);
	case CMP_HAS:
		for (unsigned i = 0; i < l->n; i++)
			all &= (v->num & l->v[i].mask) == l->v[i].v.num;
		return all;
	default:
		for (unsigned i = 0; i < l->n; i++)
			any |= equal(v, &l->v[i], s);
		return any != (n->cmp == CMP_NE);
	}
}

static enum expr_truth compare_of(const struct node *n, const struct expr_subject *s)
{
	const struct expr_path *p = n->path;
	struct expr_value v;
	unsigned event = 0;

	if (p->fixed) {
		if (!expr_get_object(p->object, p->fixed->index, s, &v))
			return EXPR_UNKNOWN;
	} else {
		event = s->view->ev->num;
		if (!p->own[event] || !expr_get_own(p->own[event], s, &v))
			return EXPR_UNKNOWN;
	}
	return compare(n, n->lits[n->lits_of[event]], &v, s) ? EXPR_TRUE : EXPR_FALSE;
}

static enum expr_truth eval(const struct node *n, const struct expr_subject *s)
{
	enum expr_truth a, b, decides = n->kind == NODE_OR ? EXPR_TRUE : EXPR_FALSE;

	if (n->kind == NODE_CMP)
		return n->taken ? EXPR_TRUE : compare_of(n, s);
	a = eval(n->a, s);
	if (n->kind == NODE_NOT)
		return a == EXPR_UNKNOWN ? a : a == EXPR_TRUE ? EXPR_FALSE : EXPR_TRUE;
	if (a == decides)
		return a;
	b = eval(n->b, s);
	return b == decides || a != EXPR_UNKNOWN ? b : a;
}

enum expr_truth expr_eval(const struct expr *e, const struct expr_subject *s)
{
	return eval(e->root, s);
}

/* ---- without a subject ---- */

#define CAN(truth) (1u << (truth))

static bool about_event(const struct node *n)
{
	return n->path->fixed && n->path->object == MMT_OBJ_EVENT;
}

/* Is it about a place in an address space? */
static bool has_place(const struct mmt_schema_event *ev)
{
	return schema_field(ev, "addr") || schema_field(ev, "vma_start") || ev->num == MMT_EV_MEMFD;
}

/* A field of an object that such an event never has. */
static bool never(const struct node *n, const struct mmt_schema_event *ev)
{
	const struct mmt_field *f = n->path->fixed;

	if (n->path->object == MMT_OBJ_MAPPING)
		return !has_place(ev);
	if (n->path->object != MMT_OBJ_EVENT)
		return false;
	switch (f->index) {
	case MMT_O_EVENT_memtype:
		return !schema_field(ev, "pgprot");
	case MMT_O_EVENT_phys:
	case MMT_O_EVENT_phys_end:
	case MMT_O_EVENT_phys_name:
		return !schema_field(ev, "pfn_lo");
	case MMT_O_EVENT_error:
		return !schema_field(ev, "ret");
	case MMT_O_EVENT_driver:
		return !has_place(ev);
	default:
		return false;
	}
}

/* Truths that a comparison can have of an event. */
static unsigned can_compare(const struct node *n, unsigned event)
{
	const struct mmt_schema_event *ev = schema_event(event);
	const struct mmt_field *f = n->path->fixed;
	struct expr_value v = { 0 };

	if (!f)
		return CAN(EXPR_UNKNOWN) | (n->path->own[event] ? CAN(EXPR_TRUE) | CAN(EXPR_FALSE) : 0);
	if (!ev || !about_event(n) || (f->look != MMT_LOOK_EVNAME && f->look != MMT_LOOK_FAMILY))
		return CAN(EXPR_UNKNOWN) | (ev && never(n, ev) ? 0 : CAN(EXPR_TRUE) | CAN(EXPR_FALSE));
	v.look = f->look;
	v.num = f->look == MMT_LOOK_EVNAME ? ev->num : ev->family;
	return CAN(compare(n, n->lits[n->lits_of[0]], &v, NULL) ? EXPR_TRUE : EXPR_FALSE);
}

static unsigned can(const struct node *n, unsigned event)
{
	enum expr_truth decides = n->kind == NODE_OR ? EXPR_TRUE : EXPR_FALSE;
	unsigned a, b, both = 0;

	if (n->kind == NODE_CMP)
		return can_compare(n, event);
	a = can(n->a, event);
	if (n->kind == NODE_NOT)
		return (a & CAN(EXPR_UNKNOWN)) | (a & CAN(EXPR_TRUE) ? CAN(EXPR_FALSE) : 0) |
		       (a & CAN(EXPR_FALSE) ? CAN(EXPR_TRUE) : 0);
	b = can(n->b, event);
	if ((a | b) & CAN(decides))
		both |= CAN(decides);
	if ((a & CAN(EXPR_UNKNOWN) && b & ~CAN(decides)) || (b & CAN(EXPR_UNKNOWN) && a & ~CAN(decides)))
		both |= CAN(EXPR_UNKNOWN);
	if (a & b & CAN(decides == EXPR_TRUE ? EXPR_FALSE : EXPR_TRUE))
		both |= CAN(decides == EXPR_TRUE ? EXPR_FALSE : EXPR_TRUE);
	return both;
}

bool expr_may_match(const struct expr *e, unsigned event)
{
	return schema_event(event) && can(e->root, event) & CAN(EXPR_TRUE);
}

static uint64_t have_of(const struct mmt_schema_event *ev, const char *name)
{
	const struct mmt_field *f = schema_field(ev, name);

	return f ? 1ULL << f->index : 0;
}

uint64_t expr_path_uses(const struct expr_path *p, unsigned event)
{
	const struct mmt_schema_event *ev = schema_event(event);

	if (!ev)
		return 0;
	if (!p->fixed)
		return p->own[event] ? 1ULL << p->own[event]->index : 0;
	if (p->object != MMT_OBJ_EVENT)
		return 0;
	switch (p->fixed->index) {
	case MMT_O_EVENT_lat:
	case MMT_O_EVENT_dur:
		return MMT_HAVE_DUR;
	case MMT_O_EVENT_failed:
		return have_of(ev, "ret") | have_of(ev, "result");
	case MMT_O_EVENT_error:
		return have_of(ev, "ret");
	case MMT_O_EVENT_memtype:
		return have_of(ev, "pgprot");
	case MMT_O_EVENT_phys:
	case MMT_O_EVENT_phys_end:
	case MMT_O_EVENT_phys_name:
		return have_of(ev, "pfn_lo") | have_of(ev, "pfn_hi");
	default:
		return 0;
	}
}

bool expr_asks_mappings(const struct expr *e)
{
	for (unsigned i = 0; i < e->n; i++) {
		const struct expr_path *p = e->nodes[i]->path;

		if (p && p->fixed && (p->object == MMT_OBJ_MAPPING || p->fixed->index == MMT_O_EVENT_driver))
			return true;
	}
	return false;
}

uint64_t expr_uses(const struct expr *e, unsigned event)
{
	uint64_t have = 0;

	for (unsigned i = 0; i < e->n; i++)
		if (e->nodes[i]->kind == NODE_CMP)
			have |= expr_path_uses(e->nodes[i]->path, event);
	return have;
}

/* ---- paths ---- */

bool expr_path_get(const struct expr_path *p, const struct expr_subject *s, struct expr_value *out)
{
	unsigned event;

	if (p->fixed)
		return expr_get_object(p->object, p->fixed->index, s, out);
	event = s->view->ev->num;
	return p->own[event] && p->own[event]->count == 1 && expr_get_own(p->own[event], s, out);
}

const char *expr_path_text(const struct expr_path *p)
{
	return p->text;
}

int expr_path_look(const struct expr_path *p)
{
	int look = p->fixed ? p->fixed->look : -1;

	for (unsigned i = 0; !p->fixed && i < MMT_EV_MAX; i++) {
		if (!p->own[i])
			continue;
		if (p->own[i]->count > 1 || (look >= 0 && look != p->own[i]->look))
			return -1;
		look = p->own[i]->look;
	}
	return look < 0 || expr_shape((unsigned)look) == SHAPE_TEXT || look == MMT_LOOK_MEMTYPE ? -1 : look;
}

void expr_value_show(struct buf *b, const struct expr_value *v)
{
	struct flags_word w;
	char s[NUM_FMT_LEN];

	if (v->is_text) {
		buf_puts(b, v->text);
	} else if (v->look == MMT_LOOK_SINCE) {
		buf_puts(b, v->negative ? "-" : "");
		buf_puts(b, num_fmt_duration(s, v->negative ? -v->num : v->num));
	} else if (v->look == MMT_LOOK_ERRNO) {
		struct expr_value one = { .look = MMT_LOOK_RET, .num = -v->num };

		value_show_raw(b, one.look, one.num, NULL);
	} else if (v->look < MMT_LOOK_MAX) {
		if (v->look == MMT_LOOK_DEC && v->negative)
			buf_printf(b, "%lld", (long long)v->num);
		else
			value_show_raw(b, v->look, v->num, NULL);
	} else {
		for (unsigned i = 0; expr_look_word(v->look, 0, i, &w); i++) {
			if (w.value == v->num) {
				buf_puts(b, w.name);
				return;
			}
		}
		buf_printf(b, "%llu", (unsigned long long)v->num);
	}
}
