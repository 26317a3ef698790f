// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/pipeline_impl.h"

#include <stdlib.h>
#include <string.h>
#include "mmtrace/base.h"

static int tap_made(void *pipeline, const void *data, size_t size)
{
	return outlets_raw(&((struct pipeline *)pipeline)->out, data, size);
}

static int ask_resident(void *pipeline, uint32_t pid)
{
	return pipeline_residents(pipeline, pid);
}

static const char *comm_of(void *ctx, uint32_t pid)
{
	return procs_comm(((struct pipeline *)ctx)->procs, pid);
}

struct pipeline *pipeline_new(const struct pipeline_opts *opts)
{
	struct pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->opts = *opts;
	p->opts.blind |= opts->ask_maps != NULL;
	p->out = (struct outlets){ p->opts.sinks, p->opts.nsinks };
	for (unsigned i = 0; i < opts->nsinks; i++)
		p->views |= opts->sinks[i]->event || opts->ask_usym;
	p->names = names_new();
	p->procs = procs_new(opts->ask_comm ? asked_comm : NULL, &p->asked);
	p->asked = (struct asked){ .ask_comm = opts->ask_comm,
				   .ctx = opts->ctx,
				   .tell = opts->tell,
				   .tap = tap_made,
				   .tap_ctx = p,
				   .procs = p->procs };
	p->ledger = ranges_new(opts->page_size);
	p->stacks = stacks_new();
	if (memory_init(&p->memory) || !p->stacks || !p->names || !p->procs || !p->ledger) {
		pipeline_free(p);
		return NULL;
	}
	p->lookup = (struct value_names){ names_get, p->names };
	state_init(&p->state, p->ledger, &p->lookup, &p->memory, p->procs, opts->page_size);
	p->state.residents = &p->residents;
	p->state.ask_resident = ask_resident;
	p->state.pipeline = p;
	for (unsigned i = 0; i < opts->nsinks; i++)
		opts->sinks[i]->state = &p->state.st;
	ranges_ask_comm(p->ledger, comm_of, p);
	p->differ = (struct differ){ .names = &p->lookup, .gaps = opts->verify };
	ranges_on_diff(p->ledger, differ_say, &p->differ);
	p->sum.child_status = -1;
	p->symbols = (struct symbols){
		.ask = opts->ask_ksym, .ask_ctx = opts->ctx, .tap = tap_made, .tap_ctx = p, .names = p->names
	};
	if (opts->ask_usym) {
		p->ustacks = (struct ustacks){ p->ledger, &p->lookup, opts->ask_usym, opts->ctx, "" };
		p->symbols.ask_user = ustacks_name;
		p->symbols.ask_user_ctx = &p->ustacks;
	}
	symbols_init(&p->symbols);
	if (!p->views && !opts->ask_maps && !opts->target)
		passing_init(&p->passing, &p->symbols, &p->asked);
	return p;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	names_free(p->names);
	procs_free(p->procs);
	ranges_free(p->ledger);
	stacks_free(p->stacks);
	memory_free(&p->memory);
	symbols_free(&p->symbols);
	asked_free(&p->asked);
	residents_free(&p->residents);
	map_free(&p->met);
	map_free(&p->shown);
	hooks_free(&p->hooks);
	free(p);
}

/* The command behind "--" is a copy of mmtrace until it execs; the new program's mm is there before the exec is over. */
static bool is_ours(struct pipeline *p, const struct mmt_hdr *h)
{
	if (!p->opts.child || h->pid != p->opts.child)
		return false;
	if (h->type == MMT_EV_EXEC) {
		p->child_ran = true;
		return false;
	}
	if (!p->child_mm && !p->child_ran)
		p->child_mm = h->mm;
	return h->mm ? h->mm == p->child_mm : !p->child_ran;
}

/* Likewise, of what is said of no event: the space that it leaves is known by the first that has one. */
static bool is_ours_too(const struct pipeline *p, uint32_t mm, uint32_t pid)
{
	if (!p->opts.child || pid != p->opts.child)
		return false;
	return mm && p->child_mm ? mm == p->child_mm : !p->child_ran;
}

