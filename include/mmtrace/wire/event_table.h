/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The list of events and of their fields: the one place where the wire format is written down.
 * Everything else (enum, structs, schema, JSON, columns, filter names, docs, tests) expands it.
 *
 *   MMT_EVENTS(X)          X(ID, number, name, family, "what it says")
 *   MMT_FIELDS_<ID>(F)     F(ID, wire, count, name, look, "what it says")
 *
 *   wire    fixed-width kind in the record: U8 U16 U32 U64 S32 S64
 *   count   1, or the length of an array
 *   look    how a reader shows it, and its unit: see MMT_LOOKS
 *
 * Numbers, names and kinds are for ever; new fields and events are added, nothing is reused. The order is free: every
 * stream carries its schema. Fields stand widest first, and a record's size is a multiple of 8: there is no padding
 * (event.h asserts it), so no stale kernel bytes leave the machine.
 *
 * To add an event: a row here, its fields, a hook in bpf/, its tier rows in src/probe/hook_table.h.
 */
#ifndef MMTRACE_WIRE_EVENT_TABLE_H
#define MMTRACE_WIRE_EVENT_TABLE_H

#include "event_words.h"

// clang-format off

#define MMT_FAMILIES(X) \
	X(CALL,    0, call,    "what a program asked for and what it got: system calls")	\
	X(CHANGE,  1, change,  "what happened to an address space, in the order of truth")	\
	X(OBJECT,  2, object,  "VMA objects, born and freed")	\
	X(DRIVER,  3, driver,  "a driver's or filesystem's own callbacks")	\
	X(INSTALL, 4, install, "page-table entries a driver put in")	\
	X(FAULT,   5, fault,   "page faults")	\
	X(DEMO,    6, demo,    "trace events of the demo driver")	\
	X(REMOTE,  7, remote,  "one process reads or writes another's memory")	\
	X(SIGNAL,  8, signal,  "signals for an access to memory")	\
	X(TOTAL,   9, total,   "page faults added up, and where their time goes")

