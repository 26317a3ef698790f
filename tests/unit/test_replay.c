// LINK: stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What a run was told by asking around a replay is told by its recording, at the same events. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "mmtrace/wire/names.h"
#include "record/reader.h"
#include "record/tap.h"
#include "stream/replay.h"
#include "unit/test_pipeline_spy.h"

#define FUNC 0xffff800000001000ULL
#define AT   0x7f0000400000ULL

/* Writes down all that it is told. */
struct witness {
	struct mmt_sink s;
	struct buf said;
};

static int w_begin(struct mmt_sink *s, const struct mmt_run_info *info)
{
	struct buf *b = &((struct witness *)s)->said;

	buf_printf(b, "begin %s %s %s %u %u %llu %u hooks\n", info->release, info->machine, info->command,
		   info->page_size, info->cpus, (unsigned long long)info->start_mono_ns, info->nhooks);
	return 0;
}

static int w_event(struct mmt_sink *s, const struct mmt_view *v)
{
	struct buf *b = &((struct witness *)s)->said;
	uint64_t func = 0;

	value_get(v->h, v->ev, "func", &func);
	buf_printf(b, "%s %u %s %s %s\n", v->ev->name, v->h->pid, v->comm, v->mapping ? v->mapping : "-",
		   func && v->names->get(v->names->ctx, func) ? v->names->get(v->names->ctx, func) : "-");
	return 0;
}

static int w_item(struct mmt_sink *s, const struct mmt_item *item)
{
	struct buf *b = &((struct witness *)s)->said;

	if (item->kind == MMT_I_LOSS)
		buf_printf(b, "lost %u %u %llu\n", item->loss.kind, item->loss.event,
			   (unsigned long long)item->loss.count);
	else if (item->kind == MMT_I_HOOK)
		buf_printf(b, "hook %s %s %s %d\n", item->hook.name, item->hook.tier, item->hook.reason,
			   item->hook.fired);
	return 0;
}

static int w_tick(struct mmt_sink *s, uint64_t now_ns)
{
	buf_printf(&((struct witness *)s)->said, "tick %llu\n", (unsigned long long)now_ns);
	return 0;
}

static int w_range(void *ctx, uint64_t start, uint64_t end, uint64_t bytes, const char *perms)
{
	buf_printf(ctx, "  resident %llx-%llx %llu %s\n", (unsigned long long)start, (unsigned long long)end,
		   (unsigned long long)bytes, perms);
	return 0;
}

static int w_flush(struct mmt_sink *s)
{
	struct buf *b = &((struct witness *)s)->said;

	buf_printf(b, "flush %llu\n", (unsigned long long)s->state->now_ns);
	s->state->resident(s->state, 5, w_range, b);
	return 0;
}

static int w_end(struct mmt_sink *s, const struct mmt_summary *sum)
{
	struct buf *b = &((struct witness *)s)->said;

	buf_printf(b, "end %llu %llu %d %llu, %llu, silent %s\n", (unsigned long long)sum->events,
		   (unsigned long long)sum->ran_ns, sum->child_status, (unsigned long long)sum->bad,
		   (unsigned long long)s->state->now_ns, sum->silent);
	for (unsigned i = 0; i < MMT_LOSS_MAX; i++)
		if (sum->lost[i])
			buf_printf(b, "  lost %u: %llu\n", i, (unsigned long long)sum->lost[i]);
	return 0;
}

static struct witness new_witness(void)
{
	struct witness w = { .s = { .begin = w_begin,
				    .event = w_event,
				    .item = w_item,
				    .tick = w_tick,
				    .flush = w_flush,
				    .end = w_end } };

	return w;
}

/* ---- the machine that is asked ---- */

static unsigned resident_bytes;
static uint64_t now;

/* Process 5 is "app" until its exec, and "other" then; 6 has gone. */
static const char *name_of_5;

static int ask_comm(void *ctx, uint32_t pid, char comm[PROCS_COMM])
{
	(void)ctx;
	if (pid != 5)
		return -ESRCH;
	strcpy(comm, name_of_5);
	return 0;
}

static const char *ask_ksym(void *ctx, uint64_t addr)
{
	(void)ctx;
	return addr == FUNC ? "drv:drv_mmap" : NULL;
}

static int ask_resident(void *ctx, uint32_t pid, uint32_t mm, mmt_item_fn fn, void *fn_ctx)
{
	struct mmt_resident r = { .type = MMT_ITEM_RESIDENT, .size = sizeof(r), .pid = pid, .perms = "rw-s" };
	struct mmt_item item = { .kind = MMT_I_RECORD, .data = &r, .size = sizeof(r) };

	(void)ctx;
	(void)mm;
	r.start = AT;
	r.end = AT + 4096;
	r.bytes = resident_bytes += 1024;
	return fn(fn_ctx, &item);
}

static uint64_t look(void)
{
	return now += 1000;
}

/* ---- the run ---- */

