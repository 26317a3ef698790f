/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * write: a finished text to where it belongs, whole, or -errno.
 */
#ifndef MMTRACE_EXPECT_WRITE_H
#define MMTRACE_EXPECT_WRITE_H

#include <stddef.h>

int write_all(int fd, const char *data, size_t len);
int write_file(const char *path, const char *data, size_t len); /* made, or replaced */

#endif
