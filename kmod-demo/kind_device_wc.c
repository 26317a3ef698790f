// SPDX-License-Identifier: GPL-2.0
/*
 * device-wc: the same registers write-combined.
 *
 * What makes the difference is one attribute of the page-table entries: Normal-NC on arm64, where the CPU may
 * gather stores, split them, reorder them and read ahead of the program. That is what a frame buffer or a
 * device's memory wants, whose bytes only have to arrive; registers want kind_device.c. The edu device is
 * mapped so because it has no other BAR, and because none of its registers changes by being read.
 */
#include "mmdemo.h"

#include <linux/io.h>
#include <linux/module.h>

static int mmdemo_device_wc_open(struct inode *inode, struct file *file)
{
	return mmdemo_edu_open_regs(file, "device-wc");
}

static void mmdemo_device_wc_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_DEVICE_WC, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_device_wc_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_DEVICE_WC, mmdemo_vma_range(vma));
}

static int mmdemo_device_wc_place(struct file *file, mmdemo_request *req);

MMDEMO_MMAP_ENTRY(mmdemo_device_wc, MMDEMO_DEVICE_WC)

/* clang-format off */
static const struct vm_operations_struct mmdemo_device_wc_vm_ops = {
	.open = mmdemo_device_wc_vm_open,
	.close = mmdemo_device_wc_vm_close,
	MMDEMO_MAPPED(mmdemo_device_wc)
};
/* clang-format on */

static int mmdemo_device_wc_place(struct file *file, mmdemo_request *req)
{
	struct mmdemo_edu *edu = file->private_data;
	struct mmdemo_range range = mmdemo_request_range(req);
	unsigned long flags = mmdemo_request_flags(req);
	int err = mmdemo_check_raw(file, range, edu->bar_len, &flags);

	if (err)
		return err;
	mmdemo_request_set(req, flags, pgprot_writecombine(mmdemo_request_prot(req)), &mmdemo_device_wc_vm_ops);
	return mmdemo_request_ioremap(req, PHYS_PFN(edu->bar) + range.pgoff);
}

static long mmdemo_device_wc_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mmdemo_edu *edu = file->private_data;

	return mmdemo_info_ioctl(MMDEMO_DEVICE_WC, edu->bar_len, cmd, arg);
}

const struct file_operations mmdemo_device_wc_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_device_wc_open,
	.release = mmdemo_edu_release_regs,
	MMDEMO_MMAP(mmdemo_device_wc),
	.unlocked_ioctl = mmdemo_device_wc_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
