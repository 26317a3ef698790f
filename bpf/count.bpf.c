/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults counted and not timed: their end is all that is looked at, so they cost half. A slot (total.bpf.h) has the marks of the
 * fault under way; how much of a run they take is asked of a timer.
 */
#ifndef MMT_PLAIN
#include "driver.bpf.h"
#endif
#include "hook.bpf.h"
#include "task.bpf.h"

#ifndef MMT_PLAIN

static __noinline int count_slow(__u64 *c)
{
	struct vm_area_struct *vma = (void *)c[0];
	__u32 tid = current_tid(true), result = (__u32)c[4];
	struct mmt_tslot *s = tslot_wanted(tid, 0, 0);

	if (!s || result & VMF_RETRY)
		return 0;
	s->quick = 0;
	s->flags = (__u32)c[2];
	s->traits = 0;
	s->mode = c[3] ? MMT_FMODE_USER : MMT_FMODE_GUP;
	if (!(result & VMF_COMPLETED)) /* else its lock was let go, and it may be gone */
		total_vma(true, s, vma);
	s->row = row_of_cpu(bpf_get_smp_processor_id());
	total_count(s, total_kind(tid, result, fault_major(result, s->flags) ? 3 : 2));
	s->head = s->cell ? SLOT_IDLE : HEAD_NO_CELL;
	return 0;
}

SEC("?fexit/handle_mm_fault")
int count_leave__fexit(__u64 *c)
{
	__u32 tid = current_tid(true), n;
	struct mmt_tslot *s = tslot_of(tid);
	struct vm_area_struct *vma = (void *)c[0];
	struct mmt_cell *cell;

	if (__builtin_expect(s->tid_head == TID_HEAD(tid, SLOT_IDLE) && ((__u32)c[2] & FLT_QUICK) == FLT_QUICK &&
				     !vma->vm_ops && !((__u32)c[4] & (VMF_ERROR | VMF_RETRY | VMF_COMPLETED)),
			     1)) {
		n = s->cell;
		cell = bpf_map_lookup_elem(&cells, &n);
		if (__builtin_expect(cell != NULL, 1)) {
			__sync_fetch_and_add(&cell->untimed, 1);
			return 0;
		}
	}
	if (s->tid_head == TID_HEAD(tid, SLOT_UNWANTED))
		return 0;
	return count_slow(c);
}

#endif

static __always_inline int count_perf(struct mmt_perf_ctx *ctx)
{
	struct mmt_tslot *s = tslot_wanted((__u32)bpf_get_current_pid_tgid(), 0, 0);

	if (!s)
		return 0;
	s->addr = ctx->addr;
	s->traits = MMT_FMODE_USER << 8;
	s->row = row_of_cpu(bpf_get_smp_processor_id());
	total_find_vma(s, 0);
	total_count(s, MMT_CELL_CLASS + s->class);
	return 0;
}

SEC("?perf_event")
int count_min__perf(struct mmt_perf_ctx *ctx)
{
	return count_perf(ctx);
}

SEC("?perf_event")
int count_maj__perf(struct mmt_perf_ctx *ctx)
{
	return count_perf(ctx);
}

/* ---- where the time goes: a timer looks ------------------------------------------------------------------------ */

#define SAMPLE_DEPTH 48

struct sample_room {
	__u64 all, in_fault;
	__u64 stack[SAMPLE_DEPTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sample_room);
} samples SEC(".maps");

static __always_inline bool in_fault_path(__u64 addr)
{
	return addr - knobs.fault_lo[0] < knobs.fault_len[0] || addr - knobs.fault_lo[1] < knobs.fault_len[1];
}

SEC("?perf_event")
int sample_clock__perf(struct mmt_perf_ctx *ctx)
{
	__u32 zero = 0;
	struct sample_room *r;
	long n;

	if (off || !current_wanted(bpf_get_current_pid_tgid()))
		return 0;
	HIT(SAMPLE);
	r = bpf_map_lookup_elem(&samples, &zero);
	if (!r)
		return 0;
	r->all++;
	if (REG_USER(&ctx->regs))
		return 0;
	n = bpf_get_stack(ctx, r->stack, sizeof(r->stack), 0);
	for (int i = 0; i < SAMPLE_DEPTH; i++) {
		if (i * (long)sizeof(r->stack[0]) >= n)
			break;
		if (in_fault_path(r->stack[i])) {
			r->in_fault++;
			break;
		}
	}
	return 0;
}
