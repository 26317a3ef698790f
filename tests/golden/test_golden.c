// LINK: sink stream record ledger enrich filter event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The story through the pipeline into every format, compared with *.golden beside this file, which was read line by line
 * against story.h before it was kept. GOLDEN_WRITE=1 writes what comes out instead (then read it again).
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <mmtrace/base.h>
#include "golden/story.h"
#include "sink/sinks.h"
#include "sink/wire_format.h"
#include "stream/pipeline.h"

static const struct mmt_hook_item hooks[] = {
	{ "fault", "kprobe+perf", "no fentry", 1, 0 },
	{ "object", "none", "", 1, 0 },
};

static const struct mmt_run_info info = {
	.version = "0.0",
	.release = "6.1.0-test",
	.machine = "aarch64",
	.command = "mmdemo-use \"all\"",
	.page_size = STORY_PAGE,
	.cpus = 2,
	.start_mono_ns = STORY_START_NS,
	.start_real_ns = 1700000000000000000ULL,
	.clock_res_ns = 41,
	.hooks = hooks,
	.nhooks = MMT_COUNT(hooks),
};

static int run_story(const char *format, int fd, bool color, const struct filter *filter)
{
	struct mmt_sink *sink = sink_by_name(format)->open(&(struct sink_opts){ .fd = fd, .color = color });
	struct pipeline_opts o = { .filter = filter, .sinks = { sink }, .nsinks = 1, .page_size = STORY_PAGE };
	struct pipeline *p = pipeline_new(&o);
	int err = pipeline_begin(p, &info), end;

	if (!err)
		err = story(pipeline_item, p);
	end = pipeline_end(p, 35000000, 0);
	pipeline_free(p);
	sink->free(sink);
	return err ? err : end;
}

static char *slurp(int fd, size_t *len)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)size + 1);

	assert_int_equal(pread(fd, text, (size_t)size, 0), size);
	*len = (size_t)size;
	return text;
}

/* The first line that differs, for whoever has to find out why. */
static void compare(const char *file, const char *want, const char *got)
{
	unsigned line = 1;

	if (!strcmp(want, got))
		return;
	while (*want && *got) {
		size_t w = strcspn(want, "\n"), g = strcspn(got, "\n");

		if (w != g || memcmp(want, got, w)) {
			print_error("%s:%u\nwant: %.*s\ngot:  %.*s\n", file, line, (int)w, want, (int)g, got);
			fail();
		}
		want += w + (want[w] == '\n');
		got += g + (got[g] == '\n');
		line++;
	}
	fail_msg("%s:%u: %s", file, line, *want ? "output ends early" : "output goes on");
}

static void golden(const char *format, const char *name, bool color, const struct filter *filter)
{
	char path[256];
	int out = memfd_create("golden", MFD_CLOEXEC), in;
	size_t len;
	char *got, *want;

	snprintf(path, sizeof(path), "tests/golden/%s.golden", name);
	assert_int_equal(run_story(format, out, color, filter), 0);
	got = slurp(out, &len);
	assert_int_equal(strlen(got), len);
	close(out);
	if (getenv("GOLDEN_WRITE")) {
		in = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		assert_int_equal(write(in, got, len), len);
		want = strdup(got);
	} else {
		in = open(path, O_RDONLY);
		if (in < 0)
			fail_msg("%s: %s (run from the top of the tree)", path, strerror(errno));
		want = slurp(in, &len);
	}
	close(in);
	compare(path, want, got);
	free(got);
	free(want);
}

static void test_table(void **state)
{
	(void)state;
	golden("table", "table", false, NULL);
}

static void test_json(void **state)
{
	(void)state;
	golden("json", "json", false, NULL);
}

static void test_exports(void **state)
{
	(void)state;
	golden("csv", "csv", false, NULL);
	golden("chrome", "chrome", false, NULL);
	golden("folded", "folded", false, NULL);
	golden("folded-count", "folded-count", false, NULL);
}

static void test_filtered_in_color(void **state)
{
	struct filter f = { .failed = true };

	(void)state;
	memset(f.want, true, sizeof(f.want));
	golden("table", "failed-color", true, &f);
}

/* Whatever is in a name: one event, one line, nothing that a terminal obeys. */
static void test_no_line_is_forged(void **state)
{
	int out = memfd_create("lines", MFD_CLOEXEC);
	unsigned lines = 0, events = 0;
	size_t len;
	char *text;

	(void)state;
	assert_int_equal(run_story("table", out, false, NULL), 0);
	text = slurp(out, &len);
	for (size_t i = 0; i < len; i++) {
		lines += text[i] == '\n';
		assert_true(text[i] == '\n' || (unsigned char)text[i] >= 0x20);
	}
	for (const char *at = text; (at = strstr(at, " 4242 ")); at++)
		events++;
	assert_int_equal(lines, 1 + 2 + 2 + events); /* head, two events of 4000, two lines below others */
	free(text);
	close(out);
}

static int no_room(const char *format)
{
	int fd = open("/dev/full", O_WRONLY), err = run_story(format, fd, false, NULL);

	close(fd);
	return err;
}

static void test_a_full_disk_is_an_error(void **state)
{
	(void)state;
	for (unsigned i = 0; sink_format(i); i++)
		assert_int_equal(no_room(sink_format(i)->name), -ENOSPC);
}

