// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What kernels are known to do differently, whatever the program and the driver: differences between two runs that one of these
 * explains are counted and not told (--all tells them). The list is README.md's, too (tests/unit/test_diff_known.c sees to it).
 *
 * A row is one change of the kernel: differences between a release before it and one behind it. Keep each as narrow as the
 * change: what fits is believed to be harmless.
 */
#include <fnmatch.h>
#include <stdio.h>
#include "diff/compare.h"

#define ANY -1

// clang-format off
static const struct known rows[] = {
	{ .id = "huge-fault", .from = 6000, .to = 6006, .what = CANON_COUNT, .key = "*huge_fault*", .counts = true,
	  .text = "Linux 6.0 to 6.5 do not ask a driver's ->huge_fault for mappings of frame numbers, so it gives small pages" },
	{ .id = "vdso-pages", .from = 6012, .what = CANON_PAGES, .map = "\\[special]",
	  .text = "the vdso has two pages on arm64 since Linux 6.12 at the latest, and one in 6.1" },
};
// clang-format on

const struct known *known_row(unsigned i)
{
	return i < MMT_COUNT(rows) ? &rows[i] : NULL;
}

/* 6012 of "6.12.9-1-arm64"; 0: no release. */
static unsigned version(const char *release)
{
	unsigned major, minor;

	return sscanf(release, "%3u.%3u", &major, &minor) == 2 ? major * 1000 + minor : 0;
}

static bool inside(const struct known *r, unsigned v)
{
	return v >= r->from && (!r->to || v < r->to);
}

static bool like(const char *pattern, const char *text)
{
	return !pattern || (text && !fnmatch(pattern, text, 0));
}

static bool fits(const struct known *r, const struct difference *d)
{
	return (r->what < 0 || r->what == d->what) && (!r->event || r->event == d->event) && (!r->inner || d->inner) &&
	       like(r->map, d->map) && like(r->key, d->key) &&
	       (!r->value || like(r->value, d->a) || like(r->value, d->b));
}

const struct known *known_find(const struct difference *d, const char *release_a, const char *release_b)
{
	unsigned a = version(release_a), b = version(release_b);

	for (unsigned i = 0; a && b && i < MMT_COUNT(rows); i++)
		if (inside(&rows[i], a) != inside(&rows[i], b) && fits(&rows[i], d))
			return &rows[i];
	return NULL;
}
