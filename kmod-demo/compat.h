/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only file that knows kernel releases. Everything below is one change of the kernel's driver
 * interface between 5.10 and 7.2, named with the release that made it; the rest of the module is
 * written once, against the names of this file.
 */
#ifndef MMDEMO_COMPAT_H
#define MMDEMO_COMPAT_H

#include <linux/device.h>
#include <linux/huge_mm.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/version.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#include <linux/pfn_t.h>
#endif

/* What user space asked for: addresses, and the offset in pages. */
struct mmdemo_range {
	unsigned long start;
	unsigned long end;
	unsigned long pgoff;
};

static inline struct mmdemo_range mmdemo_vma_range(const struct vm_area_struct *vma)
{
	return (struct mmdemo_range){ vma->vm_start, vma->vm_end, vma->vm_pgoff };
}

/* 6.3: vma->vm_flags may only be written through wrappers, which assert the mmap write lock. */
static inline void mmdemo_vma_set_flags(struct vm_area_struct *vma, unsigned long flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_mod(vma, flags, ~flags);
#else
	vma->vm_flags = flags;
#endif
}

/*
 * 7.1: a driver can leave ->mmap for ->mmap_prepare. It gets a description of the mapping before there is a VMA, writes
 * into it what it wants, and the core does the rest and then calls vm_ops->mapped, once, if the mapping came to be.
 * (->mmap_prepare is of 6.16 and its remap actions of 6.19, but without ->mapped, 7.1, nothing can be counted.)
 * A kind written against mmdemo_request works both ways: it defines <kind>_place(), has MMDEMO_MMAP_ENTRY once, and
 * MMDEMO_MMAP and MMDEMO_MAPPED in its tables (the latter last and without a comma: it may be nothing).
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
typedef struct vm_area_desc mmdemo_request;

static inline struct mmdemo_range mmdemo_request_range(const mmdemo_request *req)
{
	return (struct mmdemo_range){ req->start, req->end, req->pgoff };
}

static inline unsigned long mmdemo_request_flags(const mmdemo_request *req)
{
	return vma_flags_to_legacy(req->vma_flags);
}

static inline void mmdemo_request_set(mmdemo_request *req, unsigned long flags, pgprot_t prot,
				      const struct vm_operations_struct *ops)
{
	req->vma_flags = legacy_to_vma_flags(flags);
	req->page_prot = prot;
	req->vm_ops = ops;
}

static inline pgprot_t mmdemo_request_prot(const mmdemo_request *req)
{
	return req->page_prot;
}

static inline int mmdemo_request_ioremap(mmdemo_request *req, unsigned long pfn)
{
	mmap_action_ioremap_full(req, pfn);
	return 0;
}

static inline int mmdemo_request_iomap(mmdemo_request *req, phys_addr_t start, unsigned long len)
{
	mmap_action_simple_ioremap(req, start, len);
	return 0;
}

#define MMDEMO_MMAP_ENTRY(kind, id)                                                                                 \
	static int kind##_mmap_prepare(struct vm_area_desc *desc)                                                   \
	{                                                                                                           \
		return kind##_place(desc->file, desc);                                                              \
	}                                                                                                           \
	static int kind##_vm_mapped(unsigned long start, unsigned long end, pgoff_t pgoff, const struct file *file, \
				    void **private_data)                                                            \
	{                                                                                                           \
		mmdemo_vma_born(id, (struct mmdemo_range){ start, end, pgoff }, MMDEMO_BY_MMAP);                    \
		return 0;                                                                                           \
	}
#define MMDEMO_MMAP(kind)   .mmap_prepare = kind##_mmap_prepare
#define MMDEMO_MAPPED(kind) .mapped = kind##_vm_mapped
#else
typedef struct vm_area_struct mmdemo_request;

static inline struct mmdemo_range mmdemo_request_range(const mmdemo_request *req)
{
	return mmdemo_vma_range(req);
}

static inline unsigned long mmdemo_request_flags(const mmdemo_request *req)
{
	return req->vm_flags;
}

static inline void mmdemo_request_set(mmdemo_request *req, unsigned long flags, pgprot_t prot,
				      const struct vm_operations_struct *ops)
{
	mmdemo_vma_set_flags(req, flags);
	req->vm_page_prot = prot;
	req->vm_ops = ops;
}

static inline pgprot_t mmdemo_request_prot(const mmdemo_request *req)
{
	return req->vm_page_prot;
}

static inline int mmdemo_request_ioremap(mmdemo_request *req, unsigned long pfn)
{
	return io_remap_pfn_range(req, req->vm_start, pfn, req->vm_end - req->vm_start, req->vm_page_prot);
}

static inline int mmdemo_request_iomap(mmdemo_request *req, phys_addr_t start, unsigned long len)
{
	return vm_iomap_memory(req, start, len);
}

#define MMDEMO_MMAP_ENTRY(kind, id)                                                 \
	static int kind##_mmap(struct file *file, struct vm_area_struct *vma)       \
	{                                                                           \
		int err = kind##_place(file, vma);                                  \
                                                                                    \
		if (!err)                                                           \
			mmdemo_vma_born(id, mmdemo_vma_range(vma), MMDEMO_BY_MMAP); \
		return err;                                                         \
	}
#define MMDEMO_MMAP(kind) .mmap = kind##_mmap
#define MMDEMO_MAPPED(kind)
#endif

/* 6.17: frame numbers lost their type pfn_t, whose upper bits were flags. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define mmdemo_pfn(pfn) (pfn)
#else
#define mmdemo_pfn(pfn) __pfn_to_pfn_t(pfn, 0)
#endif

static inline vm_fault_t mmdemo_insert_mixed(struct vm_fault *vmf, unsigned long pfn)
{
	return vmf_insert_mixed(vmf->vma, vmf->address, mmdemo_pfn(pfn));
}

static inline vm_fault_t mmdemo_insert_pmd(struct vm_fault *vmf, unsigned long pfn)
{
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	return vmf_insert_pfn_pmd(vmf, mmdemo_pfn(pfn), vmf->flags & FAULT_FLAG_WRITE);
#else
	return VM_FAULT_FALLBACK;
#endif
}

/* 6.6: vm_ops->huge_fault gets an order, no longer an enum of its own. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
typedef unsigned int mmdemo_entry_size;
#define mmdemo_entry_is_pmd(size) ((size) == PMD_SHIFT - PAGE_SHIFT)
#else
typedef enum page_entry_size mmdemo_entry_size;
#define mmdemo_entry_is_pmd(size) ((size) == PE_SIZE_PMD)
#endif

/* 5.11: vm_ops->split is called may_split. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
#define mmdemo_may_split may_split
#else
#define mmdemo_may_split split
#endif

/* 5.16: folios. Locks the page's folio if it still belongs to the file; else it is left unlocked. */
static inline bool mmdemo_page_lock(struct page *page, const struct address_space *mapping)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
	struct folio *folio = page_folio(page);

	folio_lock(folio);
	if (folio->mapping == mapping)
		return true;
	folio_unlock(folio);
