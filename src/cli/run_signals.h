/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * run_signals: SIGINT and SIGTERM end a trace in good order; a second one ends the command, too.
 */
#ifndef MMTRACE_CLI_RUN_SIGNALS_H
#define MMTRACE_CLI_RUN_SIGNALS_H

#include <stdbool.h>
#include <sys/types.h>

/* From now on the two are counted, and a closed pipe is an error of write(2). */
void run_signals(void);
unsigned run_signals_seen(void);
/* SIGUSR1 asks for what is kept to be written, instead of ending the run; how often it did. */
void run_signals_write(void);
unsigned run_signals_writes(void);
/* Hands the last one on, unless the terminal gave it to the whole foreground group anyway. */
void run_signals_forward(pid_t to);

#endif
