// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace trace: one line per event. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "cli/child.h"
#include "cli/cmd.h"
#include "cli/doctor.h"
#include "cli/trace_gone.h"
#include "cli/trace_opts.h"
#include "cli/trace_signals.h"
#include "cli/trace_tell.h"
#include "stream/pipeline.h"

#define POLL_MS	 100 /* how long output may wait for more of it */
#define BLIND_MS 5   /* the same where a process is asked for its mappings, which it must live to see */
#define LOOK_AT	 256 /* records between two looks at the clock */
#define NSEC_MS	 1000000ULL
#define TEXT_MAX 512

struct trace {
	struct trace_opts opts;
	struct child child;
	struct gone gone; /* processes of -p */
	struct session *session;
	bool blind; /* no change events on this machine */
	struct pipeline *pipeline;
	struct mmt_sink *sink;
	int fd; /* output */
	struct utsname uts;
	char command[TEXT_MAX];
	struct mmt_hook_item hooks[MMT_RUN_HOOKS];
	struct mmt_run_info info;
	uint64_t start_ns, flushed_ns, ran_ns;
	unsigned taken; /* records */
};

static bool use_color(const struct trace *t)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (t->opts.v.color != COLOR_AUTO)
		return t->opts.v.color == COLOR_ALWAYS;
	return isatty(t->fd) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

static int open_output(struct trace *t)
{
	const char *path = t->opts.v.output;

	t->fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : STDOUT_FILENO;
	if (t->fd < 0) {
		mmt_err("cannot open '%s' for writing: %s", path, strerror(errno));
		return EXIT_OWN;
	}
	t->sink = t->opts.format->open(&(struct sink_opts){ .fd = t->fd, .color = use_color(t) });
	return t->sink ? EXIT_FINE : EXIT_OWN;
}

/* The name of a process that was there before the trace: /proc/PID/comm. */
static int ask_comm(void *ctx, uint32_t pid, char comm[PROCS_COMM])
{
	char path[32];
	ssize_t n;
	int fd;

	(void)ctx;
	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, comm, PROCS_COMM);
	close(fd);
	if (n < 1)
		return -ESRCH;
	comm[n - 1] = '\0'; /* its newline */
	return 0;
}

static const char *ask_ksym(void *ctx, uint64_t addr)
{
	return session__ksym(((struct trace *)ctx)->session, addr);
}

static int ask_maps(void *ctx, uint32_t pid, uint32_t mm, mmt_item_fn fn, void *fn_ctx)
{
	return session__import(((struct trace *)ctx)->session, (pid_t)pid, mm, fn, fn_ctx);
}

static int open_pipeline(struct trace *t)
{
	struct pipeline_opts o = { .filter = &t->opts.filter, .sinks = { t->sink }, .nsinks = 1 };

	o.page_size = (uint32_t)sysconf(_SC_PAGESIZE);
	o.child = (uint32_t)t->child.pid;
	o.ask_comm = ask_comm;
	o.ask_ksym = ask_ksym;
	o.ask_maps = t->blind ? ask_maps : NULL;
	o.ctx = t;
	t->pipeline = pipeline_new(&o);
	return t->pipeline ? EXIT_FINE : EXIT_OWN;
}

/* mmtrace's own failure where the command's status would be expected: 125, as env and timeout do. */
static int cannot(const struct trace *t, int code)
{
	return t->opts.r.run ? EXIT_OWN : code;
}

static int open_session(struct trace *t)
{
	int err = session__open(&t->session, &t->opts.session);

	if (!err) {
		err = session__start(t->session);
		if (!err && t->child.pid)
			err = session__add_pid(t->session, t->child.pid);
	}
	if (!err)
		t->blind = doctor_event_lost(session__choices(t->session), MMT_EV_VMA_MAP);
	if (!err)
		return trace_tell_unseen(t->session, t->opts.filter.want, t->opts.v.events.n) ? EXIT_FINE :
												cannot(t, EXIT_CANNOT);
	mmt_err("%s", session__error());
	return err == -EINVAL ? EXIT_USAGE : cannot(t, EXIT_CANNOT);
}

