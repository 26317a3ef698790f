/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * One observation of this machine: which hooks, by which tier, over which target. The only way from commands to BPF.
 * All calls return 0 or -errno; the reason in words is in session__error().
 */
#ifndef MMTRACE_SESSION_H
#define MMTRACE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "source.h"
#include "wire/event.h"
#include "wire/names.h"

struct session;

struct session_opts {
	bool want[MMT_EV_MAX]; /* events, by enum mmt_event */
	const uint32_t *pids;  /* process ids (tgid) to follow with their children; NULL with npids 0 */
	size_t npids;
	const uint32_t *tids; /* single threads */
	size_t ntids;
	const char *comm;	 /* command name, exact; NULL: any */
	bool child;		 /* a command will be added with session__add_pid() before it runs */
	pid_t command;		 /* its process, where it exists already; else 0 */
	uint64_t ring_bytes;	 /* power of two, 0: default */
	const char *btf;	 /* --btf FILE, NULL: the kernel's own */
	const char *const *tier; /* forced tiers, "fault=perf" or "kprobe" (all hooks), NULL-terminated; NULL: none */
	bool core_fault;	 /* driver_fault of the kernel's own functions too, not of modules only */
	bool core_mkwrite;	 /* the same of driver_mkwrite */
	bool kstack;		 /* a kernel stack with every event */
	bool ustack;		 /* a user stack with every event */
	/*
	 * Totals of faults instead of a record for each: by is enum mmt_by bits. want[MMT_EV_FAULT_KEY] asks for them. Read with
	 * session__totals().
	 */
	uint32_t by;
	bool split;	      /* where the time goes, too */
	bool count;	      /* count faults by kind, time none */
	uint32_t slowest;     /* this many of the slowest faults of each CPU come as fault events; 0: none */
	uint64_t slower_ns;   /* totals have only faults that took so long or longer */
	uint64_t total_bytes; /* kernel memory for totals at most, 0: default */
	const char *cgroup;   /* only processes in this control group (a directory of cgroup2) or below; NULL: any */
	bool dry;	      /* choose tiers by trying, attach nothing (doctor) */
};

/* Loads and chooses tiers by trying. -EPERM: lacks privilege; -EINVAL: opts; -ENOTSUP: nothing can be observed. */
int session__open(struct session **out, const struct session_opts *opts);
/* Attaches every hook and imports the target's existing mappings into the ring. All hooks are live on return. */
int session__start(struct session *s);
/* Adds a process to the target. It is not yet running a program (a child stopped before exec). */
int session__add_pid(struct session *s, pid_t pid);
/*
 * What is mapped in a process now, from /proc, as name and vma_import records of address space mm: for machines that show
 * no changes. Number of mappings or -errno: it has gone, or fn's own.
 */
int session__import(struct session *s, pid_t pid, uint32_t mm, mmt_item_fn fn, void *ctx);
/*
 * Walks over what is mapped in a thread's process now, for the ledger to be compared with: what is in the ring, the losses of
 * changes so far, then MMT_SYNC_WALK_BEGIN, vma_walk records in the order of addresses, MMT_SYNC_WALK_END. Exact while other
 * threads run where an iterator walks; where /proc is read the process must be stopped (session__walks_live()).
 * 0 or -errno: the thread has gone, it cannot be walked, or fn's own.
 */
int session__walk(struct session *s, pid_t tid, mmt_item_fn fn, void *ctx);
bool session__walks_live(const struct session *s);
/* Counters of lost changes as they are now, as items. */
int session__losses(struct session *s, mmt_item_fn fn, void *ctx);
/*
 * Every total as it is now, as items (wire/total.h): what changed since the last call, or all of it. Costs nothing that faults
 * would notice. Number of items or -errno.
 */
int session__totals(struct session *s, bool all, mmt_item_fn fn, void *ctx);
/* Bytes of kernel memory that maps take, by name in *words where that is not NULL. */
uint64_t session__map_bytes(const struct session *s, const char **words);
/* Items from the ring: at most timeout_ms of waiting. Number of items or -errno. */
int session__poll(struct session *s, int timeout_ms, mmt_item_fn fn, void *ctx);
/* Switches every program off and waits until none runs any more (milliseconds): what they wrote can then be polled, whole. */
int session__stop(struct session *s);
/* Hands over loss counters and hook states as items. */
int session__report(struct session *s, mmt_item_fn fn, void *ctx);
/* Never blocks on detaching: a forked holder keeps the links and ends by itself. NULL is fine. */
void session__close(struct session *s);
/* Last failure, one line: what failed, on what, why, what to try. Valid until the next call. */
const char *session__error(void);

/* One row of what `doctor` and `list hooks` print. Strings are the session's. */
struct session_hook {
	const char *name;   /* "fault" */
	const char *text;   /* what it feeds */
	const char *tier;   /* what it got: "fentry", …, "none" */
	const char *better; /* the better tier it did not get, "" when it has the best */
	const char *why;    /* why not: errno text and what is missing */
	const char *config; /* CONFIG_ line that would give it back, "" when none */
	const char *lost;   /* fields and events that this tier cannot fill, "" when none */
	bool wanted;	    /* needed by the events asked for */
	bool fired;	    /* ran at least once since start */
};
/* Facts and choices behind the rows (src/probe/caps.h, tiers.h), for doctor's questions of the kind "what if". */
struct caps;
struct hook_choice;
const struct caps *session__caps(const struct session *s);
const struct hook_choice *session__choices(const struct session *s);
/* How memory types are read, and whether that was checked; *wrong: what did not fit, "" else. NULL: no event asked for has any. */
const struct mmt_memtype *session__memtype(const struct session *s, const char **wrong);
/* Rows in table order; returns their number. s NULL: the table alone (name, text, config), nothing tried, no privilege. */
size_t session__hooks(struct session *s, const struct session_hook **rows);

/*
 * Names a kernel address as "module:function" or "function" (+0xoff when inside). NULL when unknown. For the addresses that
 * events carry as KSYM; live runs only: the pipeline turns the answer into a name item.
 */
const char *session__ksym(struct session *s, uint64_t addr);

#endif
