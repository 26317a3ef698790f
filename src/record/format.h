/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A recording: what went into the pipeline of a run, in order. Whoever reads it gets what the run showed, on any machine of the
 * same byte order.
 *
 *   struct rec_file         what it is; refused when magic, byte order or version are others
 *   chunk HEAD              REC_TEXT, REC_NUM, REC_HOOK (as they were attached), and the schema: REC_EVENT, each followed by its
 *                           REC_FIELDs. The rest of the file is laid out as this says.
 *   chunk DATA ...          the stream
 *   chunk TAIL              REC_LOSS (all that the run lost, also what was counted when it was over) and REC_END. Without it the recording was cut: killed, out of disk or of power. It is good
 *                           up to the last whole chunk, and what the run lost is not known.
 *
 * A chunk is a struct rec_chunk and `stored` bytes. Its sum is over both, so that one that is whole is known to be. Its body is
 * `raw` bytes of blocks, packed with zstd (RFC 8878) when flags say so. A block begins with { u16 type; u16 size }, is size bytes
 * long, and padded with zeros to a multiple of 8; no block reaches over the end of a chunk. Types:
 *
 *   below 0x8000        an event, as its REC_EVENT says
 *   0x8001 .. 0x8fff    items of mmtrace/wire/names.h and total.h, by number; others are left out by readers that do not know them
 *   0x9000 ..           the blocks below; unknown ones are left out, too
 *
 * All integers are in the byte order of the machine that wrote it, which rec_file.endian shows. Strings end with a NUL. New
 * fields of structs go to their ends, readers take what `size` covers; what changes the meaning of what is there is a new
 * REC_VERSION.
 */
#ifndef MMTRACE_RECORD_FORMAT_H
#define MMTRACE_RECORD_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define REC_MAGIC   "MMTREC\r\n" /* a copy that "repairs" line ends is noticed */
#define REC_VERSION 1
#define REC_ENDIAN  0x0102030405060708ULL

struct rec_file {
	char magic[8];
	uint64_t endian; /* REC_ENDIAN as the reader sees it */
	uint32_t version;
	uint32_t zero;
	uint64_t sum; /* rec_sum() of what is before it */
};

/* "HEAD" and so on, as the bytes of a little-endian file show them. */
enum rec_kind { REC_HEAD = 0x44414548, REC_DATA = 0x41544144, REC_TAIL = 0x4c494154 };

#define REC_CHUNK_MAGIC 0x6b6e6863 /* "chnk" */
#define REC_PACKED	1	   /* flags: the body is one zstd frame */
#ifndef REC_RAW_MAX
#define REC_RAW_MAX (1u << 20) /* bytes of a body; a reader needs no more than twice that */
#endif
#define REC_RAW_USUAL (256u << 10)

struct rec_chunk {
	uint32_t magic;
	uint32_t kind; /* enum rec_kind */
	uint32_t raw;
	uint32_t stored;
	uint32_t flags;
	uint32_t nth;		    /* of the file, from 0 */
	uint64_t first_ns, last_ns; /* ts_ns of events in it, about the first and the last; 0: there is none */
	uint64_t sum;		    /* rec_sum() of the members before it, then of the stored bytes */
};

enum rec_block {
	REC_LOSS = 0x9001,
	REC_END = 0x9002,
	REC_TEXT = 0x9003,
	REC_NUM = 0x9004,
	REC_HOOK = 0x9005,
	REC_EVENT = 0x9006,
	REC_FIELD = 0x9007,
	REC_TICK = 0x9008,
	REC_AGAIN = 0x9009,
};

struct rec_block_head {
	uint16_t type;
	uint16_t size;
};

enum rec_text_key {
	REC_TOOL = 1, /* version of mmtrace */
	REC_RELEASE,  /* uname -r */
	REC_MACHINE,
	REC_BOOT,     /* /proc/sys/kernel/random/boot_id */
	REC_COMMAND,  /* "-- CMD ..." */
	REC_ARGS,     /* mmtrace's own command line */
	REC_WANTED,   /* names of the events that were asked of the kernel, with "," between */
	REC_CLUSTERS, /* of each CPU, "A76,A76,A55"; an empty one is not known */
	REC_VIEW,     /* command that ran: "record", "trace", ... */
	REC_FILTER,   /* -f of the run, which its totals are of; events were kept whatever it was */
	REC_TEXTS,
};

