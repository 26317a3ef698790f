// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/run_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/cmd.h"

bool run_output_same(int fd, const char *path)
{
	struct stat a, b;

	return !fstat(fd, &a) && S_ISREG(a.st_mode) && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool run_output_color(unsigned when, int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	return isatty(fd) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

int run_output_open(const struct run_opts *o, int *fd, struct mmt_sink **sink)
{
	const char *path = o->v.output;
	struct sink_opts to;

	*fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : STDOUT_FILENO;
	if (*fd < 0) {
		mmt_err("cannot open '%s' for writing: %s", path, strerror(errno));
		return EXIT_OWN;
	}
	to = (struct sink_opts){ .fd = *fd, .color = run_output_color(o->v.color, *fd) };
	*sink = o->kind->open ? o->kind->open(o, &to) : o->format->open(&to);
	return *sink ? EXIT_FINE : EXIT_OWN;
}

int run_output_failed(const struct run_opts *o, int err)
{
	const char *path = o->v.output;

	if (err == -EPIPE)
		return EXIT_FINE; /* the reader has had enough */
	mmt_err("cannot write %s%s%s: %s", path ? "'" : "", path ? path : "the output", path ? "'" : "",
		strerror(-err));
	return EXIT_OWN;
}

int run_output_close(const struct run_opts *o, int *fd)
{
	int err = o->v.output && *fd >= 0 && close(*fd) ? -errno : 0;

	*fd = -1;
	return err;
}
