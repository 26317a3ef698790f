/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The driver's own tracepoints. Their arguments are plain numbers on purpose: a module built on a board
 * has no BTF, so a BPF program cannot look into a struct of it, but a raw tracepoint program can always
 * read numbers. Argument order is the interface: kind is always the first (enum mmdemo_id).
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mmdemo

#if !defined(MMDEMO_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define MMDEMO_TRACE_H

#include <linux/tracepoint.h>

#include "mmdemo_uapi.h"

/* Tell user space the numbers: it reads the format text, where the names mean nothing. */
#define MMDEMO_TRACE_NUMBER(ID, ident, number, name, mode, about, shows) TRACE_DEFINE_ENUM(MMDEMO_##ID);
MMDEMO_KINDS(MMDEMO_TRACE_NUMBER)
TRACE_DEFINE_ENUM(MMDEMO_BY_MMAP);

/* The list has no separators, and the last row of a flag list must not have one: so each brings its own in front. */
#define MMDEMO_TRACE_NAME(ID, ident, number, name, mode, about, shows) , { MMDEMO_##ID, name }
#define mmdemo_show_kind(id) __print_symbolic(id, { 0, "none" } MMDEMO_KINDS(MMDEMO_TRACE_NAME))

/* A VMA of this driver came to life; `maps` counts it already. Opens and closes balance. */
TRACE_EVENT(vma_open,
	TP_PROTO(unsigned int kind, unsigned long start, unsigned long end, unsigned long pgoff, unsigned int how,
		 unsigned int maps),
	TP_ARGS(kind, start, end, pgoff, how, maps),
	TP_STRUCT__entry(
		__field(unsigned int, kind)
		__field(unsigned int, how)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(unsigned long, pgoff)
		__field(unsigned int, maps)
	),
	TP_fast_assign(
		__entry->kind = kind;
		__entry->how = how;
		__entry->start = start;
		__entry->end = end;
		__entry->pgoff = pgoff;
		__entry->maps = maps;
	),
	TP_printk("kind=%s start=0x%lx end=0x%lx pgoff=0x%lx how=%s maps=%u", mmdemo_show_kind(__entry->kind),
		  __entry->start, __entry->end, __entry->pgoff, __entry->how == MMDEMO_BY_MMAP ? "mmap" : "copy",
		  __entry->maps)
);

/* A VMA of this driver ends; `maps` counts it no more. */
TRACE_EVENT(vma_close,
	TP_PROTO(unsigned int kind, unsigned long start, unsigned long end, unsigned long pgoff, unsigned int maps),
	TP_ARGS(kind, start, end, pgoff, maps),
	TP_STRUCT__entry(
		__field(unsigned int, kind)
		__field(unsigned int, maps)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(unsigned long, pgoff)
	),
	TP_fast_assign(
		__entry->kind = kind;
		__entry->maps = maps;
		__entry->start = start;
		__entry->end = end;
		__entry->pgoff = pgoff;
	),
	TP_printk("kind=%s start=0x%lx end=0x%lx pgoff=0x%lx maps=%u", mmdemo_show_kind(__entry->kind),
		  __entry->start, __entry->end, __entry->pgoff, __entry->maps)
);

/* One call of a kind's .fault: `flags` is FAULT_FLAG_*, `result` VM_FAULT_* (0: the page is in vmf->page). */
TRACE_EVENT(fault,
	TP_PROTO(unsigned int kind, unsigned long address, unsigned long pgoff, unsigned int flags,
		 unsigned int result),
	TP_ARGS(kind, address, pgoff, flags, result),
	TP_STRUCT__entry(
		__field(unsigned int, kind)
		__field(unsigned int, flags)
		__field(unsigned long, address)
		__field(unsigned long, pgoff)
		__field(unsigned int, result)
	),
	TP_fast_assign(
		__entry->kind = kind;
		__entry->flags = flags;
		__entry->address = address;
		__entry->pgoff = pgoff;
		__entry->result = result;
	),
	TP_printk("kind=%s address=0x%lx pgoff=0x%lx flags=0x%x result=0x%x", mmdemo_show_kind(__entry->kind),
		  __entry->address, __entry->pgoff, __entry->flags, __entry->result)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
