// SPDX-License-Identifier: GPL-2.0
/*
 * device: registers of a PCI device, mapped at once in ->mmap.
 *
 * There is no struct page behind registers, so there is nothing to count: page-table entries are made for
 * page frame numbers. The memory type is the point: uncached, unbuffered, in order (Device-nGnRnE on
 * arm64), set in vm_page_prot before the entries are made. The edu device answers accesses of 4 bytes.
 */
#include "mmdemo.h"

#include <linux/io.h>
#include <linux/module.h>

static int mmdemo_device_open(struct inode *inode, struct file *file)
{
	return mmdemo_edu_open_regs(file, "device"); /* for CAP_SYS_RAWIO only */
}

static void mmdemo_device_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_DEVICE, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_device_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_DEVICE, mmdemo_vma_range(vma));
}

static int mmdemo_device_place(struct file *file, mmdemo_request *req);

/* This makes mmdemo_device_mmap, or mmdemo_device_mmap_prepare on kernels where drivers use that. */
MMDEMO_MMAP_ENTRY(mmdemo_device, MMDEMO_DEVICE)

/* No .fault: a touch of an entry that is not there is SIGBUS, never a fresh page. */
/* clang-format off */
static const struct vm_operations_struct mmdemo_device_vm_ops = {
	.open = mmdemo_device_vm_open,
	.close = mmdemo_device_vm_close,
	MMDEMO_MAPPED(mmdemo_device)
};
/* clang-format on */

static int mmdemo_device_place(struct file *file, mmdemo_request *req)
{
	struct mmdemo_edu *edu = file->private_data;
	struct mmdemo_range range = mmdemo_request_range(req);
	unsigned long flags = mmdemo_request_flags(req);
	int err = mmdemo_check_raw(file, range, edu->bar_len, &flags);

	if (err)
		return err;
	mmdemo_request_set(req, flags, pgprot_noncached(mmdemo_request_prot(req)), &mmdemo_device_vm_ops);
	return mmdemo_request_ioremap(req, PHYS_PFN(edu->bar) + range.pgoff);
}

static long mmdemo_device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mmdemo_edu *edu = file->private_data;

	return mmdemo_info_ioctl(MMDEMO_DEVICE, edu->bar_len, cmd, arg);
}

const struct file_operations mmdemo_device_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_device_open,
	.release = mmdemo_edu_release_regs,
	MMDEMO_MMAP(mmdemo_device),
	.unlocked_ioctl = mmdemo_device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
