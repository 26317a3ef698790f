/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only file that knows kernel releases. Everything below is one change of the kernel's driver
 * interface between 5.10 and 7.2, named with the release that made it; the rest of the module is
 * written once, against the names of this file.
 */
#ifndef MMDEMO_COMPAT_H
#define MMDEMO_COMPAT_H

#include <linux/device.h>
#include <linux/mm.h>
#include <linux/shmem_fs.h>
#include <linux/version.h>

/* 6.3: vma->vm_flags may only be written through wrappers, which assert the mmap write lock. */
static inline void mmdemo_vm_flags_mod(struct vm_area_struct *vma, unsigned long set, unsigned long clear)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_mod(vma, set, clear);
#else
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
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
