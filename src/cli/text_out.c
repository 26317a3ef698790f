// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/text_out.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "sink/out.h"

int text_out(struct buf *text)
{
	struct out o;
	int err;

	signal(SIGPIPE, SIG_IGN);
	out_init(&o, STDOUT_FILENO);
	o.b = *text;
	err = out_flush(&o);
	out_free(&o);
	*text = (struct buf){ 0 };
	if (!err || err == -EPIPE)
		return EXIT_FINE;
	mmt_err("cannot write to stdout: %s", strerror(-err));
	return EXIT_OWN;
}
