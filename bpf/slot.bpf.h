/* SPDX-License-Identifier: GPL-2.0 */
/* What is kept of a thread's fault while it is under way: part of core.bpf.h. */
#ifndef MMTRACE_SLOT_BPF_H
#define MMTRACE_SLOT_BPF_H

#include "compat.bpf.h"
#include "mmtrace/wire/event.h"

/*
 * One slot per thread id modulo the array's size, with the owner's id in it. An array because a fault's pairing is the
 * hottest path there is; two threads with in-flight faults in one slot are rare and counted (MMT_LOSS_SLOT).
 */
enum { SLOT_IDLE = 0, SLOT_RUNNING = 1, SLOT_RETRY = 2 };

struct mmt_slot {
	union {
		__u64 tid_head; /* both at once */
		struct {
			__u32 tid;
			union {
				__u32 head;
				struct {
					__u8 state;  /* SLOT_ */
					__u8 nested; /* handle_mm_fault entered while one runs */
					__u8 quick;  /* 1: ev has what the first touch of anonymous memory always has */
					__u8 marks;  /* enum mmt_mark */
				};
			};
		};
	};
	__u32 calls;  /* counter behind hdr.call; goes on when the slot changes hands, so (tid, call) stays unique */
	__u32 mm;     /* number of mm_key */
	__u64 mm_key; /* last address space */
	__u32 waits;  /* 1: ends with the system call, if nothing tells of its end before */
	__u32 seq;    /* of mm_key, when vma was */
	__u64 vma;    /* whose fields ev has, while quick; 0: none */
	struct mmt_ev_fault ev;
};

#define TID_HEAD(tid, head) ((__u64)(head) << 32 | (tid)) /* both machines are little-endian */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct mmt_slot);
} slots SEC(".maps");

/* how many slots have mmt_slot.waits */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} faults_wait SEC(".maps");

#endif
