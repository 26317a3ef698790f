/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * pattern: regular expressions and globs over bytes. In time and memory that grow with text and pattern only, whatever is asked:
 * patterns come from files that others wrote, and the C library's engine knows no such bounds.
 *
 *   regex   . [a-z] [^a-z] * + ? | ( ) ^ $ and \ before any of them; found anywhere in the text
 *   glob    * ? [a-z] [!a-z] and \ before any of them; the whole text
 */
#ifndef MMTRACE_FILTER_PATTERN_H
#define MMTRACE_FILTER_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

struct pattern;

struct pattern_error {
	const char *why; /* constant text */
	size_t at;	 /* byte of the pattern */
};

/* NULL with *err filled: not a pattern, or too much of one. */
struct pattern *pattern_regex(const char *s, size_t len, struct pattern_error *err);
struct pattern *pattern_glob(const char *s, size_t len, struct pattern_error *err);
bool pattern_match(const struct pattern *p, const char *text);
void pattern_free(struct pattern *p);

#endif
