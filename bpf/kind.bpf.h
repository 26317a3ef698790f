/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel did about a fault: from its flags, its result, its mapping and the marks that hooks inside it left. */
#ifndef MMTRACE_KIND_BPF_H
#define MMTRACE_KIND_BPF_H

#include "core.bpf.h"

/* include/linux/mm_types.h, 5.10 to 6.12: enum vm_fault_reason, enum fault_flag */
#define VMF_OOM	      0x1
#define VMF_SIGBUS    0x2
#define VMF_MAJOR     0x4
#define VMF_HWPOISON  0x30
#define VMF_SIGSEGV   0x40
#define VMF_NOPAGE    0x100
#define VMF_RETRY     0x400
#define VMF_COMPLETED 0x4000 /* 6.0 */
#define VMF_ERROR     (VMF_OOM | VMF_SIGBUS | VMF_HWPOISON | VMF_SIGSEGV)
#define FLT_WRITE     0x1
#define FLT_TRIED     0x20
#define FLT_USER      0x40
#define FLT_VMA_LOCK  0x1000 /* 6.4 */
#define FLT_QUICK     (FLT_USER | FLT_WRITE)
/* include/linux/mm.h, 5.10 to 6.12 */
#define VMFLAG_SHARED	  0x8
#define VMFLAG_GROWSDOWN  0x100
#define VMFLAG_PFNMAP	  0x400
#define VMFLAG_HUGETLB	  0x400000
#define VMFLAG_WIPEONFORK 0x2000000
#define VMFLAG_MIXEDMAP	  0x10000000

/*
 * Does the kernel count it as a major one? What was read before a retry is not in the result of the last call: mm_account_fault()
 * in mm/memory.c, 5.10 to 6.12.
 */
static __always_inline bool fault_major(__u32 result, __u32 flags)
{
	return result & VMF_MAJOR || flags & FLT_TRIED;
}

/* What a fault's kind follows from, besides the marks. */
struct fault_traits {
	__u64 vm_flags;
	__u32 flags, result;
	__u8 class, mode;
	bool rdev; /* the mapping is of a device */
	bool maj;
	bool has_flags; /* without them a write looks like a read */
	bool has_result;
};

/*
 * A driver's ->fault ran: did it put the entry in itself (VM_FAULT_NOPAGE) or hand out a page? Where the result is not known
 * the VMA's flags tell, but for a mixed one.
 */
static __always_inline __u8 kind_of_driver(const struct fault_traits *f)
{
	if (f->has_result)
		return f->result & VMF_NOPAGE ? MMT_FKIND_DRIVER_PFN : MMT_FKIND_DRIVER_PAGE;
	if (f->vm_flags & VMFLAG_PFNMAP)
		return MMT_FKIND_DRIVER_PFN;
	return f->vm_flags & VMFLAG_MIXEDMAP ? MMT_FKIND_UNKNOWN : MMT_FKIND_DRIVER_PAGE;
}

static __always_inline __u8 kind_of_file(const struct fault_traits *f, __u32 marks)
{
	if (marks & MMT_MARK_WP)
		return f->vm_flags & VMFLAG_SHARED ? MMT_FKIND_WRITE_NOTIFY : MMT_FKIND_COW;
	if ((f->flags & FLT_WRITE) && !(f->vm_flags & VMFLAG_SHARED))
		return MMT_FKIND_COW;
	if (!(marks & (MMT_MARK_DOFAULT | MMT_MARK_AROUND)))
		return (f->flags & FLT_WRITE) ? MMT_FKIND_DIRTY : MMT_FKIND_UNKNOWN;
	if (f->class == MMT_FCLASS_SHM)
		return MMT_FKIND_SHM;
	if (f->rdev)
		return marks & MMT_MARK_AROUND ? MMT_FKIND_DRIVER_PAGE : kind_of_driver(f);
	return f->maj ? MMT_FKIND_FILE_IO : MMT_FKIND_FILE;
}

/* What the kernel did: from the marks that hooks inside the fault left. Without those hooks, unknown. */
static __always_inline __u8 kind_of(const struct fault_traits *f, __u32 marks)
{
	if (f->result & VMF_ERROR)
		return MMT_FKIND_FAILED;
	if (!knobs.marks || !f->has_flags)
		return MMT_FKIND_UNKNOWN; /* without flags a write looks like a read */
	if (f->mode == MMT_FMODE_GUP)
		return MMT_FKIND_REMOTE;
	if (marks & MMT_MARK_UFFD)
		return MMT_FKIND_UFFD;
	if (marks & MMT_MARK_SWAP)
		return MMT_FKIND_SWAP;
	if (marks & MMT_MARK_MKWRITE) /* whatever the mapping is: it may not be known */
		return MMT_FKIND_WRITE_NOTIFY;
	switch (f->class) {
	case MMT_FCLASS_ANON:
		if (marks & MMT_MARK_WP)
			return MMT_FKIND_COW;
		if (marks & MMT_MARK_HUGE)
			return MMT_FKIND_HUGE;
		return (f->flags & FLT_WRITE) ? MMT_FKIND_ANON : MMT_FKIND_ZERO_PAGE;
	case MMT_FCLASS_HUGETLB:
		return MMT_FKIND_HUGETLB;
	case MMT_FCLASS_PFN:
		if (!(marks & MMT_MARK_DOFAULT))
			return (f->flags & FLT_WRITE) ? MMT_FKIND_DIRTY : MMT_FKIND_UNKNOWN;
		return kind_of_driver(f);
	case MMT_FCLASS_FILE:
	case MMT_FCLASS_SHM:
		return kind_of_file(f, marks);
	}
	return MMT_FKIND_UNKNOWN;
}

#endif