#else
	lock_page(page);
	if (page->mapping == mapping)
		return true;
	unlock_page(page);
#endif
	return false;
}

/* 5.13: dma_mmap_pages, for memory of dma_alloc_pages (5.10). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 13, 0)
#define MMDEMO_HAS_DMA_MMAP_PAGES 1
#define mmdemo_dma_mmap_pages	  dma_mmap_pages
#else
#define MMDEMO_HAS_DMA_MMAP_PAGES		    0
#define mmdemo_dma_mmap_pages(dev, vma, size, page) (-EOPNOTSUPP)
#endif

/* 5.16: what exports and maps dma-bufs lives in a namespace of symbols; 6.13: its name became a string. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define MMDEMO_IMPORT_DMA_BUF MODULE_IMPORT_NS("DMA_BUF")
#else
#define MMDEMO_IMPORT_DMA_BUF MODULE_IMPORT_NS(DMA_BUF)
#endif

/* 7.0: the flags of shmem_file_setup() became a bitmap type. */
static inline struct file *mmdemo_shmem_file(const char *name, loff_t size)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
	return shmem_file_setup(name, size, EMPTY_VMA_FLAGS);
#else
	return shmem_file_setup(name, size, 0);
#endif
}

/* 6.4: class_create() lost its module argument. */
static inline struct class *mmdemo_class_create(const char *name)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return class_create(name);
#else
	return class_create(THIS_MODULE, name);
#endif
}

/* 6.2: class->devnode() takes a const device. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
typedef const struct device mmdemo_devnode_dev;
#else
typedef struct device mmdemo_devnode_dev;
#endif

#endif
