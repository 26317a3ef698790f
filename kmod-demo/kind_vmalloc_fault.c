// SPDX-License-Identifier: GPL-2.0
/*
 * vmalloc-fault: a buffer that is contiguous only in the kernel's addresses, handed out page by page by .fault.
 *
 * virt_to_phys means nothing for vmalloc memory: its pages lie anywhere, vmalloc_to_page finds each. The core
 * makes the entry and counts the page, as for a page of a file; this costs a fault per page that is touched
 * and nothing for those that are not. Its twin vmalloc-remap pays for all of them in ->mmap.
 */
#include "mmdemo.h"

#include <linux/module.h>
#include <linux/vmalloc.h>

#include "trace.h"

#define MMDEMO_VMALLOC_SIZE ((u64)MMDEMO_VMALLOC_PAGES << PAGE_SHIFT)

static int mmdemo_vmalloc_fault_open(struct inode *inode, struct file *file)
{
	/* Zeroed, as what user space will see must be. */
	file->private_data = vmalloc_user(MMDEMO_VMALLOC_SIZE);
	return file->private_data ? 0 : -ENOMEM;
}

static int mmdemo_vmalloc_fault_release(struct inode *inode, struct file *file)
{
	vfree(file->private_data);
	return 0;
}

static void mmdemo_vmalloc_fault_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_VMALLOC_FAULT, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_vmalloc_fault_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_VMALLOC_FAULT, mmdemo_vma_range(vma));
}

static vm_fault_t mmdemo_vmalloc_fault_fault(struct vm_fault *vmf)
{
	void *mem = vmf->vma->vm_file->private_data;
	vm_fault_t result = VM_FAULT_SIGBUS;

	if (vmf->pgoff < MMDEMO_VMALLOC_PAGES) {
		vmf->page = vmalloc_to_page(mem + (vmf->pgoff << PAGE_SHIFT));
		get_page(vmf->page); /* for the entry that the core makes; given up when it goes */
		result = 0;
	}
	trace_fault(MMDEMO_VMALLOC_FAULT, vmf->address, vmf->pgoff, vmf->flags, (__force unsigned int)result);
	return result;
}

static const struct vm_operations_struct mmdemo_vmalloc_fault_vm_ops = {
	.open = mmdemo_vmalloc_fault_vm_open,
	.close = mmdemo_vmalloc_fault_vm_close,
	.fault = mmdemo_vmalloc_fault_fault,
};

static int mmdemo_vmalloc_fault_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long flags = vma->vm_flags;
	int err = mmdemo_check_raw(file, mmdemo_vma_range(vma), MMDEMO_VMALLOC_SIZE, &flags);

	if (err)
		return err;
	mmdemo_vma_set_flags(vma, flags);
	vma->vm_ops = &mmdemo_vmalloc_fault_vm_ops;
	mmdemo_vma_born(MMDEMO_VMALLOC_FAULT, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
	return 0;
}

static long mmdemo_vmalloc_fault_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return mmdemo_info_ioctl(MMDEMO_VMALLOC_FAULT, MMDEMO_VMALLOC_SIZE, cmd, arg);
}

const struct file_operations mmdemo_vmalloc_fault_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_vmalloc_fault_open,
	.release = mmdemo_vmalloc_fault_release,
	.mmap = mmdemo_vmalloc_fault_mmap,
	.unlocked_ioctl = mmdemo_vmalloc_fault_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
