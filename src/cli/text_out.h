/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * text_out: a finished text to stdout, checked.
 */
#ifndef MMTRACE_CLI_TEXT_OUT_H
#define MMTRACE_CLI_TEXT_OUT_H

struct buf;

/* Writes and frees the text. Exit code: EXIT_FINE, also when the reader has gone; else EXIT_OWN after a line on the log. */
int text_out(struct buf *text);

#endif
