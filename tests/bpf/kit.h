/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the tests of the core share: the harness loaded anew for each, its programs called, its records taken. */
#ifndef TESTS_BPF_KIT_H
#define TESTS_BPF_KIT_H

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include "mmtrace/wire/event.h"
#include "mmtrace/wire/knobs.h"
#include "mmtrace/wire/names.h"
#include "core_test.skel.h" /* needs the types above */

#define PAGE 4096ull

static struct mmt_core_test *s;
static struct ring_buffer *rb;
static struct mmt_ev_dma_map got[64]; /* install events; the other two are the beginning of it */
static unsigned int n_got, n_names, n_stacks;
static struct mmt_stack stacks[8];

static int take(void *ctx, void *data, size_t size)
{
	const struct mmt_hdr *h = data;

	(void)ctx;
	n_names += h->type == MMT_ITEM_NAME;
	if (h->type == MMT_ITEM_STACK && n_stacks < 8)
		memcpy(&stacks[n_stacks++], data, size < sizeof(stacks[0]) ? size : sizeof(stacks[0]));
	if (h->type < MMT_ITEM_FIRST && n_got < 64) {
		memset(&got[n_got], 0, sizeof(got[0]));
		memcpy(&got[n_got++], data, size < sizeof(got[0]) ? size : sizeof(got[0]));
	}
	return 0;
}

static uint64_t call(struct bpf_program *p, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	uint64_t args[12] = { a, b, c, d, e };
	LIBBPF_OPTS(bpf_test_run_opts, o, .ctx_in = args, .ctx_size_in = sizeof(args));

	if (bpf_prog_test_run_opts(bpf_program__fd(p), &o))
		fail_msg("%s: %s", bpf_program__name(p), strerror(errno));
	return s->bss->answer;
}

#define CALL(name, ...)			CALL_(name, __VA_ARGS__, 0, 0, 0, 0, 0)
#define CALL_(name, a, b, c, d, e, ...) call(s->progs.name, (uint64_t)(a), b, c, d, e)

/* Can the least of programs be loaded and run? If not, it is the machine and not the core. */
static bool able(void)
{
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	uint64_t args[12] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, o, .ctx_in = args, .ctx_size_in = sizeof(args));
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "able", "GPL", nothing, 2, NULL), err;

	if (fd < 0)
		return false;
	err = bpf_prog_test_run_opts(fd, &o);
	close(fd);
	return !err;
}

static bool sys_exit = true; /* is the end of system calls seen? */
static bool kstack, ustack;
static bool want = true; /* every event */

static void up(uint32_t filter, const char *comm, uint32_t ring_bytes, uint32_t spaces)
{
	int err;

	if (!able()) {
		print_message("cannot run a BPF program here: %s\n", strerror(errno));
		skip();
	}
	s = mmt_core_test__open();
	assert_non_null(s);
	s->rodata->knobs.filter = filter;
	s->rodata->knobs.self_tgid = 77;
	s->rodata->knobs.slot_mask = 8191;
	s->rodata->knobs.page_shift = 12;
	s->rodata->knobs.ring = 1;
	s->rodata->knobs.wake_bytes = ~0ull;
	s->rodata->knobs.sys_exit = sys_exit;
	s->rodata->knobs.kstack = kstack;
	s->rodata->knobs.ustack = ustack;
	s->rodata->knobs.want[0] = s->rodata->knobs.want[1] = want ? ~0ull : 0;
	if (comm)
		strncpy((char *)s->rodata->knobs.comm, comm, 15);
	bpf_map__set_max_entries(s->maps.ring, ring_bytes);
	bpf_map__set_max_entries(s->maps.stacks_seen, 1024);
	bpf_map__set_max_entries(s->maps.mms, spaces);
	bpf_map__set_max_entries(s->maps.mm_numbers, spaces);
	bpf_program__set_autoload(s->progs.runs_drain, true);
	err = mmt_core_test__load(s);
	if (err)
		fail_msg("the kernel refused the core: %s", strerror(-err));
	s->data->off = 0;
	rb = ring_buffer__new(bpf_map__fd(s->maps.ring), take, NULL, NULL);
	assert_non_null(rb);
	n_got = n_names = n_stacks = 0;
}

static int down(void **state)
{
	(void)state;
	if (rb)
		ring_buffer__free(rb);
	mmt_core_test__destroy(s);
	rb = NULL;
	s = NULL;
	return 0;
}

/* What is lost of a kind, over events and CPUs. */
static uint64_t lost(unsigned int kind, unsigned int event)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *v = calloc((size_t)cpus, sizeof(*v)), sum = 0;
	uint32_t key = MMT_LOSS_INDEX(kind, event);

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(s->maps.losses), &key, v), 0);
	for (int i = 0; i < cpus; i++)
		sum += v[i];
	free(v);
	return sum;
}

static inline void add_target(uint64_t key)
{
	uint32_t one = 1;

	assert_int_equal(bpf_map_update_elem(bpf_map__fd(s->maps.targets), &key, &one, BPF_ANY), 0);
}

#define ID(tgid, tid) ((uint64_t)(tgid) << 32 | (tid))

#endif
