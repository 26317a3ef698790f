// SPDX-License-Identifier: GPL-2.0
/*
 * mmdemo: every way a driver can give memory to user space, one character device each. The list of
 * kinds is in kinds.h; this file has their registration and the checks they share.
 */
#include "mmdemo.h"

#include <linux/cdev.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#define CREATE_TRACE_POINTS
#include "trace.h"

/* clang-format off */
#define MMDEMO_ROW(ID, ident, number, name_, mode_, about_, shows_)                                    \
	{                                                                                              \
		.id = MMDEMO_##ID, .name = (name_), .fops = &mmdemo_##ident##_fops, .mode = (mode_), \
		.about = (about_), .shows = (shows_),                                                  \
	},
/* clang-format on */

static const struct mmdemo_kind mmdemo_kinds[] = { MMDEMO_KINDS(MMDEMO_ROW) };

#undef MMDEMO_ROW

#define MMDEMO_NKINDS ARRAY_SIZE(mmdemo_kinds)

static dev_t mmdemo_first;
static struct class *mmdemo_class;
static struct cdev mmdemo_cdevs[MMDEMO_NKINDS];
static atomic_t mmdemo_maps[MMDEMO_ID_END];

/*
 * In pages and without sums: the offset comes from the caller, is any number of pages that 64 bits of bytes
 * can name, and for a character device the core does not compare it with anything.
 */
int mmdemo_check_range(struct mmdemo_range range, u64 size)
{
	u64 pages = size >> PAGE_SHIFT;
	u64 want = (range.end - range.start) >> PAGE_SHIFT;

	if (range.pgoff >= pages || want > pages - range.pgoff)
		return -EINVAL;
	return 0;
}

int mmdemo_check_raw(const struct file *file, struct mmdemo_range range, u64 size, unsigned long *flags)
{
	int err = mmdemo_check_range(range, size);

	if (err)
		return err;
	/*
	 * A private mapping would want copy-on-write of memory that has no struct page to copy.
	 * VM_MAYSHARE and not VM_SHARED: the core drops VM_SHARED from MAP_SHARED of a read-only file.
	 */
	if (!(*flags & VM_MAYSHARE))
		return -EINVAL;
	if (*flags & VM_EXEC)
		return -EPERM;
	*flags |= VM_DONTEXPAND | VM_DONTDUMP;
	/* What mprotect could still turn on: never execution, and writing only if open allowed it. */
	*flags &= ~VM_MAYEXEC;
	if (!(file->f_mode & FMODE_WRITE))
		*flags &= ~VM_MAYWRITE;
	return 0;
}

void mmdemo_vma_born(unsigned int id, struct mmdemo_range range, enum mmdemo_how how)
{
	int maps = atomic_inc_return(&mmdemo_maps[id]);

	trace_vma_open(id, range.start, range.end, range.pgoff, how, maps);
}

void mmdemo_vma_gone(unsigned int id, struct mmdemo_range range)
{
	int maps = atomic_dec_return(&mmdemo_maps[id]);

	trace_vma_close(id, range.start, range.end, range.pgoff, maps);
}

long mmdemo_info_ioctl(unsigned int id, u64 size, unsigned int cmd, unsigned long arg)
{
	struct mmdemo_info info = { .kind = id, .maps = atomic_read(&mmdemo_maps[id]), .size = size };

	if (cmd != MMDEMO_IOC_INFO)
		return -ENOTTY;
	return copy_to_user((void __user *)arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/* The table's texts, readable by the user: /sys/class/mmdemo/<kind>/{about,shows}. */
static ssize_t about_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct mmdemo_kind *kind = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", kind->about);
}
static DEVICE_ATTR_RO(about);

static ssize_t shows_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct mmdemo_kind *kind = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", kind->shows);
}
static DEVICE_ATTR_RO(shows);

static struct attribute *mmdemo_attrs[] = {
	&dev_attr_about.attr,
	&dev_attr_shows.attr,
	NULL,
};
ATTRIBUTE_GROUPS(mmdemo);

/* devtmpfs makes the node from this: /dev/mmdemo/<kind>, with the mode of the table. */
static char *mmdemo_devnode(mmdemo_devnode_dev *dev, umode_t *mode)
{
	const struct mmdemo_kind *kind = dev_get_drvdata(dev);

	/* NULL when devtmpfs removes the node: then only the name counts. */
	if (mode && kind)
		*mode = kind->mode;
	return kasprintf(GFP_KERNEL, "mmdemo/%s", dev_name(dev));
}

static void mmdemo_remove_nodes(unsigned int n)
{
	while (n--) {
		device_destroy(mmdemo_class, mmdemo_first + n);
		cdev_del(&mmdemo_cdevs[n]);
	}
}

static int mmdemo_add_nodes(void)
{
	unsigned int i;

	for (i = 0; i < MMDEMO_NKINDS; i++) {
		const struct mmdemo_kind *kind = &mmdemo_kinds[i];
		struct device *dev;
		int err;

		/* The owner is what makes rmmod fail while a file is open, and a mapping holds its file. */
		cdev_init(&mmdemo_cdevs[i], kind->fops);
		mmdemo_cdevs[i].owner = THIS_MODULE;
		err = cdev_add(&mmdemo_cdevs[i], mmdemo_first + i, 1);
		if (err) {
			mmdemo_remove_nodes(i);
			return err;
		}
		dev = device_create_with_groups(mmdemo_class, NULL, mmdemo_first + i, (void *)kind, mmdemo_groups, "%s",
						kind->name);
		if (IS_ERR(dev)) {
			cdev_del(&mmdemo_cdevs[i]);
			mmdemo_remove_nodes(i);
			return PTR_ERR(dev);
		}
	}
	return 0;
}

static int __init mmdemo_init(void)
{
	int err = alloc_chrdev_region(&mmdemo_first, 0, MMDEMO_NKINDS, KBUILD_MODNAME);

	if (err)
		return err;
	mmdemo_class = mmdemo_class_create(KBUILD_MODNAME);
	if (IS_ERR(mmdemo_class)) {
		err = PTR_ERR(mmdemo_class);
		goto err_region;
	}
	mmdemo_class->devnode = mmdemo_devnode;
	/* Before the nodes: who opens one right after loading must find the device. */
	err = mmdemo_edu_register();
	if (err)
		goto err_class;
	err = mmdemo_plat_register();
	if (err)
		goto err_edu;
	err = mmdemo_add_nodes();
	if (err)
		goto err_plat;
	return 0;

err_plat:
	mmdemo_plat_unregister();
err_edu:
	mmdemo_edu_unregister();
err_class:
	class_destroy(mmdemo_class);
err_region:
	unregister_chrdev_region(mmdemo_first, MMDEMO_NKINDS);
	return err;
}
module_init(mmdemo_init);

static void __exit mmdemo_exit(void)
{
	mmdemo_remove_nodes(MMDEMO_NKINDS);
	mmdemo_plat_unregister();
	mmdemo_edu_unregister();
	class_destroy(mmdemo_class);
	unregister_chrdev_region(mmdemo_first, MMDEMO_NKINDS);
}
module_exit(mmdemo_exit);

MODULE_DESCRIPTION("Demo of every way a driver can map memory to user space");
MODULE_AUTHOR("The mmtrace authors");
MODULE_LICENSE("GPL");
