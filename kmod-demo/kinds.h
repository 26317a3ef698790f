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
	X(DEVICE_WC, device_wc, 12, "device-wc", 0600, \
	  "the same registers write-combined", \
	  "driver_mmap mmdemo_device_wc_mmap, one pfn_map run over the BAR, Normal-NC, no faults") \
	X(DEVICE_IOMAP, device_iomap, 18, "device-iomap", 0600, \
	  "the same registers by vm_iomap_memory, with the type of the kernel's own ioremap", \
	  "driver_mmap mmdemo_device_iomap_mmap, one pfn_map run by vm_iomap_memory, Device-nGnRE, no faults") \
	X(DMA_COHERENT, dma_coherent, 3, "dma-coherent", 0666, \
	  "DMA memory by dma_mmap_coherent, in which the edu device copies; ioctl: 32 MiB of CMA in 5 ways", \
	  "driver_mmap mmdemo_dma_coherent_mmap, dma_map with the pfn_map run inside it, no faults") \
	X(DMA_STREAMING, dma_streaming, 13, "dma-streaming", 0666, \
	  "cached pages lent to the edu device by dma_map_page and synced for each copy, vm_map_pages", \
	  "driver_mmap mmdemo_dma_streaming_mmap, one page_map run by vm_map_pages, Normal-WB, no faults") \
	X(DMA_NC, dma_nc, 14, "dma-nc", 0666, \
	  "coherent DMA memory of a device that does not see the CPU's caches, dma_mmap_coherent", \
	  "driver_mmap mmdemo_dma_nc_mmap, dma_map with the pfn_map run inside it, Normal-NC, no faults") \
	X(DMA_BUF, dma_buf, 15, "dma-buf", 0666, \
	  "exported as a dma-buf, whose descriptor another process maps; remap_pfn_range page by page", \
	  "driver_mmap mmdemo_dma_buf_mmap, dma_buf_mmap, one pfn_map run of 4 calls, no faults") \
	X(SHARED, shared, 4, "shared", 0666, \
	  "one contiguous buffer for all openers, remap_pfn_range, counted by vm_ops open and close", \
	  "driver_mmap mmdemo_shared_mmap, one pfn_map run, driver_open per copy, driver_close per VMA") \
	X(CONTIG, contig, 5, "contig", 0666, \
	  "physically contiguous kernel pages (alloc_pages_exact), remap_pfn_range", \
	  "driver_mmap mmdemo_contig_mmap, one pfn_map run in one segment, Normal-WB, no faults") \
	X(PAGES, pages, 6, "pages", 0666, \
	  "scattered pages, counted: vm_insert_page, vm_insert_pages, vm_map_pages or vm_map_pages_zero", \
	  "driver_mmap mmdemo_pages_mmap, one page_map run of 8 pages by the function chosen, no faults") \
	X(VMALLOC_FAULT, vmalloc_fault, 7, "vmalloc-fault", 0666, \
	  "pages of a vmalloc buffer, found one by one by .fault", \
	  "driver_mmap mmdemo_vmalloc_fault_mmap, no install, one fault per touched page") \
	X(VMALLOC_REMAP, vmalloc_remap, 8, "vmalloc-remap", 0666, \
	  "a vmalloc buffer mapped at once, remap_vmalloc_range", \
	  "driver_mmap mmdemo_vmalloc_remap_mmap, one page_map run by remap_vmalloc_range, no faults") \
	X(PFN_FAULT, pfn_fault, 9, "pfn-fault", 0666, \
	  "a frame number per fault, vmf_insert_pfn or vmf_insert_pfn_prot; the driver may be slow", \
	  "driver_mmap mmdemo_pfn_fault_mmap, per touched page one fault with one pfn_map inside it") \
	X(MIXED, mixed, 10, "mixed", 0666, \
	  "a frame number per fault into a VM_MIXEDMAP, vmf_insert_mixed", \
	  "driver_mmap mmdemo_mixed_mmap, per touched page one fault with one pfn_map inside it") \
	X(HUGE, huge, 11, "huge", 0666, \
	  "one entry of PMD size by .huge_fault and vmf_insert_pfn_pmd, small ones by .fault; no split", \
	  "driver_mmap mmdemo_huge_mmap, one fault with one pfn_map of a whole PMD (2 MiB, 32 MiB)") \
	X(ACCESS, access, 16, "access", 0666, \
	  "remap_pfn_range with vm_ops->access, so that ptrace and /proc/PID/mem can read and write it", \
	  "driver_mmap mmdemo_access_mmap, one pfn_map run, remote access through mmdemo_access_vm_access") \
	X(WRITE_NOTIFY, write_notify, 17, "write-notify", 0666, \
	  "half pages, half frames, told of each first write: .page_mkwrite and .pfn_mkwrite", \
	  "driver_mmap mmdemo_write_notify_mmap, per touched page a fault, per first write a mkwrite")
/* clang-format on */

#endif
