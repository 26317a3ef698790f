// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/faults_filter.h"

#include <string.h>
#include "cli/cmd.h"
#include "cli/run_filter.h"
#include "cli/run_serve.h"
#include "event/objects.h"
#include "mmtrace/wire/total.h"

/* What totals know of their faults, and what they are then kept by. */
static const struct {
	int object; /* enum mmt_object; -1: a field of the fault's own */
	const char *field;
	uint32_t by;
} known[] = {
	{ -1, "kind", MMT_BY_KIND },
	{ -1, "class", MMT_BY_KIND },
	{ -1, "file", MMT_BY_FILE },
	{ MMT_OBJ_EVENT, "comm", MMT_BY_COMM },
	{ MMT_OBJ_EVENT, "cpu", MMT_BY_CPU },
	{ MMT_OBJ_EVENT, "driver", MMT_BY_DRIVER },
	{ MMT_OBJ_EVENT, "event", 0 },
	{ MMT_OBJ_MAPPING, "id", MMT_BY_MAPPING },
	{ MMT_OBJ_MAPPING, "parent", MMT_BY_MAPPING },
	{ MMT_OBJ_MAPPING, "path", MMT_BY_MAPPING },
	{ MMT_OBJ_MAPPING, "kind", MMT_BY_MAPPING },
	{ MMT_OBJ_MAPPING, "driver", MMT_BY_MAPPING },
	{ MMT_OBJ_MAPPING, "imported", MMT_BY_MAPPING },
};

static bool take_field(void *ctx, const struct expr_use *u)
{
	struct faults_filter *f = ctx;

	for (size_t i = 0; i < MMT_COUNT(known); i++) {
		if ((u->own ? -1 : (int)u->object) != known[i].object || strcmp(u->field, known[i].field))
			continue;
		f->by |= known[i].by;
		f->cpu |= known[i].by == MMT_BY_CPU;
		f->rest = true;
		return true;
	}
	if (!u->own && u->object == MMT_OBJ_EVENT &&
	    (!strcmp(u->field, "pid") || !strcmp(u->field, "tid") || !strcmp(u->field, "lat")))
		mmt_err("-f: %s is left to the kernel here: 'pid == N', 'tid == N' or 'lat >= TIME', once each, and "
			"joined to "
			"all the rest by 'and'",
			u->text);
	else
		mmt_err("-f: faults are added up in the kernel, and by %s they are not: there are kind, class, file, "
			"comm, cpu, "
			"driver, mapping.id, .path, .kind; 'trace -e fault' has each of them",
			u->text);
	return false;
}

int faults_filter_read(struct faults_filter *f, const struct run_opts *o, bool records)
{
	static const bool faults[MMT_EV_MAX] = { [MMT_EV_FAULT] = true };
	static const struct expr_scope scope = { EXPR_EVENT, faults };
	struct expr_error err;

	if (!o->v.filter || f->expr)
		return 0;
	f->expr = expr_parse(o->v.filter, strlen(o->v.filter), &scope, &err);
	if (!f->expr) {
		run_filter_complain("-f", o->v.filter, &err);
		return EXIT_USAGE;
	}
	if (records)
		return 0;
	if (!o->replay || run_serve_same_filter(o))
		expr_push_take(f->expr, &f->push);
	return expr_each(f->expr, take_field, f) ? 0 : EXIT_USAGE;
}

int faults_filter_check(const struct faults_filter *f, const struct run_opts *o)
{
	const struct expr_push *p = &f->push;

	if ((p->has_pids || p->has_tids) && (o->v.pids.n || o->v.tids.n || o->r.run))
		mmt_err("-f: pid and tid say which processes, and so does %s: leave one out",
			o->r.run ? "--" : "-p or -t");
	else if (p->comm && o->v.comms.n)
		mmt_err("-f: comm says which name, and so does -n: leave one out");
	else if (p->slower_ns && o->v.slower_ns)
		mmt_err("-f: lat says how slow, and so does -L: leave one out");
	else if (p->slower_ns && o->v.slo.n)
		mmt_err("--slo judges all faults: it cannot go with 'lat' in -f, which leaves most of them out");
	else if (f->rest && o->v.slowest)
		mmt_err("--slowest keeps the slowest of all faults: it goes with pid, tid, comm and lat in -f only");
	else
		return 0;
	return EXIT_USAGE;
}

void faults_filter_push(const struct faults_filter *f, struct session_opts *s)
{
	const struct expr_push *p = &f->push;

	if (p->has_pids) {
		s->pids = p->pid;
		s->npids = p->npids;
	}
	if (p->has_tids) {
		s->tids = p->tid;
		s->ntids = p->ntids;
	}
	if (p->comm)
		s->comm = p->comm;
	if (p->slower_ns)
		s->slower_ns = p->slower_ns;
}

int faults_filter_judge(void *filter, const struct mmt_view *v, uint64_t start_ns)
{
	struct expr_subject s = { .view = v, .start_ns = start_ns };

	return (int)expr_eval(((struct faults_filter *)filter)->expr, &s);
}
