// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Kinds that are the kernel's memory: words go in and come out again. */
#include "mmdemo-use.h"

const struct use_ops use_file = { .use = use_words };
const struct use_ops use_shared = { .traits = USE_RAW, .use = use_words };
