// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace assert: expectations on what a program does, or did. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/doctor.h"
#include "cli/run.h"
#include "cli/run_output.h"
#include "cli/run_replay.h"
#include "cli/run_serve.h"
#include "cli/run_tell.h"
#include "event/schema.h"
#include "expect/expect.h"
#include "expect/golden.h"
#include "probe/hook_table.h"
#include "record/head.h"

#define FILE_MAX_BYTES (1u << 20)

/* Of this command's one run. */
static struct {
	struct expect *expect;
	int failed; /* exit code */
	struct buf of;
} it;

/* ---- the file ---- */

/* All of it, as long as it is a text that somebody may have written. 0 or an exit code. */
static int read_all(FILE *f, const char *path, struct buf *b)
{
	char piece[4096];
	size_t n;

	b->max = FILE_MAX_BYTES;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		if (buf_put(b, piece, n))
			break;
	if (ferror(f))
		mmt_err("cannot read '%s': %s", path, strerror(errno));
	else if (b->err)
		mmt_err("'%s' is too long for expectations: more than %u bytes", path, FILE_MAX_BYTES);
	else
		return EXIT_FINE;
	return EXIT_USAGE;
}

static int read_file(const char *path, struct buf *b)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	int code;

	if (!f) {
		mmt_err("cannot open '%s': %s", path, strerror(errno));
		return EXIT_USAGE;
	}
	code = read_all(f, path, b);
	if (f != stdin)
		fclose(f);
	return code;
}

/* Flaws stand on stderr as a compiler has them, without mmtrace's name before them, so that editors find the place. */
static int tell_flaws(struct buf *said, const char *path)
{
	if (!said->len) {
		mmt_err("no memory for '%s'", path);
		return EXIT_OWN;
	}
	fwrite(said->data, 1, said->len, stderr);
	return EXIT_USAGE;
}

static int parse_file(const char *path)
{
	struct buf text = { 0 }, said = { 0 };
	int code;

	if (!path) {
		mmt_err("assert: against what? -f FILE names the expectations");
		return EXIT_USAGE;
	}
	code = read_file(path, &text);
	if (!code) {
		it.expect =
			expect_parse(strcmp(path, "-") ? path : "(stdin)", text.data ? text.data : "", text.len, &said);
		code = it.expect ? EXIT_FINE : tell_flaws(&said, path);
	}
	buf_free(&text);
	buf_free(&said);
	return code;
}

/* A file that somebody wrote is not overwritten by one that nobody did. */
static int may_replace(const char *path)
{
	char mark[sizeof(GOLDEN_MARK)] = "";
	FILE *f;

	if (!path || !strcmp(path, "-")) {
		mmt_err("assert --update: where to? -f FILE names the file that is written");
		return EXIT_USAGE;
	}
	f = fopen(path, "re");
	if (!f)
		return EXIT_FINE;
	if (!fgets(mark, sizeof(mark), f))
		mark[0] = '\0';
	fclose(f);
	if (!strcmp(mark, GOLDEN_MARK))
		return EXIT_FINE;
	mmt_err("'%s' was not written by --update: name another file, or move it away", path);
	return EXIT_USAGE;
}

/* ---- what cannot be seen ---- */

/* The choice of hooks as a run's header has it, live or recorded. */
static void choice_of(const struct mmt_run_info *info, struct hook_choice c[MMT_HOOK_MAX])
{
	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		c[h] = (struct hook_choice){ .try = -1 };
		for (uint32_t i = 0; i < info->nhooks; i++) {
			if (strcmp(info->hooks[i].name, hook_table[h].name))
				continue;
			for (int t = 0; t < HOOK_TRIES && hook_table[h].tries[t].tier && c[h].try < 0; t++)
				if (!strcmp(tier_name(hook_table[h].tries[t].tier), info->hooks[i].tier))
					c[h].try = t;
		}
	}
}

static bool blind(void *ctx, const struct mmt_run_info *info, unsigned event)
{
	const struct rec_head *recording = ctx;
	struct hook_choice c[MMT_HOOK_MAX];

	/* a hook tells several events: those that were not asked for it left out */
	if (recording && recording->text[REC_WANTED] && !run_serve_has(recording, event))
		return true;
	choice_of(info, c);
	return doctor_event_lost(c, event);
}

/* A field that is not there is missed where it is asked for; what is told here are events that do not come. */
static void lacks(void *ctx, const struct mmt_run_info *info, unsigned event, struct buf *out)
{
	static const struct caps nothing; /* of another machine, it may be */
	struct hook_choice c[MMT_HOOK_MAX];
	struct items all = { 0 }, cases = { 0 };
	const char *name = schema_event(event)->name;

	(void)ctx;
	choice_of(info, c);
	doctor_event_lacks(&nothing, c, event, &all);
	for (unsigned i = 0; i < all.n; i++)
		if (strncmp(all.s[i], name, strlen(name)) || all.s[i][strlen(name)] != '.')
			items_add(&cases, all.s[i], strlen(all.s[i]));
	items_join(&cases, ", ", "", out);
}

/* ---- the run ---- */