#define MMT_EVENTS(X) \
	X(MMAP,         1, mmap,         CALL,    "mmap(2) was called")	\
	X(MUNMAP,       2, munmap,       CALL,    "munmap(2) was called")	\
	X(MPROTECT,     3, mprotect,     CALL,    "mprotect(2) was called")	\
	X(MREMAP,       4, mremap,       CALL,    "mremap(2) was called")	\
	X(BRK,          5, brk,          CALL,    "brk(2) was called")	\
	X(MSYNC,        6, msync,        CALL,    "msync(2) was called")	\
	X(MADVISE,      7, madvise,      CALL,    "madvise(2) or process_madvise(2) was called")	\
	X(MLOCK,        8, mlock,        CALL,    "mlock(2), mlock2, mlockall, munlock or munlockall was called")	\
	X(SHMGET,       9, shmget,       CALL,    "shmget(2) was called")	\
	X(SHMAT,       10, shmat,        CALL,    "shmat(2) was called")	\
	X(SHMDT,       11, shmdt,        CALL,    "shmdt(2) was called")	\
	X(MEMFD,       12, memfd_create, CALL,    "memfd_create(2) was called")	\
	X(REMAP_FILE,  13, remap_file_pages, CALL, "remap_file_pages(2) was called")	\
	X(VMA_MAP,     20, vma_map,      CHANGE,  "a range became mapped")	\
	X(VMA_UNMAP,   21, vma_unmap,    CHANGE,  "a range is no longer mapped")	\
	X(VMA_PROT,    22, vma_prot,     CHANGE,  "a range has new permissions")	\
	X(VMA_MOVE,    23, vma_move,     CHANGE,  "a range moved or grew by mremap")	\
	X(VMA_DUP,     24, vma_dup,      CHANGE,  "fork copied a range into the child")	\
	X(VMA_GROW,    25, vma_grow,     CHANGE,  "a stack grew; the range is its new one")	\
	X(EXEC,        26, exec,         CHANGE,  "a process runs a new program in a new address space")	\
	X(EXIT,        27, exit,         CHANGE,  "an address space is torn down")	\
	X(VMA_IMPORT,  28, vma_import,   CHANGE,  "a range that was mapped before the trace began")	\
	X(FORK,        29, fork,         CHANGE,  "a process was forked")	\
	X(VMA_WALK,    30, vma_walk,     CHANGE,  "a range as a walk over the address space found it")	\
	X(VMA_NEW,     40, vma_new,      OBJECT,  "a VMA object was made, its range final")	\
	X(VMA_FREE,    41, vma_free,     OBJECT,  "a VMA object was freed")	\
	X(DRIVER_MMAP, 50, driver_mmap,  DRIVER,  "the file's ->mmap (or ->mmap_prepare) ran")	\
	X(DRIVER_OPEN, 51, driver_open,  DRIVER,  "vm_ops->open ran: fork, split or move of a mapping")	\
	X(DRIVER_CLOSE,52, driver_close, DRIVER,  "vm_ops->close ran")	\
	X(DRIVER_FAULT,53, driver_fault, DRIVER,  "vm_ops->fault ran")	\
	X(DRIVER_MKWRITE,54,driver_mkwrite,DRIVER,"vm_ops->page_mkwrite or ->pfn_mkwrite ran")	\
	X(DRIVER_ACCESS,55,driver_access,DRIVER,  "vm_ops->access ran: a debugger reads or writes")	\
	X(DRIVER_SPLIT,56, driver_split, DRIVER,  "vm_ops->may_split ran")	\
	X(PFN_MAP,     60, pfn_map,      INSTALL, "PFNs were mapped: remap_pfn_range, vm_iomap_memory")	\
	X(PAGE_MAP,    61, page_map,     INSTALL, "pages were mapped: vm_insert_page(s), vm_map_pages, remap_vmalloc_range")	\
	X(DMA_MAP,     62, dma_map,      INSTALL, "a DMA buffer was mapped: dma_mmap_attrs")	\
	X(OBJ_MAP,     63, obj_map,      INSTALL, "a buffer object was mapped: dma_buf_mmap, drm_gem_mmap")	\
	X(FAULT,       70, fault,        FAULT,   "one page fault, retries included")	\
	X(FAULT_SPLIT, 71, fault_split,  TOTAL,   "where the time of the fault before it went")	\
	X(FAULT_KEY,   72, fault_key,    TOTAL,   "what faults are counted by: told once, at the first of them")	\
	X(DEMO,        80, demo,         DEMO,    "a trace event of the demo driver mmdemo")	\
	X(REMOTE,      90, remote,       REMOTE,  "ptrace, /proc/PID/mem or process_vm_readv reached into an address space")	\
	X(SIGNAL,      91, signal,       SIGNAL,  "SIGBUS or SIGSEGV for an access to memory")

/*
 * How a field is shown. X(ID, "unit")
 *   ADDR user address, hex · KADDR/KSYM kernel address, shown as module:function · SIZE bytes · PAGES · NSEC · PFN
 *   PROT mmap's prot bits · MFLAGS mmap's flags · VMFLAGS vma->vm_flags · RFLAGS mremap's flags · RET 0, a count or -errno
 *   RETADDR an address or -errno · FD · DEV dev_t as major << 20 | minor (kernel's MKDEV, include/linux/kdev_t.h, 6.12)
 *   NAME key of a name item, shown as its text · FFLAGS enum fault_flag · FRESULT vm_fault_t · PGPROT raw pgprot
 *   MSFLAGS of msync · ADVICE MADV_ · SHMFLAGS of shmget and shmat · MFDFLAGS of memfd_create · SIGNO, SICODE of a signal
 *   the rest name an enumeration of event_words.h
 */
#define MMT_LOOKS(X) \
	X(DEC, "")	X(HEX, "")	X(ADDR, "")	X(KSYM, "")	X(SIZE, "bytes")	X(PAGES, "pages")	X(NSEC, "ns")	\
	X(PFN, "")	X(PROT, "")	X(MFLAGS, "")	X(VMFLAGS, "")	X(RFLAGS, "")	X(RET, "")	X(RETADDR, "")	\
	X(FD, "")	X(DEV, "")	X(NAME, "")	X(FFLAGS, "")	X(FRESULT, "")	X(PGPROT, "")	X(PID, "")	\
	X(ORIGIN, "")	X(CAUSE, "")	X(HELPER, "")	X(FCLASS, "")	X(FKIND, "")	X(FMODE, "")	X(DEMO_WHAT, "")	\
	X(MSFLAGS, "")	X(ADVICE, "")	X(LOCKOP, "")	X(SHMFLAGS, "")	X(MFDFLAGS, "")	X(REACH, "")	X(SIGNO, "")	\
	X(SICODE, "")

