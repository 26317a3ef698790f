// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/run_verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "cli/hold.h"
#include "ledger/ranges.h"
#include "mmtrace/base.h"
#include "stream/pipeline.h"

#define HEAL_NS 500000000ULL

int run_verify_one(struct verify *v, pid_t tid)
{
	int err = session__walk(v->session, tid, pipeline_item, v->pipeline);

	if (!err || err == -ESRCH || err == -ENOENT) /* it has gone, and nothing of it is mapped any more */
		return 0;
	if (pipeline_failed(v->pipeline))
		return err;
	if (!v->failed++)
		mmt_warn("process %d cannot be compared with the kernel: %s", tid, strerror(-err));
	return 0;
}

/* ---- those that live ------------------------------------------------------------------------------------------ */

struct pids {
	pid_t *v;
	size_t n, room;
	bool gaps; /* only those that miss something */
};

static void collect(void *ctx, const struct ranges_space *s)
{
	struct pids *p = ctx;

	if (!s->pid || (p->gaps && !s->gap))
		return;
	if (p->n == p->room) {
		size_t room = p->room ? p->room * 2 : 64;
		pid_t *more = realloc(p->v, room * sizeof(*more));

		if (!more)
			return;
		p->v = more;
		p->room = room;
	}
	p->v[p->n++] = (pid_t)s->pid;
}

static int compare(void *ctx, pid_t pid)
{
	return run_verify_one(ctx, pid);
}

static int compare_all(struct verify *v, bool gaps)
{
	bool live = session__walks_live(v->session) || gaps;
	struct pids p = { .gaps = gaps };
	int err = 0;

	ranges_each_space(pipeline_ledger(v->pipeline), collect, &p);
	for (size_t i = 0; i < p.n && !err; i++) {
		int one = live ? run_verify_one(v, p.v[i]) : hold_still(v->hold, p.v[i], compare, v);

		if (pipeline_failed(v->pipeline))
			err = one;
		else if (one && one != -ESRCH && one != -ENOENT && !v->failed++)
			mmt_warn("process %d cannot be compared with the kernel: %s", p.v[i], strerror(-one));
	}
	free(p.v);
	return err;
}

int run_verify_rest(struct verify *v)
{
	return compare_all(v, false);
}

int run_verify_heal(struct verify *v, uint64_t now_ns)
{
	int err;

	if (now_ns - v->healed_ns < HEAL_NS)
		return 0;
	v->healed_ns = now_ns;
	err = session__losses(v->session, pipeline_item, v->pipeline);
	return err ? err : compare_all(v, true);
}

bool run_verify_said(const struct verify *v, uint64_t missed)
{
	const struct ranges *l = pipeline_ledger(v->pipeline);
	const struct ranges_walks *w = ranges_walks(l);
	uint64_t not_done = v->failed + missed + w->cut, lost = pipeline_ledger_lost(v->pipeline);

	mmt_info("compared with the kernel %" PRIu64 " times, %" PRIu64 " mappings: %" PRIu64 " differences, %" PRIu64
		 " where something was lost",
		 w->walks, w->vmas, w->diffs, w->gaps);
	if (not_done)
		mmt_warn("not compared: %" PRIu64 " processes that could not be read, %" PRIu64
			 " that were killed, %" PRIu64 " only in part",
			 v->failed, missed, w->cut);
	if (lost)
		mmt_warn("not all was seen: %" PRIu64
			 " events that change mappings were lost; a larger --buffer may help",
			 lost);
	if (ranges_dropped(l))
		mmt_warn("not all was kept: %" PRIu64 " changes found no room", ranges_dropped(l));
	return w->walks && !w->diffs && !w->gaps && !ranges_conflicts(l) && !not_done && !lost && !ranges_dropped(l);
}
