/* SPDX-License-Identifier: GPL-2.0 */
/* Who is watched, as the set of targets says. A part of core.bpf.h. */
#ifndef MMTRACE_TARGETS_BPF_H
#define MMTRACE_TARGETS_BPF_H

static __always_inline bool in_targets(__u64 key)
{
	return bpf_map_lookup_elem(&targets, &key) != NULL;
}

static __always_inline bool comm_matches(void)
{
	union {
		char c[16];
		__u64 w[2];
	} have = {}; /* 5.18 to 6.3 leave what is behind the name as it was: kernel/bpf/helpers.c */
	/* volatile: else the compiler knows better what stands in read-only data, the zeros it was built with */
	const volatile __u64 *asked = (const volatile __u64 *)knobs.comm;

	if (bpf_get_current_comm(have.c, sizeof(have.c)))
		return false;
	return have.w[0] == asked[0] && have.w[1] == asked[1];
}

/* Is the current task within the target? */
static __always_inline bool current_wanted(__u64 pid_tgid)
{
	__u32 tgid = pid_tgid >> 32, tid = (__u32)pid_tgid;

	if (off)
		return false;
	if (!knobs.filter)
		return tgid != knobs.self_tgid;
	if (knobs.filter & (MMT_FILTER_TGID | MMT_FILTER_TID)) {
		if (!((knobs.filter & MMT_FILTER_TGID) && in_targets(MMT_TARGET_TGID | tgid)) &&
		    !((knobs.filter & MMT_FILTER_TID) && in_targets(MMT_TARGET_TID | tid)))
			return false;
	} else if (tgid == knobs.self_tgid) {
		return false;
	}
	if ((knobs.filter & MMT_FILTER_CGROUP) &&
	    bpf_get_current_ancestor_cgroup_id(knobs.cgroup_level) != knobs.cgroup)
		return false;
	return !(knobs.filter & MMT_FILTER_COMM) || comm_matches();
}

/* What is known of a process of the target, enum-like MMT_TARGET_; NULL: it is none. */
static __always_inline __u32 *target_find(__u32 tgid)
{
	__u64 key = MMT_TARGET_TGID | tgid;

	return bpf_map_lookup_elem(&targets, &key);
}

/* A child of what was found. It has the events that its parent has, or none. */
static __always_inline void target_add(__u32 tgid, const __u32 *parent)
{
	__u64 key = MMT_TARGET_TGID | tgid;
	__u32 how = *parent == MMT_TARGET_MUTE ? MMT_TARGET_MUTE : MMT_TARGET_NOW;

	if (bpf_map_update_elem(&targets, &key, &how, BPF_ANY))
		lose(MMT_LOSS_TARGET, 0);
}

static __always_inline void target_drop(__u32 tgid)
{
	__u64 key = MMT_TARGET_TGID | tgid;
	__u32 *how = knobs.task_events ? target_find(tgid) : NULL;

	if (how && *how == MMT_TARGET_MUTE)
		lose(MMT_LOSS_MUTE, 0);
	bpf_map_delete_elem(&targets, &key);
}

/* A new program. Where it runs as another user the kernel takes its events away: begin_new_exec(), fs/exec.c, 5.10 to 7.1 */
static __always_inline void target_execs(__u32 tgid)
{
	__u32 *how;

	if (!(knobs.totals || knobs.task_events) || !(knobs.filter & MMT_FILTER_TGID))
		return;
	how = target_find(tgid);
	if (how)
		*how = knobs.task_events ? MMT_TARGET_MUTE : MMT_TARGET_NOW;
}

/* A fault of it was seen, the first of a program. */
static __always_inline void target_heard(__u32 tgid)
{
	__u32 *how = knobs.task_events && knobs.filter & MMT_FILTER_TGID ? target_find(tgid) : NULL;

	if (how && *how == MMT_TARGET_MUTE)
		*how = MMT_TARGET_NOW;
}

#endif
