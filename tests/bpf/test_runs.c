// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Runs of installs: what is merged, what is nested, what is learnt from inside. */
#include "kit.h"
#include "probe/runs.h"

static void install(unsigned int helper, uint64_t addr, uint64_t pages, uint64_t pfn, int ret)
{
	CALL(enter, helper, addr, pages * PAGE, pfn, 1);
	CALL(leave, helper, (uint64_t)(int64_t)ret);
}

static uint64_t drain(void)
{
	return runs_drain(bpf_map__fd(s->maps.insts), bpf_program__fd(s->progs.runs_drain));
}

/* Has the thread an entry in the map of helpers under way? */
static bool remembered(void)
{
	uint32_t tid;

	return !bpf_map_get_next_key(bpf_map__fd(s->maps.insts), NULL, &tid);
}

static unsigned int flushed(void)
{
	CALL(flush, 0);
	ring_buffer__consume(rb);
	return n_got;
}

#define INSERT MMT_HELPER_VM_INSERT_PAGE
#define REMAP  MMT_HELPER_REMAP_PFN_RANGE

static void runs_merge(void **state)
{
	(void)state;
	up(0, NULL, 65536, 256);
	install(INSERT, 0x10000, 1, 100, 0);
	install(INSERT, 0x11000, 1, 101, 0);
	install(INSERT, 0x12000, 2, 50, 0);
	assert_int_equal(flushed(), 1);
	assert_int_equal(got[0].h.type, MMT_EV_PAGE_MAP);
	assert_int_equal(got[0].addr, 0x10000);
	assert_int_equal(got[0].len, 4 * PAGE);
	assert_int_equal(got[0].pages, 4);
	assert_int_equal(got[0].calls, 3);
	assert_int_equal(got[0].pfn, 100);
	assert_int_equal(got[0].pfn_lo, 50);
	assert_int_equal(got[0].pfn_hi, 101);
	assert_int_equal(got[0].segs, 2);
	assert_int_equal(got[0].seg_pfn[0], 100);
	assert_int_equal(got[0].seg_pages[0], 2);
	assert_int_equal(got[0].seg_pfn[1], 50);
	assert_int_equal(got[0].seg_pages[1], 2);
	assert_int_equal(flushed(), 1); /* and nothing is left */
}

/* Nobody would tell of the end of the call: every call of a helper is a run of its own, and sent at once. */
static void runs_without_sys_exit(void **state)
{
	(void)state;
	sys_exit = false;
	up(0, NULL, 65536, 256);
	sys_exit = true;
	install(INSERT, 0x10000, 1, 100, 0);
	install(INSERT, 0x11000, 1, 101, 0);
	ring_buffer__consume(rb);
	assert_int_equal(n_got, 2);
	assert_int_equal(got[1].calls, 1);
	assert_false(remembered());
}

/* A helper whose event nobody asked for leaves nothing behind its call. */
static void runs_unwanted(void **state)
{
	(void)state;
	want = false;
	up(0, NULL, 65536, 256);
	want = true;
	install(INSERT, 0x10000, 1, 100, 0);
	assert_int_equal(CALL(runs_waiting, 0), 1);
	assert_int_equal(flushed(), 0);
	assert_false(remembered());
	assert_int_equal(CALL(runs_waiting, 0), 0);
}

