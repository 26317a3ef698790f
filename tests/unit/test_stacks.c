// LINK: sink stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Kernel stacks: what is kept of them, which frames are shown, how names reach the stream, and both outputs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <mmtrace/base.h>
#include "enrich/stacks.h"
#include "sink/sinks.h"
#include "stream/pipeline.h"
#include "unit/test_pipeline_spy.h"

#define ID 0x1234

/* a driver's mmap seen by fentry: what BPF left on the stack, the helper, the driver, the system call */
static const uint64_t mmap_stack[] = {
	0xffff800001000010, 0xffff800001000110, 0xffff800001000210, 0xffff80000a000008,
	0xffff80000b00001c, 0xffff80000a001040, 0xffff80000dead000, 0xffff80000a002000,
};

static const char *name_of(const void *ctx, uint64_t addr)
{
	static const struct {
		uint64_t addr;
		const char *name;
	} known[] = {
		{ 0xffff800001000010, "bpf:bpf_prog_6deef7357e7b4530_remap_pfn__fentry+0x10" },
		{ 0xffff80000100010f, "bpf:bpf_trampoline_6442536467+0xf" },
		{ 0xffff80000100020f, "kretprobe_trampoline" },
		{ 0xffff80000a000007, "remap_pfn_range+0x7" },
		{ 0xffff80000b00001b, "mmdemo:mmdemo_shared_mmap+0x1b" },
		{ 0xffff80000a00103f, "mmap_region+0x3f" },
		/* the byte behind the call is another function's first */
		{ 0xffff80000a001fff, "do_group_exit+0x3f" },
		{ 0xffff80000a002000, "__wake_up_parent" },
		{ 0xffff80000c000000, "vm_insert_page" },
		{ 0xffff80000c000100, "kprobe_dispatcher_of_a_driver+0x4" },
	};

	(void)ctx;
	for (size_t i = 0; i < MMT_COUNT(known); i++)
		if (known[i].addr == addr)
			return known[i].name;
	return NULL;
}

static const struct value_names names = { name_of, NULL };

static const struct mmt_stack *stack(uint32_t id, const uint64_t *addr, unsigned nr)
{
	static struct mmt_stack s;

	s = (struct mmt_stack){ .type = MMT_ITEM_STACK, .id = id, .nr = (uint16_t)nr, .kind = MMT_STACK_KERNEL };
	s.size = (uint16_t)(offsetof(struct mmt_stack, addr) + nr * 8);
	memcpy(s.addr, addr, nr * 8);
	return &s;
}

static void test_frames(void **state)
{
	static const char *const want[] = { "remap_pfn_range+0x8", "mmdemo:mmdemo_shared_mmap+0x1c", "mmap_region+0x40",
					    "0xffff80000dead000", "do_group_exit+0x40" };
	struct stacks *s = stacks_new();
	const char *const *got;
	unsigned n = 7;

	(void)state;
	assert_null(stacks_frames(s, ID, &names, &n));
	assert_int_equal(n, 0);
	assert_int_equal(stacks_item(s, stack(ID, mmap_stack, MMT_COUNT(mmap_stack))), 0);
	got = stacks_frames(s, ID, &names, &n);
	assert_int_equal(n, MMT_COUNT(want));
	for (unsigned i = 0; i < n; i++)
		assert_string_equal(got[i], want[i]);
	assert_null(stacks_frames(s, ID + 1, &names, &n));
	stacks_free(s);
}

/* At a function's first instruction there is no offset; a name that only begins like machinery is not it. */
static void test_first_frame(void **state)
{
	static const uint64_t entry[] = { 0xffff80000c000000, 0xffff80000c000101 };
	struct stacks *s = stacks_new();
	const char *const *got;
	unsigned n;

	(void)state;
	stacks_item(s, stack(ID, mmap_stack, MMT_COUNT(mmap_stack)));
	stacks_item(s, stack(ID, entry, 2)); /* the id is another stack's now */
	got = stacks_frames(s, ID, &names, &n);
	assert_int_equal(n, 2);
	assert_string_equal(got[0], "vm_insert_page+0x0");
	assert_string_equal(got[1], "kprobe_dispatcher_of_a_driver+0x5");
	stacks_free(s);
}

static void test_bound(void **state)
{
	struct stacks *s = stacks_new();
	uint64_t addr[MMT_STACK_DEPTH] = { 0xffff80000c000000 };
	uint32_t id = 1, fit = STACKS_BYTES_MAX / (offsetof(struct mmt_stack, addr) + sizeof(addr));
	unsigned n;

	(void)state;
	while (id <= fit)
		assert_int_equal(stacks_item(s, stack(id++, addr, MMT_STACK_DEPTH)), 0);
	assert_int_equal(stacks_item(s, stack(id, addr, MMT_STACK_DEPTH)), -ENOSPC);
	assert_int_equal(stacks_lost(s), 1);
	assert_null(stacks_frames(s, id, &names, &n));
	/* in the place of one that is there it fits */
	assert_int_equal(stacks_item(s, stack(7, addr, MMT_STACK_DEPTH)), 0);
	assert_non_null(stacks_frames(s, 7, &names, &n));
	stacks_free(s);
}