#define PID_SPACE (1ULL << 32) /* a space that is known by its process only; mm is 32 bits wide */

static uint64_t space_of(uint32_t mm, uint32_t pid)
{
	return mm ? mm : PID_SPACE | pid;
}

static void meet(struct pipeline *p, uint64_t space)
{
	/* The worst that comes of forgetting, or of no memory: asked again. */
	if (p->met.n >= RANGES_SPACE_MAX)
		map_free(&p->met);
	map_put(&p->met, space, p);
}

/* The program that the events are about, not the next one: the ring is read later than things happen. */
static bool still_runs(struct pipeline *p, uint32_t pid)
{
	char now[PROCS_COMM];

	return p->opts.ask_comm && !p->opts.ask_comm(p->opts.ctx, pid, now) && !strcmp(now, procs_comm(p->procs, pid));
}

/* The process whose address space the event is about; 0: nobody knows. */
static uint32_t whose_space(const struct mmt_hdr *h)
{
	const struct mmt_ev_remote *e = (const void *)h;

	if (h->type != MMT_EV_REMOTE)
		return h->pid;
	return h->mm && h->have & MMT_HAVE(REMOTE, target) ? e->target : 0;
}

/*
 * Before the first event of an address space that nothing tells changes of, what is mapped in it. An exec has begun a new
 * one: there it comes behind the event.
 */
static int ask_maps(struct pipeline *p, const struct mmt_hdr *h)
{
	uint32_t pid = whose_space(h);
	uint64_t space = space_of(h->mm, pid);

	if (!p->opts.ask_maps || p->asking || !pid || h->type == MMT_EV_EXIT || h->type == MMT_EV_VMA_WALK ||
	    is_ours(p, h))
		return 0;
	if (h->type == MMT_EV_VMA_IMPORT) {
		meet(p, space);
		return 0;
	}
	if (h->type != MMT_EV_EXEC && map_get(&p->met, space))
		return 0;
	meet(p, space);
	if (!still_runs(p, pid))
		return 0;
	p->asking = true;
	p->opts.ask_maps(p->opts.ctx, pid, h->mm, pipeline_item, p);
	p->asking = false;
	return p->failed;
}

/* Which spaces the ledger knows without asking, and which it has forgotten. */
static void follow_spaces(struct pipeline *p, const struct mmt_hdr *h)
{
	const struct mmt_ev_fork *e = (const void *)h;

	if (!p->opts.ask_maps)
		return;
	if (h->type == MMT_EV_EXIT)
		map_del(&p->met, space_of(h->mm, h->pid));
	else if (h->type == MMT_EV_FORK && h->have & MMT_HAVE(FORK, child))
		meet(p, space_of(h->have & MMT_HAVE(FORK, child_mm) ? e->child_mm : 0, e->child));
}

/* Where the time of a fault went is shown when the fault was, which is the record before of its thread. */
static bool filter_shows(struct pipeline *p, const struct mmt_view *v)
{
	uint64_t call = v->h->call + 1ULL;
	bool match, unknown = false;

	if (v->ev->num == MMT_EV_FAULT_SPLIT)
		return p->opts.filter->want[MMT_EV_FAULT_SPLIT] && map_del(&p->shown, v->h->tid) == (void *)call;
	match = filter_match(p->opts.filter, v, p->start_ns, &unknown);
	p->sum.unknown += unknown;
	if (match && v->ev->num == MMT_EV_FAULT && p->opts.filter->want[MMT_EV_FAULT_SPLIT])
		map_put(&p->shown, v->h->tid, (void *)call);
	return match;
}

static int show(struct pipeline *p, const struct decoded *d)
{
	struct mmt_view v = { .h = d->event, .ev = d->ev, .names = &p->lookup };

	v.comm = procs_comm(p->procs, v.h->pid);
	v.page_size = p->opts.page_size;
	if (v.h->kstack)
		v.kstack = stacks_frames(p->stacks, v.h->kstack, &p->lookup, &v.nkstack);
	if (v.h->ustack)
		v.ustack = stacks_frames(p->stacks, v.h->ustack, &p->lookup, &v.nustack);
	view_mapping(&v, p->ledger, p->opts.page_size, &p->scratch);
	memory_view(&p->memory, &v);
	if (is_ours(p, v.h))
		return 0;
	if (p->opts.filter && !filter_shows(p, &v))
		return 0;
	p->sum.events++;
	return outlets_event(&p->out, &v);
}

