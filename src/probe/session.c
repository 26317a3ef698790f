/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "mmtrace/base.h"
#include "mmtrace/wire/names.h"
#include "session_impl.h"
#include "session_total.h"

#define RING_DEFAULT (16u << 20)
#define RING_MIN     (64u << 10)
#define RING_MAX     (1u << 30)
#define STACKS	     16384
#define SLICE_MS     100	  /* longest time that events wait in the ring unseen */
#define TGID_KEY     (1ULL << 62) /* bpf/task.bpf.h: an address space without BTF */

static char last_error[512];

MMT_PRINTF(2, 3) static int fail(int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(last_error, sizeof(last_error), fmt, ap);
	va_end(ap);
	return err;
}

const char *session__error(void)
{
	return last_error;
}

/* ---- open ---------------------------------------------------------------------------------------------------- */

/* 6.1 counts what munmap tears down as VMA objects are freed; 6.12 has it in one struct. */
static void want_torn_bytes(struct session *s)
{
	if (s->opts.want[MMT_EV_MUNMAP] && s->choice[MMT_HOOK_GATHER].try < 0)
		s->choice[MMT_HOOK_VMA_FREE].wanted = true;
}

/* Both sit on the iterator over VMAs (Linux 5.12): where one was refused, the other needs not be tried. */
static void iter_refused(struct session *s)
{
	struct hook_choice *a = &s->choice[MMT_HOOK_IMPORT], *b = &s->choice[MMT_HOOK_MEMTYPE];

	if ((a->bad & 1) == (b->bad & 1))
		return;
	snprintf(a->bad & 1 ? b->why : a->why, TIER_WHY, "%s", a->bad & 1 ? a->why : b->why);
	a->bad |= 1;
	b->bad |= 1;
}

/* The demo driver's trace events exist while its module is loaded. */
static void check_demo(struct session *s)
{
	struct hook_choice *c = &s->choice[MMT_HOOK_DEMO];

	if (c->try >= 0 && access("/sys/module/mmdemo", F_OK)) {
		c->try = -1;
		c->better = 0;
		snprintf(c->why, sizeof(c->why), "the module mmdemo is not loaded");
	}
}

static int choose(struct session *s)
{
	char why[200];
	int err = tiers_choose(s->choice, &s->caps, s->opts.tier, why, sizeof(why));

	if (err)
		return fail(err, "%s", why);
	want_torn_bytes(s);
	session__want_split(s);
	check_demo(s);
	total_choose(s);
	return 0;
}

static int set_target(struct session *s)
{
	int map = objects_map(s->objects, "targets");
	uint32_t one = 1;
	uint64_t key;

	for (size_t i = 0; i < s->opts.npids; i++) {
		key = MMT_TARGET_TGID | s->opts.pids[i];
		if (bpf_map_update_elem(map, &key, &one, BPF_ANY))
			return fail(-errno, "cannot watch process %u: %s", s->opts.pids[i], strerror(errno));
	}
	for (size_t i = 0; i < s->opts.ntids; i++) {
		key = MMT_TARGET_TID | s->opts.tids[i];
		if (bpf_map_update_elem(map, &key, &one, BPF_ANY))
			return fail(-errno, "cannot watch thread %u: %s", s->opts.tids[i], strerror(errno));
	}
	return 0;
}

/* Functions of drivers are for whoever puts probes on them; all else is for the reader. Records that are left. */
static size_t take_functions(struct session *s, struct mmt_record *rec, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		const struct mmt_func *f = rec[i].data;

		if (rec[i].size >= sizeof(*f) && f->type == MMT_ITEM_FUNC) {
			if (s->drivers)
				drivers_add(s->drivers, f->func, f->role);
			continue;
		}
		if (left != i)
			rec[left] = rec[i];
		left++;
	}
	return left;
}

/* All that is in the ring. 0 or fn's -errno; what it was given has been read in any case. */
static int read_ring(struct session *s, mmt_item_fn fn, void *ctx)
{
	struct mmt_item item = { .kind = MMT_I_RECORDS, .records = s->ring.rec };
	int err = 0;

	do {
		item.n = ring_look(&s->ring);
		if (s->ring.types & MMT_ITEM_FIRST)
			item.n = take_functions(s, s->ring.rec, item.n);
		s->items += (int)item.n;
		if (item.n)
			err = fn(ctx, &item);
	} while (ring_done(&s->ring) && !err);
	return err;
}

