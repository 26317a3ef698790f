/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One text makes the fentry and the kprobe program.
 *
 *   ENTRY(name, "function", HOOK, n) { … a1 … an … }            at the function's entry
 *   EXIT(name, "function", HOOK, nargs) { … ret … }             at its return; fexit also knows a1 … a4
 *
 * The body gets x (struct hookx, whose btf, tier and at are constants). The programs are name__fentry / name__kprobe, or
 * name__fexit / name__kretprobe. In the plain object only the kprobes exist.
 */
#ifndef MMTRACE_HOOK_BPF_H
#define MMTRACE_HOOK_BPF_H

#include "stack.bpf.h"

#define REGS(c) ((struct mmt_regs *)(c))

/* arguments as declared, from ctx of fentry, from registers */
#define DECL_1 __u64 a1
#define DECL_2 DECL_1, __u64 a2
#define DECL_3 DECL_2, __u64 a3
#define DECL_4 DECL_3, __u64 a4
#define DECL_5 DECL_4, __u64 a5
#define DECL_6 DECL_5, __u64 a6
#define CTX_1  c[0]
#define CTX_2  CTX_1, c[1]
#define CTX_3  CTX_2, c[2]
#define CTX_4  CTX_3, c[3]
#define CTX_5  CTX_4, c[4]
#define CTX_6  CTX_5, c[5]
#define REG_1  REG_ARG1(r)
#define REG_2  REG_1, REG_ARG2(r)
#define REG_3  REG_2, REG_ARG3(r)
#define REG_4  REG_3, REG_ARG4(r)
#define REG_5  REG_4, REG_ARG5(r)
#define REG_6  REG_5, REG_ARG6(r)

#ifdef MMT_PLAIN
#define FENTRY_PROG(name, fn, hook, n)
#define FEXIT_PROG(name, fn, hook, nargs)
#else
#define FENTRY_PROG(name, fn, hook, n)       \
	SEC("?fentry/" fn)                   \
	int name##__fentry(__u64 *c)         \
	{                                    \
		if (off)                     \
			return 0;            \
		HIT(hook);                   \
		name(HX_FENTRY(c), CTX_##n); \
		return 0;                    \
	}
#define FEXIT_PROG(name, fn, hook, nargs)     \
	SEC("?fexit/" fn)                     \
	int name##__fexit(__u64 *c)           \
	{                                     \
		if (off)                      \
			return 0;             \
		name(HX_FENTRY(c), c[nargs]); \
		return 0;                     \
	}
#endif

#define KPROBE_PROG(name, fn, hook, n)          \
	SEC("?kprobe/" fn)                      \
	int name##__kprobe(struct pt_regs *ctx) \
	{                                       \
		struct mmt_regs *r = REGS(ctx); \
                                                \
		if (off)                        \
			return 0;               \
		HIT(hook);                      \
		name(HX_KPROBE(ctx), REG_##n);  \
		return 0;                       \
	}

#define ENTRY(name, fn, hook, n)                                          \
	static __always_inline void name(const struct hookx x, DECL_##n); \
	FENTRY_PROG(name, fn, hook, n)                                    \
	KPROBE_PROG(name, fn, hook, n)                                    \
	static __always_inline void name(const struct hookx x, DECL_##n)

#define EXIT(name, fn, hook, nargs)                                        \
	static __always_inline void name(const struct hookx x, __u64 ret); \
	FEXIT_PROG(name, fn, hook, nargs)                                  \
	SEC("?kretprobe/" fn)                                              \
	int name##__kretprobe(struct pt_regs *ctx)                         \
	{                                                                  \
		if (off)                                                   \
			return 0;                                          \
		name(HX_KRETPROBE(ctx), REG_RET(REGS(ctx)));               \
		return 0;                                                  \
	}                                                                  \
	static __always_inline void name(const struct hookx x, __u64 ret)

/* Reads a member: directly where the verifier knows the pointer, else with a checked copy. Always 64 bits wide. */
#define RD(b, p, f) ((b) ? (__u64)(p)->f : (__u64)BPF_CORE_READ(p, f))

#endif
