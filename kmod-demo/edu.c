// SPDX-License-Identifier: GPL-2.0
/*
 * The PCI side: QEMU's educational device (docs/specs/edu in QEMU), 1234:11e8. It has registers in BAR 0 and
 * a DMA engine that moves data between memory and 4 KiB of its own. Start the guest with
 * -device edu,dma_mask=0xffffffffffffffff: by default it reaches the lowest 256 MiB only, where an arm64
 * virt machine has no memory at all.
 */
#include "mmdemo.h"

#include <linux/capability.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/uaccess.h>

#define EDU_VENDOR     0x1234
#define EDU_DEVICE     0x11e8
#define EDU_BAR_MIN    SZ_1M
#define EDU_IRQ_STATUS 0x24
#define EDU_IRQ_ACK    0x64
#define EDU_DMA_SRC    0x80
#define EDU_DMA_DST    0x88
#define EDU_DMA_COUNT  0x90
#define EDU_DMA_CMD    0x98
#define EDU_CMD_RUN    0x01
#define EDU_CMD_TO_RAM 0x02
#define EDU_CMD_IRQ    0x04
#define EDU_BUF_ADDR   0x40000
/*
 * Half of the device's 4 KiB: its bounds check (hw/misc/edu.c, QEMU 7.2) wants the end of a transfer to lie
 * below the end of its buffer, and ends the whole machine when it does not.
 */
#define EDU_PIECE 2048

static DEFINE_MUTEX(edu_lock); /* guards edu_dev */
static struct mmdemo_edu *edu_dev;

struct mmdemo_edu *mmdemo_edu_get(const char *kind, bool need_dma)
{
	const char *why = NULL;
	struct mmdemo_edu *edu;

	mutex_lock(&edu_lock);
	edu = edu_dev;
	if (!edu)
		why = "no PCI device 1234:11e8 (QEMU: -device edu) on this machine";
	else if (need_dma && !edu->dma_ok)
		why = "the edu device does not reach memory (QEMU: -device edu,dma_mask=0xffffffffffffffff)";
	else
		refcount_inc(&edu->users);
	mutex_unlock(&edu_lock);
	if (!why)
		return edu;
	if (kind)
		pr_info_ratelimited("%s refused: %s\n", kind, why);
	return ERR_PTR(-ENODEV);
}

void mmdemo_edu_put(struct mmdemo_edu *edu)
{
	if (refcount_dec_and_test(&edu->users))
		complete(&edu->idle);
}

int mmdemo_edu_open_regs(struct file *file, const char *kind)
{
	struct mmdemo_edu *edu;

	/* Who has the registers can program DMA to any address: the file's mode alone must not decide that. */
	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	edu = mmdemo_edu_get(kind, false);
	if (IS_ERR(edu))
		return PTR_ERR(edu);
	file->private_data = edu;
	return 0;
}

int mmdemo_edu_release_regs(struct inode *inode, struct file *file)
{
	mmdemo_edu_put(file->private_data);
	return 0;
}

static irqreturn_t edu_irq(int irq, void *data)
{
	struct mmdemo_edu *edu = data;
	u32 status = readl(edu->regs + EDU_IRQ_STATUS);

	if (!status)
		return IRQ_NONE;
	writel(status, edu->regs + EDU_IRQ_ACK);
	complete(&edu->done);
	return IRQ_HANDLED;
}

/* One piece between memory and the device. Called with edu->lock held. */
static int edu_move(struct mmdemo_edu *edu, dma_addr_t ram, u32 len, u32 dir)
{
	reinit_completion(&edu->done);
	writeq(dir ? EDU_BUF_ADDR : ram, edu->regs + EDU_DMA_SRC);
	writeq(dir ? ram : EDU_BUF_ADDR, edu->regs + EDU_DMA_DST);
	writeq(len, edu->regs + EDU_DMA_COUNT);
	writel(EDU_CMD_RUN | EDU_CMD_IRQ | dir, edu->regs + EDU_DMA_CMD);
	/* The device takes 100 ms of its clock. Not killable: the memory must not be used while it works. */
	if (wait_for_completion_timeout(&edu->done, 10 * HZ))
		return 0;
	/* It may still want to write, into memory that will be someone else's: it gets no way to any, for good. */
	pci_clear_master(edu->pdev);
	edu->dma_ok = false;
	dev_err(&edu->pdev->dev, "no interrupt 10 s after a DMA of %u bytes was started\n", len);
	return -ETIMEDOUT;
}

int mmdemo_edu_copy(struct mmdemo_edu *edu, dma_addr_t src, dma_addr_t dst, u32 len)
{
	int err = 0;

	mutex_lock(&edu->lock);
	while (len && !err) {
		u32 n = min_t(u32, len, EDU_PIECE);

		err = edu->dma_ok ? 0 : -EIO;
		if (!err)
			err = edu_move(edu, src, n, 0);
		if (!err)
			err = edu_move(edu, dst, n, EDU_CMD_TO_RAM);
		src += n;
		dst += n;
		len -= n;
	}
	mutex_unlock(&edu->lock);
	return err;
}

int mmdemo_dma_copy_arg(const struct file *file, const struct mmdemo_dma_copy __user *arg, u64 size,
			struct mmdemo_dma_copy *c)
{
	u32 src_end, dst_end;

	/* It changes memory that others may see. */
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (copy_from_user(c, arg, sizeof(*c)))
		return -EFAULT;
	if (c->reserved || !c->len || (c->src | c->dst | c->len) & 3)
		return -EINVAL;
	if (check_add_overflow(c->src, c->len, &src_end) || check_add_overflow(c->dst, c->len, &dst_end))
		return -EINVAL;
	if (src_end > size || dst_end > size)
		return -EINVAL;
	/* Overlapping ranges would depend on the device's piece size. */
	if (c->src < dst_end && c->dst < src_end)
		return -EINVAL;
	return 0;
}

