/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who is reached into by ptrace(2) and process_vm_readv(2), whose calls call.bpf.c tells of, and /proc/PID/mem, which is told of here:
 * read(2) and its kin are not looked at. All these functions exist on every kernel from 5.10 on; mem_rw and
 * process_vm_rw_core, which do the work, are inlined or cloned on some.
 */
#include "call.bpf.h"
#include "hook.bpf.h"

/* Fills who is reached into. */
static __always_inline void reach(struct mmt_thread *t, struct task_struct *task, __u64 mm)
{
	t->reach_tgid = BPF_CORE_READ(task, tgid);
	t->reach_wanted = other_wanted(task);
	t->reach_mm = t->reach_wanted ? mm_number(mm) : mm_number_reached(mm);
}

static __always_inline void reached(struct task_struct *task)
{
	struct mmt_thread *t = thread_find((__u32)bpf_get_current_pid_tgid());

	if (t && t->call_event == MMT_EV_REMOTE)
		reach(t, task, (__u64)BPF_CORE_READ(task, mm));
}

/* (task, addr, …) */
ENTRY(reach_ptrace, "ptrace_access_vm", REMOTE, 1)
{
	reached((void *)a1);
}

/* (task, mode): process_vm_rw_core asks it, and whoever opens files of /proc/PID */
ENTRY(reach_process, "mm_access", REMOTE, 1)
{
	reached((void *)a1);
}

static __always_inline struct task_struct *mm_owner(struct mm_struct *mm)
{
	return bpf_core_field_exists(mm->owner) ? BPF_CORE_READ(mm, owner) : NULL; /* CONFIG_MEMCG */
}

/* (file, buf, count, ppos) */
static __always_inline void mem_enter(__u8 tier, struct file *file, __u64 count, __u64 ppos, __u32 variant)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid(), pos = 0;
	struct mm_struct *mm = BPF_CORE_READ(file, private_data);
	struct task_struct *owner;
	struct mmt_thread *t;
	bool wanted;

	/* of a process that has ended nothing can be reached, and a number for its address space would not be forgotten */
	if (!WANT(REMOTE) || !mm || !BPF_CORE_READ(mm, mm_users.counter) ||
	    bpf_probe_read_kernel(&pos, sizeof(pos), (void *)ppos))
		return;
	wanted = current_wanted(pid_tgid);
	owner = mm_owner(mm);
	if (!wanted && !(owner && other_wanted(owner)))
		return;
	t = thread_get((__u32)pid_tgid);
	if (!t)
		return;
	if (t->call_event == MMT_EV_REMOTE)
		lose(MMT_LOSS_RETURN, MMT_EV_REMOTE);
	t->reach_tgid = t->reach_wanted = 0;
	if (owner)
		reach(t, owner, (__u64)mm);
	else
		t->reach_mm = mm_number_reached((__u64)mm);
	t->call_event = MMT_EV_REMOTE;
	t->call_variant = variant;
	t->call_tier = tier;
	t->call_wanted = wanted;
	t->call_compat = 0;
	t->call_no = call_next((__u32)pid_tgid);
	t->args[0] = pos;
	t->args[1] = count;
	t->call_ts = bpf_ktime_get_ns();
}

static __always_inline void mem_leave(const struct hookx x, __s64 ret)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct mmt_thread *t = thread_find((__u32)pid_tgid);

	if (!t || t->call_event != MMT_EV_REMOTE ||
	    (t->call_variant != MMT_VARIANT_MEM_READ && t->call_variant != MMT_VARIANT_MEM_WRITE))
		return;
	t->call_event = 0;
	t->call_stacks = STACKS(x, REMOTE);
	send_remote(t, pid_tgid, bpf_ktime_get_ns(), ret, false);
}

ENTRY(mem_read, "mem_read", REMOTE, 4)
{
	mem_enter(x.tier, (void *)a1, a3, a4, MMT_VARIANT_MEM_READ);
}

EXIT(mem_read_ret, "mem_read", REMOTE, 4)
{
	mem_leave(x, ret);
}

ENTRY(mem_write, "mem_write", REMOTE, 4)
{
	mem_enter(x.tier, (void *)a1, a3, a4, MMT_VARIANT_MEM_WRITE);
}

EXIT(mem_write_ret, "mem_write", REMOTE, 4)
{
	mem_leave(x, ret);
}
