// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stream/pipeline_impl.h"

int pipeline_failed(const struct pipeline *p)
{
	return p->failed;
}

int pipeline_begin(struct pipeline *p, const struct mmt_run_info *info)
{
	p->start_ns = info->start_mono_ns;
	return pipeline_note(p, outlets_begin(&p->out, info));
}

void pipeline_now(struct pipeline *p, uint64_t now_ns)
{
	p->state.st.now_ns = now_ns;
}

static void look_at_clock(struct pipeline *p)
{
	if (p->opts.clock)
		pipeline_now(p, p->opts.clock());
}

int pipeline_residents(struct pipeline *p, uint32_t pid)
{
	if (p->opts.ask_resident)
		p->opts.ask_resident(p->opts.ctx, pid, 0, pipeline_item, p);
	return p->failed;
}

void pipeline_bad(struct pipeline *p, uint64_t n)
{
	p->sum.bad += n;
}

void pipeline_partial(struct pipeline *p, const char *why)
{
	if (!p->sum.partial)
		p->sum.partial = why;
}

void pipeline_nameless(struct pipeline *p, uint32_t event, uint64_t n)
{
	if (event < MMT_EV_MAX)
		p->symbols.lost[event] += n;
}

int pipeline_tick(struct pipeline *p, uint64_t now_ns)
{
	look_at_clock(p);
	return pipeline_note(p, outlets_tick(&p->out, now_ns));
}

int pipeline_flush(struct pipeline *p)
{
	look_at_clock(p);
	return pipeline_note(p, outlets_flush(&p->out));
}

/* What the user side itself could not keep or place, told as the kernel side tells its losses. */
static int own_losses(struct pipeline *p)
{
	struct mmt_item item = { .kind = MMT_I_LOSS };
	int err = 0;

	ranges_settle(p->ledger);
	p->lost[MMT_LOSS_GAP][0] +=
		ranges_conflicts(p->ledger) + ranges_dropped(p->ledger) + ranges_walks(p->ledger)->gaps;
	p->lost[MMT_LOSS_DIFFER][0] += ranges_walks(p->ledger)->diffs;
	p->lost[MMT_LOSS_NAME][0] += names_lost(p->names);
	p->lost[MMT_LOSS_STACK][0] += stacks_lost(p->stacks);
	for (unsigned ev = 0; ev < MMT_EV_MAX; ev++)
		p->lost[MMT_LOSS_SYMBOL][ev] += p->symbols.lost[ev];
	for (unsigned kind = 0; kind < MMT_LOSS_MAX; kind++) {
		for (unsigned ev = 0; ev < MMT_EV_MAX; ev++) {
			p->sum.lost[kind] += p->lost[kind][ev];
			p->sum.lost_event[ev] += p->lost[kind][ev];
			if (!p->lost[kind][ev] || err ||
			    (kind != MMT_LOSS_GAP && kind != MMT_LOSS_DIFFER && kind != MMT_LOSS_NAME &&
			     kind != MMT_LOSS_SYMBOL && (kind != MMT_LOSS_STACK || ev)))
				continue;
			item.loss = (struct mmt_loss_item){ kind, ev, p->lost[kind][ev] };
			err = outlets_item(&p->out, &item);
		}
	}
	return err;
}

int pipeline_end(struct pipeline *p, uint64_t ran_ns, int child_status)
{
	int err, last;

	look_at_clock(p);
	p->state.st.ending = true;
	err = own_losses(p);
	p->sum.ran_ns = ran_ns;
	p->sum.child_status = child_status;
	hooks_list(&p->hooks, &p->sum.silent, &p->sum.absent);
	last = outlets_end(&p->out, &p->sum);
	return pipeline_note(p, err ? err : last);
}

const struct mmt_summary *pipeline_summary(const struct pipeline *p)
{
	return &p->sum;
}

uint64_t pipeline_conflicts(const struct pipeline *p)
{
	return ranges_conflicts(p->ledger);
}

uint64_t pipeline_ledger_lost(const struct pipeline *p)
{
	return p->ledger_lost;
}

void pipeline_each_comm(const struct pipeline *p, procs_each_fn fn, void *ctx)
{
	procs_each(p->procs, fn, ctx);
}

const struct ranges *pipeline_ledger(const struct pipeline *p)
{
	return p->ledger;
}
