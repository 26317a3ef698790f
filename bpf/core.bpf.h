/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The core: what every hook file may call. Maps, the target filter, numbers for address spaces, per-thread state,
 * reserving and submitting events, counting losses. Two objects are built from it (design: tiers):
 *
 *   plain  MMT_PLAIN is defined. No CO-RE, no BTF of the kernel: system calls, perf events, function arguments.
 *   core   everything else. Compiled twice: core_old (MMT_OLD is defined) does without callback functions.
 *
 * Nothing here uses atomic operations that return a value: kernels before 5.12 refuse a program that has one.
 */
#ifndef MMTRACE_CORE_BPF_H
#define MMTRACE_CORE_BPF_H

#include "compat.bpf.h"
#include "mmtrace/wire/event.h"
#include "mmtrace/wire/names.h"
#include "mmtrace/wire/knobs.h"

#ifdef MMT_PLAIN
/* A kernel struct's member has an offset that only CO-RE can know: reading one here is a mistake. */
#pragma GCC poison vm_start vm_end vm_file vm_mm vm_ops f_op f_inode
#endif

/* ---- maps, shared by the objects (reuse_fd) -------------------------------------------------------------------- */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 * 1024 * 1024);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MMT_LOSS_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} losses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64); /* MMT_TARGET_… | id */
	__type(value, __u32);
} targets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64); /* mm_struct, or tgid without BTF */
	__type(value, __u32);
} mms SEC(".maps");

/* number -> key: makes numbering safe without atomic fetch (mm_assign) */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u64);
} mm_numbers SEC(".maps");

struct shared_state {
	__u32 mm_next;
	__u32 runs_open; /* runs that wait for the end of their system call */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct shared_state);
} state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u8);
} names_seen SEC(".maps");

#include "slot.bpf.h"

/* Frames of a thread inside a system call: a video buffer is mapped by v4l2_mmap > vb2_fop_mmap > vb2_mmap > vb2_vmalloc_mmap. */
#define DRIVER_DEPTH 8 /* a power of two */

struct driver_frame {
	__u64 func;
	__u64 vma;
	__u64 ts;
	__u64 sp;
	__u64 addr, len; /* of the arguments, where the role has them */
	__u64 stacks;	 /* stack.bpf.h */
	__u32 role;	 /* enum mmt_func_role */
	__u32 kind;	 /* enum driver_kind */
	__u32 write;
	__u32 pad;
};

struct mmt_thread {
	/* the call */
	__u64 call_ts;
	__u64 args[6];
	__u64 call_file;  /* name key of the file mapped, learnt inside */
	__u64 call_bytes; /* torn down so far */
	__u32 call_event; /* 0: in no call of interest */
	__u32 call_no;
	__u32 call_compat;
	__u32 call_have_bytes;
	__u32 call_tier;
	__u32 call_variant;
	__u64 call_stacks; /* stack.bpf.h */
	__u64 call_lr;	   /* likewise; the plain object cannot find the registers later */
	/* who is reached into, as far as hooks inside the call told */
	__u32 reach_tgid; /* 0: nobody told */
	__u32 reach_mm;
	__u32 reach_wanted; /* that one is watched */
	__u32 call_wanted;  /* the caller is */
	/* the change going on */
	__u64 chg_addr, chg_len, chg_ts;
	__u64 vms;	/* vma_munmap_struct of an over-map under way */
	__u64 vms_told; /* … that has been told of */
	__u64 exit_key; /* address space this thread is tearing down, */
	__u64 exit_mm;	/* and the number it had */
	__u64 new_vma;	/* VMA object whose birth has not been told */
	__u32 chg;	/* enum change_op */
	__u32 chg_mm;
	__u32 chg_tier;
	__u32 new_cause;
	__u32 pad0;
	__u64 map_func; /* ->mmap of the file being mapped */
	__u64 map_file;
	__u32 map_prepare;
	__u32 map_func_told;
	__u64 un_addr, un_len;	   /* an unmap under way */
	__u64 grow_vma, grow_from; /* a stack that may grow, and where it began */
	__u64 moved_addr;	   /* where a move came from: its unmap is part of the move */
	__u32 un_pending;
	__u32 drivers; /* frames in use */
	struct driver_frame driver[DRIVER_DEPTH];
	/* install helpers under way and their runs: run.bpf.h */
	__u32 inst_depth; /* helpers within each other */
	__u32 inst_call;  /* the call they belong to */
	__u32 inst_any;	  /* 1: this thread has an entry in insts */
	__u32 objs;	  /* buffer objects being mapped, within each other */
	__u32 runs;	  /* bit n: the run of level n is not yet sent */
	__u32 runs_wait;  /* 1: they wait for sys_exit */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct mmt_thread);
} threads SEC(".maps");

