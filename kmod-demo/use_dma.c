// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Kinds that a device reads and writes by itself. */
#include "mmdemo-use.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define DMA_BYTES 4096 /* whatever the page size: the device takes its time for each piece */

static const char *const dma_ways[] = {
	[MMDEMO_DMA_WAY_SMALL] = "small",
	[MMDEMO_DMA_WAY_LARGE] = "large",
	[MMDEMO_DMA_WAY_ATTRS] = "attrs",
	[MMDEMO_DMA_WAY_PAGES] = "pages",
	[MMDEMO_DMA_WAY_PAGEWISE] = "pagewise",
	[MMDEMO_DMA_WAY_SCATTERED] = "scattered",
	NULL,
};

/* The CPU writes the first half, the device copies it to the second, the CPU reads it there. */
static int dma_copy_use(struct use *u)
{
	size_t half = u->size / 2;
	struct mmdemo_dma_copy c = { .src = 0, .dst = (uint32_t)half, .len = DMA_BYTES };
	char *dst = (char *)u->addr + half;
	int bad = use_write(u, u->addr, half, 3);
	int err;

	memset(dst, 0, c.len);
	err = ioctl(u->fd, MMDEMO_IOC_DMA_COPY, &c) ? errno : 0;
	bad += use_say(u, "dma_copy", !err || err == ENODEV, "src=%u dst=%u len=%u result=%s", c.src, c.dst, c.len,
		       use_errno(err));
	if (err == ENODEV) /* a board: the memory is there, but nothing that copies in it */
		return bad;
	return bad + use_verify(u, dst, c.len, 3, 0);
}

/* Word by word: does the scattered mapping show the pages of the straight one, each in its place? */
static int dma_compare(struct use *u, const char *straight)
{
	size_t pages = u->size / u->page, words = 0;

	for (size_t i = 0; i < pages; i++) {
		const uint32_t *here = (const uint32_t *)((const char *)u->addr + i * u->page);
		const uint32_t *there = (const uint32_t *)(straight + i * MMDEMO_DMA_WAY_STRIDE % pages * u->page);

		for (size_t w = 0; w < u->page / 4; w++)
			words += here[w] != there[w];
	}
	return use_say(u, "compare", !words, "addr=0x%lx with=0x%lx len=%zu wrong=%zu result=%s",
		       (unsigned long)u->addr, (unsigned long)straight, u->size, words * 4, words ? "wrong" : "ok");
}

/* The same memory through a second file, mapped page after page: all was written where it belongs. */
static int dma_scattered_use(struct use *u)
{
	struct use straight = *u;
	uint32_t way = MMDEMO_DMA_WAY_PAGEWISE;
	int bad = use_write(u, u->addr, u->size, 1);
	void *addr;

	if (use_open(&straight, O_RDWR))
		return bad + use_say(u, "open", false, "result=%s", use_errno(errno));
	bad += use_ioctl(&straight, "pagewise", MMDEMO_IOC_WAY, &way, way);
	addr = use_mmap(&straight, u->size, 0, PROT_READ, MAP_SHARED);
	if (addr == MAP_FAILED) {
		bad++;
	} else {
		bad += dma_compare(u, addr);
		bad += use_munmap(&straight, addr, u->size);
	}
	close(straight.fd);
	return bad;
}

static int dma_coherent_use(struct use *u)
{
	if (u->way == MMDEMO_DMA_WAY_SMALL)
		return dma_copy_use(u);
	return u->way == MMDEMO_DMA_WAY_SCATTERED ? dma_scattered_use(u) : use_words(u);
}

static int dma_refusals(struct use *u)
{
	const uint32_t size = (uint32_t)u->size;
	const struct {
		const char *name;
		struct mmdemo_dma_copy copy;
	} cases[] = {
		{ "dma_unaligned", { 2, 1024, 64, 0 } },
		{ "dma_empty", { 0, 1024, 0, 0 } },
		{ "dma_source_past_end", { size - 32, 0, 64, 0 } },
		{ "dma_target_past_end", { 0, size, 64, 0 } },
		{ "dma_length_wraps", { 64, 1024, 0xffffffc0u, 0 } },
		{ "dma_overlap", { 0, 32, 64, 0 } },
		{ "dma_reserved_set", { 0, 1024, 64, 1 } },
	};
	struct mmdemo_dma_copy fine = { 0, 1024, 64, 0 };
	struct use ro = *u;
	int bad = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		bad += use_result(u, cases[i].name, EINVAL,
				  ioctl(u->fd, MMDEMO_IOC_DMA_COPY, &cases[i].copy) ? errno : 0);
	if (use_open(&ro, O_RDONLY))
		return bad + use_result(u, "open_read_only", 0, errno);
	bad += use_result(u, "dma_on_read_only_file", EBADF, ioctl(ro.fd, MMDEMO_IOC_DMA_COPY, &fine) ? errno : 0);
	close(ro.fd);
	return bad;
}

/* u->fd has been mapped: its way is fixed. */
static int dma_coherent_refusals(struct use *u)
{
	uint32_t way = u->way, none = sizeof(dma_ways) / sizeof(dma_ways[0]) - 1;
	int bad = use_result(u, "way_after_mmap", EBUSY, ioctl(u->fd, MMDEMO_IOC_WAY, &way) ? errno : 0);

	bad += use_result(u, "way_unknown", EINVAL, ioctl(u->fd, MMDEMO_IOC_WAY, &none) ? errno : 0);
	return bad + (u->way == MMDEMO_DMA_WAY_SMALL ? dma_refusals(u) : 0);
}

const struct use_ops use_dma_coherent = {
	.traits = USE_RAW,
	.lacks = "no DMA memory; dmesg says more",
	.ways = dma_ways,
	.use = dma_coherent_use,
	.refusals = dma_coherent_refusals,
};

const struct use_ops use_dma_streaming = { .traits = USE_RAW, .use = dma_copy_use, .refusals = dma_refusals };

const struct use_ops use_dma_nc = {
	.traits = USE_RAW,
	.lacks = "no device here does DMA past the CPU's caches; dmesg says more",
	.use = use_words,
};
