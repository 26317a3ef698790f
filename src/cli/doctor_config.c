// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The configuration that the running kernel was built with, where the system keeps it. */
#include <stdio.h>
#include <string.h>
#include <zlib.h>
#include "cli/doctor.h"

/* Plain or compressed: gzread() takes both. */
static bool read_all(struct buf *out, const char *path)
{
	char part[8192];
	gzFile f = gzopen(path, "re");
	int n;

	if (!f)
		return false;
	while ((n = gzread(f, part, sizeof(part))) > 0)
		buf_put(out, part, (size_t)n);
	gzclose(f);
	if (n < 0 || out->err)
		buf_reset(out);
	return out->len > 0;
}

void doctor_config_read(struct doctor *d)
{
	static char path[2][160];

	snprintf(path[0], sizeof(path[0]), "/proc/config.gz");
	snprintf(path[1], sizeof(path[1]), "/boot/config-%s", d->release);
	for (size_t i = 0; i < MMT_COUNT(path) && !d->config_path; i++)
		if (read_all(&d->config, path[i]))
			d->config_path = path[i];
}
