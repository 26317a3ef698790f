/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * words: what an event says, from a template: text, {field} as the schema shows it, and {$word} (words_list.c) for what takes
 * more than one field; {len:5} fills up to 5 characters behind it, {len:>5} before it. What is absent is `-`.
 */
#ifndef MMTRACE_SINK_WORDS_H
#define MMTRACE_SINK_WORDS_H

#include "mmtrace/base.h"
#include "mmtrace/view.h"

/* template NULL: every field that is there, as name=value. */
void words_put(struct buf *b, const struct mmt_view *v, const char *template);
/* A file name must not be able to forge a line or to paint the terminal: control characters become \xNN. */
void words_visible(struct buf *b, const char *s);

#endif