static void run(struct pipeline *p)
{
	struct mmt_ev_driver_mmap driver = { .h = HDR(DRIVER_MMAP), .func = FUNC };
	struct mmt_ev_exec exec = { .h = HDR(EXEC) };
	struct mmt_ev_mmap gone = { .h = HDR(MMAP) };
	struct mmt_ev_brk bad = { .h = HDR(BRK) };
	struct mmt_item loss = { .kind = MMT_I_LOSS, .loss = { MMT_LOSS_RING, MMT_EV_MMAP, 7 } };
	struct mmt_item hook = { .kind = MMT_I_HOOK, .hook = { "call.mmap", "fentry", "", 1, 0 } };

	FEED(p, driver);
	gone.h.pid = 6;
	gone.ret = (int64_t)AT;
	FEED(p, gone);
	pipeline_flush(p);
	name_of_5 = "other"; /* read late: nobody has the old name any more */
	exec.h.have = 0;
	FEED(p, exec);
	driver.func = FUNC + 16; /* nobody knows it */
	FEED(p, driver);
	pipeline_tick(p, look());
	bad.h.size--;
	FEED(p, bad);
	pipeline_item(p, &loss);
	pipeline_flush(p);
	pipeline_item(p, &hook);
	pipeline_end(p, 4711, 3);
}

static const struct mmt_hook_item hooks[] = { { "call.mmap", "fentry", "", 1, 0 } };

static void test_replay_is_the_run(void **state)
{
	struct mmt_run_info info = { .version = "1",
				     .release = "6.1",
				     .machine = "aarch64",
				     .command = "app -x",
				     .page_size = 16384,
				     .cpus = 8,
				     .hooks = hooks,
				     .nhooks = 1 };
	struct witness live = new_witness(), later = new_witness();
	struct rec_head head = { 0 };
	int fd = memfd_create("replay", MFD_CLOEXEC);
	struct mmt_sink *tap = rec_tap_open(fd, &head, REC_PACK_NEVER);
	struct pipeline_opts o = { .sinks = { &live.s, tap },
				   .nsinks = 2,
				   .page_size = 16384,
				   .ask_comm = ask_comm,
				   .ask_ksym = ask_ksym,
				   .ask_resident = ask_resident,
				   .clock = look,
				   .tell = true };
	struct pipeline_opts again = { .sinks = { &later.s }, .nsinks = 1 };
	struct pipeline *p = pipeline_new(&o);
	struct rec_reader *r;
	char why[REC_WHY];

	(void)state;
	name_of_5 = "app";
	assert_int_equal(pipeline_begin(p, &info), 0);
	run(p);
	pipeline_free(p);
	tap->free(tap);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(rec_reader_open(&r, fd, why), 0);
	replay_opts_fill(rec_reader_head(r), &again);
	assert_int_equal(again.page_size, 16384);
	p = pipeline_new(&again);
	assert_int_equal(replay_play(r, p, NULL), 0);
	pipeline_free(p);
	rec_reader_close(r);
	close(fd);
	assert_string_equal(buf_str(&later.said), buf_str(&live.said));
	assert_non_null(strstr(buf_str(&live.said), "driver_mmap 5 app [anon] drv:drv_mmap\nmmap 6 ? "));
	assert_non_null(strstr(buf_str(&live.said), "exec 5 other - -\ndriver_mmap 5 other [anon] -\n"));
	assert_non_null(strstr(buf_str(&live.said), "  resident 7f0000400000-7f0000401000 2048 rw-s\n"));
	assert_non_null(strstr(buf_str(&live.said), "end 4 4711 3 1, "));
	buf_free(&live.said);
	buf_free(&later.said);
}

/* What a replay's summary says of a recording that is not all of a run: flags as in its head, its last bytes cut off. */
static const char *partial(uint64_t flags, off_t cut)
{
	static char said[64];
	struct mmt_run_info info = { .release = "6.1", .machine = "aarch64", .page_size = 16384 };
	struct rec_head head = { .num = { [REC_FLAGS] = flags } };
	int fd = memfd_create("replay", MFD_CLOEXEC);
	struct mmt_sink *tap = rec_tap_open(fd, &head, REC_PACK_NEVER);
	struct pipeline_opts o = { .sinks = { tap }, .nsinks = 1, .page_size = 16384, .clock = look };
	struct pipeline_opts again = { .nsinks = 0 };
	struct pipeline *p = pipeline_new(&o);
	struct rec_reader *r;
	char why[REC_WHY];

	assert_int_equal(pipeline_begin(p, &info), 0);
	run(p);
	assert_null(pipeline_summary(p)->partial);
	pipeline_free(p);
	tap->free(tap);
	assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) - cut), 0);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(rec_reader_open(&r, fd, why), 0);
	replay_opts_fill(rec_reader_head(r), &again);
	p = pipeline_new(&again);
	assert_int_equal(replay_play(r, p, NULL) != 0, cut != 0);
	snprintf(said, sizeof(said), "%s", pipeline_summary(p)->partial ? pipeline_summary(p)->partial : "");
	pipeline_free(p);
	rec_reader_close(r);
	close(fd);
	return said;
}

static void test_part_of_a_run(void **state)
{
	(void)state;
	assert_string_equal(partial(0, 0), "");
	assert_string_equal(partial(0, 1), "the recording was cut");
	assert_string_equal(partial(REC_FLIGHT, 0), "the recording begins in the middle of the run");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replay_is_the_run),
		cmocka_unit_test(test_part_of_a_run),
	};

	return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
