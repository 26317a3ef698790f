// SPDX-License-Identifier: GPL-2.0
/*
 * access: a mapping without pages that a debugger can read all the same.
 *
 * ptrace and /proc/PID/mem look for the page behind an address and find none here: remap_pfn_range made
 * the VMA VM_IO and VM_PFNMAP. Then they ask vm_ops->access, and without that the debugger is refused. A driver of
 * real memory-mapped I/O can use generic_access_phys; this buffer is the kernel's memory, so it is copied.
 * process_vm_readv and get_user_pages never ask: they want the page itself.
 *
 * Kernels call .access only where the architecture has CONFIG_HAVE_IOREMAP_PROT (arm64: not yet in 5.10).
 */
#include "mmdemo.h"

#include <linux/io.h>
#include <linux/module.h>

#define MMDEMO_ACCESS_SIZE ((u64)MMDEMO_ACCESS_PAGES << PAGE_SHIFT)

static int mmdemo_access_open(struct inode *inode, struct file *file)
{
	if (!IS_ENABLED(CONFIG_HAVE_IOREMAP_PROT)) {
		pr_info_ratelimited(
			"access refused: this kernel never calls vm_ops->access (CONFIG_HAVE_IOREMAP_PROT)\n");
		return -ENODEV;
	}
	file->private_data = alloc_pages_exact(MMDEMO_ACCESS_SIZE, GFP_KERNEL | __GFP_ZERO);
	return file->private_data ? 0 : -ENOMEM;
}

static int mmdemo_access_release(struct inode *inode, struct file *file)
{
	free_pages_exact(file->private_data, MMDEMO_ACCESS_SIZE);
	return 0;
}

static void mmdemo_access_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_ACCESS, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_access_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_ACCESS, mmdemo_vma_range(vma));
}

/* The address lies in the VMA; the length may go on behind it. How many bytes were copied, or an error. */
static int mmdemo_access_vm_access(struct vm_area_struct *vma, unsigned long addr, void *buf, int len, int write)
{
	void *mem = vma->vm_file->private_data;
	u64 offset = ((u64)vma->vm_pgoff << PAGE_SHIFT) + (addr - vma->vm_start);

	/* Nor may a debugger write shared memory that the program may not: the same holds for pages. */
	if (write && !(vma->vm_flags & VM_WRITE))
		return -EACCES;
	len = min_t(u64, len, vma->vm_end - addr);
	if (write)
		memcpy(mem + offset, buf, len);
	else
		memcpy(buf, mem + offset, len);
	return len;
}

static const struct vm_operations_struct mmdemo_access_vm_ops = {
	.open = mmdemo_access_vm_open,
	.close = mmdemo_access_vm_close,
	.access = mmdemo_access_vm_access,
};

static int mmdemo_access_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long flags = vma->vm_flags;
	int err = mmdemo_check_raw(file, mmdemo_vma_range(vma), MMDEMO_ACCESS_SIZE, &flags);

	if (err)
		return err;
	mmdemo_vma_set_flags(vma, flags);
	vma->vm_ops = &mmdemo_access_vm_ops;
	err = remap_pfn_range(vma, vma->vm_start, PHYS_PFN(virt_to_phys(file->private_data)) + vma->vm_pgoff,
			      vma->vm_end - vma->vm_start, vma->vm_page_prot);
	if (!err)
		mmdemo_vma_born(MMDEMO_ACCESS, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
	return err;
}

static long mmdemo_access_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return mmdemo_info_ioctl(MMDEMO_ACCESS, MMDEMO_ACCESS_SIZE, cmd, arg);
}

const struct file_operations mmdemo_access_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_access_open,
	.release = mmdemo_access_release,
	.mmap = mmdemo_access_mmap,
	.unlocked_ioctl = mmdemo_access_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
