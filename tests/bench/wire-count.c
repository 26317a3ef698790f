// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * wire-count FILE - records by event, and losses, in a stream that mmtrace --format=wire wrote: "fault=1200 lost=0".
 * Before these, calls of mmap(2) that put entries in, and how many records the most costly of them made, its own and
 * whatever came out of it included: "installing=8 most=4".
 * Exit: 0, or 2 when the stream is cut or not one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sink/wire_format.h"

/* The part of struct mmt_hdr (include/mmtrace/wire/event.h) that says to which call of which thread a record belongs. */
struct head {
	uint16_t type, size;
	uint8_t tier, depth;
	uint16_t cpu;
	uint64_t ts_ns, dur_ns, have;
	uint32_t pid, tid, mm, call;
};

#define CALLS 65536

static struct call {
	uint32_t tid, call, records;
	int is_mmap, installs;
} calls[CALLS];

static struct call *call_of(const struct head *h)
{
	uint32_t at = (h->tid * 2654435761u ^ h->call) % CALLS;

	while (calls[at].records && (calls[at].tid != h->tid || calls[at].call != h->call))
		at = (at + 1) % CALLS;
	calls[at].tid = h->tid;
	calls[at].call = h->call;
	return &calls[at];
}

/* One record, of the event so named. False: more calls than there is room for. */
static int count_call(const struct head *h, const char *event)
{
	static unsigned int used;
	struct call *c;

	if (!h->call)
		return 1;
	c = call_of(h);
	if (!c->records++ && ++used == CALLS)
		return 0;
	c->is_mmap |= !strcmp(event, "mmap");
	c->installs |= !strcmp(event, "pfn_map") || !strcmp(event, "page_map") || !strcmp(event, "dma_map");
	return 1;
}

static void print_calls(void)
{
	uint32_t n = 0, most = 0;

	for (uint32_t i = 0; i < CALLS; i++)
		if (calls[i].is_mmap && calls[i].installs) {
			n++;
			most = calls[i].records > most ? calls[i].records : most;
		}
	if (n)
		printf("installing=%u most=%u ", n, most);
}

static int bad(const char *why)
{
	fprintf(stderr, "wire-count: %s\n", why);
	return 2;
}

int main(int argc, char **argv)
{
	static struct wire_event ev[256];
	static uint64_t seen[65536];
	static char rec[65536 + 8] __attribute__((aligned(8)));
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
		for (uint32_t i = 0; i < h.nevents; i++)
			if (ev[i].num == type && !count_call((struct head *)rec, ev[i].name))
				return bad("too many calls");
	}
	if (!ended)
		return bad("the stream has no end record");
	print_calls();
	for (uint32_t i = 0; i < h.nevents; i++)
		if (seen[ev[i].num])
			printf("%s=%" PRIu64 " ", ev[i].name, seen[ev[i].num]);
	printf("lost=%" PRIu64 "\n", lost);
	return 0;
}
