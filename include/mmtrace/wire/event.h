/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Enumerations and records of the wire, expanded from event_table.h. Shared by BPF and user space; no functions.
 * A record in the ring is one struct mmt_ev_<name>, or one of the items of names.h; both begin with
 * { u16 type; u16 size }. All integers are in the machine's byte order (a recording says which).
 */
#ifndef MMTRACE_WIRE_EVENT_H
#define MMTRACE_WIRE_EVENT_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif
#include "event_table.h"

#define MMT_CAT_(a, b) a##b
#define MMT_CAT(a, b)  MMT_CAT_(a, b)

/* Wire kinds. */
#define MMT_C_U8  __u8
#define MMT_C_U16 __u16
#define MMT_C_U32 __u32
#define MMT_C_U64 __u64
#define MMT_C_S32 __s32
#define MMT_C_S64 __s64

enum mmt_wire { MMT_W_U8 = 1, MMT_W_U16, MMT_W_U32, MMT_W_U64, MMT_W_S32, MMT_W_S64 };

#define X(id, num, name, text) MMT_FAM_##id = num,
enum mmt_family { MMT_FAMILIES(X) MMT_FAM_MAX };
#undef X

#define X(id, num, name, fam, text) MMT_EV_##id = num,
enum mmt_event { MMT_EVENTS(X) MMT_EV_MAX = 128 };
#undef X

#define X(id, unit) MMT_LOOK_##id,
enum mmt_look { MMT_LOOKS(X) MMT_LOOK_MAX };
#undef X

#define MMT_ENUM_(prefix, id, num) MMT_##prefix##_##id = num,
#define X(id, num, name)	   MMT_ENUM_(ORIGIN, id, num)
enum mmt_origin { MMT_ORIGINS(X) };
#undef X
#define X(id, num, name) MMT_ENUM_(CAUSE, id, num)
enum mmt_cause { MMT_CAUSES(X) };
#undef X
#define X(id, num, name) MMT_ENUM_(HELPER, id, num)
enum mmt_helper { MMT_HELPERS(X) };
#undef X
#define X(id, num, name) MMT_ENUM_(FCLASS, id, num)
enum mmt_fclass { MMT_FCLASSES(X) };
#undef X
#define X(id, num, name) MMT_ENUM_(FKIND, id, num)
enum mmt_fkind { MMT_FKINDS(X) };
#undef X
#define X(id, num, name) MMT_ENUM_(FMODE, id, num)
enum mmt_fmode { MMT_FMODES(X) };
#undef X
#define X(id, num, name) MMT_ENUM_(LOCKOP, id, num)
enum mmt_lockop { MMT_LOCKOPS(X) };
#undef X
#define X(id, num, name) MMT_ENUM_(REACH, id, num)
enum mmt_reach { MMT_REACHES(X) };
#undef X
#define X(id, num, name) MMT_ENUM_(DEMO_WHAT, id, num)
enum mmt_demo_what { MMT_DEMO_WHATS(X) };
#undef X

/* How an event was seen. X(ID, number, "name as in --tier") */
// clang-format off
#define MMT_TIERS(X) \
	X(NONE, 0, "none") X(FSESSION, 1, "fsession") X(FENTRY, 2, "fentry") X(KPROBE, 3, "kprobe")	\
	X(TP_BTF, 4, "tp_btf") X(RAW_TP, 5, "raw_tp") X(TP, 6, "tp") X(PERF, 7, "perf")	\
	X(KPROBE_PERF, 8, "kprobe+perf") X(ITER, 9, "iter") X(PROC, 10, "proc")
// clang-format on
#define X(id, num, name) MMT_TIER_##id = num,
enum mmt_tier { MMT_TIERS(X) MMT_TIER_MAX };
#undef X

/*
 * The common header.
 *   have   bit i: field i of the event (in table order) is filled; a clear bit is "absent", which is not 0.
 *          MMT_HAVE_DUR: dur_ns is filled.
 *   ts_ns  CLOCK_MONOTONIC at the start; dur_ns to the end.
 *   mm     ordinal of the address space, from 1; 0: none or not known. Never a pointer.
 *   call   number of the enclosing system call or fault, counted per thread; 0: none known.
 *   depth  0: outermost; a helper called by a helper has 1, and so on.
 *   kstack, ustack   id of a stack item that came before (names.h); 0: none was asked for, or it was lost.
 */
