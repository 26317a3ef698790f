/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel stacks: taken before an event is reserved, so that a stack stands before the events that name it, and sent once.
 * What BPF and the probes themselves put on a stack stays in the item; readers leave it out.
 */
#ifndef MMTRACE_STACK_BPF_H
#define MMTRACE_STACK_BPF_H

#include "core.bpf.h"

/* Where in its function a program was entered: what the context's registers say of the caller differs. */
enum stack_at {
	STACK_PLAIN = 0,
	STACK_ENTRY = 1,  /* a kprobe at a function's first instruction */
	STACK_RETURN = 2, /* a kretprobe */
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
	__u64 h = s->nr;

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

/* The id of the current stack, which is sent when it is new. 0: there is none (a fault from user mode), or it was lost. */
static __noinline __u32 stack_take(void *ctx, __u32 at, __u32 event)
{
	struct mmt_stack *s = bpf_ringbuf_reserve(&ring, sizeof(*s), 0);
	__u64 hash;
	__u32 id = 0;
	long n;

	if (!s) {
		lose(MMT_LOSS_STACK, event);
		return 0;
	}
	n = stack_read(s, ctx, at);
	if (n <= 0) {
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
	s->kind = MMT_STACK_KERNEL;
	s->pid = 0;
	bpf_ringbuf_submit(s, BPF_RB_NO_WAKEUP);
	bpf_map_update_elem(&stacks_seen, &id, &hash, BPF_ANY);
	return id;
}

/* To be asked before the event is reserved, for its h.kstack. x: struct hookx. */
#define KSTACK(x, EV)	   KSTACK_N(x, MMT_EV_##EV)
#define KSTACK_N(x, event) (knobs.kstack ? stack_take((x).ctx, (x).at, event) : 0)

#endif
