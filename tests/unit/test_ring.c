// LINK: probe/ring
// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The ring's reader against a ring made by hand: order, unfinished and discarded records, the end of the buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "probe/ring.h"

#define BYTES 65536u

static unsigned long *producer;
static char *data;
static struct ring ring;
static int fd;

/* As the kernel lays it out, but for the second copy of the data: that is mapped behind what the reader has mapped. */
static int up(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *at;

	(void)state;
	fd = memfd_create("ring", 0);
	assert_int_equal(ftruncate(fd, (off_t)(2 * page + 2 * BYTES)), 0);
	at = mmap(NULL, 2 * page + BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(at, MAP_FAILED);
	producer = (unsigned long *)(at + page);
	data = at + 2 * page;
	memset(&ring, 0, sizeof(ring));
	assert_int_equal(ring_open(&ring, fd, BYTES), 0);
	at = mmap((char *)ring.data + BYTES, BYTES, PROT_READ, MAP_SHARED | MAP_FIXED, fd, (off_t)(2 * page));
	assert_ptr_not_equal(at, MAP_FAILED);
	return 0;
}

static int down(void **state)
{
	(void)state;
	ring_close(&ring);
	munmap((char *)producer - sysconf(_SC_PAGESIZE), 2 * (size_t)sysconf(_SC_PAGESIZE) + BYTES);
	close(fd);
	return 0;
}

/* A record of that many bytes, each of them `with`. Where its head stands. */
static uint32_t *put(uint32_t len, char with, uint32_t bits)
{
	uint32_t *head = (uint32_t *)(data + (*producer & (BYTES - 1)));

	*head = len | bits;
	for (uint32_t i = 0; i < len; i++)
		data[(*producer + BPF_RINGBUF_HDR_SZ + i) & (BYTES - 1)] = with;
	*producer += (len + BPF_RINGBUF_HDR_SZ + 7) & ~7u;
	return head;
}

static void has(unsigned i, uint32_t len, char with)
{
	assert_int_equal(ring.rec[i].size, len);
	assert_int_equal((uintptr_t)ring.rec[i].data & 7, 0);
	for (uint32_t k = 0; k < len; k++)
		assert_int_equal(((const char *)ring.rec[i].data)[k], with);
}

static void records_in_their_order(void **state)
{
	(void)state;
	assert_int_equal(ring_look(&ring), 0);
	assert_false(ring_done(&ring));
	put(24, 'a', 0);
	put(13, 'b', 0); /* the next one begins at a multiple of 8 */
	put(8, 'c', 0);
	assert_int_equal(ring_look(&ring), 3);
	has(0, 24, 'a');
	has(1, 13, 'b');
	has(2, 8, 'c');
	assert_int_equal(*ring.consumer, 0); /* the kernel keeps them until they were looked at */
	assert_true(ring_done(&ring));
	assert_int_equal(*ring.consumer, *producer);
	assert_int_equal(ring_look(&ring), 0);
	assert_false(ring_done(&ring));
}

static void not_past_the_unfinished(void **state)
{
	uint32_t *busy;

	(void)state;
	put(8, 'a', 0);
	busy = put(16, 'b', BPF_RINGBUF_BUSY_BIT);
	put(8, 'c', 0);
	assert_int_equal(ring_look(&ring), 1);
	has(0, 8, 'a');
	assert_true(ring_done(&ring));
	assert_int_equal(ring_look(&ring), 0);
	assert_false(ring_done(&ring));
	*busy &= ~BPF_RINGBUF_BUSY_BIT;
	assert_int_equal(ring_look(&ring), 2);
	has(0, 16, 'b');
	has(1, 8, 'c');
}

static void what_was_given_up_is_passed_over(void **state)
{
	(void)state;
	put(40, 'x', BPF_RINGBUF_DISCARD_BIT);
	put(8, 'a', 0);
	put(16, 'x', BPF_RINGBUF_DISCARD_BIT);
	assert_int_equal(ring_look(&ring), 1);
	has(0, 8, 'a');
	assert_true(ring_done(&ring));
	assert_int_equal(*ring.consumer, *producer);
	put(16, 'x', BPF_RINGBUF_DISCARD_BIT); /* alone: nothing to hand over, and yet room to give back */
	assert_int_equal(ring_look(&ring), 0);
	assert_true(ring_done(&ring));
	assert_int_equal(*ring.consumer, *producer);
}

static void around_the_end(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5 * BYTES / 160; i++) {
		put(152 - 8 * (i % 3), (char)('a' + i % 26), 0);
		assert_int_equal(ring_look(&ring), 1);
		has(0, 152 - 8 * (i % 3), (char)('a' + i % 26));
		assert_true(ring_done(&ring));
	}
}

static void a_batch_at_a_time(void **state)
{
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 3 * RING_BATCH + 5; i++)
		put(8, (char)i, 0);
	do {
		unsigned got = ring_look(&ring);

		assert_true(got <= RING_BATCH);
		for (unsigned i = 0; i < got; i++)
			has(i, 8, (char)n++);
	} while (ring_done(&ring));
	assert_int_equal(n, 3 * RING_BATCH + 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(records_in_their_order, up, down),
		cmocka_unit_test_setup_teardown(not_past_the_unfinished, up, down),
		cmocka_unit_test_setup_teardown(what_was_given_up_is_passed_over, up, down),
		cmocka_unit_test_setup_teardown(around_the_end, up, down),
		cmocka_unit_test_setup_teardown(a_batch_at_a_time, up, down),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
