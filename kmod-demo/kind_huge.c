// SPDX-License-Identifier: GPL-2.0
/*
 * huge: one page-table entry of the next level (2 MiB with 4 KiB pages, 32 MiB with 16 KiB) for the whole buffer.
 *
 * Before it makes a page table of small entries the core asks .huge_fault. It may put one large entry in if
 * address and memory are aligned to it and the VMA spans it; else it answers VM_FAULT_FALLBACK and .fault is
 * called for a small one. Who maps part of the buffer, or at another alignment, gets small entries.
 *
 * Not every kernel asks: 6.0 to 6.5 do not for a VMA of frame numbers, and none does where transparent huge
 * pages are off (/sys/kernel/mm/transparent_hugepage/enabled: never). MMDEMO_IOC_HUGE tells what was asked and made.
 *
 * The mapping is meant to be one entry. Unmapping or protecting a part of it would tear that into small ones,
 * so .may_split refuses, as the kernel's own device-dax does.
 */
#include "mmdemo.h"

#include <linux/io.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "trace.h"

#define MMDEMO_HUGE_ORDER (PMD_SHIFT - PAGE_SHIFT)
#define MMDEMO_HUGE_PAGES (1ul << MMDEMO_HUGE_ORDER)

struct mmdemo_huge {
	struct page *first;
	atomic_t asked; /* calls of .huge_fault */
	atomic_t large; /* entries made */
	atomic_t small;
};

static int mmdemo_huge_open(struct inode *inode, struct file *file)
{
	struct mmdemo_huge *h;

	if (!IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE)) {
		pr_info_ratelimited("huge refused: this kernel has no CONFIG_TRANSPARENT_HUGEPAGE\n");
		return -ENODEV;
	}
	h = kzalloc(sizeof(*h), GFP_KERNEL);
	if (!h)
		return -ENOMEM;
	/* Buddies are aligned to their size, so frame and entry can be. */
	h->first = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL, MMDEMO_HUGE_ORDER);
	if (!h->first) {
		pr_info_ratelimited("huge refused: no %lu contiguous bytes are free\n", PMD_SIZE);
		kfree(h);
		return -ENOMEM;
	}
	file->private_data = h;
	return 0;
}

static int mmdemo_huge_release(struct inode *inode, struct file *file)
{
	struct mmdemo_huge *h = file->private_data;

	__free_pages(h->first, MMDEMO_HUGE_ORDER);
	kfree(h);
	return 0;
}

static void mmdemo_huge_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_HUGE, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_huge_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_HUGE, mmdemo_vma_range(vma));
}

static int mmdemo_huge_vm_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return IS_ALIGNED(addr, PMD_SIZE) ? 0 : -EINVAL;
}

/* The offset, in pages, of what an aligned entry around the address would show; false if it cannot be one. */
static bool mmdemo_huge_fits(const struct vm_fault *vmf, unsigned long *pgoff)
{
	const struct vm_area_struct *vma = vmf->vma;
	unsigned long start = vmf->address & PMD_MASK;

	if (start < vma->vm_start || vma->vm_end - start < PMD_SIZE)
		return false;
	*pgoff = vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT);
	return *pgoff == 0; /* the buffer has room for one, at its beginning */
}

static vm_fault_t mmdemo_huge_huge_fault(struct vm_fault *vmf, mmdemo_entry_size size)
{
	struct mmdemo_huge *h = vmf->vma->vm_file->private_data;
	vm_fault_t result = VM_FAULT_FALLBACK;
	unsigned long pgoff = vmf->pgoff;

	atomic_inc(&h->asked);
	if (mmdemo_entry_is_pmd(size) && mmdemo_huge_fits(vmf, &pgoff))
		result = mmdemo_insert_pmd(vmf, page_to_pfn(h->first) + pgoff);
	if (result == VM_FAULT_NOPAGE)
		atomic_inc(&h->large);
	trace_fault(MMDEMO_HUGE, vmf->address, pgoff, vmf->flags, (__force unsigned int)result);
	return result;
}

static vm_fault_t mmdemo_huge_fault(struct vm_fault *vmf)
{
	struct mmdemo_huge *h = vmf->vma->vm_file->private_data;
	vm_fault_t result = VM_FAULT_SIGBUS;

	if (vmf->pgoff < MMDEMO_HUGE_PAGES)
		result = vmf_insert_pfn(vmf->vma, vmf->address, page_to_pfn(h->first) + vmf->pgoff);
	if (result == VM_FAULT_NOPAGE)
		atomic_inc(&h->small);
	trace_fault(MMDEMO_HUGE, vmf->address, vmf->pgoff, vmf->flags, (__force unsigned int)result);
	return result;
}

static const struct vm_operations_struct mmdemo_huge_vm_ops = {
	.open = mmdemo_huge_vm_open,
	.close = mmdemo_huge_vm_close,
	.mmdemo_may_split = mmdemo_huge_vm_may_split,
	.fault = mmdemo_huge_fault,
	.huge_fault = mmdemo_huge_huge_fault,
};

static int mmdemo_huge_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long flags = vma->vm_flags;
	int err = mmdemo_check_raw(file, mmdemo_vma_range(vma), PMD_SIZE, &flags);

	if (err)
		return err;
	mmdemo_vma_set_flags(vma, flags | VM_PFNMAP);
	vma->vm_ops = &mmdemo_huge_vm_ops;
	mmdemo_vma_born(MMDEMO_HUGE, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
	return 0;
}

static long mmdemo_huge_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mmdemo_huge *h = file->private_data;
	struct mmdemo_huge_made made = {
		.asked = atomic_read(&h->asked),
		.large = atomic_read(&h->large),
		.small = atomic_read(&h->small),
	};

	if (cmd != MMDEMO_IOC_HUGE)
		return mmdemo_info_ioctl(MMDEMO_HUGE, PMD_SIZE, cmd, arg);
	return copy_to_user((void __user *)arg, &made, sizeof(made)) ? -EFAULT : 0;
}

const struct file_operations mmdemo_huge_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_huge_open,
	.release = mmdemo_huge_release,
	.mmap = mmdemo_huge_mmap,
	.unlocked_ioctl = mmdemo_huge_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
