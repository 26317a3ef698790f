// LINK: enrich event base
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <mmtrace/base.h>
#include <mmtrace/map.h>
#include "enrich/names.h"
#include "enrich/procs.h"

/* components: NUL after each, leaf first */
static const char *path(const char *components, size_t used, bool truncated, unsigned deleted)
{
	static struct mmt_path p;
	static char out[4096];
	struct buf b = { 0 };

	p = (struct mmt_path){ .used = (uint16_t)used, .truncated = truncated, .deleted = deleted };
	memcpy(p.text, components, deleted == MMT_PATH_PSEUDO ? strlen(components) + 1 : used);
	assert_int_equal(names_path(&b, &p), 0);
	strcpy(out, buf_str(&b));
	buf_free(&b);
	return out;
}
#define PATH(s, t, d) path(s, sizeof(s) - 1, t, d)

static void test_paths(void **state)
{
	(void)state;
	assert_string_equal(PATH("shared\0mmdemo\0dev\0", false, false), "/dev/mmdemo/shared");
	assert_string_equal(PATH("passwd\0etc\0", false, false), "/etc/passwd");
	assert_string_equal(PATH("", false, false), "/");
	assert_string_equal(PATH("lib.so\0", false, true), "/lib.so (deleted)");
	assert_string_equal(PATH("c\0b\0a\0", true, false), "…/a/b/c");
	assert_string_equal(PATH("c\0", true, true), "…/c (deleted)");
	/* Of no directory: `used` says nothing about them. */
	assert_string_equal(path("memfd:x", 1, false, MMT_PATH_PSEUDO), "/memfd:x (deleted)");
	assert_string_equal(path("[io_uring]", 1, false, MMT_PATH_PSEUDO), "anon_inode:[io_uring]");
	assert_string_equal(path("dmabuf", 1, false, MMT_PATH_PSEUDO), "/dmabuf");
	/* An empty component names nothing. */
	assert_string_equal(PATH("x\0\0usr\0", false, false), "/usr/x");
}

static void test_store(void **state)
{
	struct names *n = names_new();
	struct {
		struct mmt_name n;
		char text[16];
	} r = { .n = { .type = MMT_ITEM_NAME, .size = sizeof(r), .key = 77 }, .text = "first" };
	struct decoded d;

	(void)state;
	assert_null(names_get(n, 77));
	assert_int_equal(decode_record(&r, sizeof(r), &d), DECODE_OK);
	assert_int_equal(names_item(n, &d), 0);
	assert_string_equal(names_get(n, 77), "first");
	strcpy(r.text, "second"); /* a key that was used again */
	assert_int_equal(names_item(n, &d), 0);
	assert_string_equal(names_get(n, 77), "second");
	assert_null(names_get(n, 0));
	assert_int_equal(names_put(n, 0, "nobody"), -EINVAL);
	assert_int_equal(names_lost(n), 1);
	names_free(n);
	names_free(NULL);
}

static void test_store_is_bounded(void **state)
{
	static char big[1 << 20];
	struct names *n = names_new();
	unsigned kept = 0;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	for (uint64_t key = 1; key <= 80; key++)
		kept += names_put(n, key, big) == 0;
	assert_int_equal(kept, NAMES_BYTES_MAX / sizeof(big));
	assert_int_equal(names_lost(n), 80 - kept);
	assert_int_equal(names_put(n, 1, big), 0); /* what is there stays */
	names_free(n);
}

/* The map under it, against a plain array. */
static void test_map(void **state)
{
	static void *model[512];
	struct map m = { 0 };
	uint64_t seed = 42;
	size_t n = 0;

	(void)state;
	assert_int_equal(map_put(&m, 0, model), -EINVAL);
	assert_null(map_get(&m, 1));
	assert_null(map_del(&m, 1));
	for (unsigned round = 0; round < 200000; round++) {
		uint64_t key;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		key = (seed >> 33) % 511 + 1;
		if (seed >> 62 & 1) {
			n += !model[key];
			model[key] = &model[(seed >> 40) % 512];
			assert_int_equal(map_put(&m, key << 20, model[key]), 0);
		} else {
			assert_ptr_equal(map_del(&m, key << 20), model[key]);
			n -= model[key] != NULL;
			model[key] = NULL;
		}
		key = (seed >> 12) % 511 + 1;
		assert_ptr_equal(map_get(&m, key << 20), model[key]);
		assert_int_equal(m.n, n);
	}
	map_free(&m);
}

static unsigned asked;

static int ask(void *ctx, uint32_t pid, char comm[PROCS_COMM])
{
	(void)ctx;
	asked++;
	if (pid == 404)
		return -ENOENT;
	snprintf(comm, PROCS_COMM, "proc-%u", pid);
	return 0;
}

static const char *text_of(const void *ctx, uint64_t key)
{
	(void)ctx;
	return key == 1 ? "bash" : key == 2 ? "a-name-that-is-much-too-long" : NULL;
}

static void test_procs(void **state)
{
	struct value_names names = { text_of, NULL };
	struct procs *p = procs_new(ask, NULL);
	struct mmt_ev_exec exec = { .h = { .type = MMT_EV_EXEC, .pid = 10, .have = MMT_HAVE_ALL(EXEC) }, .comm = 1 };
	struct mmt_ev_fork fork = { .h = { .type = MMT_EV_FORK, .pid = 10, .have = MMT_HAVE_ALL(FORK) }, .child = 11 };

	(void)state;
	asked = 0;
	assert_string_equal(procs_comm(p, 10), "proc-10");
	assert_string_equal(procs_comm(p, 10), "proc-10");
	assert_string_equal(procs_comm(p, 404), "?");
	assert_string_equal(procs_comm(p, 404), "?");
	assert_int_equal(asked, 2); /* each once, also who has gone */
	procs_event(p, &exec.h, &names);
	assert_string_equal(procs_comm(p, 10), "bash");
	procs_event(p, &fork.h, &names); /* its comm key is 0: the parent's name is known */
	assert_string_equal(procs_comm(p, 11), "bash");
	exec.comm = 2;
	procs_event(p, &exec.h, &names);
	assert_string_equal(procs_comm(p, 10), "a-name-that-is-"); /* TASK_COMM_LEN */
	assert_string_equal(procs_comm(p, 11), "bash");
	exec.comm = 3; /* a name that was lost: the old one is wrong now */
	procs_event(p, &exec.h, &names);
	assert_string_equal(procs_comm(p, 10), "proc-10");
	assert_string_equal(procs_comm(p, 0), "?");
	procs_free(p);
}

static void test_procs_are_bounded(void **state)
{
	struct procs *p = procs_new(ask, NULL);

	(void)state;
	for (uint32_t pid = 1; pid < 3 * PROCS_MAX; pid++)
		procs_comm(p, pid);
	assert_string_equal(procs_comm(p, 7), "proc-7");
	procs_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths), cmocka_unit_test(test_store), cmocka_unit_test(test_store_is_bounded),
		cmocka_unit_test(test_map),   cmocka_unit_test(test_procs), cmocka_unit_test(test_procs_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