static void runs_end(void **state)
{
	(void)state;
	up(0, NULL, 65536, 256);
	install(INSERT, 0x10000, 1, 100, 0);
	install(INSERT, 0x12000, 1, 101, 0);  /* a hole between */
	install(REMAP, 0x13000, 1, 102, 0);   /* another helper */
	install(REMAP, 0x14000, 1, 103, -22); /* refused: a run of its own */
	install(REMAP, 0x15000, 1, 104, 0);
	assert_int_equal(flushed(), 5);
	assert_int_equal(got[1].addr, 0x12000);
	assert_int_equal(got[2].h.type, MMT_EV_PFN_MAP);
	assert_int_equal(got[3].ret, -22);
	assert_int_equal(got[4].ret, 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(got[i].calls, 1);
}

static void runs_scattered(void **state)
{
	(void)state;
	up(0, NULL, 65536, 256);
	for (uint64_t i = 0; i < 10; i++)
		install(INSERT, 0x10000 + i * PAGE, 1, 1000 - 10 * i, 0);
	assert_int_equal(flushed(), 1);
	assert_int_equal(got[0].segs, 10); /* all are counted, the first eight are named */
	assert_int_equal(got[0].pages, 10);
	assert_int_equal(got[0].seg_pfn[7], 930);
	assert_int_equal(got[0].seg_pages[7], 1);
	assert_int_equal(got[0].pfn_lo, 910);
	assert_int_equal(got[0].pfn_hi, 1000);
}

#define DMA	MMT_HELPER_DMA_MMAP_ATTRS
#define VMALLOC MMT_HELPER_REMAP_VMALLOC_RANGE

/* dma_mmap_attrs calls remap_pfn_range, which knows the PFN: both tell, the outer one first, and it has the PFN too. */
static void runs_nest(void **state)
{
	(void)state;
	up(0, NULL, 65536, 256);
	assert_int_equal(CALL(enter, DMA, 0x10000, 4 * PAGE, 0, 0), 1);
	assert_int_equal(CALL(enter, REMAP, 0x10000, 4 * PAGE, 500, 1), 2);
	CALL(leave, REMAP, 0);
	CALL(leave, DMA, 0);
	assert_int_equal(flushed(), 2);
	assert_int_equal(got[0].h.type, MMT_EV_DMA_MAP);
	assert_int_equal(got[0].helper, DMA);
	assert_int_equal(got[0].h.depth, 0);
	assert_int_equal(got[0].nested, 0);
	assert_int_equal(got[0].pfn, 500);
	assert_int_equal(got[0].pages, 4);
	assert_int_equal(got[0].segs, 1);
	assert_int_equal(got[1].h.type, MMT_EV_PFN_MAP);
	assert_int_equal(got[1].h.depth, 1);
	assert_int_equal(got[1].nested, 1);
}

/* remap_vmalloc_range inserts page by page: one run inside, and the outer event has all of its segments. */
static void runs_learn(void **state)
{
	(void)state;
	up(0, NULL, 65536, 256);
	CALL(enter, VMALLOC, 0x10000, 20 * PAGE, 0, 0);
	for (uint64_t i = 0; i < 20; i++)
		install(INSERT, 0x10000 + i * PAGE, 1, i < 10 ? 100 + i : 900 - 10 * i, 0);
	CALL(leave, VMALLOC, 0);
	assert_int_equal(flushed(), 2);
	assert_int_equal(got[1].calls, 20);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(got[i].pages, 20);
		assert_int_equal(got[i].segs, 11);
		assert_int_equal(got[i].pfn, 100);
		assert_int_equal(got[i].pfn_lo, 100);
		assert_int_equal(got[i].pfn_hi, 800);
		assert_int_equal(got[i].seg_pages[0], 10);
		assert_int_equal(got[i].seg_pfn[7], 740);
	}
}

/* A driver that has a DMA buffer mapped page by page: a run at each level, however many pages. */
static void runs_of_nests(void **state)
{
	(void)state;
	up(0, NULL, 65536, 256);
	install(INSERT, 0x8000, 1, 7, 0);
	for (uint64_t i = 0; i < 100; i++) {
		CALL(enter, DMA, 0x10000 + i * PAGE, PAGE, 0, 0);
		install(REMAP, 0x10000 + i * PAGE, 1, 5000 - i, 0);
		CALL(leave, DMA, 0);
	}
	assert_int_equal(flushed(), 3);
	assert_int_equal(got[0].helper, INSERT); /* what came before is told before */
	assert_int_equal(got[1].helper, DMA);
	assert_int_equal(got[2].helper, REMAP);
	for (int i = 1; i < 3; i++) {
		assert_int_equal(got[i].calls, 100);
		assert_int_equal(got[i].pages, 100);
		assert_int_equal(got[i].segs, 100);
		assert_int_equal(got[i].pfn_lo, 4901);
	}
}

