// SPDX-License-Identifier: GPL-2.0
/*
 * dma-coherent: coherent DMA memory, mapped by dma_mmap_coherent.
 *
 * Only the DMA layer knows what it gave out: lowmem, CMA, a remapped range, behind an IOMMU or not, cached
 * or not. So the driver never computes a page frame number here; it hands the VMA to the layer that
 * allocated. The buffer and the device are one for all openers; MMDEMO_IOC_DMA_COPY lets the device copy.
 */
#include "mmdemo.h"

#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/uaccess.h>

static int mmdemo_dma_coherent_open(struct inode *inode, struct file *file)
{
	struct mmdemo_edu *edu = mmdemo_edu_get("dma-coherent", true);

	if (IS_ERR(edu))
		return PTR_ERR(edu);
	file->private_data = edu;
	return 0;
}

static int mmdemo_dma_coherent_release(struct inode *inode, struct file *file)
{
	mmdemo_edu_put(file->private_data);
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

static int mmdemo_dma_coherent_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct mmdemo_edu *edu = file->private_data;
	unsigned long flags = vma->vm_flags;
	int err = mmdemo_check_raw(file, mmdemo_vma_range(vma), edu->buf_len, &flags);

	if (err)
		return err;
	mmdemo_vma_set_flags(vma, flags);
	vma->vm_ops = &mmdemo_dma_coherent_vm_ops;
	/* vm_pgoff is an offset into this very buffer, as dma_mmap_coherent wants it. */
	err = dma_mmap_coherent(&edu->pdev->dev, vma, edu->buf, edu->buf_dma, edu->buf_len);
	if (!err)
		mmdemo_vma_born(MMDEMO_DMA_COHERENT, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
	return err;
}

static long mmdemo_dma_copy(struct mmdemo_edu *edu, const struct mmdemo_dma_copy __user *arg)
{
	struct mmdemo_dma_copy c;
	u32 src_end, dst_end;

	if (copy_from_user(&c, arg, sizeof(c)))
		return -EFAULT;
	if (c.reserved || !c.len || (c.src | c.dst | c.len) & 3)
		return -EINVAL;
	if (check_add_overflow(c.src, c.len, &src_end) || check_add_overflow(c.dst, c.len, &dst_end))
		return -EINVAL;
	if (src_end > edu->buf_len || dst_end > edu->buf_len)
		return -EINVAL;
	/* Overlapping ranges would depend on the device's piece size. */
	if (c.src < dst_end && c.dst < src_end)
		return -EINVAL;
	return mmdemo_edu_copy(edu, c.src, c.dst, c.len);
}

static long mmdemo_dma_coherent_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mmdemo_edu *edu = file->private_data;

	if (cmd != MMDEMO_IOC_DMA_COPY)
		return mmdemo_info_ioctl(MMDEMO_DMA_COHERENT, edu->buf_len, cmd, arg);
	/* It changes memory that every opener sees. */
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	return mmdemo_dma_copy(edu, (const struct mmdemo_dma_copy __user *)arg);
}

const struct file_operations mmdemo_dma_coherent_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_dma_coherent_open,
	.release = mmdemo_dma_coherent_release,
	.mmap = mmdemo_dma_coherent_mmap,
	.unlocked_ioctl = mmdemo_dma_coherent_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
