/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a fault's time went. A fault's shares are kept beside its slot, in an array with owner check as slots is. Every moment
 * belongs to one share:
 *
 *   outside handle_mm_fault()   lock: from the exception to the first call, and from a call that returned RETRY to the next;
 *                               asleep or not, for waiting is what it is
 *   inside                      the innermost: offcpu before alloc before driver before the rest, so that what a driver allocates
 *                               is alloc, and what it sleeps is offcpu
 *
 * Thus shares never add up to more than the total. Where a fault begins before the lock is taken (tier perf) the lock share
 * is unknown, and what is slept there is offcpu.
 *
 * Faults that are followed call these; they are nothing at all while knobs.split is 0:
 *
 *   split_begin()  first call of handle_mm_fault           split_end()   the return that is not RETRY
 *   split_retry()  it returned RETRY                       split_drop()  no such return comes
 *   split_again()  it is called again
 */
#ifndef MMTRACE_SPLIT_BPF_H
#define MMTRACE_SPLIT_BPF_H

#include "core.bpf.h"
#include "mmtrace/wire/total.h"

enum {
	SPLIT_IN = 1,	   /* a fault is under way */
	SPLIT_BETWEEN = 2, /* … between two calls of handle_mm_fault */
	SPLIT_OFF = 4,	   /* … not on a CPU */
};