#define LIST	  MMT_HELPER_VM_INSERT_PAGES
#define SOME_SEGS (MMT_HAVE(PAGE_MAP, segs) | MMT_HAVE(PAGE_MAP, pfn) | MMT_HAVE(PAGE_MAP, seg_pfn))
#define HAS_SEGS  (MMT_HAVE(PAGE_MAP, segs) | MMT_HAVE(PAGE_MAP, pfn_lo) | MMT_HAVE(PAGE_MAP, pfn_hi))

/* A list of pages too long to be read: nothing is said of where its rest is, nor put behind what is known. */
static void runs_partial(void **state)
{
	(void)state;
	up(0, NULL, 65536, 256);
	for (uint64_t i = 0; i < 3; i++) /* three segments, which the run after it must not show */
		install(LIST, 0x10000 + i * PAGE, 1, 900 - 10 * i, 0);
	CALL(enter, VMALLOC, 0x20000, 10 * PAGE, 0, 0);
	CALL(enter, LIST, 0x20000, 5 * PAGE, 100, 1);
	assert_int_equal(CALL(partial, 1), 1);
	CALL(leave, LIST, 0);
	install(LIST, 0x25000, 5, 200, 0);
	CALL(leave, VMALLOC, 0);
	CALL(enter, LIST, 0x13000, 5 * PAGE, 300, 1);
	CALL(partial, 0);
	CALL(leave, LIST, 0);
	install(LIST, 0x18000, 1, 400, 0);
	assert_int_equal(flushed(), 6);
	for (unsigned int i = 0; i < 6; i++) {
		bool part = got[i].seg_pfn[0] == 100 || got[i].seg_pfn[0] == 300;

		assert_int_equal(!(got[i].h.have & HAS_SEGS), part);
		assert_true(got[i].h.have & MMT_HAVE(PAGE_MAP, seg_pfn));
		if (got[i].addr == 0x25000)
			assert_int_equal(got[i].seg_pfn[0], 200);
		if (got[i].addr == 0x18000)
			assert_int_equal(got[i].seg_pfn[0], 400);
		if (part)
			assert_int_equal(got[i].seg_pages[1], 0);
	}
}

/* What failed inside is not part of what the outer helper mapped. */
static void runs_fail_inside(void **state)
{
	(void)state;
	up(0, NULL, 65536, 256);
	CALL(enter, VMALLOC, 0x10000, 2 * PAGE, 0, 0);
	install(INSERT, 0x10000, 1, 100, 0);
	install(INSERT, 0x11000, 1, 200, -16);
	CALL(leave, VMALLOC, (uint64_t)-16);
	assert_int_equal(flushed(), 3);
	assert_int_equal(got[0].ret, 0);
	assert_int_equal(got[1].helper, VMALLOC);
	assert_int_equal(got[1].ret, -16);
	assert_int_equal(got[1].segs, 1);
	assert_int_equal(got[1].pfn_hi, 100);
	assert_int_equal(got[2].helper, INSERT);
	assert_int_equal(got[2].ret, -16);
	/* it has what was asked for, but put nothing in; the outer one put in what is told of those inside */
	assert_int_equal(got[2].len, PAGE);
	assert_int_equal(got[2].segs, 0);
	assert_int_equal(got[2].h.have & SOME_SEGS, 0);
	assert_int_equal(got[1].h.have & SOME_SEGS, SOME_SEGS);
	for (int i = 0; i < 3; i++)
		assert_int_equal(!(got[i].h.have & MMT_HAVE(PAGE_MAP, pages)), i > 0);
}

