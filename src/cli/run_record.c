// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/run_record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/run_output.h"
#include "cli/run_signals.h"
#include "event/schema.h"
#include "probe/clusters.h"
#include "record/tap.h"
#include "stream/flight.h"

#define USUAL_NAME "mmtrace.mmt"
#define SHOW_NS	   500000000ULL

_Static_assert((int)COMPRESS_AUTO == (int)REC_PACK_AUTO && (int)COMPRESS_ALWAYS == (int)REC_PACK_ALWAYS &&
		       (int)COMPRESS_NEVER == (int)REC_PACK_NEVER,
	       "--compress is enum rec_pack");

/* ---- what the head says ---- */

static void append(char *to, size_t room, const char *text, char between)
{
	size_t len = strlen(to);

	snprintf(to + len, room - len, "%.*s%s", len ? 1 : 0, &between, text);
}

static void read_boot(struct run_record *r)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (f && fgets(r->boot, sizeof(r->boot), f))
		r->boot[strcspn(r->boot, "\n")] = '\0';
	if (f)
		fclose(f);
}

static void list_clusters(struct run_record *r)
{
	struct clusters c = { 0 };

	if (clusters_read(&c, "/sys/devices/system/cpu"))
		return;
	for (size_t i = 0, at = 0; i < c.ncpus && at < sizeof(r->clusters); i++)
		at += (size_t)snprintf(r->clusters + at, sizeof(r->clusters) - at, "%s%s", i ? "," : "",
				       c.of[i] ? c.of[i] : "");
	clusters_free(&c);
}

static void list_wanted(struct run_record *r, const struct run_opts *o)
{
	size_t n;
	const struct mmt_schema_event *ev = schema_events(&n);

	for (size_t i = 0; i < n; i++)
		if (o->session.want[ev[i].num])
			append(r->wanted, sizeof(r->wanted), ev[i].name, ',');
}

void run_record_describe(struct run_record *r, const struct run_opts *o, uint32_t child, bool blind)
{
	const struct session_opts *s = &o->session;
	struct rec_head *h = &r->head;
	uint64_t flags = 0;

	if (!r->sink)
		return;
	read_boot(r);
	list_clusters(r);
	list_wanted(r, o);
	h->text[REC_BOOT] = r->boot;
	h->text[REC_ARGS] = r->args;
	h->text[REC_WANTED] = r->wanted;
	h->text[REC_CLUSTERS] = r->clusters;
	h->text[REC_FILTER] = o->v.filter;
	h->text[REC_VIEW] = mmtrace_options.cmds[o->r.cmd].name;
	flags |= o->target ? REC_TARGET : 0;
	flags |= o->once ? REC_ONCE : 0;
	flags |= blind ? REC_BLIND : 0;
	flags |= o->kind->totals ? REC_TOTALS : 0;
	flags |= s->split ? REC_SPLIT : 0;
	flags |= s->count ? REC_COUNT : 0;
	h->num[REC_FLAGS] = flags;
	h->num[REC_CHILD] = child;
	h->num[REC_BY] = s->by;
	h->num[REC_SLOWEST] = s->slowest;
	h->num[REC_SLOWER] = s->slower_ns;
	h->num[REC_INTERVAL] = o->v.interval_ns;
}

/* ---- the file ---- */

static int cannot(const struct run_record *r, int err)
{
	mmt_err("cannot write '%s': %s", r->path, err == -EPIPE ? "its reader has gone" : strerror(-err));
	return EXIT_OWN;
}

