/* SPDX-License-Identifier: GPL-2.0 */
/* What a system call was asked for and what it answered, as its event: one function for each. In both objects. */
#ifndef MMTRACE_CALL_BPF_H
#define MMTRACE_CALL_BPF_H

#include "fault.bpf.h"
#include "run.bpf.h"
#include "task.bpf.h"

struct raw_tp_ctx {
	__u64 args[2];
};

#define MAP_ANONYMOUS_ 0x20 /* include/uapi/asm-generic/mman-common.h, 6.12 */

#define CALL_HEAD(e, EV)                                         \
	do {                                                     \
		HEAD(e, EV, t->call_tier, t->call_ts, pid_tgid); \
		e->h.dur_ns = now - t->call_ts;                  \
		e->h.have = MMT_HAVE_ALL(EV) | MMT_HAVE_DUR;     \
		e->h.mm = mm;                                    \
		e->h.call = t->call_no;                          \
		stacks_put(&e->h, t->call_stacks);               \
		e->compat = t->call_compat;                      \
	} while (0)

static __always_inline void send_mmap(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_mmap *e = RESERVE(mmap, MMAP);

	if (!e)
		return;
	CALL_HEAD(e, MMAP);
	e->addr = t->args[0];
	e->len = t->args[1];
	e->prot = t->args[2];
	e->flags = t->args[3];
	e->fd = (__s32)t->args[4];
	e->off = t->args[5];
	e->ret = ret;
	e->file = t->call_file;
	if (!e->file)
		e->h.have &= ~MMT_HAVE(MMAP, file);
	if (e->flags & MAP_ANONYMOUS_)
		e->h.have &= ~(MMT_HAVE(MMAP, fd) | MMT_HAVE(MMAP, off));
	send(e);
}

static __always_inline void send_munmap(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_munmap *e = RESERVE(munmap, MUNMAP);

	if (!e)
		return;
	CALL_HEAD(e, MUNMAP);
	e->addr = t->args[0];
	e->len = t->args[1];
	e->bytes = t->call_bytes;
	if (!knobs.have_torn || (!t->call_have_bytes && ret))
		e->h.have &= ~MMT_HAVE(MUNMAP, bytes);
	e->ret = ret;
	send(e);
}

static __always_inline void send_mprotect(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_mprotect *e = RESERVE(mprotect, MPROTECT);

	if (!e)
		return;
	CALL_HEAD(e, MPROTECT);
	e->addr = t->args[0];
	e->len = t->args[1];
	e->prot = t->args[2];
	e->pkey = t->call_variant == MMT_VARIANT_PKEY ? (__s32)t->args[3] : -1;
	e->ret = ret;
	send(e);
}

static __always_inline void send_mremap(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_mremap *e = RESERVE(mremap, MREMAP);

	if (!e)
		return;
	CALL_HEAD(e, MREMAP);
	e->addr = t->args[0];
	e->old_len = t->args[1];
	e->len = t->args[2];
	e->flags = t->args[3];
	e->new_addr = t->args[4];
	if (!(e->flags & 2)) /* MREMAP_FIXED: include/uapi/linux/mman.h, 6.12 */
		e->h.have &= ~MMT_HAVE(MREMAP, new_addr);
	e->ret = ret;
	send(e);
}

static __always_inline void send_brk(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_brk *e = RESERVE(brk, BRK);

	if (!e)
		return;
	CALL_HEAD(e, BRK);
	e->addr = t->args[0];
	e->ret = ret;
	e->zero0 = 0;
	send(e);
}

/* The first of a vector of ranges in the program's memory: struct iovec, include/uapi/linux/uio.h, 6.12. */
static __always_inline bool first_range(__u64 vec, __u32 compat, __u64 *addr, __u64 *len)
{
	__u64 v[2] = {};

	if (bpf_probe_read_user(v, compat ? 8 : 16, (void *)vec))
		return false;
	*addr = compat ? (__u32)v[0] : v[0];
	*len = compat ? v[0] >> 32 : v[1];
	return true;
}

#define RANGES_MAX 1024	 /* UIO_MAXIOV, include/uapi/linux/uio.h, 6.12: with more the call fails */
#define NO_LEN	   ~0ULL /* could not be read */

/* Bytes in a vector of ranges. */
__noinline __u64 ranges_len(__u64 vec, __u32 n, __u32 compat)
{
	__u64 sum = 0, addr, len;

	for (__u32 i = 0; i < RANGES_MAX; i++) {
		if (i >= n)
			return sum;
		if (!first_range(vec + i * (compat ? 8 : 16), compat, &addr, &len))
			return NO_LEN;
		sum += len;
	}
	return n > RANGES_MAX ? NO_LEN : sum;
}

static __always_inline void send_msync(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_msync *e = RESERVE(msync, MSYNC);

	if (!e)
		return;
	CALL_HEAD(e, MSYNC);
	e->addr = t->args[0];
	e->len = t->args[1];
	e->flags = t->args[2];
	e->ret = ret;
	e->zero0 = 0;
	send(e);
}