/* ---- fields -------------------------------------------------------------------------------------------------- */

/* The VMA an event is about: 64 bytes, the first fields of every event that has one. */
#define MMT_FIELDS_VMA(F, E) \
	F(E, U64, 1, vma_start, ADDR,    "first address of the VMA")	\
	F(E, U64, 1, vma_end,   ADDR,    "first address behind the VMA")	\
	F(E, U64, 1, pgoff,     PAGES,   "offset of the VMA in its file")	\
	F(E, U64, 1, vm_flags,  VMFLAGS, "vma->vm_flags")	\
	F(E, U64, 1, ino,       DEC,     "inode number of the file")	\
	F(E, U64, 1, file,      NAME,    "path of the file")	\
	F(E, U64, 1, ops,       KSYM,    "first function of vm_ops that is set, of fault, open, close, mmap")	\
	F(E, U32, 1, dev,       DEV,     "device the file is on")	\
	F(E, U32, 1, rdev,      DEV,     "device the file stands for, of a character or block device")

#define MMT_FIELDS_MMAP(F) \
	F(MMAP, U64, 1, addr,   ADDR,    "address asked for")	\
	F(MMAP, U64, 1, len,    SIZE,    "length asked for")	\
	F(MMAP, U64, 1, off,    SIZE,    "offset in the file")	\
	F(MMAP, S64, 1, ret,    RETADDR, "address got, or -errno")	\
	F(MMAP, U64, 1, file,   NAME,    "path of the file, where the tier can know it")	\
	F(MMAP, U32, 1, prot,   PROT,    "PROT_ bits")	\
	F(MMAP, U32, 1, flags,  MFLAGS,  "MAP_ bits")	\
	F(MMAP, S32, 1, fd,     FD,      "file descriptor")	\
	F(MMAP, U32, 1, compat, DEC,     "1: a 32-bit call")

#define MMT_FIELDS_MUNMAP(F) \
	F(MUNMAP, U64, 1, addr,   ADDR, "start of the range")	\
	F(MUNMAP, U64, 1, len,    SIZE, "length asked for")	\
	F(MUNMAP, U64, 1, bytes,  SIZE, "bytes that were mapped there and were torn down")	\
	F(MUNMAP, S32, 1, ret,    RET,  "0 or -errno")	\
	F(MUNMAP, U32, 1, compat, DEC,  "1: a 32-bit call")

#define MMT_FIELDS_MPROTECT(F) \
	F(MPROTECT, U64, 1, addr,   ADDR, "start of the range")	\
	F(MPROTECT, U64, 1, len,    SIZE, "length")	\
	F(MPROTECT, U32, 1, prot,   PROT, "PROT_ bits")	\
	F(MPROTECT, S32, 1, pkey,   DEC,  "protection key, -1 without")	\
	F(MPROTECT, S32, 1, ret,    RET,  "0 or -errno")	\
	F(MPROTECT, U32, 1, compat, DEC,  "1: a 32-bit call")

#define MMT_FIELDS_MREMAP(F) \
	F(MREMAP, U64, 1, addr,     ADDR,    "old address")	\
	F(MREMAP, U64, 1, old_len,  SIZE,    "old length")	\
	F(MREMAP, U64, 1, len,      SIZE,    "new length")	\
	F(MREMAP, U64, 1, new_addr, ADDR,    "new address asked for (MREMAP_FIXED)")	\
	F(MREMAP, S64, 1, ret,      RETADDR, "address got, or -errno")	\
	F(MREMAP, U32, 1, flags,    RFLAGS,  "MREMAP_ bits")	\
	F(MREMAP, U32, 1, compat,   DEC,     "1: a 32-bit call")

#define MMT_FIELDS_BRK(F) \
	F(BRK, U64, 1, addr,   ADDR,    "break asked for; 0 asks where it is")	\
	F(BRK, S64, 1, ret,    RETADDR, "break got")	\
	F(BRK, U32, 1, compat, DEC,     "1: a 32-bit call")	\
	F(BRK, U32, 1, zero0,  DEC,     "always 0")

