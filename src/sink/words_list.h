/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* words_list: the words that templates may use; words.c alone includes it. */
#ifndef MMTRACE_SINK_WORDS_LIST_H
#define MMTRACE_SINK_WORDS_LIST_H

#include "mmtrace/base.h"
#include "mmtrace/view.h"

struct word {
	const char *name;
	void (*put)(struct buf *b, const struct mmt_view *v);
};

extern const struct word words_list[];
extern const size_t words_list_n;

#endif
