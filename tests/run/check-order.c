// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * check-order - is the order of change events the order of truth?
 *
 *   check-order COUNTS < TRACE
 *
 * COUNTS is what tests/work/order printed; TRACE is mmtrace's --format=wire or --format=json. Keeps one bit per page and
 * says "ok" when no vma_map ever lies over a page that is mapped at that moment, every vma_unmap's bytes are just the
 * pages that were mapped (where the tier tells bytes), and maps and pages are as many as the program counted.
 * Exit: 0 fine, 1 not, 2 bad input. It reads the wire by the schema in the stream and shares nothing with mmtrace's
 * reader but the file format's head.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "match.h"
#include "sink/wire_format.h"

#define MAX_PAGES	 4096
#define WIRE_HAVE_OFFSET 24 /* of hdr.have and hdr.pid: include/mmtrace/wire/event.h */
#define WIRE_PID_OFFSET	 32

static uint64_t pid, start, end, want_maps, want_pages, page;
static bool live[MAX_PAGES];
static uint64_t maps, pages, unmaps, over, wrong_bytes, lost, checked_bytes;

void bad_file(const char *path, unsigned long line, const char *fmt, ...)
{
	fprintf(stderr, "check-order: %s:%lu: %s\n", path, line, fmt);
	exit(2);
}

static void complain(uint64_t *count, const char *what, uint64_t addr, uint64_t len, uint64_t ts)
{
	if ((*count)++ < 5)
		printf("# %s: 0x%" PRIx64 " + %" PRIu64 " at %" PRIu64 " ns, event %" PRIu64 "\n", what, addr, len, ts,
		       maps + unmaps);
}

static void take(bool map, uint64_t addr, uint64_t len, bool has_bytes, uint64_t bytes, uint64_t ts)
{
	uint64_t lo = addr < start ? start : addr, hi = addr + len > end ? end : addr + len, were = 0;

	if (lo >= hi)
		return;
	for (uint64_t p = (lo - start) / page; p < (hi - start + page - 1) / page; p++) {
		were += live[p];
		live[p] = map;
	}
	if (map) {
		maps++;
		pages += (hi - lo) / page;
		if (were)
			complain(&over, "a map over a live mapping", addr, len, ts);
	} else {
		unmaps++;
		checked_bytes += has_bytes;
		if (has_bytes && bytes != were * page)
			complain(&wrong_bytes, "bytes torn down are not what was mapped", addr, len, ts);
	}
}

/* ---- JSON ---- */

static void read_json(char *first, size_t first_len)
{
	static struct object o;
	char *line = NULL;
	size_t room = 0;
	unsigned long no = 0;
	(void)first_len;

	for (char *l = first; l; l = getline(&line, &room, stdin) > 0 ? line : NULL) {
		uint64_t addr, len, bytes = 0, ts = 0, n;
		const char *event, *err = object_parse(&o, l);
		bool has_bytes;

		no++;
		if (err)
			bad_file("standard input", no, err);
		if (number(object_get(&o, "page_size", NULL), &n))
			page = n;
		for (size_t i = 0; i < o.n; i++)
			if (!strncmp(o.v[i].key, "lost.", 5) && number(o.v[i].text, &n))
				lost += n;
		event = object_get(&o, "event", NULL);
		if (!event || (strcmp(event, "vma_map") && strcmp(event, "vma_unmap")))
			continue;
		if (!number(object_get(&o, "pid", NULL), &n) || n != pid ||
		    !number(object_get(&o, "addr", NULL), &addr) || !number(object_get(&o, "len", NULL), &len))
			continue;
		number(object_get(&o, "ts_ns", NULL), &ts);
		has_bytes = number(object_get(&o, "bytes", NULL), &bytes);
		take(!strcmp(event, "vma_map"), addr, len, has_bytes, bytes, ts);
	}
}

/* ---- wire ---- */

struct layout {
	uint16_t num, addr, len, bytes, bytes_bit;
	bool has_bytes;
};

static void need(void *to, size_t n)
{
	if (fread(to, 1, n, stdin) != n)
		bad_file("standard input", 0, "the stream is cut");
}

static uint64_t at64(const char *rec, unsigned int off)
{
	uint64_t v;

	memcpy(&v, rec + off, sizeof(v));
	return v;
}

