// LINK: stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "event/value.h"
#include "ledger/ranges.h"
#include "mmtrace/wire/names.h"
#include "stream/pipeline.h"
#include "unit/test_pipeline_spy.h"

/* What /proc says of process 5: its program, a device and its heap. */
static struct {
	unsigned asked;
	uint32_t mm;
	const char *comm; /* what it is called now */
	int err;
} machine;

static int ask_comm_now(void *ctx, uint32_t pid, char comm[PROCS_COMM])
{
	(void)ctx;
	(void)pid;
	memset(comm, 0, PROCS_COMM);
	strcpy(comm, machine.comm);
	return 0;
}

static int tell_map(uint32_t mm, uint64_t start, uint64_t key, const char *text, mmt_item_fn fn, void *to)
{
	union {
		struct mmt_name n;
		char room[sizeof(struct mmt_name) + 64];
	} name = { .n = { .type = MMT_ITEM_NAME, .size = sizeof(name), .kind = MMT_NAME_PATH, .key = key } };
	struct mmt_ev_vma_import e = { .h = { .type = MMT_EV_VMA_IMPORT,
					      .size = sizeof(e),
					      .tier = MMT_TIER_PROC,
					      .pid = 5,
					      .mm = mm,
					      .have = MMT_HAVE_ALL(VMA_IMPORT) & ~MMT_HAVE(VMA_IMPORT, vm_flags) },
				       .addr = start,
				       .len = 0x1000,
				       .vma_start = start,
				       .vma_end = start + 0x1000,
				       .file = key };
	struct mmt_item item = { .kind = MMT_I_RECORD };
	int err;

	strcpy(name.n.text, text);
	item.data = &name;
	item.size = sizeof(name);
	err = fn(to, &item);
	item.data = &e;
	item.size = sizeof(e);
	return err ? err : fn(to, &item);
}

static int ask_maps(void *ctx, uint32_t pid, uint32_t mm, mmt_item_fn fn, void *to)
{
	int err;

	(void)ctx;
	assert_int_equal(pid, 5);
	machine.asked++;
	machine.mm = mm;
	if (machine.err)
		return machine.err;
	err = tell_map(mm, 0x400000, 0x71, "/usr/bin/prog", fn, to);
	if (!err)
		err = tell_map(mm, 0x500000, 0x72, "/dev/mmdemo/file", fn, to);
	return err ? err : tell_map(mm, 0x600000, 0x73, "[heap]", fn, to);
}

static struct pipeline *blind_pipeline(struct spy *a, struct spy *b, uint32_t child)
{
	struct pipeline_opts o = { .sinks = { &a->s, b ? &b->s : NULL },
				   .nsinks = b ? 2 : 1,
				   .page_size = 4096,
				   .child = child,
				   .ask_comm = ask_comm_now,
				   .ask_maps = ask_maps };

	machine.asked = 0;
	machine.comm = "prog";
	machine.err = 0;
	return pipeline_new(&o);
}

/* Without change events the mappings of a process are asked for once, and enter the stream before the event. */
static void test_maps_enter_the_stream(void **state)
{
	struct spy views = new_spy(true, false), raw = new_spy(false, true);
	struct mmt_ev_munmap call = { .h = HDR(MUNMAP), .addr = 0x400000, .len = 0x1000, .ret = -EINVAL };
	struct pipeline *p = blind_pipeline(&views, &raw, 0);

	(void)state;
	FEED(p, call);
	assert_string_equal(raw.log, "nrnrnrr");
	assert_string_equal(views.log, "eeee");
	assert_string_equal(views.mapping, "/usr/bin/prog");
	assert_int_equal(views.class, MMT_FCLASS_FILE);
	assert_int_equal(machine.mm, 1);
	call.addr = 0x500000; /* /proc does not say what a device's mapping is made of */
	FEED(p, call);
	assert_string_equal(views.mapping, "/dev/mmdemo/file");
	assert_int_equal(views.class, MMT_FCLASS_UNKNOWN);
	call.addr = 0x600000;
	FEED(p, call);
	assert_string_equal(views.mapping, "[heap]");
	assert_int_equal(views.class, MMT_FCLASS_ANON);
	assert_int_equal(machine.asked, 1);
	pipeline_free(p);

	/* For the tap alone too: whoever reads the recording wants to know. */
	raw = new_spy(false, true);
	p = blind_pipeline(&raw, NULL, 0);
	FEED(p, call);
	FEED(p, call);
	assert_string_equal(raw.log, "nrnrnrrr");
	assert_int_equal(machine.asked, 1);
	pipeline_free(p);
}