/* addr: where; ret of process_madvise is the bytes advised */
#define MMT_FIELDS_MSYNC(F) \
	F(MSYNC, U64, 1, addr,   ADDR,    "start of the range")	\
	F(MSYNC, U64, 1, len,    SIZE,    "length")	\
	F(MSYNC, U32, 1, flags,  MSFLAGS, "MS_ bits")	\
	F(MSYNC, S32, 1, ret,    RET,     "0 or -errno")	\
	F(MSYNC, U32, 1, compat, DEC,     "1: a 32-bit call")	\
	F(MSYNC, U32, 1, zero0,  DEC,     "always 0")

#define MMT_FIELDS_MADVISE(F) \
	F(MADVISE, U64, 1, addr,   ADDR,   "start of the range; of the first one of process_madvise")	\
	F(MADVISE, U64, 1, len,    SIZE,   "its length")	\
	F(MADVISE, S64, 1, ret,    RET,    "0, bytes advised by process_madvise, or -errno")	\
	F(MADVISE, U64, 1, ranges, DEC,    "ranges that process_madvise was given; absent for madvise")	\
	F(MADVISE, U32, 1, advice, ADVICE, "MADV_ value")	\
	F(MADVISE, S32, 1, pidfd,  FD,     "the process, of process_madvise; absent for madvise")	\
	F(MADVISE, U32, 1, compat, DEC,    "1: a 32-bit call")	\
	F(MADVISE, U32, 1, zero0,  DEC,    "always 0")

#define MMT_FIELDS_MLOCK(F) \
	F(MLOCK, U64, 1, addr,   ADDR,   "start of the range; absent for mlockall and munlockall")	\
	F(MLOCK, U64, 1, len,    SIZE,   "its length; absent likewise")	\
	F(MLOCK, U32, 1, op,     LOCKOP, "which call")	\
	F(MLOCK, U32, 1, flags,  HEX,    "MLOCK_ONFAULT of mlock2, MCL_ bits of mlockall; else absent")	\
	F(MLOCK, S32, 1, ret,    RET,    "0 or -errno")	\
	F(MLOCK, U32, 1, compat, DEC,    "1: a 32-bit call")

#define MMT_FIELDS_SHMGET(F) \
	F(SHMGET, U64, 1, len,    SIZE,     "size asked for")	\
	F(SHMGET, U32, 1, key,    HEX,      "key; 0: IPC_PRIVATE")	\
	F(SHMGET, U32, 1, flags,  SHMFLAGS, "IPC_ and SHM_ bits and permissions")	\
	F(SHMGET, S32, 1, ret,    RET,      "segment's id, or -errno")	\
	F(SHMGET, U32, 1, compat, DEC,      "1: a 32-bit call")

#define MMT_FIELDS_SHMAT(F) \
	F(SHMAT, U64, 1, addr,   ADDR,     "address asked for, 0: any")	\
	F(SHMAT, S64, 1, ret,    RETADDR,  "address got, or -errno")	\
	F(SHMAT, S32, 1, id,     DEC,      "segment's id")	\
	F(SHMAT, U32, 1, flags,  SHMFLAGS, "SHM_ bits")	\
	F(SHMAT, U32, 1, compat, DEC,      "1: a 32-bit call")	\
	F(SHMAT, U32, 1, zero0,  DEC,      "always 0")

#define MMT_FIELDS_SHMDT(F) \
	F(SHMDT, U64, 1, addr,   ADDR, "address of the segment")	\
	F(SHMDT, S32, 1, ret,    RET,  "0 or -errno")	\
	F(SHMDT, U32, 1, compat, DEC,  "1: a 32-bit call")

#define MMT_FIELDS_MEMFD(F) \
	F(MEMFD, U64, 1, name,   NAME,     "name given")	\
	F(MEMFD, U32, 1, flags,  MFDFLAGS, "MFD_ bits")	\
	F(MEMFD, S32, 1, ret,    RET,      "descriptor got, or -errno")	\
	F(MEMFD, U32, 1, compat, DEC,      "1: a 32-bit call")	\
	F(MEMFD, U32, 1, zero0,  DEC,      "always 0")