/* A terminal or pipe that somebody else made non-blocking is waited for. */
static void test_a_busy_reader_is_waited_for(void **state)
{
	char chunk[4096] = { 0 };
	int pipe_fd[2], status;
	size_t total = 0;
	ssize_t n;
	pid_t reader;

	(void)state;
	assert_int_equal(pipe2(pipe_fd, O_NONBLOCK), 0);
	while (write(pipe_fd[1], chunk, sizeof(chunk)) > 0)
		total += sizeof(chunk);
	reader = fork();
	if (!reader) {
		close(pipe_fd[1]);
		fcntl(pipe_fd[0], F_SETFL, 0);
		while ((n = read(pipe_fd[0], chunk, sizeof(chunk))) > 0)
			total -= total ? (size_t)n : 0;
		_exit(chunk[0] == '\0' || total);
	}
	close(pipe_fd[0]);
	assert_int_equal(run_story("json", pipe_fd[1], false, NULL), 0);
	close(pipe_fd[1]);
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_int_equal(status, 0);
}

static void test_a_closed_pipe_is_an_error(void **state)
{
	int ends[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	for (unsigned i = 0; sink_format(i); i++)
		assert_int_equal(run_story(sink_format(i)->name, ends[1], false, NULL), -EPIPE);
	close(ends[1]);
}

/* ---- the wire stream, read back by what its own head says ---- */

static struct {
	unsigned events, names, losses, ends, total;
	const char *at;
} wire;

static void read_record(const char *at, unsigned type, unsigned size)
{
	if (type < MMT_ITEM_FIRST)
		wire.events++;
	else if (type == WIRE_LOSS)
		wire.losses++;
	else if (type == WIRE_END)
		wire.ends++;
	else
		wire.names++;
	if (type == WIRE_LOSS) {
		const struct wire_loss *l = (const void *)at;

		assert_int_equal(size, sizeof(*l));
		assert_int_equal(l->kind, MMT_LOSS_RING);
		assert_int_equal(l->count, 2);
	}
}

static int count_records(void *ctx, const struct mmt_item *item)
{
	*(unsigned *)ctx += item->kind == MMT_I_RECORD;
	return 0;
}

/* Every record of the story, byte by byte where it should be. */
static int same_bytes(void *ctx, const struct mmt_item *item)
{
	const struct mmt_hdr *h = item->data;

	(void)ctx;
	if (item->kind != MMT_I_RECORD)
		return 0;
	assert_memory_equal(wire.at, item->data, h->size);
	wire.at += (h->size + 7) & ~7;
	return 0;
}

static void test_wire(void **state)
{
	int out = memfd_create("wire", MFD_CLOEXEC);
	const struct wire_head *head;
	unsigned told = 0;
	size_t len;
	char *bytes;
	const char *at;

	(void)state;
	assert_int_equal(run_story("wire", out, false, NULL), 0);
	bytes = slurp(out, &len);
	close(out);
	head = (const void *)bytes;
	assert_string_equal(head->magic, WIRE_MAGIC);
	assert_true(head->endian == WIRE_ENDIAN);
	assert_int_equal(head->page_size, STORY_PAGE);
	assert_string_equal(head->release, "6.1.0-test");
	at = bytes + sizeof(*head);
	for (unsigned i = 0; i < head->nevents; i++) {
		const struct wire_event *e = (const void *)at;

		at += sizeof(*e) + e->nfields * sizeof(struct wire_field);
		assert_true(e->size % 8 == 0);
	}
	wire.at = at;
	while (at < bytes + len) {
		const uint16_t *h = (const void *)at;

		assert_int_equal(wire.ends, 0); /* nothing behind the end */
		read_record(at, h[0], h[1]);
		at += (h[1] + 7) & ~7;
	}
	assert_ptr_equal(at, bytes + len);
	assert_int_equal(wire.ends, 1);
	assert_int_equal(wire.losses, 1);
	story(count_records, &told);
	assert_int_equal(wire.events + wire.names, told);
	story(same_bytes, NULL);
	free(bytes);
}

/* Whatever a record's size, the next one begins at a multiple of 8. */
static void test_wire_pads(void **state)
{
	int out = memfd_create("pad", MFD_CLOEXEC);
	struct mmt_sink *s = wire_open(&(struct sink_opts){ .fd = out });
	struct {
		struct mmt_name n;
		char text[8];
	} r = { .n = { .type = MMT_ITEM_NAME, .size = sizeof(r.n) + 3 }, .text = "ab" };
	const struct mmt_record many[] = { { &r, sizeof(r) }, { &r, sizeof(r.n) + 3 } };
	const size_t one = sizeof(r.n) + 8;
	size_t len;
	char *bytes;

	(void)state;
	memset(r.text + 3, 'x', 5); /* behind the record: must not be written */
	assert_int_equal(s->raw(s, &r, sizeof(r)), 0);
	assert_int_equal(s->raws(s, many, 2), 0);
	assert_int_equal(s->flush(s), 0);
	bytes = slurp(out, &len);
	assert_int_equal(len, 3 * one);
	for (size_t i = 0; i < 3; i++) {
		assert_memory_equal(bytes + i * one, &r, sizeof(r.n));
		assert_memory_equal(bytes + i * one + sizeof(r.n), "ab\0\0\0\0\0", 8);
	}
	s->free(s);
	free(bytes);
	close(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_exports),
		cmocka_unit_test(test_filtered_in_color),
		cmocka_unit_test(test_no_line_is_forged),
		cmocka_unit_test(test_a_full_disk_is_an_error),
		cmocka_unit_test(test_a_closed_pipe_is_an_error),
		cmocka_unit_test(test_a_busy_reader_is_waited_for),
		cmocka_unit_test(test_wire),
		cmocka_unit_test(test_wire_pads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
