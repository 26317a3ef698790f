// SPDX-License-Identifier: GPL-2.0
/*
 * dma-streaming: ordinary cached pages, lent to the device for one transfer at a time.
 *
 * dma_map_page gives a page an address that the device can use, and from then on the page has an owner at
 * every moment: dma_sync_..._for_device hands it to the device (caches are written back where the device does not see
 * them), dma_sync_..._for_cpu takes it back (what the caches still hold of it is thrown away). The user's mapping is
 * cached and fast, and knows nothing of all this: what a program writes while the device owns the page may be lost, so
 * a driver syncs around each transfer, on behalf of the program that asks for it.
 *
 * The pages are mapped with vm_map_pages: each entry holds a reference of its page, as for any other memory of files.
 */
#include "mmdemo.h"

#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/slab.h>

#define MMDEMO_STREAMING_SIZE ((u32)MMDEMO_DMA_PAGES << PAGE_SHIFT)

/* Each open file has its own pages, so a copy disturbs nobody else. */
struct mmdemo_dma_streaming {
	struct mmdemo_edu *edu;
	struct mutex lock; /* one copy at a time: syncs of two would overlap */
	unsigned int n;	   /* pages that are there and mapped for the device */
	struct page *pages[MMDEMO_DMA_PAGES];
	dma_addr_t dma[MMDEMO_DMA_PAGES];
};

static void mmdemo_dma_streaming_free(struct mmdemo_dma_streaming *s)
{
	while (s->n--) {
		dma_unmap_page(&s->edu->pdev->dev, s->dma[s->n], PAGE_SIZE, DMA_BIDIRECTIONAL);
		__free_page(s->pages[s->n]);
	}
	mmdemo_edu_put(s->edu);
	kfree(s);
}

static int mmdemo_dma_streaming_add(struct mmdemo_dma_streaming *s)
{
	struct device *dev = &s->edu->pdev->dev;
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	dma_addr_t dma;

	if (!page)
		return -ENOMEM;
	dma = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(dev, dma)) {
		__free_page(page);
		return -EIO;
	}
	/* Mapping gave it to the device; until the first copy it is the CPU's. */
	dma_sync_single_for_cpu(dev, dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
	s->pages[s->n] = page;
	s->dma[s->n++] = dma;
	return 0;
}

static int mmdemo_dma_streaming_open(struct inode *inode, struct file *file)
{
	struct mmdemo_edu *edu = mmdemo_edu_get("dma-streaming", true);
	struct mmdemo_dma_streaming *s;
	int err = 0;

	if (IS_ERR(edu))
		return PTR_ERR(edu);
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s) {
		mmdemo_edu_put(edu);
		return -ENOMEM;
	}
	s->edu = edu;
	mutex_init(&s->lock);
	while (s->n < MMDEMO_DMA_PAGES && !err)
		err = mmdemo_dma_streaming_add(s);
	if (err)
		mmdemo_dma_streaming_free(s);
	else
		file->private_data = s;
	return err;
}

static int mmdemo_dma_streaming_release(struct inode *inode, struct file *file)
{
	mmdemo_dma_streaming_free(file->private_data);
	return 0;
}

static void mmdemo_dma_streaming_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_DMA_STREAMING, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_dma_streaming_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_DMA_STREAMING, mmdemo_vma_range(vma));
}

static const struct vm_operations_struct mmdemo_dma_streaming_vm_ops = {
	.open = mmdemo_dma_streaming_vm_open,
	.close = mmdemo_dma_streaming_vm_close,
};

static int mmdemo_dma_streaming_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct mmdemo_dma_streaming *s = file->private_data;
	unsigned long flags = vma->vm_flags;
	int err = mmdemo_check_raw(file, mmdemo_vma_range(vma), MMDEMO_STREAMING_SIZE, &flags);

	if (err)
		return err;
	mmdemo_vma_set_flags(vma, flags);
	vma->vm_ops = &mmdemo_dma_streaming_vm_ops;
	/* It starts at the page of vm_pgoff and refuses a VMA that is longer than what follows. */
	err = vm_map_pages(vma, s->pages, MMDEMO_DMA_PAGES);
	if (!err)
		mmdemo_vma_born(MMDEMO_DMA_STREAMING, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
	return err;
}

/* The part of a copy that lies within one page on both sides: both to the device, there and back, both to the CPU. */
static int mmdemo_dma_streaming_part(struct mmdemo_dma_streaming *s, u32 src, u32 dst, u32 len)
{
	struct device *dev = &s->edu->pdev->dev;
	dma_addr_t from = s->dma[src >> PAGE_SHIFT], to = s->dma[dst >> PAGE_SHIFT];
	int err;

	src = offset_in_page(src);
	dst = offset_in_page(dst);
	dma_sync_single_range_for_device(dev, from, src, len, DMA_BIDIRECTIONAL);
	dma_sync_single_range_for_device(dev, to, dst, len, DMA_BIDIRECTIONAL);
	err = mmdemo_edu_copy(s->edu, from + src, to + dst, len);
	dma_sync_single_range_for_cpu(dev, to, dst, len, DMA_BIDIRECTIONAL);
	dma_sync_single_range_for_cpu(dev, from, src, len, DMA_BIDIRECTIONAL);
	return err;
}

static int mmdemo_dma_streaming_copy(struct mmdemo_dma_streaming *s, const struct mmdemo_dma_copy *c)
{
	u32 done = 0;
	int err = 0;

	mutex_lock(&s->lock);
	while (done < c->len && !err) {
		u32 src = c->src + done, dst = c->dst + done;
		u32 n = min_t(u32, c->len - done, PAGE_SIZE - max(offset_in_page(src), offset_in_page(dst)));

		err = mmdemo_dma_streaming_part(s, src, dst, n);
		done += n;
	}
	mutex_unlock(&s->lock);
	return err;
}

static long mmdemo_dma_streaming_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mmdemo_dma_streaming *s = file->private_data;
	struct mmdemo_dma_copy c;
	int err;

	if (cmd != MMDEMO_IOC_DMA_COPY)
		return mmdemo_info_ioctl(MMDEMO_DMA_STREAMING, MMDEMO_STREAMING_SIZE, cmd, arg);
	err = mmdemo_dma_copy_arg(file, (const struct mmdemo_dma_copy __user *)arg, MMDEMO_STREAMING_SIZE, &c);
	return err ? err : mmdemo_dma_streaming_copy(s, &c);
}

const struct file_operations mmdemo_dma_streaming_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_dma_streaming_open,
	.release = mmdemo_dma_streaming_release,
	.mmap = mmdemo_dma_streaming_mmap,
	.unlocked_ioctl = mmdemo_dma_streaming_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