/* what a new thread starts from: too large for the stack */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mmt_thread);
} thread_zero SEC(".maps");

/* functions of drivers: 0 seen, 1 probed; and tables of them that were looked through: 2 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u32);
} funcs SEC(".maps");

/* ---- per object: knobs, the off switch, what fired ------------------------------------------------------------ */

const volatile struct mmt_knobs knobs = {};
volatile __u32 off = 1; /* 1: every program returns at once */
__u8 fired[MMT_HOOK_MAX];

#define HIT(hook)                                   \
	do {                                        \
		if (!fired[MMT_HOOK_##hook])        \
			fired[MMT_HOOK_##hook] = 1; \
	} while (0)

#define WANT(ev) (knobs.want[MMT_EV_##ev / 64] & (1ULL << (MMT_EV_##ev % 64)))

static __always_inline void lose(__u32 kind, __u32 event)
{
	__u32 i = MMT_LOSS_INDEX(kind, event);
	__u64 *n = bpf_map_lookup_elem(&losses, &i);

	if (n)
		__sync_fetch_and_add(n, 1);
}

#include "targets.bpf.h"

/* ---- address spaces -------------------------------------------------------------------------------------------- */

/*
 * A bit of an address space's number in mms: it was only reached into, by somebody who is watched. It may be of a process that
 * nobody asked for, so nothing is told of itself.
 */
#define MM_REACHED (1u << 31)

/*
 * A number nobody has: add one, read, and claim what was read with NOEXIST. Two CPUs may read the same value; one of
 * them fails and tries again. The counter only grows, so a number is never used twice.
 */
static __noinline __u32 mm_assign(__u64 key, __u32 flag)
{
	__u32 zero = 0, n, value;
	struct shared_state *s = bpf_map_lookup_elem(&state, &zero);
	int i;

	if (!s)
		return 0;
	for (i = 0; i < 4; i++) {
		__sync_fetch_and_add(&s->mm_next, 1);
		n = *(volatile __u32 *)&s->mm_next;
		if (bpf_map_update_elem(&mm_numbers, &n, &key, BPF_NOEXIST))
			continue;
		value = n | flag;
		if (!bpf_map_update_elem(&mms, &key, &value, BPF_NOEXIST))
			return n;
		bpf_map_delete_elem(&mm_numbers, &n);
		__u32 *other = bpf_map_lookup_elem(&mms, &key);
		if (other)
			return *other & ~MM_REACHED;
		break;
	}
	lose(MMT_LOSS_MM, 0);
	return 0;
}

static __always_inline __u32 mm_number(__u64 key)
{
	__u32 *n;

	if (!key)
		return 0;
	n = bpf_map_lookup_elem(&mms, &key);
	if (!n)
		return mm_assign(key, 0);
	if (*n & MM_REACHED)
		*n &= ~MM_REACHED;
	return *n;
}

/* The number of one that somebody else reaches into. */
static __always_inline __u32 mm_number_reached(__u64 key)
{
	__u32 *n;

	if (!key)
		return 0;
	n = bpf_map_lookup_elem(&mms, &key);
	return n ? *n & ~MM_REACHED : mm_assign(key, MM_REACHED);
}

static __always_inline void mm_forget(__u64 key)
{
	__u32 *n = bpf_map_lookup_elem(&mms, &key), copy;

	if (!n)
		return;
	copy = *n & ~MM_REACHED;
	bpf_map_delete_elem(&mms, &key);
	bpf_map_delete_elem(&mm_numbers, &copy);
}

/* ---- per-thread state ------------------------------------------------------------------------------------------ */

static __always_inline struct mmt_slot *slot_of(__u32 tid)
{
	__u32 i = tid & knobs.slot_mask;

	return bpf_map_lookup_elem(&slots, &i);
}

/* The slot as its thread's own, taken over from an idle owner. NULL: another thread's fault is under way in it. */
static __always_inline struct mmt_slot *slot_claim(__u32 tid)
{
	struct mmt_slot *s = slot_of(tid);

	if (!s || s->tid == tid)
		return s;
	if (s->state != SLOT_IDLE)
		return NULL;
	s->tid = tid;
	s->head = SLOT_IDLE;
	s->mm_key = 0;
	return s;
}

static __always_inline struct mmt_thread *thread_find(__u32 tid)
{
	return bpf_map_lookup_elem(&threads, &tid);
}

static __always_inline struct mmt_thread *thread_get(__u32 tid)
{
	struct mmt_thread *t = bpf_map_lookup_elem(&threads, &tid), *z;
	__u32 zero = 0;

	if (t)
		return t;
	z = bpf_map_lookup_elem(&thread_zero, &zero);
	if (!z)
		return NULL;
	bpf_map_update_elem(&threads, &tid, z, BPF_ANY);
	t = bpf_map_lookup_elem(&threads, &tid);
	if (!t)
		lose(MMT_LOSS_SLOT, 0);
	return t;
}

/* A new number for a call or fault of this thread. */
static __always_inline __u32 call_next(__u32 tid)
{
	struct mmt_slot *s = slot_of(tid);

	if (!s)
		return 0;
	return ++s->calls;
}

/* The fault this thread is in, else its system call, else 0. */
static __always_inline __u32 call_now(__u32 tid, struct mmt_thread *t)
{
	struct mmt_slot *s = slot_of(tid);

	if (s && s->tid == tid && s->state == SLOT_RUNNING)
		return s->ev.h.call;
	return t && t->call_event ? t->call_no : 0;
}

/* n more faults, or fewer, wait for the end of their system call. */
static __always_inline void faults_wait_add(int n)
{
	__u32 zero = 0, *waiting = bpf_map_lookup_elem(&faults_wait, &zero);

	if (waiting)
		__sync_fetch_and_add(waiting, n);
}

/* ---- sending --------------------------------------------------------------------------------------------------- */

/* Totals alone have no ring; the verifier then sees that nothing behind this runs. */
static __always_inline void *ring_reserve(__u64 size)
{
	return knobs.ring ? bpf_ringbuf_reserve(&ring, size, 0) : NULL;
}

static __always_inline __u64 wake_flag(void)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) >= knobs.wake_bytes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

static __always_inline void send(void *ev)
{
	bpf_ringbuf_submit(ev, wake_flag());
}

/* Header of an event of the current task. `mm` is filled by the caller. */
static __always_inline void head(struct mmt_hdr *h, __u16 type, __u16 size, __u8 tier, __u64 ts, __u64 pid_tgid)
{
	h->type = type;
	h->size = size;
	h->tier = tier;
	h->depth = 0;
	h->cpu = bpf_get_smp_processor_id();
	h->ts_ns = ts;
	h->dur_ns = 0;
	h->have = 0;
	h->pid = pid_tgid >> 32;
	h->tid = (__u32)pid_tgid;
	h->mm = 0;
	h->call = 0;
	h->kstack = h->ustack = 0; /* stack.bpf.h */
}

/* Reserves an event named ev of enum MMT_EV_<EV>; NULL, and counted, when the ring is full. */
#define RESERVE(ev, EV)                                               \
	({                                                            \
		struct mmt_ev_##ev *__e = ring_reserve(sizeof(*__e)); \
		if (!__e)                                             \
			lose(MMT_LOSS_RING, MMT_EV_##EV);             \
		__e;                                                  \
	})

/*
 * The same behind WANT(): what is wanted has a ring. Not to be asked for that twice: 6.1 does not know at a second comparison
 * that what was reserved is not NULL.
 */
#define RESERVE_WANTED(ev, EV)                                                         \
	({                                                                             \
		struct mmt_ev_##ev *__e = bpf_ringbuf_reserve(&ring, sizeof(*__e), 0); \
		if (!__e)                                                              \
			lose(MMT_LOSS_RING, MMT_EV_##EV);                              \
		__e;                                                                   \
	})

#define HEAD(e, EV, tier, ts, pid_tgid) head(&(e)->h, MMT_EV_##EV, sizeof(*(e)), tier, ts, pid_tgid)

#include "name.bpf.h"

#endif