struct mmt_hdr {
	__u16 type;
	__u16 size;
	__u8 tier;
	__u8 depth;
	__u16 cpu;
	__u64 ts_ns;
	__u64 dur_ns;
	__u64 have;
	__u32 pid;
	__u32 tid;
	__u32 mm;
	__u32 call;
	__u32 kstack;
	__u32 ustack;
};

#define MMT_HAVE_DUR (1ULL << 63)

/* struct mmt_ev_<name> */
#define MMT_MEMBER(ev, wire, count, name, look, text) MMT_C_##wire MMT_DIM_##count(name);
#define MMT_DIM_1(name)				      name
#define MMT_DIM_8(name)				      name[8]
#define X(id, num, name, fam, text)         \
	struct mmt_ev_##name {              \
		struct mmt_hdr h;           \
		MMT_FIELDS_##id(MMT_MEMBER) \
	};
MMT_EVENTS(X)
#undef X
#undef MMT_MEMBER

/* Index of a field in its event: MMT_F_<EVENT>_<field>. */
#define MMT_INDEX(ev, wire, count, name, look, text) MMT_F_##ev##_##name,
#define X(id, num, name, fam, text)		     enum mmt_f_##name{ MMT_FIELDS_##id(MMT_INDEX) MMT_F_COUNT_##id };
MMT_EVENTS(X)
#undef X
#undef MMT_INDEX

#define MMT_HAVE(ev, field) (1ULL << MMT_F_##ev##_##field)
#define MMT_HAVE_ALL(ev)    ((1ULL << MMT_F_COUNT_##ev) - 1)

/* No padding: the members' sizes add up to the struct's. */
#define MMT_SIZE(ev, wire, count, name, look, text) +sizeof(MMT_C_##wire) * (count)
#define X(id, num, name, fam, text)                                                                        \
	_Static_assert(sizeof(struct mmt_ev_##name) == sizeof(struct mmt_hdr) MMT_FIELDS_##id(MMT_SIZE) && \
			       sizeof(struct mmt_ev_##name) % 8 == 0,                                      \
		       "padding in the record of " #name);                                                 \
	_Static_assert((int)MMT_F_COUNT_##id < 60, "too many fields in " #name);
MMT_EVENTS(X)
#undef X
#undef MMT_SIZE
_Static_assert(sizeof(struct mmt_hdr) == 56, "header has padding");

/* Losses, counted per kind and per event. X(ID, number, name, "what it says") */
// clang-format off
#define MMT_LOSSES(X) \
	X(RING,     0, ring_full,    "the ring buffer was full")	\
	X(SLOT,     1, no_slot,      "no slot to pair an entry with its exit")	\
	X(RETURN,   2, ret_missed,   "an entry whose return was never seen")	\
	X(RUN,      3, run_overflow, "a run of installs that was still open at the end")	\
	X(GAP,      4, ledger_gap,   "the ledger met a change that does not fit")	\
	X(STACK,    5, stack_lost,   "a stack could not be stored")	\
	X(SYMBOL,   6, symbol,       "an address without a symbol")	\
	X(NAME,     7, name_lost,    "a name could not be sent")	\
	X(MM,       8, mm_full,      "no room to number an address space")	\
	X(RECURSE,  9, recursion,    "a program was not run since it was running on that CPU already")	\
	X(TARGET,  10, target_full,  "no room for a process in the target set")	\
	X(DIFFER,  11, ledger_wrong, "the ledger was not what the kernel had, and nothing was lost: a bug in mmtrace")	\
	X(TOTAL,   12, total_full,   "no room for one more key of totals: its faults are counted as other")	\
	X(MUTE,    13, events_gone,  "a program that runs as another user (set-id): the kernel took its fault events away")
// clang-format on
#define X(id, num, name, text) MMT_LOSS_##id = num,
enum mmt_loss { MMT_LOSSES(X) MMT_LOSS_MAX = 16 };
#undef X
/* index in the per-CPU array of counters */
#define MMT_LOSS_INDEX(kind, event) ((kind)*MMT_EV_MAX + (event))
#define MMT_LOSS_SLOTS		    (MMT_LOSS_MAX * MMT_EV_MAX)

#endif
