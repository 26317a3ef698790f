// SPDX-License-Identifier: GPL-2.0
/*
 * file: pages of a shmem file, handed out by .fault.
 *
 * Nothing is mapped in ->mmap. The first touch of each page faults, the driver finds the page and gives
 * a reference of it to the core, which makes the page-table entry, counts the page as mapped and drops
 * the reference at munmap. Such pages are ordinary memory: they can be swapped, copied on write and
 * pinned. Each open file has its own memory, freed with the last mapping, because a mapping holds its file.
 */
#include "mmdemo.h"

#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>

#include "trace.h"

#define MMDEMO_FILE_SIZE ((u64)MMDEMO_FILE_PAGES << PAGE_SHIFT)

static int mmdemo_file_open(struct inode *inode, struct file *file)
{
	struct file *shm = mmdemo_shmem_file("mmdemo-file", MMDEMO_FILE_SIZE);

	if (IS_ERR(shm))
		return PTR_ERR(shm);
	file->private_data = shm;
	/*
	 * VMAs are found from their pages through the file's mapping (reclaim, migration, truncation). Ours
	 * show pages of the shmem file at the same offsets, so they belong into the tree of that file.
	 */
	file->f_mapping = shm->f_mapping;
	file->f_wb_err = filemap_sample_wb_err(file->f_mapping);
	return 0;
}

static int mmdemo_file_release(struct inode *inode, struct file *file)
{
	fput(file->private_data);
	return 0;
}

static void mmdemo_file_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_FILE, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_file_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_FILE, mmdemo_vma_range(vma));
}

static vm_fault_t mmdemo_file_fault(struct vm_fault *vmf)
{
	struct file *shm = vmf->vma->vm_private_data;
	vm_fault_t result = VM_FAULT_SIGBUS;
	struct page *page;

	/* Checked again although ->mmap did: the bound must hold where the page is taken. */
	if (vmf->pgoff < MMDEMO_FILE_PAGES) {
		page = shmem_read_mapping_page(shm->f_mapping, vmf->pgoff);
		if (IS_ERR(page)) {
			result = vmf_error(PTR_ERR(page));
		} else {
			vmf->page = page; /* with the reference that the lookup took */
			result = 0;
		}
	}
	trace_fault(MMDEMO_FILE, vmf->address, vmf->pgoff, vmf->flags, (__force unsigned int)result);
	return result;
}

static const struct vm_operations_struct mmdemo_file_vm_ops = {
	.open = mmdemo_file_vm_open,
	.close = mmdemo_file_vm_close,
	.fault = mmdemo_file_fault,
};

static int mmdemo_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	int err = mmdemo_check_range(mmdemo_vma_range(vma), MMDEMO_FILE_SIZE);

	if (err)
		return err;
	/* Private and executable mappings are fine here: pages of a file can be copied and hold no registers. */
	mmdemo_vma_set_flags(vma, vma->vm_flags | VM_DONTEXPAND);
	vma->vm_private_data = file->private_data;
	vma->vm_ops = &mmdemo_file_vm_ops;
	mmdemo_vma_born(MMDEMO_FILE, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
	return 0;
}

static long mmdemo_file_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return mmdemo_info_ioctl(MMDEMO_FILE, MMDEMO_FILE_SIZE, cmd, arg);
}

const struct file_operations mmdemo_file_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_file_open,
	.release = mmdemo_file_release,
	.mmap = mmdemo_file_mmap,
	.unlocked_ioctl = mmdemo_file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
