// LINK: sink stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* User stacks: whose addresses they are, what the ledger makes of them, where they end, and both outputs. */
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
#include "enrich/usyms.h"
#include "sink/sinks.h"
#include "stream/pipeline.h"
#include "unit/test_pipeline_spy.h"

#define ID   0x77
#define CODE 0x5 /* read, execute */

/* 0x10000 to 0x14000 is code of a file from its byte 0x3000 on, 0x20000 of another, 0x30000 code of none, 0x40000 data */
static const uint64_t chain[] = { 0x10010, 0x10120, 0x20230, 0x30340 };

static struct mmt_stack stack(uint32_t mm, uint64_t lr, const uint64_t *addr, unsigned nr)
{
	struct mmt_stack s = { .type = MMT_ITEM_STACK, .id = ID, .nr = (uint16_t)nr, .kind = MMT_STACK_USER };

	s.size = (uint16_t)(offsetof(struct mmt_stack, addr) + nr * 8);
	s.mm = mm;
	s.pid = 5;
	s.lr = lr;
	memcpy(s.addr, addr, nr * 8);
	return s;
}

static struct usym_place asked[16];
static char first_path[32];
static unsigned nasked;
static bool no_calls; /* nothing is behind a call */
static const char *instead;

static const char *ask(void *ctx, const struct usym_place *at)
{
	static char text[64];

	(void)ctx;
	if (!nasked)
		snprintf(first_path, sizeof(first_path), "%s", at->path);
	if (nasked < MMT_COUNT(asked))
		asked[nasked++] = *at;
	if (at->call && no_calls)
		return "";
	if (instead)
		return instead;
	/* a function every 0x100 bytes, but not in the second file */
	if (!strcmp(at->path, "/lib/b+0x1.so"))
		snprintf(text, sizeof(text), "b+0x1.so+0x%llx", (unsigned long long)at->off);
	else
		snprintf(text, sizeof(text), "a:f%llu+0x%llx", (unsigned long long)at->off >> 8,
			 (unsigned long long)at->off & 0xff);
	return text;
}

static int name(struct pipeline *p, uint64_t key, const char *text)
{
	union {
		struct mmt_name n;
		char room[sizeof(struct mmt_name) + 64];
	} u = { .n = { .type = MMT_ITEM_NAME, .size = sizeof(u), .kind = MMT_NAME_PATH, .key = key } };

	strcpy(u.n.text, text);
	return feed(p, &u, sizeof(u));
}

static int map(struct pipeline *p, uint32_t mm, uint64_t addr, uint64_t flags, uint64_t file, uint64_t pgoff)
{
	struct mmt_ev_vma_map e = { .h = HDR(VMA_MAP), .addr = addr, .len = 0x4000, .vm_flags = flags };

	e.h.mm = mm;
	e.h.have &= ~(MMT_HAVE(VMA_MAP, rdev) | MMT_HAVE(VMA_MAP, ops));
	if (!file)
		e.h.have &= ~(MMT_HAVE(VMA_MAP, file) | MMT_HAVE(VMA_MAP, ino) | MMT_HAVE(VMA_MAP, dev));
	e.vma_start = addr;
	e.vma_end = addr + 0x4000;
	e.pgoff = pgoff;
	e.file = file;
	e.ino = file ? 1000 + file : 0;
	return FEED(p, e);
}

static struct pipeline *pipeline(struct mmt_sink *sink)
{
	struct pipeline_opts o = { .sinks = { sink }, .nsinks = 1, .page_size = 4096, .ask_usym = ask };
	struct pipeline *p = pipeline_new(&o);

	nasked = 0;
	no_calls = false;
	instead = NULL;
	assert_non_null(p);
	return p;
}

static void map_all(struct pipeline *p, uint32_t mm)
{
	assert_int_equal(name(p, 7, "/bin/a"), 0);
	assert_int_equal(name(p, 8, "/lib/b+0x1.so"), 0);
	assert_int_equal(map(p, mm, 0x10000, CODE, 7, 3), 0);
	assert_int_equal(map(p, mm, 0x20000, CODE, 8, 0), 0);
	assert_int_equal(map(p, mm, 0x30000, CODE, 0, 0), 0);
	assert_int_equal(map(p, mm, 0x40000, 0x3, 0, 0), 0);
}