struct rec_text {
	uint16_t type, size;
	uint32_t key; /* enum rec_text_key */
	char text[];
};

enum rec_num_key {
	REC_PAGE_SIZE = 1,
	REC_CPUS,
	REC_START_MONO, /* CLOCK_MONOTONIC, the clock of ts_ns, when the hooks were live */
	REC_START_REAL, /* CLOCK_REALTIME then */
	REC_CLOCK_RES,
	REC_FLAGS,    /* enum rec_flag bits */
	REC_CHILD,    /* process of -- CMD */
	REC_HDR_SIZE, /* of struct mmt_hdr, with which every event begins */
	REC_BY,	      /* totals of faults: enum mmt_by bits */
	REC_SLOWEST,
	REC_SLOWER,   /* totals have only faults that took so long, ns */
	REC_INTERVAL, /* ns between two ticks */
	REC_NUMS,
};

enum rec_flag {
	REC_KSTACK = 1,
	REC_USTACK = 2,
	REC_TARGET = 4,	  /* not the whole machine was watched */
	REC_ONCE = 8,	  /* only what was mapped at the start */
	REC_BLIND = 16,	  /* no hook told changes: system calls are all there is */
	REC_TOTALS = 32,  /* faults were added up in the kernel ... */
	REC_SPLIT = 64,	  /* ... with where their time went ... */
	REC_COUNT = 128,  /* ... or only counted */
	REC_FLIGHT = 256, /* begins in the middle of the run */
};

struct rec_num {
	uint16_t type, size;
	uint32_t key; /* enum rec_num_key */
	uint64_t value;
};

/* As struct mmt_hook_item; three strings behind each other: name, tier, reason. */
struct rec_hook {
	uint16_t type, size;
	uint16_t enabled, fired;
	char text[];
};

#define REC_NAME 32

struct rec_event {
	uint16_t type, size;
	uint16_t num;
	uint16_t bytes; /* of the record */
	char name[REC_NAME];
};

/* Of the REC_EVENT before. */
struct rec_field {
	uint16_t type, size;
	uint16_t offset;
	uint8_t wire; /* enum mmt_wire */
	uint8_t count;
	uint8_t have; /* bit of mmt_hdr.have */
	uint8_t look; /* enum mmt_look of the writer; readers go by the name */
	uint8_t zero[6];
	char name[REC_NAME];
};

/*
 * The event before it in the chunk (also one of these) again, but for the words of 8 bytes whose bits are set, which follow in their
 * order. Of events of up to 32 words.
 */
struct rec_again {
	uint16_t type, size;
	uint32_t mask; /* bit i: word i is another */
	uint64_t word[];
};

/* Losses so far, as struct mmt_loss_item; a later block of the same kind and event replaces an earlier one. */
struct rec_loss {
	uint16_t type, size;
	uint32_t kind;
	uint32_t event;
	uint32_t zero;
	uint64_t count;
};

enum rec_tick_what { REC_FLUSH = 1, /* output was written */ REC_PERIOD = 2 /* an interval of totals was over */ };

struct rec_tick {
	uint16_t type, size;
	uint32_t what;
	uint64_t now_ns; /* CLOCK_MONOTONIC */
};

struct rec_end {
	uint16_t type, size;
	uint32_t child_status; /* of -- CMD as a shell has it, 0xffffffff without */
	uint64_t ran_ns;
	uint64_t now_ns; /* CLOCK_MONOTONIC when the end was told */
	uint64_t bad;	 /* records that the run left out, since they were not what the schema says */
	uint64_t records;
};

/*
 * Four lanes of 64 bits take 32 bytes at a time; every step is a bijection of its lane, so that a change in one word changes the sum. To
 * be given the result of the part before; 0 at first. A length that is no multiple of 32 ends a part with zeros and counts in it.
 */
uint64_t rec_sum(uint64_t before, const void *data, size_t n);

#endif