static __always_inline void send_madvise(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_madvise *e;
	__u64 addr = t->args[0], len = t->args[1];
	bool other = t->call_variant == MMT_VARIANT_PROCESS, known = true;

	if (other)
		known = t->args[2] && first_range(t->args[1], t->call_compat, &addr, &len);
	e = RESERVE(madvise, MADVISE);
	if (!e)
		return;
	CALL_HEAD(e, MADVISE);
	if (!known)
		addr = len = 0;
	e->addr = addr;
	e->len = len;
	if (!known)
		e->h.have &= ~(MMT_HAVE(MADVISE, addr) | MMT_HAVE(MADVISE, len));
	e->ranges = other ? t->args[2] : 0;
	e->pidfd = other ? (__s32)t->args[0] : 0;
	if (!other)
		e->h.have &= ~(MMT_HAVE(MADVISE, ranges) | MMT_HAVE(MADVISE, pidfd));
	e->advice = other ? t->args[3] : t->args[2];
	e->ret = ret;
	e->zero0 = 0;
	send(e);
}

static __always_inline void send_mlock(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_mlock *e = RESERVE(mlock, MLOCK);
	__u32 op = t->call_variant;

	if (!e)
		return;
	CALL_HEAD(e, MLOCK);
	e->addr = e->len = 0;
	e->flags = 0;
	if (op == MMT_LOCKOP_MLOCKALL || op == MMT_LOCKOP_MUNLOCKALL) {
		e->h.have &= ~(MMT_HAVE(MLOCK, addr) | MMT_HAVE(MLOCK, len));
	} else {
		e->addr = t->args[0];
		e->len = t->args[1];
	}
	if (op == MMT_LOCKOP_MLOCK2)
		e->flags = t->args[2];
	else if (op == MMT_LOCKOP_MLOCKALL)
		e->flags = t->args[0];
	else
		e->h.have &= ~MMT_HAVE(MLOCK, flags);
	e->op = op;
	e->ret = ret;
	send(e);
}

static __always_inline void send_shmget(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_shmget *e = RESERVE(shmget, SHMGET);

	if (!e)
		return;
	CALL_HEAD(e, SHMGET);
	e->len = t->args[1];
	e->key = t->args[0];
	e->flags = t->args[2];
	e->ret = ret;
	send(e);
}

static __always_inline void send_shmat(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_shmat *e;
	__u32 got = 0;
	bool known = true;

	/* ipc(2) answers 0, and the address where the fourth argument points */
	if (t->call_variant == MMT_VARIANT_IPC && !ret) {
		known = !bpf_probe_read_user(&got, sizeof(got), (void *)t->args[3]);
		ret = got;
	}
	e = RESERVE(shmat, SHMAT);
	if (!e)
		return;
	CALL_HEAD(e, SHMAT);
	e->addr = t->args[1];
	e->id = (__s32)t->args[0];
	e->flags = t->args[2];
	e->ret = ret;
	if (!known)
		e->h.have &= ~MMT_HAVE(SHMAT, ret);
	e->zero0 = 0;
	send(e);
}

static __always_inline void send_shmdt(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_shmdt *e = RESERVE(shmdt, SHMDT);

	if (!e)
		return;
	CALL_HEAD(e, SHMDT);
	e->addr = t->args[0];
	e->ret = ret;
	send(e);
}

static __always_inline void send_memfd(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	__u64 name = name_text(t->args[0], NAME_USER); /* at the end: the kernel has had the page in */
	struct mmt_ev_memfd_create *e = RESERVE(memfd_create, MEMFD);

	if (!e)
		return;
	CALL_HEAD(e, MEMFD);
	e->name = name;
	if (!name)
		e->h.have &= ~MMT_HAVE(MEMFD, name);
	e->flags = t->args[1];
	e->ret = ret;
	e->zero0 = 0;
	send(e);
}

static __always_inline void send_remap_file(struct mmt_thread *t, __u64 pid_tgid, __u32 mm, __u64 now, __s64 ret)
{
	struct mmt_ev_remap_file_pages *e = RESERVE(remap_file_pages, REMAP_FILE);

	if (!e)
		return;
	CALL_HEAD(e, REMAP_FILE);
	e->addr = t->args[0];
	e->len = t->args[1];
	e->prot = t->args[2];
	e->pgoff = t->args[3];
	e->flags = t->args[4];
	e->ret = ret;
	send(e);
}

/* ---- remote ---------------------------------------------------------------------------------------------------- */

/* include/uapi/linux/ptrace.h, 6.12 */
#define PTRACE_PEEKTEXT_ 1
#define PTRACE_PEEKDATA_ 2
#define PTRACE_POKETEXT_ 4
#define PTRACE_POKEDATA_ 5

static __always_inline bool ptrace_reaches(__u64 request)
{
	return request == PTRACE_PEEKTEXT_ || request == PTRACE_PEEKDATA_ || request == PTRACE_POKETEXT_ ||
	       request == PTRACE_POKEDATA_;
}

