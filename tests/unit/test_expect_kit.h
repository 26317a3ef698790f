/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A run made of events: expectations are judged by them, and the verdicts read back. */
#ifndef MMTRACE_TEST_EXPECT_KIT_H
#define MMTRACE_TEST_EXPECT_KIT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "event/schema.h"
#include "event/value.h"
#include "expect/expect.h"
#include "ledger/ranges.h"
#include "mmtrace/base.h"

#define MS 1000000ull
#define US 1000ull
#define T0 (1000 * MS) /* when the hooks were live */
#define AT 0xffff9a3f2000ULL

enum { N_MMAP = 0x1000, N_OPEN, N_CLOSE, N_FAULT, N_DEV, N_LAST };

static inline const char *kit_text(const void *ctx, uint64_t key)
{
	static const char *const texts[] = { "mmdemo:mmdemo_shared_mmap", "mmdemo:mmdemo_shared_vm_open",
					     "mmdemo:mmdemo_shared_vm_close", "mmdemo:mmdemo_shared_fault",
					     "/dev/mmdemo/shared" };

	(void)ctx;
	return key >= N_MMAP && key < N_LAST ? texts[key - N_MMAP] : NULL;
}

static const struct value_names kit_names = { kit_text, NULL };

struct run {
	struct expect *e;
	struct mmt_sink *s;
	struct mmt_state state;
	int fd;
	enum expect_form form;
	const char *blind; /* an event that nothing tells */
	const char *junit;
	const char *partial; /* why this is not all of a run */
	bool color;
	unsigned width;
	uint64_t lost;
	uint32_t tid;
	const char *comm;
	const char *const *stack;
	unsigned nstack;
	char out[65536];
};

/* "fault@12us" */
static inline void kit_line(struct buf *b, const struct mmt_view *v, uint64_t start_ns)
{
	buf_printf(b, "%s@%lldus", v->ev->name, (long long)(v->h->ts_ns - start_ns) / 1000);
}

static inline bool kit_blind(void *ctx, const struct mmt_run_info *info, unsigned event)
{
	const struct run *r = ctx;

	(void)info;
	return r->blind && !strcmp(r->blind, schema_event(event)->name);
}

static inline void kit_lacks(void *ctx, const struct mmt_run_info *info, unsigned event, struct buf *out)
{
	(void)ctx;
	(void)info;
	if (event == MMT_EV_SIGNAL)
		buf_puts(out, "signals for other threads");
}

/* r may have form, blind and the like set; the rest is zero. */
static inline void run_begin(struct run *r, const char *text)
{
	static const struct mmt_run_info info = { .release = "6.12.9",
						  .machine = "aarch64",
						  .start_mono_ns = T0,
						  .start_real_ns = 1790000000ull * 1000 * MS };
	struct buf said = { 0 };
	struct expect_opts o = {
		.form = r->form, .line = kit_line, .blind = kit_blind, .lacks = kit_lacks, .ctx = r, .junit = r->junit
	};

	r->e = expect_parse("t.expect", text, strlen(text), &said);
	if (!r->e)
		print_error("%s", buf_str(&said));
	assert_non_null(r->e);
	buf_free(&said);
	r->fd = memfd_create("out", MFD_CLOEXEC);
	o.fd = r->fd;
	o.of = "-- ./app";
	o.color = r->color;
	o.width = r->width;
	r->s = expect_open(r->e, &o);
	assert_non_null(r->s);
	r->s->state = r->state.range ? &r->state : NULL;
	r->tid = r->tid ? r->tid : 7;
	assert_int_equal(r->s->begin(r->s, &info), 0);
}

/* The exit code; the output is in r->out. */
static inline int run_end_with(struct run *r, int status, uint64_t bad)
{
	struct mmt_summary sum = {
		.child_status = status, .bad = bad, .events = 9, .ran_ns = 250 * MS, .partial = r->partial
	};
	int code;
	ssize_t n;

	assert_int_equal(r->s->end(r->s, &sum), 0);
	code = r->s->verdict;
	n = pread(r->fd, r->out, sizeof(r->out) - 1, 0);
	assert_true(n >= 0);
	r->out[n] = '\0';
	r->s->free(r->s);
	expect_free(r->e);
	close(r->fd);
	return code;
}

static inline int run_end(struct run *r)
{
	return run_end_with(r, 0, 0);
}

