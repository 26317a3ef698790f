// LINK: record event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Recordings: what was put in comes out, cut or damaged ones up to there, and with a word. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "mmtrace/wire/names.h"
#include "record/reader.h"
#include "record/tap.h"

#define EVENTS 12

struct file {
	char *data;
	size_t size;
};

static int memory_file(void)
{
	int fd = memfd_create("record", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static struct file take_file(int fd)
{
	struct file f = { .size = (size_t)lseek(fd, 0, SEEK_END) };

	f.data = malloc(f.size);
	assert_int_equal(pread(fd, f.data, f.size, 0), f.size);
	close(fd);
	return f;
}

static int put_file(const char *data, size_t size)
{
	int fd = memory_file();

	assert_int_equal(write(fd, data, size), size);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static struct mmt_ev_munmap event(unsigned i)
{
	struct mmt_ev_munmap e = { .h = { .type = MMT_EV_MUNMAP, .size = sizeof(e), .ts_ns = 1000 + i, .pid = 7 } };

	e.h.have = MMT_HAVE_ALL(MUNMAP) | MMT_HAVE_DUR;
	e.addr = 0x1000 * i;
	e.len = 0x2000;
	return e;
}

static const struct mmt_hook_item hooks[] = {
	{ .name = "fault", .tier = "fentry", .reason = "", .enabled = 1 },
	{ .name = "remote", .tier = "none", .reason = "no such function", .enabled = 1 },
};

/* A small recording, whole: head, two chunks of events, tail. */
static struct file record_some(enum rec_pack pack)
{
	struct mmt_state st = { .now_ns = 5000000000 };
	struct rec_head head = { .num = { [REC_CHILD] = 7, [REC_FLAGS] = REC_TARGET } };
	struct mmt_run_info info = { .version = "1", .release = "6.12", .machine = "riscv", .command = "ls /" };
	struct mmt_item loss = { .kind = MMT_I_LOSS }, hook = { .kind = MMT_I_HOOK, .hook = hooks[1] };
	struct mmt_summary sum = { .ran_ns = 77, .child_status = 3, .bad = 2 };
	int fd = memory_file();
	struct mmt_sink *s = rec_tap_open(fd, &head, pack);

	assert_non_null(s);
	s->state = &st;
	head.text[REC_BOOT] = "boot";
	info.page_size = 16384;
	info.start_mono_ns = 900;
	info.hooks = hooks;
	info.nhooks = 2;
	assert_int_equal(s->begin(s, &info), 0);
	for (unsigned i = 0; i < EVENTS; i++) {
		struct mmt_ev_munmap e = event(i);
		char room[sizeof(e) + 8] = { 0 };

		memcpy(room, &e, sizeof(e));
		assert_int_equal(s->raw(s, room, sizeof(room)), 0); /* the ring rounds up */
		if (i == 5)
			assert_int_equal(s->flush(s), 0); /* long after the beginning: a chunk ends */
	}
	loss.loss = (struct mmt_loss_item){ MMT_LOSS_RING, MMT_EV_FAULT, 9 };
	assert_int_equal(s->item(s, &loss), 0);
	assert_int_equal(s->item(s, &hook), 0);
	st.ending = true;
	loss.loss = (struct mmt_loss_item){ MMT_LOSS_GAP, 0, 4 };
	assert_int_equal(s->item(s, &loss), 0);
	assert_int_equal(s->end(s, &sum), 0);
	s->free(s);
	return take_file(fd);
}

/* ---- reading ---- */

struct got {
	unsigned events, losses, lost, hooks, flushes, ends, others;
	struct rec_end end;
	uint64_t gap;
	char why[REC_WHY];
	struct rec_reader_stats stats;
};

static void take(struct got *g, const struct rec_piece *p)
{
	const struct mmt_ev_munmap *e = p->item.data;
	struct mmt_ev_munmap want = event(g->events);

	if (p->what == REC_W_ITEM && p->item.kind == MMT_I_RECORD) {
		assert_int_equal(p->item.size, sizeof(want));
		assert_memory_equal(e, &want, sizeof(want));
		g->events++;
	} else if (p->what == REC_W_ITEM && p->item.kind == MMT_I_LOSS) {
		assert_int_equal(p->item.loss.count, 9);
		g->losses++;
	} else if (p->what == REC_W_ITEM && p->item.kind == MMT_I_HOOK) {
		assert_string_equal(p->item.hook.name, "remote");
		assert_string_equal(p->item.hook.reason, "no such function");
		g->hooks++;
	} else if (p->what == REC_W_TICK) {
		assert_int_equal(p->tick.what, REC_FLUSH);
		g->flushes++;
	} else if (p->what == REC_W_LOST) {
		g->lost++;
		g->gap += p->lost.kind == MMT_LOSS_GAP ? p->lost.count : 0;
	} else if (p->what == REC_W_END) {
		g->end = p->end;
		g->ends++;
	} else {
		g->others++;
	}
}

/* 0: whole; else what the reader said. What it hands over is what was recorded, in any case. */
static int read_fd(int fd, struct got *g)
{
	struct rec_reader *r;
	struct rec_piece p;
	int err;

	lseek(fd, 0, SEEK_SET);
	*g = (struct got){ 0 };
	err = rec_reader_open(&r, fd, g->why);
	if (err) {
		assert_null(r);
		assert_true(g->why[0]);
	}
	while (!err && (err = rec_reader_next(r, &p)) > 0) {
		take(g, &p);
		err = 0;
	}
	if (r) {
		memcpy(g->why, rec_reader_why(r), REC_WHY);
		g->stats = *rec_reader_stats(r);
		assert_true(!err || g->why[0]);
	}
	rec_reader_close(r);
	return err;
}

static int read_back(const char *data, size_t size, struct got *g)
{
	int fd = put_file(data, size), err = read_fd(fd, g);

	close(fd);
	return err;
}

static void test_round_trip(void **state)
{
	static const enum rec_pack packs[] = { REC_PACK_NEVER, REC_PACK_ALWAYS };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct file f = record_some(packs[i]);
		struct got g;

		assert_int_equal(read_back(f.data, f.size, &g), 0);
		assert_int_equal(g.events, EVENTS);
		assert_int_equal(g.losses, 1);
		assert_int_equal(g.hooks, 1);
		assert_int_equal(g.flushes, 1);
		assert_int_equal(g.lost, 2);
		assert_int_equal(g.gap, 4);
		assert_int_equal(g.others, 0);
		assert_int_equal(g.ends, 1);
		assert_int_equal(g.end.ran_ns, 77);
		assert_int_equal(g.end.child_status, 3);
		assert_int_equal(g.end.bad, 2);
		assert_int_equal(g.end.records, EVENTS);
		assert_int_equal(g.stats.chunks, 4);
		assert_int_equal(g.stats.bytes, f.size);
		assert_int_equal(g.stats.last_ns, 1000 + EVENTS - 1);
		free(f.data);
	}
}

static void test_head(void **state)
{
	struct file f = record_some(REC_PACK_NEVER);
	int fd = put_file(f.data, f.size);
	struct mmt_run_info info;
	struct rec_reader *r;
	char why[REC_WHY];

	(void)state;
	assert_int_equal(rec_reader_open(&r, fd, why), 0);
	rec_head_info(rec_reader_head(r), &info);
	assert_string_equal(info.machine, "riscv");
	assert_string_equal(info.release, "6.12");
	assert_string_equal(info.command, "ls /");
	assert_int_equal(info.page_size, 16384);
	assert_int_equal(info.start_mono_ns, 900);
	assert_int_equal(info.nhooks, 2);
	assert_string_equal(info.hooks[0].tier, "fentry");
	assert_int_equal(rec_reader_head(r)->num[REC_CHILD], 7);
	assert_string_equal(rec_reader_head(r)->text[REC_BOOT], "boot");
	rec_reader_close(r);
	close(fd);
	free(f.data);
}

/* Every length but the whole: a word and no crash, and never more than was recorded. */
static void test_cut_anywhere(void **state)
{
	struct file f = record_some(REC_PACK_ALWAYS);
	unsigned least = EVENTS;
	int fd = put_file(f.data, f.size);

	(void)state;
	for (size_t n = f.size; n--;) {
		struct got g;

		assert_int_equal(ftruncate(fd, (off_t)n), 0);
		assert_true(read_fd(fd, &g) < 0);
		assert_int_equal(g.ends, 0);
		assert_in_range(g.events, 0, least); /* a shorter piece has no more */
		least = g.events;
	}
	assert_int_equal(least, 0);
	close(fd);
	free(f.data);
}

static void test_flipped_anywhere(void **state)
{
	static const enum rec_pack packs[] = { REC_PACK_NEVER, REC_PACK_ALWAYS };

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		struct file f = record_some(packs[k]);
		int fd = put_file(f.data, f.size);

		for (size_t i = 0; i < f.size; i++) {
			char flipped = (char)(f.data[i] ^ 1 << i % 8);
			struct got g;

			assert_int_equal(pwrite(fd, &flipped, 1, (off_t)i), 1);
			assert_true(read_fd(fd, &g) < 0);
			assert_int_equal(pwrite(fd, &f.data[i], 1, (off_t)i), 1);
		}
		close(fd);
		free(f.data);
	}
}

static void test_what_follows_the_end(void **state)
{
	struct file f = record_some(REC_PACK_NEVER);
	char *more = calloc(1, f.size + 1);
	struct got g;

	(void)state;
	memcpy(more, f.data, f.size);
	assert_int_equal(read_back(more, f.size + 1, &g), -EBADMSG);
	assert_non_null(strstr(g.why, "something follows its end"));
	free(more);
	free(f.data);
}

/* Sums are no secret: lengths that lie are found where the sums are right. */
static void seal(struct rec_chunk *c)
{
	c->sum = rec_sum(rec_sum(0, c, offsetof(struct rec_chunk, sum)), c + 1, c->stored);
}

static void test_lengths_that_lie(void **state)
{
	struct file f = record_some(REC_PACK_NEVER);
	struct rec_chunk *head = (void *)(f.data + sizeof(struct rec_file));
	struct rec_chunk *data = (void *)((char *)(head + 1) + head->stored);
	struct rec_block_head *b = (void *)(data + 1);
	static const uint16_t sizes[] = { 0, 3, 9, 0x7fff, 0xffff };
	struct got g;

	(void)state;
	assert_int_equal(data->kind, REC_DATA);
	for (unsigned i = 0; i < 5; i++) {
		uint16_t was = b->size;

		b->size = sizes[i];
		seal(data);
		read_back(f.data, f.size, &g); /* refused, or a record of that size that is counted as bad */
		assert_true(g.ends == 0 || g.stats.bad > 0);
		b->size = was;
	}
	seal(data);
	assert_int_equal(read_back(f.data, f.size, &g), 0);
	b->type = REC_AGAIN; /* there is none before it */
	seal(data);
	assert_int_equal(read_back(f.data, f.size, &g), -EBADMSG);
	assert_non_null(strstr(g.why, "told from none"));
	data->raw = data->stored = REC_RAW_MAX + 8;
	assert_int_equal(read_back(f.data, f.size, &g), -EBADMSG);
	assert_non_null(strstr(g.why, "length that cannot be"));
	free(f.data);
}

static void test_refused(void **state)
{
	struct file f = record_some(REC_PACK_NEVER);
	struct rec_file *h = (void *)f.data;
	struct got g;

	(void)state;
	h->endian = __builtin_bswap64(REC_ENDIAN);
	assert_int_equal(read_back(f.data, f.size, &g), -ENOTSUP);
	assert_non_null(strstr(g.why, "other byte order"));
	h->endian = REC_ENDIAN;
	h->version = 2;
	h->sum = rec_sum(0, h, offsetof(struct rec_file, sum));
	assert_int_equal(read_back(f.data, f.size, &g), -ENOTSUP);
	assert_non_null(strstr(g.why, "version 2"));
	assert_int_equal(read_back("#!/bin/sh\n", 10, &g), -EBADMSG);
	assert_non_null(strstr(g.why, "not a recording"));
	free(f.data);
}

/* ---- writing ---- */

/* More than fits into memory at once, by both ways: in order, nothing lost. */
static void test_many_chunks(void **state)
{
	static const enum rec_pack packs[] = { REC_PACK_NEVER, REC_PACK_ALWAYS };
	const unsigned n = 40000;

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		struct mmt_state st = { 0 };
		struct rec_head head = { 0 };
		struct mmt_run_info info = { .page_size = 4096, .hooks = hooks };
		struct mmt_summary sum = { 0 };
		int fd = memory_file();
		struct mmt_sink *s = rec_tap_open(fd, &head, packs[k]);
		struct file f;
		struct got g;

		s->state = &st;
		assert_int_equal(s->begin(s, &info), 0);
		for (unsigned i = 0; i < n; i++) {
			struct mmt_ev_munmap e = event(i);

			assert_int_equal(s->raw(s, &e, sizeof(e)), 0);
		}
		assert_int_equal(s->end(s, &sum), 0);
		s->free(s);
		f = take_file(fd);
		assert_int_equal(read_back(f.data, f.size, &g), 0);
		assert_int_equal(g.events, n);
		assert_true(g.stats.chunks > 10);
		free(f.data);
	}
}

