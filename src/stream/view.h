/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * view (stream): puts together what an event, the ledger and the names know about the mapping it lies in.
 */
#ifndef MMTRACE_STREAM_VIEW_H
#define MMTRACE_STREAM_VIEW_H

#include "event/value.h"
#include "ledger/ranges.h"
#include "mmtrace/view.h"
#include "mmtrace/wire/names.h"

#define VIEW_TEXT (MMT_NAME_MAX + 32)

/* What a view's mapping may point to besides the names; the caller's, as long as the view lives. */
struct view_scratch {
	char text[VIEW_TEXT];
};

/* Fills v's mapping from v->h, v->ev, v->names, which are set. */
void view_mapping(struct mmt_view *v, const struct ranges *ledger, uint32_t page_size, struct view_scratch *scratch);
/* The same of a range of the ledger that no event speaks of: v->names is set, v->h and v->ev are not needed. */
void view_range(struct mmt_view *v, const struct range *r, struct view_scratch *scratch);

#endif
