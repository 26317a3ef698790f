/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Totals and keys as a kernel would tell them, fed to a sink of faults through the pipeline. After cmocka.h. */
#ifndef TESTS_UNIT_TEST_FAULTS_KIT_H
#define TESTS_UNIT_TEST_FAULTS_KIT_H

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "mmtrace/wire/names.h"
#include "mmtrace/wire/total.h"
#include "sink/sinks.h"
#include "sink/slo.h"
#include "stream/pipeline.h"
#include "unit/test_pipeline_spy.h"

#define US 1000ull
#define MS 1000000ull

#define mmt_ev_FAULT_KEY_ mmt_ev_fault_key

static inline int kit_comm(void *ctx, uint32_t pid, char comm[PROCS_COMM])
{
	(void)ctx;
	(void)pid;
	strcpy(comm, "app");
	return 0;
}

#define KIT_FUNC 0xffff800000001000ULL

static inline const char *kit_ksym(void *ctx, uint64_t addr)
{
	(void)ctx;
	return addr == KIT_FUNC ? "mmdemo:pfn_fault" : NULL;
}

struct kit {
	struct pipeline *p;
	struct mmt_sink *s;
	int fd;
	char text[65536];
};

static inline void kit_begin(struct kit *r, struct faults_opts o, bool color)
{
	struct mmt_run_info info = { .version = "0", .release = "6.12", .machine = "aarch64", .clock_res_ns = 42 };
	struct pipeline_opts po = { .nsinks = 1, .page_size = 4096, .ask_comm = kit_comm, .ask_ksym = kit_ksym };

	r->fd = memfd_create("faults", MFD_CLOEXEC);
	o.width = o.width ? o.width : 100;
	r->s = po.sinks[0] = faults_open(&o, &(struct sink_opts){ .fd = r->fd, .color = color });
	assert_non_null(r->s);
	r->p = pipeline_new(&po);
	assert_non_null(r->p);
	assert_int_equal(pipeline_begin(r->p, &info), 0);
}

static inline const char *kit_text(struct kit *r)
{
	ssize_t n = pread(r->fd, r->text, sizeof(r->text) - 1, 0);

	assert_true(n >= 0);
	r->text[n] = '\0';
	return r->text;
}

/* The output, and what the sink asks for as exit code. */
static inline const char *kit_end(struct kit *r, uint64_t ran_ns, int *verdict)
{
	assert_int_equal(pipeline_end(r->p, ran_ns, -1), 0);
	if (verdict)
		*verdict = r->s->verdict;
	kit_text(r);
	r->s->free(r->s);
	pipeline_free(r->p);
	close(r->fd);
	return r->text;
}

/* Faults of one latency each: {ns, times}, ends with times 0. */
struct kit_faults {
	uint64_t ns, times;
};

struct kit_total {
	struct mmt_total t;
	struct mmt_bucket bucket[64];
};

/* In the order of latencies. */
static inline void kit_make(struct kit_total *k, uint32_t row, uint8_t kind, const struct kit_faults *f)
{
	*k = (struct kit_total){ .t = { .type = MMT_ITEM_TOTAL, .row = row, .kind = kind } };
	for (; f->times; f++) {
		unsigned index = hist_index(f->ns);

		if (!k->t.nbuckets || k->bucket[k->t.nbuckets - 1].index != index)
			k->bucket[k->t.nbuckets++].index = index;
		k->bucket[k->t.nbuckets - 1].count += f->times;
		k->t.count += f->times;
		k->t.sum_ns += f->ns * f->times;
		k->t.max_ns = f->ns > k->t.max_ns ? f->ns : k->t.max_ns;
	}
	k->t.size = (uint16_t)(sizeof(k->t) + k->t.nbuckets * sizeof(k->bucket[0]));
}

static inline int kit_feed(struct kit *r, const struct kit_total *k)
{
	struct mmt_item item = { .kind = MMT_I_RECORD, .data = k, .size = k->t.size };

	return pipeline_item(r->p, &item);
}

#define KIT_TOTAL(r, row, kind, ...)                                                       \
	do {                                                                               \
		struct kit_total kt_;                                                      \
                                                                                           \
		kit_make(&kt_, row, kind, (const struct kit_faults[]){ __VA_ARGS__, {} }); \
		assert_int_equal(kit_feed(r, &kt_), 0);                                    \
	} while (0)

static inline void kit_name(struct kit *r, uint64_t key, unsigned kind, const char *text)
{
	struct {
		struct mmt_name n;
		char text[64];
	} name = { .n = { .type = MMT_ITEM_NAME, .size = sizeof(name), .kind = kind, .key = key } };

	strcpy(name.text, text);
	FEED(r->p, name);
}

/* A key of the program "app": a mapping of a device when it has a function, else of plain memory. */
static inline void kit_key(struct kit *r, uint32_t row, uint64_t func, uint64_t start)
{
	struct mmt_ev_fault_key e = { .h = HDR(FAULT_KEY), .row = row, .func = func, .comm = 7, .by = 0xffff };

	kit_name(r, 7, MMT_NAME_TEXT, "app");
	kit_name(r, 99, MMT_NAME_PATH, "/dev/mmdemo/pfn-fault");
	e.vma_start = start;
	e.vma_end = start + 0x4000;
	if (func) {
		e.file = 99;
		e.ino = 5;
		e.dev = 6;
		e.vm_flags = 0x400; /* VM_PFNMAP, include/linux/mm.h, 6.12 */
	}
	assert_int_equal(FEED(r->p, e), 0);
}

/* A fault of the device, as an event, number nr. */
static inline void kit_slow(struct kit *r, uint64_t ns, unsigned nr)
{
	struct mmt_ev_fault e = { .h = HDR(FAULT), .kind = MMT_FKIND_DRIVER_PFN, .file = 99, .vm_flags = 0x400 };

	e.h.have |= MMT_HAVE_DUR;
	e.h.dur_ns = ns;
	e.h.ts_ns = nr * 100 * MS;
	e.h.tid = 5;
	e.vma_start = 0x7f0000100000;
	e.vma_end = e.vma_start + 0x4000;
	e.addr = e.vma_start + nr * 0x1000;
	e.ip = 0x400100 + nr;
	assert_int_equal(FEED(r->p, e), 0);
}

static inline void kit_lost(struct kit *r, unsigned kind, unsigned event, uint64_t n)
{
	struct mmt_item item = { .kind = MMT_I_LOSS, .loss = { kind, event, n } };

	assert_int_equal(pipeline_item(r->p, &item), 0);
}

static inline void kit_has(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("not there: '%s'\nin:\n%s", line, text);
}

static inline void kit_has_not(const char *text, const char *line)
{
	if (strstr(text, line))
		fail_msg("there: '%s'\nin:\n%s", line, text);
}

#endif
