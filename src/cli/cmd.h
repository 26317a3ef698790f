/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * cmd: the commands, one cmd_*.c each. Each takes the whole command line and returns the exit code.
 */
#ifndef MMTRACE_CLI_CMD_H
#define MMTRACE_CLI_CMD_H

enum {
	EXIT_FINE = 0,
	EXIT_FAILED = 1, /* a check or an assertion */
	EXIT_USAGE = 2,
	EXIT_CANNOT = 3,       /* this machine cannot observe it */
	EXIT_INCONCLUSIVE = 4, /* not everything was seen */
	EXIT_OWN = 125,	       /* mmtrace's own failure: a full disk, no memory; with -- CMD also what would be 3 */
	EXIT_NOT_RUN = 126,    /* CMD cannot be executed */
	EXIT_NOT_FOUND = 127,  /* CMD is not there */
};

int cmd_trace(int argc, char **argv);
int cmd_flow(int argc, char **argv);
int cmd_maps(int argc, char **argv);
int cmd_faults(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_assert(int argc, char **argv);
int cmd_export(int argc, char **argv);

#endif