/* Chooses, loads, and chooses again as long as the kernel refuses some hook's programs. */
static int load(struct session *s)
{
	uint64_t ring = s->opts.ring_bytes ? s->opts.ring_bytes : total_ring(&s->opts, RING_DEFAULT);
	uint32_t slots = total_slots(&s->opts, caps_slots());
	struct mmt_knobs knobs;
	struct objects_opts o = { .knobs = &knobs, .btf = s->opts.btf, .ring_bytes = ring, .slots = slots };
	int err, refused;

	o.ksyms = s->caps.ksyms;
	o.stacks = s->opts.kstack || s->opts.ustack ? STACKS : 1;
	ring = session_needs_ring(&s->opts) ? ring : 0;
	o.ring_bytes = ring;
	total_sizes(&s->opts, &o);
	for (;;) {
		err = choose(s);
		if (err)
			return err;
		session_knobs(s, &knobs, slots, ring);
		err = objects_load(&s->objects, s->choice, &o, &refused);
		if (!err)
			break;
		if (refused < 0)
			return fail(err, "cannot load the BPF programs: %s (%s)", strerror(-err), objects_error());
		s->choice[refused].bad |= 1u << s->choice[refused].try;
		iter_refused(s);
	}
	err = set_target(s);
	if (err)
		return err;
	if (!ring)
		return 0;
	err = ring_open(&s->ring, objects_map(s->objects, "ring"), ring);
	return err ? fail(err, "cannot map the ring buffer of %llu bytes: %s", (unsigned long long)ring,
			  strerror(-err)) :
		     0;
}

int session__open(struct session **out, const struct session_opts *opts)
{
	const char *missing = caps_missing_privilege();
	struct session *s;
	char why[300];
	int err;

	if (missing[0])
		return fail(-EPERM, "not permitted to observe: %s missing; run as root (sudo mmtrace …)", missing);
	if (opts->ring_bytes & (opts->ring_bytes - 1) || (opts->ring_bytes && opts->ring_bytes < RING_MIN) ||
	    opts->ring_bytes > RING_MAX)
		return fail(-EINVAL, "--buffer: a power of two from 64K to 1G is needed (default 16M)");
	if ((opts->npids || opts->ntids || opts->child) && caps_own_pids())
		return fail(-ENOTSUP,
			    "this is a container with process numbers of its own: processes cannot be told apart "
			    "by them; run mmtrace on the host, or pick by name (-n COMM)");
	s = calloc(1, sizeof(*s));
	if (!s)
		return fail(-ENOMEM, "out of memory");
	s->opts = *opts;
	s->attached.target = &s->opts;
	attach_raise_limit(); /* the command exists by now, and keeps the limit that it was given */
	err = opts->cgroup ? cgroup_find(opts->cgroup, &s->cgroup) : 0;
	if (err) {
		free(s);
		return fail(
			-EINVAL, "--cgroup %s: %s", opts->cgroup,
			err == -ENOTSUP ? "not a directory of cgroup2 (mostly below /sys/fs/cgroup)" :
			err == -EXDEV	? "only a part of all control groups is to be seen from here (a container, or "
					  "a mount of one group); run mmtrace where all are" :
					  strerror(-err));
	}
	err = caps_probe(&s->caps, opts->btf, why, sizeof(why));
	if (err) {
		free(s);
		return fail(err, "%s", why);
	}
	if ((opts->want[MMT_EV_PAGE_MAP] || opts->want[MMT_EV_DMA_MAP]) && (!s->caps.fentry_err || !s->caps.kprobe_err))
		caps_calibrate(&s->caps);
	tiers_want(s->choice, opts->want);
	total_want(s);
	err = load(s);
	if (err) {
		session__close(s);
		return err;
	}
	*out = s;
	return 0;
}

/* ---- start --------------------------------------------------------------------------------------------------- */

