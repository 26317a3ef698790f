// LINK: expect filter event ledger base enrich/memtype
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Statements about mappings and processes, of what a ledger has at the end. */
#include "expect/golden.h"
#include "test_expect_kit.h"
#define dup map_dup /* of unistd.h is another */
#include "test_mapping.h"
#undef dup

static const char *file_of(const struct mapping *m)
{
	return m->file ? "/dev/mmdemo/shared" : "[anon]";
}

static void fill(const struct mmt_state *st, const struct mapping *m, const struct range *r, struct mmt_view *v)
{
	(void)r;
	*v = (struct mmt_view){ .names = st->names, .page_size = 4096, .comm = "app", .mapping = file_of(m) };
}

static const char *comm_of(const struct mmt_state *st, uint32_t pid)
{
	(void)st;
	return pid == 9 ? "?" : "app";
}

static void leave(struct run *r, uint32_t mm)
{
	struct mmt_ev_exit e = { .h = HDR(EXIT, mm, mm), .origin = MMT_ORIGIN_EXIT };

	assert_int_equal(r->s->leaving(r->s, &e.h), 0);
	ranges_event(l, &e.h);
}

typedef void (*life_fn)(struct run *r);

static void all_end(struct run *r)
{
	map(1, 0x10, 0x14);
	anon(1, 0x20, 0x21, MMT_ORIGIN_MMAP);
	unmap(1, 0x10, 0x14, MMT_ORIGIN_MUNMAP);
	leave(r, 1);
}

static void one_stays(struct run *r)
{
	map(2, 0x10, 0x18);
	all_end(r);
}

static void in_pieces(struct run *r)
{
	map(1, 0x10, 0x14);
	unmap(1, 0x11, 0x12, MMT_ORIGIN_MUNMAP);
	prot(1, 0x13, 0x14);
	leave(r, 1);
}

static void half_is_left(struct run *r)
{
	(void)r;
	map(1, 0x10, 0x14);
	unmap(1, 0x11, 0x12, MMT_ORIGIN_MUNMAP);
}

static void imported(struct run *r)
{
	struct mmt_ev_vma_import e = { .h = HDR(VMA_IMPORT, 1, 1) };

	(void)r;
	ALL(e, 0x10, 0x14);
	ranges_event(l, &e.h);
}

static void two_processes(struct run *r)
{
	map(1, 0x10, 0x14);
	map(2, 0x10, 0x20);
	leave(r, 1);
}

/* What grows is what nobody saw begin: of the second process there may be more. */
static void one_was_missed(struct run *r)
{
	struct mmt_ev_vma_move e = { .h = HDR(VMA_MOVE, 2, 2), .old_addr = 0x80000, .addr = 0x80000 };

	map(1, 0x10, 0x14);
	map(2, 0x10, 0x20);
	e.old_len = 0x1000;
	e.len = 0x2000;
	ranges_event(l, &e.h);
	leave(r, 2);
	leave(r, 1);
}

static void of_no_name(struct run *r)
{
	map(9, 0x10, 0x14);
	leave(r, 9);
}

static void judge_life(const char *statement, life_fn life, int code, const char *shown)
{
	struct run r = { .form = EXPECT_JSON };

	setup(NULL);
	r.state = (struct mmt_state){
		.ledger = l, .names = &kit_names, .page_size = 4096, .range = fill, .comm = comm_of
	};
	run_begin(&r, statement);
	life(&r);
	if (run_end(&r) != code)
		print_error("%s:\n%s", statement, r.out);
	assert_string_equal(verdict_of(&r, 1), code == 0 ? "pass" : code == 1 ? "fail" : "inconclusive");
	if (shown)
		has(&r, shown);
	teardown(NULL);
}

static void test_balanced(void **state)
{
	(void)state;
	judge_life("expect mapping balanced", all_end, 0, "2 mappings, all ended");
	judge_life("expect mapping balanced", one_stays, 1, "0x10000 32K /dev/mmdemo/shared, made, not ended");
	judge_life("expect mapping where path == \"[anon]\" balanced", one_stays, 0, "1 mapping, all ended");
	judge_life("expect mapping where path == \"/no\" balanced", one_stays, 1, "no such object");
	judge_life("expect mapping balanced", in_pieces, 0, "1 mapping, all ended");
	judge_life("expect mapping balanced", half_is_left, 1, "1 of 1 mapping did not end");
	/* not made in the run, so it need not end in it */
	judge_life("expect mapping balanced", imported, 1, "no such object");
}

