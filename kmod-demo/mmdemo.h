/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the module share. A kind of mapping is one file kind_<name>.c with its
 * file_operations, and one row in kinds.h.
 */
#ifndef MMDEMO_H
#define MMDEMO_H

#ifndef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#endif

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pci.h>

#include "compat.h"
#include "mmdemo_uapi.h"

/* Buffer sizes in pages, so that the same numbers of faults and PTEs hold with 4 KiB and 16 KiB pages. */
#define MMDEMO_FILE_PAGES      16
#define MMDEMO_SHARED_PAGES    4
#define MMDEMO_DMA_PAGES       4
#define MMDEMO_CONTIG_PAGES    12
#define MMDEMO_PAGES_PAGES     8
#define MMDEMO_VMALLOC_PAGES   8
#define MMDEMO_PFN_FAULT_PAGES 8
#define MMDEMO_MIXED_PAGES     8
#define MMDEMO_ACCESS_PAGES    4
#define MMDEMO_NOTIFY_PAGES    8 /* one half pages, one half frames */

struct mmdemo_kind {
	unsigned int id;		    /* enum mmdemo_id */
	const char *name;		    /* /dev/mmdemo/<name> */
	const struct file_operations *fops; /* ->mmap is the kind's own function, so a tracer can name it */
	umode_t mode;			    /* of the device node */
	const char *about;		    /* one line: how this kind maps memory */
	const char *shows;		    /* one line: what mmtrace must show for it */
};

/* -EINVAL unless the range lies within `size` bytes of the kind. */
int mmdemo_check_range(struct mmdemo_range range, u64 size);
/*
 * The same for memory that is no file content, and its permissions: shared only (-EINVAL), never executable
 * (-EPERM). `flags` are the VM_* of the mapping; they get what such a mapping must have and lose what it must
 * never come to have.
 */
int mmdemo_check_raw(const struct file *file, struct mmdemo_range range, u64 size, unsigned long *flags);
/* Count and trace a VMA's birth and end. Opens and closes of a kind must balance. */
void mmdemo_vma_born(unsigned int id, struct mmdemo_range range, enum mmdemo_how how);
void mmdemo_vma_gone(unsigned int id, struct mmdemo_range range);
/* Answers MMDEMO_IOC_INFO; -ENOTTY for any other command. */
long mmdemo_info_ioctl(unsigned int id, u64 size, unsigned int cmd, unsigned long arg);

/* QEMU's edu device, used by the kinds that need a device; there is at most one. */
struct mmdemo_edu {
	struct pci_dev *pdev;
	void __iomem *regs;
	phys_addr_t bar; /* BAR 0 as the CPU sees it */
	u64 bar_len;
	bool dma_ok;	   /* the device was seen to reach memory */
	struct mutex lock; /* one transfer at a time */
	struct completion done;
	refcount_t users; /* open files, and the driver binding itself */
	struct completion idle;
};

/*
 * For open: ERR_PTR(-ENODEV) and a line in the log that says why, if `kind` cannot work on this machine. NULL for `kind`:
 * no line.
 */
struct mmdemo_edu *mmdemo_edu_get(const char *kind, bool need_dma);
void mmdemo_edu_put(struct mmdemo_edu *edu);
/* ->open and ->release of the kinds that are registers: -EPERM without CAP_SYS_RAWIO; private_data is the edu device. */
int mmdemo_edu_open_regs(struct file *file, const char *kind);
int mmdemo_edu_release_regs(struct inode *inode, struct file *file);
/* Copy from one DMA address to another by the device. The caller checked the ranges, and owns the memory. */
int mmdemo_edu_copy(struct mmdemo_edu *edu, dma_addr_t src, dma_addr_t dst, u32 len);
/* Reads and checks the argument of MMDEMO_IOC_DMA_COPY on memory of `size` bytes. May fault: take no lock of ->mmap. */
int mmdemo_dma_copy_arg(const struct file *file, const struct mmdemo_dma_copy __user *arg, u64 size,
			struct mmdemo_dma_copy *c);
int mmdemo_edu_register(void);
void mmdemo_edu_unregister(void);

/* The platform device. need_nc: only if DMA goes past the CPU's caches. Errors as for edu. */
struct device *mmdemo_plat_get(const char *kind, bool need_nc);
void mmdemo_plat_put(struct device *dev);
int mmdemo_plat_register(void);
void mmdemo_plat_unregister(void);

/* Memory of dma-coherent, by sort: one for all openers, zeroed, here from the first user to the last. */
enum mmdemo_dma_mem_sort { MMDEMO_MEM_SMALL, MMDEMO_MEM_LARGE, MMDEMO_MEM_ATTRS, MMDEMO_MEM_PAGES };

struct mmdemo_dma_mem {
	bool pages;	     /* of dma_alloc_pages, else of dma_alloc_attrs */
	unsigned long attrs; /* DMA_ATTR_* */
	struct device *dev;
	size_t size;
	dma_addr_t dma;
	void *cpu;	   /* not if pages */
	struct page *page; /* only if pages: the first */
	unsigned int users;
};

/* ERR_PTR: -ENOMEM (and a line in the log), -EINVAL for a useless dma_mb, -EBUSY if there is some of another device. */
struct mmdemo_dma_mem *mmdemo_dma_mem_get(struct device *dev, enum mmdemo_dma_mem_sort sort);
void mmdemo_dma_mem_put(struct mmdemo_dma_mem *mem);

#define MMDEMO_FOPS(ID, ident, number, name, mode, about, shows) \
	extern const struct file_operations mmdemo_##ident##_fops;
MMDEMO_KINDS(MMDEMO_FOPS)
#undef MMDEMO_FOPS

#endif
