/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * story: a run made by hand, with one event of every kind and the odd cases: absent fields, failures, names that are
 * missing or nasty. Its times and addresses are round, so that the expected output can be read against it.
 */
#ifndef TESTS_GOLDEN_STORY_H
#define TESTS_GOLDEN_STORY_H

#include "mmtrace/source.h"

#define STORY_START_NS 1000000000000ULL
#define STORY_PAGE     4096

/* Hands every item to fn, in order, and stops at the first failure. */
int story(mmt_item_fn fn, void *ctx);

#endif
