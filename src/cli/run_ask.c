// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cli/run_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "enrich/usyms.h"
#include "mmtrace/base.h"
#include "mmtrace/session.h"
#include "probe/smaps.h"

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
	return session__ksym(((struct run_ask *)ctx)->session, addr);
}

static const char *ask_usym(void *ctx, const struct usym_place *at)
{
	return usyms_name(((struct run_ask *)ctx)->usyms, at);
}

static int ask_maps(void *ctx, uint32_t pid, uint32_t mm, mmt_item_fn fn, void *fn_ctx)
{
	return session__import(((struct run_ask *)ctx)->session, (pid_t)pid, mm, fn, fn_ctx);
}

struct handing {
	struct mmt_resident r;
	mmt_item_fn fn;
	void *ctx;
};

static int hand_over(void *ctx, const struct smaps_range *s)
{
	struct handing *h = ctx;
	struct mmt_item item = { .kind = MMT_I_RECORD, .data = &h->r, .size = sizeof(h->r) };
	int err;

	h->r.start = s->start;
	h->r.end = s->end;
	h->r.bytes = s->pfns ? MMT_RESIDENT_UNKNOWN : s->resident;
	memcpy(h->r.perms, s->perms, sizeof(h->r.perms));
	err = h->fn(h->ctx, &item);
	h->r.nth++;
	return err;
}

static int ask_resident(void *ctx, uint32_t pid, uint32_t mm, mmt_item_fn fn, void *fn_ctx)
{
	struct handing h = { .fn = fn, .ctx = fn_ctx };
	struct smaps_range none = { 0 };
	int err;

	(void)ctx;
	(void)mm;
	h.r = (struct mmt_resident){ .type = MMT_ITEM_RESIDENT, .size = sizeof(h.r), .pid = pid };
	err = smaps_each(pid, hand_over, &h);
	if (!h.r.nth)
		hand_over(&h, &none); /* what was said of it before is no more */
	return err;
}

int run_ask_fill(struct run_ask *a, struct pipeline_opts *o, struct session *session, bool ustack, bool maps)
{
	a->session = session;
	a->usyms = ustack ? usyms_new(NULL) : NULL;
	o->ask_comm = ask_comm;
	o->ask_ksym = ask_ksym;
	o->ask_usym = ustack ? ask_usym : NULL;
	o->ask_maps = maps ? ask_maps : NULL;
	o->ask_resident = ask_resident;
	o->clock = clock_now_ns;
	o->ctx = a;
	return ustack && !a->usyms ? -ENOMEM : 0;
}

void run_ask_free(struct run_ask *a)
{
	usyms_free(a->usyms);
}