/* What the table prints below an event with this stack. */
static const char *shown(uint32_t mm, uint64_t lr, const uint64_t *addr, unsigned nr)
{
	static char text[8192], frames[1024];
	int fd = memfd_create("lines", 0);
	struct mmt_sink *sink = sink_by_name("table")->open(&(struct sink_opts){ .fd = fd });
	struct pipeline *p = pipeline(sink);
	struct mmt_run_info info = { .version = "", .release = "", .machine = "", .ustack = true };
	struct mmt_stack s = stack(mm, lr, addr, nr);
	struct mmt_ev_brk e = { .h = HDR(BRK) };
	ssize_t n;

	assert_int_equal(pipeline_begin(p, &info), 0);
	map_all(p, 3);
	assert_int_equal(feed(p, &s, s.size), 0);
	e.h.ustack = ID;
	assert_int_equal(FEED(p, e), 0);
	assert_int_equal(pipeline_flush(p), 0);
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	frames[0] = '\0';
	for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n"))
		if (at[0] == ' ' && at[29] == ' ' && at[30] != ' ' && strspn(at, " ") == 30)
			strcat(strcat(frames, at + 30), "\n");
	pipeline_free(p);
	sink->free(sink);
	close(fd);
	return frames;
}

/* Frames but the first are named by the byte before the address, and show their own. */
static void test_frames(void **state)
{
	(void)state;
	assert_string_equal(shown(3, 0, chain, 4), "a:f48+0x10\n"
						   "a:f49+0x20\n"
						   "b+0x1.so+0x230\n"
						   "0x30340 [anon]\n");
	assert_int_equal(nasked, 3);
	assert_string_equal(first_path, "/bin/a");
	assert_int_equal(asked[0].off, 0x3010);
	assert_int_equal(asked[0].ino, 1007);
	assert_int_equal(asked[0].pid, 5);
	assert_int_equal(asked[0].start, 0x10000);
	assert_int_equal(asked[0].end, 0x14000);
	assert_false(asked[0].call);
	assert_int_equal(asked[1].off, 0x311f);
	assert_true(asked[1].call);
	/* another process: nobody knows what is mapped there */
	assert_string_equal(shown(4, 0, chain, 2), "0x10010\n0x10120\n");
	assert_int_equal(nasked, 0);
}

/* Without frame pointers a stack ends in what is no address of code. */
static void test_end(void **state)
{
	static const uint64_t data[] = { 0x10010, 0x10120, 0x40000, 0x20230 };
	static const uint64_t nothing[] = { 0x10010, 1, 0x20230 };
	static const uint64_t zero[] = { 0x10010, 0, 0x20230 };
	static const uint64_t first[] = { 0x40010, 0x10120 };

	(void)state;
	assert_string_equal(shown(3, 0, data, 4), "a:f48+0x10\na:f49+0x20\n");
	assert_string_equal(shown(3, 0, nothing, 3), "a:f48+0x10\n");
	assert_string_equal(shown(4, 0, zero, 3), "0x10010\n");		     /* not even where nothing is known */
	assert_string_equal(shown(3, 0, first, 2), "0x40010\na:f49+0x20\n"); /* a jump to nowhere: who jumped is told */
}

/* The link register is a frame when its function is another than the one that runs. */
static void test_link_register(void **state)
{
	static const uint64_t two[] = { 0x10010, 0x10220 }, in_b[] = { 0x20010, 0x10220 },
			      anon[] = { 0x30010, 0x10220 };

	(void)state;
	assert_string_equal(shown(3, 0x10130, two, 2), "a:f48+0x10\na:f49+0x30\na:f50+0x20\n");
	assert_string_equal(shown(3, 0x10030, two, 2), "a:f48+0x10\na:f50+0x20\n"); /* a call of its own was before */
	assert_string_equal(shown(3, 0x10220, two, 2), "a:f48+0x10\na:f50+0x20\n"); /* the frame is there already */
	assert_string_equal(shown(3, 0x40000, two, 2), "a:f48+0x10\na:f50+0x20\n"); /* no code */
	assert_string_equal(shown(3, 0x10130, two, 1), "a:f48+0x10\na:f49+0x30\n");
	/* no functions are known of this file: another file is another function */
	assert_string_equal(shown(3, 0x10130, in_b, 2), "b+0x1.so+0x10\na:f49+0x30\na:f50+0x20\n");
	assert_string_equal(shown(3, 0x20130, in_b, 2), "b+0x1.so+0x10\na:f50+0x20\n");
	/* two places that nobody has a name for may be one function */
	assert_string_equal(shown(3, 0x30130, anon, 2), "0x30010 [anon]\na:f50+0x20\n");
}

static void test_no_call(void **state)
{
	struct spy raw = new_spy(true, true);
	struct pipeline *p = pipeline(&raw.s);
	struct mmt_stack s = stack(3, 0, chain, 3);

	(void)state;
	map_all(p, 3);
	no_calls = true;
	assert_int_equal(feed(p, &s, s.size), 0);
	assert_int_equal(nasked, 2); /* what is behind no call is the end: nothing further is asked */
	pipeline_free(p);
}

