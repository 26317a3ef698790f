/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What Debian 12's libbpf (1.1) and the build target lack, and the layouts of the system ABI that the kernel never
 * changes, written out so that the plain object needs no relocation for them.
 */
#ifndef MMTRACE_COMPAT_BPF_H
#define MMTRACE_COMPAT_BPF_H

#ifdef MMT_PLAIN
#define BPF_NO_PRESERVE_ACCESS_INDEX /* vmlinux.h: constants and types only, no CO-RE */
#endif
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#ifndef MMT_PLAIN
#include <bpf/bpf_core_read.h>
#endif

/* Registers of a task, as ptrace(2) has them: arch/{arm64,x86}/include/uapi/asm/ptrace.h, 6.12. */
struct mmt_regs {
#if defined(__TARGET_ARCH_arm64)
	__u64 r[31]; /* x0 … x30 */
	__u64 sp, pc, pstate;
#elif defined(__TARGET_ARCH_x86)
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
#else
#error "mmtrace knows arm64 and x86"
#endif
};

/* struct bpf_perf_event_data: include/uapi/linux/bpf_perf_event.h, 6.12 */
struct mmt_perf_ctx {
	struct mmt_regs regs;
	__u64 sample_period;
	__u64 addr;
};

#if defined(__TARGET_ARCH_arm64)
#define REG_ARG1(c) ((c)->r[0])
#define REG_ARG2(c) ((c)->r[1])
#define REG_ARG3(c) ((c)->r[2])
#define REG_ARG4(c) ((c)->r[3])
#define REG_ARG5(c) ((c)->r[4])
#define REG_ARG6(c) ((c)->r[5])
#define REG_RET(c)  ((c)->r[0])
#define REG_IP(c)   ((c)->pc)
#define REG_LR(c)   ((c)->r[30])
#define REG_SP(c)   ((c)->sp)
/* exception level 0 and the AArch32 bit of pstate: arch/arm64/include/uapi/asm/ptrace.h, 6.12 */
#define REG_USER(c)   (((c)->pstate & 0xf) == 0)
#define REG_COMPAT(c) (((c)->pstate & 0x10) != 0)
#else
#define REG_ARG1(c)   ((c)->di)
#define REG_ARG2(c)   ((c)->si)
#define REG_ARG3(c)   ((c)->dx)
#define REG_ARG4(c)   ((c)->cx)
#define REG_ARG5(c)   ((c)->r8)
#define REG_ARG6(c)   ((c)->r9)
#define REG_RET(c)    ((c)->ax)
#define REG_IP(c)     ((c)->ip)
#define REG_SP(c)     ((c)->sp)
/* privilege in cs, which is 16 bits (FRED uses the others, 6.9); __USER32_CS is 0x23: arch/x86/include/asm/segment.h, 6.12 */
#define REG_USER(c)   (((c)->cs & 3) == 3)
#define REG_COMPAT(c) (((c)->cs & 0xffff) == 0x23)
#endif

#ifndef barrier
#define barrier() asm volatile("" ::: "memory")
#endif
#ifndef NULL
#define NULL ((void *)0)
#endif

#endif
