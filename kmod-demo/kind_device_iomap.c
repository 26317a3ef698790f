// SPDX-License-Identifier: GPL-2.0
/*
 * device-iomap: the same registers by vm_iomap_memory.
 *
 * The helper for the usual case: given where the registers are and how many bytes, it takes the user's offset
 * and length from the VMA, refuses what lies outside and does the io_remap_pfn_range. What it leaves to the
 * driver is the memory type: unset, registers would be mapped as cached memory. Here it is that of the kernel's
 * own ioremap (Device-nGnRE on arm64: stores may be acknowledged early), so that both views of the registers agree.
 */
#include "mmdemo.h"

#include <linux/io.h>
#include <linux/module.h>

static int mmdemo_device_iomap_open(struct inode *inode, struct file *file)
{
	return mmdemo_edu_open_regs(file, "device-iomap");
}

static void mmdemo_device_iomap_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_DEVICE_IOMAP, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_device_iomap_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_DEVICE_IOMAP, mmdemo_vma_range(vma));
}

static int mmdemo_device_iomap_place(struct file *file, mmdemo_request *req);

MMDEMO_MMAP_ENTRY(mmdemo_device_iomap, MMDEMO_DEVICE_IOMAP)

/* clang-format off */
static const struct vm_operations_struct mmdemo_device_iomap_vm_ops = {
	.open = mmdemo_device_iomap_vm_open,
	.close = mmdemo_device_iomap_vm_close,
	MMDEMO_MAPPED(mmdemo_device_iomap)
};
/* clang-format on */

static int mmdemo_device_iomap_place(struct file *file, mmdemo_request *req)
{
	struct mmdemo_edu *edu = file->private_data;
	unsigned long flags = mmdemo_request_flags(req);
	/* The range would be checked by the helper as well; permissions are nobody's business but ours. */
	int err = mmdemo_check_raw(file, mmdemo_request_range(req), edu->bar_len, &flags);

	if (err)
		return err;
	mmdemo_request_set(req, flags, pgprot_device(mmdemo_request_prot(req)), &mmdemo_device_iomap_vm_ops);
	return mmdemo_request_iomap(req, edu->bar, edu->bar_len);
}

static long mmdemo_device_iomap_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mmdemo_edu *edu = file->private_data;

	return mmdemo_info_ioctl(MMDEMO_DEVICE_IOMAP, edu->bar_len, cmd, arg);
}

const struct file_operations mmdemo_device_iomap_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_device_iomap_open,
	.release = mmdemo_edu_release_regs,
	MMDEMO_MMAP(mmdemo_device_iomap),
	.unlocked_ioctl = mmdemo_device_iomap_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
