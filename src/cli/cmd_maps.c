// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* mmtrace maps: what is mapped, and who maps a physical page. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/run.h"
#include "cli/run_filter.h"
#include "cli/run_serve.h"
#include "probe/smaps.h"

static bool by_page(const struct run_opts *o)
{
	return run_opts_given(o, "phys") || run_opts_given(o, "pfn");
}

/* Nothing says how long: then what is there now is all. */
static bool once(const struct run_opts *o)
{
	return !o->replay && !o->r.run && !o->v.live && !o->v.duration_ns;
}

static void events(const struct run_opts *o, bool want[MMT_EV_MAX], bool target)
{
	static const uint8_t seen[] = { MMT_EV_VMA_MAP, MMT_EV_VMA_UNMAP,   MMT_EV_VMA_PROT, MMT_EV_VMA_MOVE,
					MMT_EV_VMA_DUP, MMT_EV_VMA_GROW,    MMT_EV_EXEC,     MMT_EV_EXIT,
					MMT_EV_FORK,	MMT_EV_DRIVER_MMAP, MMT_EV_PFN_MAP,  MMT_EV_PAGE_MAP,
					MMT_EV_DMA_MAP, MMT_EV_FAULT };

	(void)target;
	memset(want, 0, MMT_EV_MAX * sizeof(*want));
	want[MMT_EV_VMA_IMPORT] = true;
	for (size_t i = 0; i < MMT_COUNT(seen) && !o->once; i++)
		want[seen[i]] = true;
}

static int check(const struct run_opts *o)
{
	if (run_opts_given(o, "phys") && run_opts_given(o, "pfn"))
		mmt_err("--phys and --pfn ask for the same: give one of them");
	else if (by_page(o) && once(o) && o->v.record)
		mmt_err("--record: /proc is searched and nothing watched; with -d TIME or a program there is something "
			"to keep");
	else if (by_page(o) && (o->v.live || o->v.history))
		mmt_err("--live and --history are of whole processes: leave them out with --phys and --pfn");
	else if (by_page(o) && o->expr)
		mmt_err("-f is asked of mappings: leave it out with --phys and --pfn, which ask for a page");
	else if (!o->replay && !o->v.pids.n && !o->v.comms.n && !o->r.run && !by_page(o))
		mmt_err("maps: of which process? -p PID, -n NAME or -- PROGRAM");
	else
		return 0;
	return EXIT_USAGE;
}

/* ---- who maps a page ---- */

struct search {
	struct mmt_sink *sink;
	uint64_t pfn;
	const struct num_pids *pids;
	uint64_t unseen; /* ranges filled with PFNs before anybody watched */
	char comm[16];
	char where[256]; /* of the first of those */
	bool hidden;
};

static int found(void *ctx, uint32_t pid, uint64_t addr, uint64_t pfn, const char *path)
{
	struct search *s = ctx;
	struct whomaps_row r = {
		.comm = s->comm, .pid = pid, .addr = addr, .how = "in its page table", .refcounted = true
	};

	(void)pfn;
	r.what = *path ? path : "[anon]";
	return whomaps_put(s->sink, &r);
}

static int unseen(void *ctx, uint32_t pid, const struct smaps_range *r)
{
	struct search *s = ctx;

	if (r->path[0] == '[') /* [vvar]: the kernel's own */
		return 0;
	if (!s->unseen++)
		snprintf(s->where, sizeof(s->where), "%s of %s %u", r->path, s->comm, pid);
	return 0;
}

static void read_comm(struct search *s, uint32_t pid)
{
	char path[32];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	f = fopen(path, "re");
	if (!f || !fgets(s->comm, sizeof(s->comm), f))
		strcpy(s->comm, "?");
	s->comm[strcspn(s->comm, "\n")] = '\0';
	if (f)
		fclose(f);
}

/* Processes come and go, and some may not be looked into: what cannot be read is passed over. */
static int search_process(struct search *s, uint32_t pid)
{
	int err;

	read_comm(s, pid);
	err = smaps_pages(pid, s->pfn, s->pfn + 1, found, unseen, s);
	s->hidden |= err == -EPERM;
	return err == -EPERM || err == -ENOENT || err == -ESRCH || err == -EACCES ? 0 : err;
}

static int search_all(struct search *s)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	int err = 0;

	if (!proc)
		return -errno;
	while (!err && (e = readdir(proc))) {
		unsigned long pid = strtoul(e->d_name, NULL, 10);

		if (pid && pid != (unsigned long)getpid())
			err = search_process(s, (uint32_t)pid);
	}
	closedir(proc);
	return err;
}

static int search(struct search *s)
{
	int err = 0;

	if (!s->pids->n)
		err = search_all(s);
	for (uint32_t i = 0; i < s->pids->n && !err; i++)
		err = search_process(s, s->pids->pid[i]);
	if (s->hidden)
		mmt_warn("the kernel shows no page frame numbers here: run it as root");
	if (s->unseen)
		mmt_info("not observed: %llu range%s that a driver filled with PFNs before, the first %s",
			 (unsigned long long)s->unseen, s->unseen == 1 ? "" : "s", s->where);
	return err;
}

static struct search the_search; /* of this command's one run */

static int more(void *ctx, struct mmt_sink *sink)
{
	struct search *s = ctx;

	s->sink = sink;
	return search(s);
}

static uint64_t page_asked(const struct run_opts *o)
{
	uint64_t page_size = o->replay ? o->replay->num[REC_PAGE_SIZE] : (uint64_t)sysconf(_SC_PAGESIZE);

	return run_opts_given(o, "pfn") ? o->v.pfn : o->v.phys / page_size;
}

static struct mmt_sink *open_sink(const struct run_opts *o, const struct sink_opts *to)
{
	struct maps_opts m = { .json = o->v.format == FORMAT_JSON, .live = o->v.live, .history = o->v.history };
	struct whomaps_opts w = { .json = m.json, .more = more, .ctx = &the_search };

	m.match = o->expr ? run_filter_match : NULL;
	m.match_ctx = o->expr;
	if (!by_page(o))
		return maps_open(&m, to);
	if (o->replay) {
		w.more = NULL;
		mmt_info("page tables are not in a recording: shown is what drivers were seen to put in");
	}
	w.pfn = page_asked(o);
	the_search = (struct search){ .pfn = w.pfn, .pids = &o->v.pids };
	return whomaps_open(&w, to);
}

/* Where nothing is watched, /proc alone is asked: no hook is needed for that. */
static int alone(const struct run_opts *o, struct mmt_sink *sink)
{
	struct mmt_summary none = { 0 };
	int err;

	if (!by_page(o) || !once(o))
		return -1;
	err = sink->end(sink, &none);
	if (!err)
		return EXIT_FINE;
	mmt_err("cannot search /proc for it: %s", strerror(-err));
	return EXIT_OWN;
}

static int serve(const struct run_opts *o)
{
	if (run_serve_has(o->replay, MMT_EV_VMA_IMPORT) || run_serve_has(o->replay, MMT_EV_VMA_MAP))
		return 0;
	mmt_err("what is mapped was not recorded; record with 'mmtrace record' or 'mmtrace maps --record FILE'");
	return EXIT_USAGE;
}

const struct run_kind maps_kind = { .serve = serve,
				    .events = events,
				    .once = once,
				    .alone = alone,
				    .check = check,
				    .open = open_sink,
				    .about = EXPR_MAPPING };

int cmd_maps(int argc, char **argv)
{
	return run_command(&maps_kind, argc, argv);
}