/* Names come before the stack that needs them, once, again when something else is mapped there, and in raw streams too. */
static void test_order(void **state)
{
	struct spy raw = new_spy(false, true);
	struct pipeline *p = pipeline(&raw.s);
	struct mmt_stack s = stack(3, 0, chain, 3), other = stack(4, 0, chain, 3);

	(void)state;
	map_all(p, 3);
	memset(raw.log, 0, sizeof(raw.log));
	assert_int_equal(feed(p, &s, s.size), 0);
	assert_string_equal(raw.log, "nnnn");
	assert_int_equal(feed(p, &s, s.size), 0);
	assert_string_equal(raw.log, "nnnnn");
	instead = "other:f+0x1";
	assert_int_equal(feed(p, &s, s.size), 0);
	assert_string_equal(raw.log, "nnnnnnnnn");
	/* a process that nobody knows: its stack alone, and its addresses are counted */
	assert_int_equal(feed(p, &other, other.size), 0);
	assert_string_equal(raw.log, "nnnnnnnnnn");
	pipeline_end(p, 0, -1);
	assert_int_equal(pipeline_summary(p)->lost[MMT_LOSS_SYMBOL], 3);
	pipeline_free(p);
}

/* What the command does before its exec is mmtrace's own: nobody asks for names; and what comes first of the next space is not. */
static void test_child(void **state)
{
	struct spy views = new_spy(true, true);
	struct pipeline_opts o = { .sinks = { &views.s }, .nsinks = 1, .page_size = 4096, .ask_usym = ask, .child = 5 };
	struct pipeline *p = pipeline_new(&o);
	struct mmt_stack s = stack(3, 0, chain, 3);
	struct mmt_ev_exec exec = { .h = HDR(EXEC) };
	struct mmt_ev_brk e = { .h = HDR(BRK) };

	(void)state;
	nasked = 0;
	assert_int_equal(feed(p, &s, s.size), 0);
	s.mm = exec.h.mm = e.h.mm = 4;
	assert_int_equal(feed(p, &s, s.size), 0);
	FEED(p, exec);
	FEED(p, e);
	assert_string_equal(views.log, "nnrere");
	assert_int_equal(nasked, 0);
	pipeline_end(p, 0, -1);
	assert_int_equal(pipeline_summary(p)->lost[MMT_LOSS_SYMBOL], 0);
	pipeline_free(p);
}

/* The same address in two processes is two, and either by its own number or by its process. */
static void test_keys(void **state)
{
	struct mmt_stack a = stack(3, 0x10, chain, 1), b = stack(4, 0x10, chain, 1), c = stack(0, 0, chain, 1);
	uint64_t ka, kb, kc;

	(void)state;
	assert_int_equal(stacks_symbols(&a), 2);
	assert_int_equal(stacks_symbols(&c), 1);
	assert_int_equal(stacks_symbol(&a, 0, &ka), 0x10010);
	stacks_symbol(&b, 0, &kb);
	stacks_symbol(&c, 0, &kc);
	assert_true(ka != kb && ka != kc && kb != kc);
	c.pid = 6;
	stacks_symbol(&c, 0, &kb);
	assert_true(kb != kc);
	assert_int_equal(stacks_symbol(&a, 1, &kb), 0xf);
}

/* Both stacks of an event: the kernel's first. */
static void test_both(void **state)
{
	static const uint64_t kernel[] = { 0xffff800000001000 };
	char text[4096];
	int fd = memfd_create("lines", 0);
	struct mmt_sink *sink = sink_by_name("json")->open(&(struct sink_opts){ .fd = fd });
	struct pipeline *p = pipeline(sink);
	struct mmt_run_info info = { .version = "", .release = "", .machine = "", .kstack = true, .ustack = true };
	struct mmt_stack s = stack(3, 0, chain, 2);
	struct mmt_ev_brk e = { .h = HDR(BRK) };
	ssize_t n;

	(void)state;
	assert_int_equal(pipeline_begin(p, &info), 0);
	map_all(p, 3);
	feed(p, &s, s.size);
	s = stack(0, 0, kernel, 1);
	s.kind = MMT_STACK_KERNEL;
	s.id = ID + 1;
	feed(p, &s, s.size);
	e.h.ustack = ID;
	e.h.kstack = ID + 1;
	FEED(p, e);
	e.h.ustack = 0;
	FEED(p, e);
	assert_int_equal(pipeline_flush(p), 0);
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_non_null(
		strstr(text, "\"kstack\":[\"0xffff800000001000\"],\"ustack\":[\"a:f48+0x10\",\"a:f49+0x20\"]}\n"));
	assert_non_null(strstr(text, "\"kstack\":[\"0xffff800000001000\"],\"ustack\":null}\n"));
	pipeline_free(p);
	sink->free(sink);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),	cmocka_unit_test(test_end),   cmocka_unit_test(test_link_register),
		cmocka_unit_test(test_no_call), cmocka_unit_test(test_order), cmocka_unit_test(test_keys),
		cmocka_unit_test(test_child),	cmocka_unit_test(test_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
