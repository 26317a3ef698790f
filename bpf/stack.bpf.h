/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stacks: taken before an event is reserved, so that a stack stands before the events that name it, and sent once.
 * What BPF and the probes themselves put on a kernel stack stays in the item; readers leave it out.
 *
 * What one costs: a reserve in the ring that is given back when the stack is known already, the kernel's walk over the frames
 * (of a user stack two reads of user memory for each), a hash over them, one look-up.
 */
#ifndef MMTRACE_STACK_BPF_H
#define MMTRACE_STACK_BPF_H

#include "core.bpf.h"
#include "task.bpf.h"

/* Where in its function a program was entered: what the context's registers say of the caller differs. */
enum stack_at {
	STACK_PLAIN = 0,
	STACK_ENTRY = 1,  /* a kprobe at a function's first instruction */
	STACK_RETURN = 2, /* a kretprobe */
	STACK_USER = 3,	  /* the program's own stack is asked for, wherever that is */
};

/* What a hook's body may ask for about the program it is part of. */
struct hookx {
	bool btf;  /* pointers may be followed directly, the verifier checks them */
	__u8 tier; /* enum mmt_tier */
	__u8 at;   /* enum stack_at */
	void *ctx;
};

#define HX_FENTRY(c)	((struct hookx){ .btf = true, .tier = MMT_TIER_FENTRY, .ctx = (c) })
#define HX_KPROBE(c)	((struct hookx){ .tier = MMT_TIER_KPROBE, .at = STACK_ENTRY, .ctx = (c) })
#define HX_KRETPROBE(c) ((struct hookx){ .tier = MMT_TIER_KPROBE, .at = STACK_RETURN, .ctx = (c) })
#define HX_TIER(t, c)	((struct hookx){ .tier = MMT_TIER_##t, .ctx = (c) })
/* the same program, looking at a pointer that the verifier does not know */
#define HX_UNTYPED(x) ((struct hookx){ .tier = (x).tier, .at = (x).at, .ctx = (x).ctx })

/* id -> the whole hash: two stacks whose ids are alike are told apart by it */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* user space makes it larger when stacks are asked for */
	__type(key, __u32);
	__type(value, __u64);
} stacks_seen SEC(".maps");

static __always_inline long stack_read(struct mmt_stack *s, void *ctx, __u32 at)
{
	if (at == STACK_USER)
		return bpf_get_stack(ctx, s->addr, sizeof(s->addr), BPF_F_USER_STACK);
#if defined(__TARGET_ARCH_arm64)
	/* Nothing of a function's own frame is there at its first instruction: the caller is in the link register only. */
	if (at == STACK_ENTRY) {
		long n = bpf_get_stack(ctx, &s->addr[1], sizeof(s->addr) - sizeof(s->addr[0]), 0);

		s->addr[0] = s->addr[1];
		s->addr[1] = REG_LR((struct mmt_regs *)ctx);
		return n > 0 ? n + (long)sizeof(s->addr[0]) : n;
	}
#endif
#ifdef MMT_OLD
	/* before 5.15 a kretprobe's registers have no address of their own: kernel/kprobes.c */
	if (at == STACK_RETURN)
		return bpf_get_stack(ctx, s->addr, sizeof(s->addr), 1);
#endif
	return bpf_get_stack(ctx, s->addr, sizeof(s->addr), 0);
}

static __always_inline __u64 stack_hash(const struct mmt_stack *s)
{
	__u64 h = s->nr ^ (__u64)s->mm << 32 ^ s->lr << 16;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < MMT_STACK_DEPTH; i++) {
		if (i >= s->nr)
			break;
		h = (h ^ s->addr[i]) * 0xff51afd7ed558ccdULL;
		h ^= h >> 32;
	}
	return mix64(h);
}

#define STACK_ID_TRIES 4

/* An id for this hash: true when its stack has been sent already. 0: four other stacks have the ids it could have. */
static __always_inline bool stack_known(__u64 hash, __u32 *id)
{
#pragma unroll
	for (__u32 i = 0; i < STACK_ID_TRIES; i++) {
		__u32 key = (__u32)(hash >> 32) + i;
		__u64 *seen;

		if (!key)
			continue;
		*id = key;
		seen = bpf_map_lookup_elem(&stacks_seen, &key);
		if (!seen)
			return false;
		if (*seen == hash)
			return true;
	}
	*id = 0;
	return false;
}

/*
 * What is on a user stack beside its frames: whose it is. false: the running task has none, or none that says anything: within an
 * exec its registers are the old program's and its memory is the new one's.
 */
static __always_inline bool stack_of_user(struct mmt_stack *s, __u64 lr)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

#ifndef MMT_PLAIN
	if (current_origin() == MMT_ORIGIN_EXEC)
		return false;
#endif
	s->mm = mm_number(current_mm_key(pid_tgid));
	s->pid = pid_tgid >> 32;
	s->kind = MMT_STACK_USER;
	s->lr = lr;
	return s->mm;
}