#define MMT_FIELDS_REMAP_FILE(F) \
	F(REMAP_FILE, U64, 1, addr,   ADDR,   "start of the range")	\
	F(REMAP_FILE, U64, 1, len,    SIZE,   "length")	\
	F(REMAP_FILE, U64, 1, pgoff,  PAGES,  "new offset in the file")	\
	F(REMAP_FILE, U32, 1, prot,   PROT,   "must be 0")	\
	F(REMAP_FILE, U32, 1, flags,  MFLAGS, "MAP_ bits")	\
	F(REMAP_FILE, S32, 1, ret,    RET,    "0 or -errno")	\
	F(REMAP_FILE, U32, 1, compat, DEC,    "1: a 32-bit call")

#define MMT_FIELDS_VMA_MAP(F) \
	MMT_FIELDS_VMA(F, VMA_MAP)	\
	F(VMA_MAP, U64, 1, addr,   ADDR,   "start of the range that became mapped")	\
	F(VMA_MAP, U64, 1, len,    SIZE,   "its length")	\
	F(VMA_MAP, U64, 1, pgprot, PGPROT, "vma->vm_page_prot: memory type and permissions of pages faulted in")	\
	F(VMA_MAP, U32, 1, origin, ORIGIN, "who asked")	\
	F(VMA_MAP, U32, 1, zero0,  DEC,    "always 0")

#define MMT_FIELDS_VMA_UNMAP(F) \
	F(VMA_UNMAP, U64, 1, addr,   ADDR,   "start of the range")	\
	F(VMA_UNMAP, U64, 1, len,    SIZE,   "its length")	\
	F(VMA_UNMAP, U64, 1, bytes,  SIZE,   "bytes that were mapped in it")	\
	F(VMA_UNMAP, U32, 1, origin, ORIGIN, "who asked")	\
	F(VMA_UNMAP, U32, 1, zero0,  DEC,    "always 0")

#define MMT_FIELDS_VMA_PROT(F) \
	MMT_FIELDS_VMA(F, VMA_PROT)	\
	F(VMA_PROT, U64, 1, addr,   ADDR,   "start of the range")	\
	F(VMA_PROT, U64, 1, len,    SIZE,   "its length")	\
	F(VMA_PROT, U64, 1, pgprot, PGPROT, "vma->vm_page_prot")	\
	F(VMA_PROT, U32, 1, origin, ORIGIN, "who asked")	\
	F(VMA_PROT, U32, 1, zero0,  DEC,    "always 0")

#define MMT_FIELDS_VMA_MOVE(F) \
	MMT_FIELDS_VMA(F, VMA_MOVE)	\
	F(VMA_MOVE, U64, 1, addr,     ADDR,   "new start of the range")	\
	F(VMA_MOVE, U64, 1, len,      SIZE,   "new length")	\
	F(VMA_MOVE, U64, 1, old_addr, ADDR,   "old start; the same when it grew in place")	\
	F(VMA_MOVE, U64, 1, old_len,  SIZE,   "old length")	\
	F(VMA_MOVE, U32, 1, origin,   ORIGIN, "who asked")	\
	F(VMA_MOVE, U32, 1, zero0,    DEC,    "always 0")

#define MMT_FIELDS_VMA_DUP(F) \
	MMT_FIELDS_VMA(F, VMA_DUP)	\
	F(VMA_DUP, U64, 1, addr,    ADDR, "start of the range")	\
	F(VMA_DUP, U64, 1, len,     SIZE, "its length")	\
	F(VMA_DUP, U32, 1, from_mm, DEC,  "address space it was copied from; the header's mm is the child's")	\
	F(VMA_DUP, U32, 1, zero0,   DEC,  "always 0")

#define MMT_FIELDS_VMA_GROW(F) \
	MMT_FIELDS_VMA(F, VMA_GROW)	\
	F(VMA_GROW, U64, 1, addr,   ADDR,   "start of the VMA, grown")	\
	F(VMA_GROW, U64, 1, len,    SIZE,   "its whole length, grown")	\
	F(VMA_GROW, U64, 1, pgprot, PGPROT, "vma->vm_page_prot")	\
	F(VMA_GROW, U32, 1, origin, ORIGIN, "who asked")	\
	F(VMA_GROW, U32, 1, zero0,  DEC,    "always 0")

#define MMT_FIELDS_EXEC(F) \
	F(EXEC, U64, 1, file, NAME, "program, as exec was given it")	\
	F(EXEC, U64, 1, comm, NAME, "new command name")

