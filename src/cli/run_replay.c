// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/run_replay.h"

#include "cli/cmd.h"
#include "mmtrace/base.h"

int replay_file(const struct replay_opts *o, struct replay_end *end)
{
	*end = (struct replay_end){ 0 };
	mmt_err("cannot read '%s': recordings are not there yet", o->path);
	return EXIT_OWN;
}
