// LINK: stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The last moments of a run: what is dropped is still known by name. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/ranges.h"
#include "mmtrace/base.h"
#include "mmtrace/wire/names.h"
#include "record/head.h"
#include "record/reader.h"
#include "stream/flight.h"
#include "stream/replay.h"
#include "unit/test_pipeline_spy.h"

#define mmt_ev_VMA_GROW_ mmt_ev_vma_grow

#define AT    0x7f0000400000ULL
#define AT2   0x7f0000500000ULL /* what /proc said: permissions, and no more flags */
#define AT3   0x7f0000600000ULL /* not even that */
#define KEEP  (1u << 20)
#define MANY  20000 /* faults, more than fit */
#define START 1000

struct path_record {
	struct mmt_name n;
	char text[16];
};

static void path_name(struct path_record *n, uint64_t key, const char *text)
{
	memset(n, 0, sizeof(*n));
	n->n.type = MMT_ITEM_NAME;
	n->n.size = sizeof(*n);
	n->n.kind = MMT_NAME_PATH;
	n->n.key = key;
	strncpy(n->text, text, sizeof(n->text) - 1);
}

static void put(struct mmt_sink *s, const void *record, size_t size)
{
	assert_int_equal(s->raw(s, record, size), 0);
}

/* A run: a process with a name and one mapped file, then faults in it until the beginning is long dropped. */
static int fly(const struct rec_head *head)
{
	struct flight_opts o = { .bytes = KEEP, .head = head };
	struct mmt_run_info info = { .page_size = 4096, .start_mono_ns = START };
	struct mmt_ev_vma_import map = { .h = HDR(VMA_IMPORT), .vma_start = AT, .vma_end = AT + 0x8000, .file = 9 };
	struct mmt_ev_vma_import from_proc = { .h = HDR(VMA_IMPORT), .vma_start = AT2, .vma_end = AT2 + 0x2000 };
	struct mmt_ev_vma_import unknown = { .h = HDR(VMA_IMPORT), .vma_start = AT3, .vma_end = AT3 + 0x1000 };
	struct mmt_ev_vma_grow grow = { .h = HDR(VMA_GROW), .vma_start = AT - 0x1000, .vma_end = AT + 0x8000 };
	struct mmt_comm comm = { .type = MMT_ITEM_COMM, .size = sizeof(comm), .pid = 5, .comm = "pilot" };
	struct mmt_ev_fault fault = { .h = HDR(FAULT), .addr = AT + 0x1000 };
	struct path_record name;
	struct mmt_sink *s = flight_open(&o);
	int fd = memfd_create("flight", MFD_CLOEXEC);
	struct flight_stats st;

	path_name(&name, 9, "/dev/black");
	assert_non_null(s);
	assert_int_equal(s->begin(s, &info), 0);
	map.addr = AT;
	map.len = 0x8000;
	map.vm_flags = 0x71;
	map.pgoff = 16;
	map.ino = 3;
	put(s, &comm, sizeof(comm));
	put(s, &name, sizeof(name));
	put(s, &map, sizeof(map));
	from_proc.addr = AT2;
	from_proc.len = 0x2000;
	from_proc.vm_flags = 5;
	from_proc.h.have &= ~MMT_HAVE(VMA_IMPORT, vm_flags);
	unknown = from_proc;
	unknown.addr = unknown.vma_start = AT3;
	unknown.vma_end = AT3 + 0x2000;
	from_proc.h.tier = MMT_TIER_PROC;
	put(s, &from_proc, sizeof(from_proc));
	put(s, &unknown, sizeof(unknown));
	grow.addr = AT - 0x1000;
	grow.len = 0x9000;
	grow.file = 9;
	grow.vm_flags = 0x100171;
	grow.ino = 3;
	grow.pgoff = 15;
	put(s, &grow, sizeof(grow));
	fault.h.have = MMT_HAVE(FAULT, addr);
	for (unsigned i = 0; i < MANY; i++) {
		fault.h.ts_ns = START + i;
		put(s, &fault, sizeof(fault));
	}
	flight_stats(s, &st);
	assert_int_equal(st.records, MANY + 6);
	assert_in_range(st.bytes, KEEP / 2, KEEP);
	assert_true(st.since_ns > START);
	assert_int_equal(flight_write(s, fd, REC_PACK_NEVER, START + MANY), 0);
	s->free(s);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static struct range mapped[8];
static unsigned nmapped;

static void take_range(void *ctx, const struct range *r)
{
	(void)ctx;
	assert_true(nmapped < MMT_COUNT(mapped));
	mapped[nmapped++] = *r;
}

static void take_space(void *ledger, const struct ranges_space *s)
{
	ranges_each(ledger, s->mm, s->pid, take_range, NULL);
}

static void replay(int fd, struct spy *spy, struct mmt_summary *sum)
{
	struct pipeline_opts o = { .sinks = { &spy->s }, .nsinks = 1 };
	struct rec_reader *r;
	struct pipeline *p;
	char why[REC_WHY];

	assert_int_equal(rec_reader_open(&r, fd, why), 0);
	assert_true(rec_reader_head(r)->num[REC_FLAGS] & REC_FLIGHT);
	replay_opts_fill(rec_reader_head(r), &o);
	p = pipeline_new(&o);
	assert_int_equal(replay_play(r, p, NULL), 0);
	*sum = *pipeline_summary(p);
	nmapped = 0;
	ranges_each_space(pipeline_ledger(p), take_space, (void *)pipeline_ledger(p));
	pipeline_free(p);
	rec_reader_close(r);
	close(fd);
}

static void test_what_was_dropped_is_known(void **state)
{
	static const struct rec_head head;
	struct spy spy = new_spy(true, false);
	struct mmt_summary sum;

	(void)state;
	replay(fly(&head), &spy, &sum);
	assert_string_equal(spy.comm, "pilot");
	assert_string_equal(spy.mapping, "/dev/black");
	assert_in_range(sum.per_event[MMT_EV_FAULT], 1000, MANY - 1000);
	assert_int_equal(sum.per_event[MMT_EV_VMA_IMPORT], 3); /* what grew is one */
	assert_int_equal(nmapped, 3);
	assert_int_equal(mapped[0].end - mapped[0].start, 0x9000);
	assert_true(mapped[0].has_flags);
	assert_int_equal(mapped[0].vm_flags & 15, 1);
	assert_false(mapped[1].has_flags);
	assert_true(mapped[1].has_perms);
	assert_int_equal(mapped[1].vm_flags, 5);
	assert_false(mapped[2].has_perms);
	assert_int_equal(sum.ran_ns, MANY);
	assert_int_equal(spy.ended, 1);
}

/* Before its exec a command is not shown; one whose exec was dropped had it. */
static void test_command_had_its_exec(void **state)
{
	static const struct rec_head head = { .num = { [REC_CHILD] = 5 } };
	struct flight_opts o = { .bytes = KEEP, .head = &head };
	struct mmt_run_info info = { .page_size = 4096, .start_mono_ns = START };
	struct mmt_ev_exec exec = { .h = HDR(EXEC) };
	struct mmt_ev_fault fault = { .h = HDR(FAULT), .addr = AT };
	struct mmt_sink *s = flight_open(&o);
	int fd = memfd_create("flight", MFD_CLOEXEC);
	struct spy spy = new_spy(true, false);
	struct mmt_summary sum;

	(void)state;
	assert_int_equal(s->begin(s, &info), 0);
	exec.h.have = 0;
	fault.h.have = MMT_HAVE(FAULT, addr);
	put(s, &exec, sizeof(exec));
	for (unsigned i = 0; i < MANY; i++)
		put(s, &fault, sizeof(fault));
	assert_int_equal(flight_write(s, fd, REC_PACK_NEVER, START), 0);
	s->free(s);
	lseek(fd, 0, SEEK_SET);
	replay(fd, &spy, &sum);
	assert_in_range(sum.events, 1000, MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_dropped_is_known),
		cmocka_unit_test(test_command_had_its_exec),
	};

	return cmocka_run_group_tests_name("flight", tests, NULL, NULL);
}
