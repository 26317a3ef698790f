// SPDX-License-Identifier: GPL-2.0
/*
 * vmalloc-remap: a vmalloc buffer, mapped at once in ->mmap by remap_vmalloc_range.
 *
 * It takes only memory that was allocated for it: vmalloc_user, which zeroes it and marks the area. It goes
 * through the area page by page with vm_insert_page, so the pages are counted and lie where they like.
 */
#include "mmdemo.h"

#include <linux/module.h>
#include <linux/vmalloc.h>

#define MMDEMO_VMALLOC_SIZE ((u64)MMDEMO_VMALLOC_PAGES << PAGE_SHIFT)

static int mmdemo_vmalloc_remap_open(struct inode *inode, struct file *file)
{
	file->private_data = vmalloc_user(MMDEMO_VMALLOC_SIZE);
	return file->private_data ? 0 : -ENOMEM;
}

static int mmdemo_vmalloc_remap_release(struct inode *inode, struct file *file)
{
	vfree(file->private_data);
	return 0;
}

static void mmdemo_vmalloc_remap_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_VMALLOC_REMAP, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_vmalloc_remap_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_VMALLOC_REMAP, mmdemo_vma_range(vma));
}

static const struct vm_operations_struct mmdemo_vmalloc_remap_vm_ops = {
	.open = mmdemo_vmalloc_remap_vm_open,
	.close = mmdemo_vmalloc_remap_vm_close,
};

static int mmdemo_vmalloc_remap_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long flags = vma->vm_flags;
	int err = mmdemo_check_raw(file, mmdemo_vma_range(vma), MMDEMO_VMALLOC_SIZE, &flags);

	if (err)
		return err;
	mmdemo_vma_set_flags(vma, flags);
	vma->vm_ops = &mmdemo_vmalloc_remap_vm_ops;
	/* The offset is in pages of the area; the VMA's own must be handed on, it is not used by itself. */
	err = remap_vmalloc_range(vma, file->private_data, vma->vm_pgoff);
	if (!err)
		mmdemo_vma_born(MMDEMO_VMALLOC_REMAP, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
	return err;
}

static long mmdemo_vmalloc_remap_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return mmdemo_info_ioctl(MMDEMO_VMALLOC_REMAP, MMDEMO_VMALLOC_SIZE, cmd, arg);
}

const struct file_operations mmdemo_vmalloc_remap_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_vmalloc_remap_open,
	.release = mmdemo_vmalloc_remap_release,
	.mmap = mmdemo_vmalloc_remap_mmap,
	.unlocked_ioctl = mmdemo_vmalloc_remap_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