struct mmt_shares {
	__u32 tid;
	__u32 page; /* of lock_from: the low bits of its number */
	__u8 in;    /* SPLIT_ */
	__u8 lock_known;
	__u8 allocs;  /* in the allocator, so many times within itself: it reclaims, interrupts allocate */
	__u8 drivers; /* in functions of drivers */
	__u32 pad;
	__u64 from;  /* the present stretch began; of no fault: the exception did, 0 none */
	__u64 begin; /* of the fault; what went before, into the lock share, taken off */
	__u64 ns[MMT_SHARES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* user space makes it as large as slots when shares are asked for */
	__type(key, __u32);
	__type(value, struct mmt_shares);
} shares SEC(".maps");

/* What became of a fault's time. */
struct split_sum {
	__u64 ns[MMT_SHARES]; /* 0 where not known */
	__u64 total;	      /* the lock share included where it is known */
	__u32 known;	      /* bit n: ns[n] is; 0 also when the fault was not followed, then total is 0 */
	__u32 pad;
};

static __always_inline struct mmt_shares *shares_at(__u32 tid)
{
	__u32 i = tid & knobs.slot_mask;

	return bpf_map_lookup_elem(&shares, &i);
}

/* The thread's own shares, NULL when another has the place. */
static __always_inline struct mmt_shares *shares_of(__u32 tid)
{
	struct mmt_shares *s = shares_at(tid);

	return s && s->tid == tid ? s : NULL;
}

/* Those of the fault that the current thread is in, if it is. */
static __always_inline struct mmt_shares *shares_in_fault(void)
{
	struct mmt_shares *s = shares_of((__u32)bpf_get_current_pid_tgid());

	return s && s->in ? s : NULL;
}

/* The page's number, without the upper byte: that of the exception's address may be a tag. */
static __always_inline __u32 split_page(__u64 addr)
{
	return (__u32)(addr >> knobs.page_shift);
}

/* Something else begins now: what was going on gets the time since the last such moment. */
static __always_inline void split_turn(struct mmt_shares *s, __u64 now)
{
	__u64 ns = now - s->from;

	s->from = now;
	if (s->in & SPLIT_BETWEEN)
		s->ns[MMT_SHARE_LOCK] += ns;
	else if (s->in & SPLIT_OFF)
		s->ns[MMT_SHARE_OFFCPU] += ns;
	else if (s->allocs)
		s->ns[MMT_SHARE_ALLOC] += ns;
	else if (s->drivers)
		s->ns[MMT_SHARE_DRIVER] += ns;
}

/*
 * A fault at addr begins. now: what it is timed from. until: when handle_mm_fault() was entered after an exception of the
 * thread's own; 0: there was none and the caller has the lock (gup), or it is before the lock that the fault is timed from (tier
 * perf). What lies between until and now, the probe's own work, counts nowhere.
 */
static __always_inline void split_begin(__u32 tid, __u64 addr, __u64 until, __u64 now)
{
	struct mmt_shares *s;

	if (!knobs.split)
		return;
	s = shares_at(tid);
	if (!s)
		return;
	if (s->tid != tid) {
		if (s->in)
			return; /* of another thread's fault: this one's shares stay unknown */
		s->tid = tid;
		s->from = 0;
	}
	s->ns[MMT_SHARE_LOCK] = 0;
	s->lock_known = !until; /* tier perf: knobs.split says that it is not */
	if ((knobs.split & (1 << MMT_SHARE_LOCK)) && until && !s->in && s->from && s->page == split_page(addr)) {
		s->ns[MMT_SHARE_LOCK] = until - s->from;
		s->lock_known = 1;
	}
	s->ns[MMT_SHARE_DRIVER] = s->ns[MMT_SHARE_OFFCPU] = s->ns[MMT_SHARE_ALLOC] = 0;
	s->allocs = s->drivers = 0;
	s->in = SPLIT_IN;
	s->from = now;
	s->begin = now - s->ns[MMT_SHARE_LOCK];
}

static __always_inline void split_retry(__u32 tid)
{
	struct mmt_shares *s = knobs.split ? shares_of(tid) : NULL;

	if (!s || !s->in)
		return;
	split_turn(s, bpf_ktime_get_ns());
	s->allocs = s->drivers = 0;
	s->in = SPLIT_IN | SPLIT_BETWEEN;
}

static __always_inline void split_again(__u32 tid)
{
	struct mmt_shares *s = knobs.split ? shares_of(tid) : NULL;

	if (!s || !s->in)
		return;
	if (s->in & SPLIT_BETWEEN)
		split_turn(s, bpf_ktime_get_ns());
	else
		s->lock_known = 0; /* nobody saw the return: tier kprobe+perf */
	s->in = SPLIT_IN;
}

static __always_inline void split_end(__u32 tid, __u64 now, struct split_sum *sum)
{
	struct mmt_shares *s = knobs.split ? shares_of(tid) : NULL;

	__builtin_memset(sum, 0, sizeof(*sum));
	if (!s || !s->in)
		return;
	split_turn(s, now);
	sum->known = knobs.split & ((1 << MMT_SHARES) - 1);
	sum->total = now - s->begin;
	if (s->lock_known)
		sum->ns[MMT_SHARE_LOCK] = s->ns[MMT_SHARE_LOCK];
	else
		sum->known &= ~(1 << MMT_SHARE_LOCK);
	sum->ns[MMT_SHARE_DRIVER] = s->ns[MMT_SHARE_DRIVER];
	sum->ns[MMT_SHARE_OFFCPU] = s->ns[MMT_SHARE_OFFCPU];
	sum->ns[MMT_SHARE_ALLOC] = s->ns[MMT_SHARE_ALLOC];
	s->in = 0;
	s->from = 0;
}

static __always_inline void split_drop(__u32 tid)
{
	struct mmt_shares *s = knobs.split ? shares_of(tid) : NULL;

	if (!s)
		return;
	s->in = 0;
	s->from = 0;
}

/* Of the fault whose event, already sent, has this header. */
static __always_inline void split_send(const struct mmt_hdr *fault, const struct split_sum *sum)
{
	struct mmt_ev_fault_split *e;

	if (!WANT(FAULT_SPLIT) || !sum->total)
		return;
	e = RESERVE(fault_split, FAULT_SPLIT);
	if (!e)
		return;
	e->h = *fault;
	e->h.type = MMT_EV_FAULT_SPLIT;
	e->h.size = sizeof(*e);
	e->h.have = MMT_HAVE_DUR | MMT_HAVE(FAULT_SPLIT, total);
	e->h.dur_ns = e->total = sum->total;
	e->lock = sum->ns[MMT_SHARE_LOCK];
	e->driver = sum->ns[MMT_SHARE_DRIVER];
	e->offcpu = sum->ns[MMT_SHARE_OFFCPU];
	e->alloc = sum->ns[MMT_SHARE_ALLOC];
	e->h.have |= sum->known & (1 << MMT_SHARE_LOCK) ? MMT_HAVE(FAULT_SPLIT, lock) : 0;
	e->h.have |= sum->known & (1 << MMT_SHARE_DRIVER) ? MMT_HAVE(FAULT_SPLIT, driver) : 0;
	e->h.have |= sum->known & (1 << MMT_SHARE_OFFCPU) ? MMT_HAVE(FAULT_SPLIT, offcpu) : 0;
	e->h.have |= sum->known & (1 << MMT_SHARE_ALLOC) ? MMT_HAVE(FAULT_SPLIT, alloc) : 0;
	send(e);
}

#endif