static void note_gap(void *ctx, const struct ranges_space *s)
{
	*(bool *)ctx |= s->gap;
}

/* What is lost of calls is missing in the ledger where calls are all there is, and only there. */
static void test_lost_calls_are_a_gap(void **state)
{
	struct mmt_item lost = { .kind = MMT_I_LOSS, .loss = { MMT_LOSS_RING, MMT_EV_MMAP, 3 } };
	struct mmt_ev_munmap call = { .h = HDR(MUNMAP), .addr = 0x400000, .len = 0x1000, .ret = -EINVAL };
	struct spy views = new_spy(true, false);

	(void)state;
	for (int blind = 0; blind < 2; blind++) {
		struct pipeline_opts o = { .sinks = { &views.s }, .nsinks = 1, .page_size = 4096 };
		struct pipeline *p = blind ? blind_pipeline(&views, NULL, 0) : pipeline_new(&o);
		bool gap = false;

		FEED(p, call);
		pipeline_item(p, &lost);
		pipeline_item(p, &lost); /* totals */
		ranges_each_space(pipeline_ledger(p), note_gap, &gap);
		assert_int_equal(gap, blind);
		assert_int_equal(pipeline_ledger_lost(p), blind ? 3 : 0);
		pipeline_free(p);
	}
}

static void test_exec_asks_again(void **state)
{
	struct mmt_ev_munmap call = { .h = HDR(MUNMAP), .addr = 0x400000, .len = 0x1000, .ret = -EINVAL };
	struct mmt_ev_exec exec = { .h = HDR(EXEC) };
	struct spy views = new_spy(true, false);
	struct pipeline *p = blind_pipeline(&views, NULL, 0);

	(void)state;
	exec.h.have = 0; /* its name is asked for */
	FEED(p, call);
	exec.h.mm = call.h.mm = 2;
	FEED(p, exec);
	assert_int_equal(machine.asked, 2);
	assert_int_equal(machine.mm, 2);
	FEED(p, call);
	assert_int_equal(machine.asked, 2);
	assert_string_equal(views.mapping, "/usr/bin/prog");
	/* It runs another program by now: what /proc says is not what these events are about. */
	machine.comm = "other";
	call.h.mm = 3;
	FEED(p, call);
	assert_int_equal(machine.asked, 2);
	assert_string_equal(views.mapping, "(none)");
	/* Gone: unknown it stays, and nobody asks again. */
	machine.comm = "prog";
	machine.err = -ENOENT;
	call.h.mm = 4;
	assert_int_equal(FEED(p, call), 0);
	assert_int_equal(FEED(p, call), 0);
	assert_int_equal(machine.asked, 3);
	assert_string_equal(views.mapping, "(none)");
	pipeline_free(p);
}

/* The copy of mmtrace before the command's exec is nobody's business; what was told already is not asked for. */
static void test_maps_that_nobody_needs(void **state)
{
	struct mmt_ev_munmap call = { .h = HDR(MUNMAP), .addr = 0x400000, .len = 0x1000, .ret = -EINVAL };
	struct mmt_ev_vma_import import = { .h = HDR(VMA_IMPORT), .addr = 0x400000, .len = 0x1000, .vma_end = 0x1000 };
	struct mmt_ev_fork fork = { .h = HDR(FORK), .child = 6, .child_mm = 9 };
	struct mmt_ev_exec exec = { .h = HDR(EXEC) };
	struct spy views = new_spy(true, false);
	struct pipeline *p = blind_pipeline(&views, NULL, 5);

	(void)state;
	FEED(p, call);
	assert_int_equal(machine.asked, 0);
	exec.h.mm = 2;
	exec.h.have = 0;
	FEED(p, exec);
	assert_int_equal(machine.asked, 1);
	pipeline_free(p);

	views = new_spy(true, false);
	p = blind_pipeline(&views, NULL, 0);
	import.h.mm = call.h.mm = 8;
	FEED(p, import);
	FEED(p, call);
	assert_int_equal(machine.asked, 0);
	FEED(p, fork);			    /* a child's space is its parent's */
	assert_int_equal(machine.asked, 1); /* the parent's, mm 1 */
	call.h.mm = 9;
	call.h.pid = 6;
	FEED(p, call);
	assert_int_equal(machine.asked, 1);
	assert_string_equal(views.mapping, "/usr/bin/prog");
	pipeline_free(p);
}

