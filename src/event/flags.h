/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * flags: the kernel's bit masks as words. Only bits that mean the same in every kernel from 5.10 to 7.1, on arm64 and
 * x86, have a name here; what is left stands in hex at the end.
 */
#ifndef MMTRACE_EVENT_FLAGS_H
#define MMTRACE_EVENT_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

struct buf;

/* vm_flags, include/linux/mm.h, the same in 5.10, 6.1, 6.12, 6.18 and 7.1 on arm64 and x86 */
#define FLAGS_VM_READ	  0x1
#define FLAGS_VM_WRITE	  0x2
#define FLAGS_VM_EXEC	  0x4
#define FLAGS_VM_SHARED	  0x8
#define FLAGS_VM_MAYSHARE 0x80
#define FLAGS_VM_PFNMAP	  0x400
#define FLAGS_VM_IO	  0x4000
#define FLAGS_VM_HUGETLB  0x400000
#define FLAGS_VM_MIXEDMAP 0x10000000

/* enum fault_flag, include/linux/mm_types.h, 6.12; FAULT_FLAG_ macros of include/linux/mm.h, 5.10 */
#define FLAGS_FAULT_WRITE	0x1
#define FLAGS_FAULT_INSTRUCTION 0x100

/* mmap's flags, include/uapi/asm-generic/mman-common.h and include/uapi/linux/mman.h, 6.12 */
#define FLAGS_MAP_SHARED    0x1
#define FLAGS_MAP_PRIVATE   0x2
#define FLAGS_MAP_FIXED	    0x10
#define FLAGS_MAP_ANONYMOUS 0x20
#define FLAGS_MAP_IGNORED   0x1800 /* MAP_DENYWRITE, MAP_EXECUTABLE: LEGACY_MAP_MASK, include/linux/mman.h, 6.12 */
#define FLAGS_MAP_TYPE	    0xf

void flags_prot(struct buf *b, uint64_t v); /* rw- */
void flags_mmap(struct buf *b, uint64_t v); /* private|fixed */
/* rw-p|fixed: prot, s(hared) or p(rivate), then the flags that are left. Without "anonymous": what is mapped is shown anyway. */
void flags_mmap_perms(struct buf *b, uint64_t prot, uint64_t flags);
void flags_mremap(struct buf *b, uint64_t v);	/* maymove|fixed */
void flags_vm(struct buf *b, uint64_t v);	/* rw-s|mayread|…: permissions first */
void flags_vm_short(struct buf *b, uint64_t v); /* rw-s, and which of pfnmap, io, mixedmap, hugetlb it is */
void flags_fault(struct buf *b, uint64_t v);	/* write|user */
void flags_result(struct buf *b, uint64_t v);	/* major|locked */
bool flags_fault_failed(uint64_t result);	/* VM_FAULT_ERROR */

/* flags_call.c: of the other calls and of signals */
void flags_msync(struct buf *b, uint64_t v);		     /* async|invalidate */
void flags_advice(struct buf *b, uint64_t v);		     /* dontneed */
void flags_mlock(struct buf *b, unsigned op, uint64_t v);    /* onfault; op: enum mmt_lockop */
void flags_shmget(struct buf *b, uint64_t v);		     /* create|excl|0600 */
void flags_shmat(struct buf *b, uint64_t v);		     /* rdonly|rnd */
void flags_memfd(struct buf *b, uint64_t v);		     /* cloexec|allow_sealing */
void flags_signo(struct buf *b, uint64_t v);		     /* SIGBUS */
void flags_sicode(struct buf *b, uint64_t signo, int64_t v); /* BUS_ADRERR */

/*
 * flags_words.c: the words themselves, for whoever reads what was written. The i-th word of a look (enum mmt_look) that has
 * words of its own; false past the last, and for enumerations (schema_enum()). Set is a value v with (v & mask) == value.
 * Of SICODE mask is the signal that the code is of, 0: of any.
 */
struct flags_word {
	const char *name;
	uint64_t mask, value;
};
bool flags_word(unsigned look, unsigned event, unsigned i, struct flags_word *w);
/* What the kernel's headers write before it: "VM_" of VMFLAGS; "" where there is nothing. */
const char *flags_prefix(unsigned look);
/* Is the look one of bits that are set or not? */
bool flags_are_bits(unsigned look);

#endif
