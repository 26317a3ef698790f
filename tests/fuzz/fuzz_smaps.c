// LINK: probe/smaps base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* /proc/PID/smaps. */
#include <string.h>
#include "fuzz.h"
#include "probe/smaps.h"

static int take(void *ctx, const struct smaps_range *r)
{
	size_t *sum = ctx;

	if (strlen(r->perms) > 4)
		abort();
	*sum += strlen(r->path);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *f = size ? fmemopen((void *)data, size, "r") : NULL;
	size_t sum = 0;

	if (!f)
		return 0;
	smaps_read(f, take, &sum);
	fclose(f);
	return 0;
}
