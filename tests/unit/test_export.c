// LINK: sink stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What the story of tests/golden does not have: events that overlap, stacks, every column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "event/schema.h"
#include "mmtrace/base.h"
#include "mmtrace/wire/names.h"
#include "sink/sinks.h"
#include "stream/pipeline.h"

#define START 1000000ULL
#define AT    0x7f0000000000ULL

#define NEW(id, type_) \
	struct mmt_ev_##type_ e = { .h = { .type = MMT_EV_##id, .size = sizeof(e), .have = MMT_HAVE_ALL(id) } }

static void record(struct pipeline *p, const void *data, size_t size)
{
	struct mmt_item item = { .kind = MMT_I_RECORD };

	item.data = data;
	item.size = size;
	assert_int_equal(pipeline_item(p, &item), 0);
}

static void map(struct pipeline *p)
{
	NEW(VMA_MAP, vma_map);
	e.h.pid = e.h.tid = 10;
	e.h.mm = 1;
	e.h.ts_ns = START;
	e.vma_start = e.addr = AT;
	e.vma_end = AT + 0x10000;
	e.len = 0x10000;
	e.vm_flags = 0x73;
	e.origin = MMT_ORIGIN_MMAP;
	record(p, &e, sizeof(e));
}

/* At us after the start, for so many; in the order of their ends. */
static void fault(struct pipeline *p, uint32_t tid, unsigned us, unsigned for_us, uint32_t stack)
{
	NEW(FAULT, fault);
	e.h.pid = 10;
	e.h.tid = tid;
	e.h.mm = 1;
	e.h.kstack = stack;
	e.h.ts_ns = START + us * 1000ull;
	e.h.dur_ns = for_us * 1000ull;
	e.h.have |= MMT_HAVE_DUR;
	e.vma_start = e.addr = AT;
	e.vma_end = AT + 0x10000;
	e.kind = MMT_FKIND_ANON;
	e.class = MMT_FCLASS_ANON;
	record(p, &e, sizeof(e));
}

static void name(struct pipeline *p, uint64_t key, unsigned kind, const char *text)
{
	union {
		struct mmt_name n;
		char room[sizeof(struct mmt_name) + MMT_NAME_MAX];
	} u = { .n = { .type = MMT_ITEM_NAME, .kind = kind, .key = key } };

	u.n.size = (uint16_t)((sizeof(u.n) + strlen(text) + 8) & ~7UL);
	strcpy(u.n.text, text);
	record(p, &u, u.n.size);
}

/* A kernel stack of two functions, innermost first. */
static void stack(struct pipeline *p, uint32_t id, uint64_t inner, uint64_t outer)
{
	static struct mmt_stack s;

	s = (struct mmt_stack){ .type = MMT_ITEM_STACK, .id = id, .nr = 2, .kind = MMT_STACK_KERNEL };
	s.size = (uint16_t)(offsetof(struct mmt_stack, addr) + 16);
	s.addr[0] = inner;
	s.addr[1] = outer;
	record(p, &s, s.size);
}

static void exit_space(struct pipeline *p)
{
	NEW(EXIT, exit);
	e.h.pid = e.h.tid = 10;
	e.h.mm = 1;
	e.h.ts_ns = START + 50000;
	record(p, &e, sizeof(e));
}

static char *play(struct mmt_sink *s, int fd, void (*tell)(struct pipeline *p))
{
	struct mmt_run_info info = { .version = "0", .release = "6.12", .machine = "aarch64", .start_mono_ns = START };
	struct pipeline_opts o = { .sinks = { s }, .nsinks = 1, .page_size = 4096 };
	struct pipeline *p = pipeline_new(&o);
	static char text[1 << 16];
	ssize_t n;

	assert_int_equal(pipeline_begin(p, &info), 0);
	tell(p);
	assert_int_equal(pipeline_end(p, 60000, 0), 0);
	pipeline_free(p);
	s->free(s);
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	close(fd);
	return text;
}

static void tell_overlap(struct pipeline *p)
{
	map(p);
	fault(p, 10, 1, 2, 0); /* 1 to 3 */
	fault(p, 10, 4, 2, 0); /* 4 to 6 */
	fault(p, 11, 5, 3, 0); /* 5 to 8: while the one before went on */
	fault(p, 10, 9, 1, 0); /* 9 to 10: on the first track again */
	exit_space(p);
}

static unsigned count(const char *text, const char *word)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
		n++;
	return n;
}

