// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "cli/child.h"
#include "cli/cmd.h"
#include "cli/doctor.h"
#include "cli/hold.h"
#include "cli/run_ask.h"
#include "cli/run_gone.h"
#include "cli/run_output.h"
#include "cli/run_record.h"
#include "cli/run_signals.h"
#include "cli/run_tell.h"
#include "cli/run_totals.h"
#include "cli/run_verify.h"
#include "event/schema.h"
#include "stream/pipeline.h"

#define POLL_MS	 100 /* how long output may wait for more of it */
#define BLIND_MS 5   /* the same where a process is asked for its mappings, which it must live to see */
#define LOOK_AT	 256 /* records between two looks at the clock */
#define NSEC_MS	 1000000ULL
#define TEXT_MAX 512

struct run {
	struct run_opts opts;
	struct child child;
	struct hold hold; /* the command and what it starts, with --verify */
	struct verify verify;
	struct gone gone; /* processes of -p */
	struct totals totals;
	struct session *session;
	struct run_ask ask;
	struct run_record record;
	bool blind; /* no change events on this machine */
	struct pipeline *pipeline;
	struct mmt_sink *sink; /* NULL: nothing is shown, the run is kept */
	int fd;		       /* output, -1: none */
	struct utsname uts;
	char command[TEXT_MAX];
	struct mmt_hook_item hooks[MMT_RUN_HOOKS];
	struct mmt_run_info info;
	uint64_t start_ns, flushed_ns, ran_ns;
	unsigned taken; /* records since the clock was looked at */
};

/* For tests of --verify: MMTRACE_TEST_CUT=vma_unmap:3 leaves the third vma_unmap out of the stream. */
static void cut_for_test(struct pipeline_opts *o)
{
	const char *text = getenv("MMTRACE_TEST_CUT"), *why;
	char name[32];
	size_t len = text ? strcspn(text, ":") : 0, n;
	const struct mmt_schema_event *ev = schema_events(&n);

	if (!len || len >= sizeof(name) || !text[len] || num_parse_u32(text + len + 1, &o->cut_nth, &why))
		return;
	memcpy(name, text, len);
	name[len] = '\0';
	for (size_t i = 0; i < n; i++)
		if (!strcmp(ev[i].name, name))
			o->cut_event = ev[i].num;
}

static int open_pipeline(struct run *r)
{
	struct pipeline_opts o = { .filter = &r->opts.filter };

	if (r->sink)
		o.sinks[o.nsinks++] = r->sink;
	if (r->record.sink)
		o.sinks[o.nsinks++] = r->record.sink; /* the last, see record/tap.h */
	o.tell = r->record.sink != NULL;
	o.page_size = (uint32_t)sysconf(_SC_PAGESIZE);
	o.child = (uint32_t)r->child.pid;
	o.verify = r->opts.v.verify;
	cut_for_test(&o);
	if (run_ask_fill(&r->ask, &o, r->session, r->opts.session.ustack, r->blind))
		return EXIT_OWN;
	r->pipeline = pipeline_new(&o);
	return r->pipeline ? EXIT_FINE : EXIT_OWN;
}

/* mmtrace's own failure where the command's status would be expected: 125, as env and timeout do. */
static int cannot(const struct run *r, int code)
{
	return r->opts.r.run && !r->opts.kind->judges ? EXIT_OWN : code;
}

static void tell_maps(const struct session *s)
{
	char size[NUM_FMT_LEN];
	const char *words;
	uint64_t bytes;

	if (!mmt_log_on(MMT_DEBUG))
		return;
	bytes = session__map_bytes(s, &words);
	mmt_debug("maps take %s of kernel memory: %s", num_fmt_size(size, bytes), words);
}

static int count_lost(void *sum, const struct mmt_item *item)
{
	*(uint64_t *)sum += item->kind == MMT_I_LOSS ? item->loss.count : 0;
	return 0;
}

static void show_progress(struct run *r, uint64_t now)
{
	uint64_t lost = 0;

	if (!run_record_due(&r->record, now))
		return;
	session__report(r->session, count_lost, &lost);
	run_record_show(&r->record, now, lost);
}

