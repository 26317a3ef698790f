// SPDX-License-Identifier: GPL-2.0
/*
 * contig: physically contiguous memory of the kernel, mapped at once in ->mmap.
 *
 * Why alloc_pages_exact and not kmalloc: kmalloc's memory belongs to the slab allocator, which keeps other
 * objects or its own data in the same page and uses the page's fields itself. What user space maps must be
 * whole pages that are nobody else's, zeroed so that no old kernel data can be read. And why not
 * __get_free_pages: it gives powers of two, this gives back what is over (here 4 pages of 16). Larger than
 * some MB it does not go: that takes memory set aside for it (CMA), see dma-coherent.
 *
 * Each open file has its own buffer. remap_pfn_range takes no reference of the pages, but a mapping holds
 * its file: the buffer is freed in ->release, and no entry is left then.
 */
#include "mmdemo.h"

#include <linux/io.h>
#include <linux/module.h>
#include <linux/string.h>

/*
 * Mistakes to be found: what a driver does that
 *
 *   memtype   maps its memory write-combined, though the kernel has it cached: two types of one memory
 *   offset    ignores the offset: whatever is asked for, its first page is the mapping's first
 *   close     has no vm_ops->close: its count of mappings never falls
 *   refuse    finds a reason to refuse each mapping
 *
 * Only writing here makes a mistake, and only mappings made from then on have it.
 */
static char mmdemo_contig_broken[16];
module_param_string(contig_broken, mmdemo_contig_broken, sizeof(mmdemo_contig_broken), 0644);
MODULE_PARM_DESC(contig_broken, "a mistake that the kind contig makes: memtype, offset, close or refuse");

static bool mmdemo_contig_is(const char *mistake)
{
	return sysfs_streq(mmdemo_contig_broken, mistake);
}

#define MMDEMO_CONTIG_SIZE ((u64)MMDEMO_CONTIG_PAGES << PAGE_SHIFT)

static int mmdemo_contig_open(struct inode *inode, struct file *file)
{
	file->private_data = alloc_pages_exact(MMDEMO_CONTIG_SIZE, GFP_KERNEL | __GFP_ZERO);
	return file->private_data ? 0 : -ENOMEM;
}

static int mmdemo_contig_release(struct inode *inode, struct file *file)
{
	free_pages_exact(file->private_data, MMDEMO_CONTIG_SIZE);
	return 0;
}

static void mmdemo_contig_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_CONTIG, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_contig_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_CONTIG, mmdemo_vma_range(vma));
}

/* No .fault: every entry is made in ->mmap, and a split, a move or a fork takes the entries along. */
static const struct vm_operations_struct mmdemo_contig_vm_ops = {
	.open = mmdemo_contig_vm_open,
	.close = mmdemo_contig_vm_close,
};

static const struct vm_operations_struct mmdemo_contig_vm_ops_broken = {
	.open = mmdemo_contig_vm_open,
};

static int mmdemo_contig_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long flags = vma->vm_flags, pfn = PHYS_PFN(virt_to_phys(file->private_data));
	int err = mmdemo_check_raw(file, mmdemo_vma_range(vma), MMDEMO_CONTIG_SIZE, &flags);
	/* Memory like all memory of the kernel: the VMA's own protection says so, and must not be made another. */
	pgprot_t prot = vma->vm_page_prot;

	if (!err && mmdemo_contig_is("refuse"))
		err = -ENXIO;
	if (err)
		return err;
	if (mmdemo_contig_is("memtype"))
		prot = pgprot_writecombine(prot);
	if (!mmdemo_contig_is("offset"))
		pfn += vma->vm_pgoff;
	mmdemo_vma_set_flags(vma, flags);
	vma->vm_ops = mmdemo_contig_is("close") ? &mmdemo_contig_vm_ops_broken : &mmdemo_contig_vm_ops;
	err = remap_pfn_range(vma, vma->vm_start, pfn, vma->vm_end - vma->vm_start, prot);
	if (!err)
		mmdemo_vma_born(MMDEMO_CONTIG, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
	return err;
}

static long mmdemo_contig_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return mmdemo_info_ioctl(MMDEMO_CONTIG, MMDEMO_CONTIG_SIZE, cmd, arg);
}

const struct file_operations mmdemo_contig_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_contig_open,
	.release = mmdemo_contig_release,
	.mmap = mmdemo_contig_mmap,
	.unlocked_ioctl = mmdemo_contig_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