/* Who it is behind the event: an exec says its name itself. */
static const char *comm_behind(struct pipeline *p, const struct mmt_hdr *h)
{
	const struct mmt_ev_exec *e = (const void *)h;
	bool says = h->type == MMT_EV_EXEC && h->have & MMT_HAVE(EXEC, comm) && e->comm;
	const char *comm = says ? names_get(p->names, e->comm) : NULL;

	return comm ? comm : procs_comm(p->procs, h->pid);
}

static bool passed_over(struct pipeline *p, const struct mmt_hdr *h)
{
	struct target *t = p->opts.target;

	if (!t || target_takes(t, h, t->comm ? comm_behind(p, h) : NULL))
		return false;
	procs_event(p->procs, h, &p->lookup);
	return true;
}

static int take_event(struct pipeline *p, const struct decoded *d, const void *data, size_t size)
{
	bool exec = d->ev->num == MMT_EV_EXEC;
	int err;

	if (passed_over(p, d->event))
		return 0;
	if (d->ev->num == p->opts.cut_event && !is_ours(p, d->event) && ++p->cuttable == p->opts.cut_nth)
		return 0;
	err = symbols_event(&p->symbols, d->event);
	if (!err)
		err = asked_before(&p->asked, d->event, &p->lookup);
	if (!err && !exec)
		err = ask_maps(p, d->event);
	if (!err)
		err = outlets_raw(&p->out, data, size);
	if (err)
		return err;
	p->sum.per_event[d->ev->num]++;
	procs_event(p->procs, d->event, &p->lookup);
	if (!is_ours(p, d->event)) {
		err = d->ev->num == MMT_EV_EXIT ? outlets_leaving(&p->out, d->event) : 0;
		ranges_event(p->ledger, d->event);
	}
	follow_spaces(p, d->event);
	err = err ? err : show(p, d);
	return err || !exec ? err : ask_maps(p, d->event);
}

/* What ask_maps() has to know when nobody wants views. */
static void learn_raw(struct pipeline *p, const void *data, size_t size, bool event)
{
	struct decoded d;

	if (event) {
		procs_event(p->procs, data, &p->lookup);
		follow_spaces(p, data);
	} else if (decode_record(data, size, &d) == DECODE_OK && d.name) {
		names_item(p->names, &d);
	}
}

/* The addresses of a stack when nobody wants views: whoever reads the records has nobody to ask. */
static int name_stack(struct pipeline *p, const void *data, size_t size)
{
	struct decoded d;

	if (size < sizeof(struct mmt_hdr) || ((const struct mmt_stack *)data)->type != MMT_ITEM_STACK ||
	    decode_record(data, size, &d) != DECODE_OK)
		return 0;
	return symbols_stack(&p->symbols, d.stack);
}

/* Nobody wants views: count, name addresses, hand the bytes on. */
static int take_raw(struct pipeline *p, const void *data, size_t size)
{
	const struct mmt_hdr *h = data;
	const struct mmt_schema_event *ev = size >= sizeof(*h) ? schema_event(h->type) : NULL;
	bool whole = ev && size >= ev->size, exec = whole && h->type == MMT_EV_EXEC;
	int err = whole ? symbols_event(&p->symbols, h) : name_stack(p, data, size);

	if (whole && p->opts.target && !target_takes(p->opts.target, h, NULL))
		return 0;
	if (size >= sizeof(*h) && h->type < MMT_EV_MAX) {
		p->sum.per_event[h->type]++;
		p->sum.events++;
	}
	if (!err && whole)
		err = asked_before_raw(&p->asked, h);
	if (!err && whole && !exec)
		err = ask_maps(p, h);
	if (p->opts.ask_maps)
		learn_raw(p, data, size, whole);
	if (!err)
		err = outlets_raw(&p->out, data, size);
	return err || !exec ? err : ask_maps(p, h);
}