/* Slices on one track never overlap. */
static void test_two_threads_in_one_mapping(void **state)
{
	int fd = memfd_create("chrome", MFD_CLOEXEC);
	char *text = play(chrome_open(&(struct sink_opts){ .fd = fd }), fd, tell_overlap);

	(void)state;
	assert_int_equal(count(text, "\"name\":\"fault anon\",\"cat\":\"fault\",\"pid\":10,\"tid\":8388608"), 3);
	assert_non_null(strstr(
		text,
		"\"name\":\"fault anon\",\"cat\":\"fault\",\"pid\":10,\"tid\":8388609,\"ts\":1005.000,\"dur\":3.000"));
	assert_non_null(strstr(
		text, "\"tid\":8388608,\"ts\":1000.000,\"dur\":50.000,\"args\":{\"mapping\":\"m1\",\"end\":\"exit\"}"));
	assert_non_null(strstr(text, "{\"name\":\"m1 [anon] (2)\"}"));
	assert_int_equal(count(text, "\"tid\":11,"), 2); /* its slice and its name; the process has thread 10's */
}

static void tell_stacks(struct pipeline *p)
{
	name(p, 0xffff000000001000, MMT_NAME_KSYM, "inner;odd+0x10");
	name(p, 0xffff000000001fff, MMT_NAME_KSYM, "outer+0x20"); /* the call, not where it returns to */
	stack(p, 7, 0xffff000000001000, 0xffff000000002000);
	map(p);
	fault(p, 10, 1, 2, 7);
	fault(p, 11, 4, 3, 7);
	fault(p, 10, 8, 1, 0);
}

static void call(struct pipeline *p, unsigned us, unsigned for_us, bool driver)
{
	NEW(MUNMAP, munmap);
	struct mmt_ev_driver_close d = { .h = { .type = MMT_EV_DRIVER_CLOSE, .size = sizeof(d) } };
	struct mmt_hdr *h = driver ? &d.h : &e.h;

	h->pid = h->tid = 10;
	h->mm = 1;
	h->ts_ns = START + us * 1000ull;
	h->dur_ns = for_us * 1000ull;
	h->have |= MMT_HAVE_DUR;
	record(p, h, h->size);
}

static void tell_parts(struct pipeline *p)
{
	map(p);
	call(p, 1, 2, false); /* over before the next begins */
	call(p, 12, 3, true);
	call(p, 16, 1, true);
	call(p, 10, 10, false); /* both were parts of it */
	call(p, 30, 5, false);
}

/* The driver's time is its own. */
static void test_folded_parts(void **state)
{
	int fd = memfd_create("folded", MFD_CLOEXEC);

	(void)state;
	assert_string_equal(play(folded_open(&(struct sink_opts){ .fd = fd }), fd, tell_parts),
			    "?;driver_close 4000\n?;munmap 13000\n");
}

/* The weights of equal stacks add up. */
static void test_folded(void **state)
{
	int fd = memfd_create("folded", MFD_CLOEXEC);

	(void)state;
	assert_string_equal(play(folded_open(&(struct sink_opts){ .fd = fd }), fd, tell_stacks),
			    "?;fault 1000\n?;outer;inner:odd;fault 5000\n");
	fd = memfd_create("folded", MFD_CLOEXEC);
	assert_string_equal(play(folded_count_open(&(struct sink_opts){ .fd = fd }), fd, tell_stacks),
			    "?;fault 1\n?;outer;inner:odd;fault 2\n");
}

/* Every field of every event has a column, and none has that of a column of all events. */
static void test_every_column(void **state)
{
	int fd = memfd_create("csv", MFD_CLOEXEC);
	char *text = play(csv_open(&(struct sink_opts){ .fd = fd }), fd, tell_stacks), *end = strchr(text, '\n');
	const struct mmt_schema_event *ev;
	size_t n;

	(void)state;
	*end = ',';
	end[1] = '\0';
	ev = schema_events(&n);
	for (size_t i = 0; i < n; i++) {
		for (unsigned f = 0; f < ev[i].nfields; f++) {
			char want[48];

			snprintf(want, sizeof(want), ",%s,", ev[i].fields[f].name);
			if (!schema_field_hidden(&ev[i].fields[f]) && !strstr(text, want))
				fail_msg("no column for %s.%s", ev[i].name, ev[i].fields[f].name);
		}
	}
	assert_int_equal(count(text, ",class,"), 1);
	assert_int_equal(count(text, ",field_class,"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_threads_in_one_mapping),
		cmocka_unit_test(test_folded),
		cmocka_unit_test(test_folded_parts),
		cmocka_unit_test(test_every_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
