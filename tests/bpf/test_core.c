// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The BPF core without a hook: its functions are called by BPF_PROG_RUN and asked what they did. Needs root and a
 * kernel that runs raw tracepoint programs on demand (Linux 5.10); else every test is a skip.
 */
#include "bpf/kit.h"

static void filter_none(void **state)
{
	(void)state;
	up(0, NULL, 4096, 256);
	assert_int_equal(CALL(wanted, ID(5, 6)), 1);
	assert_int_equal(CALL(wanted, ID(77, 78)), 0); /* mmtrace itself */
	s->data->off = 1;
	assert_int_equal(CALL(wanted, ID(5, 6)), 0);
}

static void filter_process(void **state)
{
	(void)state;
	up(MMT_FILTER_TGID, NULL, 4096, 256);
	add_target(MMT_TARGET_TGID | 5);
	add_target(MMT_TARGET_TID | 9); /* a thread's id is not a process's */
	assert_int_equal(CALL(wanted, ID(5, 6)), 1);
	assert_int_equal(CALL(wanted, ID(6, 5)), 0);
	assert_int_equal(CALL(wanted, ID(9, 9)), 0);
	assert_int_equal(CALL(wanted, ID(77, 77)), 0);
	add_target(MMT_TARGET_TGID | 77); /* named: then also mmtrace itself */
	assert_int_equal(CALL(wanted, ID(77, 77)), 1);
}

static void filter_thread(void **state)
{
	(void)state;
	up(MMT_FILTER_TID | MMT_FILTER_TGID, NULL, 4096, 256);
	add_target(MMT_TARGET_TID | 6);
	add_target(MMT_TARGET_TGID | 8);
	assert_int_equal(CALL(wanted, ID(5, 6)), 1);
	assert_int_equal(CALL(wanted, ID(5, 7)), 0);
	assert_int_equal(CALL(wanted, ID(8, 7)), 1);
}

static void filter_comm(void **state)
{
	(void)state;
	up(MMT_FILTER_COMM, "mmt-test", 4096, 256);
	assert_int_equal(CALL(wanted, ID(5, 6)), 0);
	prctl(PR_SET_NAME, "mmt-test");
	assert_int_equal(CALL(wanted, ID(5, 6)), 1);
	prctl(PR_SET_NAME, "mmt-test2"); /* not a prefix */
	assert_int_equal(CALL(wanted, ID(5, 6)), 0);
}

static void filter_comm_and_process(void **state)
{
	(void)state;
	up(MMT_FILTER_COMM | MMT_FILTER_TGID, "mmt-test", 4096, 256);
	prctl(PR_SET_NAME, "mmt-test");
	add_target(MMT_TARGET_TGID | 5);
	assert_int_equal(CALL(wanted, ID(5, 6)), 1);
	assert_int_equal(CALL(wanted, ID(4, 6)), 0);
	prctl(PR_SET_NAME, "other");
	assert_int_equal(CALL(wanted, ID(5, 6)), 0);
}

/* ---- numbers of address spaces ---- */

#define MANY   512
#define ROUNDS 200
static uint32_t numbers[2][ROUNDS * MANY];
static atomic_uint arrived;

static void *number_them(void *arg)
{
	size_t t = (size_t)arg;

	for (size_t r = 0; r < ROUNDS; r++) {
		uint64_t args[12] = { t, (t + 1) * 0x1000000 + r * MANY, 0x8000000 + r * MANY };
		LIBBPF_OPTS(bpf_test_run_opts, o, .ctx_in = args, .ctx_size_in = sizeof(args));

		/* Not a barrier: both must be running when it begins. */
		atomic_fetch_add(&arrived, 1);
		while (atomic_load(&arrived) < 2 * (r + 1))
			;
		if (bpf_prog_test_run_opts(bpf_program__fd(s->progs.number_many), &o))
			return (void *)1;
		memcpy(&numbers[t][r * MANY], s->bss->many[t], sizeof(s->bss->many[t]));
	}
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	return *(const uint32_t *)a < *(const uint32_t *)b ? -1 : *(const uint32_t *)a > *(const uint32_t *)b;
}

