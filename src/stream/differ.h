/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* differ: says where the ledger and the kernel are not of one mind. */
#ifndef MMTRACE_STREAM_DIFFER_H
#define MMTRACE_STREAM_DIFFER_H

#include "event/value.h"
#include "ledger/ranges.h"

struct differ {
	const struct value_names *names;
	bool gaps;     /* also where something was lost */
	uint64_t said; /* lines */
};

void differ_say(void *differ, const struct ranges_diff *d); /* a ranges_diff_fn */

#endif
