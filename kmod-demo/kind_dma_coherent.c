// SPDX-License-Identifier: GPL-2.0
/*
 * dma-coherent: memory from the DMA layer, mapped by dma_mmap_coherent, and by its relatives.
 *
 * Only the DMA layer knows what it gave out: lowmem, CMA, a remapped range, behind an IOMMU or not, cached
 * or not. So the driver never computes a page frame number of coherent memory; it hands the VMA to the layer that
 * allocated. Memory of dma_alloc_pages is the exception, which has struct pages by contract: a driver may map those as
 * it likes, with dma_mmap_pages or, as many do with buffers of some megabytes, page by page.
 *
 * The memory is one for all openers. The device is edu, which then copies in it (MMDEMO_IOC_DMA_COPY), or, on a
 * machine that has none or where it does not reach memory, the module's own.
 */
#include "mmdemo.h"

#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

struct mmdemo_dma_coherent {
	struct mmdemo_edu *edu; /* NULL: dev is the platform device */
	struct device *dev;
	struct mutex lock; /* guards what follows */
	struct mmdemo_dma_mem *mem;
	enum mmdemo_dma_way way;
	bool used; /* mapped or copied once: from then on way and memory are fixed */
};

static const enum mmdemo_dma_mem_sort mmdemo_dma_sorts[] = {
	[MMDEMO_DMA_WAY_SMALL] = MMDEMO_MEM_SMALL,    [MMDEMO_DMA_WAY_LARGE] = MMDEMO_MEM_LARGE,
	[MMDEMO_DMA_WAY_ATTRS] = MMDEMO_MEM_ATTRS,    [MMDEMO_DMA_WAY_PAGES] = MMDEMO_MEM_PAGES,
	[MMDEMO_DMA_WAY_PAGEWISE] = MMDEMO_MEM_PAGES, [MMDEMO_DMA_WAY_SCATTERED] = MMDEMO_MEM_PAGES,
};

static void mmdemo_dma_coherent_free(struct mmdemo_dma_coherent *c)
{
	if (!IS_ERR(c->mem))
		mmdemo_dma_mem_put(c->mem);
	if (c->edu)
		mmdemo_edu_put(c->edu);
	else
		mmdemo_plat_put(c->dev);
	kfree(c);
}

static int mmdemo_dma_coherent_open(struct inode *inode, struct file *file)
{
	struct mmdemo_dma_coherent *c = kzalloc(sizeof(*c), GFP_KERNEL);
	int err = 0;

	if (!c)
		return -ENOMEM;
	mutex_init(&c->lock);
	c->edu = mmdemo_edu_get(NULL, true);
	if (IS_ERR(c->edu)) {
		c->edu = NULL;
		c->dev = mmdemo_plat_get("dma-coherent", false);
		if (IS_ERR(c->dev)) {
			err = PTR_ERR(c->dev);
			kfree(c);
			return err;
		}
	} else {
		c->dev = &c->edu->pdev->dev;
	}
	c->mem = mmdemo_dma_mem_get(c->dev, MMDEMO_MEM_SMALL);
	if (IS_ERR(c->mem)) {
		err = PTR_ERR(c->mem);
		mmdemo_dma_coherent_free(c);
		return err;
	}
	file->private_data = c;
	return 0;
}

static int mmdemo_dma_coherent_release(struct inode *inode, struct file *file)
{
	mmdemo_dma_coherent_free(file->private_data);
	return 0;
}

static void mmdemo_dma_coherent_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_DMA_COHERENT, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_dma_coherent_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_DMA_COHERENT, mmdemo_vma_range(vma));
}

static const struct vm_operations_struct mmdemo_dma_coherent_vm_ops = {
	.open = mmdemo_dma_coherent_vm_open,
	.close = mmdemo_dma_coherent_vm_close,
};

/*
 * One call for each page, as drivers do whose memory is a list of pages. If one fails, those before it stay mapped: the core
 * takes them out when ->mmap fails, before it lets go of the file and with it of the memory.
 */
static int mmdemo_dma_remap_pages(struct vm_area_struct *vma, const struct mmdemo_dma_mem *mem, unsigned long stride)
{
	unsigned long addr, i = vma->vm_pgoff, pages = mem->size >> PAGE_SHIFT;
	int err = 0;

	for (addr = vma->vm_start; addr < vma->vm_end && !err; addr += PAGE_SIZE, i++)
		err = remap_pfn_range(vma, addr, page_to_pfn(mem->page) + i * stride % pages, PAGE_SIZE,
				      vma->vm_page_prot);
	return err;
}