static void mm_unique(void **state)
{
	static uint32_t all[2 * ROUNDS * MANY];
	size_t n = 0;
	pthread_t t;
	void *bad;

	(void)state;
	up(0, NULL, 4096, 262144);
	atomic_store(&arrived, 0);
	assert_int_equal(pthread_create(&t, NULL, number_them, (void *)1), 0);
	assert_null(number_them(0));
	pthread_join(t, &bad);
	assert_null(bad);
	for (size_t i = 0; i < ROUNDS * MANY; i++) {
		if (i % 2)
			assert_int_equal(numbers[0][i], numbers[1][i]);
		else
			all[n++] = numbers[1][i];
		all[n++] = numbers[0][i];
	}
	qsort(all, n, sizeof(all[0]), by_value);
	assert_true(all[0] > 0);
	for (size_t i = 1; i < n; i++)
		assert_int_not_equal(all[i - 1], all[i]);
	assert_int_equal(lost(MMT_LOSS_MM, 0), 0);
}

static void mm_forgotten(void **state)
{
	uint64_t first;

	(void)state;
	up(0, NULL, 4096, 256);
	assert_int_equal(CALL(number, 0), 0);
	first = CALL(number, 0x1234);
	assert_int_equal(CALL(number, 0x1234), first);
	CALL(forget, 0x1234);
	/* the same struct again is another address space, and no number comes twice */
	assert_true(CALL(number, 0x1234) > first);
	assert_true(CALL(number, 0x9999) > first);
}

/* One that was only reached into is marked as such until something of its own is told; the number is the same. */
static void mm_reached(void **state)
{
	uint64_t n;

	(void)state;
	up(0, NULL, 4096, 256);
	n = CALL(number_reached, 0x1234);
	assert_int_equal(n, 1);
	assert_int_equal(CALL(number_reached, 0x1234), n);
	assert_int_equal(CALL(number_stored, 0x1234), n | 1u << 31);
	assert_int_equal(CALL(number, 0x1234), n);
	assert_int_equal(CALL(number_stored, 0x1234), n);
	assert_int_equal(CALL(number_reached, 0x1234), n); /* it stays one of those that are told of */
	assert_int_equal(CALL(number_stored, 0x1234), n);
	CALL(number_reached, 0x9999);
	CALL(forget, 0x9999);
	assert_int_equal(CALL(number_stored, 0x9999), 0);
	assert_int_equal(CALL(number_reached, 0), 0);
}

static void mm_full(void **state)
{
	uint32_t max;

	(void)state;
	up(0, NULL, 4096, 256);
	max = bpf_map__max_entries(s->maps.mms);
	for (uint32_t i = 1; i <= max; i++)
		CALL(number, i);
	assert_int_equal(lost(MMT_LOSS_MM, 0), 0);
	assert_int_equal(CALL(number, max + 1), 0);
	assert_int_equal(lost(MMT_LOSS_MM, 0), 1);
}

/* ---- slots ---- */

static void slots_collide(void **state)
{
	(void)state;
	up(0, NULL, 4096, 256);
	assert_int_equal(CALL(claim, 100), 1);
	assert_int_equal(CALL(set_slot, 100, 1, 55), 100); /* running, its address space known */
	assert_int_equal(CALL(claim, 100), 2);
	assert_int_equal(CALL(claim, 100 + 8192), 0); /* another thread's */
	assert_int_equal(CALL(claim, 101), 1);
	assert_int_equal(CALL(set_slot, 100, 2, 55), 100); /* between two tries: still his */
	assert_int_equal(CALL(claim, 100 + 8192), 0);
	CALL(set_slot, 100, 0, 55);
	assert_int_equal(CALL(claim, 100 + 8192), 1); /* idle: taken over, without the other's address space */
	assert_int_equal(CALL(claim, 100), 1);
}

static void calls_count(void **state)
{
	uint64_t first;

	(void)state;
	up(0, NULL, 4096, 256);
	first = CALL(next_call, 100);
	assert_int_equal(CALL(next_call, 100), first + 1);
	CALL(claim, 100 + 8192); /* goes on when the slot changes hands */
	assert_int_equal(CALL(next_call, 100 + 8192), first + 2);
	assert_true(first > 0);
}

/* ---- the ring ---- */