static int write_flight(struct run *r, uint64_t now)
{
	int err;

	if (!run_record_hit(&r->record))
		return 0;
	err = session__report(r->session, pipeline_item, r->pipeline);
	return err < 0 ? err : run_record_write(&r->record, &r->opts, now);
}

static int open_session(struct run *r)
{
	int err = session__open(&r->session, &r->opts.session);

	if (!err) {
		err = session__start(r->session);
		if (!err && r->child.pid)
			err = session__add_pid(r->session, r->child.pid);
	}
	if (!err)
		tell_maps(r->session);
	if (!err)
		r->blind = doctor_event_lost(session__choices(r->session), MMT_EV_VMA_MAP);
	if (!err)
		return run_tell_unseen(r->session, &r->opts) ? EXIT_FINE : cannot(r, EXIT_CANNOT);
	mmt_err("%s", session__error());
	return err == -EINVAL ? EXIT_USAGE : cannot(r, EXIT_CANNOT);
}

static void describe_hooks(struct run *r)
{
	const struct session_hook *rows;
	size_t n = session__hooks(r->session, &rows);

	for (size_t i = 0; i < n && r->info.nhooks < MMT_RUN_HOOKS; i++) {
		if (!rows[i].wanted)
			continue;
		r->hooks[r->info.nhooks++] = (struct mmt_hook_item){
			.name = rows[i].name, .tier = rows[i].tier, .reason = rows[i].why, .enabled = 1
		};
	}
	r->info.hooks = r->hooks;
}

static void describe(struct run *r)
{
	size_t len = 0;

	uname(&r->uts);
	for (char *const *arg = r->opts.r.run; arg && *arg && len < sizeof(r->command); arg++)
		len += (size_t)snprintf(r->command + len, sizeof(r->command) - len, "%s%s", len ? " " : "", *arg);
	r->start_ns = r->flushed_ns = clock_now_ns();
	r->info = (struct mmt_run_info){
		.version = MMTRACE_VERSION,
		.release = r->uts.release,
		.machine = r->uts.machine,
		.command = r->command,
		.page_size = (uint32_t)sysconf(_SC_PAGESIZE),
		.cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
		.start_mono_ns = r->start_ns,
		.start_real_ns = clock_real_ns(),
		.clock_res_ns = clock_granularity_ns(),
		.kstack = r->opts.session.kstack,
		.ustack = r->opts.session.ustack,
	};
	describe_hooks(r);
}

/* Whoever waits for the hooks may go on now. */
static int announce(struct run *r)
{
	int err;

	run_record_describe(&r->record, &r->opts, (uint32_t)r->child.pid, r->blind);
	err = pipeline_begin(r->pipeline, &r->info);

	if (err)
		return err;
	run_tell_ready(&r->info, !r->opts.kind->judges);
	if (r->opts.v.ready_fd >= 0 && write(r->opts.v.ready_fd, "r", 1) != 1)
		mmt_warn("--ready-fd %d: %s", r->opts.v.ready_fd, strerror(errno));
	return 0;
}

