// SPDX-License-Identifier: GPL-2.0
/*
 * shared: one buffer, seen by everyone who opens the device.
 *
 * remap_pfn_range takes no reference of the pages it maps, so the buffer must outlive every mapping by the
 * driver's own counting: one reference per open file and one per VMA. ->mmap is called for the first VMA
 * only; VMAs made by fork, split and mremap come through vm_ops->open, and every VMA ends in
 * vm_ops->close. A driver that forgets open frees the buffer under a child's feet.
 */
#include "mmdemo.h"

#include <linux/io.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/slab.h>

#define MMDEMO_SHARED_SIZE ((u64)MMDEMO_SHARED_PAGES << PAGE_SHIFT)

struct mmdemo_shared {
	struct kref ref;
	void *mem;
};

static DEFINE_MUTEX(mmdemo_shared_lock); /* guards the pointer and the way from 0 to 1 reference */
static struct mmdemo_shared *mmdemo_shared_buf;

/* Why alloc_pages_exact: see contig. */
static struct mmdemo_shared *mmdemo_shared_new(void)
{
	struct mmdemo_shared *buf = kzalloc(sizeof(*buf), GFP_KERNEL);

	if (!buf)
		return NULL;
	buf->mem = alloc_pages_exact(MMDEMO_SHARED_SIZE, GFP_KERNEL | __GFP_ZERO);
	if (!buf->mem) {
		kfree(buf);
		return NULL;
	}
	kref_init(&buf->ref);
	return buf;
}

/* Called with mmdemo_shared_lock held, by kref_put_mutex. */
static void mmdemo_shared_free(struct kref *ref)
{
	struct mmdemo_shared *buf = container_of(ref, struct mmdemo_shared, ref);

	mmdemo_shared_buf = NULL;
	mutex_unlock(&mmdemo_shared_lock);
	free_pages_exact(buf->mem, MMDEMO_SHARED_SIZE);
	kfree(buf);
}

static void mmdemo_shared_put(struct mmdemo_shared *buf)
{
	kref_put_mutex(&buf->ref, mmdemo_shared_free, &mmdemo_shared_lock);
}

static int mmdemo_shared_open(struct inode *inode, struct file *file)
{
	struct mmdemo_shared *buf;

	mutex_lock(&mmdemo_shared_lock);
	buf = mmdemo_shared_buf;
	if (buf)
		kref_get(&buf->ref);
	else
		buf = mmdemo_shared_buf = mmdemo_shared_new();
	mutex_unlock(&mmdemo_shared_lock);
	file->private_data = buf;
	return buf ? 0 : -ENOMEM;
}

static int mmdemo_shared_release(struct inode *inode, struct file *file)
{
	mmdemo_shared_put(file->private_data);
	return 0;
}

static void mmdemo_shared_vm_open(struct vm_area_struct *vma)
{
	struct mmdemo_shared *buf = vma->vm_private_data;

	kref_get(&buf->ref);
	mmdemo_vma_born(MMDEMO_SHARED, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_shared_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_SHARED, mmdemo_vma_range(vma));
	/* The file is put after this call, so the lock is never taken for freeing under the mmap lock. */
	mmdemo_shared_put(vma->vm_private_data);
}

static const struct vm_operations_struct mmdemo_shared_vm_ops = {
	.open = mmdemo_shared_vm_open,
	.close = mmdemo_shared_vm_close,
};

static int mmdemo_shared_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct mmdemo_shared *buf = file->private_data;
	unsigned long flags = vma->vm_flags;
	int err = mmdemo_check_raw(file, mmdemo_vma_range(vma), MMDEMO_SHARED_SIZE, &flags);

	if (err)
		return err;
	mmdemo_vma_set_flags(vma, flags);
	vma->vm_private_data = buf;
	vma->vm_ops = &mmdemo_shared_vm_ops;
	/* The VMA's own protection: a constant here would make a read-only mapping writable. */
	err = remap_pfn_range(vma, vma->vm_start, PHYS_PFN(virt_to_phys(buf->mem)) + vma->vm_pgoff,
			      vma->vm_end - vma->vm_start, vma->vm_page_prot);
	if (err)
		return err; /* a mapping that failed is never closed: no reference was taken for it */
	kref_get(&buf->ref);
	mmdemo_vma_born(MMDEMO_SHARED, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
	return 0;
}

static long mmdemo_shared_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return mmdemo_info_ioctl(MMDEMO_SHARED, MMDEMO_SHARED_SIZE, cmd, arg);
}

const struct file_operations mmdemo_shared_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_shared_open,
	.release = mmdemo_shared_release,
	.mmap = mmdemo_shared_mmap,
	.unlocked_ioctl = mmdemo_shared_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
