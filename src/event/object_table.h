/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What filters and expectations can ask besides the fields of event_table.h, in the same form: what every event has in its header
 * or by what is known around it, and the ledger's objects. None of it is in a record.
 *
 *   MMT_OBJECTS(X)             X(ID, number, name, "what it is")
 *   MMT_OBJECT_FIELDS_<ID>(F)  F(ID, wire, count, name, look, "what it says")
 *
 * wire: U64, S64, or TEXT. look: as in event_table.h, and MMT_OBJECT_LOOKS for what no record has. Names are for ever.
 */
#ifndef MMTRACE_EVENT_OBJECT_TABLE_H
#define MMTRACE_EVENT_OBJECT_TABLE_H

// clang-format off

#define MMT_OBJECTS(X) \
	X(EVENT,   0, event,   "any event: its header, and what is known around it")	\
	X(MAPPING, 1, mapping, "a mapping, as the ledger has it; of an event the one that it is about")	\
	X(PROCESS, 2, process, "an address space that lives, as the ledger has it")

/*
 * TEXT · BOOL yes or no · EVNAME, FAMILY, TIER of the event table · ERRNO a positive one · SINCE time since the hooks were live,
 * negative before · MEMTYPE key of a memory type, as text · REASON what ended a mapping
 */
#define MMT_OBJECT_LOOKS(X) \
	X(TEXT) X(BOOL) X(EVNAME) X(FAMILY) X(TIER) X(ERRNO) X(SINCE) X(MEMTYPE) X(REASON)

#define MMT_OBJECT_FIELDS_EVENT(F) \
	F(EVENT, U64,  1, event,     EVNAME,  "its name: mmap, fault, ...")	\
	F(EVENT, U64,  1, family,    FAMILY,  "its family: call, change, ...")	\
	F(EVENT, U64,  1, pid,       PID,     "process id")	\
	F(EVENT, U64,  1, tid,       PID,     "thread id")	\
	F(EVENT, TEXT, 1, comm,      TEXT,    "name of the process")	\
	F(EVENT, U64,  1, cpu,       DEC,     "CPU it happened on")	\
	F(EVENT, S64,  1, ts,        SINCE,   "when it began")	\
	F(EVENT, U64,  1, lat,       NSEC,    "how long it took")	\
	F(EVENT, U64,  1, dur,       NSEC,    "the same")	\
	F(EVENT, U64,  1, mm,        DEC,     "ordinal of the address space")	\
	F(EVENT, U64,  1, call,      DEC,     "number of the enclosing call, per thread")	\
	F(EVENT, U64,  1, depth,     DEC,     "0: called by no other helper")	\
	F(EVENT, U64,  1, tier,      TIER,    "how it was seen")	\
	F(EVENT, U64,  1, failed,    BOOL,    "did it fail?")	\
	F(EVENT, U64,  1, error,     ERRNO,   "error it failed with, of what returns one; 0: none")	\
	F(EVENT, TEXT, 1, driver,    TEXT,    "module whose mapping it is about; kernel: built in; empty: no driver has to do with it")	\
	F(EVENT, TEXT, 1, memtype,   MEMTYPE, "memory type of what was mapped")	\
	F(EVENT, U64,  1, phys,      ADDR,    "lowest physical address of what was mapped")	\
	F(EVENT, U64,  1, phys_end,  ADDR,    "first physical address behind it")	\
	F(EVENT, TEXT, 1, phys_name, TEXT,    "what /proc/iomem calls the place")

#define MMT_OBJECT_FIELDS_MAPPING(F) \
	F(MAPPING, TEXT, 1, id,        TEXT,    "name for life: m17, its copy m17.1")	\
	F(MAPPING, TEXT, 1, parent,    TEXT,    "id of what it was copied from; empty: it is no copy")	\
	F(MAPPING, TEXT, 1, path,      TEXT,    "path of the file, or [anon], [heap], [stack], [special]")	\
	F(MAPPING, U64,  1, kind,      FCLASS,  "what it is made of")	\
	F(MAPPING, TEXT, 1, driver,    TEXT,    "module that maps it; kernel: built in; empty: none")	\
	F(MAPPING, TEXT, 1, func,      TEXT,    "the driver's ->mmap")	\
	F(MAPPING, U64,  1, pid,       PID,     "process it is in")	\
	F(MAPPING, TEXT, 1, comm,      TEXT,    "name of the process that made it")	\
	F(MAPPING, U64,  1, mm,        DEC,     "ordinal of the address space it is in")	\
	F(MAPPING, U64,  1, start,     ADDR,    "first address")	\
	F(MAPPING, U64,  1, offset,    SIZE,    "offset of that in the file")	\
	F(MAPPING, U64,  1, bytes,     SIZE,    "size now; 0: it is no more")	\
	F(MAPPING, U64,  1, peak,      SIZE,    "the most it ever was")	\
	F(MAPPING, U64,  1, flags,     VMFLAGS, "its vm_flags")	\
	F(MAPPING, U64,  1, origin,    ORIGIN,  "who made it")	\
	F(MAPPING, TEXT, 1, memtype,   MEMTYPE, "memory type of what is mapped; of an event's mapping only where that says it")	\
	F(MAPPING, U64,  1, rdev,      DEV,     "device file it is of")	\
	F(MAPPING, U64,  1, ranges,    DEC,     "ranges it is in now, after protections and holes")	\
	F(MAPPING, U64,  1, copies,    DEC,     "copies made of it so far")	\
	F(MAPPING, U64,  1, faults,    DEC,     "page faults in it so far")	\
	F(MAPPING, U64,  1, fault_time, NSEC,   "time that they took")	\
	F(MAPPING, U64,  1, installed, PAGES,   "pages that a driver put in so far")	\
	F(MAPPING, U64,  1, helper,    HELPER,  "by which function, the last of them")	\
	F(MAPPING, S64,  1, born,      SINCE,   "when it was made")	\
	F(MAPPING, S64,  1, closed,    SINCE,   "when it ended")	\
	F(MAPPING, U64,  1, life,      NSEC,    "how long it lived")	\
	F(MAPPING, U64,  1, reason,    REASON,  "what ended it; live: nothing yet")	\
	F(MAPPING, U64,  1, imported,  BOOL,    "was it there before the trace?")	\
	F(MAPPING, U64,  1, guessed,   BOOL,    "is it pieced together from system calls?")	\
	F(MAPPING, U64,  1, unsure,    BOOL,    "was it made while something of its address space was missed?")

#define MMT_OBJECT_FIELDS_PROCESS(F) \
	F(PROCESS, U64,  1, pid,      PID,  "process id")	\
	F(PROCESS, TEXT, 1, comm,     TEXT, "its name")	\
	F(PROCESS, U64,  1, mm,       DEC,  "ordinal of its address space")	\
	F(PROCESS, U64,  1, mappings, DEC,  "mappings in it now")	\
	F(PROCESS, U64,  1, bytes,    SIZE, "bytes mapped in it now")	\
	F(PROCESS, U64,  1, gap,      BOOL, "was something of it missed?")

// clang-format on

#endif