static void ring_full_is_counted(void **state)
{
	uint64_t sent = 0, tries = 200;

	(void)state;
	up(0, NULL, 4096, 256);
	for (uint64_t i = 0; i < tries; i++)
		sent += CALL(emit, i, ID(1, 2));
	assert_in_range(sent, 1, tries - 1);
	assert_int_equal(sent + lost(MMT_LOSS_RING, MMT_EV_EXEC), tries);
	assert_int_equal(lost(MMT_LOSS_RING, MMT_EV_FAULT), 0);
	assert_int_equal(ring_buffer__consume(rb), (int)sent);
}

static void names_once(void **state)
{
	uint64_t key;

	(void)state;
	up(0, NULL, 8192, 256);
	prctl(PR_SET_NAME, "mmt-one");
	key = CALL(name, 0);
	assert_int_equal(CALL(name, 0), key);
	prctl(PR_SET_NAME, "mmt-two");
	assert_int_not_equal(CALL(name, 0), key);
	prctl(PR_SET_NAME, "mmt-one");
	assert_int_equal(CALL(name, 0), key);
	ring_buffer__consume(rb);
	assert_int_equal(n_names, 2);
	assert_int_equal(lost(MMT_LOSS_NAME, 0), 0);
}

/* What cannot be read is no name, not an empty one. */
static void names_unreadable(void **state)
{
	(void)state;
	up(0, NULL, 8192, 256);
	assert_int_equal(CALL(name_of, 8), 0);
	ring_buffer__consume(rb);
	assert_int_equal(n_names, 0);
}

/* ---- stacks ---- */

static void up_stacks(uint32_t ring_bytes)
{
	kstack = true;
	up(0, NULL, ring_bytes, 256);
	kstack = false;
}

static void stacks_not_asked(void **state)
{
	(void)state;
	up(0, NULL, 65536, 256);
	assert_int_equal(CALL(stack_a, MMT_EV_MMAP), 0);
	ring_buffer__consume(rb);
	assert_int_equal(n_stacks, 0);
	assert_int_equal(lost(MMT_LOSS_STACK, MMT_EV_MMAP), 0);
}

static void stacks_once(void **state)
{
	uint64_t a, b;

	(void)state;
	up_stacks(65536);
	a = CALL(stack_a, MMT_EV_MMAP);
	assert_true(a > 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(CALL(stack_a, MMT_EV_MMAP), a);
	b = CALL(stack_b, MMT_EV_MMAP);
	assert_true(b > 0 && b != a);
	assert_int_equal(CALL(stack_a, MMT_EV_MMAP), a);
	ring_buffer__consume(rb);
	assert_int_equal(n_stacks, 2);
	assert_int_equal(stacks[0].id, a);
	assert_int_equal(stacks[1].id, b);
	assert_int_equal(stacks[0].kind, MMT_STACK_KERNEL);
	assert_int_equal(stacks[0].size, offsetof(struct mmt_stack, addr) + stacks[0].nr * 8);
	assert_in_range(stacks[0].nr, 2, MMT_STACK_DEPTH);
	for (unsigned i = 0; i < stacks[0].nr; i++)
		assert_true(stacks[0].addr[i] >> 63); /* the kernel's half */
	assert_int_equal(lost(MMT_LOSS_STACK, MMT_EV_MMAP), 0);
}

/* An id that another stack has: the next is taken. When those are gone too, the stack is lost and counted. */
static void stacks_collide(void **state)
{
	uint64_t id;
	uint32_t key;

	(void)state;
	up_stacks(65536);
	id = CALL(stack_a, MMT_EV_MMAP);
	CALL(stack_taken, id, 12345);
	assert_int_equal(CALL(stack_a, MMT_EV_MMAP), (uint32_t)id + 1);
	assert_int_equal(CALL(stack_a, MMT_EV_MMAP), (uint32_t)id + 1);
	for (key = 0; key < 4; key++)
		CALL(stack_taken, (uint32_t)id + key, 12345);
	assert_int_equal(lost(MMT_LOSS_STACK, MMT_EV_FAULT), 0);
	assert_int_equal(CALL(stack_a, MMT_EV_FAULT), 0);
	assert_int_equal(lost(MMT_LOSS_STACK, MMT_EV_FAULT), 1);
	ring_buffer__consume(rb);
	assert_int_equal(n_stacks, 2);
}

/* The stack's id as this process has it, or a child: from the same place, so the addresses are the same. */
static uint64_t user_stack(bool in_child)
{
	int fd[2], status = 0;
	uint64_t id = 0;
	pid_t pid = 0;

	assert_int_equal(pipe(fd), 0);
	if (in_child)
		pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		id = CALL(user_stack, MMT_EV_MMAP);
		assert_int_equal(write(fd[1], &id, sizeof(id)), sizeof(id));
		if (in_child)
			_exit(0);
	}
	assert_int_equal(read(fd[0], &id, sizeof(id)), sizeof(id));
	if (pid)
		assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd[0]);
	close(fd[1]);
	return id;
}