/* Many records in one call are what they are one by one, whatever their sizes. */
static void test_many_in_one_call(void **state)
{
	enum { N = 5000 };
	static struct mmt_ev_fault faults[N];
	static struct mmt_record r[N + 1];
	struct mmt_state st = { 0 };
	struct rec_head head = { 0 };
	struct mmt_run_info info = { .page_size = 4096, .hooks = hooks };
	struct mmt_summary sum = { 0 };
	struct mmt_ev_munmap odd = event(0);
	int fd = memory_file();
	struct mmt_sink *s = rec_tap_open(fd, &head, REC_PACK_NEVER);
	struct rec_reader *reader;
	struct rec_piece p;
	char why[REC_WHY];
	unsigned n = 0;

	(void)state;
	s->state = &st;
	assert_int_equal(s->begin(s, &info), 0);
	for (unsigned i = 0; i < N; i++) {
		faults[i] =
			(struct mmt_ev_fault){ .h = { .type = MMT_EV_FAULT, .size = sizeof(faults[i]) }, .addr = i };
		faults[i].h.ts_ns = 100 + i;
		faults[i].vm_flags = i / 7;
		faults[i].attempts = (uint16_t)(i / 1000);
		r[i + (i > 2000)] = (struct mmt_record){ &faults[i], sizeof(faults[i]) };
	}
	r[2001] = (struct mmt_record){ &odd, sizeof(odd) };
	assert_int_equal(s->raws(s, r, N + 1), 0);
	assert_int_equal(s->end(s, &sum), 0);
	s->free(s);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(rec_reader_open(&reader, fd, why), 0);
	while (rec_reader_next(reader, &p) > 0 && p.what == REC_W_ITEM && p.item.kind == MMT_I_RECORD) {
		assert_memory_equal(p.item.data, r[n].data, r[n].size);
		n++;
	}
	assert_int_equal(n, N + 1);
	assert_int_equal(p.what, REC_W_END);
	assert_int_equal(p.end.records, N + 1);
	assert_int_equal(rec_reader_stats(reader)->last_ns, 100 + N - 1);
	rec_reader_close(reader);
	close(fd);
}

/* A full disk is noticed, by both ways. */
static void test_full_disk(void **state)
{
	static const enum rec_pack packs[] = { REC_PACK_NEVER, REC_PACK_ALWAYS };

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		int zero[2];
		struct rec_head head = { 0 };
		struct mmt_state st = { 0 };
		struct mmt_run_info info = { .page_size = 4096, .hooks = hooks };
		struct mmt_summary sum = { 0 };
		struct mmt_sink *s;

		assert_int_equal(pipe(zero), 0);
		s = rec_tap_open(zero[1], &head, packs[k]);
		assert_non_null(s);
		close(zero[0]);
		close(zero[1]); /* whatever is written now fails */
		s->state = &st;
		s->begin(s, &info);
		assert_int_equal(s->end(s, &sum), -EBADF);
		assert_int_equal(rec_tap_failed(s), -EBADF);
		s->free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_flipped_anywhere),
		cmocka_unit_test(test_what_follows_the_end),
		cmocka_unit_test(test_lengths_that_lie),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_many_chunks),
		cmocka_unit_test(test_many_in_one_call),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
