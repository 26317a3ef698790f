// SPDX-License-Identifier: GPL-2.0
/*
 * write-notify: the driver is told of the first write to each page.
 *
 * A driver with .page_mkwrite or .pfn_mkwrite gets entries without write permission, also where the program may
 * write. The first write faults, and the driver may take its time, refuse, or note the page: so file systems
 * reserve space, and drivers learn which part of a frame buffer has to be sent to the panel. The first half
 * of this buffer are pages of a shmem file, told by .page_mkwrite; the second half are bare frames, told by
 * .pfn_mkwrite. Both can be in one VMA because it is VM_MIXEDMAP.
 *
 * MMDEMO_IOC_WRITTEN answers which pages were written since it was last asked, and takes the entries away, so
 * that the next write is told again. Notes first, then entries: a write in between is in the data, and one
 * after it is told.
 */
#include "mmdemo.h"

#include <linux/io.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "trace.h"

#define MMDEMO_NOTIFY_SIZE ((u64)MMDEMO_NOTIFY_PAGES << PAGE_SHIFT)
#define MMDEMO_NOTIFY_HALF (MMDEMO_NOTIFY_PAGES / 2)
#define MMDEMO_NOTIFY_MEM  ((u64)MMDEMO_NOTIFY_HALF << PAGE_SHIFT)

struct mmdemo_notify {
	struct file *shm;
	void *mem;
	atomic_long_t written; /* a bit per page */
};

static int mmdemo_write_notify_open(struct inode *inode, struct file *file)
{
	struct mmdemo_notify *n = kzalloc(sizeof(*n), GFP_KERNEL);
	int err = -ENOMEM;

	BUILD_BUG_ON(MMDEMO_NOTIFY_PAGES > BITS_PER_LONG);
	if (!n)
		return err;
	n->mem = alloc_pages_exact(MMDEMO_NOTIFY_MEM, GFP_KERNEL | __GFP_ZERO);
	if (!n->mem)
		goto err_state;
	n->shm = mmdemo_shmem_file("mmdemo-write-notify", MMDEMO_NOTIFY_MEM);
	if (IS_ERR(n->shm)) {
		err = PTR_ERR(n->shm);
		goto err_mem;
	}
	file->private_data = n;
	/* As for the kind file: VMAs are found from the pages of the shmem file. */
	file->f_mapping = n->shm->f_mapping;
	file->f_wb_err = filemap_sample_wb_err(file->f_mapping);
	return 0;

err_mem:
	free_pages_exact(n->mem, MMDEMO_NOTIFY_MEM);
err_state:
	kfree(n);
	return err;
}

static int mmdemo_write_notify_release(struct inode *inode, struct file *file)
{
	struct mmdemo_notify *n = file->private_data;

	fput(n->shm);
	free_pages_exact(n->mem, MMDEMO_NOTIFY_MEM);
	kfree(n);
	return 0;
}

static void mmdemo_write_notify_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_WRITE_NOTIFY, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_write_notify_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_WRITE_NOTIFY, mmdemo_vma_range(vma));
}

static vm_fault_t mmdemo_write_notify_fault(struct vm_fault *vmf)
{
	struct mmdemo_notify *n = vmf->vma->vm_file->private_data;
	vm_fault_t result = VM_FAULT_SIGBUS;
	struct page *page;

	if (vmf->pgoff < MMDEMO_NOTIFY_HALF) {
		page = shmem_read_mapping_page(n->shm->f_mapping, vmf->pgoff);
		result = IS_ERR(page) ? vmf_error(PTR_ERR(page)) : 0;
		if (!result)
			vmf->page = page;
	} else if (vmf->pgoff < MMDEMO_NOTIFY_PAGES) {
		result = mmdemo_insert_mixed(vmf, PHYS_PFN(virt_to_phys(n->mem)) + vmf->pgoff - MMDEMO_NOTIFY_HALF);
	}
	trace_fault(MMDEMO_WRITE_NOTIFY, vmf->address, vmf->pgoff, vmf->flags, (__force unsigned int)result);
	return result;
}

/* The page must come back locked, so that nobody truncates it before the entry is writable. */
static vm_fault_t mmdemo_write_notify_page_mkwrite(struct vm_fault *vmf)
{
	struct mmdemo_notify *n = vmf->vma->vm_file->private_data;

	if (!mmdemo_page_lock(vmf->page, n->shm->f_mapping))
		return VM_FAULT_NOPAGE; /* it left the file meanwhile: fault again */
	atomic_long_or(BIT(vmf->pgoff), &n->written);
	return VM_FAULT_LOCKED;
}

static vm_fault_t mmdemo_write_notify_pfn_mkwrite(struct vm_fault *vmf)
{
	struct mmdemo_notify *n = vmf->vma->vm_file->private_data;

	atomic_long_or(BIT(vmf->pgoff), &n->written);
	return 0; /* the core makes the entry writable */
}

static const struct vm_operations_struct mmdemo_write_notify_vm_ops = {
	.open = mmdemo_write_notify_vm_open,
	.close = mmdemo_write_notify_vm_close,
	.fault = mmdemo_write_notify_fault,
	.page_mkwrite = mmdemo_write_notify_page_mkwrite,
	.pfn_mkwrite = mmdemo_write_notify_pfn_mkwrite,
};

static int mmdemo_write_notify_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long flags = vma->vm_flags;
	int err = mmdemo_check_raw(file, mmdemo_vma_range(vma), MMDEMO_NOTIFY_SIZE, &flags);

	if (err)
		return err;
	mmdemo_vma_set_flags(vma, flags | VM_MIXEDMAP);
	vma->vm_ops = &mmdemo_write_notify_vm_ops;
	mmdemo_vma_born(MMDEMO_WRITE_NOTIFY, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
	return 0;
}

static long mmdemo_write_notify_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mmdemo_notify *n = file->private_data;
	u64 written;

	if (cmd != MMDEMO_IOC_WRITTEN)
		return mmdemo_info_ioctl(MMDEMO_WRITE_NOTIFY, MMDEMO_NOTIFY_SIZE, cmd, arg);
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	written = atomic_long_xchg(&n->written, 0);
	unmap_mapping_range(file->f_mapping, 0, 0, 1);
	if (!put_user(written, (u64 __user *)arg))
		return 0;
	atomic_long_or(written, &n->written); /* nobody was told */
	return -EFAULT;
}

const struct file_operations mmdemo_write_notify_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_write_notify_open,
	.release = mmdemo_write_notify_release,
	.mmap = mmdemo_write_notify_mmap,
	.unlocked_ioctl = mmdemo_write_notify_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
