// SPDX-License-Identifier: GPL-2.0
/*
 * dma-nc: coherent DMA memory of a device that does not see the CPU's caches.
 *
 * The calls are those of any coherent DMA memory, and so is the promise: what one side writes the other sees,
 * without any sync. Where the device goes past the caches, as every device of an RK3588 does, the DMA layer can only
 * keep it by not caching at all: it makes a mapping of its own for the kernel, and dma_mmap_coherent puts the same type
 * into the user's entries (Normal-NC on arm64). Reading such memory is slow: copy out of it, do not work in it.
 */
#include "mmdemo.h"

#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/slab.h>

#define MMDEMO_NC_SIZE ((size_t)MMDEMO_DMA_PAGES << PAGE_SHIFT)

/* Each open file has its own memory, freed with the last mapping, because a mapping holds its file. */
struct mmdemo_dma_nc {
	struct device *dev;
	void *cpu;
	dma_addr_t dma;
};

static int mmdemo_dma_nc_open(struct inode *inode, struct file *file)
{
	struct device *dev = mmdemo_plat_get("dma-nc", true);
	struct mmdemo_dma_nc *nc;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	nc = kzalloc(sizeof(*nc), GFP_KERNEL);
	if (!nc)
		goto err_dev;
	nc->dev = dev;
	nc->cpu = dma_alloc_coherent(dev, MMDEMO_NC_SIZE, &nc->dma, GFP_KERNEL); /* zeroed */
	if (!nc->cpu)
		goto err_nc;
	file->private_data = nc;
	return 0;

err_nc:
	kfree(nc);
err_dev:
	mmdemo_plat_put(dev);
	return -ENOMEM;
}

static int mmdemo_dma_nc_release(struct inode *inode, struct file *file)
{
	struct mmdemo_dma_nc *nc = file->private_data;

	dma_free_coherent(nc->dev, MMDEMO_NC_SIZE, nc->cpu, nc->dma);
	mmdemo_plat_put(nc->dev);
	kfree(nc);
	return 0;
}

static void mmdemo_dma_nc_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_DMA_NC, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_dma_nc_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_DMA_NC, mmdemo_vma_range(vma));
}

static const struct vm_operations_struct mmdemo_dma_nc_vm_ops = {
	.open = mmdemo_dma_nc_vm_open,
	.close = mmdemo_dma_nc_vm_close,
};

static int mmdemo_dma_nc_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct mmdemo_dma_nc *nc = file->private_data;
	unsigned long flags = vma->vm_flags;
	int err = mmdemo_check_raw(file, mmdemo_vma_range(vma), MMDEMO_NC_SIZE, &flags);

	if (err)
		return err;
	mmdemo_vma_set_flags(vma, flags);
	vma->vm_ops = &mmdemo_dma_nc_vm_ops;
	/* The memory type is the DMA layer's to choose: it knows the device, and sets vm_page_prot. */
	err = dma_mmap_coherent(nc->dev, vma, nc->cpu, nc->dma, MMDEMO_NC_SIZE);
	if (!err)
		mmdemo_vma_born(MMDEMO_DMA_NC, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
	return err;
}

static long mmdemo_dma_nc_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return mmdemo_info_ioctl(MMDEMO_DMA_NC, MMDEMO_NC_SIZE, cmd, arg);
}

const struct file_operations mmdemo_dma_nc_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_dma_nc_open,
	.release = mmdemo_dma_nc_release,
	.mmap = mmdemo_dma_nc_mmap,
	.unlocked_ioctl = mmdemo_dma_nc_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