static inline void lose(struct run *r, uint32_t kind, uint32_t event, uint64_t n)
{
	struct mmt_item item = { .kind = MMT_I_LOSS, .loss = { kind, event, n } };

	assert_int_equal(r->s->item(r->s, &item), 0);
}

/* id: of the mapping, NULL: not known */
static inline void tell(struct run *r, struct mmt_hdr *h, const char *id, const char *memtype)
{
	static struct mapping of[64];
	static unsigned n;
	struct mmt_view v = { .h = h, .ev = schema_event(h->type), .names = &kit_names, .page_size = 4096 };

	v.comm = r->comm ? r->comm : "app";
	v.mapping = "/dev/mmdemo/shared";
	v.map_start = AT;
	v.memtype = v.memtype_key = memtype;
	v.kstack = r->stack;
	v.nkstack = r->nstack;
	if (id) {
		struct mapping *m = &of[n++ % MMT_COUNT(of)];

		*m = (struct mapping){ .func = N_MMAP, .file = N_DEV, .ops = N_FAULT };
		snprintf(m->id, sizeof(m->id), "%s", id);
		v.map = m;
		v.map_id = m->id;
	}
	assert_int_equal(r->s->event(r->s, &v), 0);
}

#define EVENT(ID, type_, at_us, took_us, call_)                                                            \
	struct mmt_ev_##type_ e = { .h = { .type = MMT_EV_##ID,                                            \
					   .size = sizeof(e),                                              \
					   .have = MMT_HAVE_ALL(ID) | ((took_us) >= 0 ? MMT_HAVE_DUR : 0), \
					   .ts_ns = T0 + (uint64_t)(at_us)*US,                             \
					   .dur_ns = (uint64_t)((took_us) >= 0 ? (took_us) : 0) * US,      \
					   .pid = 7,                                                       \
					   .tid = r->tid,                                                  \
					   .mm = 1,                                                        \
					   .call = (call_) } }

static inline void say_mmap(struct run *r, uint64_t at, int64_t took, uint32_t call, const char *id, int64_t ret)
{
	EVENT(MMAP, mmap, at, took, call);

	e.ret = ret;
	e.len = 16384;
	tell(r, &e.h, id, NULL);
}

static inline void say_driver(struct run *r, uint64_t at, int64_t took, uint32_t call, const char *id, int ret)
{
	EVENT(DRIVER_MMAP, driver_mmap, at, took, call);

	e.func = N_MMAP;
	e.ret = ret;
	e.len = 16384;
	tell(r, &e.h, id, NULL);
}

static inline void say_install(struct run *r, uint64_t at, uint32_t call, const char *id, const char *memtype)
{
	EVENT(PFN_MAP, pfn_map, at, 1, call);

	e.pages = 4;
	e.helper = MMT_HELPER_REMAP_PFN_RANGE;
	e.len = 16384;
	e.ops = N_FAULT;
	tell(r, &e.h, id, memtype);
}

static inline void say_open(struct run *r, uint64_t at, const char *id)
{
	EVENT(DRIVER_OPEN, driver_open, at, 1, 0);

	e.func = N_OPEN;
	tell(r, &e.h, id, NULL);
}

static inline void say_close(struct run *r, uint64_t at, const char *id)
{
	EVENT(DRIVER_CLOSE, driver_close, at, 1, 0);

	e.func = N_CLOSE;
	tell(r, &e.h, id, NULL);
}

static inline void say_fault(struct run *r, uint64_t at, int64_t took, uint32_t kind, const char *id)
{
	EVENT(FAULT, fault, at, took, 0);

	e.kind = (uint8_t)kind;
	e.addr = AT;
	tell(r, &e.h, id, NULL);
}

/* A tier that cannot tell what the fault was. */
static inline void say_plain_fault(struct run *r, uint64_t at)
{
	EVENT(FAULT, fault, at, -1, 0);

	e.h.have &= ~MMT_HAVE(FAULT, kind);
	tell(r, &e.h, NULL, NULL);
}

static inline void say_mlock(struct run *r, uint64_t at, int64_t took)
{
	EVENT(MLOCK, mlock, at, took, 0);

	e.op = MMT_LOCKOP_MLOCKALL;
	tell(r, &e.h, NULL, NULL);
}

static inline void say_signal(struct run *r, uint64_t at, uint32_t signo)
{
	EVENT(SIGNAL, signal, at, -1, 0);

	e.signo = signo;
	tell(r, &e.h, NULL, NULL);
}