#define MMT_FIELDS_EXIT(F) \
	F(EXIT, U32, 1, origin, ORIGIN, "exit, or exec when the program was replaced")	\
	F(EXIT, U32, 1, zero0,  DEC,    "always 0")

#define MMT_FIELDS_VMA_IMPORT(F) \
	MMT_FIELDS_VMA(F, VMA_IMPORT)	\
	F(VMA_IMPORT, U64, 1, addr, ADDR, "start of the range")	\
	F(VMA_IMPORT, U64, 1, len,  SIZE, "its length")	\
	F(VMA_IMPORT, U64, 1, pgprot, PGPROT, "vma->vm_page_prot")

/* As vma_import, between MMT_SYNC_WALK_BEGIN and _END, in order of address. */
#define MMT_FIELDS_VMA_WALK(F) \
	MMT_FIELDS_VMA(F, VMA_WALK)	\
	F(VMA_WALK, U64, 1, addr,   ADDR,   "start of the range")	\
	F(VMA_WALK, U64, 1, len,    SIZE,   "its length")	\
	F(VMA_WALK, U64, 1, pgprot, PGPROT, "vma->vm_page_prot")

#define MMT_FIELDS_FORK(F) \
	F(FORK, U64, 1, comm,      NAME, "command name of the parent")	\
	F(FORK, U32, 1, child,     PID,  "process id of the child")	\
	F(FORK, U32, 1, child_mm,  DEC,  "address space of the child; the parent's own with CLONE_VM")

#define MMT_FIELDS_VMA_NEW(F) \
	MMT_FIELDS_VMA(F, VMA_NEW)	\
	F(VMA_NEW, U32, 1, cause, CAUSE, "why it was made")	\
	F(VMA_NEW, U32, 1, zero0, DEC,   "always 0")

#define MMT_FIELDS_VMA_FREE(F) \
	MMT_FIELDS_VMA(F, VMA_FREE)	\
	F(VMA_FREE, U32, 1, cause, CAUSE, "why it was freed")	\
	F(VMA_FREE, U32, 1, zero0, DEC,   "always 0")

#define MMT_FIELDS_DRIVER_MMAP(F) \
	MMT_FIELDS_VMA(F, DRIVER_MMAP)	\
	F(DRIVER_MMAP, U64, 1, func,    KSYM, "the function")	\
	F(DRIVER_MMAP, U64, 1, addr,    ADDR, "start of the range")	\
	F(DRIVER_MMAP, U64, 1, len,     SIZE, "its length")	\
	F(DRIVER_MMAP, S32, 1, ret,     RET,  "what the function returned")	\
	F(DRIVER_MMAP, U32, 1, prepare, DEC,  "1: ->mmap_prepare")

#define MMT_FIELDS_DRIVER_OPEN(F) \
	MMT_FIELDS_VMA(F, DRIVER_OPEN)	\
	F(DRIVER_OPEN, U64, 1, func, KSYM, "the function")

#define MMT_FIELDS_DRIVER_CLOSE(F) \
	MMT_FIELDS_VMA(F, DRIVER_CLOSE)	\
	F(DRIVER_CLOSE, U64, 1, func, KSYM, "the function")

#define MMT_FIELDS_DRIVER_FAULT(F) \
	MMT_FIELDS_VMA(F, DRIVER_FAULT)	\
	F(DRIVER_FAULT, U64, 1, func,   KSYM,    "the function")	\
	F(DRIVER_FAULT, U64, 1, addr,   ADDR,    "address that faulted")	\
	F(DRIVER_FAULT, U32, 1, result, FRESULT, "vm_fault_t")	\
	F(DRIVER_FAULT, U32, 1, huge,   DEC,     "1: ->huge_fault")

#define MMT_FIELDS_DRIVER_MKWRITE(F) \
	MMT_FIELDS_VMA(F, DRIVER_MKWRITE)	\
	F(DRIVER_MKWRITE, U64, 1, func,   KSYM,    "the function")	\
	F(DRIVER_MKWRITE, U64, 1, addr,   ADDR,    "address that was written")	\
	F(DRIVER_MKWRITE, U32, 1, result, FRESULT, "vm_fault_t")	\
	F(DRIVER_MKWRITE, U32, 1, pfn,    DEC,     "1: ->pfn_mkwrite")