static void read_schema(unsigned int nevents, struct layout *map, struct layout *unmap)
{
	for (unsigned int i = 0; i < nevents; i++) {
		struct wire_event e;
		struct layout *l = NULL;

		need(&e, sizeof(e));
		if (!strcmp(e.name, "vma_map"))
			l = map;
		else if (!strcmp(e.name, "vma_unmap"))
			l = unmap;
		if (l)
			l->num = e.num;
		for (unsigned int k = 0; k < e.nfields; k++) {
			struct wire_field f;

			need(&f, sizeof(f));
			if (!l)
				continue;
			if (!strcmp(f.name, "addr"))
				l->addr = f.offset;
			else if (!strcmp(f.name, "len"))
				l->len = f.offset;
			else if (!strcmp(f.name, "bytes")) {
				l->bytes = f.offset;
				l->bytes_bit = f.index;
				l->has_bytes = true;
			}
		}
	}
	if (!map->addr || !unmap->addr)
		bad_file("standard input", 0, "no vma_map and vma_unmap in the stream's schema");
}

static void read_wire(void)
{
	static char rec[65536 + 8];
	struct layout map = { 0 }, unmap = { 0 };
	struct wire_head h;
	bool ended = false;

	need((char *)&h + 8, sizeof(h) - 8);
	if (h.endian != WIRE_ENDIAN || h.version != WIRE_VERSION)
		bad_file("standard input", 0, "another byte order or version");
	page = h.page_size;
	read_schema(h.nevents, &map, &unmap);
	while (!ended && fread(rec, 1, 8, stdin) == 8) {
		uint16_t type, size;
		uint32_t who;

		memcpy(&type, rec, 2);
		memcpy(&size, rec + 2, 2);
		if (size < 8)
			bad_file("standard input", 0, "a record without a size");
		need(rec + 8, ((size_t)size + 7) / 8 * 8 - 8);
		if (type == WIRE_LOSS)
			lost += ((struct wire_loss *)rec)->count;
		ended = type == WIRE_END;
		if (type != map.num && type != unmap.num)
			continue;
		memcpy(&who, rec + WIRE_PID_OFFSET, 4);
		if (who != pid)
			continue;
		if (type == map.num)
			take(true, at64(rec, map.addr), at64(rec, map.len), false, 0, at64(rec, 8));
		else
			take(false, at64(rec, unmap.addr), at64(rec, unmap.len),
			     at64(rec, WIRE_HAVE_OFFSET) >> unmap.bytes_bit & 1, at64(rec, unmap.bytes), at64(rec, 8));
	}
	if (!ended)
		bad_file("standard input", 0, "the stream has no end record");
}

static void read_counts(const char *path)
{
	char *text = read_whole(path);

	if (sscanf(text, "order pid=%" SCNu64 " start=%" SCNx64 " end=%" SCNx64 " maps=%" SCNu64 " pages=%" SCNu64,
		   &pid, &start, &end, &want_maps, &want_pages) != 5)
		bad_file(path, 1, "not the counts of the order program");
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t room = 0;
	uint64_t left = 0;
	char head[8];
	bool good;

	if (argc != 2) {
		fprintf(stderr, "usage: check-order COUNTS < TRACE\n");
		return 2;
	}
	read_counts(argv[1]);
	need(head, 1);
	if (*head == '{') {
		ungetc('{', stdin);
		if (getline(&line, &room, stdin) <= 0)
			return 2;
		read_json(line, room);
	} else {
		need(head + 1, 7);
		if (memcmp(head, WIRE_MAGIC, 8))
			bad_file("standard input", 0, "neither JSON nor wire");
		read_wire();
	}
	for (size_t i = 0; i < MAX_PAGES; i++)
		left += live[i];
	good = !over && !wrong_bytes && !lost && !left && maps == want_maps && pages == want_pages && unmaps;
	printf("# %" PRIu64 " maps of %" PRIu64 " (%" PRIu64 " pages of %" PRIu64 "), %" PRIu64 " unmaps, %" PRIu64
	       " with bytes; over live %" PRIu64 ", wrong bytes %" PRIu64 ", still mapped %" PRIu64 ", lost %" PRIu64
	       "\n",
	       maps, want_maps, pages, want_pages, unmaps, checked_bytes, over, wrong_bytes, left, lost);
	printf("%s\n", good ? "ok" : "not ok");
	return good ? 0 : 1;
}