/* What a stack stands for is known before it comes. A user stack may be the first that is heard of its process. */
static int take_stack(struct pipeline *p, const struct mmt_stack *stack)
{
	struct mmt_hdr h = { .mm = stack->mm, .pid = stack->pid };
	int err;

	stacks_item(p->stacks, stack); /* what could not be kept is counted there */
	if (stack->kind == MMT_STACK_USER && is_ours_too(p, stack->mm, stack->pid))
		return 0;
	err = stack->kind == MMT_STACK_USER && p->opts.ask_usym ? ask_maps(p, &h) : 0;
	return err ? err : symbols_stack(&p->symbols, stack);
}

static int take_record(struct pipeline *p, const void *data, size_t size)
{
	enum decode_result r;
	struct decoded d;
	int err = 0;

	if (!p->views)
		return take_raw(p, data, size);
	r = decode_record(data, size, &d);
	if (r != DECODE_OK) {
		if (!p->sum.bad++)
			mmt_debug("record of type %u, %zu bytes: %s", size < 2 ? 0 : *(const uint16_t *)data, size,
				  decode_text(r));
		return 0;
	}
	if (d.event)
		return take_event(p, &d, data, size);
	if (d.name || d.path)
		names_item(p->names, &d); /* what could not be kept is counted there */
	if (d.stack)
		err = take_stack(p, d.stack);
	if (d.sync)
		ranges_sync(p->ledger, d.sync);
	if (d.comm)
		procs_told(p->procs, d.comm->pid, d.comm->comm);
	if (d.resident)
		residents_item(&p->residents, d.resident);
	memory_item(&p->memory, &d);
	if (!err)
		err = outlets_total(&p->out, &d);
	return err ? err : outlets_raw(&p->out, data, size);
}

static int take_one(void *pipeline, const struct mmt_record *r)
{
	return take_record(pipeline, r->data, r->size);
}

/* Without these events the ledger does not know what it does not know. */
static bool hurts_ledger(const struct pipeline *p, const struct mmt_loss_item *l)
{
	const struct mmt_schema_event *ev = l->event ? schema_event(l->event) : NULL;

	if (l->event == MMT_EV_VMA_WALK || l->event == MMT_EV_EXEC)
		return false;
	return l->kind == MMT_LOSS_TARGET || l->kind == MMT_LOSS_MM ||
	       (l->kind <= MMT_LOSS_RETURN &&
		(!ev || ev->family == MMT_FAM_CHANGE || (p->opts.blind && ev->family == MMT_FAM_CALL)));
}

static void take_loss(struct pipeline *p, const struct mmt_loss_item *l)
{
	uint64_t *total;

	if (l->kind >= MMT_LOSS_MAX || l->event >= MMT_EV_MAX)
		return;
	total = &p->lost[l->kind][l->event];
	if (l->count > *total && hurts_ledger(p, l)) {
		ranges_lost(p->ledger);
		p->ledger_lost += l->count - *total;
	}
	*total = l->count;
}

static int take_item(struct pipeline *p, const struct mmt_item *item)
{
	switch (item->kind) {
	case MMT_I_RECORD:
		return take_record(p, item->data, item->size);
	case MMT_I_RECORDS:
		return passing_take(&p->passing, &p->out, &p->sum, item->records, item->n, take_one, p);
	case MMT_I_LOSS:
		take_loss(p, &item->loss);
		return outlets_item(&p->out, item);
	case MMT_I_HOOK:
		hooks_item(&p->hooks, &item->hook);
		return outlets_item(&p->out, item);
	default:
		return outlets_item(&p->out, item);
	}
}

int pipeline_note(struct pipeline *p, int err)
{
	if (err && !p->failed)
		p->failed = err;
	return err;
}

int pipeline_item(void *pipeline, const struct mmt_item *item)
{
	return pipeline_note(pipeline, take_item(pipeline, item));
}