/* A reader that went away is noticed also while there is nothing to write. */
static bool reader_gone(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

static int wait_ms(const struct run *r, uint64_t now)
{
	uint64_t end = r->start_ns + r->opts.v.duration_ns, slice = r->blind ? BLIND_MS : POLL_MS;

	slice = run_totals_wait(&r->totals, now, slice);

	if (!r->opts.v.duration_ns || end > now + slice * NSEC_MS)
		return (int)slice;
	return end > now ? (int)((end - now + NSEC_MS - 1) / NSEC_MS) : 0;
}

static bool time_over(const struct run *r, uint64_t now)
{
	return r->opts.v.duration_ns && now - r->start_ns >= r->opts.v.duration_ns;
}

static bool over(struct run *r)
{
	return r->opts.once || run_signals_seen() || child_over(&r->child) || (!r->child.pid && gone_all(&r->gone)) ||
	       time_over(r, clock_now_ns());
}

/* Records on their way. Where they come faster than they are read, a poll does not end by itself. */
static int take(void *ctx, const struct mmt_item *item)
{
	struct run *r = ctx;
	int err = pipeline_item(r->pipeline, item);

	r->taken += item->kind == MMT_I_RECORDS ? (unsigned)item->n : 1;
	if (err || r->taken < LOOK_AT)
		return err;
	r->taken = 0;
	return over(r) || hold_pending(&r->hold) || run_record_asked(&r->record) ? -EINTR : 0;
}

/* Until the time, the command or the user's patience is over. 0, or -errno of source or sink. */
static int watch(struct run *r)
{
	int err;

	while (!(err = hold_poll(&r->hold)) && !over(r)) {
		uint64_t now = clock_now_ns();
		int n = session__poll(r->session, wait_ms(r, now), take, r);

		if (n < 0 && n != -EINTR)
			return n;
		now = clock_now_ns();
		err = run_verify_heal(&r->verify, now);
		if (!err)
			err = run_totals_tick(&r->totals, now);
		if (err)
			return err;
		err = write_flight(r, now);
		if (err)
			return err;
		show_progress(r, now);
		if (n > 0 && now - r->flushed_ns < POLL_MS * NSEC_MS)
			continue;
		err = pipeline_flush(r->pipeline);
		if (!err && n == 0 && r->fd >= 0 && reader_gone(r->fd))
			err = -EPIPE;
		if (err)
			return err;
		r->flushed_ns = now;
	}
	return err;
}

/* What was under way when the programs were switched off. */
static int drain(struct run *r)
{
	int n, err = session__stop(r->session);

	do
		n = session__poll(r->session, 0, pipeline_item, r->pipeline);
	while (n > 0 || n == -EINTR);
	if (n < 0)
		err = n;
	if (!err)
		err = run_totals_read(&r->totals);
	n = session__report(r->session, pipeline_item, r->pipeline);
	return err ? err : n < 0 ? n : 0;
}

/* The command outlives the trace when that was ended from outside: it gets the same signal, and the second one is its end. */
static void end_child(struct run *r)
{
	unsigned seen = run_signals_seen();

	if (!r->child.released || child_over(&r->child))
		return;
	if (seen)
		run_signals_forward(r->child.pid);
	else if (r->opts.v.duration_ns)
		kill(r->child.pid, SIGTERM);
	child_wait(&r->child);
	while (!r->child.over) {
		if (run_signals_seen() != seen)
			kill(r->child.pid, SIGKILL);
		child_wait(&r->child);
	}
}

static int failed(const struct run *r, int err)
{
	if (pipeline_failed(r->pipeline))
		return run_output_failed(&r->opts, pipeline_failed(r->pipeline));
	if (!err || err == -EPIPE)
		return EXIT_FINE;
	mmt_err("%s", session__error());
	return EXIT_OWN;
}

/* A new program, as the kernel has loaded it; where nobody tells of that its mappings are asked for before it runs. */
static int held_at_exec(void *ctx, pid_t tid)
{
	struct run *r = ctx;
	int err;

	if (!r->blind)
		return run_verify_one(&r->verify, tid);
	err = session__poll(r->session, 0, take, r);
	return err < 0 && err != -EINTR ? err : 0;
}

static int held_at_exit(void *ctx, pid_t tid)
{
	return run_verify_one(&((struct run *)ctx)->verify, tid);
}

static void hold_command(struct run *r)
{
	int err;

	r->hold.at_exec = held_at_exec;
	r->hold.at_exit = held_at_exit;
	r->hold.ctx = r;
	err = hold_start(&r->hold, r->child.pid);
	if (!err) {
		r->child.hold = &r->hold;
		return;
	}
	r->verify.failed++;
	mmt_warn("--verify: the command cannot be held at its end: ptrace: %s", strerror(-err));
}

/* Lets the command run. What its exec has mapped must be asked for before a short life is over. */
static int release(struct run *r)
{
	int err = 0;

	if (!r->child.pid)
		return 0;
	if (r->verify.asked)
		hold_command(r);
	else if (r->blind)
		child_hold(&r->child);
	if (child_release(&r->child))
		mmt_err("cannot run '%s': %s", r->opts.r.run[0], strerror(r->child.error));
	if (r->child.at_exec)
		err = session__poll(r->session, 0, take, r);
	child_go(&r->child);
	return err < 0 && err != -EINTR ? err : 0;
}

static int run_it(struct run *r)
{
	int err = announce(r);

	if (!err)
		err = release(r);
	if (!err)
		err = watch(r);
	if (!err && r->verify.asked)
		err = run_verify_rest(&r->verify);
	r->hold.at_exec = r->hold.at_exit = NULL;
	r->ran_ns = clock_now_ns() - r->start_ns;
	if (!err)
		err = drain(r);
	else
		session__stop(r->session);
	return err;
}

static int observe(struct run *r)
{
	int err, end, closed, kept, code;

	describe(r);
	r->verify = (struct verify){
		.asked = r->opts.v.verify, .session = r->session, .pipeline = r->pipeline, .hold = &r->hold
	};
	r->totals = (struct totals){ .asked = r->opts.kind->totals,
				     .session = r->session,
				     .pipeline = r->pipeline,
				     .interval_ns = r->opts.v.interval_ns,
				     .next_ns = r->start_ns + r->opts.v.interval_ns };
	err = run_it(r);
	end_child(r);
	if (!err)
		err = write_flight(r, clock_now_ns());
	if (!err)
		err = run_record_residents(r->record.sink, &r->opts, r->pipeline);
	pipeline_partial(r->pipeline, err ? "the run could not be followed to its end" : NULL);
	end = pipeline_end(r->pipeline, r->ran_ns, r->child.over ? r->child.status : -1);
	closed = run_output_close(&r->opts, &r->fd);
	kept = run_record_close(&r->record);
	code = kept ? kept : failed(r, err ? err : end);
	if (closed && !kept && !pipeline_failed(r->pipeline))
		code = run_output_failed(&r->opts, closed);
	if (!r->child.pid && gone_all(&r->gone))
		run_tell_gone(&r->opts.v.pids, &r->opts.v.tids);
	if (!r->child.error)
		run_tell_summary(pipeline_summary(r->pipeline), r->opts.kind->totals, false);
	if (r->verify.asked && !r->child.error && !run_verify_said(&r->verify, r->hold.missed) && code == EXIT_FINE)
		code = EXIT_INCONCLUSIVE;
	if (code == EXIT_FINE && r->sink)
		code = r->sink->verdict;
	/* what could not be run was not judged either */
	if (r->opts.kind->judges && !r->child.error)
		return code;
	return (code == EXIT_FINE || r->child.error) && r->child.over ? r->child.status : code;
}

static void close_all(struct run *r)
{
	expr_free(r->opts.expr);
	session__close(r->session);
	pipeline_free(r->pipeline);
	run_ask_free(&r->ask);
	if (r->sink)
		r->sink->free(r->sink);
	run_record_free(&r->record);
	child_drop(&r->child);
	gone_free(&r->gone);
	hold_free(&r->hold);
}

/* Output is open, nothing is attached. */
static int watch_or_not(struct run *r)
{
	int code = r->opts.kind->alone ? r->opts.kind->alone(&r->opts, r->sink) : -1;

	if (code >= 0)
		return code;
	code = open_session(r);
	if (!code)
		code = run_record_start(&r->record, &r->opts, r->blind);
	if (!code)
		code = open_pipeline(r);
	return code ? code : observe(r);
}

int run_command(const struct run_kind *kind, int argc, char **argv)
{
	struct run *r = calloc(1, sizeof(*r));
	int code;

	if (!r)
		return EXIT_OWN;
	r->fd = r->record.fd = -1;
	code = run_opts_parse(&r->opts, kind, argc, argv);
	if (!code && r->opts.r.run && child_fork(&r->child, r->opts.r.run)) {
		mmt_err("cannot fork: %s", strerror(errno));
		code = EXIT_OWN;
	}
	r->opts.session.command = r->child.pid;
	if (!code && gone_watch(&r->gone, &r->opts.v.pids, &r->opts.v.tids))
		code = EXIT_OWN;
	if (!code) {
		run_signals();
		code = r->opts.kind->record ? 0 : run_output_open(&r->opts, &r->fd, &r->sink);
	}
	if (!code)
		code = run_record_open(&r->record, &r->opts, argc, argv);
	if (!code)
		code = watch_or_not(r);
	close_all(r);
	free(r);
	return code;
}
