/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Facts of kernels like those mmtrace meets, written by hand: what caps_probe() would find there. */
#ifndef TESTS_UNIT_KERNELS_H
#define TESTS_UNIT_KERNELS_H

#include <errno.h>
#include <string.h>
#include "probe/tiers.h"

#define ENOTSUPP 524  /* include/linux/errno.h: what an attach says where ftrace has no direct calls */
#define GONE	 (-2) /* kernel_fn(): the function is not there */

/* Every try on this function finds it with so many arguments by BTF; -1: BTF does not have it. */
static inline void kernel_fn(struct caps *c, const char *fn, int nargs)
{
	for (int h = 0; h < MMT_HOOK_MAX; h++) {
		for (int i = 0; i < HOOK_TRIES && hook_table[h].tries[i].tier; i++) {
			const char *name = hook_table[h].tries[i].fn;

			if (!name || strcmp(name, fn))
				continue;
			c->fn[h][i].exists = nargs != GONE;
			c->fn[h][i].nargs = nargs == GONE ? -1 : nargs;
		}
	}
}

/* Everything works, every function is there with 4 arguments. */
static inline struct caps kernel_any(void)
{
	struct caps c = { .btf = true,
			  .kernel_btf = true,
			  .kprobe_type = 6,
			  .fork_child_off = 44,
			  .free_pid_off = 24,
			  .page_base = 0xfffffc0000000000,
			  .page_struct = 64 };

	for (int h = 0; h < MMT_HOOK_MAX; h++)
		for (int i = 0; i < HOOK_TRIES && hook_table[h].tries[i].tier; i++)
			if (hook_table[h].tries[i].fn)
				kernel_fn(&c, hook_table[h].tries[i].fn, 4);
	return c;
}

static inline struct caps kernel_6_12(void)
{
	struct caps c = kernel_any();

	kernel_fn(&c, "mprotect_fixup", 7);
	kernel_fn(&c, "move_page_tables", 7);
	kernel_fn(&c, "do_brk_flags", 5);
	kernel_fn(&c, "remove_vma", 2);
	kernel_fn(&c, "do_mas_align_munmap", GONE);
	kernel_fn(&c, "__do_munmap", GONE);
	kernel_fn(&c, "remap_pfn_range_complete", GONE);
	kernel_fn(&c, "vmf_insert_pfn_pmd_prot", GONE);
	kernel_fn(&c, "vmf_insert_pfn_pud_prot", GONE);
	kernel_fn(&c, "vmf_insert_page_mkwrite", GONE);
	kernel_fn(&c, "vmf_insert_folio_pmd", GONE);
	kernel_fn(&c, "vmf_insert_folio_pud", GONE);
	kernel_fn(&c, "drm_gem_mmap", -1);
	kernel_fn(&c, "drm_gem_mmap_obj", -1);
	return c;
}

/* Linux 6.1 on arm64: BTF and kprobes, no fentry. */
static inline struct caps kernel_6_1(void)
{
	struct caps c = kernel_6_12();

	c.fentry_err = -ENOTSUPP;
	kernel_fn(&c, "mprotect_fixup", 6);
	kernel_fn(&c, "move_page_tables", 6);
	kernel_fn(&c, "vms_gather_munmap_vmas", GONE);
	kernel_fn(&c, "vms_complete_munmap_vmas", GONE);
	kernel_fn(&c, "do_mas_align_munmap", 7);
	kernel_fn(&c, "remove_vma", GONE);
	kernel_fn(&c, "vmf_insert_pfn_pmd", GONE);
	kernel_fn(&c, "vmf_insert_pfn_pmd_prot", 4);
	return c;
}

/* 5.10 with BTF and kprobes. */
static inline struct caps kernel_5_10(void)
{
	struct caps c = kernel_6_1();

	kernel_fn(&c, "mprotect_fixup", 5);
	kernel_fn(&c, "do_brk_flags", 4);
	kernel_fn(&c, "do_mas_align_munmap", GONE);
	kernel_fn(&c, "__do_munmap", 5);
	kernel_fn(&c, "dma_mmap_pages", GONE);
	kernel_fn(&c, "dma_mmap_noncontiguous", GONE);
	return c;
}

/* Nothing of what caps_probe() reads from BTF is known. */
static inline void kernel_drop_btf(struct caps *c)
{
	c->btf = c->kernel_btf = false;
	c->fentry_err = -ENOENT;
	for (int h = 0; h < MMT_HOOK_MAX; h++)
		for (int i = 0; i < HOOK_TRIES; i++)
			c->fn[h][i].nargs = -1;
}

/* 6.1 as vendors ship it: kprobes, no BTF. */
static inline struct caps kernel_nobtf(void)
{
	struct caps c = kernel_6_1();

	kernel_drop_btf(&c);
	return c;
}

/* BTF, but neither fentry nor kprobes may attach. */
static inline struct caps kernel_locked(void)
{
	struct caps c = kernel_6_12();

	c.fentry_err = -EPERM;
	c.kprobe_err = -ENOENT;
	c.kprobe_type = -1;
	return c;
}

static inline void want_all(struct hook_choice c[MMT_HOOK_MAX])
{
	bool want[MMT_EV_MAX];

	memset(want, true, sizeof(want));
	memset(c, 0, sizeof(struct hook_choice) * MMT_HOOK_MAX);
	tiers_want(c, want);
}

#endif
