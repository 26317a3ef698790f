// SPDX-License-Identifier: GPL-2.0
/*
 * pfn-fault: no entry in ->mmap, one page frame number per fault.
 *
 * For memory without struct page, or whose pages must not be counted, that is to appear only when touched:
 * the frames behind it can change (video memory, a window that moves), or there are too many. .fault puts the
 * entry in by itself and answers VM_FAULT_NOPAGE: there is no page for the core to deal with. The VMA must be
 * VM_PFNMAP before the first fault, which remap_pfn_range would have set by itself.
 *
 *   MMDEMO_IOC_WAY     vmf_insert_pfn, or vmf_insert_pfn_prot, which takes a protection of this entry's own.
 *                      Ours is the VMA's: the memory is the same everywhere.
 *   MMDEMO_IOC_DELAY   microseconds that each fault sleeps, as in a driver that waits for its device
 *   MMDEMO_IOC_FRESH   new memory: entries first, then the pages they stand for ("zap before free")
 */
#include "mmdemo.h"

#include <linux/delay.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "trace.h"

#define MMDEMO_PFN_FAULT_SIZE ((u64)MMDEMO_PFN_FAULT_PAGES << PAGE_SHIFT)

struct mmdemo_pfn_fault {
	struct mutex lock; /* guards mem: no entry for it is made while it is exchanged */
	void *mem;
	u32 way;
	u32 delay_us;
};

static int mmdemo_pfn_fault_open(struct inode *inode, struct file *file)
{
	struct mmdemo_pfn_fault *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	p->mem = alloc_pages_exact(MMDEMO_PFN_FAULT_SIZE, GFP_KERNEL | __GFP_ZERO);
	if (!p->mem) {
		kfree(p);
		return -ENOMEM;
	}
	mutex_init(&p->lock);
	file->private_data = p;
	return 0;
}

static int mmdemo_pfn_fault_release(struct inode *inode, struct file *file)
{
	struct mmdemo_pfn_fault *p = file->private_data;

	free_pages_exact(p->mem, MMDEMO_PFN_FAULT_SIZE);
	kfree(p);
	return 0;
}

static void mmdemo_pfn_fault_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_PFN_FAULT, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_pfn_fault_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_PFN_FAULT, mmdemo_vma_range(vma));
}

static vm_fault_t mmdemo_pfn_fault_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mmdemo_pfn_fault *p = vma->vm_file->private_data;
	u32 delay_us = READ_ONCE(p->delay_us);
	vm_fault_t result = VM_FAULT_SIGBUS;
	unsigned long pfn;

	if (delay_us)
		usleep_range(delay_us, delay_us + delay_us / 16 + 1);
	if (vmf->pgoff < MMDEMO_PFN_FAULT_PAGES) {
		mutex_lock(&p->lock);
		pfn = PHYS_PFN(virt_to_phys(p->mem)) + vmf->pgoff;
		/* Of two threads that fault for one page the second finds the first one's entry, and that is fine. */
		if (READ_ONCE(p->way) == MMDEMO_PFN_INSERT_PROT)
			result = vmf_insert_pfn_prot(vma, vmf->address, pfn, vma->vm_page_prot);
		else
			result = vmf_insert_pfn(vma, vmf->address, pfn);
		mutex_unlock(&p->lock);
	}
	trace_fault(MMDEMO_PFN_FAULT, vmf->address, vmf->pgoff, vmf->flags, (__force unsigned int)result);
	return result;
}

static const struct vm_operations_struct mmdemo_pfn_fault_vm_ops = {
	.open = mmdemo_pfn_fault_vm_open,
	.close = mmdemo_pfn_fault_vm_close,
	.fault = mmdemo_pfn_fault_fault,
};

static int mmdemo_pfn_fault_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long flags = vma->vm_flags;
	int err = mmdemo_check_raw(file, mmdemo_vma_range(vma), MMDEMO_PFN_FAULT_SIZE, &flags);

	if (err)
		return err;
	mmdemo_vma_set_flags(vma, flags | VM_PFNMAP);
	vma->vm_ops = &mmdemo_pfn_fault_vm_ops;
	mmdemo_vma_born(MMDEMO_PFN_FAULT, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
	return 0;
}

static long mmdemo_pfn_fault_fresh(struct file *file, struct mmdemo_pfn_fault *p)
{
	void *old, *mem = alloc_pages_exact(MMDEMO_PFN_FAULT_SIZE, GFP_KERNEL | __GFP_ZERO);

	if (!mem)
		return -ENOMEM;
	mutex_lock(&p->lock);
	old = p->mem;
	p->mem = mem;
	/*
	 * Every entry of every mapping of this device, so also of other open files: those fault again and get the
	 * page they had. Only then may the pages go. A fault that waits for the lock will see the new memory.
	 */
	unmap_mapping_range(file->f_mapping, 0, 0, 1);
	mutex_unlock(&p->lock);
	free_pages_exact(old, MMDEMO_PFN_FAULT_SIZE);
	return 0;
}

static long mmdemo_pfn_fault_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mmdemo_pfn_fault *p = file->private_data;
	u32 value;

	if (cmd == MMDEMO_IOC_FRESH)
		return file->f_mode & FMODE_WRITE ? mmdemo_pfn_fault_fresh(file, p) : -EBADF;
	if (cmd != MMDEMO_IOC_WAY && cmd != MMDEMO_IOC_DELAY)
		return mmdemo_info_ioctl(MMDEMO_PFN_FAULT, MMDEMO_PFN_FAULT_SIZE, cmd, arg);
	if (get_user(value, (u32 __user *)arg))
		return -EFAULT;
	if (value >= (cmd == MMDEMO_IOC_WAY ? MMDEMO_PFN_WAYS : MMDEMO_DELAY_MAX_US + 1))
		return -EINVAL;
	if (cmd == MMDEMO_IOC_WAY)
		WRITE_ONCE(p->way, value);
	else
		WRITE_ONCE(p->delay_us, value);
	return 0;
}

const struct file_operations mmdemo_pfn_fault_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_pfn_fault_open,
	.release = mmdemo_pfn_fault_release,
	.mmap = mmdemo_pfn_fault_mmap,
	.unlocked_ioctl = mmdemo_pfn_fault_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