/* Each of the DMA layer's functions takes vm_pgoff as an offset into this very memory. */
static int mmdemo_dma_install(struct mmdemo_dma_coherent *c, struct vm_area_struct *vma)
{
	struct mmdemo_dma_mem *mem = c->mem;

	switch (c->way) {
	case MMDEMO_DMA_WAY_SMALL:
	case MMDEMO_DMA_WAY_LARGE:
		return dma_mmap_coherent(c->dev, vma, mem->cpu, mem->dma, mem->size);
	case MMDEMO_DMA_WAY_ATTRS:
		/* The attributes must be those of the allocation: they decide the memory type. */
		return dma_mmap_attrs(c->dev, vma, mem->cpu, mem->dma, mem->size, mem->attrs);
	case MMDEMO_DMA_WAY_PAGES:
		return mmdemo_dma_mmap_pages(c->dev, vma, mem->size, mem->page);
	case MMDEMO_DMA_WAY_PAGEWISE:
		return mmdemo_dma_remap_pages(vma, mem, 1);
	default:
		return mmdemo_dma_remap_pages(vma, mem, MMDEMO_DMA_WAY_STRIDE);
	}
}

static int mmdemo_dma_coherent_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct mmdemo_dma_coherent *c = file->private_data;
	unsigned long flags = vma->vm_flags;
	int err;

	mutex_lock(&c->lock);
	err = mmdemo_check_raw(file, mmdemo_vma_range(vma), c->mem->size, &flags);
	if (err)
		goto out;
	mmdemo_vma_set_flags(vma, flags);
	vma->vm_ops = &mmdemo_dma_coherent_vm_ops;
	err = mmdemo_dma_install(c, vma);
	if (err)
		goto out;
	c->used = true;
	mmdemo_vma_born(MMDEMO_DMA_COHERENT, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
out:
	mutex_unlock(&c->lock);
	return err;
}

/* Not in ->mmap: finding and clearing some megabytes takes long, and there all of the process waits. */
static long mmdemo_dma_coherent_way(struct mmdemo_dma_coherent *c, const __u32 __user *arg)
{
	struct mmdemo_dma_mem *mem;
	long err = -EBUSY;
	u32 way;

	if (get_user(way, arg))
		return -EFAULT;
	if (way >= ARRAY_SIZE(mmdemo_dma_sorts))
		return -EINVAL;
	if (way == MMDEMO_DMA_WAY_PAGES && !MMDEMO_HAS_DMA_MMAP_PAGES)
		return -EOPNOTSUPP;
	mutex_lock(&c->lock);
	if (c->used)
		goto out;
	mem = mmdemo_dma_mem_get(c->dev, mmdemo_dma_sorts[way]);
	err = PTR_ERR_OR_ZERO(mem);
	if (err)
		goto out;
	mmdemo_dma_mem_put(c->mem);
	c->mem = mem;
	c->way = way;
out:
	mutex_unlock(&c->lock);
	return err;
}

/*
 * Only where both sides agree without sync, and where it is a matter of pages: the large ways are for mapping.
 * The arguments are read without the lock: that may fault, and ->mmap, which takes the lock, runs under the lock that
 * faults need.
 */
static long mmdemo_dma_coherent_copy(struct file *file, const struct mmdemo_dma_copy __user *arg)
{
	struct mmdemo_dma_coherent *c = file->private_data;
	struct mmdemo_dma_copy copy;
	bool small;
	long err;

	mutex_lock(&c->lock);
	small = c->way == MMDEMO_DMA_WAY_SMALL;
	c->used |= small;
	mutex_unlock(&c->lock);
	if (!small)
		return -EOPNOTSUPP;
	err = mmdemo_dma_copy_arg(file, arg, c->mem->size, &copy);
	if (err)
		return err;
	if (!c->edu)
		return -ENODEV;
	return mmdemo_edu_copy(c->edu, c->mem->dma + copy.src, c->mem->dma + copy.dst, copy.len);
}

static long mmdemo_dma_coherent_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mmdemo_dma_coherent *c = file->private_data;
	size_t size;

	if (cmd == MMDEMO_IOC_WAY)
		return mmdemo_dma_coherent_way(c, (const __u32 __user *)arg);
	if (cmd == MMDEMO_IOC_DMA_COPY)
		return mmdemo_dma_coherent_copy(file, (const struct mmdemo_dma_copy __user *)arg);
	mutex_lock(&c->lock);
	size = c->mem->size;
	mutex_unlock(&c->lock);
	return mmdemo_info_ioctl(MMDEMO_DMA_COHERENT, size, cmd, arg);
}

const struct file_operations mmdemo_dma_coherent_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_dma_coherent_open,
	.release = mmdemo_dma_coherent_release,
	.mmap = mmdemo_dma_coherent_mmap,
	.unlocked_ioctl = mmdemo_dma_coherent_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
