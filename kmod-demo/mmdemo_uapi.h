/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the demo driver and its users share: the numbers of the kinds (they are the `kind` argument of
 * the driver's tracepoints) and the ioctls.
 */
#ifndef MMDEMO_UAPI_H
#define MMDEMO_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#include "kinds.h"

#define MMDEMO_ID(ID, ident, number, name, mode, about, shows) MMDEMO_##ID = (number),

enum mmdemo_id {
	MMDEMO_KINDS(MMDEMO_ID) /* MMDEMO_FILE and so on */
	MMDEMO_ID_END = 32,	/* numbers are smaller */
};

#undef MMDEMO_ID

/* How a VMA was born: argument `how` of the tracepoint mmdemo:vma_open. */
enum mmdemo_how {
	MMDEMO_BY_MMAP = 0, /* the driver's ->mmap */
	MMDEMO_BY_COPY = 1, /* vm_ops->open: fork, split or mremap made a second VMA */
};

struct mmdemo_info {
	__u32 kind; /* enum mmdemo_id */
	__u32 maps; /* VMAs of this kind alive in the whole system */
	__u64 size; /* bytes that can be mapped, from offset 0 */
};

/* One copy inside the DMA buffer, made by the device. Offsets and length in bytes, multiples of 4. */
struct mmdemo_dma_copy {
	__u32 src;
	__u32 dst;
	__u32 len;
	__u32 reserved; /* must be 0 */
};

/* Arguments of MMDEMO_IOC_WAY: which function of the kernel makes the entries. */
enum mmdemo_pages_way {
	MMDEMO_PAGES_INSERT = 0, /* vm_insert_page */
	MMDEMO_PAGES_INSERT_MANY = 1,
	MMDEMO_PAGES_MAP = 2,
	MMDEMO_PAGES_MAP_ZERO = 3, /* offset 0 only: EINVAL at any other */
	MMDEMO_PAGES_WAYS,
};

enum mmdemo_pfn_way {
	MMDEMO_PFN_INSERT = 0, /* vmf_insert_pfn */
	MMDEMO_PFN_INSERT_PROT = 1,
	MMDEMO_PFN_WAYS,
};

/*
 * How dma-coherent maps from now on, and what memory: an argument of MMDEMO_IOC_WAY. Each file begins with
 * SMALL. The others have 32 MiB (or what the module's parameter dma_mb says), for which the kernel needs a CMA pool.
 */
enum mmdemo_dma_way {
	MMDEMO_DMA_WAY_SMALL = 0,     /* a few pages, dma_mmap_coherent; the only one in which the device copies */
	MMDEMO_DMA_WAY_LARGE = 1,     /* likewise */
	MMDEMO_DMA_WAY_ATTRS = 2,     /* dma_mmap_attrs, allocated as write-combining */
	MMDEMO_DMA_WAY_PAGES = 3,     /* dma_mmap_pages; EOPNOTSUPP before Linux 5.13 */
	MMDEMO_DMA_WAY_PAGEWISE = 4,  /* the memory of PAGES, one remap_pfn_range for each page */
	MMDEMO_DMA_WAY_SCATTERED = 5, /* likewise, but page i of the mapping is page i * STRIDE % pages of the memory */
};

#define MMDEMO_DMA_WAY_STRIDE 1237 /* odd, so that it visits each of 2^n pages once */

#define MMDEMO_DELAY_MAX_US 1000000

/* For this open file: how often the kernel asked for a large entry, and the entries that were made. */
struct mmdemo_huge_made {
	__u32 asked;
	__u32 large;
	__u32 small;
};

#define MMDEMO_IOC_INFO	    _IOR('~', 0x40, struct mmdemo_info)	    /* every kind */
#define MMDEMO_IOC_DMA_COPY _IOW('~', 0x41, struct mmdemo_dma_copy) /* dma-*; EINVAL, EIO, ETIMEDOUT, ENODEV */
/*
 * pages (mmap calls to come), pfn-fault (faults to come); EINVAL. dma-coherent (all of this file): EBUSY once it was mapped,
 * ENOMEM and the log says why, EOPNOTSUPP.
 */
#define MMDEMO_IOC_WAY	 _IOW('~', 0x50, __u32)
#define MMDEMO_IOC_DELAY _IOW('~', 0x51, __u32) /* pfn-fault: microseconds that each fault sleeps; EINVAL */
#define MMDEMO_IOC_FRESH _IO('~', 0x52) /* pfn-fault: other memory, zeroed, behind the same mappings; EBADF, ENOMEM */
#define MMDEMO_IOC_HUGE	 _IOR('~', 0x53, struct mmdemo_huge_made) /* huge */
#define MMDEMO_IOC_WRITTEN \
	_IOR('~', 0x54, __u64)		  /* write-notify: bit N: page N was written since the last call; EBADF */
#define MMDEMO_IOC_DMA_BUF _IO('~', 0x55) /* dma-buf: gives a descriptor of the buffer, close-on-exec; EBADF */

#endif