/*
 * The id of the current stack, which is sent when it is new. 0: there is none (a kernel stack of a fault from user mode, a user
 * stack of a kernel thread), or it was lost. lr: user_lr(), of a user stack.
 */
static __noinline __u32 stack_take(void *ctx, __u32 at, __u32 event, __u64 lr)
{
	struct mmt_stack *s = ring_reserve(sizeof(*s));
	__u64 hash;
	__u32 id = 0;
	long n = 0;

	if (!s) {
		lose(MMT_LOSS_STACK, event);
		return 0;
	}
	s->kind = MMT_STACK_KERNEL;
	s->pid = s->mm = s->zero0 = 0;
	s->lr = 0;
	if (at != STACK_USER || stack_of_user(s, lr))
		n = stack_read(s, ctx, at);
	if (n <= 0 ||
	    !s->addr[0]) { /* a worker of io_uring has the program's memory, and registers without an address */
		bpf_ringbuf_discard(s, BPF_RB_NO_WAKEUP);
		if (n < 0)
			lose(MMT_LOSS_STACK, event);
		return 0;
	}
	s->nr = n / sizeof(s->addr[0]);
	hash = stack_hash(s);
	if (stack_known(hash, &id) || !id) {
		bpf_ringbuf_discard(s, BPF_RB_NO_WAKEUP);
		if (!id)
			lose(MMT_LOSS_STACK, event);
		return id;
	}
	s->type = MMT_ITEM_STACK;
	s->size = __builtin_offsetof(struct mmt_stack, addr) + s->nr * sizeof(s->addr[0]);
	s->id = id;
	bpf_ringbuf_submit(s, BPF_RB_NO_WAKEUP);
	bpf_map_update_elem(&stacks_seen, &id, &hash, BPF_ANY);
	return id;
}

#if defined(__TARGET_ARCH_arm64)
/* Is there a call in front of this address, so that it is one to return to? BL, BLR and BLRA*: Arm ARM, C6.2. */
static __always_inline bool behind_call(__u64 addr)
{
	__u32 insn = 0;

	if (bpf_probe_read_user(&insn, sizeof(insn), (void *)(addr - 4)))
		return false;
	return (insn & 0xfc000000) == 0x94000000 || (insn & 0xfffffc1f) == 0xd63f0000 ||
	       (insn & 0xfefff800) == 0xd63f0800;
}
#endif

/*
 * The program's link register, when it may be where a function without a frame returns to; else 0. What signs return addresses
 * leaves in the upper bits is cut off: no program is loaded above 48 bits (Documentation/arch/arm64/memory.rst, 6.12).
 */
static __always_inline __u64 user_lr(const struct hookx x)
{
	__u64 lr = 0;
#if defined(__TARGET_ARCH_arm64)
	const struct mmt_regs *regs = NULL;
	__u64 pstate = 0;

#ifdef MMT_PLAIN
	if (x.tier == MMT_TIER_PERF) {
		pstate = ((const struct mmt_regs *)x.ctx)->pstate;
		lr = REG_LR((const struct mmt_regs *)x.ctx);
		if (pstate & 0xf)
			return 0;
	} else {
		struct mmt_thread *t = thread_find((__u32)bpf_get_current_pid_tgid());

		lr = t && t->call_event ? t->call_lr : 0;
	}
#else
	regs = (const void *)current_regs();
#endif
	if (regs && (bpf_probe_read_kernel(&pstate, sizeof(pstate), &regs->pstate) ||
		     bpf_probe_read_kernel(&lr, sizeof(lr), &regs->r[30])))
		return 0;
	lr &= (1ULL << 48) - 1;
	if (pstate & 0x10 || !lr || !behind_call(lr)) /* 0x10: a 32-bit program, whose link register is another */
		return 0;
#endif
	return lr;
}

/* Both stacks' ids, as stacks_put() wants them. */
static __always_inline __u64 stacks_take(const struct hookx x, __u32 event)
{
	__u64 ids = 0;

	if (knobs.kstack)
		ids = stack_take(x.ctx, x.at, event, 0);
	if (knobs.ustack)
		ids |= (__u64)stack_take(x.ctx, STACK_USER, event, user_lr(x)) << 32;
	return ids;
}

static __always_inline void stacks_put(struct mmt_hdr *h, __u64 ids)
{
	h->kstack = (__u32)ids;
	h->ustack = ids >> 32;
}

/* To be asked before the event is reserved, for its h.kstack and h.ustack; or both for stacks_put(). x: struct hookx. */
#define KSTACK_N(x, event) (knobs.kstack ? stack_take((x).ctx, (x).at, event, 0) : 0)
#define USTACK_N(x, event) (knobs.ustack ? stack_take((x).ctx, STACK_USER, event, user_lr(x)) : 0)
#define STACKS_N(x, event) stacks_take(x, event)
#define KSTACK(x, EV)	   KSTACK_N(x, MMT_EV_##EV)
#define USTACK(x, EV)	   USTACK_N(x, MMT_EV_##EV)
#define STACKS(x, EV)	   STACKS_N(x, MMT_EV_##EV)

#endif