static inline void say_munmap(struct run *r, uint64_t at, const char *id, uint64_t bytes)
{
	EVENT(MUNMAP, munmap, at, 1, 0);

	e.bytes = e.len = bytes;
	tell(r, &e.h, id, NULL);
}

/* Line of the output that speaks of a statement's line; "" when none does. */
static inline const char *verdict_of(struct run *r, unsigned line)
{
	static char verdict[32];
	char want[32];

	snprintf(want, sizeof(want), "\"line\":%u,", line);
	for (const char *at = r->out; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
		const char *end = at + strcspn(at, "\n"), *here = strstr(at, want), *v = strstr(at, "\"verdict\":\"");

		if (!here || here > end || !v || v > end)
			continue;
		v += strlen("\"verdict\":\"");
		snprintf(verdict, sizeof(verdict), "%.*s", (int)strcspn(v, "\""), v);
		return verdict;
	}
	return "";
}

#define has(r, text)   assert_non_null(strstr((r)->out, text))
#define lacks(r, text) assert_null(strstr((r)->out, text))

typedef void (*story_fn)(struct run *r);

/* What the statement makes of a story, and with offender not NULL the event that is shown first. */
static inline void judge(const char *statement, story_fn story, int code, const char *offender)
{
	struct run r = { .form = EXPECT_JSON };
	char text[512], shown[96];

	/* in the third line, behind a comment and a blank one */
	snprintf(text, sizeof(text), "# a comment\n\n%s\n", statement);
	run_begin(&r, text);
	story(&r);
	if (run_end(&r) != code || (offender && !strstr(r.out, offender)))
		print_error("%s:\n%s", statement, r.out);
	assert_int_equal(r.s ? code : -1, code);
	assert_string_equal(verdict_of(&r, 3), code == 0 ? "pass" :
					       code == 1 ? "fail" :
					       code == 3 ? "cannot observe" :
							   "inconclusive");
	if (!offender)
		return;
	snprintf(shown, sizeof(shown), "\"events\":[{\"line\":\"%s\"", offender);
	has(&r, shown);
}

/* ---- stories ---- */

static inline void nothing(struct run *r)
{
	(void)r;
}

static inline void a_sigbus(struct run *r)
{
	say_signal(r, 30, 7);
}

static inline void installs(struct run *r)
{
	say_install(r, 10, 1, "m1", "normal-wb");
	say_install(r, 20, 2, "m2", "normal-nc");
}

static inline void faults(struct run *r)
{
	for (unsigned i = 0; i < 99; i++)
		say_fault(r, 10 + i, 10, MMT_FKIND_DRIVER_PFN, "m1");
	say_fault(r, 500, 90, MMT_FKIND_DRIVER_PFN, "m1");
}

static inline void lock_then_fault(struct run *r)
{
	say_fault(r, 10, 1, MMT_FKIND_ANON, "m1");
	say_mlock(r, 20, 5);
	r->comm = "rt-loop";
	say_fault(r, 40, 1, MMT_FKIND_ANON, "m1");
}

static inline void open_and_close(struct run *r)
{
	say_open(r, 10, "m1.1");
	say_open(r, 20, "m1.2");
	say_close(r, 1000, "m1.2");
	say_close(r, 2000, "m1.1");
	say_close(r, 3000, "m1");
}

static inline void one_is_not_closed(struct run *r)
{
	say_open(r, 10, "m1.1");
	say_open(r, 20, "m1.2");
	say_close(r, 1000, "m1.1");
	say_close(r, 3000, "m1");
}

/* As they are emitted: what has a result comes at its end, the call last. */
static inline void a_mapping(struct run *r)
{
	say_install(r, 14, 1, "m1", "normal-wb");
	say_driver(r, 12, 5, 1, "m1", 0);
	say_mmap(r, 10, 9, 1, "m1", (int64_t)AT);
	say_fault(r, 30, 1, MMT_FKIND_DRIVER_PFN, "m1");
}

static inline void two_halves(struct run *r)
{
	say_install(r, 14, 1, "m1", "normal-wb");
	say_mmap(r, 10, 9, 1, "m1", (int64_t)AT);
	say_driver(r, 42, 5, 2, "m2", 0);
	say_fault(r, 60, 1, MMT_FKIND_DRIVER_PFN, "m2");
}

#endif