static void test_amounts(void **state)
{
	(void)state;
	judge_life("expect mapping where kind != anon or path ~ \"x\" count == 2", one_stays, 4, NULL);
	judge_life("expect mapping count == 3", one_stays, 0, NULL);
	judge_life("expect mapping max(peak) <= 32K", one_stays, 0, NULL);
	judge_life("expect mapping max(peak) < 32K", one_stays, 1, "32K /dev/mmdemo/shared");
	judge_life("expect mapping where path ~ \"shared\" all peak >= 16K", one_stays, 0, NULL);
	judge_life("never mapping where reason == live", one_stays, 1, "not ended");
	judge_life("never mapping where reason == live", all_end, 0, NULL);
}

static void test_processes(void **state)
{
	(void)state;
	judge_life("expect process count == 2", two_processes, 0, NULL);
	judge_life("expect process where pid == 1 all mappings == 1 and bytes == 16K", two_processes, 0, NULL);
	judge_life("expect process all bytes < 32K", two_processes, 1, "process app 2, 1 mappings, 64K");
	judge_life("expect process where comm == \"app\"", of_no_name, 4, NULL);
	judge_life("expect process all bytes < 1M", one_was_missed, 4, NULL);
	judge_life("expect process where not gap all bytes < 1M", one_was_missed, 0, NULL);
}

static void test_missed(void **state)
{
	(void)state;
	judge_life("never mapping where path == \"[anon]\"", one_was_missed, 4, "something of process 2 was missed");
	judge_life("expect mapping all peak < 1M", one_was_missed, 4, NULL);
	judge_life("expect mapping any peak < 1M", one_was_missed, 0, NULL);
	judge_life("expect mapping count >= 2", one_was_missed, 0, NULL);
	judge_life("expect mapping count >= 9", one_was_missed, 4, NULL);
	judge_life("expect mapping balanced", one_was_missed, 4, NULL);
	judge_life("expect mapping none peak > 20K", one_was_missed, 1, NULL);
}

static int golden_of(life_fn life, char *text, size_t size)
{
	char path[] = "/tmp/golden.XXXXXX";
	struct mmt_run_info info = { .start_mono_ns = T0 };
	struct mmt_summary sum = { .child_status = -1 };
	struct run r = { .tid = 7 };
	int fd = mkstemp(path);
	ssize_t n;

	assert_true(fd >= 0);
	setup(NULL);
	r.state = (struct mmt_state){
		.ledger = l, .names = &kit_names, .page_size = 4096, .range = fill, .comm = comm_of
	};
	r.s = golden_open(path, "", NULL);
	r.s->leaving = NULL;
	r.s->state = &r.state;
	assert_int_equal(r.s->begin(r.s, &info), 0);
	say_install(&r, 10, 1, "m1", "normal-wb");
	life(&r);
	assert_int_equal(r.s->end(r.s, &sum), 0);
	r.s->free(r.s);
	teardown(NULL);
	n = read(fd, text, size - 1);
	close(fd);
	unlink(path);
	assert_true(n > 0);
	text[n] = '\0';
	return 0;
}

static void ended(struct run *r)
{
	(void)r;
	map(1, 0x10, 0x14);
	unmap(1, 0x10, 0x14, MMT_ORIGIN_MUNMAP);
}

static void not_ended(struct run *r)
{
	ended(r);
	map(1, 0x20, 0x24);
}

/* That mappings end is only written where they did. */
static void test_golden(void **state)
{
	static const char balanced[] = "expect   mapping       where path == \"/dev/mmdemo/shared\"   balanced\n";
	static char text[8192];

	(void)state;
	golden_of(ended, text, sizeof(text));
	assert_non_null(strstr(text, balanced));
	golden_of(not_ended, text, sizeof(text));
	assert_null(strstr(text, "balanced"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_balanced), cmocka_unit_test(test_amounts), cmocka_unit_test(test_processes),
		cmocka_unit_test(test_missed),	 cmocka_unit_test(test_golden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
