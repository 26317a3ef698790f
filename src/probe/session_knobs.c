/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the BPF programs are told before they are loaded. */
#include <string.h>
#include <unistd.h>
#include "mmtrace/base.h"
#include "session_impl.h"
#include "session_total.h"
#include "syscalls.h"
#include "tasks.h"

bool session_marks_live(const struct session *s)
{
	for (int h = MMT_HOOK_MARK_WP; h <= MMT_HOOK_MARK_UFFD; h++)
		if (!chosen(s, h) && !hook_table[h].optional)
			return false;
	return true;
}

bool session__task_events(const struct session *s)
{
	static const uint8_t hooks[] = { MMT_HOOK_FAULT, MMT_HOOK_TOTAL, MMT_HOOK_COUNT };

	for (size_t i = 0; i < MMT_COUNT(hooks); i++)
		if (tier_of(s, hooks[i]) == MMT_TIER_PERF)
			return tasks_asked(&s->opts);
	return false;
}

void session_knobs(const struct session *s, struct mmt_knobs *k, uint32_t slots, uint64_t ring)
{
	const struct session_opts *o = &s->opts;
	uint64_t lo, hi;

	memset(k, 0, sizeof(*k));
	for (int e = 0; e < MMT_EV_MAX; e++)
		if (o->want[e])
			k->want[e / 64] |= 1ULL << (e % 64);
	k->filter = (o->npids || o->child ? MMT_FILTER_TGID : 0) | (o->ntids ? MMT_FILTER_TID : 0) |
		    (o->comm ? MMT_FILTER_COMM : 0) | (o->cgroup ? MMT_FILTER_CGROUP : 0);
	k->cgroup = s->cgroup.id;
	k->cgroup_level = s->cgroup.level;
	k->self_tgid = getpid();
	if (o->comm)
		strncpy(k->comm, o->comm, sizeof(k->comm) - 1);
	k->ring = ring != 0;
	k->wake_bytes = ring / 8;
	k->page_shift = s->caps.page_shift;
	k->thread_shift = s->caps.thread_shift;
	k->slot_mask = slots - 1;
	k->fork_child_off = s->caps.fork_child_off;
	k->free_pid_off = s->caps.free_pid_off;
	k->shmem_fault = s->caps.shmem_fault;
	k->sysv_fault = s->caps.sysv_fault;
	k->core_faults = (o->core_fault ? 1 : 0) | (o->core_mkwrite ? 2 : 0);
	ksyms_core(s->caps.ksyms, &lo, &hi);
	k->core_lo = lo;
	k->core_hi = hi;
	k->kstack = o->kstack;
	k->ustack = o->ustack;
	k->page_base = s->caps.page_base;
	k->page_struct = s->caps.page_struct;
	k->marks = session_marks_live(s);
	k->fault_exit_perf = tier_of(s, MMT_HOOK_FAULT) == MMT_TIER_KPROBE_PERF ||
			     tier_of(s, MMT_HOOK_TOTAL) == MMT_TIER_KPROBE_PERF;
	k->have_torn = chosen(s, MMT_HOOK_UNMAP) && (chosen(s, MMT_HOOK_GATHER) || chosen(s, MMT_HOOK_VMA_FREE));
	k->sys_exit = tier_of(s, MMT_HOOK_CALL) == MMT_TIER_RAW_TP;
	k->task_events = session__task_events(s);
	k->split = session__split_knob(s);
	k->fault_extra =
		k->kstack || k->ustack || k->split || o->want[MMT_EV_DRIVER_FAULT] || o->want[MMT_EV_DRIVER_MKWRITE];
	total_knobs(s, k);
	syscalls_fill(k);
}
