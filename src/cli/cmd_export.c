// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace export: a recording as other tools want it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/opt.h"
#include "cli/run_replay.h"
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

static bool use_color(const struct opt_values *v, int fd)
{
	return v->color == COLOR_AUTO ? isatty(fd) : v->color == COLOR_ALWAYS;
}

static int write_it(const struct opt_values *v, const struct opt_result *r, int fd)
{
	const struct sink_format *format = sink_by_name(opt_formats[v->format]);
	struct sink_opts to = { .fd = fd, .color = use_color(v, fd) };
	struct replay_opts o = { .path = r->files[0], .nsinks = 1 };
	struct replay_end end;
	int code;

	o.sinks[0] = format->open(&to);
	if (!o.sinks[0])
		return EXIT_OWN;
	code = replay_file(&o, &end);
	o.sinks[0]->free(o.sinks[0]);
	return code;
}

int cmd_export(int argc, char **argv)
{
	struct opt_values v = { 0 };
	struct opt_result r;
	int fd, code;

	if (opt_parse(&mmtrace_options, argc, argv, &v, &r) != OPT_OK)
		return EXIT_USAGE;
	if (!chosen(&r)) {
		mmt_err("export: needs --format: chrome, csv, folded, folded-count, json, table or wire");
		return EXIT_USAGE;
	}
	fd = v.output ? open(v.output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : STDOUT_FILENO;
	if (fd < 0) {
		mmt_err("cannot open '%s' for writing: %s", v.output, strerror(errno));
		return EXIT_OWN;
	}
	signal(SIGPIPE, SIG_IGN);
	code = write_it(&v, &r, fd);
	if (v.output && close(fd) && !code) {
		mmt_err("cannot write '%s': %s", v.output, strerror(errno));
		code = EXIT_OWN;
	}
	return code;
}
