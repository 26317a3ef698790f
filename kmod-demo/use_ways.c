// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Kinds that can do the same by several functions of the kernel: an ioctl chooses, each is used in turn. */
#include "mmdemo-use.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

static int ways_choose(const struct use *u, const char *name, uint32_t way)
{
	return use_ioctl(u, name, MMDEMO_IOC_WAY, &way, way);
}

/* What use_words left is there in another mapping too, made by that function. */
static int ways_again(const struct use *u, const char *name, uint32_t way)
{
	int bad = ways_choose(u, name, way);
	void *again = use_mmap(u, u->size, 0, PROT_READ, MAP_SHARED);

	if (again == MAP_FAILED)
		return bad + 1;
	bad += use_verify(u, again, u->size, 1, 0);
	return bad + use_munmap(u, again, u->size);
}

static int ways_bad_number(const struct use *u, uint32_t way)
{
	return use_result(u, "way_unknown", EINVAL, ioctl(u->fd, MMDEMO_IOC_WAY, &way) ? errno : 0);
}

static int pages_use(struct use *u)
{
	int bad = use_words(u);

	bad += ways_again(u, "vm_insert_pages", MMDEMO_PAGES_INSERT_MANY);
	bad += ways_again(u, "vm_map_pages", MMDEMO_PAGES_MAP);
	bad += ways_again(u, "vm_map_pages_zero", MMDEMO_PAGES_MAP_ZERO);
	return bad + ways_choose(u, "vm_insert_page", MMDEMO_PAGES_INSERT);
}

/* vm_map_pages_zero would show the first page at any offset. */
static int pages_refusals(struct use *u)
{
	int bad = ways_bad_number(u, MMDEMO_PAGES_WAYS);
	void *addr;

	bad += ways_choose(u, "vm_map_pages_zero", MMDEMO_PAGES_MAP_ZERO);
	addr = mmap(NULL, u->page, PROT_READ, MAP_SHARED, u->fd, (off_t)u->page);
	bad += use_result(u, "zero_at_offset", EINVAL, addr == MAP_FAILED ? errno : 0);
	if (addr != MAP_FAILED)
		munmap(addr, u->page);
	return bad + ways_choose(u, "vm_insert_page", MMDEMO_PAGES_INSERT);
}

const struct use_ops use_pages = { .traits = USE_RAW, .use = pages_use, .refusals = pages_refusals };

#define SLOW_US 20000

static unsigned long long ways_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + (unsigned long long)t.tv_nsec;
}

/* The driver sleeps in a fault: the first load of a page takes that long at least, the second does not ask it. */
static int pfn_slow(const struct use *u)
{
	uint32_t delay = SLOW_US;
	int bad = use_ioctl(u, "delay_us", MMDEMO_IOC_DELAY, &delay, delay);
	volatile uint32_t *word = use_mmap(u, u->page, 0, PROT_READ, MAP_SHARED);
	unsigned long long ns;

	if (word == MAP_FAILED)
		return bad + 1;
	ns = ways_now_ns();
	(void)*word;
	ns = ways_now_ns() - ns;
	bad += use_say(u, "slow", ns >= SLOW_US * 1000ull, "addr=0x%lx len=4 pages=1 ns=%llu least=%llu result=%s",
		       (unsigned long)word, ns, SLOW_US * 1000ull, ns >= SLOW_US * 1000ull ? "ok" : "wrong");
	delay = 0;
	bad += use_ioctl(u, "delay_us", MMDEMO_IOC_DELAY, &delay, delay);
	return bad + use_munmap(u, (void *)word, u->page);
}

/* Other memory behind the same mapping: every page faults again, nothing of the old is left. */
static int pfn_fresh(const struct use *u)
{
	const volatile uint32_t *w = u->addr;
	int bad = use_ioctl(u, "fresh", MMDEMO_IOC_FRESH, NULL, 0);
	size_t old = 0;

	for (size_t i = 0; i < u->size / 4; i++)
		old += w[i] != 0;
	return bad + use_say(u, "read", !old, "addr=0x%lx len=%zu pages=%zu unit=4 wrong=%zu result=%s",
			     (unsigned long)u->addr, u->size, u->size / u->page, old * 4, old ? "wrong" : "ok");
}

static int pfn_fault_use(struct use *u)
{
	int bad = use_words(u);

	bad += ways_again(u, "vmf_insert_pfn_prot", MMDEMO_PFN_INSERT_PROT);
	bad += ways_choose(u, "vmf_insert_pfn", MMDEMO_PFN_INSERT);
	bad += pfn_slow(u);
	return bad + pfn_fresh(u);
}

static int pfn_fault_refusals(struct use *u)
{
	uint32_t delay = MMDEMO_DELAY_MAX_US + 1;
	int bad = ways_bad_number(u, MMDEMO_PFN_WAYS);

	return bad + use_result(u, "delay_too_long", EINVAL, ioctl(u->fd, MMDEMO_IOC_DELAY, &delay) ? errno : 0);
}

const struct use_ops use_pfn_fault = { .traits = USE_RAW, .use = pfn_fault_use, .refusals = pfn_fault_refusals };
