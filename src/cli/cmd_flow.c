// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace flow: each mapping call as a tree, and what became of the mapping. */
#include <stdlib.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/run.h"
#include "cli/run_filter.h"
#include "cli/run_serve.h"
#include "event/schema.h"
#include "record/head.h"

static void events(const struct run_opts *o, bool want[MMT_EV_MAX], bool target)
{
	(void)o;
	filter_defaults(want, true);
	want[MMT_EV_FAULT] |= target;
	want[MMT_EV_DEMO] = false;
}

static bool plain_characters(const struct run_opts *o)
{
	const char *term = getenv("TERM");

	return o->v.ascii || (term && !strcmp(term, "dumb"));
}

static struct mmt_sink *open_sink(const struct run_opts *o, const struct sink_opts *to)
{
	struct flow_opts f = {
		.json = o->v.format == FORMAT_JSON,
		.ascii = plain_characters(o),
		.live = !o->r.run && !(o->replay && o->replay->text[REC_COMMAND] && *o->replay->text[REC_COMMAND]),
		.all = o->v.all != 0,
		.match = o->expr ? run_filter_match : NULL,
		.match_ctx = o->expr,
	};

	return flow_open(&f, to);
}

const struct run_kind flow_kind = { .serve = run_serve_events, .events = events, .open = open_sink };

int cmd_flow(int argc, char **argv)
{
	return run_command(&flow_kind, argc, argv);
}