/* A return that was not seen: the frame it leaves behind goes with the one below it, and is counted. */
static void runs_missed_return(void **state)
{
	(void)state;
	up(0, NULL, 65536, 256);
	CALL(enter, DMA, 0x10000, PAGE, 0, 0);
	CALL(enter, REMAP, 0x10000, PAGE, 500, 1);
	CALL(leave, DMA, 0);
	assert_int_equal(lost(MMT_LOSS_RETURN, 0), 1);
	assert_int_equal(CALL(enter, DMA, 0x11000, PAGE, 0, 0), 1);
	CALL(leave, REMAP, 0); /* of an entry before the trace */
	CALL(leave, DMA, 0);
	assert_int_equal(flushed(), 1);
	assert_int_equal(got[0].calls, 2);
}

/* A helper whose return was not seen does not hold those after it: no helper calls itself, so it is over. */
static void runs_missed_in_loop(void **state)
{
	(void)state;
	up(0, NULL, 65536, 256);
	CALL(enter, INSERT, 0x10000, PAGE, 100, 1);
	install(INSERT, 0x11000, 1, 101, 0);
	install(INSERT, 0x12000, 1, 102, 0);
	assert_int_equal(lost(MMT_LOSS_RETURN, 0), 1);
	assert_int_equal(flushed(), 1);
	assert_int_equal(got[0].addr, 0x11000);
	assert_int_equal(got[0].calls, 2);
	assert_int_equal(got[0].nested, 0);
}

/* The same of other helpers, by where on the stack they are. */
static void runs_missed_by_stack(void **state)
{
	(void)state;
	up(0, NULL, 65536, 256);
	s->bss->sp = 0x9000;
	CALL(enter, VMALLOC, 0x10000, PAGE, 0, 0);
	assert_int_equal(CALL(enter, DMA, 0x10000, PAGE, 0, 0), 2); /* jumped to */
	s->bss->sp = 0x9100;
	assert_int_equal(CALL(enter, REMAP, 0x20000, PAGE, 100, 1), 1);
	assert_int_equal(lost(MMT_LOSS_RETURN, 0), 2);
	s->bss->sp = 0x9080;
	assert_int_equal(CALL(enter, INSERT, 0x20000, PAGE, 100, 1), 2);
}

/* Deeper than there are frames: not told, and the levels above are not confused. */
static void runs_too_deep(void **state)
{
	(void)state;
	up(0, NULL, 65536, 256);
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(CALL(enter, VMALLOC + i, 0x10000, PAGE, 0, 0), i + 1);
	assert_int_equal(CALL(enter, INSERT, 0x10000, PAGE, 100, 1), 0);
	CALL(leave, INSERT, 0);
	for (int i = 3; i >= 0; i--)
		CALL(leave, VMALLOC + i, 0);
	assert_int_equal(flushed(), 4);
	assert_int_equal(got[0].helper, VMALLOC);
	assert_int_equal(lost(MMT_LOSS_RETURN, 0), 0);
}

#define VMF	 MMT_HELPER_VMF_INSERT_PFN
#define VMF_PROT MMT_HELPER_VMF_INSERT_PFN_PROT
#define RUNNING	 1 /* SLOT_RUNNING, bpf/core.bpf.h */

static void vmf_insert(uint64_t addr, uint64_t pfn)
{
	CALL(enter, VMF, addr, PAGE, pfn, 1);
	install(VMF_PROT, addr, 1, pfn, 0);
	CALL(leave, VMF, 0);
}

/* A driver that fills the whole buffer at its first fault: one event, and none for what vmf_insert_pfn is made of. */
static void runs_of_fault(void **state)
{
	uint64_t tid = (uint64_t)gettid();

	(void)state;
	up(0, NULL, 65536, 256);
	CALL(claim, tid);
	CALL(set_slot, tid, RUNNING, 0, 33);
	for (uint64_t i = 0; i < 50; i++)
		vmf_insert(0x10000 + i * PAGE, 100 + i);
	ring_buffer__consume(rb);
	assert_int_equal(n_got, 0); /* it waits for the fault's end */
	assert_int_equal(flushed(), 1);
	assert_int_equal(got[0].h.call, 33);
	assert_int_equal(got[0].helper, VMF);
	assert_int_equal(got[0].calls, 50);
	assert_int_equal(got[0].segs, 1);
	assert_int_equal(got[0].nested, 0);
}

