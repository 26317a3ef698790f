// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace diff: what is different between two recordings. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/doctor.h"
#include "cli/opt.h"
#include "cli/run_replay.h"
#include "cli/run_serve.h"
#include "cli/text_out.h"
#include "diff/compare.h"
#include "event/schema.h"
#include "record/head.h"

/* One side: its file as a run without addresses. */
struct side {
	struct mmt_sink *sink;
	struct canon *run;
	bool seen[MMT_EV_MAX];
};

/* What was asked for, and what the hooks could see of that, worked out from the tiers they had there. */
static void look(struct side *s, const struct rec_head *head)
{
	struct hook_choice choice[MMT_HOOK_MAX];

	run_serve_choices(head, choice);
	for (unsigned ev = 0; ev < MMT_EV_MAX; ev++)
		s->seen[ev] = schema_event(ev) && (!head->text[REC_WANTED] || run_serve_has(head, ev)) &&
			      !doctor_event_lost(choice, ev);
}

static int play(struct side *s, const char *path, struct texts *texts)
{
	struct replay_opts o = { .nsinks = 1 };
	struct replay_end end;
	struct replay *r;
	int code = replay_open(&r, path);

	if (!code)
		code = replay_events(r);
	if (code) {
		replay_close(r);
		return code;
	}
	s->sink = o.sinks[0] = canon_open(texts);
	code = s->sink ? replay_run(r, &o, &end) : EXIT_OWN;
	if (!code || code == EXIT_INCONCLUSIVE) {
		s->run = canon_of(s->sink);
		s->run->cut = !end.whole || end.sum.partial;
		look(s, replay_head(r));
		code = EXIT_FINE;
	}
	replay_close(r);
	return code;
}

static bool use_color(const struct opt_values *v)
{
	const char *no = getenv("NO_COLOR");

	return v->color == COLOR_AUTO ? isatty(STDOUT_FILENO) && !(no && *no) : v->color == COLOR_ALWAYS;
}

static int tell(struct comparison *k, const struct opt_values *v, const struct opt_result *r)
{
	struct tell t = { { r->files[0], r->files[1] }, MMTRACE_VERSION, v->all, use_color(v) };
	struct buf out = { 0 };
	int code;

	if (v->format == FORMAT_JSON) {
		if (tell_json(k, &t, &out))
			return EXIT_OWN;
	} else {
		tell_text(k, &t, &out);
	}
	code = text_out(&out);
	return code ? code : compare_verdict(k);
}

int cmd_diff(int argc, char **argv)
{
	struct opt_values v = { 0 };
	struct opt_result r;
	struct texts texts = { 0 };
	struct side side[2] = { 0 };
	struct comparison k = { .texts = &texts };
	int code = opt_parse(&mmtrace_options, argc, argv, &v, &r) == OPT_OK ? EXIT_FINE : EXIT_USAGE;

	for (unsigned i = 0; i < 2 && !code; i++) {
		code = play(&side[i], r.files[i], &texts);
		k.run[i] = side[i].run;
		k.seen[i] = side[i].seen;
	}
	if (!code && (compare(&k) || texts.err)) {
		mmt_err("no memory to compare them in");
		code = EXIT_OWN;
	}
	if (!code)
		code = tell(&k, &v, &r);
	compare_free(&k);
	for (unsigned i = 0; i < 2; i++)
		if (side[i].sink)
			side[i].sink->free(side[i].sink);
	texts_free(&texts);
	return code;
}
