/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The one list of the kinds. The driver's table, the numbers of mmdemo_uapi.h, the tracepoints' names and
 * mmdemo-use expand it: a kind is a row here, a file kind_<name>.c in the driver (mmdemo_<ident>_fops) and a
 * use_ops in a file use_*.c (use_<ident>).
 *
 * X(ID, ident, number, name, mode, about, shows)
 *   number  never changes; it is the `kind` argument of the driver's tracepoints
 *   name    of the node /dev/mmdemo/<name>; ident is the same for C
 *   mode    of the node
 *   about   one line: how this kind maps memory
 *   shows   one line: what mmtrace must show for it
 */
#ifndef MMDEMO_KINDS_H
#define MMDEMO_KINDS_H

/* clang-format off */
#define MMDEMO_KINDS(X) \
	X(FILE, file, 1, "file", 0666, \
	  "pages of a shmem file, found one by one by .fault", \
	  "driver_mmap mmdemo_file_mmap, no install, one fault per touched page, driver_close") \
	X(DEVICE, device, 2, "device", 0600, \
	  "registers of a PCI device (BAR 0 of QEMU's edu), io_remap_pfn_range, uncached", \
	  "driver_mmap mmdemo_device_mmap, one pfn_map run over the BAR, Device-nGnRnE, no faults") \
	X(DMA_COHERENT, dma_coherent, 3, "dma-coherent", 0666, \
	  "coherent DMA memory of the edu device, dma_mmap_coherent; the device copies in it", \
	  "driver_mmap mmdemo_dma_coherent_mmap, dma_map with the pfn_map run inside it, no faults") \
	X(SHARED, shared, 4, "shared", 0666, \
	  "one contiguous buffer for all openers, remap_pfn_range, counted by vm_ops open and close", \
	  "driver_mmap mmdemo_shared_mmap, one pfn_map run, driver_open per copy, driver_close per VMA") \
	/* 5 contig, 6 pages, 7 vmalloc-fault, 8 vmalloc-remap, 9 pfn-fault, 10 mixed, 11 huge, 12 device-wc, */ \
	/* 13 dma-streaming, 14 dma-nc, 15 dma-buf, 16 access, 17 write-notify */
/* clang-format on */

#endif
