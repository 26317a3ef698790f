/* SPDX-License-Identifier: GPL-2.0 */
/* The slowest faults: told one by one, as fault events. Each CPU remembers how long those took that it told of. */
#ifndef MMTRACE_TOTAL_SLOW_BPF_H
#define MMTRACE_TOTAL_SLOW_BPF_H

#include "stack.bpf.h"
#include "task.bpf.h"
#include "total.bpf.h"

/* The times of those of this CPU that were told. */
struct slow_cpu {
	__u64 least;
	__u64 n;
	__u64 ns[MMT_SLOWEST_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slow_cpu);
} slow_cpus SEC(".maps");

static __always_inline void slow_tell(const struct hookx x, struct mmt_tslot *s, __u32 result, __u32 facts, __u32 kind,
				      __u64 ns)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 kstack = KSTACK(x, FAULT), ustack = USTACK(x, FAULT);
	struct mmt_ev_fault *e = RESERVE(fault, FAULT);

	if (!e)
		return;
	__builtin_memset(e, 0, sizeof(*e));
	HEAD(e, FAULT, x.tier, s->ts, pid_tgid);
	e->h.kstack = kstack;
	e->h.ustack = ustack;
	e->h.dur_ns = ns;
#ifdef MMT_PLAIN
	e->h.mm = mm_number(current_mm_key(pid_tgid));
#else
	e->h.mm = s->mm_key && s->mm_key != current_mm_key(0) ? mm_number_reached(s->mm_key) :
								mm_number(current_mm_key(0));
	if (s->mode == MMT_FMODE_USER) {
		const struct mmt_regs *r = (const void *)current_regs();

		bpf_probe_read_kernel(&e->ip, sizeof(e->ip), &REG_IP(r));
		e->h.have |= MMT_HAVE(FAULT, ip);
	}
#endif
	e->h.have |= MMT_HAVE_DUR | MMT_HAVE(FAULT, addr) | MMT_HAVE(FAULT, maj) | MMT_HAVE(FAULT, class) |
		     MMT_HAVE(FAULT, kind) | MMT_HAVE(FAULT, zero0) |
		     (knobs.total_flags ? MMT_HAVE(FAULT, flags) | MMT_HAVE(FAULT, mode) : 0) |
		     (facts & 2 ? MMT_HAVE(FAULT, result) : 0);
	e->addr = s->addr;
	e->flags = s->flags;
	e->result = result;
	e->maj = facts & 1;
	e->class = s->class;
	e->kind = kind < MMT_CELL_CLASS ? kind : 0;
	e->mode = !knobs.total_flags	   ? MMT_FMODE_UNKNOWN :
		  s->mode == MMT_FMODE_GUP ? MMT_FMODE_GUP :
		  s->flags & FLT_USER	   ? MMT_FMODE_USER :
					     MMT_FMODE_KERNEL;
	send(e);
}

/* The least of the first `want`, and where it stands: without branches, since the verifier would follow both ways of each. */
static __always_inline void slow_least(const struct slow_cpu *c, __u32 want, __u64 *min, __u32 *least)
{
	__u64 m = ~0ULL >> 1;
	__u32 at = 0;

	for (__u32 i = 0; i < MMT_SLOWEST_MAX; i++) {
		__u64 v = c->ns[i] | (i < want ? 0 : ~0ULL >> 1);
		__u64 less = (__u64)((__s64)(v - m) >> 63); /* all ones when it is; no fault takes 2^63 ns */

		KEEP(less);
		m ^= (m ^ v) & less;
		at ^= (at ^ i) & (__u32)less;
		KEEP(m);
		KEEP(at);
	}
	*min = m;
	*least = at;
}

/* Is it among the slowest of this CPU so far? Then it takes the place of the least of them. */
static __noinline int slow_enters(__u64 ns)
{
	__u32 zero = 0, least = 0, want = knobs.slowest;
	struct slow_cpu *c = bpf_map_lookup_elem(&slow_cpus, &zero);
	__u64 min = ~0ULL;

	if (!c || !want || want > MMT_SLOWEST_MAX)
		return 0;
	if (c->n >= want) {
		if (ns <= c->least)
			return 0;
		slow_least(c, want, &min, &least);
		c->ns[least & (MMT_SLOWEST_MAX - 1)] = ns;
	} else {
		c->ns[c->n & (MMT_SLOWEST_MAX - 1)] = ns;
		c->n++;
	}
	slow_least(c, want, &min, &least);
	c->least = min;
	return 1;
}

static __always_inline void slow_fault(const struct hookx x, struct mmt_tslot *s, __u32 result, __u32 facts, __u32 kind,
				       __u64 ns)
{
	if (slow_enters(ns))
		slow_tell(x, s, result, facts, kind, ns);
}

#endif