int run_record_open(struct run_record *r, const struct run_opts *o, int argc, char **argv)
{
	r->fd = -1;
	r->path = o->kind->record ? (o->v.output ? o->v.output : USUAL_NAME) : o->v.record;
	if (!r->path)
		return 0;
	for (int i = 0; i < argc; i++)
		append(r->args, sizeof(r->args), argv[i], ' ');
	r->flight = o->v.flight_bytes != 0;
	if (r->flight) {
		run_signals_write();
		return 0;
	}
	/* emptied when it is sure that there is something to write */
	r->fd = open(r->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (r->fd < 0) {
		mmt_err("cannot open '%s' for writing: %s", r->path, strerror(errno));
		return EXIT_OWN;
	}
	if (o->v.record && o->v.output && run_output_same(r->fd, o->v.output)) {
		mmt_err("--record and -o are the same file, '%s'", r->path);
		return EXIT_USAGE;
	}
	return 0;
}

static int start_flight(struct run_record *r, const struct run_opts *o, bool blind)
{
	struct flight_opts f = {
		.bytes = o->v.flight_bytes, .head = &r->head, .blind = blind, .watches = o->v.filter != NULL
	};

	r->sink = flight_open(&f);
	if (!r->sink)
		mmt_err("out of memory");
	return r->sink ? 0 : EXIT_OWN;
}

static int start_file(struct run_record *r, const struct run_opts *o)
{
	if (ftruncate(r->fd, 0) && errno != EINVAL) /* pipes and devices have no length */
		return cannot(r, -errno);
	r->sink = rec_tap_open(r->fd, &r->head, (enum rec_pack)o->v.compress);
	return r->sink ? 0 : cannot(r, -errno);
}

int run_record_start(struct run_record *r, const struct run_opts *o, bool blind)
{
	if (!r->path)
		return 0;
	r->show = (r->flight || o->kind->record) && isatty(STDERR_FILENO) && mmt_log_on(MMT_INFO);
	return r->flight ? start_flight(r, o, blind) : start_file(r, o);
}

bool run_record_asked(const struct run_record *r)
{
	return r->flight && r->sink && (run_signals_writes() != r->asked || flight_waits(r->sink));
}

bool run_record_hit(struct run_record *r)
{
	unsigned asked;

	if (!r->flight || !r->sink)
		return false;
	asked = run_signals_writes();
	if (!flight_hit(r->sink) && asked == r->asked)
		return false;
	r->asked = asked;
	return true;
}

/* The first has the name that was asked for, others a number before its end. */
static void number_path(char *to, size_t room, const char *path, unsigned n)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
	size_t len = dot ? (size_t)(dot - path) : strlen(path);

	if (n)
		snprintf(to, room, "%.*s.%u%s", (int)len, path, n + 1, path + len);
	else
		snprintf(to, room, "%s", path);
}

int run_record_write(struct run_record *r, const struct run_opts *o, uint64_t now_ns)
{
	char path[4096];
	int fd, err;

	number_path(path, sizeof(path), r->path, r->writes);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	err = fd < 0 ? -errno : flight_write(r->sink, fd, (enum rec_pack)o->v.compress, now_ns);
	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	if (err) {
		mmt_err("cannot write '%s': %s", path, strerror(-err));
		r->failed = true;
		return err;
	}
	r->writes++;
	mmt_info("written: %s", path);
	return 0;
}

bool run_record_due(struct run_record *r, uint64_t now_ns)
{
	r->start_ns = r->start_ns ? r->start_ns : now_ns;
	return r->show && now_ns - r->shown_ns >= SHOW_NS;
}

static void stats_of(const struct run_record *r, uint64_t *records, uint64_t *bytes)
{
	struct rec_tap_stats tap;
	struct flight_stats flight;

	if (r->flight) {
		flight_stats(r->sink, &flight);
		*records = flight.records;
		*bytes = flight.bytes;
	} else {
		rec_tap_stats(r->sink, &tap);
		*records = tap.records;
		*bytes = tap.bytes;
	}
}

void run_record_show(struct run_record *r, uint64_t now_ns, uint64_t lost)
{
	char size[NUM_FMT_LEN], ran[NUM_FMT_LEN], line[128];
	uint64_t records, bytes;
	int n;

	stats_of(r, &records, &bytes);
	n = snprintf(line, sizeof(line), "\r%s: %" PRIu64 " records, %s in %s, %" PRIu64 " lost\033[K",
		     num_fmt_duration(ran, (now_ns - r->start_ns) / 1000000000 * 1000000000), records,
		     num_fmt_size(size, bytes), r->flight ? "memory" : "the file", lost);
	r->show = write(STDERR_FILENO, line, (size_t)n) == n;
	r->shown_ns = now_ns;
}

int run_record_residents(const struct mmt_sink *record, const struct run_opts *o, struct pipeline *p)
{
	int err = 0;

	/* of a view that wants it the pipeline asks by itself */
	for (uint32_t i = 0; record && o->kind->record && i < o->v.pids.n && !err; i++)
		err = pipeline_residents(p, o->v.pids.pid[i]);
	return err;
}

int run_record_close(struct run_record *r)
{
	int err = r->flight ? 0 : rec_tap_failed(r->sink);

	if (r->shown_ns && write(STDERR_FILENO, "\r\033[K", 4) != 4)
		r->show = false;
	if (r->fd >= 0 && close(r->fd) && !err)
		err = -errno;
	r->fd = -1;
	if (r->flight && !r->writes && !r->failed)
		mmt_info("nothing was written: no SIGUSR1 came, and no event that -f is true of");
	return r->failed ? EXIT_OWN : err ? cannot(r, err) : 0;
}

void run_record_free(struct run_record *r)
{
	if (r->sink)
		r->sink->free(r->sink);
	if (r->fd >= 0)
		close(r->fd);
}
