// SPDX-License-Identifier: GPL-2.0
/*
 * The memory behind the kind dma-coherent: which device it belongs to, and one allocation of each sort for all openers, made
 * with the first user and freed with the last. Large ones are for the CMA pool: physically contiguous memory beyond what the
 * page allocator keeps together (4 MiB with 4 KiB pages) exists only where the kernel reserved it at boot.
 */
#include "mmdemo.h"

#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/module.h>

static unsigned int dma_mb = 32;
module_param(dma_mb, uint, 0444);
MODULE_PARM_DESC(dma_mb,
		 "MiB of each large buffer of dma-coherent: a power of two up to 1024; needs a CMA pool of that size");

static DEFINE_MUTEX(dma_mem_lock);
static struct mmdemo_dma_mem dma_mems[] = {
	[MMDEMO_MEM_SMALL] = { .size = (size_t)MMDEMO_DMA_PAGES << PAGE_SHIFT },
	[MMDEMO_MEM_LARGE] = {},
	[MMDEMO_MEM_ATTRS] = { .attrs = DMA_ATTR_WRITE_COMBINE },
	[MMDEMO_MEM_PAGES] = { .pages = true },
};

static int dma_mem_alloc(struct mmdemo_dma_mem *mem)
{
	if (mem->pages) {
		mem->page =
			dma_alloc_pages(mem->dev, mem->size, &mem->dma, DMA_BIDIRECTIONAL, GFP_KERNEL | __GFP_NOWARN);
		return mem->page ? 0 : -ENOMEM;
	}
	mem->cpu = dma_alloc_attrs(mem->dev, mem->size, &mem->dma, GFP_KERNEL | __GFP_NOWARN, mem->attrs);
	return mem->cpu ? 0 : -ENOMEM;
}

static void dma_mem_free(struct mmdemo_dma_mem *mem)
{
	if (mem->pages)
		dma_free_pages(mem->dev, mem->size, mem->page, mem->dma, DMA_BIDIRECTIONAL);
	else
		dma_free_attrs(mem->dev, mem->size, mem->cpu, mem->dma, mem->attrs);
}

struct mmdemo_dma_mem *mmdemo_dma_mem_get(struct device *dev, enum mmdemo_dma_mem_sort sort)
{
	struct mmdemo_dma_mem *mem = &dma_mems[sort];
	bool large = sort != MMDEMO_MEM_SMALL;
	int err = 0;

	if (large && (!is_power_of_2(dma_mb) || dma_mb > 1024)) {
		pr_info_ratelimited("no large DMA memory: dma_mb=%u is no power of two up to 1024\n", dma_mb);
		return ERR_PTR(-EINVAL);
	}
	mutex_lock(&dma_mem_lock);
	if (!mem->users) {
		mem->dev = dev;
		if (large)
			mem->size = (size_t)dma_mb << 20;
		err = dma_mem_alloc(mem);
	} else if (mem->dev != dev) {
		err = -EBUSY; /* of a device that is being removed: its users must go first */
	}
	if (!err)
		mem->users++;
	mutex_unlock(&dma_mem_lock);
	if (!err)
		return mem;
	if (err == -ENOMEM && large)
		pr_info_ratelimited("no %u MiB of contiguous DMA memory: boot with cma=%uM, or load with dma_mb=8\n",
				    dma_mb, 4 * dma_mb);
	return ERR_PTR(err);
}

void mmdemo_dma_mem_put(struct mmdemo_dma_mem *mem)
{
	mutex_lock(&dma_mem_lock);
	if (!--mem->users)
		dma_mem_free(mem);
	mutex_unlock(&dma_mem_lock);
}
