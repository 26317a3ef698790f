// SPDX-License-Identifier: GPL-2.0
/*
 * mixed: .fault with vmf_insert_mixed, in a VMA where an address may stand for a page or for a bare frame.
 *
 * VM_PFNMAP says of a whole VMA: no pages here, look for none. VM_MIXEDMAP says: look at each entry. So one
 * mapping can hold video memory and system memory, or a file's pages and those of a persistent memory that has
 * no struct page. vmf_insert_mixed takes any frame number and marks the entry "special" (no page to be counted)
 * where the architecture has a bit for that, as arm64 and x86 have; elsewhere it counts frames that have a page.
 * So, as with vmf_insert_pfn, the memory must outlive the entries by the driver's own means: here by the file.
 */
#include "mmdemo.h"

#include <linux/io.h>
#include <linux/module.h>

#include "trace.h"

#define MMDEMO_MIXED_SIZE ((u64)MMDEMO_MIXED_PAGES << PAGE_SHIFT)

static int mmdemo_mixed_open(struct inode *inode, struct file *file)
{
	file->private_data = alloc_pages_exact(MMDEMO_MIXED_SIZE, GFP_KERNEL | __GFP_ZERO);
	return file->private_data ? 0 : -ENOMEM;
}

static int mmdemo_mixed_release(struct inode *inode, struct file *file)
{
	free_pages_exact(file->private_data, MMDEMO_MIXED_SIZE);
	return 0;
}

static void mmdemo_mixed_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_MIXED, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_mixed_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_MIXED, mmdemo_vma_range(vma));
}

static vm_fault_t mmdemo_mixed_fault(struct vm_fault *vmf)
{
	void *mem = vmf->vma->vm_file->private_data;
	vm_fault_t result = VM_FAULT_SIGBUS;

	if (vmf->pgoff < MMDEMO_MIXED_PAGES)
		result = mmdemo_insert_mixed(vmf, PHYS_PFN(virt_to_phys(mem)) + vmf->pgoff);
	trace_fault(MMDEMO_MIXED, vmf->address, vmf->pgoff, vmf->flags, (__force unsigned int)result);
	return result;
}

static const struct vm_operations_struct mmdemo_mixed_vm_ops = {
	.open = mmdemo_mixed_vm_open,
	.close = mmdemo_mixed_vm_close,
	.fault = mmdemo_mixed_fault,
};

static int mmdemo_mixed_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long flags = vma->vm_flags;
	int err = mmdemo_check_raw(file, mmdemo_vma_range(vma), MMDEMO_MIXED_SIZE, &flags);

	if (err)
		return err;
	mmdemo_vma_set_flags(vma, flags | VM_MIXEDMAP);
	vma->vm_ops = &mmdemo_mixed_vm_ops;
	mmdemo_vma_born(MMDEMO_MIXED, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
	return 0;
}

static long mmdemo_mixed_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return mmdemo_info_ioctl(MMDEMO_MIXED, MMDEMO_MIXED_SIZE, cmd, arg);
}

const struct file_operations mmdemo_mixed_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_mixed_open,
	.release = mmdemo_mixed_release,
	.mmap = mmdemo_mixed_mmap,
	.unlocked_ioctl = mmdemo_mixed_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
