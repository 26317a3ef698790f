// SPDX-License-Identifier: GPL-2.0
/*
 * pages: single pages from anywhere in memory, put into the mapping in ->mmap, counted.
 *
 * Unlike remap_pfn_range these functions take a reference of each page and count it as mapped. Such pages can
 * be pinned by others (get_user_pages, so O_DIRECT and RDMA work on them) and may then live longer than
 * mapping and file: so they are given up with put_page, and freed by whoever drops the last reference.
 * MMDEMO_IOC_WAY selects, for mmap calls to come, among four functions that end in the same:
 *
 *   vm_insert_page       one page at one address; the loop is the driver's
 *   vm_insert_pages      many pages, one page-table lock for as many as lie in one page table
 *   vm_map_pages         the whole array; looks at the VMA's size and offset by itself
 *   vm_map_pages_zero    the same but from the array's first page, whatever offset the caller gave
 */
#include "mmdemo.h"

#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define MMDEMO_PAGES_SIZE ((u64)MMDEMO_PAGES_PAGES << PAGE_SHIFT)

struct mmdemo_pages {
	u32 way; /* enum mmdemo_pages_way, read once per mmap */
	struct page *pages[MMDEMO_PAGES_PAGES];
};

static void mmdemo_pages_free(struct mmdemo_pages *p)
{
	unsigned int i;

	for (i = 0; i < MMDEMO_PAGES_PAGES && p->pages[i]; i++)
		put_page(p->pages[i]);
	kfree(p);
}

static int mmdemo_pages_open(struct inode *inode, struct file *file)
{
	struct mmdemo_pages *p = kzalloc(sizeof(*p), GFP_KERNEL);
	unsigned int i;

	if (!p)
		return -ENOMEM;
	for (i = 0; i < MMDEMO_PAGES_PAGES; i++) {
		p->pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!p->pages[i]) {
			mmdemo_pages_free(p);
			return -ENOMEM;
		}
	}
	file->private_data = p;
	return 0;
}

static int mmdemo_pages_release(struct inode *inode, struct file *file)
{
	mmdemo_pages_free(file->private_data);
	return 0;
}

static void mmdemo_pages_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_PAGES, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_pages_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_PAGES, mmdemo_vma_range(vma));
}

static const struct vm_operations_struct mmdemo_pages_vm_ops = {
	.open = mmdemo_pages_vm_open,
	.close = mmdemo_pages_vm_close,
};

static int mmdemo_pages_one_by_one(struct vm_area_struct *vma, struct page **pages, unsigned long num)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < num && !err; i++)
		err = vm_insert_page(vma, vma->vm_start + (i << PAGE_SHIFT), pages[i]);
	return err; /* what was put in until then goes with the mapping */
}

static int mmdemo_pages_insert(struct vm_area_struct *vma, struct mmdemo_pages *p, u32 way)
{
	struct page **from = p->pages + vma->vm_pgoff;
	unsigned long num = vma_pages(vma);

	switch (way) {
	case MMDEMO_PAGES_INSERT_MANY:
		return vm_insert_pages(vma, vma->vm_start, from, &num); /* num becomes what is left */
	case MMDEMO_PAGES_MAP:
		return vm_map_pages(vma, p->pages, MMDEMO_PAGES_PAGES);
	case MMDEMO_PAGES_MAP_ZERO:
		/* It would show the first pages at any offset, so there must be none. */
		return vma->vm_pgoff ? -EINVAL : vm_map_pages_zero(vma, p->pages, MMDEMO_PAGES_PAGES);
	default:
		return mmdemo_pages_one_by_one(vma, from, num);
	}
}

static int mmdemo_pages_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct mmdemo_pages *p = file->private_data;
	unsigned long flags = vma->vm_flags;
	int err = mmdemo_check_raw(file, mmdemo_vma_range(vma), MMDEMO_PAGES_SIZE, &flags);

	if (err)
		return err;
	mmdemo_vma_set_flags(vma, flags);
	vma->vm_ops = &mmdemo_pages_vm_ops;
	err = mmdemo_pages_insert(vma, p, READ_ONCE(p->way));
	if (!err)
		mmdemo_vma_born(MMDEMO_PAGES, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
	return err;
}

static long mmdemo_pages_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mmdemo_pages *p = file->private_data;
	u32 way;

	if (cmd != MMDEMO_IOC_WAY)
		return mmdemo_info_ioctl(MMDEMO_PAGES, MMDEMO_PAGES_SIZE, cmd, arg);
	if (get_user(way, (u32 __user *)arg))
		return -EFAULT;
	if (way >= MMDEMO_PAGES_WAYS)
		return -EINVAL;
	WRITE_ONCE(p->way, way);
	return 0;
}

const struct file_operations mmdemo_pages_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_pages_open,
	.release = mmdemo_pages_release,
	.mmap = mmdemo_pages_mmap,
	.unlocked_ioctl = mmdemo_pages_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
