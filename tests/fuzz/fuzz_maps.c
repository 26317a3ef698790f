// LINK: probe/maps_text event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* /proc/PID/maps as records: each must be one that the reader of records takes. */
#include <string.h>
#include "event/decode.h"
#include "fuzz.h"
#include "probe/maps_text.h"

static int take(void *ctx, const struct mmt_item *item)
{
	struct decoded d;

	(void)ctx;
	if (decode_record(item->data, item->size, &d) != DECODE_OK || (!d.event && !d.name))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	maps_text_tell(text, MMT_EV_VMA_IMPORT, 5, 1, take, NULL);
	free(text);
	return 0;
}