/* ---- through the pipeline ---- */

static const char *ask(void *ctx, uint64_t addr)
{
	(void)ctx;
	return name_of(NULL, addr);
}

static int feed_run(struct pipeline *p, bool lost)
{
	struct mmt_ev_brk e = { .h = HDR(BRK) };
	const struct mmt_stack *s = stack(ID, mmap_stack, MMT_COUNT(mmap_stack));
	int err = lost ? 0 : feed(p, s, s->size);

	e.h.have = MMT_HAVE(BRK, addr) | MMT_HAVE(BRK, ret);
	e.h.kstack = ID;
	if (!err)
		err = feed(p, &e, sizeof(e));
	e.h.kstack = 0;
	return err ? err : feed(p, &e, sizeof(e));
}

/* Names are in the stream before the stack, once; the event behind both. */
static void test_order(void **state)
{
	struct spy views = new_spy(true, true), raw = new_spy(false, true);
	struct pipeline_opts o = { .sinks = { &views.s }, .nsinks = 1, .page_size = 4096, .ask_ksym = ask };
	struct pipeline *p = pipeline_new(&o);

	(void)state;
	assert_int_equal(feed_run(p, false), 0);
	assert_int_equal(feed_run(p, false), 0);
	assert_string_equal(views.log, "nnnnnnnn"
				       "rere"
				       "n"
				       "rere");
	pipeline_end(p, 0, -1);
	/* one address has no name */
	assert_int_equal(pipeline_summary(p)->lost[MMT_LOSS_SYMBOL], 1);
	pipeline_free(p);
	o.sinks[0] = &raw.s;
	p = pipeline_new(&o);
	assert_int_equal(feed_run(p, false), 0);
	assert_string_equal(raw.log, "nnnnnnnn"
				     "rr");
	pipeline_free(p);
}

/* What a format makes of an event with a stack and of one without; lost: the stack's item never came. */
static const char *lines(const char *format, bool kstack, bool lost)
{
	static char text[8192];
	int fd = memfd_create("lines", 0);
	struct mmt_sink *sink = sink_by_name(format)->open(&(struct sink_opts){ .fd = fd });
	struct pipeline_opts o = { .sinks = { sink }, .nsinks = 1, .page_size = 4096, .ask_ksym = ask };
	struct pipeline *p = pipeline_new(&o);
	struct mmt_run_info info = { .version = "", .release = "", .machine = "", .kstack = kstack };
	ssize_t n;

	assert_int_equal(pipeline_begin(p, &info), 0);
	assert_int_equal(feed_run(p, lost), 0);
	assert_int_equal(pipeline_flush(p), 0);
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	pipeline_free(p);
	sink->free(sink);
	close(fd);
	return text;
}

static void test_table(void **state)
{
	const char *text = lines("table", true, false), *at = strchr(text, '\n') + 1;

	(void)state;
	at = strchr(at, '\n') + 1; /* behind the event's own line */
	assert_memory_equal(at,
			    "                              remap_pfn_range+0x8\n"
			    "                              mmdemo:mmdemo_shared_mmap+0x1c\n"
			    "                              mmap_region+0x40\n"
			    "                              0xffff80000dead000\n"
			    "                              do_group_exit+0x40\n",
			    30 * 5 + 19 + 30 + 16 + 18 + 18 + 5);
	at = strstr(at, "do_group_exit+0x40\n") + strlen("do_group_exit+0x40\n");
	assert_string_equal(strchr(at, '\n'), "\n"); /* the event without a stack is one line, the last */
}

static void test_json(void **state)
{
	const char *text = lines("json", true, false);

	(void)state;
	text = strstr(text, "\"kstack\":[");
	assert_non_null(text);
	assert_memory_equal(text,
			    "\"kstack\":[\"remap_pfn_range+0x8\",\"mmdemo:mmdemo_shared_mmap+0x1c\","
			    "\"mmap_region+0x40\",\"0xffff80000dead000\",\"do_group_exit+0x40\"]}\n",
			    128);
	assert_non_null(strstr(text, "\"kstack\":null}\n")); /* the event without one */
	/* a stack that was lost is absent, not empty; without -K nobody speaks of stacks */
	assert_null(strstr(lines("json", true, true), "\"kstack\":["));
	assert_non_null(strstr(lines("json", true, true), "\"kstack\":null"));
	assert_null(strstr(lines("json", false, true), "kstack"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames), cmocka_unit_test(test_first_frame), cmocka_unit_test(test_bound),
		cmocka_unit_test(test_order),  cmocka_unit_test(test_table),	   cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