static uint64_t clock_of(clockid_t id, int (*get)(clockid_t, struct timespec *))
{
	struct timespec ts = { 0 };

	get(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void describe_hooks(struct trace *t)
{
	const struct session_hook *rows;
	size_t n = session__hooks(t->session, &rows);

	for (size_t i = 0; i < n && t->info.nhooks < MMT_RUN_HOOKS; i++) {
		if (!rows[i].wanted)
			continue;
		t->hooks[t->info.nhooks++] = (struct mmt_hook_item){
			.name = rows[i].name, .tier = rows[i].tier, .reason = rows[i].why, .enabled = 1
		};
	}
	t->info.hooks = t->hooks;
}

static void describe(struct trace *t)
{
	size_t len = 0;

	uname(&t->uts);
	for (char *const *arg = t->opts.r.run; arg && *arg && len < sizeof(t->command); arg++)
		len += (size_t)snprintf(t->command + len, sizeof(t->command) - len, "%s%s", len ? " " : "", *arg);
	t->start_ns = t->flushed_ns = clock_now_ns();
	t->info = (struct mmt_run_info){
		.version = MMTRACE_VERSION,
		.release = t->uts.release,
		.machine = t->uts.machine,
		.command = t->command,
		.page_size = (uint32_t)sysconf(_SC_PAGESIZE),
		.cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
		.start_mono_ns = t->start_ns,
		.start_real_ns = clock_of(CLOCK_REALTIME, clock_gettime),
		.clock_res_ns = clock_of(CLOCK_MONOTONIC, clock_getres),
	};
	describe_hooks(t);
}

/* Whoever waits for the hooks may go on now. */
static int announce(struct trace *t)
{
	int err = pipeline_begin(t->pipeline, &t->info);

	if (err)
		return err;
	trace_tell_ready(&t->info);
	if (t->opts.v.ready_fd >= 0 && write(t->opts.v.ready_fd, "r", 1) != 1)
		mmt_warn("--ready-fd %d: %s", t->opts.v.ready_fd, strerror(errno));
	return 0;
}

/* A reader that went away is noticed also while there is nothing to write. */
static bool reader_gone(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

static int wait_ms(const struct trace *t, uint64_t now)
{
	uint64_t end = t->start_ns + t->opts.v.duration_ns, slice = t->blind ? BLIND_MS : POLL_MS;

	if (!t->opts.v.duration_ns || end > now + slice * NSEC_MS)
		return (int)slice;
	return end > now ? (int)((end - now + NSEC_MS - 1) / NSEC_MS) : 0;
}

static bool time_over(const struct trace *t, uint64_t now)
{
	return t->opts.v.duration_ns && now - t->start_ns >= t->opts.v.duration_ns;
}

static bool over(struct trace *t)
{
	return trace_signals_seen() || child_over(&t->child) || (!t->child.pid && gone_all(&t->gone)) ||
	       time_over(t, clock_now_ns());
}

/* One record on its way. Where they come faster than they are read, a poll does not end by itself. */
static int take(void *ctx, const struct mmt_item *item)
{
	struct trace *t = ctx;
	int err = pipeline_item(t->pipeline, item);

	return !err && ++t->taken % LOOK_AT == 0 && over(t) ? -EINTR : err;
}

/* Until the time, the command or the user's patience is over. 0, or -errno of source or sink. */
static int watch(struct trace *t)
{
	while (!over(t)) {
		uint64_t now = clock_now_ns();
		int n = session__poll(t->session, wait_ms(t, now), take, t), err;

		if (n < 0 && n != -EINTR)
			return n;
		now = clock_now_ns();
		if (n > 0 && now - t->flushed_ns < POLL_MS * NSEC_MS)
			continue;
		err = pipeline_flush(t->pipeline);
		if (!err && n == 0 && reader_gone(t->fd))
			err = -EPIPE;
		if (err)
			return err;
		t->flushed_ns = now;
	}
	return 0;
}

/* What was under way when the programs were switched off. */
static int drain(struct trace *t)
{
	int n, err = session__stop(t->session);

	do
		n = session__poll(t->session, 0, pipeline_item, t->pipeline);
	while (n > 0 || n == -EINTR);
	if (n < 0)
		err = n;
	n = session__report(t->session, pipeline_item, t->pipeline);
	return err ? err : n < 0 ? n : 0;
}

/* The command outlives the trace when that was ended from outside: it gets the same signal, and the second one is its end. */
static void end_child(struct trace *t)
{
	unsigned seen = trace_signals_seen();

	if (!t->child.released || child_over(&t->child))
		return;
	if (seen)
		trace_signals_forward(t->child.pid);
	else if (t->opts.v.duration_ns)
		kill(t->child.pid, SIGTERM);
	child_wait(&t->child);
	while (!t->child.over) {
		if (trace_signals_seen() != seen)
			kill(t->child.pid, SIGKILL);
		child_wait(&t->child);
	}
}

static int output_failed(const struct trace *t, int err)
{
	const char *path = t->opts.v.output;

	if (err == -EPIPE)
		return EXIT_FINE; /* the reader has had enough */
	mmt_err("cannot write %s%s%s: %s", path ? "'" : "", path ? path : "the output", path ? "'" : "",
		strerror(-err));
	return EXIT_OWN;
}

static int failed(const struct trace *t, int err)
{
	if (pipeline_failed(t->pipeline))
		return output_failed(t, pipeline_failed(t->pipeline));
	if (!err || err == -EPIPE)
		return EXIT_FINE;
	mmt_err("%s", session__error());
	return EXIT_OWN;
}

/* Lets the command run. What its exec has mapped must be asked for before a short life is over. */
static int release(struct trace *t)
{
	int err = 0;

	if (!t->child.pid)
		return 0;
	if (t->blind)
		child_hold(&t->child);
	if (child_release(&t->child))
		mmt_err("cannot run '%s': %s", t->opts.r.run[0], strerror(t->child.error));
	if (t->child.at_exec)
		err = session__poll(t->session, 0, take, t);
	child_go(&t->child);
	return err < 0 && err != -EINTR ? err : 0;
}

static int run(struct trace *t)
{
	int err = announce(t);

	if (!err)
		err = release(t);
	if (!err)
		err = watch(t);
	t->ran_ns = clock_now_ns() - t->start_ns;
	if (!err)
		err = drain(t);
	else
		session__stop(t->session);
	return err;
}

/* A file system may keep its refusal until the end. */
static int close_output(struct trace *t)
{
	int err = t->opts.v.output && close(t->fd) ? -errno : 0;

	t->fd = -1;
	return err;
}

static int observe(struct trace *t)
{
	int err, end, closed, code;

	describe(t);
	err = run(t);
	end_child(t);
	end = pipeline_end(t->pipeline, t->ran_ns, t->child.over ? t->child.status : -1);
	closed = close_output(t);
	code = failed(t, err ? err : end);
	if (closed && !pipeline_failed(t->pipeline))
		code = output_failed(t, closed);
	if (!t->child.pid && gone_all(&t->gone))
		trace_tell_gone(&t->opts.v.pids, &t->opts.v.tids);
	if (!t->child.error)
		trace_tell_summary(pipeline_summary(t->pipeline));
	if (code == EXIT_FINE)
		code = t->sink->verdict;
	return code == EXIT_FINE && t->child.over ? t->child.status : code;
}

static void close_all(struct trace *t)
{
	session__close(t->session);
	pipeline_free(t->pipeline);
	if (t->sink)
		t->sink->free(t->sink);
	child_drop(&t->child);
	gone_free(&t->gone);
}

int cmd_trace(int argc, char **argv)
{
	struct trace *t = calloc(1, sizeof(*t));
	int code;

	if (!t)
		return EXIT_OWN;
	code = trace_opts(&t->opts, argc, argv);
	if (!code && t->opts.r.run && child_fork(&t->child, t->opts.r.run)) {
		mmt_err("cannot fork: %s", strerror(errno));
		code = EXIT_OWN;
	}
	if (!code && gone_watch(&t->gone, &t->opts.v.pids, &t->opts.v.tids))
		code = EXIT_OWN;
	if (!code) {
		trace_signals();
		code = open_output(t);
	}
	if (!code)
		code = open_session(t);
	if (!code)
		code = open_pipeline(t);
	if (!code)
		code = observe(t);
	close_all(t);
	free(t);
	return code;
}