/* An event about another's address space: that one's mappings are asked for, or none when nobody knows whose it is. */
static void test_reach_asks_the_target(void **state)
{
	struct mmt_ev_remote reach = { .h = HDR(REMOTE), .addr = 0x500010, .len = 8, .target = 5 };
	struct mmt_ev_madvise advise = { .h = HDR(MADVISE), .addr = 0x500000, .len = 0x1000, .pidfd = 3 };
	struct mmt_ev_memfd_create memfd = { .h = HDR(MEMFD), .name = 0x71 };
	struct spy views = new_spy(true, false);
	struct pipeline *p = blind_pipeline(&views, NULL, 0);

	(void)state;
	reach.h.pid = 77; /* ask_maps() refuses any but process 5 */
	FEED(p, reach);
	assert_int_equal(machine.asked, 1);
	assert_string_equal(views.mapping, "/dev/mmdemo/file");
	reach.h.mm = 0;
	FEED(p, reach);
	assert_string_equal(views.mapping, "(none)");
	reach.h.mm = 9;
	reach.h.have &= ~MMT_HAVE(REMOTE, target);
	FEED(p, reach);
	assert_int_equal(machine.asked, 1);
	assert_string_equal(views.mapping, "(none)");
	/* process_madvise's range is in another process; madvise's is not */
	FEED(p, advise);
	assert_string_equal(views.mapping, "(none)");
	advise.h.have &= ~MMT_HAVE(MADVISE, pidfd);
	FEED(p, advise);
	assert_string_equal(views.mapping, "/dev/mmdemo/file");
	FEED(p, memfd);
	assert_string_equal(views.mapping, "/memfd:/usr/bin/prog (deleted)");
	assert_int_equal(views.class, MMT_FCLASS_SHM);
	memfd.h.have &= ~MMT_HAVE(MEMFD, name);
	FEED(p, memfd);
	assert_string_equal(views.mapping, "(none)");
	pipeline_free(p);
}

/* A segment is named by what shmget said of it, where only calls are seen. */
static void test_segment(void **state)
{
	struct mmt_ev_shmget get = { .h = HDR(SHMGET), .len = 0x2000, .ret = 7 };
	struct mmt_ev_shmat at = { .h = HDR(SHMAT), .id = 7, .ret = 0x700000 };
	struct mmt_ev_shmdt dt = { .h = HDR(SHMDT), .addr = 0x700000 };
	struct spy views = new_spy(true, false);
	struct pipeline *p = blind_pipeline(&views, NULL, 0);

	(void)state;
	FEED(p, get);
	assert_string_equal(views.mapping, "(none)");
	FEED(p, at);
	assert_string_equal(views.mapping, "/SYSV00000000 (deleted)");
	assert_int_equal(views.class, MMT_FCLASS_SHM);
	FEED(p, dt);
	assert_string_equal(views.mapping, "/SYSV00000000 (deleted)");
	at.id = 8; /* nobody saw how long that one is, or what it is called */
	at.ret = 0x800000;
	FEED(p, at);
	assert_string_equal(views.mapping, "(none)");
	pipeline_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maps_enter_the_stream), cmocka_unit_test(test_lost_calls_are_a_gap),
		cmocka_unit_test(test_exec_asks_again),	      cmocka_unit_test(test_maps_that_nobody_needs),
		cmocka_unit_test(test_reach_asks_the_target), cmocka_unit_test(test_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
