/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The stream that --format=wire writes. All integers in the byte order of the machine that wrote it, every block a
 * multiple of 8 bytes.
 *
 *   struct wire_head
 *   nevents times: struct wire_event, followed by its nfields struct wire_field
 *   records until the end, each beginning with { u16 type; u16 size } and padded with zeros to a multiple of 8:
 *     type < 0x8000            an event, laid out as its struct wire_event says
 *     0x8001 .. 0x8007         items of mmtrace/wire/names.h: names, paths, functions, marks, stacks. A stack's names (its
 *                              addresses are their keys) come right before it, the stack before the first event with its id
 *     WIRE_LOSS                struct wire_loss
 *     WIRE_END                 struct wire_end: nothing follows; without it the stream was cut
 */
#ifndef MMTRACE_SINK_WIRE_FORMAT_H
#define MMTRACE_SINK_WIRE_FORMAT_H

#include <stdint.h>

#define WIRE_MAGIC   "MMTWIRE"
#define WIRE_VERSION 1
#define WIRE_ENDIAN  0x0102030405060708ULL
#define WIRE_NAME    24 /* bytes of an event's or field's name, zero-padded */

enum { WIRE_LOSS = 0x9001, WIRE_END = 0x9002 };

struct wire_head {
	char magic[8];
	uint64_t endian; /* WIRE_ENDIAN as the reader sees it */
	uint32_t version;
	uint32_t nevents;
	uint32_t page_size;
	uint32_t hdr_size;	/* of struct mmt_hdr, with which every event begins */
	uint64_t start_mono_ns; /* the clock of ts_ns when the hooks were live ... */
	uint64_t start_real_ns; /* ... and the wall clock then */
	char release[64];	/* uname -r, cut when longer */
	char machine[16];
};

struct wire_event {
	char name[WIRE_NAME];
	uint16_t num;
	uint16_t size; /* of the record */
	uint16_t family;
	uint16_t nfields;
};

struct wire_field {
	char name[WIRE_NAME];
	uint16_t offset;
	uint8_t wire; /* enum mmt_wire */
	uint8_t count;
	uint8_t look;  /* enum mmt_look, by number ... */
	uint8_t index; /* bit of mmt_hdr.have */
	uint8_t zero[2];
	char look_name[16]; /* ... and by name */
};

struct wire_loss {
	uint16_t type;
	uint16_t size;
	uint32_t kind;	/* enum mmt_loss */
	uint32_t event; /* enum mmt_event, 0: of none */
	uint32_t zero;
	uint64_t count;
};

struct wire_end {
	uint16_t type;
	uint16_t size;
	uint32_t child_status; /* of -- CMD as a shell has it, 0xffffffff without */
	uint64_t ran_ns;
	uint64_t events;
};

#endif
