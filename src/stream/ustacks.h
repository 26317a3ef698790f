/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * ustacks (stream): what an address of a user stack stands for, by what the ledger knows to be mapped there at this point of the
 * stream.
 */
#ifndef MMTRACE_STREAM_USTACKS_H
#define MMTRACE_STREAM_USTACKS_H

#include "event/value.h"
#include "mmtrace/wire/names.h"

struct ranges;
struct usym_place;

struct ustacks {
	const struct ranges *ledger;
	const struct value_names *names;
	const char *(*ask)(void *ctx,
			   const struct usym_place *at); /* enrich/usyms.h; NULL: a recording, nobody to ask */
	void *ask_ctx;
	char text[MMT_NAME_MAX];
};

/*
 * The name of the i-th address of the stack (enrich/stacks.h): of a file's code what ask() says, of other code "0x7f001234 [anon]"; "" when there is no code
 * at all, or no call to return to, so it is none; NULL when it is not known what is there. Valid until the next call.
 */
const char *ustacks_name(void *ustacks, const struct mmt_stack *stack, unsigned i);

#endif
