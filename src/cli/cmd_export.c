// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace export: a recording as other tools want it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/opt.h"
#include "cli/run_output.h"
#include "cli/run_replay.h"
#include "cli/run_tell.h"
#include "sink/sinks.h"

/* Was --NAME on the line, or -j? */
static bool chosen(const struct opt_result *r)
{
	for (size_t i = 0; i < mmtrace_options.n_rows; i++)
		if (r->given & 1ull << i &&
		    (!strcmp(mmtrace_options.rows[i].name, "format") || !strcmp(mmtrace_options.rows[i].name, "json")))
			return true;
	return false;
}

static int write_it(struct replay *r, const struct opt_values *v, int fd)
{
	const struct sink_format *format = sink_by_name(opt_formats[v->format]);
	struct sink_opts to = { .fd = fd, .color = run_output_color(v->color, fd) };
	struct replay_opts o = { .nsinks = 1 };
	struct replay_end end;
	int code;

	o.sinks[0] = format->open(&to);
	if (!o.sinks[0])
		return EXIT_OWN;
	code = replay_run(r, &o, &end);
	/* most of these formats have no place for it */
	run_tell_losses(&end.sum);
	o.sinks[0]->free(o.sinks[0]);
	return code;
}

/* The recording can be read: only then is a file that was there overwritten. */
static int write_to(struct replay *r, const struct opt_values *v)
{
	int fd = v->output ? open(v->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : STDOUT_FILENO, code;

	if (fd < 0) {
		mmt_err("cannot open '%s' for writing: %s", v->output, strerror(errno));
		return EXIT_OWN;
	}
	code = write_it(r, v, fd);
	if (v->output && close(fd) && !code) {
		mmt_err("cannot write '%s': %s", v->output, strerror(errno));
		code = EXIT_OWN;
	}
	return code;
}

int cmd_export(int argc, char **argv)
{
	struct opt_values v = { 0 };
	struct opt_result r;
	struct replay *from;
	int code;

	if (opt_parse(&mmtrace_options, argc, argv, &v, &r) != OPT_OK)
		return EXIT_USAGE;
	if (!chosen(&r)) {
		mmt_err("export: needs --format: chrome, csv, folded, folded-count, json, table or wire");
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	code = replay_open(&from, r.files[0]);
	if (!code)
		code = replay_output(from, v.output);
	if (!code)
		code = replay_events(from);
	if (!code)
		code = write_to(from, &v);
	replay_close(from);
	return code;
}
