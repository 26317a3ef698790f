// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * wire-count FILE - records by event, and losses, in a stream that mmtrace --format=wire wrote: "fault=1200 lost=0".
 * Exit: 0, or 2 when the stream is cut or not one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sink/wire_format.h"

static int bad(const char *why)
{
	fprintf(stderr, "wire-count: %s\n", why);
	return 2;
}

int main(int argc, char **argv)
{
	static struct wire_event ev[256];
	static uint64_t seen[65536];
	static char rec[65536 + 8];
	uint64_t lost = 0;
	struct wire_head h;
	FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;
	int ended = 0;

	if (!f)
		return bad("usage: wire-count FILE");
	if (fread(&h, sizeof(h), 1, f) != 1 || memcmp(h.magic, WIRE_MAGIC, 8) || h.endian != WIRE_ENDIAN ||
	    h.nevents > 256)
		return bad("not a wire stream");
	for (uint32_t i = 0; i < h.nevents; i++)
		if (fread(&ev[i], sizeof(ev[i]), 1, f) != 1 ||
		    fseek(f, (long)(ev[i].nfields * sizeof(struct wire_field)), SEEK_CUR))
			return bad("the schema is cut");
	while (!ended && fread(rec, 8, 1, f) == 1) {
		uint16_t type, size;

		memcpy(&type, rec, 2);
		memcpy(&size, rec + 2, 2);
		size = (uint16_t)((size + 7) / 8 * 8);
		if (size < 8 || (size > 8 && fread(rec + 8, size - 8, 1, f) != 1))
			return bad("a record is cut");
		seen[type]++;
		if (type == WIRE_LOSS)
			lost += ((struct wire_loss *)rec)->count;
		ended = type == WIRE_END;
	}
	if (!ended)
		return bad("the stream has no end record");
	for (uint32_t i = 0; i < h.nevents; i++)
		if (seen[ev[i].num])
			printf("%s=%" PRIu64 " ", ev[i].name, seen[ev[i].num]);
	printf("lost=%" PRIu64 "\n", lost);
	return 0;
}