static void unload(struct session *s)
{
	attach_drop_all(&s->attached);
	drivers_free(s->drivers);
	s->drivers = NULL;
	ring_close(&s->ring);
	objects_free(s->objects);
	s->objects = NULL;
}

/* Attaches everything; the hook that was refused, or -1. */
static int attach_all(struct session *s)
{
	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		struct hook_choice *c = &s->choice[h];
		int err;

		if (!chosen(s, h))
			continue;
		err = attach_hook(&s->attached, s->objects, h, c);
		if (!err)
			continue;
		snprintf(c->why, sizeof(c->why), "it does not attach: %s", strerror(err == -524 ? ENOTSUP : -err));
		c->bad |= 1u << c->try;
		return h;
	}
	return -1;
}

/* The object whose numbers for address spaces go with what /proc tells of them; 0: /proc is not asked. */
static int import_object(const struct session *s)
{
	const struct hook_choice *c = &s->choice[MMT_HOOK_IMPORT];

	return tier_of(s, MMT_HOOK_IMPORT) == MMT_TIER_PROC ? hook_table[MMT_HOOK_IMPORT].tries[c->try].object : 0;
}

/* Address spaces without BTF are numbered here, before any event can. */
static void proc_number(struct session *s, uint32_t pid, uint32_t number)
{
	uint64_t key = TGID_KEY | pid;

	bpf_map_update_elem(objects_map(s->objects, "mms"), &key, &number, BPF_ANY);
	bpf_map_update_elem(objects_map(s->objects, "mm_numbers"), &number, &key, BPF_ANY);
}

static void number_targets(struct session *s)
{
	struct {
		uint32_t mm_next, runs_open;
	} st = { .mm_next = s->opts.npids };
	uint32_t zero = 0;

	if (import_object(s) != OBJ_PLAIN)
		return;
	for (uint32_t i = 0; i < s->opts.npids; i++)
		proc_number(s, s->opts.pids[i], i + 1);
	bpf_map_update_elem(objects_map(s->objects, "state"), &zero, &st, BPF_ANY);
}

static void import_all(struct session *s)
{
	int err = 0;

	if (s->opts.dry || !chosen(s, MMT_HOOK_IMPORT))
		return;
	if (import_object(s) == OBJ_PLAIN)
		for (uint32_t i = 0; i < s->opts.npids && !err; i++)
			err = spaces_add(&s->spaces, s->opts.pids[i], i + 1);
	else if (import_object(s) == OBJ_CORE)
		err = spaces_number(&s->spaces, s->objects);
	else if (s->opts.npids == 1)
		err = import_iter(s->objects, s->opts.pids[0]);
	else if (s->opts.npids || !s->opts.child)
		err = import_iter(s->objects, 0);
	if (err)
		mmt_warn("existing mappings cannot be listed: %s", strerror(-err));
}

/* Before the programs are switched on: nobody shall see these mappings. */
static void learn_facts(struct session *s)
{
	const struct hook_choice *c = &s->choice[MMT_HOOK_MEMTYPE];

	if (!c->wanted)
		return;
	facts_gather(&s->facts, s->objects, c->try >= 0 ? hook_table[MMT_HOOK_MEMTYPE].tries[c->try].progs[0] : NULL);
	mmt_debug("memory types: table %u, checks 0x%x", s->facts.memtype.table, s->facts.memtype.checks);
	if (s->facts.wrong[0] && !s->opts.dry)
		mmt_warn("memory types are left out, this kernel has others: %s; please report it with 'uname -a'",
			 s->facts.wrong);
}

int session__start(struct session *s)
{
	int refused, err;

	while ((refused = attach_all(s)) >= 0) {
		mmt_debug("hook %s: %s", hook_table[refused].name, s->choice[refused].why);
		unload(s);
		err = load(s);
		if (err)
			return err;
	}
	if (chosen(s, MMT_HOOK_DRIVER) && !s->opts.dry) {
		s->drivers = drivers_new(&s->caps, s->objects, s->opts.want);
		if (s->drivers)
			drivers_start(s->drivers);
	}
	number_targets(s);
	learn_facts(s);
	if (s->opts.dry)
		return 0;
	if (s->opts.kstack)
		caps_reload_ksyms(&s->caps); /* with the programs that now stand on every stack */
	objects_switch(s->objects, true);
	import_all(s);
	return 0;
}