static void events(const struct run_opts *o, bool want[MMT_EV_MAX], bool target)
{
	(void)target;
	memset(want, 0, MMT_EV_MAX * sizeof(*want));
	it.failed = o->v.update ? may_replace(o->v.expect) : parse_file(o->v.expect);
	if (o->v.update)
		golden_wants(want);
	if (it.expect)
		expect_wants(it.expect, want);
	want[MMT_EV_EXIT] = true; /* there is always something to ask for */
}

/* What says how to watch, or whom. A recording is judged as it is. */
static const char *for_live_runs(const struct run_opts *o)
{
	static const char *const names[] = { "pid",    "tid",  "comm",	 "cgroup", "duration",
					     "record", "tier", "buffer", "btf",	   "ready-fd" };

	for (size_t i = 0; o->replay && i < MMT_COUNT(names); i++)
		if (run_opts_given(o, names[i]))
			return names[i];
	return NULL;
}

static int check(const struct run_opts *o)
{
	const char *live = for_live_runs(o);

	if (it.failed)
		return it.failed;
	if (o->v.update && (o->v.tap || o->v.format == FORMAT_JSON || o->v.junit))
		mmt_err("--update judges nothing: leave out --tap, -j and --junit");
	else if (o->v.tap && o->v.format == FORMAT_JSON)
		mmt_err("--tap and -j are two forms of the same: give one of them");
	else if (o->replay && o->r.run)
		mmt_err("assert: '%s' and a program are two runs: give one of them", o->r.files[0]);
	else if (live)
		mmt_err("assert: --%s goes with a live run; '%s' is judged as it is", live, o->r.files[0]);
	else if (!o->replay && !o->r.run && !o->v.pids.n && !o->v.tids.n && !o->v.comms.n && !o->v.cgroup)
		mmt_err("assert: of what? -- PROGRAM, a recording, -p PID, -n NAME or --cgroup DIR");
	else
		return 0;
	return EXIT_USAGE;
}

static void session(const struct run_opts *o, struct session_opts *s)
{
	s->kstack = !o->v.update; /* what led to the first event that is wrong */
}

static unsigned width(int fd)
{
	const char *columns = getenv("COLUMNS"), *why;
	struct winsize w;
	uint32_t n;

	if (isatty(fd) && !ioctl(fd, TIOCGWINSZ, &w) && w.ws_col)
		return w.ws_col;
	return columns && !num_parse_u32(columns, &n, &why) && n >= 40 && n <= 1000 ? n : 0;
}

static const char *what_of(const struct run_opts *o)
{
	buf_puts(&it.of, o->r.run ? "--" : o->replay ? o->r.files[0] : "");
	for (char *const *arg = o->r.run; arg && *arg; arg++)
		buf_printf(&it.of, " %s", *arg);
	return buf_str(&it.of);
}

static struct mmt_sink *open_sink(const struct run_opts *o, const struct sink_opts *to)
{
	struct expect_opts e = { .fd = to->fd, .color = to->color, .width = width(to->fd), .junit = o->v.junit };

	if (o->v.update)
		return golden_open(o->v.expect, what_of(o), blind);
	e.form = o->v.format == FORMAT_JSON ? EXPECT_JSON : o->v.tap ? EXPECT_TAP : EXPECT_TEXT;
	e.of = what_of(o);
	e.line = table_line;
	e.blind = blind;
	e.lacks = lacks;
	e.ctx = (void *)o->replay;
	e.recorded = o->replay != NULL;
	return expect_open(it.expect, &e);
}

static const struct run_kind assert_kind = {
	.events = events, .check = check, .open = open_sink, .session = session, .judges = true
};

/* ---- a recording ---- */

static int judge(struct replay *r, const struct run_opts *o)
{
	struct replay_opts to = { .filter = &o->filter, .nsinks = 1 };
	struct replay_end end;
	int fd = -1, code = run_output_open(o, &fd, &to.sinks[0]), closed;

	if (code)
		return code;
	code = replay_run(r, &to, &end);
	closed = run_output_close(o, &fd);
	if (closed && !code)
		code = run_output_failed(o, closed);
	run_tell_summary(&end.sum, false, true);
	to.sinks[0]->free(to.sinks[0]);
	/* that something is wrong is certain also where not all of the run was there */
	return code && !(code == EXIT_INCONCLUSIVE && end.verdict) ? code : end.verdict;
}

static int judge_recording(struct run_opts *o)
{
	struct replay *r;
	int code;

	signal(SIGPIPE, SIG_IGN);
	code = replay_open(&r, o->r.files[0]);
	if (!code)
		code = replay_output(r, o->v.output);
	if (!code)
		code = run_opts_replay(o, &assert_kind, CMD_ASSERT, replay_head(r));
	if (!code)
		code = judge(r, o);
	replay_close(r);
	return code;
}

int cmd_assert(int argc, char **argv)
{
	struct run_opts *o = calloc(1, sizeof(*o));
	int code = EXIT_USAGE;

	if (!o)
		return EXIT_OWN;
	if (opt_parse(&mmtrace_options, argc, argv, &o->v, &o->r) == OPT_OK)
		code = o->r.nfiles ? judge_recording(o) : run_command(&assert_kind, argc, argv);
	free(o);
	expect_free(it.expect);
	buf_free(&it.of);
	return code;
}
