// SPDX-License-Identifier: GPL-2.0
/*
 * dma-buf: memory with a file of its own, so that it can be given away.
 *
 * The driver exports its pages as a dma-buf; MMDEMO_IOC_DMA_BUF gives the program a descriptor of it, which may be
 * sent to another process or handed to another driver. Who maps that descriptor comes through the dma-buf
 * core, which checks offset and length against the buffer, into the exporter's mmap below. Who maps the device node
 * gets the same memory: its ->mmap passes the VMA on by dma_buf_mmap, as a driver does with a buffer it imported, and from
 * then on the VMA belongs to the buffer's file and not to the node's.
 *
 * Nobody counts VMAs here: each holds the buffer's file, and the pages go with the last holder, in release.
 */
#include "mmdemo.h"

#include <linux/module.h>

#if IS_ENABLED(CONFIG_DMA_SHARED_BUFFER)
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#define MMDEMO_BUF_SIZE ((size_t)MMDEMO_DMA_PAGES << PAGE_SHIFT)

MMDEMO_IMPORT_DMA_BUF;

struct mmdemo_dma_buf {
	struct page *pages[MMDEMO_DMA_PAGES];
};

static void mmdemo_dma_buf_free(struct mmdemo_dma_buf *buf)
{
	unsigned int i;

	for (i = 0; i < MMDEMO_DMA_PAGES; i++)
		if (buf->pages[i])
			__free_page(buf->pages[i]);
	kfree(buf);
}

static struct mmdemo_dma_buf *mmdemo_dma_buf_new(void)
{
	struct mmdemo_dma_buf *buf = kzalloc(sizeof(*buf), GFP_KERNEL);
	unsigned int i;

	for (i = 0; buf && i < MMDEMO_DMA_PAGES; i++) {
		buf->pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!buf->pages[i]) {
			mmdemo_dma_buf_free(buf);
			return NULL;
		}
	}
	return buf;
}

/* For importers, which are other drivers: the pages as their device sees them. */
static struct sg_table *mmdemo_dma_buf_map(struct dma_buf_attachment *at, enum dma_data_direction dir)
{
	struct mmdemo_dma_buf *buf = at->dmabuf->priv;
	struct sg_table *sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);
	int err;

	if (!sgt)
		return ERR_PTR(-ENOMEM);
	err = sg_alloc_table_from_pages(sgt, buf->pages, MMDEMO_DMA_PAGES, 0, MMDEMO_BUF_SIZE, GFP_KERNEL);
	if (err)
		goto err_sgt;
	err = dma_map_sgtable(at->dev, sgt, dir, 0);
	if (!err)
		return sgt;
	sg_free_table(sgt);
err_sgt:
	kfree(sgt);
	return ERR_PTR(err);
}

static void mmdemo_dma_buf_unmap(struct dma_buf_attachment *at, struct sg_table *sgt, enum dma_data_direction dir)
{
	dma_unmap_sgtable(at->dev, sgt, dir, 0);
	sg_free_table(sgt);
	kfree(sgt);
}

static void mmdemo_dma_buf_gone(struct dma_buf *dmabuf)
{
	mmdemo_dma_buf_free(dmabuf->priv);
}

static void mmdemo_dma_buf_vm_open(struct vm_area_struct *vma)
{
	mmdemo_vma_born(MMDEMO_DMA_BUF, mmdemo_vma_range(vma), MMDEMO_BY_COPY);
}

static void mmdemo_dma_buf_vm_close(struct vm_area_struct *vma)
{
	mmdemo_vma_gone(MMDEMO_DMA_BUF, mmdemo_vma_range(vma));
}

static const struct vm_operations_struct mmdemo_dma_buf_vm_ops = {
	.open = mmdemo_dma_buf_vm_open,
	.close = mmdemo_dma_buf_vm_close,
};

/*
 * The exporter's own mmap: page by page, because the pages lie anywhere. Exporters of big buffers do just this, some
 * thousand calls for one mapping. vm_file is the buffer's file already.
 */