int session__add_pid(struct session *s, pid_t pid)
{
	uint64_t key = MMT_TARGET_TGID | (uint32_t)pid;
	uint32_t when = MMT_TARGET_AT_EXEC;

	if (bpf_map_update_elem(objects_map(s->objects, "targets"), &key, &when, BPF_ANY))
		return fail(-errno, "cannot watch process %d: %s", pid, strerror(errno));
	if (tier_of(s, MMT_HOOK_IMPORT) == MMT_TIER_ITER)
		import_iter(s->objects, pid);
	else if (import_object(s) == OBJ_CORE)
		spaces_number(&s->spaces, s->objects);
	return 0;
}

int session__import(struct session *s, pid_t pid, uint32_t mm, mmt_item_fn fn, void *ctx)
{
	int n = import_proc((uint32_t)pid, mm, fn, ctx);

	(void)s; /* /proc needs none of it */
	return n < 0 ? fail(n, "cannot read the mappings of process %d: %s", pid, strerror(-n)) : n;
}

/* ---- run ----------------------------------------------------------------------------------------------------- */

int session__drain(struct session *s, mmt_item_fn fn, void *ctx)
{
	int err;

	s->items = 0;
	err = s->ring.consumer ? read_ring(s, fn, ctx) : 0;
	return err ? err : s->items;
}

int session__poll(struct session *s, int timeout_ms, mmt_item_fn fn, void *ctx)
{
	int wait = timeout_ms < SLICE_MS ? timeout_ms : SLICE_MS, err;

	err = facts_tell(&s->facts, fn, ctx);
	if (err < 0)
		return err;
	s->items = err + spaces_tell(&s->spaces, fn, ctx);
	if (!s->ring.consumer) {
		poll(NULL, 0, wait);
		return s->items;
	}
	/* events do not wake the reader until much has gathered: look first, then wait a slice */
	err = read_ring(s, fn, ctx);
	if (!err && !s->items) {
		err = ring_wait(&s->ring, wait);
		if (!err)
			err = read_ring(s, fn, ctx);
		else if (err == -EINTR)
			err = 0; /* a signal: the caller looks */
	}
	return err ? err : s->items;
}

int session__stop(struct session *s)
{
	if (!s->objects || s->stopped)
		return 0;
	objects_switch(s->objects, false);
	/*
	 * A program that was past the switch may be preempted with its record half written, and the ring is read no further
	 * than that. All run as RCU readers; this waits for them (kernel/sched/membarrier.c, 5.10 to 7.1: synchronize_rcu()).
	 */
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	s->runs_lost = objects_drain(s->objects);
	s->stopped = true;
	return 0;
}

/* ---- close ---------------------------------------------------------------------------------------------------- */

/* The end of a pipe as a high descriptor: an exiting process closes its descriptors in order, and this shall be the last. */
#define LAST_FD 512

/*
 * Detaching takes 50 to 75 ms a probe, one after the other in the kernel, and whoever drops the last reference pays. A child
 * that holds every descriptor waits for this process to end and pays then. Nothing is pinned, so nothing stays when it is
 * killed either.
 */
static void leave_to_holder(int nfds)
{
	int ends[2], last;
	char byte;

	if (pipe2(ends, O_CLOEXEC))
		return;
	last = fcntl(ends[1], F_DUPFD_CLOEXEC, LAST_FD + nfds);
	if (last >= 0) {
		close(ends[1]);
		ends[1] = last;
	}
	if (fork() == 0) {
		close(ends[1]);
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		setsid();
		while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
			;
		_exit(0);
	}
	close(ends[0]);
}

void session__close(struct session *s)
{
	if (!s)
		return;
	session__stop(s);
	if (s->attached.nlinks || s->attached.nfds || s->drivers)
		leave_to_holder(s->attached.nfds);
	total_close(s);
	spaces_free(&s->spaces);
	facts_free(&s->facts);
	caps_free(&s->caps);
	free(s);
}