/* A user stack says whose it is: the same addresses in another process are another stack. */
static void stacks_of_users(void **state)
{
	uint64_t id[3];

	(void)state;
	ustack = true;
	up(0, NULL, 65536, 256);
	ustack = false;
	for (int i = 0; i < 3; i++)
		id[i] = user_stack(i == 1);
	assert_true(id[0] && id[1] && id[0] != id[1]);
	assert_int_equal(id[2], id[0]);
	ring_buffer__consume(rb);
	assert_int_equal(n_stacks, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(stacks[i].id, id[i]);
		assert_int_equal(stacks[i].kind, MMT_STACK_USER);
		assert_int_equal(stacks[i].size, offsetof(struct mmt_stack, addr) + stacks[i].nr * 8);
		assert_true(stacks[i].mm);
		assert_int_equal(stacks[i].addr[0], stacks[0].addr[0]);
	}
	assert_true(!(stacks[0].addr[0] >> 52));
	assert_int_equal(stacks[0].pid, getpid());
	assert_true(stacks[1].pid != stacks[0].pid && stacks[1].mm != stacks[0].mm);
	assert_int_equal(CALL(stack_a, MMT_EV_MMAP), 0); /* no kernel stacks were asked for */
	assert_int_equal(lost(MMT_LOSS_STACK, MMT_EV_MMAP), 0);
}

static void stacks_both(void **state)
{
	uint64_t ids;

	(void)state;
	ustack = true;
	up_stacks(65536);
	ustack = false;
	ids = CALL(both_stacks, MMT_EV_MMAP);
	ring_buffer__consume(rb);
	assert_int_equal(n_stacks, 2);
	assert_int_equal(stacks[0].kind, MMT_STACK_KERNEL);
	assert_int_equal(stacks[0].id, (uint32_t)ids);
	assert_int_equal(stacks[1].kind, MMT_STACK_USER);
	assert_int_equal(stacks[1].id, ids >> 32);
}

static void stacks_ring_full(void **state)
{
	(void)state;
	up_stacks(4096);
	while (CALL(emit, 1, ID(1, 2)))
		;
	assert_int_equal(CALL(stack_a, MMT_EV_MMAP), 0);
	assert_int_equal(lost(MMT_LOSS_STACK, MMT_EV_MMAP), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(filter_none, down),
		cmocka_unit_test_teardown(filter_process, down),
		cmocka_unit_test_teardown(filter_thread, down),
		cmocka_unit_test_teardown(filter_comm, down),
		cmocka_unit_test_teardown(filter_comm_and_process, down),
		cmocka_unit_test_teardown(mm_unique, down),
		cmocka_unit_test_teardown(mm_forgotten, down),
		cmocka_unit_test_teardown(mm_reached, down),
		cmocka_unit_test_teardown(mm_full, down),
		cmocka_unit_test_teardown(slots_collide, down),
		cmocka_unit_test_teardown(calls_count, down),
		cmocka_unit_test_teardown(ring_full_is_counted, down),
		cmocka_unit_test_teardown(names_once, down),
		cmocka_unit_test_teardown(names_unreadable, down),
		cmocka_unit_test_teardown(stacks_not_asked, down),
		cmocka_unit_test_teardown(stacks_once, down),
		cmocka_unit_test_teardown(stacks_collide, down),
		cmocka_unit_test_teardown(stacks_of_users, down),
		cmocka_unit_test_teardown(stacks_both, down),
		cmocka_unit_test_teardown(stacks_ring_full, down),
	};

	libbpf_set_print(NULL);
	return cmocka_run_group_tests_name("bpf core", tests, NULL, NULL);
}