#define MMT_FIELDS_DRIVER_ACCESS(F) \
	MMT_FIELDS_VMA(F, DRIVER_ACCESS)	\
	F(DRIVER_ACCESS, U64, 1, func,  KSYM, "the function")	\
	F(DRIVER_ACCESS, U64, 1, addr,  ADDR, "address")	\
	F(DRIVER_ACCESS, U64, 1, len,   SIZE, "bytes asked for")	\
	F(DRIVER_ACCESS, S32, 1, ret,   RET,  "bytes done, or -errno")	\
	F(DRIVER_ACCESS, U32, 1, write, DEC,  "1: a write")

#define MMT_FIELDS_DRIVER_SPLIT(F) \
	MMT_FIELDS_VMA(F, DRIVER_SPLIT)	\
	F(DRIVER_SPLIT, U64, 1, func,  KSYM, "the function")	\
	F(DRIVER_SPLIT, U64, 1, addr,  ADDR, "where the VMA would be cut")	\
	F(DRIVER_SPLIT, S32, 1, ret,   RET,  "0 or -errno")	\
	F(DRIVER_SPLIT, U32, 1, zero0, DEC,  "always 0")

/* A run of installs within one call: bpf/run.bpf.h. */
#define MMT_FIELDS_RUN(F, E) \
	F(E, U64, 1, addr,      ADDR,   "first address")	\
	F(E, U64, 1, len,       SIZE,   "bytes")	\
	F(E, U64, 1, pages,     PAGES,  "pages put in")	\
	F(E, U64, 1, calls,     DEC,    "calls of the helper that were merged into this event")	\
	F(E, U64, 1, pfn,       PFN,    "first PFN")	\
	F(E, U64, 1, pfn_lo,    PFN,    "lowest PFN")	\
	F(E, U64, 1, pfn_hi,    PFN,    "highest PFN")	\
	F(E, U64, 1, pgprot,    PGPROT, "page protection handed in: memory type and permissions")	\
	F(E, U64, 8, seg_pfn,   PFN,    "first PFN of each of the first 8 physically contiguous segments")	\
	F(E, U32, 8, seg_pages, PAGES,  "pages of each of them")	\
	F(E, U32, 1, segs,      DEC,    "physically contiguous segments in all")	\
	F(E, U32, 1, helper,    HELPER, "outermost function that was called")	\
	F(E, S32, 1, ret,       RET,    "0 or -errno; what a vmf_ helper returns is told as one")	\
	F(E, U32, 1, nested,    DEC,    "1: called by another helper, whose own event covers the same pages")

#define MMT_FIELDS_PFN_MAP(F) \
	MMT_FIELDS_VMA(F, PFN_MAP)	\
	MMT_FIELDS_RUN(F, PFN_MAP)

#define MMT_FIELDS_PAGE_MAP(F) \
	MMT_FIELDS_VMA(F, PAGE_MAP)	\
	MMT_FIELDS_RUN(F, PAGE_MAP)

#define MMT_FIELDS_DMA_MAP(F) \
	MMT_FIELDS_VMA(F, DMA_MAP)	\
	MMT_FIELDS_RUN(F, DMA_MAP)	\
	F(DMA_MAP, U64, 1, dma_addr, HEX,  "address the device uses")	\
	F(DMA_MAP, U64, 1, attrs,    HEX,  "DMA_ATTR_ bits")	\
	F(DMA_MAP, U64, 1, device,   NAME, "name of the device")

#define MMT_FIELDS_OBJ_MAP(F) \
	MMT_FIELDS_VMA(F, OBJ_MAP)	\
	F(OBJ_MAP, U64, 1, addr,   ADDR,   "start of the range")	\
	F(OBJ_MAP, U64, 1, len,    SIZE,   "its length")	\
	F(OBJ_MAP, U64, 1, size,   SIZE,   "size of the object")	\
	F(OBJ_MAP, U64, 1, name,   NAME,   "exporter's name, of a dma-buf")	\
	F(OBJ_MAP, U32, 1, helper, HELPER, "function that was called")	\
	F(OBJ_MAP, S32, 1, ret,    RET,    "0 or -errno")