/* The number by which the caller asks is the one that everybody knows: the caller is in no pid namespace of its own. */
static __always_inline bool numbers_are_global(void)
{
#ifdef MMT_PLAIN
	return true; /* not to be known: the hook's row says so */
#else
	struct task_struct *task = (void *)bpf_get_current_task();

	return !BPF_CORE_READ(task, thread_pid, level);
#endif
}

static __always_inline __u64 reach_have(struct mmt_thread *t, __u64 asked, __u32 *target)
{
	*target = t->reach_tgid;
	if (!*target && asked && numbers_are_global())
		*target = asked;
	return *target ? MMT_HAVE(REMOTE, target) : 0;
}

/*
 * One process reached into another: args[0] and args[1] are the range of /proc/PID/mem. vectors: a constant, whether it may have been
 * by process_vm_readv(), whose vector of ranges takes the verifier longer than all the rest of a program.
 */
static __always_inline void send_remote(struct mmt_thread *t, __u64 pid_tgid, __u64 now, __s64 ret, const bool vectors)
{
	__u32 variant = t->call_variant, target = 0, how = MMT_REACH_PROC_MEM;
	bool write = variant == MMT_VARIANT_MEM_WRITE;
	__u64 have = MMT_HAVE_ALL(REMOTE), addr = t->args[0], len = t->args[1], asked = 0;
	struct mmt_ev_remote *e;

	if (variant == MMT_VARIANT_PTRACE) {
		how = MMT_REACH_PTRACE;
		write = t->args[0] >= PTRACE_POKETEXT_;
		asked = (__u32)t->args[1];
		addr = t->args[2];
		len = t->call_compat ? 4 : 8;
		if (!ret)
			ret = len;
	} else if (vectors && (variant == MMT_VARIANT_READV || variant == MMT_VARIANT_WRITEV)) {
		how = MMT_REACH_PROCESS_VM;
		write = variant == MMT_VARIANT_WRITEV;
		asked = (__u32)t->args[0];
		if (!t->args[4] || !first_range(t->args[3], t->call_compat, &addr, &len)) {
			addr = 0;
			have &= ~MMT_HAVE(REMOTE, addr);
		}
		if (t->args[4] != 1)
			len = ranges_len(t->args[3], t->args[4], t->call_compat);
		if (len == NO_LEN) {
			len = 0;
			have &= ~MMT_HAVE(REMOTE, len);
		}
	}
	if (!reach_have(t, asked, &target))
		have &= ~MMT_HAVE(REMOTE, target);
	if (!t->call_wanted && !t->reach_wanted &&
	    !(target && knobs.filter & MMT_FILTER_TGID && in_targets(MMT_TARGET_TGID | target)))
		return;
	e = RESERVE(remote, REMOTE);
	if (!e)
		return;
	HEAD(e, REMOTE, t->call_tier, t->call_ts, pid_tgid);
	e->h.dur_ns = now - t->call_ts;
	e->h.have = have | MMT_HAVE_DUR;
	e->h.mm = t->reach_mm;
	e->h.call = t->call_no;
	stacks_put(&e->h, t->call_stacks);
	e->addr = addr;
	e->len = len;
	e->ret = ret;
	e->target = target;
	e->write = write;
	e->how = how;
	e->zero0 = 0;
	send(e);
}

/* ---------------------------------------------------------------------------------------------------------------- */

/* ev: t->call_event, or that of the one call whose end this is. */
static __always_inline void call_send(const struct hookx x, struct mmt_thread *t, __u32 ev, __u64 pid_tgid, __s64 ret)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 mm;

	/* a 32-bit result: an address above 2 GiB may come sign-extended, and -errno may not */
	if (t->call_compat)
		ret = (__u32)ret >= 0xfffff001 ? (__s64)(__s32)ret : (__s64)(__u32)ret;
	if (!(knobs.want[ev / 64 & 1] & (1ULL << (ev % 64))))
		return;
	t->call_stacks = STACKS_N(x, ev & (MMT_EV_MAX - 1));
	/* WANT(): what is never reached then, the verifier need not look at */
	if (WANT(REMOTE) && ev == MMT_EV_REMOTE) {
		send_remote(t, pid_tgid, now, ret, true);
		return;
	}
	mm = mm_number(current_mm_key(pid_tgid));
#define SEND(EV, name)                                  \
	if (WANT(EV) && ev == MMT_EV_##EV) {            \
		send_##name(t, pid_tgid, mm, now, ret); \
		return;                                 \
	}
	SEND(MMAP, mmap)
	SEND(MUNMAP, munmap)
	SEND(MPROTECT, mprotect)
	SEND(MREMAP, mremap)
	SEND(BRK, brk)
	SEND(MSYNC, msync)
	SEND(MADVISE, madvise)
	SEND(MLOCK, mlock)
	SEND(SHMGET, shmget)
	SEND(SHMAT, shmat)
	SEND(SHMDT, shmdt)
	SEND(MEMFD, memfd)
	SEND(REMAP_FILE, remap_file)
#undef SEND
}

#endif
