// SPDX-License-Identifier: GPL-2.0
/*
 * The platform side: a device without registers, whose only use is to be asked for DMA memory as a device on
 * the SoC would be. What matters is what the DMA layer believes about it: on arm64 a device does not see the
 * CPU's caches unless firmware says so, by `dma-coherent` in the device tree.
 *
 * It comes from the device tree if that has a node (mmdemo-nc.dtso), else the module makes it itself: the same
 * driver, bound in the one case by compatible and in the other by name.
 */
#include "mmdemo.h"

#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/wait.h>

#define PLAT_NAME "mmdemo-nc"

static DEFINE_MUTEX(plat_lock); /* guards plat_dev, and plat_users on the way up */
static struct device *plat_dev;
static atomic_t plat_users;
static DECLARE_WAIT_QUEUE_HEAD(plat_idle);
static struct platform_device *plat_own;

struct device *mmdemo_plat_get(const char *kind, bool need_nc)
{
	const char *why = NULL;
	struct device *dev;

	mutex_lock(&plat_lock);
	dev = plat_dev;
	if (!dev)
		why = "the platform device " PLAT_NAME " is not bound";
	else if (need_nc && dev_is_dma_coherent(dev))
		why = "DMA is coherent with the CPU's caches for " PLAT_NAME " on this machine";
	else
		atomic_inc(&plat_users);
	mutex_unlock(&plat_lock);
	if (!why)
		return dev;
	pr_info_ratelimited("%s refused: %s\n", kind, why);
	return ERR_PTR(-ENODEV);
}

void mmdemo_plat_put(struct device *dev)
{
	if (atomic_dec_and_test(&plat_users))
		wake_up_all(&plat_idle);
}

/*
 * At unload nobody has a file open. Should the node be taken away under open files (an overlay that is removed
 * again), memory that was allocated for the device must be freed before it goes: so wait for the last of them.
 */
static void plat_gone(void *unused)
{
	mutex_lock(&plat_lock);
	plat_dev = NULL;
	mutex_unlock(&plat_lock);
	wait_event(plat_idle, !atomic_read(&plat_users));
}

static int plat_probe(struct platform_device *pdev)
{
	int err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));

	if (err)
		return err;
	mutex_lock(&plat_lock);
	err = plat_dev ? -EBUSY : 0; /* one is enough */
	if (!err)
		plat_dev = &pdev->dev;
	mutex_unlock(&plat_lock);
	return err ? err : devm_add_action_or_reset(&pdev->dev, plat_gone, NULL);
}

static const struct of_device_id plat_of_ids[] = { { .compatible = "mmtrace,mmdemo-nc" }, {} };
MODULE_DEVICE_TABLE(of, plat_of_ids);

static struct platform_driver plat_driver = {
	.probe = plat_probe,
	.driver = {
		.name = PLAT_NAME,
		.of_match_table = plat_of_ids,
	},
};

static bool plat_in_device_tree(void)
{
	struct device_node *node = of_find_matching_node(NULL, plat_of_ids);
	bool available = node && of_device_is_available(node);

	of_node_put(node);
	return available;
}

int mmdemo_plat_register(void)
{
	int err = platform_driver_register(&plat_driver);

	if (err || plat_in_device_tree())
		return err;
	plat_own = platform_device_register_full(&(struct platform_device_info){
		.name = PLAT_NAME,
		.id = PLATFORM_DEVID_NONE,
		.dma_mask = DMA_BIT_MASK(64),
	});
	if (!IS_ERR(plat_own))
		return 0;
	platform_driver_unregister(&plat_driver);
	return PTR_ERR(plat_own);
}

void mmdemo_plat_unregister(void)
{
	platform_device_unregister(plat_own); /* takes NULL */
	platform_driver_unregister(&plat_driver);
}