#define MMT_FIELDS_FAULT(F) \
	MMT_FIELDS_VMA(F, FAULT)	\
	F(FAULT, U64, 1, addr,     ADDR,    "address that faulted")	\
	F(FAULT, U64, 1, ip,       ADDR,    "instruction that faulted")	\
	F(FAULT, U32, 1, flags,    FFLAGS,  "enum fault_flag")	\
	F(FAULT, U32, 1, result,   FRESULT, "vm_fault_t")	\
	F(FAULT, U16, 1, attempts, DEC,     "calls of handle_mm_fault, retries included")	\
	F(FAULT, U16, 1, maj,      DEC,     "1: major, 0: minor")	\
	F(FAULT, U8,  1, class,    FCLASS,  "what the mapping is made of")	\
	F(FAULT, U8,  1, kind,     FKIND,   "what the kernel did")	\
	F(FAULT, U8,  1, mode,     FMODE,   "who faulted")	\
	F(FAULT, U8,  1, zero0,    DEC,     "always 0")

/* After its fault, with the same tid and call. What a tier cannot tell is absent, and so is the rest then. */
#define MMT_FIELDS_FAULT_SPLIT(F) \
	F(FAULT_SPLIT, U64, 1, lock,   NSEC,  "before handle_mm_fault and between its calls, asleep or not: the mmap lock, retries; absent of tier perf, whose faults begin before the lock; mode gup comes with it")	\
	F(FAULT_SPLIT, U64, 1, driver, NSEC,  "in the ->fault or ->page_mkwrite of a driver or filesystem, without its alloc and offcpu")	\
	F(FAULT_SPLIT, U64, 1, offcpu, NSEC,  "not on a CPU, wherever in the fault but in the time of lock")	\
	F(FAULT_SPLIT, U64, 1, alloc,  NSEC,  "in the page allocator, with zeroing where it zeroes (not huge pages), without its offcpu")	\
	F(FAULT_SPLIT, U64, 1, total,  NSEC,  "the whole fault, with lock where that is known")

/* The header's cpu, pid, comm and stacks count where by says so. */
#define MMT_FIELDS_FAULT_KEY(F) \
	MMT_FIELDS_VMA(F, FAULT_KEY)	\
	F(FAULT_KEY, U64, 1, addr, ADDR,  "address of the first fault")	\
	F(FAULT_KEY, U64, 1, func, KSYM,  "the driver's or filesystem's ->fault")	\
	F(FAULT_KEY, U64, 1, comm, NAME,  "name of the thread")	\
	F(FAULT_KEY, U32, 1, row,  DEC,   "number of the key; its totals have it")	\
	F(FAULT_KEY, U32, 1, by,   HEX,   "what makes the key: enum mmt_by")

#define MMT_FIELDS_DEMO(F) \
	F(DEMO, U64, 1, addr, ADDR,      "start of the range, or the address that faulted")	\
	F(DEMO, U64, 1, end,  ADDR,      "end of the range; 0 for a fault")	\
	F(DEMO, U64, 1, pgoff, PAGES,    "offset in the device file")	\
	F(DEMO, U32, 1, what, DEMO_WHAT, "which trace event")	\
	F(DEMO, U32, 1, kind, DEC,       "number of the demo kind")

/* The header's pid is who reaches; its mm is the address space reached into. */
#define MMT_FIELDS_REMOTE(F) \
	F(REMOTE, U64, 1, addr,   ADDR,  "first address")	\
	F(REMOTE, U64, 1, len,    SIZE,  "bytes asked for")	\
	F(REMOTE, S64, 1, ret,    RET,   "bytes done, or -errno")	\
	F(REMOTE, U32, 1, target, PID,   "process reached into")	\
	F(REMOTE, U32, 1, write,  DEC,   "1: a write")	\
	F(REMOTE, U32, 1, how,    REACH, "by which way")	\
	F(REMOTE, U32, 1, zero0,  DEC,   "always 0")

#define MMT_FIELDS_SIGNAL(F) \
	F(SIGNAL, U64, 1, addr,  ADDR,   "address accessed: si_addr")	\
	F(SIGNAL, U64, 1, ip,    ADDR,   "instruction")	\
	F(SIGNAL, U32, 1, signo, SIGNO,  "SIGBUS or SIGSEGV")	\
	F(SIGNAL, S32, 1, code,  SICODE, "si_code")

// clang-format on

#endif
