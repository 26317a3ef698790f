// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <stdio.h>
#include "cli/cmd.h"
#include "cli/opt.h"
#include "cli/text_out.h"

static int (*const commands[])(int argc, char **argv) = {
	[CMD_TRACE] = cmd_trace,   [CMD_FLOW] = cmd_flow,     [CMD_MAPS] = cmd_maps,	 [CMD_FAULTS] = cmd_faults,
	[CMD_STAT] = cmd_stat,	   [CMD_RECORD] = cmd_record, [CMD_REPORT] = cmd_report, [CMD_LIST] = cmd_list,
	[CMD_DOCTOR] = cmd_doctor, [CMD_DIFF] = cmd_diff,     [CMD_ASSERT] = cmd_assert, [CMD_EXPORT] = cmd_export,
};

int main(int argc, char **argv)
{
	struct opt_values v = { 0 };
	struct opt_result r;
	struct buf text = { 0 };

	if (opt_parse(&mmtrace_options, argc, argv, &v, &r) != OPT_OK)
		return EXIT_USAGE;
	mmt_log_verbosity(v.verbose, v.quiet);
	if (!v.help && !v.version)
		return commands[r.cmd](argc, argv);
	if (v.version)
		buf_printf(&text, "mmtrace %s\n", MMTRACE_VERSION);
	else
		opt_help(&mmtrace_options, r.cmd, r.named, &text);
	return text_out(&text);
}