static int mmdemo_dma_buf_export_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct mmdemo_dma_buf *buf = dmabuf->priv;
	unsigned long addr, i = vma->vm_pgoff, flags = vma->vm_flags;
	int err = mmdemo_check_raw(vma->vm_file, mmdemo_vma_range(vma), MMDEMO_BUF_SIZE, &flags);

	if (err)
		return err;
	mmdemo_vma_set_flags(vma, flags);
	vma->vm_ops = &mmdemo_dma_buf_vm_ops;
	for (addr = vma->vm_start; addr < vma->vm_end && !err; addr += PAGE_SIZE)
		err = remap_pfn_range(vma, addr, page_to_pfn(buf->pages[i++]), PAGE_SIZE, vma->vm_page_prot);
	/* If one failed, those before it are still mapped: the core takes them out, before it lets go of the file. */
	if (!err)
		mmdemo_vma_born(MMDEMO_DMA_BUF, mmdemo_vma_range(vma), MMDEMO_BY_MMAP);
	return err;
}

static const struct dma_buf_ops mmdemo_dma_buf_ops = {
	.map_dma_buf = mmdemo_dma_buf_map,
	.unmap_dma_buf = mmdemo_dma_buf_unmap,
	.mmap = mmdemo_dma_buf_export_mmap,
	.release = mmdemo_dma_buf_gone,
};

static int mmdemo_dma_buf_open(struct inode *inode, struct file *file)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *dmabuf;

	info.ops = &mmdemo_dma_buf_ops;
	info.size = MMDEMO_BUF_SIZE;
	info.flags = O_RDWR;
	info.priv = mmdemo_dma_buf_new();
	if (!info.priv)
		return -ENOMEM;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf)) {
		mmdemo_dma_buf_free(info.priv);
		return PTR_ERR(dmabuf);
	}
	file->private_data = dmabuf;
	return 0;
}

static int mmdemo_dma_buf_release(struct inode *inode, struct file *file)
{
	dma_buf_put(file->private_data);
	return 0;
}

static int mmdemo_dma_buf_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long flags = vma->vm_flags;
	/* Against this file's mode: the buffer's own file, which takes its place, can always be written. */
	int err = mmdemo_check_raw(file, mmdemo_vma_range(vma), MMDEMO_BUF_SIZE, &flags);

	if (err)
		return err;
	mmdemo_vma_set_flags(vma, flags);
	return dma_buf_mmap(file->private_data, vma, vma->vm_pgoff);
}

static long mmdemo_dma_buf_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct dma_buf *dmabuf = file->private_data;
	int fd;

	if (cmd != MMDEMO_IOC_DMA_BUF)
		return mmdemo_info_ioctl(MMDEMO_DMA_BUF, MMDEMO_BUF_SIZE, cmd, arg);
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	/* The descriptor owns a reference from the moment it exists, as another thread can close it at once. */
	get_dma_buf(dmabuf);
	fd = dma_buf_fd(dmabuf, O_CLOEXEC);
	if (fd < 0)
		dma_buf_put(dmabuf);
	return fd;
}
#else
static int mmdemo_dma_buf_open(struct inode *inode, struct file *file)
{
	pr_info_ratelimited("dma-buf refused: this kernel has no dma-buf (CONFIG_DMA_SHARED_BUFFER)\n");
	return -ENODEV;
}

#define mmdemo_dma_buf_release NULL
#define mmdemo_dma_buf_mmap    NULL
#define mmdemo_dma_buf_ioctl   NULL
#endif

const struct file_operations mmdemo_dma_buf_fops = {
	.owner = THIS_MODULE,
	.open = mmdemo_dma_buf_open,
	.release = mmdemo_dma_buf_release,
	.mmap = mmdemo_dma_buf_mmap,
	.unlocked_ioctl = mmdemo_dma_buf_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
