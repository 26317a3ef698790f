// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Kinds that a device reads and writes by itself. */
#include "mmdemo-use.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DMA_BYTES 4096 /* whatever the page size: the device takes its time for each piece */

/* The CPU writes the first half, the device copies it to the second, the CPU reads it there. */
static int dma_coherent_use(struct use *u)
{
	size_t half = u->size / 2;
	struct mmdemo_dma_copy c = { .src = 0, .dst = (uint32_t)half, .len = DMA_BYTES };
	char *dst = (char *)u->addr + half;
	int bad = use_write(u, u->addr, half, 3);
	int err;

	memset(dst, 0, c.len);
	err = ioctl(u->fd, MMDEMO_IOC_DMA_COPY, &c) ? errno : 0;
	bad += use_say(u, "dma_copy", !err, "src=%u dst=%u len=%u result=%s", c.src, c.dst, c.len, use_errno(err));
	bad += use_verify(u, dst, c.len, 3, 0);
	return bad;
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

const struct use_ops use_dma_coherent = { .traits = USE_RAW, .use = dma_coherent_use, .refusals = dma_refusals };