/*
 * Does the device reach memory? If its mask is too narrow it cuts the address, so the test writes only
 * what was read from the same address: one word out, cleared by the CPU, one word back.
 */
static int edu_try_dma(struct mmdemo_edu *edu)
{
	const u32 mark = 0x6d6d6465;
	dma_addr_t dma;
	u32 *word = dma_alloc_coherent(&edu->pdev->dev, PAGE_SIZE, &dma, GFP_KERNEL);
	bool ok;

	if (!word)
		return -ENOMEM;
	mutex_lock(&edu->lock);
	WRITE_ONCE(*word, mark);
	ok = !edu_move(edu, dma, sizeof(*word), 0);
	WRITE_ONCE(*word, 0);
	ok = ok && !edu_move(edu, dma, sizeof(*word), EDU_CMD_TO_RAM) && READ_ONCE(*word) == mark;
	edu->dma_ok = ok;
	mutex_unlock(&edu->lock);
	dma_free_coherent(&edu->pdev->dev, PAGE_SIZE, word, dma);
	return 0;
}

static int edu_start(struct mmdemo_edu *edu)
{
	struct pci_dev *pdev = edu->pdev;
	int err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));

	if (err)
		return err;
	err = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_ALL_TYPES);
	if (err < 0)
		return err;
	err = request_irq(pci_irq_vector(pdev, 0), edu_irq, IRQF_SHARED, KBUILD_MODNAME, edu);
	if (err)
		goto err_vectors;
	pci_set_master(pdev);
	err = edu_try_dma(edu);
	if (!err)
		return 0;
	pci_clear_master(pdev);
	free_irq(pci_irq_vector(pdev, 0), edu);
err_vectors:
	pci_free_irq_vectors(pdev);
	return err;
}

static void edu_stop(struct mmdemo_edu *edu)
{
	pci_clear_master(edu->pdev);
	free_irq(pci_irq_vector(edu->pdev, 0), edu);
	pci_free_irq_vectors(edu->pdev);
}

static int edu_map_bar(struct mmdemo_edu *edu)
{
	struct pci_dev *pdev = edu->pdev;
	int err = pci_enable_device(pdev);

	if (err)
		return err;
	err = pci_request_regions(pdev, KBUILD_MODNAME);
	if (err)
		goto err_disable;
	err = -ENODEV;
	edu->bar = pci_resource_start(pdev, 0);
	edu->bar_len = pci_resource_len(pdev, 0);
	if (!(pci_resource_flags(pdev, 0) & IORESOURCE_MEM) || edu->bar_len < EDU_BAR_MIN)
		goto err_regions;
	edu->regs = pci_iomap(pdev, 0, 0);
	if (edu->regs)
		return 0;
	err = -ENOMEM;
err_regions:
	pci_release_regions(pdev);
err_disable:
	pci_disable_device(pdev);
	return err;
}

static void edu_unmap_bar(struct mmdemo_edu *edu)
{
	pci_iounmap(edu->pdev, edu->regs);
	pci_release_regions(edu->pdev);
	pci_disable_device(edu->pdev);
}

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct mmdemo_edu *edu = kzalloc(sizeof(*edu), GFP_KERNEL);
	int err;

	if (!edu)
		return -ENOMEM;
	edu->pdev = pdev;
	mutex_init(&edu->lock);
	init_completion(&edu->done);
	init_completion(&edu->idle);
	refcount_set(&edu->users, 1);
	err = edu_map_bar(edu);
	if (err)
		goto err_free;
	err = edu_start(edu);
	if (err)
		goto err_unmap;
	pci_set_drvdata(pdev, edu);
	mutex_lock(&edu_lock);
	err = edu_dev ? -EBUSY : 0; /* one is enough: a second device stays unused */
	if (!err)
		edu_dev = edu;
	mutex_unlock(&edu_lock);
	if (!err)
		return 0;
	edu_stop(edu);
err_unmap:
	edu_unmap_bar(edu);
err_free:
	kfree(edu);
	return err;
}

/*
 * Runs at unload (no file is open then: the module's reference count saw to it) and at hot removal, where
 * files may be open and mapped. Registers and DMA memory must outlive every page-table entry. Tearing out the
 * entries could miss an mmap call that has made them and is not yet in the file's tree of VMAs; so wait
 * for the last file instead, which a mapping holds.
 */
static void edu_remove(struct pci_dev *pdev)
{
	struct mmdemo_edu *edu = pci_get_drvdata(pdev);

	mutex_lock(&edu_lock);
	edu_dev = NULL;
	mutex_unlock(&edu_lock);
	mmdemo_edu_put(edu);
	while (!wait_for_completion_timeout(&edu->idle, 10 * HZ))
		dev_info(&pdev->dev, "removal waits for %u open files\n", refcount_read(&edu->users));
	edu_stop(edu);
	edu_unmap_bar(edu);
	kfree(edu);
}

static const struct pci_device_id edu_ids[] = { { PCI_DEVICE(EDU_VENDOR, EDU_DEVICE) }, {} };

static struct pci_driver edu_driver = {
	.name = KBUILD_MODNAME,
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
};

int mmdemo_edu_register(void)
{
	return pci_register_driver(&edu_driver);
}

void mmdemo_edu_unregister(void)
{
	pci_unregister_driver(&edu_driver);
}
