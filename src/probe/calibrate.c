// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "calibrate.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "mmtrace/base.h"
#include "perf.h"

/* What the two programs leave behind; both run at each allocation, one after the other. */
struct seen {
	struct page_sample last;
	uint64_t pages, pfns; /* how often each ran */
};

#define INSN(c, d, s, o, i) ((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define LOAD(d, s, o)	    INSN(BPF_LDX | BPF_MEM | BPF_DW, d, s, o, 0)
#define STORE(d, s, o)	    INSN(BPF_STX | BPF_MEM | BPF_DW, d, s, o, 0)

/*
 * Keeps the 64-bit word at `from` of the context in `to` of struct seen, and counts in `count`, when this thread allocates.
 * Written out, since it must load where BTF is missing and no object of ours is loaded yet.
 */
static int load(int type, int map, int from, int to, int count)
{
	struct bpf_insn code[] = {
		LOAD(BPF_REG_6, BPF_REG_1, from),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_pid_tgid),
		INSN(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_0, BPF_REG_0, 0, 0), /* the lower half: the thread */
		INSN(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 6, (int)syscall(SYS_gettid)),
		INSN(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, 0, map),
		INSN(0, 0, 0, 0, 0),
		STORE(BPF_REG_1, BPF_REG_6, to),
		LOAD(BPF_REG_2, BPF_REG_1, count),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, 1),
		STORE(BPF_REG_1, BPF_REG_2, count),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	int fd = bpf_prog_load(type, "mmt_calibrate", "GPL", code, MMT_COUNT(code), NULL);

	return fd < 0 ? -errno : fd;
}

/* Takes the samples: every page touched is one allocation, mostly. */
static size_t sample(int map, struct page_sample *out, size_t want)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n = 0;
	size_t len = want * 4 * page;
	uint32_t zero = 0;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 0;
	madvise(p, len, MADV_NOHUGEPAGE); /* or all of them are one */
	for (size_t at = 0; at < len && n < want; at += page) {
		struct seen s = { 0 };

		if (bpf_map_update_elem(map, &zero, &s, BPF_ANY))
			break;
		p[at] = 1;
		/* an allocation that one of the two missed would pair two that do not belong together */
		if (!bpf_map_lookup_elem(map, &zero, &s) && s.pages && s.pages == s.pfns && s.last.page)
			out[n++] = s.last;
	}
	munmap(p, len);
	return n;
}

int calibrate(uint32_t pfn_off, uint64_t known, uint64_t *base, uint64_t *size)
{
	struct page_sample samples[2 * CALIBRATE_SAMPLES];
	int map, raw = -1, tp = -1, link = -1, event = -1, err = 0;

	if (!pfn_off)
		return -ENOENT;
	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "mmt_calibrate", 4, sizeof(struct seen), 1, NULL);
	if (map < 0)
		return -errno;
	raw = load(BPF_PROG_TYPE_RAW_TRACEPOINT, map, 0, offsetof(struct seen, last.page),
		   offsetof(struct seen, pages));
	tp = load(BPF_PROG_TYPE_TRACEPOINT, map, pfn_off, offsetof(struct seen, last.pfn), offsetof(struct seen, pfns));
	event = perf_open_tracepoint("kmem/mm_page_alloc");
	if (raw < 0 || tp < 0 || event < 0)
		err = raw < 0 ? raw : tp < 0 ? tp : event;
	if (!err)
		err = perf_attach(event, tp);
	if (!err) {
		link = bpf_raw_tracepoint_open("mm_page_alloc", raw);
		err = link < 0 ? -errno : 0;
	}
	if (!err)
		err = calibrate_fit(samples, sample(map, samples, MMT_COUNT(samples)), known, base, size);
	for (size_t i = 0; i < 5; i++) {
		int fd = (int[]){ link, event, raw, tp, map }[i];

		if (fd >= 0)
			close(fd);
	}
	return err;
}
