/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Signals for an access to memory: SIGSEGV and SIGBUS that the kernel makes, as it makes them. A blocked or ignored one is forced, so
 * none that is told of was without effect.
 */
#include "fault.bpf.h"
#include "stack.bpf.h"
#include "task.bpf.h"

/* include/uapi/asm-generic/siginfo.h, 6.12 */
#define SI_KERNEL_ \
	0x80 /* no address: on x86 one that is none (not canonical), or a signal frame that cannot be written */
#define SEGV_MTEAERR_  8 /* no address: told some time after the access */
#define BUS_MCEERR_AO_ 5 /* nobody has accessed anything yet, so there is no instruction */

/* The head of siginfo_t, which the kernel's own struct shares: include/linux/signal_types.h, 5.10 to 6.12. */
struct siginfo_head {
	__s32 signo, err, code, pad;
	__u64 addr;
};

/* Without the top byte, which arm64 lets programs use and si_addr keeps until it is delivered: untagged_addr(), arch/arm64, 6.12. */
static __always_inline __u64 untagged(__u64 addr)
{
#if defined(__TARGET_ARCH_arm64)
	if (!(addr >> 55 & 1))
		addr &= (1ULL << 56) - 1;
#endif
	return addr;
}

/* The instruction that the thread came into the kernel with; 0 when this object cannot know. */
static __always_inline __u64 signal_ip(__u32 tid, __u64 addr)
{
#ifdef MMT_PLAIN
	struct mmt_slot *s = slot_of(tid);

	/* the fault it comes of is still under way */
	if (s && s->tid == tid && s->state == SLOT_RUNNING &&
	    s->ev.addr >> knobs.page_shift == addr >> knobs.page_shift)
		return s->ev.ip;
	return 0;
#else
	const struct mmt_regs *r = (const void *)current_regs();
	__u64 ip = 0;

#if defined(__TARGET_ARCH_arm64)
	bpf_probe_read_kernel(&ip, sizeof(ip), &r->pc);
#else
	bpf_probe_read_kernel(&ip, sizeof(ip), &r->ip);
#endif
	return ip;
#endif
}

/* Number of the fault that the signal comes of: under way, or the last thing of this thread and failed. 0: none known. */
static __always_inline __u32 signal_call(__u32 tid, __u64 addr)
{
	struct mmt_slot *s = slot_of(tid);

	if (!s || s->tid != tid || s->ev.addr >> knobs.page_shift != addr >> knobs.page_shift)
		return 0;
	if (s->state != SLOT_IDLE || (s->ev.kind == MMT_FKIND_FAILED && s->ev.h.call == s->calls))
		return s->ev.h.call;
	return 0;
}

#ifndef MMT_PLAIN
/* Sent to another task than the one that runs: memory went bad under it. */
static __always_inline void signal_other(struct mmt_hdr *h, struct task_struct *task)
{
	h->pid = BPF_CORE_READ(task, tgid);
	h->tid = BPF_CORE_READ(task, pid);
	h->mm = mm_number((__u64)BPF_CORE_READ(task, mm));
}
#endif

/* (sig, info, task, group, result) */
SEC("?raw_tp/signal_generate")
int signal__raw_tp(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid(), sig = ctx->args[0];
	bool own = ctx->args[2] == bpf_get_current_task();
	struct siginfo_head info = {};
	struct mmt_ev_signal *e;
	__u64 stacks;

	if (off || (sig != SIGBUS_ && sig != SIGSEGV_) || !WANT(SIGNAL))
		return 0;
	/* 0 and 1 instead of a pointer: one that a program sent, one without information */
	if (bpf_probe_read_kernel(&info, sizeof(info), (void *)ctx->args[1]) || info.code <= 0)
		return 0;
#ifdef MMT_PLAIN
	if (!own || !current_wanted(pid_tgid))
		return 0;
#else
	if (own ? !current_wanted(pid_tgid) : !other_wanted((void *)ctx->args[2]))
		return 0;
#endif
	HIT(SIGNALLED);
	info.addr = untagged(info.addr);
	stacks = STACKS(HX_TIER(RAW_TP, ctx), SIGNAL);
	e = RESERVE(signal, SIGNAL);
	if (!e)
		return 0;
	HEAD(e, SIGNAL, MMT_TIER_RAW_TP, bpf_ktime_get_ns(), pid_tgid);
	stacks_put(&e->h, stacks);
	e->h.have = MMT_HAVE(SIGNAL, signo) | MMT_HAVE(SIGNAL, code);
	e->addr = e->ip = 0;
	e->signo = sig;
	e->code = info.code;
	if (info.code != SI_KERNEL_ && !(sig == SIGSEGV_ && info.code == SEGV_MTEAERR_)) {
		e->addr = info.addr;
		e->h.have |= MMT_HAVE(SIGNAL, addr);
	}
	if (own) {
		e->h.mm = mm_number(current_mm_key(pid_tgid));
		e->h.call = signal_call((__u32)pid_tgid, info.addr);
		if (!(sig == SIGBUS_ && info.code == BUS_MCEERR_AO_))
			e->ip = signal_ip((__u32)pid_tgid, info.addr);
		if (e->ip)
			e->h.have |= MMT_HAVE(SIGNAL, ip);
	}
#ifndef MMT_PLAIN
	else
		signal_other(&e->h, (void *)ctx->args[2]);
#endif
	send(e);
	return 0;
}