/* A fault that ends with its system call and without a word of it: so do its runs, and what follows is not of that fault. */
static void runs_of_dead_fault(void **state)
{
	uint64_t tid = (uint64_t)gettid();

	(void)state;
	up(0, NULL, 65536, 256);
	CALL(claim, tid);
	CALL(set_slot, tid, RUNNING, 0, 33);
	vmf_insert(0x10000, 100);
	ring_buffer__consume(rb);
	assert_int_equal(n_got, 0);
	CALL(over, tid);
	ring_buffer__consume(rb);
	assert_int_equal(n_got, 2);
	assert_int_equal(got[0].h.type, MMT_EV_PFN_MAP);
	assert_int_equal(got[0].h.call, 33);
	assert_int_equal(got[1].h.call, 33); /* the fault itself */
	install(INSERT, 0x11000, 1, 101, 0);
	assert_int_equal(flushed(), 3);
	assert_int_equal(got[2].h.call, 0);
}

/* Faults that no hook numbers cannot be told apart without BTF: what two of them insert is never one run. */
static void runs_of_unknown_faults(void **state)
{
	(void)state;
	up(0, NULL, 65536, 256);
	vmf_insert(0x10000, 100);
	vmf_insert(0x11000, 101);
	assert_int_equal(flushed(), 2);
}

/* The trace ends in the midst of it: what helpers have done is told, what one is doing is not. */
static void runs_at_the_end(void **state)
{
	uint64_t tid = (uint64_t)gettid();

	(void)state;
	up(0, NULL, 65536, 256);
	CALL(claim, tid);
	CALL(set_slot, tid, RUNNING, 0, 33);
	install(INSERT, 0x10000, 1, 100, 0);
	CALL(enter, VMALLOC, 0x20000, 2 * PAGE, 0, 0);
	install(INSERT, 0x20000, 1, 300, 0);
	s->data->off = 1;
	assert_int_equal(drain(), 0);
	ring_buffer__consume(rb);
	assert_int_equal(n_got, 2);
	assert_int_equal(got[0].addr, 0x10000);
	assert_int_equal(got[1].addr, 0x20000);
	assert_int_equal(got[1].nested, 1);
	assert_int_equal(drain(), 0);
	assert_int_equal(flushed(), 2); /* and nothing twice */
	assert_int_equal(bpf_map_delete_elem(bpf_map__fd(s->maps.threads), &(uint32_t){ (uint32_t)tid }), 0);
	assert_int_equal(drain(), 1); /* nobody knows what it had open */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(runs_merge, down),
		cmocka_unit_test_teardown(runs_without_sys_exit, down),
		cmocka_unit_test_teardown(runs_unwanted, down),
		cmocka_unit_test_teardown(runs_end, down),
		cmocka_unit_test_teardown(runs_scattered, down),
		cmocka_unit_test_teardown(runs_nest, down),
		cmocka_unit_test_teardown(runs_learn, down),
		cmocka_unit_test_teardown(runs_of_nests, down),
		cmocka_unit_test_teardown(runs_partial, down),
		cmocka_unit_test_teardown(runs_fail_inside, down),
		cmocka_unit_test_teardown(runs_missed_return, down),
		cmocka_unit_test_teardown(runs_missed_in_loop, down),
		cmocka_unit_test_teardown(runs_missed_by_stack, down),
		cmocka_unit_test_teardown(runs_too_deep, down),
		cmocka_unit_test_teardown(runs_of_fault, down),
		cmocka_unit_test_teardown(runs_of_dead_fault, down),
		cmocka_unit_test_teardown(runs_of_unknown_faults, down),
		cmocka_unit_test_teardown(runs_at_the_end, down),
	};

	libbpf_set_print(NULL);
	return cmocka_run_group_tests_name("bpf runs", tests, NULL, NULL);
}
